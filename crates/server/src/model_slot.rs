//! The served model, from the first moment on: known by name, loaded a little later.

use std::sync::{Arc, OnceLock};

use yuyi_models::Embedder;
use yuyi_tasks::Calibration;

use crate::ApiError;

/// The served model.
pub(crate) struct ModelSlot {
    name: String,
    aliases: Vec<String>,
    loaded: OnceLock<Arc<dyn Embedder>>,
    calibration: Calibration,
}

impl ModelSlot {
    /// A model that is not loaded yet; requests may also call it by one of the aliases.
    pub(crate) fn new(name: String, aliases: Vec<String>) -> Self {
        Self {
            name,
            aliases,
            loaded: OnceLock::new(),
            calibration: Calibration::Uncalibrated,
        }
    }

    /// The model's name in replies.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The mapping of its cosines.
    pub(crate) fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Makes the loaded model available. A second one is ignored.
    pub(crate) fn fill(&self, model: Arc<dyn Embedder>) {
        // Loading runs once, so there is no second one.
        let _ = self.loaded.set(model);
    }

    /// The model, whatever a request calls it.
    pub(crate) fn loaded(&self) -> Result<&Arc<dyn Embedder>, ApiError> {
        self.loaded.get().ok_or_else(|| ApiError::Loading {
            model: self.name.clone(),
        })
    }

    /// The model for a request that names one, or none.
    pub(crate) fn get(&self, wanted: Option<&str>) -> Result<&Arc<dyn Embedder>, ApiError> {
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
