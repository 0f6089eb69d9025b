//! What all routes share, and the router that ties them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use yuyi_serving::{
    CacheOptions, CacheStats, ModelOptions, Models, QueueDepth, Registry, Service, ServiceOptions,
};

use crate::envelope::envelope;
use crate::guard::guard;
use crate::metrics::Metrics;
use crate::routes::{self, models, page};
use crate::{ApiError, Perimeter};

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

/// The whole service.
pub fn router(app: App, perimeter: &Perimeter) -> Router {
    let guard = middleware::from_fn_with_state(Arc::new(perimeter.guard()), guard);
    let computing = routes::computing()
        // Inside the layers, which answer OPTIONS before it comes to this.
        .method_not_allowed_fallback(method_not_allowed)
        .layer(guard.clone())
        .layer(perimeter.origins.for_computing());
    let administration = Router::new()
        .merge(admin_routes())
        .route("/v1/models", get(models::models))
        .route("/v1/models/{*model}", get(models::model))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(guard.clone())
        .layer(perimeter.origins.for_administration());
    let others = routes::others()
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(page::file)
        .layer(guard);
    let service = computing
        .merge(administration)
        .merge(others)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), envelope))
        .with_state(app);
    perimeter.base_path.wrap(service)
}

/// What changes the server itself; the guard asks for the administrator's key.
fn admin_routes() -> Router<App> {
    Router::new()
        .route("/v1/models/load", post(models::load))
        .route("/v1/models/unload", post(models::unload))
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
