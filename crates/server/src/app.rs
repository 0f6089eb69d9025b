//! What all routes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use yuyi_serving::{
    CacheOptions, CacheStats, ErrandStats, ModelOptions, Models, QueueDepth, Registry, Service,
    ServiceOptions,
};

use crate::callers::OncePerCaller;
use crate::collections::Collections;
use crate::limits::Limits;
use crate::memory::Memory;
use crate::metrics::Metrics;
use crate::supply::{ModelSupply, Pulls};

/// Whether new requests are taken.
#[derive(Debug, Default)]
pub struct Lifecycle {
    draining: AtomicBool,
}

impl Lifecycle {
    /// From now on new requests are refused; accepted ones are finished.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether new requests are refused.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// What all routes share; cheap to clone.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    service: Service,
    collections: Collections,
    lifecycle: Lifecycle,
    metrics: Metrics,
    senders_of_ids: OncePerCaller,
    memory: Memory,
    pulls: Pulls,
}

impl App {
    /// A service of models that are not loaded yet, and of collections that are not open yet.
    pub fn new(
        models: impl Into<Models>,
        options: ModelOptions,
        caches: &CacheOptions,
        limits: Limits,
        collections: Collections,
    ) -> Self {
        let options = ServiceOptions {
            models: options,
            caches: caches.clone(),
            queue_tokens: limits.queue_tokens,
            patience: limits.queue_timeout,
        };
        let shared = Shared {
            memory: Memory::new(limits.request_memory),
            limits,
            service: Service::new(models.into(), options),
            collections,
            lifecycle: Lifecycle::default(),
            metrics: Metrics::default(),
            senders_of_ids: OncePerCaller::default(),
            pulls: Pulls::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The same, which fetches models for an admin and tells of those that are installed. Before the service is shared.
    #[must_use]
    pub fn with_supply(mut self, supply: Arc<dyn ModelSupply>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.pulls = Pulls::of(supply);
        }
        self
    }

    pub(crate) fn pulls(&self) -> &Pulls {
        &self.shared.pulls
    }

    /// Whether new requests are taken.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.shared.lifecycle
    }

    /// What waits for the models and is computed now.
    pub fn queue_depth(&self) -> QueueDepth {
        self.shared.service.queue_depth()
    }

    /// What the caches did since the start.
    pub fn cache_stats(&self) -> CacheStats {
        self.shared.service.cache_stats()
    }

    /// Work that needs no model, such as reading large requests.
    pub fn errands(&self) -> ErrandStats {
        self.shared.service.errands()
    }

    /// Bytes that requests hold now, of those that they may hold together.
    pub fn request_memory(&self) -> usize {
        self.shared.memory.taken()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.shared.memory
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// Who has sent token ids in the place of texts.
    pub(crate) fn senders_of_ids(&self) -> &OncePerCaller {
        &self.shared.senders_of_ids
    }

    pub(crate) fn service(&self) -> &Service {
        &self.shared.service
    }

    pub(crate) fn collections(&self) -> &Collections {
        &self.shared.collections
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.shared.service.registry()
    }
}
