//! Layers with their norms behind attention and behind the feed-forward block, as BERT and its family have them.

use super::{Transformer, Workspace};
use crate::weights::Layer;
use yuyi_kernels::{Team, add_layer_norm, linear};

impl Transformer {
    /// hidden = LayerNorm(hidden + attention(hidden))
    pub(super) fn attend(
        &self,
        team: &Team,
        (index, layer): (usize, &Layer),
        offsets: &[usize],
        space: &mut Workspace,
    ) {
        let (tokens, hidden) = (space.hidden.rows(), self.config.hidden_size);
        space.wide.resize(tokens, self.config.attention_size());
        linear(
            team,
            space.hidden.view(),
            &layer.qkv,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        self.attend_to_each_other(team, (index, layer), offsets, space);
        space.wide.resize(tokens, hidden);
        linear(
            team,
            space.narrow.view(),
            &layer.attention_output,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        if let Some(norm) = &layer.attention_norm {
            let (x, y) = (space.hidden.view_mut(), space.wide.view());
            add_layer_norm(team, self.kernel, norm, x, y);
        }
    }

    /// hidden = LayerNorm(hidden + W₂·gelu(W₁·hidden)), or with a gate beside W₁, a group of tokens after the other.
    pub(super) fn feed_forward(&self, team: &Team, layer: &Layer, space: &mut Workspace) {
        for rows in self.groups(space.hidden.rows()) {
            space.wide.resize(rows.len(), self.config.intermediate_size);
            space.narrow.resize(rows.len(), self.config.hidden_size);
            linear(
                team,
                space.hidden.view().part(rows.clone()),
                &layer.intermediate,
                Some(self.activation()),
                &mut space.bytes,
                space.wide.view_mut(),
            );
            linear(
                team,
                space.wide.view(),
                &layer.output,
                None,
                &mut space.bytes,
                space.narrow.view_mut(),
            );
            let mut hidden = space.hidden.view_mut();
            let (x, y) = (hidden.part(rows), space.narrow.view());
            add_layer_norm(team, self.kernel, &layer.output_norm, x, y);
        }
    }
}
