//! Flags of `yuyi sim`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{MethodArg, ModelArgs};
use crate::input::Format;

/// `yuyi sim`.
#[derive(Args)]
pub struct SimArgs {
    /// First sentence
    #[arg(
        required_unless_present = "pairs",
        conflicts_with = "pairs",
        requires = "b"
    )]
    pub a: Option<String>,
    /// Second sentence
    pub b: Option<String>,
    /// File of pairs (TSV, CSV or JSONL; `-`: standard input)
    #[arg(long, env = "YUYI_PAIRS", value_name = "FILE")]
    pub pairs: Option<PathBuf>,
    /// Format of the file, where its name does not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    /// Comparisons of characters and words beside the score: jaccard, edit, tfidf, tfidf-words
    #[arg(
        long,
        env = "YUYI_METHODS",
        value_name = "METHOD",
        value_delimiter = ','
    )]
    pub methods: Vec<MethodArg>,
    /// Tell which words the score comes from
    #[arg(long, env = "YUYI_EXPLAIN", value_parser = FalseyValueParser::new())]
    pub explain: bool,
    /// Write JSON, one line a pair
    #[arg(long, env = "YUYI_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Model.
    #[command(flatten)]
    pub model: ModelArgs,
}
