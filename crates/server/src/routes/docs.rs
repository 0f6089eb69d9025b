//! `GET /openapi.json` and `GET /docs`, the page that shows it.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::ApiError;
use crate::openapi;
use crate::routes::{page, table};

/// The document as JSON. `None` cannot happen: it is made of strings and lists.
static DOCUMENT: LazyLock<Option<Bytes>> =
    LazyLock::new(|| openapi::document(&table()).to_json().ok().map(Bytes::from));

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Server",
    responses((status = 200, description = "The OpenAPI document.", body = serde_json::Value)),
)]
pub(crate) async fn document() -> Result<Response, ApiError> {
    let document = DOCUMENT.clone().ok_or(ApiError::Internal)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Ok((headers, document).into_response())
}

/// The API reference, as a page. It needs nothing from the network.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Server",
    responses((status = 200, description = "The page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn page(headers: HeaderMap) -> Response {
    page::named("docs.html", &headers)
}
