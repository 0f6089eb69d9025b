//! Why two texts score as they do: which of their words count, which go together, and what a model is known to miss.
//!
//! In steps, since only the caller can embed: an [`Outline`] of each text from its tokens, the vectors of [`Outline::without`] and
//! then of [`Outline::further`], and [`explain`].

mod links;
mod notes;
mod outline;
mod reading;
mod weights;

use std::ops::Range;

use serde::Serialize;

pub use self::links::Link;
pub use self::notes::{Note, NoteKind};
pub use self::outline::Outline;
pub use self::reading::{Reading, notes};

/// What a token of a text stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Characters of the text as it was given; empty for special tokens and those of a prompt.
    pub characters: Range<usize>,
    /// It stands for text unknown to the vocabulary.
    pub unknown: bool,
}

/// What is known of one of the two texts.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its words and the tokens that the model read.
    pub outline: &'a Outline,
    /// Its last hidden states, [tokens, hidden size], row by row: a row for each token of the outline.
    pub hidden: &'a [f32],
    /// Its unit vector.
    pub vector: &'a [f32],
    /// Unit vectors of [`Outline::without`] and, behind them, of [`Outline::further`], in order.
    pub without: &'a [&'a [f32]],
    /// The text is longer than what the tokens are of.
    pub truncated: bool,
}

impl Side<'_> {
    /// The last hidden states, token by token.
    fn states(&self) -> impl Iterator<Item = (&Token, &[f32])> {
        let tokens = self.outline.tokens();
        let size = self.hidden.len() / tokens.len().max(1);
        tokens.iter().zip(self.hidden.chunks_exact(size.max(1)))
    }
}

/// Why two texts, A and B, score as they do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The words of A, in order.
    pub a: Vec<WordWeight>,
    /// The words of B, in order.
    pub b: Vec<WordWeight>,
    /// Words that go together, in the order of A.
    pub links: Vec<Link>,
    /// How much of each text the vocabulary does not know.
    pub unknown: Unknown,
    /// What to look at with one's own eyes.
    pub notes: Vec<Note>,
}

/// A word, and how much of the score comes from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordWeight {
    /// As it stands in the text.
    pub text: String,
    /// Its first character, counted from 0 in Unicode characters of the text as it was given.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
    /// How much the cosine drops when the word is left out, as a share of all drops of the side: in [0, 1], together 1,
    /// or all 0 where leaving out no word lowers it. In a text of many words, neighbours are left out together and share
    /// their drop by length; those that count most are left out once more in smaller groups.
    pub weight: f64,
}

/// Shares of the tokens that the vocabulary does not know, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Unknown {
    /// Of A.
    pub a: f64,
    /// Of B.
    pub b: f64,
}

/// Explains the score of two texts.
pub fn explain(a: &Side<'_>, b: &Side<'_>) -> Explanation {
    Explanation {
        a: weights::of_words(a, b.vector),
        b: weights::of_words(b, a.vector),
        links: links::between(a, b),
        unknown: Unknown {
            a: unknown_share(a.outline),
            b: unknown_share(b.outline),
        },
        notes: notes::about(a, b),
    }
}

fn unknown_share(outline: &Outline) -> f64 {
    let tokens = outline.tokens().iter();
    let of_text = tokens.filter(|token| !token.characters.is_empty());
    let unknown = of_text.clone().filter(|token| token.unknown).count();
    unknown as f64 / of_text.count().max(1) as f64
}

#[cfg(test)]
mod tests;
