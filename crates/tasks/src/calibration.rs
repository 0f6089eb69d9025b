//! From the raw cosine of a model to the similarity that people see.

/// Maps a cosine in [-1, 1] to a similarity in [0, 1]: 0 unrelated, 0.5 the same topic with
/// another meaning, 1 the same meaning. Never decreases, so it keeps every rank.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Calibration {
    /// The model has no calibration: the cosine, cut at 0.
    #[default]
    Uncalibrated,
}

impl Calibration {
    /// Similarity of a cosine in [-1, 1].
    pub fn similarity(&self, cosine: f64) -> f64 {
        match self {
            // Not `max`, which may answer -0.
            Self::Uncalibrated if cosine > 0.0 => cosine,
            Self::Uncalibrated => 0.0,
        }
    }

    /// Whether the mapping was fitted to labelled pairs, so that thresholds mean the same for every
    /// model.
    pub fn is_fitted(&self) -> bool {
        match self {
            Self::Uncalibrated => false,
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
        assert!(!none.is_fitted());
    }
}
