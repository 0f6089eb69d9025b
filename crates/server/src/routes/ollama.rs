//! `/api/embed`, `/api/embeddings`, `/api/tags` and `/api/version`, as Ollama's.

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi::EmbedOptions;
use yuyi_serving::Embedded;

use crate::answer::vectors;
use crate::request::body::UntypedBody;
use crate::request::dimensions::Dimensions;
use crate::request::json::Json;
use crate::request::options::RefuseCut;
use crate::request::{Source, flag, name, request, text, text_or_texts};
use crate::vectors::VectorLists;
use crate::{ApiError, App};

request! {
    /// Texts to embed. Fields that are not known are ignored.
    #[schema(as = OllamaEmbedRequest)]
    pub(crate) struct EmbedRequest {
        /// The texts; absent or empty: none, and the model is loaded.
        #[schema(schema_with = crate::request::schemas::any_texts, required = false)]
        input: Vec<String> = any_texts,
        /// The model to compute with; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
        /// Cut texts that are longer than the model reads, or refuse them.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = true)]
        truncate: bool = flag(true),
        /// Keep the first numbers only, scaled to length 1 again; absent, or where there are no more: all.
        #[schema(value_type = Option<crate::request::schemas::LooseInteger>, example = json!(null))]
        dimensions: Dimensions = Dimensions::take,
    }
}

request! {
    /// A text to embed. Fields that are not known are ignored.
    #[schema(as = OllamaPromptRequest)]
    pub(crate) struct PromptRequest {
        /// The text; absent or empty: none, and the model is loaded.
        #[schema(example = "今天天气真不错")]
        prompt: Option<String> = any_text,
        /// The model to compute with; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

/// A text or a list of texts that can be computed, of which there may be none: Ollama's clients have a model loaded by asking it for nothing.
fn any_texts(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    let nothing = [Json::String(String::new()), Json::Array(Vec::new())];
    match asks_for(source, name, &nothing) {
        true => Ok(Vec::new()),
        false => text_or_texts(source, name),
    }
}

/// A text that can be computed, or none.
fn any_text(source: &mut Source<'_>, name: &'static str) -> Result<Option<String>, ApiError> {
    match asks_for(source, name, &[Json::String(String::new())]) {
        true => Ok(None),
        false => text(source, name).map(Some),
    }
}

/// Whether a field is absent or one of `nothing`.
fn asks_for(source: &Source<'_>, name: &str, nothing: &[Json]) -> bool {
    !source.fields.has(name) || nothing.iter().any(|none| source.fields.is(name, none))
}

/// Vectors of texts, as Ollama answers.
#[utoipa::path(
    post,
    path = "/api/embed",
    tag = "Embeddings",
    operation_id = "ollama_embed",
    request_body = EmbedRequest,
    responses((status = 200, description = "A vector for each text, in order.", body = EmbedReply)),
)]
pub(crate) async fn embed(
    State(app): State<App>,
    UntypedBody(body): UntypedBody,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let request = Source::read_foreign(body, app.limits(), EmbedRequest::take)?;
    let model = app.model(request.model.as_deref()).await?;
    let dimensions = request.dimensions.at_most(model.facts().dimension)?;
    let is_list = request.input.len() > 1;
    let embedded = app
        .embed(&model, request.input, EmbedOptions::default())
        .await?;
    if !request.truncate {
        embedded.refuse_cut(|i| match is_list {
            true => format!("input[{i}]"),
            false => "input".to_owned(),
        })?;
    }
    let bytes = vectors(embedded.vectors.len(), dimensions);
    let reply = move || EmbedReply::of(&embedded, dimensions, started);
    app.answer(bytes, reply).await
}

/// The vector of a text, as Ollama's first API answers.
#[utoipa::path(
    post,
    path = "/api/embeddings",
    tag = "Embeddings",
    operation_id = "ollama_embeddings",
    request_body = PromptRequest,
    responses((status = 200, description = "The vector.", body = PromptReply)),
)]
pub(crate) async fn embeddings(
    State(app): State<App>,
    UntypedBody(body): UntypedBody,
) -> Result<axum::Json<PromptReply>, ApiError> {
    let request = Source::read_foreign(body, app.limits(), PromptRequest::take)?;
    let model = app.model(request.model.as_deref()).await?;
    let texts = request.prompt.into_iter().collect();
    let embedded = app.embed(&model, texts, EmbedOptions::default()).await?;
    let vectors = embedded.vectors.iter().flat_map(|text| &text.vector);
    Ok(axum::Json(PromptReply {
        embedding: vectors.copied().collect(),
    }))
}

/// The models that a request may name, as Ollama lists them.
#[utoipa::path(
    get,
    path = "/api/tags",
    tag = "Server",
    operation_id = "ollama_tags",
    responses((status = 200, description = "The models.", body = Tags)),
)]
pub(crate) async fn tags(State(app): State<App>) -> axum::Json<Tags> {
    let statuses = app.registry().all_statuses().await;
    let tag = |name: String| Tag {
        model: name.clone(),
        name,
        modified_at: "1970-01-01T00:00:00Z",
        size: 0,
        digest: "",
        details: TagDetails {
            format: "safetensors",
            family: "bert",
        },
    };
    let models = statuses.into_iter().map(|status| tag(status.name));
    axum::Json(Tags {
        models: models.collect(),
    })
}

/// The version of this server, where Ollama's clients look for one.
#[utoipa::path(
    get,
    path = "/api/version",
    tag = "Server",
    operation_id = "ollama_version",
    responses((status = 200, description = "The version.", body = VersionReply)),
)]
pub(crate) async fn version() -> axum::Json<VersionReply> {
    axum::Json(VersionReply {
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// The reply of `/api/embed`.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaEmbedReply)]
pub(crate) struct EmbedReply {
    #[schema(example = "e5-small-zh")]
    model: String,
    #[schema(value_type = Vec<Vec<f32>>)]
    embeddings: VectorLists,
    /// Nanoseconds.
    total_duration: u64,
    /// Nanoseconds; the model was there.
    load_duration: u64,
    /// Tokens that the model read.
    prompt_eval_count: usize,
}

impl EmbedReply {
    fn of(embedded: &Embedded, dimensions: usize, started: Instant) -> Self {
        Self {
            model: embedded.model.name().to_owned(),
            embeddings: VectorLists::shortened(embedded, dimensions),
            total_duration: u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX),
            load_duration: 0,
            prompt_eval_count: embedded.tokens(),
        }
    }
}

/// The reply of `/api/embeddings`.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaPromptReply)]
pub(crate) struct PromptReply {
    embedding: Vec<f32>,
}

/// The reply of `/api/tags`.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaTags)]
pub(crate) struct Tags {
    models: Vec<Tag>,
}

/// A model.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaTag)]
struct Tag {
    name: String,
    model: String,
    /// Nobody knows; Ollama's clients require the field.
    modified_at: &'static str,
    size: u64,
    digest: &'static str,
    details: TagDetails,
}

/// What a model is.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaTagDetails)]
struct TagDetails {
    format: &'static str,
    family: &'static str,
}

/// The reply of `/api/version`.
#[derive(Serialize, ToSchema)]
#[schema(as = OllamaVersion)]
pub(crate) struct VersionReply {
    #[schema(example = "0.1.0")]
    version: &'static str,
}
