//! Texts to vectors, as every route asks for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Embedder, Inputs, Item, ModelFacts};
use yuyi_tasks::Calibration;

use crate::key::Key;
use crate::scheduler::{Work, estimated_tokens};
use crate::timings::{self, Timings};
use crate::{ApiError, App};

/// A loaded model, held for the length of a request: it stays in memory until the last one that uses
/// it is answered.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) inner: Arc<LoadedModel>,
    /// When the request asked for it; its patience counts from here.
    pub(crate) since: Instant,
}

/// A model in memory, and what is told of it.
pub(crate) struct LoadedModel {
    pub(crate) name: String,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) calibration: Calibration,
    /// What its vectors are known by: keys of two models differ in it.
    pub(crate) space: [u8; 32],
}

impl Model {
    /// The model's name in replies.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// What is known of it.
    pub(crate) fn facts(&self) -> &ModelFacts {
        self.inner.embedder.facts()
    }

    /// The mapping of its cosines.
    pub(crate) fn calibration(&self) -> &Calibration {
        &self.inner.calibration
    }
}

/// What [`App::embed`] answers.
pub(crate) struct Embedded {
    /// The model that computed.
    pub(crate) model: Model,
    /// One for each input, in order.
    pub(crate) vectors: Vec<Arc<Encoded>>,
}

impl Embedded {
    /// Tokens that the model read, over all inputs.
    pub(crate) fn tokens(&self) -> usize {
        self.vectors.iter().map(|encoded| encoded.tokens).sum()
    }
}

impl App {
    /// The model that a request names, or the default one; waits while it is being loaded for the
    /// request.
    ///
    /// # Errors
    /// When no model of that name is served, or it cannot be loaded in time.
    pub(crate) async fn model(&self, wanted: Option<&str>) -> Result<Model, ApiError> {
        self.model_slot().get(wanted)
    }

    /// Unit vectors of `inputs`, in order, from the caches or computed when their turn has come. How
    /// long it took is added to the request's [`Timings`].
    ///
    /// # Errors
    /// When the queue is full, the wait is too long, a token id is unknown, or the model fails.
    pub(crate) async fn embed(
        &self,
        model: &Model,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        let (work, places) = unique_work(&model.inner, inputs.into_items(&options));
        let misses = work.len();
        let done = self
            .scheduler()
            .embed(&model.inner, work, model.since)
            .await?;
        let vectors = places.iter().map(|&at| Arc::clone(&done.vectors[at]));
        let embedded = Embedded {
            model: model.clone(),
            vectors: vectors.collect(),
        };
        timings::add(Timings {
            queue: done.queue,
            tokenize: done.tokenize,
            compute: done.compute,
            tokens: embedded.tokens(),
            cache_misses: misses,
            ..Timings::default()
        });
        Ok(embedded)
    }
}

/// Each different item once, and for each input which of them it is.
fn unique_work(model: &LoadedModel, items: Vec<Item>) -> (Vec<Work>, Vec<usize>) {
    let most = model.embedder.facts().max_tokens;
    let mut known = HashMap::with_capacity(items.len());
    let mut work = Vec::with_capacity(items.len());
    let place = |item: Item| {
        let key = Key::of(model, &item);
        *known.entry(key).or_insert_with(|| {
            let weight = estimated_tokens(&item, most);
            work.push(Work { key, item, weight });
            work.len() - 1
        })
    };
    let places = items.into_iter().map(place).collect();
    (work, places)
}
