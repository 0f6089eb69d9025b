//! The `yuyi` command.
//!
//! Data go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 used wrongly, 128 and the number of the signal that ended a command which puts things away first.

mod args;
mod calibration;
mod commands;
mod config;
mod corpus;
#[cfg(test)]
mod docs;
mod environment;
mod input;
mod language;
mod machine;
mod messages;
mod misuse;
mod model;
mod named;
mod output;
mod progress;
mod pulling;
mod report;
mod reranking;
mod signals;
mod switch;
mod terminal;

use std::io;
use std::process::ExitCode;

use crate::args::Command;
use crate::misuse::Misuse;
use crate::terminal::remark;

/// Gives memory back to the system that large requests took.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    language::learn();
    signals::survive_file_size_limit();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has had enough, as with `| head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::print(&messages::chained(&chain(&error)));
            ExitCode::from(if error.is::<Misuse>() { 2 } else { 1 })
        }
    }
}

fn run() -> anyhow::Result<()> {
    let program = config::parse_command_line()?;
    if program.offline {
        pulling::stay_offline();
    }
    let command = program.command;
    if let Some(warning) = machine::crowded(command.threads()) {
        remark!("{warning}");
    }
    match command {
        Command::Sim(args) => commands::sim::run(&args),
        Command::Embed(args) => commands::embed::run(&args),
        Command::Dedup(args) => commands::dedup::run(&args),
        Command::Eval(args) => commands::eval::run(&args),
        Command::Compare(args) => commands::compare::run(&args),
        Command::Contestant(args) => commands::compare::contestant::run(&args),
        Command::Calibrate(args) => commands::calibrate::run(&args),
        Command::Collection(args) => commands::collection::run(&args),
        Command::Faq(args) => commands::faq::run(&args),
        Command::Recommend(args) => commands::recommend::run(&args),
        Command::Info(args) => commands::info::run(&args),
        Command::Pull(args) => commands::pull::run(&args),
        Command::Models(args) => commands::models::run(&args),
        Command::Quantize(args) => commands::quantize::run(&args),
        Command::Bench(args) => commands::bench::run(&args),
        Command::BenchPart(args) => commands::bench::run_part(&args),
        Command::Serve(args) => commands::serve::run(&args),
        Command::Health(args) => commands::health::run(&args),
    }
}

/// The error and its causes; a cause that the message before it repeats is left out.
fn chain(error: &anyhow::Error) -> Vec<String> {
    let mut line = error.to_string();
    let mut parts = vec![line.clone()];
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
            parts.push(cause);
        }
    }
    parts
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
    let in_json = |e: &serde_json::Error| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe);
    error.chain().any(|cause| {
        let csv = cause.downcast_ref::<csv::Error>().map(csv::Error::kind);
        cause.downcast_ref().is_some_and(broken)
            || cause.downcast_ref().is_some_and(in_json)
            || matches!(csv, Some(csv::ErrorKind::Io(e)) if broken(e))
    })
}
