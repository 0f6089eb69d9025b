//! The served model, from the first moment on: known by name, loaded a little later.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use yuyi_models::{Embedder, ModelFacts};

use crate::ApiError;
use crate::embed::Model;
use crate::loaded_model::LoadedModel;

/// The served model.
pub(crate) struct ModelSlot {
    name: String,
    aliases: Vec<String>,
    loaded: OnceLock<Arc<LoadedModel>>,
}

/// What is known of a served model without loading it.
pub(crate) struct ModelStatus {
    /// Its name in replies.
    pub(crate) name: String,
    /// What it is when it is in memory.
    pub(crate) facts: Option<ModelFacts>,
    /// Whether its similarities are calibrated.
    pub(crate) calibrated: bool,
}

impl ModelSlot {
    /// A model that is not loaded yet; requests may also call it by one of the aliases.
    pub(crate) fn new(name: String, aliases: Vec<String>) -> Self {
        Self {
            name,
            aliases,
            loaded: OnceLock::new(),
        }
    }

    /// The model's name in replies.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Makes the loaded model available. A second one is ignored.
    pub(crate) fn fill(&self, embedder: Arc<dyn Embedder>) {
        let inner = Arc::new(LoadedModel::new(self.name.clone(), embedder));
        let model = Arc::clone(&inner);
        // Nobody waits for it: until it is known, nothing is cached.
        tokio::task::spawn_blocking(move || model.learn_space());
        // Loading runs once, so there is no second one.
        let _ = self.loaded.set(inner);
    }

    /// The state of the model.
    pub(crate) fn status(&self) -> ModelStatus {
        let loaded = self.loaded.get();
        ModelStatus {
            name: self.name.clone(),
            facts: loaded.map(|model| model.embedder.facts().clone()),
            calibrated: loaded.is_some_and(|model| model.calibration.is_fitted()),
        }
    }

    /// The model, whatever a request calls it.
    pub(crate) fn loaded(&self) -> Result<Model, ApiError> {
        let loaded = self.loaded.get().cloned();
        let loaded = loaded.ok_or_else(|| ApiError::Loading {
            model: self.name.clone(),
        });
        loaded.map(|inner| Model {
            inner,
            since: Instant::now(),
        })
    }

    /// The model for a request that names one, or none.
    pub(crate) fn get(&self, wanted: Option<&str>) -> Result<Model, ApiError> {
        match wanted {
            Some(name) if name != self.name && self.aliases.iter().all(|alias| alias != name) => {
                let served = std::iter::once(&self.name)
                    .chain(&self.aliases)
                    .cloned()
                    .collect();
                Err(ApiError::ModelNotFound {
                    name: name.to_owned(),
                    served,
                })
            }
            _ => self.loaded(),
        }
    }
}
