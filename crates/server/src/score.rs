//! How alike two embedded texts are.

use serde::Serialize;
use utoipa::ToSchema;

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

impl From<yuyi::Score> for Score {
    fn from(score: yuyi::Score) -> Self {
        Self {
            similarity: score.similarity,
            cosine: score.cosine,
            truncated: score.truncated,
        }
    }
}
