//! How alike two embedded texts are.

use serde::Serialize;
use utoipa::ToSchema;
use yuyi_encoder::Encoded;
use yuyi_tasks::cosine;

use crate::embed::Model;

/// How alike two texts are.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Score {
    /// From 0, unrelated, to 1, the same meaning; without a calibration the cosine, cut at 0.
    #[schema(minimum = 0, maximum = 1, example = 0.87)]
    pub(crate) similarity: f64,
    /// Cosine of the two vectors.
    #[schema(minimum = -1, maximum = 1, example = 0.87)]
    pub(crate) cosine: f64,
    /// Either text was longer than the model reads, and was cut.
    pub(crate) truncated: bool,
}

/// What scores texts.
pub(crate) trait ScoreTexts {
    /// The score of two texts that it embedded.
    fn score(&self, a: &Encoded, b: &Encoded) -> Score;
}

impl ScoreTexts for Model {
    fn score(&self, a: &Encoded, b: &Encoded) -> Score {
        let cosine = cosine(&a.vector, &b.vector);
        Score {
            similarity: self.calibration().similarity(cosine),
            cosine,
            truncated: a.truncated || b.truncated,
        }
    }
}
