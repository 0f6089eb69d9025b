//! Flags of `yuyi dedup`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use yuyi_tasks::dedup::{Mode, THRESHOLD};

use super::values::parse_similarity;
use super::{ModelArgs, ReportArgs};

/// `yuyi dedup`.
#[derive(Args)]
pub struct DedupArgs {
    /// Minutes, subtitles or texts (TXT, DOCX, SRT, VTT or JSONL; `-`: standard input)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// What is compared with what
    #[arg(long, env = "YUYI_MODE", value_enum, default_value_t = ModeArg::Adjacent)]
    pub mode: ModeArg,
    /// Similarity from which on a remark is a repeat
    #[arg(long, env = "YUYI_THRESHOLD", value_name = "SIMILARITY", default_value_t = THRESHOLD, value_parser = parse_similarity)]
    pub threshold: f64,
    /// Keep all remarks and mark the repeats; the default
    #[arg(long, env = "YUYI_MARK", conflicts_with = "merge", value_parser = crate::switch::parse_yes)]
    pub mark: bool,
    /// Leave the repeats out, and count who agreed
    #[arg(long, env = "YUYI_MERGE", value_parser = crate::switch::parse_yes)]
    pub merge: bool,
    /// Where the minutes go, in the format of FILE or as Markdown (.md) [default: standard output]
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Older minutes: what repeats a remark of theirs is a repeat
    #[arg(long, env = "YUYI_AGAINST", value_name = "OLD")]
    pub against: Option<PathBuf>,
    #[command(flatten)]
    pub report: ReportArgs,
    /// Write all near pairs, a JSON object a line; the same command goes on after it was interrupted
    #[arg(
        long,
        env = "YUYI_PAIRS",
        value_name = "FILE",
        conflicts_with = "rethreshold"
    )]
    pub pairs: Option<PathBuf>,
    /// Similarity from which on pairs are told [default: 0.1 below the threshold]
    #[arg(long, env = "YUYI_PAIRS_ABOVE", value_name = "SIMILARITY", value_parser = parse_similarity)]
    pub pairs_above: Option<f64>,
    /// Group by another threshold the pairs that --pairs wrote, without computing again
    #[arg(long, env = "YUYI_RETHRESHOLD", value_name = "PAIRS")]
    pub rethreshold: Option<PathBuf>,
    /// Write groups and pairs as one JSON document, as POST /v1/dedup answers
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub model: ModelArgs,
}

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    /// Each remark with the group that the one before it belongs to
    Adjacent,
    /// Each remark with all others
    All,
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Adjacent => Self::Adjacent,
            ModeArg::All => Self::All,
        }
    }
}
