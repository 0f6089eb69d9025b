//! Flags of commands that measure against labels and can write a report.

use std::path::PathBuf;

use clap::Args;
use yuyi_tasks::metrics::Sampling;

use super::LayoutArgs;
use super::values::parse_share;
use crate::input::{Format, Scale};

/// How labelled pairs are read and measured.
#[derive(Args)]
pub struct MeasureArgs {
    /// Format of the files, where their names do not tell
    #[arg(long, env = "YUYI_FORMAT", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub layout: LayoutArgs,
    /// Ends of the scale of the labels, as in 0..5 [default: 0..1 if they all lie there, else the whole numbers around them]
    #[arg(
        long,
        env = "YUYI_SCALE",
        value_name = "LOW..HIGH",
        allow_hyphen_values = true
    )]
    pub scale: Option<Scale>,
    /// Least label, on the scale from 0 to 1, of a pair that counts as the same
    #[arg(long, env = "YUYI_SAME_FROM", value_name = "LABEL", default_value_t = 0.75, value_parser = parse_share)]
    pub same_from: f64,
    /// Bootstrap samples of the 95 % intervals; 0: no intervals
    #[arg(long, env = "YUYI_ROUNDS", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub rounds: u32,
}

impl MeasureArgs {
    /// Always the same samples: two runs on the same data say the same.
    pub fn sampling(&self) -> Sampling {
        Sampling {
            rounds: self.rounds as usize,
            seed: 20,
        }
    }
}

/// Whether a report is written.
#[derive(Args)]
pub struct ReportArgs {
    /// Write a report with plots: one HTML file that needs no network
    #[arg(long, env = "YUYI_REPORT", value_name = "FILE")]
    pub report: Option<PathBuf>,
}
