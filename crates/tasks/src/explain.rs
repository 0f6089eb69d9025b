//! Why two texts score as they do: which of their words count, which go together, and what a model is known to miss.
//!
//! Three steps, since only the caller can embed: an [`Outline`] of each text from its last hidden states, the vectors of
//! [`Outline::without`], and [`explain`].

mod links;
mod notes;
mod outline;
mod weights;

use serde::Serialize;
use yuyi_encoder::{Encoded, States};

pub use self::links::Link;
pub use self::notes::{Note, NoteKind};
pub use self::outline::Outline;

/// What is known of one of the two texts.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its words.
    pub outline: &'a Outline,
    /// Its last hidden states.
    pub states: &'a States,
    /// Its unit vector.
    pub vector: &'a [f32],
    /// Unit vectors of [`Outline::without`], in order.
    pub without: &'a [&'a [f32]],
    /// The text is longer than what the states are of.
    pub truncated: bool,
}

impl<'a> Side<'a> {
    /// An embedded text; `None` when its states were not asked for.
    pub fn of(
        outline: &'a Outline,
        encoded: &'a Encoded,
        without: &'a [&'a [f32]],
    ) -> Option<Self> {
        Some(Self {
            outline,
            states: encoded.states.as_ref()?,
            vector: &encoded.vector,
            without,
            truncated: encoded.truncated,
        })
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
    /// their drop by length.
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
            a: unknown_share(a.states),
            b: unknown_share(b.states),
        },
        notes: notes::about(a, b),
    }
}

fn unknown_share(states: &States) -> f64 {
    let of_text = states.places.iter().filter(|p| !p.characters.is_empty());
    let unknown = of_text.clone().filter(|place| place.unknown).count();
    unknown as f64 / of_text.count().max(1) as f64
}

#[cfg(test)]
mod tests;
