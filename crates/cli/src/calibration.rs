//! Fits the calibration of a model to labelled pairs.

use std::path::Path;

use serde::Serialize;
use yuyi::{Model, Resolved};
use yuyi_models::{CALIBRATION_FILE, CALIBRATION_PAIRS};
use yuyi_tasks::corpus::Corpus;
use yuyi_tasks::metrics::Sampling;
use yuyi_tasks::{CalibrationFile, FitError, Fitted, FittedOn, calibrate};

use crate::args::ComputeArgs;
use crate::corpus::Vectors;
use crate::input::LabelledPairs;
use crate::model::load_uncalibrated;

/// The name of the pairs in the program.
const SHIPPED: &str = "calibration-fit.tsv";

/// A fit, and what it was made of.
pub struct Fit {
    pub fitted: Fitted,
    /// Cosine and label of each pair.
    pub pairs: Vec<(f64, f64)>,
    /// Texts that were cut.
    pub truncated: usize,
    file: CalibrationFile,
}

/// The pairs in the program.
pub fn shipped_pairs() -> anyhow::Result<Corpus> {
    let pairs = LabelledPairs::of_tsv(SHIPPED, CALIBRATION_PAIRS.as_bytes())?;
    let mut corpus = Corpus::default();
    pairs.add_to(&mut corpus);
    Ok(corpus)
}

/// Whether a calibration was fitted to the pairs in the program.
fn is_shipped(file: &CalibrationFile) -> bool {
    let fitted_on = file.fitted_on.as_ref();
    fitted_on.is_some_and(|fitted_on| fitted_on.set == SHIPPED)
}

impl Fit {
    /// Computes the cosines of the pairs and fits a curve to them; `sampling` draws the intervals of its errors.
    ///
    /// # Errors
    /// When the model fails, there are too few pairs, or their labels do not rise with the cosines.
    pub fn of(model: &Model, corpus: &Corpus, sampling: Sampling) -> anyhow::Result<Self> {
        let vectors = Vectors::compute(model, corpus.texts())?;
        let cosines = corpus.cosines(&vectors.all).into_iter();
        let pairs: Vec<(f64, f64)> = cosines.zip(corpus.labels()).collect();
        let fitted = calibrate(&pairs, sampling)?;
        let [ece_before, ece_after] = errors(&fitted).map(rounded);
        let fitted_on = FittedOn {
            model: model.facts().name.clone(),
            set: corpus.set(),
            pairs: pairs.len(),
            ece_before,
            ece_after,
        };
        let file = CalibrationFile {
            curve: fitted.curve.clone(),
            fitted_on: Some(fitted_on),
        };
        Ok(Self {
            fitted,
            pairs,
            truncated: vectors.truncated,
            file,
        })
    }

    /// Expected calibration error before and after.
    pub fn errors(&self) -> [f64; 2] {
        errors(&self.fitted)
    }

    /// The content of its `calibration.json`; the same for the same pairs.
    pub fn json(&self) -> String {
        self.file.to_json()
    }
}

/// Calibration error before and after.
fn errors(fitted: &Fitted) -> [f64; 2] {
    // There are pairs, so there are errors.
    [&fitted.before, &fitted.after].map(|of| of.ece.value.unwrap_or_default())
}

/// To three digits: further ones may differ between processors.
fn rounded(error: f64) -> f64 {
    (error * 1e3).round() / 1e3
}

/// A copy tells its errors without intervals.
const NO_INTERVALS: Sampling = Sampling { rounds: 0, seed: 0 };

/// What became of the calibration of a model's folder.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum FolderCalibration {
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

impl FolderCalibration {
    /// As a line for people.
    pub fn said(&self) -> String {
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

/// Loads the model of a folder and fits the calibration beside it, unless one is there that was fitted to other pairs than those in the
/// program. That a model cannot be calibrated is no error.
///
/// # Errors
/// When the model does not load, or a [`std::io::Error`] when the folder cannot be written.
pub fn calibrate_folder(model: Resolved, folder: &Path) -> anyhow::Result<FolderCalibration> {
    let file = folder.join(CALIBRATION_FILE);
    let there = std::fs::read(&file).ok();
    let there = there.map(|content| CalibrationFile::read(CALIBRATION_FILE, &content));
    let is_users = there.transpose()?.is_some_and(|there| !is_shipped(&there));
    let model = load_uncalibrated(model, &ComputeArgs::default())?;
    if is_users {
        return Ok(FolderCalibration::Kept);
    }
    let fit = match Fit::of(&model, &shipped_pairs()?, NO_INTERVALS) {
        Ok(fit) => fit,
        Err(error) => return without(&file, error),
    };
    std::fs::write(&file, fit.json())?;
    let [ece_before, ece_after] = fit.errors();
    Ok(FolderCalibration::Fitted {
        pairs: fit.pairs.len(),
        ece_before,
        ece_after,
    })
}

/// A model that cannot be calibrated is still a model.
fn without(file: &Path, error: anyhow::Error) -> anyhow::Result<FolderCalibration> {
    let reason = error.downcast::<FitError>()?.to_string();
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(FolderCalibration::Missing { reason }),
    }
}
