//! Fits the calibration of a model to labelled pairs.

use yuyi::Model;
use yuyi_models::CALIBRATION_PAIRS;
use yuyi_tasks::corpus::Corpus;
use yuyi_tasks::metrics::Sampling;
use yuyi_tasks::{CalibrationFile, Fitted, FittedOn, calibrate};

use crate::corpus::Vectors;
use crate::input::LabelledPairs;

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
pub fn is_shipped(file: &CalibrationFile) -> bool {
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
