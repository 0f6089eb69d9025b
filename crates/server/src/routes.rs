//! One file a resource, and the tables of routes.

use axum::Router;
use axum::routing::{get, post};

use crate::App;

pub(crate) mod docs;
pub(crate) mod embed;
pub(crate) mod embeddings;
pub(crate) mod health;
pub(crate) mod info;
pub(crate) mod matrix;
pub(crate) mod metrics;
pub(crate) mod models;
pub(crate) mod page;
pub(crate) mod rerank;
pub(crate) mod root;
pub(crate) mod score;
pub(crate) mod similarity;
pub(crate) mod tokenize;

/// What computes: nothing is kept, and any page may call it. `GET /` is here since it shares its path.
pub(crate) fn computing() -> Router<App> {
    Router::new()
        .route("/", get(page::index).post(root::root))
        .route("/similarity", post(similarity::similarity))
        .route("/matrix", post(matrix::matrix))
        .route("/v1/embeddings", post(embeddings::embeddings))
        .route("/embeddings", post(embeddings::embeddings_alias))
        .route("/embed", post(embed::embed))
        .route("/tokenize", post(tokenize::tokenize))
        .route("/v1/score", post(score::score))
        .route("/v1/rerank", post(rerank::rerank))
        .route("/v2/rerank", post(rerank::rerank_v2))
        .route("/rerank", post(rerank::rerank_any))
        .route("/info", get(info::info))
        .route("/openapi.json", get(docs::document))
}

/// What tells how the server is, and the pages.
pub(crate) fn others() -> Router<App> {
    Router::new()
        .route("/livez", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/health", get(health::health))
        .route("/metrics", get(metrics::metrics))
        .route("/docs", get(docs::page))
}
