//! Texts whose windows were embedded one by one, so that others could be embedded in between.

use std::borrow::Borrow;

use super::Encoded;
use crate::Tokens;
use crate::pooling::Direction;

impl Encoded {
    /// The text of `tokens`, from its windows as [`Encoder::encode_ids`](super::Encoder::encode_ids) reads them, in order; with the bytes that
    /// [`Encoder::encode_tokens`](super::Encoder::encode_tokens) gives. `None` where there is no window.
    pub fn of_windows<T: Borrow<Self>>(tokens: Tokens, windows: &[T]) -> Option<Self> {
        let direction = |window: &T| {
            let window: &Self = window.borrow();
            Direction {
                unit: window.vector.clone(),
                length: f64::from(window.length),
            }
        };
        let mean = Direction::mean(windows.iter().map(direction).collect())?;
        let mut states = windows.first()?.borrow().states.clone();
        if let (Some(states), Some(places)) = (&mut states, tokens.places) {
            states.places = places;
        }
        Some(Self {
            vector: mean.unit,
            length: mean.length as f32,
            tokens: windows.iter().map(|window| window.borrow().tokens).sum(),
            truncated: tokens.truncated,
            unknown: tokens.unknown,
            states,
        })
    }
}
