//! The reranker that a command names beside its model.

use std::time::Instant;

use anyhow::Context;
use yuyi::{Found, ModelKind, RerankModel, Resolved};
use yuyi_collections::RerankScore;

use crate::args::{ComputeArgs, RerankArgs};
use crate::model::{tell_remarks, unloadable};
use crate::named::{find_model, find_reranker};
use crate::progress::Progress;

/// Pairs that are scored between two steps of the progress bar.
const BATCH: usize = 512;

/// The reranker of `--rerank`, if there is one.
///
/// # Errors
/// When it does not load, or is none.
pub fn load_reranker(
    args: &RerankArgs,
    compute: &ComputeArgs,
) -> anyhow::Result<Option<RerankModel>> {
    let load = |name: &String| {
        let found = find_reranker(name)?;
        tell_remarks(&found)?;
        let loaded = RerankModel::load(found, &compute.options());
        loaded.with_context(|| unloadable(name))
    };
    args.rerank.as_ref().map(load).transpose()
}

/// What the reranker says of pairs of a question and a text, in order.
///
/// # Errors
/// When it fails.
pub fn rerank<'p>(
    reranker: &RerankModel,
    pairs: impl Iterator<Item = (&'p str, &'p str)>,
) -> Result<Vec<RerankScore>, yuyi::Error> {
    let said = reranker.score(pairs)?.into_iter();
    let said = said.map(|said| RerankScore {
        score: said.score,
        logit: said.logit,
    });
    Ok(said.collect())
}

/// The model of `--model`, where that is a reranker.
///
/// # Errors
/// When there is no model of that name, or it does not load.
pub fn load_if_reranker(name: &str, compute: &ComputeArgs) -> anyhow::Result<Option<RerankModel>> {
    let found = find_model(name)?;
    if !is_reranker(&found, name)? {
        return Ok(None);
    }
    tell_remarks(&found)?;
    let loaded = RerankModel::load(found, &compute.options());
    loaded.map(Some).with_context(|| unloadable(name))
}

/// Whether the model is a reranker. One that cannot be read is none: loading it tells what is wrong.
pub fn scores_pairs(model: &Resolved) -> bool {
    matches!(model.kind(), Ok(ModelKind::Reranker))
}

/// Whether a model that was found, by this name, is a reranker.
///
/// # Errors
/// When its configuration is missing or broken.
pub fn is_reranker(found: &Found, name: &str) -> anyhow::Result<bool> {
    match found {
        Found::Here(here) => {
            let kind = here.kind().with_context(|| unloadable(name))?;
            Ok(kind == ModelKind::Reranker)
        }
        Found::Elsewhere(_) => Ok(false),
    }
}

/// Scores of many pairs, with what they took.
#[derive(Debug, Default)]
pub struct ManyScores {
    /// Logits of the pairs, in order.
    pub logits: Vec<f64>,
    /// Pairs that were cut.
    pub truncated: usize,
    /// How long all of them took.
    pub seconds: f64,
}

impl ManyScores {
    /// Scores pairs, with a progress bar.
    ///
    /// # Errors
    /// When the model fails.
    pub fn of(reranker: &RerankModel, pairs: &[(&str, &str)]) -> Result<Self, yuyi::Error> {
        let progress = Progress::of_items(pairs.len());
        let mut all = Self::default();
        let started = Instant::now();
        for batch in pairs.chunks(BATCH) {
            for said in reranker.score(batch.iter().copied())? {
                all.logits.push(said.logit);
                all.truncated += usize::from(said.truncated);
            }
            progress.step(batch.len());
        }
        all.seconds = started.elapsed().as_secs_f64();
        progress.finish();
        Ok(all)
    }

    /// Seconds for a thousand pairs.
    pub fn seconds_per_1000(&self) -> Option<f64> {
        let pairs = self.logits.len() as f64;
        (pairs > 0.0).then(|| 1000.0 * self.seconds / pairs)
    }
}

/// How alike the texts of a pair are by its logit, in [0, 1].
pub fn similarity_of(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
