//! Texts to vectors, as every route asks for them.

use std::sync::Arc;
use std::time::Instant;

use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Embedder, Inputs, ModelFacts};
use yuyi_tasks::Calibration;

use crate::timings::{self, Timings};
use crate::{ApiError, App};

/// A loaded model, held for the length of a request: it stays in memory until the last one that uses
/// it is answered.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) inner: Arc<LoadedModel>,
}

/// A model in memory, and what is told of it.
pub(crate) struct LoadedModel {
    pub(crate) name: String,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) calibration: Calibration,
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
        let started = Instant::now();
        let encoded = self
            .scheduler()
            .embed(&model.inner.embedder, inputs, options)
            .await?;
        let embedded = Embedded {
            model: model.clone(),
            vectors: encoded.into_iter().map(Arc::new).collect(),
        };
        timings::add(Timings {
            compute: started.elapsed(),
            tokens: embedded.tokens(),
            cache_misses: embedded.vectors.len(),
            ..Timings::default()
        });
        Ok(embedded)
    }
}
