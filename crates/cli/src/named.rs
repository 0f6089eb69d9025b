//! The model that a command names.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use yuyi::{EmbedderError, Error, Found, Model, Resolved, find, resolve};
use yuyi_encoder::Folder;
use yuyi_models::{known_models, nearest_name};

use crate::args::ModelArgs;
use crate::model::{load_uncalibrated, unloadable};
use crate::pulling;
use crate::terminal::remark;

/// The model that `--model` names. Where it is missing and somebody can be asked, it is offered to fetch it.
///
/// # Errors
/// When there is none, as a sentence that speaks of that flag.
pub fn find_model(name: &str) -> anyhow::Result<Found> {
    let found = or_fetched(name, find)?.map_err(of_flag)?;
    if let Found::Here(model) = &found {
        tell_of_namesake(name, model);
    }
    Ok(found)
}

/// Says which model is meant where a name has two: one that is installed, or built in, and a folder of that name here.
fn tell_of_namesake(name: &str, model: &Resolved) {
    if model.by_path || !Folder::holds_model(Path::new(name)) {
        return;
    }
    match model.folder.path() {
        Some(folder) => remark!(
            "--model {name} is the installed model of that name ({}), since names come before folders; --model ./{name} is the folder here.",
            folder.display()
        ),
        None => remark!(
            "--model {name} is the built-in model, since names come before folders; --model ./{name} is the folder here."
        ),
    }
}

/// The model that `--rerank` names, likewise.
///
/// # Errors
/// When there is none.
pub fn find_reranker(name: &str) -> anyhow::Result<Found> {
    Ok(or_fetched(name, find)??)
}

/// The model of an argument that is no flag, likewise.
///
/// # Errors
/// When there is none.
pub fn find_argument(name: &str) -> anyhow::Result<Resolved> {
    or_fetched(name, resolve)?.map_err(with_nearest)
}

/// The model of a name, fetched if that was offered and taken.
fn or_fetched<T>(
    name: &str,
    find: impl Fn(&str) -> Result<T, EmbedderError>,
) -> anyhow::Result<Result<T, EmbedderError>> {
    Ok(match find(name) {
        Err(error) if pulling::offer(name, &error)? => find(name),
        found => found,
    })
}

/// The model that `--model` names, without a question to anybody.
///
/// # Errors
/// As [`find_model`].
pub fn look_up(name: &str) -> anyhow::Result<Found> {
    find(name).map_err(of_flag)
}

/// Why there is no such model, as a sentence that speaks of `--model`.
fn of_flag(error: EmbedderError) -> anyhow::Error {
    match error {
        EmbedderError::NotAFolder { name, .. } if pulling::may_be_on_a_hub(&name) => anyhow!(
            "{name} is neither a folder nor an installed model. `yuyi pull {name}` fetches it, if a hub has it."
        ),
        EmbedderError::NotAFolder { name, installed } => {
            let installed = installed.join(", ");
            anyhow!(
                "{name} is not a folder. --model takes a model folder, or one of these names: {installed}."
            )
        }
        other => with_nearest(other),
    }
}

/// Why there is no such model, with the name that is nearest: of one that can be fetched, or is installed or cached.
fn with_nearest(error: EmbedderError) -> anyhow::Error {
    let EmbedderError::Unknown { name, installed } = &error else {
        return error.into();
    };
    let published = known_models().iter().filter(|known| known.is_published());
    let published = published.map(|known| known.name.as_str());
    // Those that are here last: of two that are as near, they are meant.
    let names = published.chain(installed.iter().map(String::as_str));
    match nearest_name(name, names) {
        Some(nearest) => anyhow!(
            "There is no model {name:?}; the nearest name is {nearest}. Installed: {}. `yuyi pull` fetches others, and a path to a model folder works too.",
            installed.join(", ")
        ),
        None => error.into(),
    }
}

/// The model that the command line names, with its calibration.
///
/// # Errors
/// When it does not load, or its calibration is not sound.
pub fn load_model(args: &ModelArgs) -> anyhow::Result<Model> {
    let model = load_uncalibrated(find_model(&args.model)?, &args.compute)
        .with_context(|| unloadable(&args.model))?;
    let calibrated = Model::new(Arc::clone(model.embedder()));
    calibrated.map_err(|error| match error {
        Error::Calibration(_) => anyhow!(error).context(format!(
            "The calibration of {} is not sound; `yuyi calibrate` fits another",
            args.model
        )),
        other => other.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_told() {
        for find in [
            |name: &str| find_model(name).map(drop),
            |name: &str| find_argument(name).map(drop),
        ] {
            for (name, nearest) in [("gte-bas-zh", "gte-base-zh"), ("e5-smal-zh", "e5-small-zh")] {
                let error = find(name).unwrap_err().to_string();
                let expected = format!(
                    "There is no model {name:?}; the nearest name is {nearest}. Installed: e5-small-zh"
                );
                assert!(error.starts_with(&expected), "{error}");
            }
            let error = find("xyzzy").unwrap_err().to_string();
            assert!(
                error.starts_with("There is no model \"xyzzy\". Installed:"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_path_without_a_folder_is_called_that() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for path in ["./missing", file.path().to_str().unwrap()] {
            let error = find_model(path).unwrap_err().to_string();
            let expected = format!(
                "{path} is not a folder. --model takes a model folder, or one of these names: e5-small-zh"
            );
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
