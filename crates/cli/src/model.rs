//! Loading models for commands.

use std::path::PathBuf;

use anyhow::bail;
use yuyi::{Found, Model, OpenOptions};
use yuyi_models::{CALIBRATION_FILE, user_calibration};

use crate::args::ComputeArgs;
use crate::terminal::remark;

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

/// Says on standard error that a threshold is compared with raw cosines, which lie elsewhere for each model.
pub fn tell_uncalibrated(model: &Model, name: &str) {
    if !model.calibration().is_fitted() {
        remark!(
            "{name} has no calibration: its similarities are cosines, and a threshold means something else than with other models. `yuyi calibrate --model {name}` gives it one."
        );
    }
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
