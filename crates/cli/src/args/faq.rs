//! Flags of `yuyi faq`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `yuyi faq`.
#[derive(Args)]
pub struct FaqArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: FaqCommand,
}

/// The subcommands of `yuyi faq`.
#[derive(Subcommand)]
pub enum FaqCommand {
    /// A workbook to fill in with questions and answers, with examples and explanations
    Template(FaqTemplateArgs),
}

/// `yuyi faq template`.
#[derive(Args)]
pub struct FaqTemplateArgs {
    /// Where the workbook goes (.xlsx; `-`: standard output)
    #[arg(
        short,
        long,
        env = "YUYI_OUTPUT",
        value_name = "OUT",
        default_value = "faq-template.xlsx"
    )]
    pub output: PathBuf,
}
