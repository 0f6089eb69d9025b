//! `yuyi faq`.

mod ask;
pub(super) mod entries;
mod template;

use crate::args::{FaqArgs, FaqCommand};

/// Does what is asked of a FAQ.
pub fn run(args: &FaqArgs) -> anyhow::Result<()> {
    match &args.command {
        None => ask::run(&args.ask),
        Some(FaqCommand::Ask(args)) => ask::run(args),
        Some(FaqCommand::Template(args)) => template::run(args),
    }
}
