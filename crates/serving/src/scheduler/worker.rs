//! The task that computes what waits, one batch after the other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;
use yuyi_encoder::Encoded;
use yuyi_models::{Batch as Computed, Item};

use super::queue::{Batch, Spent, Taken};
use super::{Shared, State};
use crate::loaded_model::LoadedModel;
use crate::{Error, LOG};

/// How much the last batch counts in the speed.
const WEIGHT_OF_LAST: f64 = 0.3;

/// Tokens a second, by the last batches.
#[derive(Default)]
pub(super) struct Speed {
    tokens_per_second: Option<f64>,
}

impl Speed {
    pub(super) fn note(&mut self, tokens: usize, time: Duration) {
        let last = tokens as f64 / time.as_secs_f64().max(1e-9);
        let before = self.tokens_per_second.unwrap_or(last);
        self.tokens_per_second = Some(before + WEIGHT_OF_LAST * (last - before));
    }

    /// How long `tokens` take; `None` while nothing was computed yet.
    pub(super) fn time_for(&self, tokens: usize) -> Option<Duration> {
        let seconds = tokens as f64 / self.tokens_per_second?;
        // Longer than anybody waits: also what a speed of nearly zero comes to.
        Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
}

/// Computes until nothing waits.
pub(super) async fn work(shared: Arc<Shared>) {
    while let Some(batch) = next_batch(&shared) {
        compute_batch(&shared, batch).await;
    }
}

fn next_batch(shared: &Shared) -> Option<Batch> {
    let mut state = shared.state();
    let batch = state.queue.next_batch(Instant::now());
    // Under the same lock, so that whoever is admitted next starts the task again.
    state.working = batch.is_some();
    batch
}

/// Computes a batch; where it fails, in halves, so that what makes it fail stands alone in the end.
async fn compute_batch(shared: &Shared, batch: Batch) {
    let Batch { model, jobs } = batch;
    let mut parts = vec![jobs];
    while let Some(mut jobs) = parts.pop() {
        let started = Instant::now();
        match compute(&model, &jobs).await {
            Ok(computed) => finish(shared, &model, &jobs, computed, started.elapsed()),
            Err(failure) => {
                let texts = jobs.len();
                tracing::error!(target: LOG, model = model.name, texts, failure, "a batch failed");
                if jobs.len() == 1 {
                    fail(&mut shared.state(), &jobs);
                } else {
                    let second = jobs.split_off(jobs.len() / 2);
                    parts.extend([second, jobs]);
                }
            }
        }
    }
}

/// The results of a batch, one for each job. A panic of the model is a failure like others.
async fn compute(model: &Arc<LoadedModel>, jobs: &[Taken]) -> Result<Computed, String> {
    let items: Vec<Item> = jobs.iter().map(|job| job.item.clone()).collect();
    let model = model.model.clone();
    match spawn_blocking(move || model.embedder().embed_batch(&items)).await {
        Ok(Ok(computed)) if computed.results.len() == jobs.len() => Ok(computed),
        Ok(Ok(computed)) => Err(format!("{} vectors", computed.results.len())),
        Ok(Err(error)) => Err(error.to_string()),
        // What it says may quote a user's text.
        Err(_) => Err("it panicked".to_owned()),
    }
}

fn finish(
    shared: &Shared,
    model: &Arc<LoadedModel>,
    jobs: &[Taken],
    computed: Computed,
    time: Duration,
) {
    let read = computed.results.iter().flatten();
    let tokens: usize = read.map(|encoded| encoded.tokens).sum();
    let results: Vec<_> = computed.results.into_iter().map(shareable).collect();
    // Before the jobs are forgotten, so that nobody computes the same once more in between.
    for (job, result) in jobs.iter().zip(&results) {
        if let Ok(vector) = result {
            (shared.sink)(model, &job.key, &job.item, vector);
        }
    }
    let mut state = shared.state();
    state.batches.texts.observe(jobs.len() as f64);
    state.batches.tokens.observe(tokens as f64);
    state
        .speed
        .note(jobs.iter().map(|job| job.weight).sum(), time);
    let spent = Spent {
        tokenize: computed.tokenize,
        compute: computed.compute,
    };
    state.queue.note(jobs, spent);
    for (job, result) in jobs.iter().zip(results) {
        state.queue.finish(job, result);
    }
}

fn shareable(result: Result<Encoded, yuyi_models::Error>) -> Result<Arc<Encoded>, Error> {
    match result {
        Ok(encoded) => Ok(Arc::new(encoded)),
        Err(yuyi_models::Error::InvalidTokens(reason)) => Err(Error::InvalidTokens { reason }),
        Err(error) => {
            tracing::error!(target: LOG, %error, "a text failed");
            Err(Error::Failed)
        }
    }
}

fn fail(state: &mut State, jobs: &[Taken]) {
    for job in jobs {
        state.queue.finish(job, Err(Error::Failed));
    }
}
