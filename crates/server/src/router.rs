//! The table of routes as a service, with everything that stands around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::envelope::{Shapes, envelope};
use crate::error::ApiError;
use crate::perimeter::Perimeter;
use crate::perimeter::cross_origin::Origins;
use crate::perimeter::guard::{Gate, Guard, pass};
use crate::perimeter::paths::tidied;
use crate::route::Route;
use crate::routes::{self, page};

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
    perimeter.base_path.wrap(tidied(service))
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
