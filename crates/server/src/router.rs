//! The table of routes as a service, with everything that stands around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::AllowMethods;

use crate::app::App;
use crate::envelope::{Around, Shapes, envelope};
use crate::error::ApiError;
use crate::perimeter::Perimeter;
use crate::perimeter::cross_origin::Origins;
use crate::perimeter::guard::{Gate, Guard, pass};
use crate::perimeter::head;
use crate::perimeter::paths::tidied;
use crate::route::{CrossOrigin, Route};
use crate::routes::nearest::Nearest;
use crate::routes::{self, page};

/// The whole service, made from the table of routes.
pub fn router(app: App, perimeter: &Perimeter) -> Router {
    service(&routes::table(), app, perimeter)
}

/// The service of a table.
fn service(table: &[Route], app: App, perimeter: &Perimeter) -> Router {
    let guard = Arc::new(perimeter.guard());
    let mut service = Router::new().fallback_service(elsewhere(table, &perimeter.origins));
    for (path, routes) in routes::by_path(table) {
        service = service.route(&path, guarded(&routes, &guard, &perimeter.origins));
    }
    let around = Around {
        app: app.clone(),
        shapes: Arc::new(Shapes::of(table)),
        keys: Arc::clone(&perimeter.keys),
    };
    let service = service
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(head::check))
        .layer(middleware::from_fn_with_state(around, envelope))
        .layer(compression())
        .with_state(app);
    perimeter.base_path.wrap(tidied(service))
}

/// Answers from which on gzip saves a client a round trip: shorter ones fit into the first packets of a connection anyway.
const COMPRESSED_FROM: u64 = 16 << 10;

/// Compresses the answers of clients that ask for it, as fast as gzip can. A stream of events goes out as it is, so that each comes at once.
fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(COMPRESSED_FROM)
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES);
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(worth_it)
}

/// What answers where no route is. Pages of other origins may read that, since a slip in an address is theirs.
fn elsewhere(table: &[Route], origins: &Origins) -> MethodRouter {
    let nearest = Arc::new(Nearest::of(table));
    let files = any(page::file).with_state(nearest);
    match origins.layer_of(CrossOrigin::Anyone, AllowMethods::mirror_request()) {
        Some(layer) => files.layer(layer),
        None => files,
    }
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

#[cfg(test)]
mod tests;
