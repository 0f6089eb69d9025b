//! The command line: what can be said, and the defaults. The flags of each subcommand are in a file of its own.

mod access;
mod bench;
mod calibrate;
mod collection;
mod compare;
mod dedup;
mod embed;
mod eval;
mod faq;
mod health;
mod info;
mod layout;
mod model;
mod models;
mod place;
mod pull;
mod quantize;
mod recommend;
mod report;
mod serve;
mod sim;
mod values;

use clap::{Parser, Subcommand};

pub use self::access::AccessArgs;
pub use self::bench::BenchArgs;
pub use self::calibrate::CalibrateArgs;
pub use self::collection::{
    BackupArgs, CheckArgs, CollectionArgs, CollectionCommand, CreateArgs, DropArgs, EmbeddingArgs,
    ExportArgs, ExportFormat, ImportArgs, ListArgs, ReindexArgs, SearchArgs,
};
pub use self::compare::{CompareArgs, ContestantArgs, MethodArg};
pub use self::dedup::{DedupArgs, ModeArg};
pub use self::embed::EmbedArgs;
pub use self::eval::{EvalArgs, FaqSearchArgs};
pub use self::faq::{
    AskArgs, FailOn, FaqArgs, FaqCheckArgs, FaqCommand, FaqTemplateArgs, FaqTestArgs, FaqTuneArgs,
    HistoryArgs, LabelledArgs, LimitArgs, UnansweredArgs,
};
pub use self::health::HealthArgs;
pub use self::info::InfoArgs;
pub use self::layout::LayoutArgs;
pub use self::model::{ComputeArgs, ModelArgs, PrecisionArg, RerankArgs};
pub use self::models::{
    ExportModelArgs, ImportModelArgs, ModelsArgs, ModelsCommand, RemoveModelArgs, VerifyModelsArgs,
};
pub use self::place::PlaceArgs;
pub use self::pull::PullArgs;
pub use self::quantize::QuantizeArgs;
pub use self::recommend::{NextArgs, RecommendArgs, RecommendCommand, RecommendEvalArgs};
pub use self::report::{MeasureArgs, ReportArgs};
pub use self::serve::{LogFormat, ServeArgs};
pub use self::sim::SimArgs;
use crate::language::{Language, VARIABLE};

/// Chinese semantic similarity: how alike are two sentences?
#[derive(Parser)]
#[command(name = "yuyi", version, propagate_version = true)]
pub struct Cli {
    /// Language of help, messages and reports [default: Chinese in a Chinese locale, else English; reports are English in an English locale only]
    #[arg(long, env = VARIABLE, value_enum, global = true)]
    pub lang: Option<Language>,
    /// Fetch nothing, whatever is missing
    #[arg(long, env = "YUYI_OFFLINE", global = true, value_parser = crate::switch::parse_yes)]
    pub offline: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Similarity of two sentences, or of every pair of a file
    Sim(SimArgs),
    /// Vectors of the texts of a file
    Embed(EmbedArgs),
    /// Remarks of minutes that repeat each other, marked or merged
    Dedup(Box<DedupArgs>),
    /// Quality of a model on labelled pairs and questions
    Eval(Box<EvalArgs>),
    /// Models and literal methods side by side on labelled pairs
    Compare(Box<CompareArgs>),
    /// One contestant of `compare`, for that command
    #[command(hide = true)]
    Contestant(ContestantArgs),
    /// A scale of similarity that means the same for every model, fitted to labelled pairs
    Calibrate(CalibrateArgs),
    /// Collections of texts that are kept, and found by meaning and by words
    Collection(CollectionArgs),
    /// Questions and their answers
    Faq(Box<FaqArgs>),
    /// What to show readers next, by what they clicked
    Recommend(Box<RecommendArgs>),
    /// What is known of a model
    Info(InfoArgs),
    /// Fetch a model from Hugging Face, a mirror of it, or ModelScope
    Pull(PullArgs),
    /// The models that are installed; with --all also those that can be fetched
    Models(ModelsArgs),
    /// A copy of a model folder in 8-bit or 4-bit weights
    Quantize(QuantizeArgs),
    /// Speed and memory of a model on this machine
    Bench(BenchArgs),
    /// One number format of `bench`, for that command
    #[command(hide = true)]
    BenchPart(BenchArgs),
    /// The HTTP server with the web page
    Serve(Box<ServeArgs>),
    /// Whether the server on this machine answers, for the health check of a container
    Health(HealthArgs),
}

impl Command {
    /// The threads that are asked for, where the command itself computes and says what it thinks of them: a server does in
    /// its log, and for a part of `bench` or a contestant of `compare` that command has done so.
    pub fn threads(&self) -> Option<u16> {
        match self {
            Self::Sim(args) => args.model.compute.threads,
            Self::Embed(args) => args.model.compute.threads,
            Self::Dedup(args) => args.model.compute.threads,
            Self::Eval(args) => args.model.compute.threads,
            Self::Faq(args) => args.threads(),
            Self::Recommend(args) => args.threads(),
            Self::Compare(args) => args.compute.threads,
            Self::Calibrate(args) => args.model.compute.threads,
            Self::Collection(args) => args.command.threads(),
            Self::Info(args) => args.model.compute.threads,
            Self::Bench(args) => args.threads,
            Self::BenchPart(_)
            | Self::Contestant(_)
            | Self::Quantize(_)
            | Self::Pull(_)
            | Self::Models(_)
            | Self::Serve(_)
            | Self::Health(_) => None,
        }
    }
}

/// The commands that do something, each with its whole name, such as `collection list`; without those that are hidden.
#[cfg(test)]
pub fn leaves(program: &clap::Command) -> Vec<(String, clap::Command)> {
    let commands = program.get_subcommands().filter(|c| !c.is_hide_set());
    let leaves = commands.flat_map(|command| {
        let name = command.get_name();
        match command.has_subcommands() {
            false => vec![(name.to_owned(), command.clone())],
            true => leaves(command)
                .into_iter()
                .map(|(below, leaf)| (format!("{name} {below}"), leaf))
                .collect(),
        }
    });
    leaves.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable() {
        for (command, leaf) in leaves(&Cli::command()) {
            for flag in leaf
                .get_arguments()
                .filter(|a| a.get_long().is_some_and(|l| l != "help" && l != "version"))
            {
                let name = flag.get_long().unwrap().replace('-', "_").to_uppercase();
                let variable = flag.get_env().unwrap().to_str().unwrap().to_owned();
                assert_eq!(variable, format!("YUYI_{name}"), "{command}");
            }
        }
    }
}
