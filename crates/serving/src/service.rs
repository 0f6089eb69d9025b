//! The service: texts of many callers to vectors.

use std::sync::Arc;
use std::time::Duration;

use yuyi::usable_cores;

use crate::background::Background;
use crate::cache::{CacheOptions, CacheStats, Caches};
use crate::errands::{Errand, ErrandStats, Errands};
use crate::registry::{LoadError, ModelOptions, Models, Registry};
use crate::scheduler::{Batches, QueueDepth, Scheduler, Sink};
use crate::{Error, ModelHandle};

/// Errands that run at a time: one may take some sixty megabytes, while it splits a text.
const MOST_ERRANDS: usize = 4;

/// How texts are served.
#[derive(Clone, Debug)]
pub struct ServiceOptions {
    /// When models come and go.
    pub models: ModelOptions,
    /// Where vectors are kept.
    pub caches: CacheOptions,
    /// Tokens of others, by an upper estimate, that a request may wait for. Models that compute here have one queue; each one
    /// that computes elsewhere has its own.
    pub queue_tokens: usize,
    /// How long a request waits for a model and for its turn.
    pub patience: Duration,
}

/// Models, the queue in front of them, the caches beside it, and work that needs no model.
pub struct Service {
    pub(crate) registry: Registry,
    pub(crate) scheduler: Scheduler,
    pub(crate) caches: Arc<Caches>,
    pub(crate) errands: Errands,
    background: Background,
}

impl Service {
    /// A service of models that are not loaded yet, and that does not talk to Redis yet.
    pub fn new(models: Models, options: ServiceOptions) -> Self {
        let background = Background::default();
        let patience = options.patience;
        let caches = Arc::new(Caches::new(&options.caches));
        let kept = Arc::clone(&caches);
        let keep: Sink =
            Box::new(move |model, key, item, vector| kept.keep(model, key, item, vector));
        Self {
            registry: Registry::new(models, options.models, patience, background.clone()),
            scheduler: Scheduler::new(options.queue_tokens, patience, keep),
            caches,
            errands: Errands::new((usable_cores() / 2).clamp(1, MOST_ERRANDS), patience),
            background,
        }
    }

    /// Begins to talk to Redis.
    pub fn connect(&self) {
        self.caches.start(&self.background);
    }

    /// Loads what is to be there from the start.
    ///
    /// # Errors
    /// The name of the first model that does not load, and why.
    pub async fn load(&self) -> Result<(), (String, LoadError)> {
        self.registry.start().await
    }

    /// The models.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// What runs beside the requests.
    pub fn background(&self) -> &Background {
        &self.background
    }

    /// The model of a name, or the default one; waits while it is being loaded.
    ///
    /// # Errors
    /// When no model of that name is served, or it cannot be loaded in time.
    pub async fn model(&self, wanted: Option<&str>) -> Result<ModelHandle, Error> {
        self.registry.get(wanted).await
    }

    /// Lets work without a model wait for its turns; `cost` is how long it takes one thread, by an estimate from above.
    ///
    /// # Errors
    /// When it takes too long, or would wait too long.
    pub fn errand(&self, cost: Duration) -> Result<Errand, Error> {
        self.errands.admit(cost)
    }

    /// What the errands do.
    pub fn errands(&self) -> ErrandStats {
        self.errands.stats()
    }

    /// What waits for the models and is computed now.
    pub fn queue_depth(&self) -> QueueDepth {
        self.scheduler.depth()
    }

    /// How much was computed together since the start.
    pub fn batches(&self) -> Batches {
        self.scheduler.batches()
    }

    /// What the caches did since the start.
    pub fn cache_stats(&self) -> CacheStats {
        self.caches.stats()
    }
}

/// Nobody would be there to tell its tasks to end.
impl Drop for Service {
    fn drop(&mut self) {
        self.background.tell();
    }
}
