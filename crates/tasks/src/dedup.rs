//! Remarks that repeat each other, as in the minutes of a meeting.
//!
//! What is compared is what was said ([`said`]), without the sounds and stutters of speaking. Turns that only agree ([`agrees`]) repeat
//! nothing: they are votes for what they answer. What differs in a number, a date, a name, a negation, the code of a
//! product, an opposite or a role is held back, however near the vectors are, and so is a question beside what it asks for ([`held_back`]).
//!
//! In steps, since only the caller can embed: [`Remarks`] of the texts; the vectors of what is compared, in the [`Order`] of the mode;
//! a [`Search`], block by block, for the pairs; and a [`Grouping`], which takes them as they are found. Pairs that were kept
//! make groups of another threshold without any of this, by [`Grouping::again`].

mod adjacent;
mod agreement;
mod amounts;
mod answer;
mod best;
mod decided;
mod grouping;
mod guard;
mod objections;
mod remarks;
mod said;
mod search;
mod state;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::agreement::agrees;
pub use self::answer::{Answer, Group, Groups, Member, Merged, ShownPair, Vote, merged};
pub use self::best::BestPairs;
pub use self::grouping::Grouping;
pub use self::guard::{HeldBack, held_back};
pub use self::remarks::{Order, Remarks};
pub use self::said::said;
pub use self::search::{Pair, Search};

/// The similarity from which on a person would call it a repeat.
pub const THRESHOLD: f64 = 0.8;

/// How far below the threshold pairs are told.
pub const PAIRS_BELOW: f64 = 0.1;

/// Most pairs of an answer.
pub const MOST_PAIRS: usize = 1_000_000;

/// What is compared with what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(
        description = "What is compared with what. `adjacent`: each text with the group that the one before it belongs to, by the group's representative; `all`: every text with every other."
    )
)]
pub enum Mode {
    /// Each remark with the group that the one before it belongs to, by the group's representative.
    #[default]
    Adjacent,
    /// Each with all others. Groups are stars: all members are near the representative, and none is longer.
    All,
}

/// How remarks are grouped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// What is compared.
    pub mode: Mode,
    /// The similarity from which on a remark is a repeat, in [0, 1].
    pub threshold: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            threshold: THRESHOLD,
        }
    }
}

/// The similarity from which on pairs are told, where nobody says another.
pub fn pairs_above(threshold: f64) -> f64 {
    // What is left of 0.8 in floats is 0.7000000000000001.
    const DIGITS: f64 = 1e9;
    (((threshold - PAIRS_BELOW) * DIGITS).round() / DIGITS).max(0.0)
}
