//! Flags of `yuyi calibrate`.

use std::path::PathBuf;

use clap::Args;

use super::values::parse_share;
use super::{MeasureArgs, ModelArgs, ReportArgs};

/// `yuyi calibrate`.
#[derive(Args)]
pub struct CalibrateArgs {
    /// Files of labelled pairs: sentence_a, sentence_b, label (TSV, CSV or JSONL; `-`: standard input) [default: the pairs in the program]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the calibration goes [default: where it is used from then on]
    #[arg(short, long, env = "YUYI_OUTPUT", value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Precision for which a threshold is sought: the share of accepted pairs that are the same
    #[arg(long, env = "YUYI_PRECISION_WISHED", value_name = "SHARE", default_value_t = 0.95, value_parser = parse_share)]
    pub precision_wished: f64,
    /// Fit and measure, and write no calibration
    #[arg(long, env = "YUYI_DRY_RUN", value_parser = crate::switch::parse_yes, conflicts_with = "output")]
    pub dry_run: bool,
    /// Write JSON
    #[arg(long, env = "YUYI_JSON", value_parser = crate::switch::parse_yes)]
    pub json: bool,
    #[command(flatten)]
    pub measure: MeasureArgs,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub model: ModelArgs,
}
