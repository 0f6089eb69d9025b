//! Texts whose last hidden states are wanted.

use super::{Encoded, Encoder, encoded};
use crate::forward::{Batch, Sequence, Workspace};
use crate::{Error, Place, States, Tokens};
use yuyi_kernels::Team;

impl Encoder {
    /// A text with the last hidden states of its first window. Its vector has the bytes that it has in any batch.
    pub(super) fn encode_with_states(
        &self,
        text: &Tokens,
        places: &[Place],
    ) -> Result<Encoded, Error> {
        let finish = |team: &Team, space: &Workspace, batch: &Batch| {
            let direction = self.pool(team, space, batch)?.swap_remove(0);
            let hidden = space.hidden.view();
            let rows = (0..hidden.rows()).flat_map(|row| hidden.row(row));
            Ok(vec![(direction, rows.copied().collect())])
        };
        let first = self.passes.run(&[Sequence::of_ids(&text.ids)], finish)?;
        let (direction, hidden): (_, Vec<f32>) = { first }.swap_remove(0);
        let states = States {
            hidden,
            places: places.to_vec(),
            pooling: self.spec.pooling,
        };
        let mut directions = vec![direction];
        for window in &text.further {
            directions.extend(self.directions(&[window])?);
        }
        Ok(Encoded {
            states: Some(states),
            ..encoded(text, directions)?
        })
    }
}
