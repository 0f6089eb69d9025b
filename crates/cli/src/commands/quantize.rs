//! `yuyi quantize`.

use std::error::Error as _;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use serde::Serialize;
use serde_json::json;
use yuyi::{EncoderError as Error, EncoderErrorKind as ErrorKind, Precision, resolve};
use yuyi_encoder::quantize_folder;
use yuyi_models::CALIBRATION_FILE;
use yuyi_tasks::metrics::Sampling;
use yuyi_tasks::{CalibrationFile, FitError};

use crate::args::{ComputeArgs, QuantizeArgs};
use crate::calibration::{Fit, is_shipped, shipped_pairs};
use crate::messages;
use crate::model::load_uncalibrated;
use crate::output::partial_folder::PartialFolder;
use crate::terminal::{self, remark};

/// Writes a quantised copy of a model folder. The folder appears under its name only when it is complete.
pub fn run(args: &QuantizeArgs) -> anyhow::Result<()> {
    let output = &args.output;
    let precision = Precision::from(args.precision);
    let folder = PartialFolder::create(output)?;
    let model = resolve(&args.model)?;
    model.remarks()?.iter().for_each(|told| remark!("{told}"));
    let content = folder.content();
    let agreement = quantize_folder(&model.folder, &content, precision, &model.defaults)
        .map_err(|error| of_output(output, error))?;
    let calibration = calibrate(&content, output)?;
    folder.finish()?;
    let bytes = std::fs::metadata(output.join("model.safetensors"))?.len();
    let mut out = terminal::stdout();
    if args.json {
        let report = json!({
            "output": output.display().to_string(), "precision": precision.name(), "bytes": bytes,
            "sentences": agreement.sentences, "mean_cosine": agreement.mean, "least_cosine": agreement.least,
            "calibration": calibration,
        });
        writeln!(out, "{report}")?;
    } else {
        let (megabytes, shown) = (bytes as f64 / 1e6, output.display());
        let lines = [
            format!("{shown}: {} weights, {megabytes:.1} MB", precision.name()),
            format!(
                "cosine to the original over {} sentences: mean {:.5}, least {:.5}",
                agreement.sentences, agreement.mean, agreement.least
            ),
            calibration.said(),
        ];
        writeln!(out, "{}", messages::text(&lines.join("\n")))?;
    }
    Ok(())
}

/// The error, of the folder that was asked for where it is of the one that is written in its stead.
fn of_output(output: &Path, error: Error) -> anyhow::Error {
    if error.kind() != ErrorKind::Unwritable {
        return error.into();
    }
    let cause = error.source().map(ToString::to_string);
    anyhow!(cause.unwrap_or_default()).context(unwritable(output))
}

fn unwritable(output: &Path) -> String {
    format!("{} cannot be written", output.display())
}

/// A copy tells its errors without intervals.
const NO_INTERVALS: Sampling = Sampling { rounds: 0, seed: 0 };

/// What became of the calibration of a copy.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
enum CopyCalibration {
    /// That of the original, which was fitted to a user's own pairs.
    Kept,
    /// Fitted to the pairs in the program.
    Fitted {
        pairs: usize,
        ece_before: f64,
        ece_after: f64,
    },
    /// There is none: it cannot be fitted.
    Missing { reason: String },
}

impl CopyCalibration {
    fn said(&self) -> String {
        match self {
            Self::Kept => "calibration: that of the original, which was fitted to other pairs than those in the program".to_owned(),
            Self::Fitted {
                pairs,
                ece_before,
                ece_after,
            } => format!(
                "calibration error on {pairs} graded pairs: {ece_before:.3} before, {ece_after:.3} after"
            ),
            Self::Missing { reason } => format!("not calibrated: {reason}"),
        }
    }
}

/// Calibrates the copy in `folder`, which will be `output`.
fn calibrate(folder: &Path, output: &Path) -> anyhow::Result<CopyCalibration> {
    let file = folder.join(CALIBRATION_FILE);
    if let Ok(content) = std::fs::read(&file) {
        let original = CalibrationFile::read(CALIBRATION_FILE, &content)?;
        if !is_shipped(&original) {
            return Ok(CopyCalibration::Kept);
        }
    }
    let mut copy = resolve(&folder.display().to_string())?;
    if let Some(name) = output.file_name() {
        copy.name = name.to_string_lossy().into_owned();
    }
    let model = load_uncalibrated(copy, &ComputeArgs::default())?;
    let fit = match Fit::of(&model, &shipped_pairs()?, NO_INTERVALS) {
        Ok(fit) => fit,
        Err(error) => return without(&file, error),
    };
    std::fs::write(&file, fit.json()).with_context(|| unwritable(output))?;
    let [ece_before, ece_after] = fit.errors();
    Ok(CopyCalibration::Fitted {
        pairs: fit.pairs.len(),
        ece_before,
        ece_after,
    })
}

/// A model that cannot be calibrated is still a model.
fn without(file: &Path, error: anyhow::Error) -> anyhow::Result<CopyCalibration> {
    let reason = error.downcast::<FitError>()?.to_string();
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(CopyCalibration::Missing { reason }),
    }
}
