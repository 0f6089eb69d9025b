//! The model of a command.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use yuyi::{EmbedderError, Error, Found, Model, OpenOptions, find};
use yuyi_models::{CALIBRATION_FILE, user_calibration};

use crate::args::{ComputeArgs, ModelArgs};
use crate::terminal::remark;

/// The model that `--model` names.
///
/// # Errors
/// When there is none, as a sentence that speaks of that flag.
pub fn find_model(name: &str) -> anyhow::Result<Found> {
    find(name).map_err(|error| match error {
        EmbedderError::NotAFolder { name, installed } => {
            let installed = installed.join(", ");
            anyhow!(
                "{name} is not a folder. --model takes a model folder, or one of these names: {installed}."
            )
        }
        other => other.into(),
    })
}

/// What a model that does not load is told by.
pub fn unloadable(name: &str) -> String {
    format!("The model {name} cannot be loaded")
}

/// Says on standard error what to know before relying on a model.
///
/// # Errors
/// When its files are missing or broken.
pub fn tell_remarks(model: &Found) -> anyhow::Result<()> {
    model.remarks()?.iter().for_each(|told| remark!("{told}"));
    Ok(())
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

/// A model that was found already, for commands that want vectors or make a calibration: one that is not sound does not
/// hold them up.
///
/// # Errors
/// When it does not load.
pub fn load_uncalibrated(found: impl Into<Found>, compute: &ComputeArgs) -> anyhow::Result<Model> {
    let found = found.into();
    tell_remarks(&found)?;
    let options = OpenOptions {
        uncalibrated: true,
        ..compute.options()
    };
    Ok(Model::load(found, &options)?)
}

/// Where the calibration of a model is found by itself.
pub struct CalibrationPlace {
    pub path: PathBuf,
    /// The file that wins over it, if there is one.
    pub hidden_by: Option<PathBuf>,
}

impl CalibrationPlace {
    /// In the model's `folder`, if it was named by its path, else under the home folder.
    ///
    /// # Errors
    /// When no variable says where that is.
    pub fn of(model: &Model, folder: Option<PathBuf>) -> anyhow::Result<Self> {
        let users = model.embedder().fingerprint().and_then(user_calibration);
        Ok(match (folder, users) {
            (Some(folder), users) => Self {
                path: folder.join(CALIBRATION_FILE),
                hidden_by: users.filter(|users| users.exists()),
            },
            (None, Some(path)) => Self {
                path,
                hidden_by: None,
            },
            (None, None) => bail!(
                "There is no home folder to keep the calibration in. Set YUYI_HOME, or name a file with -o."
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
