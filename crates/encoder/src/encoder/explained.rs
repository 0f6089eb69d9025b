//! Texts whose last hidden states are wanted.

use super::{Encoded, Encoder, encoded, lock};
use crate::{Error, Place, States, Tokens};

impl Encoder {
    /// A text with the last hidden states of its first window. Its vector has the bytes that it has in any batch.
    pub(super) fn encode_with_states(
        &self,
        text: &Tokens,
        places: &[Place],
    ) -> Result<Encoded, Error> {
        let mut lane = lock(&self.apart[0]);
        let mut directions = self.compute_little(&mut lane, &[&text.ids])?;
        let hidden = lane.space.hidden.view();
        let rows = (0..hidden.rows()).flat_map(|row| hidden.row(row));
        let states = States {
            hidden: rows.copied().collect(),
            places: places.to_vec(),
            pooling: self.spec.pooling,
        };
        for window in &text.further {
            directions.extend(self.compute_little(&mut lane, &[window])?);
        }
        Ok(Encoded {
            states: Some(states),
            ..encoded(text, directions)?
        })
    }
}
