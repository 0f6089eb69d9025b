//! What somebody may want next, by what they did: pure functions over vectors.
//!
//! What a user did becomes an [`Interest`]: what speaks for items and what against them, the newer the more, and centres around which items are looked for. [`rank`]
//! orders the items that were found, by that, by [what others did](share) who liked the same and by [how old](Freshness) they may be. Whoever has no interest yet is given [`what is popular`](first_of) in its place.
//!
//! No constant here is on the scale of a model's cosines: these are counted in how much those of the items at hand differ, so that models whose cosines lie close
//! together, as most do, are treated alike.

mod co_clicks;
mod freshness;
mod interest;
mod ranking;

pub use co_clicks::{CoClicks, share};
pub use freshness::Freshness;
pub use interest::{Deed, HALF_LIFE, Interest, MOST_CENTRES, Signal, worth};
pub use ranking::{Candidate, Pick, Reason, Spread, first_of, rank};

/// Similarity from which on an item only repeats another one.
pub const REPEAT: f64 = 0.8;

/// The cosine of the same for models whose cosines nobody has calibrated.
pub const REPEAT_UNCALIBRATED: f64 = 0.97;

/// Items that are looked for around each centre, at least: what is left out and what is alike leaves enough of them.
pub const AROUND: usize = 64;
