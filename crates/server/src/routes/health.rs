//! `GET /livez`, `/readyz`, `/health`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{ApiError, App};

/// The reply of a healthy server.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    version: &'static str,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The process answers, whatever the model does.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "Server",
    responses((status = 200, description = "Yes.", body = Health)),
)]
pub(crate) async fn alive() -> Json<Health> {
    Json(Health {
        status: "alive",
        model: None,
        version: VERSION,
    })
}

/// Requests would be answered now.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Server",
    responses((status = 200, description = "Yes.", body = Health)),
)]
pub(crate) async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    health_of(&app, "ready").await
}

/// Alive and ready in one.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Server",
    responses((status = 200, description = "Yes.", body = Health)),
)]
pub(crate) async fn health(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    health_of(&app, "ok").await
}

async fn health_of(app: &App, status: &'static str) -> Result<Json<Health>, ApiError> {
    if app.lifecycle().is_draining() {
        return Err(ApiError::Draining);
    }
    app.registry().ready()?;
    app.collections().ready().await?;
    Ok(Json(Health {
        status,
        model: Some(app.registry().default_name().to_owned()),
        version: VERSION,
    }))
}
