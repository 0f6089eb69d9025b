//! Flags of `yuyi embed`.

use std::path::PathBuf;

use clap::Args;

use super::LayoutArgs;
use super::ModelArgs;
use crate::input::Format;

/// `yuyi embed`.
#[derive(Args)]
pub struct EmbedArgs {
    /// File of texts (TXT, TSV, CSV, JSON, JSONL or XLSX; `-`: standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the vectors go: .npy, .jsonl, or `-` for JSONL on standard output
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "OUT")]
    pub output: PathBuf,
    /// Format of the file, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Text in front of each text [default: the model's default prompt]
    #[arg(
        long,
        env = "YUYI_PROMPT",
        value_name = "TEXT",
        conflicts_with = "no_prompt"
    )]
    pub prompt: Option<String>,
    /// Put nothing in front of the texts
    #[arg(long, env = "YUYI_NO_PROMPT", value_parser = crate::switch::parse_yes)]
    pub no_prompt: bool,
    /// Write a summary to standard output as JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}
