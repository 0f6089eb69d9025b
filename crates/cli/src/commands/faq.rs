//! `yuyi faq`.

mod ask;
mod check;
pub(super) mod entries;
mod history;
mod labelled;
mod settings;
mod template;
mod test;
mod tune;
mod unanswered;

use crate::args::{FaqArgs, FaqCommand};

/// Does what is asked of a FAQ.
pub fn run(args: &FaqArgs) -> anyhow::Result<()> {
    match &args.command {
        None => ask::run(&args.ask),
        Some(FaqCommand::Ask(args)) => ask::run(args),
        Some(FaqCommand::Test(args)) => test::run(args),
        Some(FaqCommand::Tune(args)) => tune::run(args),
        Some(FaqCommand::Check(args)) => check::run(args),
        Some(FaqCommand::Template(args)) => template::run(args),
        Some(FaqCommand::Unanswered(args)) => unanswered::run(args),
        Some(FaqCommand::History(args)) => history::run(args),
    }
}
