//! From the raw cosine of a model to the similarity that people see.

mod assess;
mod curve;
mod cutoff;
mod file;
mod fit;
mod isotonic;

pub use self::assess::{Assessment, Fitted, calibrate};
pub use self::curve::{Curve, CurveError, Knot};
pub use self::cutoff::{Cutoff, Cutoffs};
pub use self::file::{CalibrationFile, CalibrationFileError, FittedOn};
pub use self::fit::{FitError, MIN_PAIRS};

/// Maps a cosine in [-1, 1] to a similarity in [0, 1]: 0 unrelated, 0.5 the same topic with
/// another meaning, 1 the same meaning. Never decreases, so it keeps every rank. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Calibration {
    /// The model has no calibration: the cosine, cut at 0.
    #[default]
    Uncalibrated,
    /// A curve that was fitted to labelled pairs.
    Fitted(Curve),
}

impl Calibration {
    /// The calibration that a `calibration.json` holds; `file` names it in errors.
    ///
    /// # Errors
    /// When the content is not a sound calibration.
    pub fn read(file: &str, content: &[u8]) -> Result<Self, CalibrationFileError> {
        let file = CalibrationFile::read(file, content)?;
        Ok(Self::Fitted(file.curve))
    }

    /// Similarity of a cosine in [-1, 1].
    pub fn similarity(&self, cosine: f64) -> f64 {
        match self {
            // Not `max`, which may answer -0.
            Self::Uncalibrated if cosine > 0.0 => cosine,
            Self::Uncalibrated => 0.0,
            Self::Fitted(curve) => curve.similarity(cosine),
        }
    }

    /// Similarities of cosines, in their order.
    pub fn similarities(&self, cosines: &[f64]) -> Vec<f64> {
        let similarity = |&cosine: &f64| self.similarity(cosine);
        cosines.iter().map(similarity).collect()
    }

    /// The cosine of a similarity in [0, 1]: the inverse of [`Calibration::similarity`], so that a threshold in
    /// similarity is one in cosine. Without a calibration a similarity of 0 stands for every cosine up to 0.
    pub fn cosine(&self, similarity: f64) -> f64 {
        match self {
            Self::Uncalibrated => similarity.clamp(0.0, 1.0),
            Self::Fitted(curve) => curve.cosine(similarity),
        }
    }

    /// Whether the mapping was fitted to labelled pairs, so that thresholds mean the same for every
    /// model.
    pub fn is_fitted(&self) -> bool {
        match self {
            Self::Uncalibrated => false,
            Self::Fitted(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_calibration_the_cosine_is_cut_at_zero() {
        let none = Calibration::default();
        for (cosine, similarity) in [
            (-1.0, 0.0),
            (-0.0, 0.0),
            (0.0, 0.0),
            (0.25, 0.25),
            (1.0, 1.0),
        ] {
            assert_eq!(none.similarity(cosine), similarity);
            assert!(
                none.similarity(cosine).is_sign_positive(),
                "-0 would be printed with its sign"
            );
        }
        assert_eq!((none.cosine(0.0), none.cosine(0.25)), (0.0, 0.25));
        assert!(!none.is_fitted());
    }

    #[test]
    fn a_curve_that_was_fitted_is_followed_both_ways() {
        let file = br#"{"version": 1, "knots": [[-1, 0], [0.8, 0.1], [1, 1]]}"#;
        let fitted = Calibration::read("calibration.json", file).unwrap();
        assert!(fitted.is_fitted());
        assert!((fitted.similarity(0.9) - 0.55).abs() < 1e-12);
        assert!((fitted.cosine(0.55) - 0.9).abs() < 1e-12);
    }
}
