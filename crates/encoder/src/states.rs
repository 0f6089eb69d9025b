//! The last hidden states of a text, for those who want to know what a vector comes from.

use std::ops::Range;

use crate::Pooling;

/// The last hidden states of what a model read of a text: of a text in several windows, of the first.
#[derive(Clone, Debug, PartialEq)]
pub struct States {
    /// [tokens, hidden size], row by row.
    pub hidden: Vec<f32>,
    /// What each token stands for.
    pub places: Vec<Place>,
    /// How the model makes a vector of them.
    pub pooling: Pooling,
}

impl States {
    /// The states, token by token.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        let size = self.hidden.len() / self.places.len().max(1);
        self.hidden.chunks_exact(size.max(1))
    }
}

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Characters of the text as it was given; empty for special tokens and the prompt's.
    pub characters: Range<usize>,
    /// It stands for text unknown to the vocabulary.
    pub unknown: bool,
}
