//! Layers with their norms behind attention and behind the feed-forward block, as BERT and its family have them.

use super::{Transformer, Workspace};
use crate::config::Activation as Form;
use crate::weights::Layer;
use yuyi_kernels::{
    Activation, AttentionShape, Team, add_layer_norm, attention, attention_with_bias, linear,
};

impl Transformer {
    /// hidden = LayerNorm(hidden + attention(hidden))
    pub(super) fn attend(
        &self,
        team: &Team,
        layer: &Layer,
        offsets: &[usize],
        space: &mut Workspace,
    ) {
        let (tokens, hidden) = (space.hidden.rows(), self.config.hidden_size);
        let shape = AttentionShape {
            heads: self.config.heads,
            size: hidden / self.config.heads,
        };
        space.wide.resize(tokens, 3 * hidden);
        space.narrow.resize(tokens, hidden);
        linear(
            team,
            space.hidden.view(),
            &layer.qkv,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        let (qkv, out) = (space.wide.view(), space.narrow.view_mut());
        match &self.distances {
            None => attention(
                team,
                self.kernel,
                (shape, self.attention),
                qkv,
                offsets,
                out,
            ),
            Some(bias) => {
                attention_with_bias(team, self.kernel, (shape, bias), qkv, offsets, out);
            }
        }
        space.wide.resize(tokens, hidden);
        linear(
            team,
            space.narrow.view(),
            &layer.attention_output,
            None,
            &mut space.bytes,
            space.wide.view_mut(),
        );
        let (x, y) = (space.hidden.view_mut(), space.wide.view());
        add_layer_norm(team, self.kernel, &layer.attention_norm, x, y);
    }

    /// hidden = LayerNorm(hidden + W₂·gelu(W₁·hidden)), a group of tokens after the other, as large as the products take at once
    /// anyway: the intermediate states are the largest of all, and those of a group are still near when they are read.
    pub(super) fn feed_forward(&self, team: &Team, layer: &Layer, space: &mut Workspace) {
        let activation = match self.config.activation {
            Form::Gelu => Activation::Gelu,
            Form::GeluTanh => Activation::GeluTanh,
            Form::Relu => Activation::Relu,
        };
        let tokens = space.hidden.rows();
        let groups = tokens.div_ceil(self.kernel.rows_together());
        for group in 0..groups {
            let rows = group * tokens / groups..(group + 1) * tokens / groups;
            space.wide.resize(rows.len(), self.config.intermediate_size);
            space.narrow.resize(rows.len(), self.config.hidden_size);
            linear(
                team,
                space.hidden.view().part(rows.clone()),
                &layer.intermediate,
                Some(activation),
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
