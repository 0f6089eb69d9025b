//! Layers with their norms in front of attention and of the feed-forward block, as ModernBERT and decoders have them: what the
//! layers add to is normalised only behind the last.

use super::{Transformer, Workspace};
use crate::weights::Layer;
use yuyi_kernels::{Team, layer_norm_to, linear, linear_add};

impl Transformer {
    /// hidden = hidden + attention(norm(hidden))
    pub(super) fn attend_to_normalised(
        &self,
        team: &Team,
        (index, layer): (usize, &Layer),
        offsets: &[usize],
        space: &mut Workspace,
    ) {
        let tokens = space.hidden.rows();
        space.wide.resize(tokens, self.config.attention_size());
        let mut input = space.hidden.view();
        if let Some(norm) = &layer.attention_norm {
            space.narrow.resize(tokens, self.config.hidden_size);
            layer_norm_to(team, self.kernel, norm, input, space.narrow.view_mut());
            input = space.narrow.view();
        }
        let (bytes, wide) = (&mut space.bytes, space.wide.view_mut());
        linear(team, input, &layer.qkv, None, bytes, wide);
        self.attend_to_each_other(team, (index, layer), offsets, space);
        linear_add(
            team,
            space.narrow.view(),
            &layer.attention_output,
            &mut space.bytes,
            space.hidden.view_mut(),
        );
    }

    /// hidden = hidden + W₂·(gelu(W₁·norm(hidden)) ⊙ W₃·norm(hidden)), or without a gate, a group of tokens after the other.
    pub(super) fn feed_normalised_forward(
        &self,
        team: &Team,
        layer: &Layer,
        space: &mut Workspace,
    ) {
        for rows in self.groups(space.hidden.rows()) {
            space.narrow.resize(rows.len(), self.config.hidden_size);
            space.wide.resize(rows.len(), self.config.intermediate_size);
            layer_norm_to(
                team,
                self.kernel,
                &layer.output_norm,
                space.hidden.view().part(rows.clone()),
                space.narrow.view_mut(),
            );
            linear(
                team,
                space.narrow.view(),
                &layer.intermediate,
                Some(self.activation()),
                &mut space.bytes,
                space.wide.view_mut(),
            );
            let mut hidden = space.hidden.view_mut();
            linear_add(
                team,
                space.wide.view(),
                &layer.output,
                &mut space.bytes,
                hidden.part(rows),
            );
        }
    }
}
