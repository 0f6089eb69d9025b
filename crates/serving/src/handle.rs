//! A model that a request holds.

use std::sync::Arc;
use std::time::Instant;

use yuyi_models::{Embedder, ModelFacts};
use yuyi_tasks::Calibration;

use crate::loaded_model::LoadedModel;

/// A loaded model, held for the length of a request: it stays in memory until the last one that uses
/// it is answered.
#[derive(Clone)]
pub struct ModelHandle {
    pub(crate) inner: Arc<LoadedModel>,
    /// When the request asked for it; its patience counts from here.
    pub(crate) since: Instant,
}

impl ModelHandle {
    /// The model's name in replies.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What computes.
    pub fn embedder(&self) -> &dyn Embedder {
        &*self.inner.embedder
    }

    /// What is known of it.
    pub fn facts(&self) -> &ModelFacts {
        self.inner.embedder.facts()
    }

    /// The mapping of its cosines.
    pub fn calibration(&self) -> &Calibration {
        &self.inner.calibration
    }

    /// The same model, for work whose patience counts from now.
    pub fn anew(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            since: Instant::now(),
        }
    }
}
