//! `yuyi quantize`.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::json;
use yuyi_encoder::{Precision, quantize_folder};
use yuyi_models::resolve;

use crate::args::{Misuse, QuantizeArgs};

/// Writes a quantised copy of a model folder. The folder appears under its name only when it is complete.
pub fn run(args: &QuantizeArgs) -> anyhow::Result<()> {
    let output = &args.output;
    if output.exists() {
        bail!(Misuse(format!(
            "{} exists already. Name a new folder.",
            output.display()
        )));
    }
    let precision = Precision::from(args.precision);
    let model = resolve(&args.model)?;
    let parent = match output.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let failed = || format!("{} cannot be written", output.display());
    let work = tempfile::Builder::new()
        .prefix(".yuyi-quantize-")
        .tempdir_in(parent)
        .with_context(failed)?;
    let folder = work.path().join("model");
    let agreement = quantize_folder(&model.folder, &folder, precision, &model.defaults)?;
    std::fs::rename(&folder, output).with_context(failed)?;
    let bytes = std::fs::metadata(output.join("model.safetensors"))?.len();
    let mut out = std::io::stdout().lock();
    if args.json {
        let report = json!({
            "output": output.display().to_string(), "precision": precision.name(), "bytes": bytes,
            "sentences": agreement.sentences, "mean_cosine": agreement.mean, "least_cosine": agreement.least,
        });
        writeln!(out, "{report}")?;
    } else {
        let (megabytes, shown) = (bytes as f64 / 1e6, output.display());
        writeln!(
            out,
            "{shown}: {} weights, {megabytes:.1} MB",
            precision.name()
        )?;
        writeln!(
            out,
            "cosine to the original over {} sentences: mean {:.5}, least {:.5}",
            agreement.sentences, agreement.mean, agreement.least
        )?;
    }
    Ok(())
}
