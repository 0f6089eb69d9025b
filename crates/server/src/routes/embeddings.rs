//! `POST /v1/embeddings` and `/embeddings`, as OpenAI's.

mod request;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use yuyi::EmbedOptions;
use yuyi_serving::Embedded;

use self::request::{EmbeddingsRequest, Encoding};
use crate::answer::vectors;
use crate::callers::Caller;
use crate::request::Source;
use crate::request::body::JsonBody;
use crate::vectors::VectorLists;
use crate::{ApiError, App};

/// Vectors of texts or token ids, as OpenAI answers.
#[utoipa::path(
    post,
    path = "/v1/embeddings",
    tag = "Embeddings",
    request_body = EmbeddingsRequest,
    responses((status = 200, description = "A vector for each input, in order.", body = Reply)),
)]
pub(crate) async fn embeddings(
    State(app): State<App>,
    caller: Option<Extension<Caller>>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let request = Source::read_foreign(body, app.limits(), EmbeddingsRequest::take)?;
    answer(&app, caller, request).await
}

/// The same where Azure's clients look for it: the deployment is the model, unless the body names one.
#[utoipa::path(
    post,
    path = "/openai/deployments/{deployment}/embeddings",
    tag = "Embeddings",
    operation_id = "azure_embeddings",
    params(("deployment" = String, Path, description = "A name or an alias of a model.", example = "e5-small-zh")),
    request_body = EmbeddingsRequest,
    responses((status = 200, description = "A vector for each input, in order.", body = Reply)),
)]
pub(crate) async fn azure_embeddings(
    State(app): State<App>,
    caller: Option<Extension<Caller>>,
    deployment: Result<Path<String>, PathRejection>,
    body: JsonBody,
) -> Result<Response, ApiError> {
    let mut request = Source::read_foreign(body, app.limits(), EmbeddingsRequest::take)?;
    // What is no text is no model's name either.
    let deployment = deployment.map(|Path(name)| name).unwrap_or_default();
    request.model.get_or_insert(deployment);
    answer(&app, caller, request).await
}

/// The field of the texts and token ids.
const INPUT: &str = "input";

async fn answer(
    app: &App,
    caller: Option<Extension<Caller>>,
    request: EmbeddingsRequest,
) -> Result<Response, ApiError> {
    let model = app.model(request.model.as_deref()).await?;
    let options = EmbedOptions {
        prompt: request.prompt(model.facts())?,
        ..EmbedOptions::default()
    };
    let dimensions = request.dimensions.or(request.output_dimension);
    let dimensions = dimensions.of(model.facts().dimension)?;
    request.input.check_ids(INPUT, &model)?;
    if let Some(Extension(caller)) = caller.filter(|_| request.input.has_ids()) {
        warn_of_ids(app, caller);
    }
    let encoding = request.encoding_format.or(request.embedding_type);
    let encoding = encoding.unwrap_or(Encoding::Float);
    let embedded = app
        .embed_input(&model, request.input, INPUT, options)
        .await?;
    let bytes = vectors(embedded.vectors.len(), dimensions);
    let reply = move || Reply::of(&embedded, dimensions, encoding);
    app.answer(bytes, reply).await
}

/// Ids of another model that happen to be ids of this one give vectors of other texts, and nobody could tell by the reply.
fn warn_of_ids(app: &App, caller: Caller) {
    if app.senders_of_ids().is_first(caller) {
        let client = caller.address().map(tracing::field::display);
        tracing::warn!(
            client,
            "a client sends token ids to /v1/embeddings, which are taken as this model's own. If it is LangChain's OpenAIEmbeddings, they are not: set check_embedding_ctx_length=False there"
        );
    }
}

/// A vector for each input, as OpenAI lists them.
#[derive(Serialize, ToSchema)]
#[schema(as = EmbeddingsReply)]
pub(crate) struct Reply {
    #[schema(example = "list")]
    object: &'static str,
    #[schema(value_type = Vec<Item>)]
    data: Items,
    #[schema(example = "e5-small-zh")]
    model: String,
    usage: Usage,
}

impl Reply {
    fn of(embedded: &Embedded, dimensions: usize, encoding: Encoding) -> Self {
        let vectors = VectorLists::shortened(embedded, dimensions);
        Self {
            object: "list",
            data: Items { vectors, encoding },
            model: embedded.model.name().to_owned(),
            usage: Usage::of(embedded),
        }
    }
}

/// What a request cost.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Tokens that the model read, prompts and special tokens included.
    prompt_tokens: usize,
    /// All of them: vectors cost no others.
    total_tokens: usize,
}

impl Usage {
    pub(crate) fn of(embedded: &Embedded) -> Self {
        let tokens = embedded.tokens();
        Self {
            prompt_tokens: tokens,
            total_tokens: tokens,
        }
    }
}

/// The vectors of all inputs, each of which is made an [`Item`] when it is written.
struct Items {
    vectors: VectorLists,
    encoding: Encoding,
}

impl Serialize for Items {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let vectors = self.vectors.iter().enumerate();
        serializer
            .collect_seq(vectors.map(|(index, vector)| Item::new(index, vector, self.encoding)))
    }
}

/// An input's vector.
#[derive(Serialize, ToSchema)]
#[schema(as = EmbeddingItem)]
struct Item<'a> {
    #[schema(example = "embedding")]
    object: &'static str,
    /// Place in the request.
    index: usize,
    embedding: Embedding<'a>,
}

impl<'a> Item<'a> {
    fn new(index: usize, vector: &'a [f32], encoding: Encoding) -> Self {
        let embedding = match encoding {
            Encoding::Float => Embedding::Float(vector),
            Encoding::Base64 => Embedding::Base64(base64_of(vector)),
        };
        Self {
            object: "embedding",
            index,
            embedding,
        }
    }
}

/// A vector, written as `encoding_format` says.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Embedding<'a> {
    #[schema(value_type = Vec<f32>)]
    Float(&'a [f32]),
    /// Little-endian f32.
    Base64(String),
}

/// The numbers as little-endian f32, in base64.
fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_holds_little_endian_floats() {
        assert_eq!(base64_of(&[1.0, -2.0]), "AACAPwAAAMA=");
    }
}
