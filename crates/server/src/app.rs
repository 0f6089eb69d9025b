//! What all routes share, and the router that ties them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower_http::catch_panic::CatchPanicLayer;
use yuyi_serving::{
    CacheOptions, CacheStats, ModelOptions, Models, QueueDepth, Registry, Service, ServiceOptions,
};

use crate::envelope::{Shapes, envelope};
use crate::guard::{Gate, Guard, pass};
use crate::metrics::Metrics;
use crate::route::Route;
use crate::routes::{self, page};
use crate::{ApiError, Origins, Perimeter};

/// What a single request may ask for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Texts of a request.
    pub texts: usize,
    /// Unicode characters of a text.
    pub characters: usize,
    /// Pairs of a matrix.
    pub matrix_pairs: usize,
    /// Tokens, by an upper estimate, that may wait in the queue.
    pub queue_tokens: usize,
    /// How long a request waits for its turn.
    pub queue_timeout: Duration,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 32 << 20,
            texts: 10_000,
            characters: 100_000,
            matrix_pairs: 4_000_000,
            queue_tokens: 1_000_000,
            queue_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
        }
    }
}

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
    lifecycle: Lifecycle,
    metrics: Metrics,
}

impl App {
    /// A service of models that are not loaded yet.
    pub fn new(
        models: impl Into<Models>,
        options: ModelOptions,
        caches: &CacheOptions,
        limits: Limits,
    ) -> Self {
        let options = ServiceOptions {
            models: options,
            caches: caches.clone(),
            queue_tokens: limits.queue_tokens,
            patience: limits.queue_timeout,
        };
        let shared = Shared {
            limits,
            service: Service::new(models.into(), options),
            lifecycle: Lifecycle::default(),
            metrics: Metrics::default(),
        };
        Self {
            shared: Arc::new(shared),
        }
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

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    pub(crate) fn service(&self) -> &Service {
        &self.shared.service
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.shared.service.registry()
    }
}

/// The whole service, made from the table of routes.
pub fn router(app: App, perimeter: &Perimeter) -> Router {
    let table = routes::table();
    let guard = Arc::new(perimeter.guard());
    let mut service = Router::new().fallback(page::file);
    for (path, routes) in routes::by_path(&table) {
        service = service.route(&path, guarded(&routes, &guard, &perimeter.origins));
    }
    let shapes = Arc::new(Shapes::of(&table));
    let service = service
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(
            (app.clone(), shapes),
            envelope,
        ))
        .with_state(app);
    perimeter.base_path.wrap(service)
}

/// What answers at a path. The guard lies inside the layer for other origins, so that pages can read a refusal.
fn guarded(routes: &[&Route], guard: &Arc<Guard>, origins: &Origins) -> MethodRouter<App> {
    let mut methods = MethodRouter::new();
    for route in routes {
        methods = methods.merge(route.handler.clone());
    }
    let gate = Gate::new(Arc::clone(guard), routes);
    let methods = methods
        .fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::new(gate), pass));
    // `OPTIONS` is answered by the layer, before it comes to the methods.
    match origins.layer(routes) {
        Some(layer) => methods.layer(layer),
        None => methods,
    }
}

async fn method_not_allowed(request: Request) -> ApiError {
    ApiError::MethodNotAllowed {
        method: request.method().to_string(),
    }
}

/// The panic itself is in the log by the hook of the process.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::Internal.into_response()
}
