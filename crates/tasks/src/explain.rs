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
pub use self::reading::{Reading, notes, unknown_share};

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

    /// What the model read of it.
    fn reading(&self) -> Reading<'_> {
        let tokens = self.outline.tokens();
        Reading {
            text: self.outline.text(),
            start: self.outline.read.start,
            truncated: self.truncated,
            unknown: unknown_share(tokens),
            tokens: Some(tokens),
        }
    }
}

/// Why two texts, A and B, score as they do.
///
/// Links are in the order of A. Places count Unicode characters of the texts as they were given.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(
        description = "Why two texts score as they do: A, which is `sentence_a`, and B, the other sentence. Places count Unicode characters of the texts as they were sent."
    )
)]
pub struct Explanation {
    /// The words of A, in order.
    pub a: Vec<WordWeight>,
    /// The words of B, in order.
    pub b: Vec<WordWeight>,
    /// Words that go together.
    pub links: Vec<Link>,
    #[expect(missing_docs, reason = "described by its type")]
    pub unknown: Unknown,
    /// What the score does not show.
    pub notes: Vec<Note>,
}

/// A word as it stands in the text, and how much of the score comes from it.
///
/// Weights are in [0, 1], and together 1 where leaving out any word lowers the cosine. In a text of many words, neighbours are left
/// out together and share their drop by length; those that count most are left out once more in smaller groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(
        as = ExplainedWord,
        description = "A word, and how much of the score comes from it."
    )
)]
pub struct WordWeight {
    #[cfg_attr(feature = "schema", schema(example = "发票"))]
    #[expect(missing_docs, reason = "described by its type")]
    pub text: String,
    /// Its first character, from 0.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
    /// How much the cosine drops when it is left out, as a share of all drops of its side; all 0 where nothing drops.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub weight: f64,
}

/// Shares of the tokens of A and of B that the vocabulary does not know, in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(
        as = UnknownShares,
        description = "Shares of the tokens that the model does not know."
    )
)]
#[expect(missing_docs, reason = "described by its type")]
pub struct Unknown {
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub a: f64,
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub b: f64,
}

/// Explains the score of two texts.
pub fn explain(a: &Side<'_>, b: &Side<'_>) -> Explanation {
    let (read_a, read_b) = (a.reading(), b.reading());
    Explanation {
        a: weights::of_words(a, b.vector),
        b: weights::of_words(b, a.vector),
        links: links::between(a, b),
        unknown: Unknown {
            a: read_a.unknown,
            b: read_b.unknown,
        },
        notes: reading::notes_of_explained(&read_a, &read_b),
    }
}

#[cfg(test)]
mod tests;
