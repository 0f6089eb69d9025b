//! Tensors of a checkpoint that nobody reads.

use crate::config::{Architecture, ModelConfig};
use crate::error::Error;
use crate::names::{Names, layer_linears, norms, tables};
use crate::tensors::Tensors;
use std::borrow::Cow;
use std::collections::HashSet;

/// Parts of a checkpoint that a text's vector does not depend on: buffers, the pooler, and what pretraining put on top.
const WITHOUT_EFFECT: [&str; 12] = [
    "embeddings.position_ids",
    "embeddings.token_type_ids",
    "pooler.",
    "cls.",
    "lm_head.",
    "head.",
    "decoder.",
    "mlm_head.",
    "nsp_head.",
    "vocab_transform.",
    "vocab_layer_norm.",
    "vocab_projector.",
];

/// Heads by which a checkpoint gives scores and not vectors.
const HEADS: [&str; 4] = ["classifier.", "score.", "qa_outputs.", "logits_proj."];

/// Refuses a tensor that is none of the architecture: what it does would be left out without a word. `scores`: the head of a
/// model that scores pairs is part of it.
///
/// # Errors
/// When there is one; it is named.
pub(crate) fn refuse(tensors: &Tensors, config: &ModelConfig, scores: bool) -> Result<(), Error> {
    let modules = modules(config, scores);
    let is_surplus = |name: &&str| !is_known(name, config, &modules);
    let Some(name) = tensors.bare_names().filter(is_surplus).min() else {
        return Ok(());
    };
    let what = if HEADS.iter().any(|head| name.starts_with(head)) {
        "it is of a head that gives scores (a reranker or a classifier), which yuyi does not know for this architecture."
    } else {
        "this architecture has no such tensor, and vectors without it could be others than those of its makers' \
         library. yuyi does not run this architecture."
    };
    Err(tensors.error(name, what))
}

/// What a tensor of a module may be called.
const SUFFIXES: [&str; 8] = [
    "weight",
    "bias",
    "gamma",
    "beta",
    "weight_scale",
    "weight_q4",
    "weight_q4_scale",
    "weight_shape",
];

/// The names of the architecture's modules, those of a layer as of the first: how many there are is a number in a file.
fn modules(config: &ModelConfig, scores: bool) -> HashSet<String> {
    let names = Names::of(config.architecture);
    let tables = tables(config).into_iter().map(|(name, _)| name.to_owned());
    let linears = layer_linears(config, 0).into_iter().map(|(name, ..)| name);
    // Of two layers, since the first may lack a norm of the others.
    let norms = norms(config, 2).into_iter();
    let norms = norms.map(|norm| as_first_layer(&norm.name, names.layer).1.into_owned());
    let head = [
        Some(names.head.first),
        names.head.norm,
        Some(names.head.second),
    ];
    let head = head.into_iter().flatten().map(str::to_owned);
    let head = head.filter(|_| scores);
    tables.chain(linears).chain(norms).chain(head).collect()
}

fn is_known(name: &str, config: &ModelConfig, modules: &HashSet<String>) -> bool {
    // GTE's encoder is published with a head that gives every word a weight.
    let is_head = config.architecture == Architecture::Gte && name.starts_with("classifier.");
    let is_without_effect = WITHOUT_EFFECT.iter().any(|part| name.starts_with(part))
        || name.ends_with("rotary_emb.inv_freq");
    if is_head || is_without_effect || is_unused_task(name, config) {
        return true;
    }
    let (layer, name) = as_first_layer(name, Names::of(config.architecture).layer);
    // Of layers that the configuration does not count, the remarks tell.
    layer.is_some_and(|layer| layer >= config.layers)
        || name
            .rsplit_once('.')
            .is_some_and(|(module, suffix)| SUFFIXES.contains(&suffix) && modules.contains(module))
}

/// Task types of ERNIE that its configuration does not use.
fn is_unused_task(name: &str, config: &ModelConfig) -> bool {
    let tasks = Names::of(config.architecture).task_types;
    config.architecture == Architecture::Ernie
        && config.task_types == 0
        && name.strip_prefix(tasks) == Some(".weight")
}

/// The number of a tensor's layer, and the tensor's name in the first one.
fn as_first_layer<'a>(name: &'a str, layers: &str) -> (Option<usize>, Cow<'a, str>) {
    let parts = name
        .strip_prefix(layers)
        .and_then(|rest| rest.split_once('.'));
    match parts.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) {
        Some((layer, rest)) => (Some(layer), format!("{layers}0.{rest}").into()),
        None => (None, name.into()),
    }
}
