//! How long methods take, by estimates from above for a slow processor.

use std::time::Duration;

use super::{Method, edit};

impl Method {
    /// How long it takes to compare two texts of so many characters after normalisation, one of which may be prepared already.
    pub fn time(self, a: usize, b: usize) -> Duration {
        let characters = (a + b) as u64;
        // What preparing takes for each character, and then comparing.
        let (preparing, comparing) = match self {
            Self::Jaccard => (300, 0),
            Self::Edit => (200, edit::time(a, b)),
            Self::Tfidf => (1_000, 0),
            Self::TfidfWords | Self::Word2vec => (3_000, 0),
        };
        Duration::from_nanos((preparing * characters).saturating_add(comparing))
    }
}
