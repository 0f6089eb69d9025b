//! `yuyi pull`.

use std::io::Write;
use std::path::Path;

use serde_json::json;
use yuyi::{BUILTIN_NAME, Precision};
use yuyi_hub::{Here, Hub, Pulled, Request};
use yuyi_models::{Installed, ModelPlace, inventory};

use crate::args::PullArgs;
use crate::calibration::FolderCalibration;
use crate::messages;
use crate::pulling::{self, Narrator, megabytes};
use crate::terminal::{self, remark};

/// Fetches a model and says where it is.
pub fn run(args: &PullArgs) -> anyhow::Result<()> {
    let quantize = args.quantize.map(Precision::from);
    let request = Request {
        model: args.model.clone(),
        source: args.from.into(),
        revision: args.revision.clone(),
        name: args.name.clone(),
        quantized: quantize.map(|precision| precision.name().to_owned()),
    };
    let request = match pulling::already_here(&request) {
        Some(Here::BuiltIn) => {
            let told = format!("{BUILTIN_NAME} is built in; nothing needs to be pulled.");
            return nothing_to_pull(args, BUILTIN_NAME, &told);
        }
        Some(Here::Own(folder)) => return own(args, &folder),
        Some(Here::Fetched(again)) => again,
        None => request,
    };
    let cached = tell_of_cache(&request)?;
    // Nothing more can be had, and nothing more is needed.
    if let Some(name) = cached.filter(|_| request.quantized.is_none() && request.revision.is_none())
        && pulling::settings()?.offline.is_some()
    {
        let told =
            format!("{name} is in the cache of another program; nothing needs to be pulled.");
        return nothing_to_pull(args, &name, &told);
    }
    let hub = pulling::hub()?;
    let (pulled, calibration) = pulling::pull(&hub, &request, &Narrator::default())?;
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

/// A model that no hub gave: it is whole, or nobody but its owner can mend it.
fn own(args: &PullArgs, folder: &Path) -> anyhow::Result<()> {
    let name = args.model.trim_end_matches('/');
    let found = inventory()?.into_iter().find(|model| model.name == name);
    if let Some(broken) = found.as_ref().and_then(Installed::broken) {
        return Err(broken.into());
    }
    let told = format!(
        "{name} is a model of your own in {}; nothing needs to be pulled. A hub's model is named ORG/NAME; --name gives it another name.",
        folder.display()
    );
    nothing_to_pull(args, name, &told)
}

fn nothing_to_pull(args: &PullArgs, name: &str, told: &str) -> anyhow::Result<()> {
    let mut out = terminal::stdout();
    match args.json {
        true => writeln!(out, "{}", json!({ "name": name, "was_there": true }))?,
        false => writeln!(out, "{}", messages::told(told))?,
    }
    Ok(())
}

/// Says that another program has the model already, and gives its name then; with a network it is fetched all the same, since that
/// is what was asked for.
fn tell_of_cache(request: &Request) -> anyhow::Result<Option<String>> {
    let name = Hub::name_of(request)?;
    let caches = [ModelPlace::HuggingFaceCache, ModelPlace::ModelScopeCache];
    let models = inventory().unwrap_or_default();
    // One that is in no catalogue is called there as its repository.
    let is_called = |model: &Installed| [&name, &request.model].contains(&&model.name);
    let cached = models
        .iter()
        .find(|model| is_called(model) && caches.contains(&model.place))
        // Of a part nobody has anything.
        .filter(|model| model.problem.is_none());
    if let Some((model, folder)) = cached.and_then(|model| Some((model, model.folder.as_ref()?))) {
        let name = &model.name;
        remark!(
            "{name} is in the cache of another program, where yuyi reads it without a download: {}",
            folder.display()
        );
        return Ok(Some(name.clone()));
    }
    Ok(None)
}

fn document(pulled: &Pulled, calibration: Option<&FolderCalibration>) -> serde_json::Value {
    let manifest = &pulled.manifest;
    json!({
        "name": pulled.name, "folder": pulled.folder.display().to_string(), "bytes": manifest.bytes(),
        "was_there": pulled.was_there, "licence": manifest.licence, "non_commercial": manifest.non_commercial,
        "origin": manifest.origin, "quantized": manifest.quantized, "calibration": calibration,
    })
}
