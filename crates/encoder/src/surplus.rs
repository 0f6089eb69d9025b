//! Tensors of a checkpoint that nobody reads.

use crate::config::BertConfig;
use crate::error::Error;
use crate::tensors::Tensors;
use crate::weights::{layer_linears, layer_norms};
use std::collections::HashSet;

/// Parts of a checkpoint that a text's vector does not depend on: buffers, the pooler, and what pretraining put on top.
const WITHOUT_EFFECT: [&str; 7] = [
    "embeddings.position_ids",
    "embeddings.token_type_ids",
    "pooler.",
    "cls.",
    "lm_head.",
    "mlm_head.",
    "nsp_head.",
];

/// Heads by which a checkpoint gives scores and not vectors.
const HEADS: [&str; 4] = ["classifier.", "score.", "qa_outputs.", "logits_proj."];

/// Refuses a tensor that is none of the architecture: what it does would be left out without a word.
///
/// # Errors
/// When there is one; it is named.
pub(crate) fn refuse(tensors: &Tensors, config: &BertConfig) -> Result<(), Error> {
    let modules = modules(config);
    let is_surplus = |name: &&str| !is_known(name, config, &modules);
    let Some(name) = tensors.bare_names().filter(is_surplus).min() else {
        return Ok(());
    };
    let what = if HEADS.iter().any(|head| name.starts_with(head)) {
        "it is of a head that gives scores (a reranker or a classifier), not vectors. yuyi runs embedding models only."
    } else {
        "BERT and its family have no such tensor, and vectors without it could be others than those of its makers' \
         library. yuyi does not run this architecture."
    };
    Err(tensors.error(name, what))
}

/// The names of all modules of the architecture.
fn modules(config: &BertConfig) -> HashSet<String> {
    let embeddings = [
        "word_embeddings",
        "position_embeddings",
        "token_type_embeddings",
        "LayerNorm",
    ];
    let embeddings = embeddings.map(|name| format!("embeddings.{name}"));
    let layers = (0..config.layers).flat_map(|layer| {
        let linears = layer_linears(config, layer)
            .into_iter()
            .map(|(name, _)| name);
        linears.chain(layer_norms(layer))
    });
    embeddings.into_iter().chain(layers).collect()
}

fn is_known(name: &str, config: &BertConfig, modules: &HashSet<String>) -> bool {
    let suffixes = [
        "weight",
        "bias",
        "gamma",
        "beta",
        "weight_scale",
        "weight_q4",
        "weight_q4_scale",
        "weight_shape",
        "weight_zero_point",
    ];
    WITHOUT_EFFECT.iter().any(|part| name.starts_with(part))
        || is_beyond(name, config.layers)
        || name
            .rsplit_once('.')
            .is_some_and(|(module, suffix)| suffixes.contains(&suffix) && modules.contains(module))
}

/// A layer that the configuration does not count; [`remarks`](crate::remarks) tell of it.
fn is_beyond(name: &str, layers: usize) -> bool {
    let number = name
        .strip_prefix("encoder.layer.")
        .and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    number.is_some_and(|number| number >= layers)
}
