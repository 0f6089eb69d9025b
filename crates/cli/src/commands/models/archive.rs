//! `yuyi models export` and `import`.

use std::io::Write;

use serde_json::json;
use yuyi_models::{Installed, fitted_by_user, home};

use crate::args::{ComputeArgs, ExportModelArgs, ImportModelArgs};
use crate::messages;
use crate::model::load_uncalibrated;
use crate::pulling::{megabytes, opened};
use crate::reranking::scores_pairs;
use crate::terminal;

/// Writes a model to a file.
pub fn export(args: &ExportModelArgs) -> anyhow::Result<()> {
    let model = super::find(&args.name)?;
    if let Some(broken) = model.broken() {
        return Err(broken.into());
    }
    let calibration = calibration_of(&model)?;
    let manifest = yuyi_hub::export(&model, &args.output, calibration.as_deref())?;
    let (output, bytes) = (args.output.display().to_string(), manifest.bytes());
    let mut out = terminal::stdout();
    match args.json {
        true => writeln!(
            out,
            "{}",
            json!({ "name": manifest.name, "output": output, "bytes": bytes, "files": manifest.files.len() })
        )?,
        false => {
            let told = format!(
                "{output}: {} ({} MB). `yuyi models import` installs it on another machine.",
                manifest.name,
                megabytes(bytes)
            );
            writeln!(out, "{}", messages::told(&told))?;
        }
    }
    Ok(())
}

/// The calibration that the user fitted for a model, if there is one: it wins over the one in the folder, and is not beside it.
fn calibration_of(model: &Installed) -> anyhow::Result<Option<Vec<u8>>> {
    let fitted = home().is_some_and(|home| home.join("calibrations").is_dir());
    let Some(folder) = model.folder.as_deref().filter(|_| fitted) else {
        return Ok(None);
    };
    let repository = model.origin.as_ref();
    let repository = repository.map(|origin| origin.repository.as_str());
    let resolved = opened(&model.name, repository, folder)?;
    // A score needs no scale for cosines.
    if scores_pairs(&resolved) {
        return Ok(None);
    }
    let loaded = load_uncalibrated(resolved, &ComputeArgs::default())?;
    let fingerprint = loaded.embedder().fingerprint();
    let found = fingerprint.map(fitted_by_user).transpose()?.flatten();
    Ok(found.map(|found| found.content))
}

/// Installs a model from a file.
pub fn import(args: &ImportModelArgs) -> anyhow::Result<()> {
    let home = home().ok_or(yuyi_hub::Error::NoHome)?;
    let imported = yuyi_hub::import(&args.file, &home, args.name.as_deref())?;
    let (name, folder) = (&imported.name, imported.folder.display().to_string());
    let bytes = imported.manifest.bytes();
    let mut out = terminal::stdout();
    match args.json {
        true => writeln!(
            out,
            "{}",
            json!({ "name": name, "folder": folder, "bytes": bytes, "licence": imported.manifest.licence })
        )?,
        false => {
            let told = format!("{name} is installed: {folder} ({} MB)", megabytes(bytes));
            writeln!(out, "{}", messages::told(&told))?;
        }
    }
    Ok(())
}
