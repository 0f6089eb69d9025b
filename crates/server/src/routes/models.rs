//! `GET /v1/models` and `GET /v1/models/{model}`: OpenAI's list and its entries, with the facts of each model beside; and
//! `POST /v1/models/load` and `unload`.

pub(crate) mod pull;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use yuyi::ModelFacts;
use yuyi_serving::ModelStatus;

use super::info::known;
use crate::envelope::OpenAiReply;
use crate::request::body::JsonBody;
use crate::request::{Source, request, required_name};
use crate::supply::{AboutModel, Remark};
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
    /// `embedding`, or `reranker`: it scores pairs and gives no vectors.
    kind: &'static str,
    state: &'static str,
    loaded: bool,
    calibrated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// Length of the vectors, where the model gives any.
    #[serde(skip_serializing_if = "Option::is_none")]
    dimension: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_bytes: Option<usize>,
    /// Where it is: `built_in`, `home`, `huggingface_cache` or `modelscope_cache`.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'static str>,
    /// The repository that it was fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    /// Bytes of its files.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// The licence of its weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<String>,
    /// What is wrong with it and how to mend it, for people; absent, it is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<Remark>,
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
        data: described(&app, statuses).await,
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
    one(&app, status).await
}

/// Models with what is known of them here.
async fn described(app: &App, statuses: Vec<ModelStatus>) -> Vec<Model> {
    let names: Vec<String> = statuses.iter().map(|status| status.name.clone()).collect();
    let about = match app.pulls().supply() {
        Some(supply) => spawn_blocking(move || supply.about(&names)).await,
        None => Ok(Vec::new()),
    };
    let about = about.unwrap_or_default().into_iter();
    // A model of which nothing is known is one all the same.
    let about = about.chain(std::iter::repeat(None));
    let models = statuses.into_iter().zip(about);
    models
        .map(|(status, about)| Model::of(status, about.unwrap_or_default()))
        .collect()
}

async fn one(app: &App, status: ModelStatus) -> Result<Json<Model>, ApiError> {
    let mut models = described(app, vec![status]).await;
    models.pop().map(Json).ok_or(ApiError::Internal)
}

impl Model {
    fn of(status: ModelStatus, about: AboutModel) -> Self {
        let facts = status.facts.as_ref();
        Self {
            id: status.name,
            object: "model",
            created: 0,
            owned_by: "yuyi",
            kind: match status.is_reranker {
                true => "reranker",
                false => "embedding",
            },
            state: status.state.name(),
            loaded: facts.is_some(),
            calibrated: status.calibrated,
            fingerprint: status.fingerprint.map(|digest| digest.to_string()),
            dimension: facts
                .filter(|facts| facts.scores.is_none())
                .map(|facts| facts.dimension),
            max_tokens: facts
                .map(|facts| facts.max_tokens)
                .filter(|&most| most < ModelFacts::NO_LIMIT),
            weight_bytes: facts.and_then(|facts| known(facts.weight_bytes)),
            place: Some(about.place).filter(|place| !place.is_empty()),
            repository: about.repository,
            bytes: about.bytes,
            licence: about.licence,
            problem: about.problem.or(status.refusal),
            remark: about.remark,
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
    one(&app, status).await
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
    one(&app, status).await
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
