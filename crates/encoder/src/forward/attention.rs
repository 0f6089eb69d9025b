//! What lies between the two products of attention: queries, keys and values in, what the heads gather out.

use super::{Transformer, Workspace};
use crate::weights::Layer;
use yuyi_kernels::{
    AttentionMask, AttentionShape, Team, attention, attention_with_bias, layer_norm_heads, rotate,
};

impl Transformer {
    /// From `space.wide` to `space.narrow`.
    pub(super) fn attend_to_each_other(
        &self,
        team: &Team,
        (index, layer): (usize, &Layer),
        offsets: &[usize],
        space: &mut Workspace,
    ) {
        let config = &self.config;
        let is_local = config.is_local(index);
        let (heads, key_heads) = (config.heads, config.key_heads);
        if let Some([queries, keys]) = &layer.head_norms {
            let kernel = self.kernel;
            layer_norm_heads(team, kernel, queries, space.wide.view_mut(), 0..heads);
            let of_keys = heads..heads + key_heads;
            layer_norm_heads(team, kernel, keys, space.wide.view_mut(), of_keys);
        }
        if let Some(rotations) = &self.rotations {
            let longest = offsets.windows(2).map(|text| text[1] - text[0]).max();
            let angles = rotations.of_layer(is_local, longest.unwrap_or(0));
            let turned = heads + key_heads;
            let wide = space.wide.view_mut();
            rotate(team, self.kernel, &angles, turned, offsets, wide);
        }
        let shape = AttentionShape {
            heads,
            key_heads,
            size: config.head_size,
            mask: match &config.local {
                _ if config.architecture.is_causal() => AttentionMask::CAUSAL,
                Some(local) if is_local => AttentionMask::local(local.side),
                _ => AttentionMask::FULL,
            },
        };
        space.narrow.resize(space.wide.rows(), config.query_size());
        let (qkv, out) = (space.wide.view(), space.narrow.view_mut());
        match &self.distances {
            None => {
                let how = (shape, self.attention);
                attention(team, self.kernel, how, qkv, offsets, out);
            }
            Some(bias) => {
                attention_with_bias(team, self.kernel, (shape, bias), qkv, offsets, out);
            }
        }
    }

    /// The first and the end of each group of tokens that go through the feed-forward block together: as many as the products
    /// take at once anyway. The intermediate states are the largest of all, and those of a group are still near when they are read.
    pub(super) fn groups(&self, tokens: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let groups = tokens.div_ceil(self.kernel.rows_together());
        (0..groups).map(move |group| group * tokens / groups..(group + 1) * tokens / groups)
    }
}
