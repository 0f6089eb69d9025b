//! `yuyi quantize`.

use std::error::Error as _;
use std::io::Write;
use std::path::Path;

use anyhow::anyhow;
use serde_json::{Value, json};
use yuyi::{EncoderError as Error, EncoderErrorKind as ErrorKind, Precision, resolve};
use yuyi_encoder::{Agreement, quantize_folder};

use crate::args::QuantizeArgs;
use crate::calibration::calibrate_folder;
use crate::messages;
use crate::named::find_argument;
use crate::output::partial_folder::PartialFolder;
use crate::terminal::{self, remark};

/// Writes a quantised copy of a model folder. The folder appears under its name only when it is complete.
pub fn run(args: &QuantizeArgs) -> anyhow::Result<()> {
    let output = &args.output;
    let precision = Precision::from(args.precision);
    let folder = PartialFolder::create(output)?;
    let model = find_argument(&args.model)?;
    model.remarks()?.iter().for_each(|told| remark!("{told}"));
    let content = folder.content();
    let agreement = quantize_folder(&model.folder, &content, precision, &model.defaults)
        .map_err(|error| of_output(output, error))?;
    let mut copy = resolve(&content.display().to_string())?;
    if let Some(name) = output.file_name() {
        copy.name = name.to_string_lossy().into_owned();
    }
    let calibration = match agreement {
        Agreement::Vectors { .. } => {
            let calibration = calibrate_folder(copy, &content);
            Some(calibration.map_err(|error| of_calibration(output, error))?)
        }
        // A score needs no scale for cosines.
        Agreement::Scores { .. } => None,
    };
    folder.finish()?;
    let bytes = std::fs::metadata(output.join("model.safetensors"))?.len();
    let mut out = terminal::stdout();
    if args.json {
        let mut report = json!({
            "output": output.display().to_string(), "precision": precision.name(), "bytes": bytes,
            "calibration": calibration,
        });
        if let (Some(report), Value::Object(told)) = (report.as_object_mut(), document(agreement)) {
            report.extend(told);
        }
        writeln!(out, "{report}")?;
    } else {
        let (megabytes, shown) = (bytes as f64 / 1e6, output.display());
        let written = format!("{shown}: {} weights, {megabytes:.1} MB", precision.name());
        let lines = [written, told(agreement)].into_iter();
        let lines: Vec<String> = lines
            .chain(calibration.map(|calibration| calibration.said()))
            .collect();
        writeln!(out, "{}", messages::text(&lines.join("\n")))?;
    }
    Ok(())
}

/// How near the copy is to the original, for programs.
fn document(agreement: Agreement) -> Value {
    match agreement {
        Agreement::Vectors {
            sentences,
            mean,
            least,
        } => json!({"sentences": sentences, "mean_cosine": mean, "least_cosine": least}),
        Agreement::Scores {
            pairs,
            mean,
            largest,
            spread,
        } => json!({
            "pairs": pairs, "mean_difference": mean, "largest_difference": largest, "spread": spread,
        }),
    }
}

/// The same for people.
fn told(agreement: Agreement) -> String {
    match agreement {
        Agreement::Vectors {
            sentences,
            mean,
            least,
        } => format!(
            "cosine to the original over {sentences} sentences: mean {mean:.5}, least {least:.5}"
        ),
        Agreement::Scores {
            pairs,
            mean,
            largest,
            spread,
        } => format!(
            "logits of {pairs} pairs, which spread over {spread:.2}, differ from the original's: mean {mean:.4}, largest {largest:.4}"
        ),
    }
}

/// The error of a calibration that cannot be written; the folder is the one that was asked for.
fn of_calibration(output: &Path, error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<std::io::Error>() {
        Ok(error) => anyhow!(error).context(unwritable(output)),
        Err(other) => other,
    }
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
