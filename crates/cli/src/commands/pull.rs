//! `yuyi pull`.

use std::io::Write;

use serde_json::json;
use yuyi::Precision;
use yuyi_hub::{Hub, Pulled, Request};
use yuyi_models::{ModelPlace, inventory};

use crate::args::PullArgs;
use crate::calibration::FolderCalibration;
use crate::messages;
use crate::pulling::{self, Narrator, megabytes};
use crate::terminal::{self, remark};

/// Fetches a model and says where it is.
pub fn run(args: &PullArgs) -> anyhow::Result<()> {
    let request = Request {
        model: args.model.clone(),
        source: args.from.into(),
        revision: args.revision.clone(),
        name: args.name.clone(),
        quantized: None,
    };
    tell_of_cache(&request)?;
    let quantize = args.quantize.map(Precision::from);
    let hub = pulling::hub()?;
    let (pulled, calibration) = pulling::pull(&hub, &request, quantize, &Narrator::default())?;
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", document(&pulled, calibration.as_ref()))?;
        return Ok(());
    }
    let (name, folder) = (&pulled.name, pulled.folder.display());
    let size = megabytes(pulled.manifest.bytes());
    let mut lines = vec![match pulled.was_there {
        true => format!("{name} is installed already: {folder} ({size} MB)"),
        false => format!("{name} is installed: {folder} ({size} MB)"),
    }];
    lines.extend(calibration.map(|calibration| calibration.said()));
    writeln!(out, "{}", messages::text(&lines.join("\n")))?;
    Ok(())
}

/// Says that another program has the model already; it is fetched all the same, since that is what was asked for.
fn tell_of_cache(request: &Request) -> anyhow::Result<()> {
    let name = Hub::name_of(request)?;
    let caches = [ModelPlace::HuggingFaceCache, ModelPlace::ModelScopeCache];
    let models = inventory().unwrap_or_default();
    let cached = models
        .iter()
        .find(|model| model.name == name && caches.contains(&model.place));
    if let Some(folder) = cached.and_then(|model| model.folder.as_deref()) {
        remark!(
            "{name} is in the cache of another program, where yuyi reads it without a download: {}",
            folder.display()
        );
    }
    Ok(())
}

fn document(pulled: &Pulled, calibration: Option<&FolderCalibration>) -> serde_json::Value {
    let manifest = &pulled.manifest;
    json!({
        "name": pulled.name, "folder": pulled.folder.display().to_string(), "bytes": manifest.bytes(),
        "was_there": pulled.was_there, "licence": manifest.licence, "non_commercial": manifest.non_commercial,
        "origin": manifest.origin, "quantized": manifest.quantized, "calibration": calibration,
    })
}
