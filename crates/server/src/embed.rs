//! Texts to vectors, as every route asks for them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use tracing::Level;
use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Embedder, Input, Inputs, Item, ModelFacts};
use yuyi_tasks::Calibration;

use crate::key::Key;
use crate::loaded_model::LoadedModel;
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

impl Model {
    /// The model's name in replies.
    pub(crate) fn name(&self) -> &str {
        &self.inner.name
    }

    /// What computes.
    pub(crate) fn embedder(&self) -> &dyn Embedder {
        &*self.inner.embedder
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
        self.registry().get(wanted).await
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
        log_texts(&inputs);
        let embedded = self.vectors(model, inputs, options).await?;
        timings::add(Timings {
            truncated: embedded.vectors.iter().filter(|e| e.truncated).count(),
            ..Timings::default()
        });
        Ok(embedded)
    }

    /// As [`App::embed`], for texts that are not those of the request.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn vectors(
        &self,
        model: &Model,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        let keys = Key::of_inputs(&model.inner, &inputs, &options);
        let mut vectors: Vec<_> = keys.iter().map(|key| self.caches().recall(key)).collect();
        let mut timings = Timings::default();
        if vectors.iter().any(Option::is_none) {
            let missing = Missing::of(keys, inputs.into_items(&options), &vectors);
            timings = self.fetch_or_compute(model, missing, &mut vectors).await?;
        }
        let embedded = Embedded {
            model: model.clone(),
            vectors: vectors.into_iter().flatten().collect(),
        };
        timings.tokens = embedded.tokens();
        timings.cache_hits = embedded.vectors.len() - timings.cache_misses;
        timings::add(timings);
        Ok(embedded)
    }

    /// Fills the gaps of `vectors`.
    async fn fetch_or_compute(
        &self,
        model: &Model,
        missing: Missing,
        vectors: &mut [Option<Arc<Encoded>>],
    ) -> Result<Timings, ApiError> {
        let Missing { items, places } = missing;
        let wanted: Vec<(Key, &Item)> = items.iter().map(|(key, item)| (*key, item)).collect();
        let mut found = self.caches().fetch(&model.inner, &wanted).await;
        let is_computed = |(_, at): &&(usize, usize)| found[*at].is_none();
        let cache_misses = places.iter().filter(is_computed).count();
        let most = model.facts().max_tokens;
        let unknown = items.into_iter().zip(&found);
        let work = unknown
            .filter(|(_, vector)| vector.is_none())
            .map(|((key, item), _)| Work {
                key,
                weight: estimated_tokens(&item, most),
                item,
            })
            .collect();
        let scheduler = self.scheduler();
        let done = scheduler.embed(&model.inner, work, model.since).await?;
        let gaps = found.iter_mut().filter(|vector| vector.is_none());
        gaps.zip(done.vectors)
            .for_each(|(gap, vector)| *gap = Some(vector));
        for (input, at) in places {
            vectors[input] = found[at].clone();
        }
        Ok(Timings {
            queue: done.queue,
            tokenize: done.tokenize,
            compute: done.compute,
            cache_misses,
            ..Timings::default()
        })
    }
}

/// What no vector was found for in memory.
struct Missing {
    /// Each different item once.
    items: Vec<(Key, Item)>,
    /// Places among the inputs, and which of the items each wants.
    places: Vec<(usize, usize)>,
}

impl Missing {
    fn of(keys: Vec<Key>, inputs: Vec<Item>, vectors: &[Option<Arc<Encoded>>]) -> Self {
        let mut known = HashMap::new();
        let (mut items, mut places) = (Vec::new(), Vec::new());
        for (place, (key, item)) in keys.into_iter().zip(inputs).enumerate() {
            if vectors[place].is_some() {
                continue;
            }
            let at = *known.entry(key).or_insert_with(|| {
                items.push((key, item));
                items.len() - 1
            });
            places.push((place, at));
        }
        Self { items, places }
    }
}

/// Where texts of requests are logged. Nothing else is logged there, and texts nowhere else, so that a filter on
/// this target decides.
pub const TEXTS_LOG: &str = "yuyi_server::texts";

fn log_texts(inputs: &Inputs) {
    if !tracing::enabled!(target: TEXTS_LOG, Level::INFO) {
        return;
    }
    let texts: Vec<&str> = match inputs {
        Inputs::Texts(texts) => texts.iter().map(String::as_str).collect(),
        Inputs::Mixed(inputs) => inputs.iter().filter_map(Input::text).collect(),
    };
    if !texts.is_empty() {
        tracing::info!(target: TEXTS_LOG, ?texts, "texts of a request");
    }
}
