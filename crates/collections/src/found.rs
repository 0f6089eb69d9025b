//! What is said of an item that was found.

use yuyi::Calibration;
use yuyi_store::{Hit, Item};

/// An item that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The item.
    pub item: Item,
    /// What items are ordered by, in [0, 1]; its scale is that of the [`Mode`](crate::Mode).
    pub score: f64,
    /// How alike the nearest of its texts and the question are, in [0, 1]; `None`: the question had no vector.
    pub similarity: Option<f64>,
    /// Cosine similarity of the two, in [-1, 1].
    pub cosine: Option<f64>,
    /// Which of [`Item::texts`] it was found by.
    pub wording: usize,
}

impl Found {
    /// A hit, by the calibration of the collection's model; vectors that callers bring have none ([`Calibration::Uncalibrated`]).
    pub fn of(hit: Hit, calibration: &Calibration) -> Self {
        Self {
            similarity: hit.cosine.map(|cosine| calibration.similarity(cosine)),
            item: hit.item,
            score: hit.score,
            cosine: hit.cosine,
            wording: hit.wording,
        }
    }

    /// The text that it was found by.
    pub fn text(&self) -> &str {
        let text = self.item.texts().nth(self.wording);
        text.unwrap_or(&self.item.text)
    }
}
