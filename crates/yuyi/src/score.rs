//! How alike two embedded texts are.

use std::borrow::Borrow;

use yuyi_encoder::Encoded;
use yuyi_tasks::{Calibration, cosine};

/// How alike two texts are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// From 0, unrelated, to 1, the same meaning; without a calibration the cosine, cut at 0.
    pub similarity: f64,
    /// Cosine of the two vectors, in [-1, 1].
    pub cosine: f64,
    /// Whether `similarity` went through a fitted calibration, and so means the same as with other models.
    pub calibrated: bool,
    /// Either text was longer than the model reads, and was cut.
    pub truncated: bool,
}

impl Score {
    pub(crate) fn of(calibration: &Calibration, a: &Encoded, b: &Encoded) -> Self {
        let cosine = cosine(&a.vector, &b.vector);
        Self {
            similarity: calibration.similarity(cosine),
            cosine,
            calibrated: calibration.is_fitted(),
            truncated: a.truncated || b.truncated,
        }
    }
}

/// A text of several, with its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Its place among the texts that were ranked, from 0.
    pub index: usize,
    /// How alike it is to the query.
    pub score: Score,
}

/// The texts by falling cosine to the query; of equals, the one that came first.
pub(crate) fn rank<T: Borrow<Encoded>>(
    calibration: &Calibration,
    query: &Encoded,
    texts: &[T],
) -> Vec<Ranked> {
    let ranked = |(index, text): (usize, &T)| Ranked {
        index,
        score: Score::of(calibration, query, text.borrow()),
    };
    let mut all: Vec<Ranked> = texts.iter().enumerate().map(ranked).collect();
    // By cosine, which similarity may cut: what is below 0 has its order too.
    all.sort_by(|a, b| b.score.cosine.total_cmp(&a.score.cosine));
    all
}
