//! `GET /v1/models` and `GET /v1/models/{model}`: OpenAI's list and its entries, with the facts of each model beside; and
//! `POST /v1/models/load` and `unload`.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::ModelFacts;
use yuyi_serving::ModelStatus;

use crate::envelope::OpenAiReply;
use crate::request::body::JsonBody;
use crate::request::{Source, request, required_name};
use crate::{ApiError, App};

/// The models that a request may name, as OpenAI lists them.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelList)]
pub(crate) struct List {
    object: &'static str,
    data: Vec<Model>,
}

/// A model that a request may name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Model {
    id: String,
    object: &'static str,
    /// OpenAI's clients require the field; nobody knows when a folder's model was made.
    created: u64,
    owned_by: &'static str,
    state: &'static str,
    loaded: bool,
    calibrated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_bytes: Option<usize>,
}

/// The models that a request may name.
#[utoipa::path(
    get,
    path = "/v1/models",
    tag = "Server",
    responses((status = 200, description = "The models.", body = List)),
)]
pub(crate) async fn models(State(app): State<App>) -> Json<List> {
    let statuses = app.registry().all_statuses().await;
    Json(List {
        object: "list",
        data: statuses.into_iter().map(Model::from).collect(),
    })
}

/// One of them. Slashes in its name may be written as they are.
#[utoipa::path(
    get,
    path = "/v1/models/{model}",
    tag = "Server",
    params(("model" = String, Path, description = "A name or an alias.", example = "e5-small-zh")),
    responses(
        (status = 200, description = "The model.", body = Model),
        (status = 404, description = "The model is not served here.", body = OpenAiReply),
    ),
)]
pub(crate) async fn model(
    State(app): State<App>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Model>, ApiError> {
    // What is no text is no model's name either.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let status = app.status(&name).await?;
    Ok(Json(status.into()))
}

impl From<ModelStatus> for Model {
    fn from(status: ModelStatus) -> Self {
        let facts = status.facts.as_ref();
        Self {
            id: status.name,
            object: "model",
            created: 0,
            owned_by: "yuyi",
            state: status.state.name(),
            loaded: facts.is_some(),
            calibrated: status.calibrated,
            fingerprint: status.fingerprint.map(|digest| digest.to_string()),
            dimension: facts.map(|facts| facts.dimension),
            max_tokens: facts
                .map(|facts| facts.max_tokens)
                .filter(|&most| most < ModelFacts::NO_LIMIT),
            weight_bytes: facts.map(|facts| facts.weight_bytes),
        }
    }
}

/// Loads a model and answers when it is there.
#[utoipa::path(
    post,
    path = "/v1/models/load",
    tag = "Server",
    request_body = Named,
    responses((status = 200, description = "The model.", body = Model)),
)]
pub(crate) async fn load(State(app): State<App>, body: JsonBody) -> Result<Json<Model>, ApiError> {
    let Named { model } = Source::read(body, app.limits(), Named::take)?;
    let status = app.registry().load_now(&model).await?;
    Ok(Json(status.into()))
}

/// Lets go of a model. Requests that use it are answered first; the next one loads it again.
#[utoipa::path(
    post,
    path = "/v1/models/unload",
    tag = "Server",
    request_body = Named,
    responses((status = 200, description = "The model.", body = Model)),
)]
pub(crate) async fn unload(
    State(app): State<App>,
    body: JsonBody,
) -> Result<Json<Model>, ApiError> {
    let Named { model } = Source::read(body, app.limits(), Named::take)?;
    let status = app.registry().unload(&model).await?;
    Ok(Json(status.into()))
}

request! {
    /// Which model is meant.
    #[schema(as = NamedModel)]
    pub(crate) struct Named {
        /// Its name or an alias.
        #[schema(example = "e5-small-zh")]
        model: String = required_name,
    }
}
