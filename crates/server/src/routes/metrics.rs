//! `GET /metrics`, for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::App;
use crate::metrics::Counted;

/// Counters, gauges and histograms in the text format of Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Server",
    responses((status = 200, description = "The metrics.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let counted = Counted {
        there: app.glance_at_collections().await,
        calls: app.collections().stats().snapshot(),
        standby: app.glance_at_standby().await,
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    (
        [(header::CONTENT_TYPE, kind)],
        app.metrics().render(app.service(), app.memory(), &counted),
    )
        .into_response()
}
