//! `POST /v1/score`: cosines of pairs, as vLLM's.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_models::{EmbedOptions, Inputs};

use crate::answer::AROUND;
use crate::embed::Embedded;
use crate::request::body::JsonBody;
use crate::request::json;
use crate::request::schemas;
use crate::request::{Source, name, request, text_or_texts};
use crate::routes::embeddings::Usage;
use crate::{ApiError, App, Limits};

/// Cosines of texts, as vLLM answers: one with one, one with many, or many with as many, side by side.
#[utoipa::path(
    post,
    path = "/v1/score",
    tag = "Ranking",
    request_body = ScoreRequest,
    responses((status = 200, description = "A cosine for each pair, in order.", body = Reply)),
)]
pub(crate) async fn score(
    State(app): State<App>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let (first, second, model) = ScoreRequest::read(body, app.limits())?.sides();
    let model = app.model(model.as_deref()).await?;
    let (ones, pairs) = (first.len(), second.len());
    let texts = first.into_iter().chain(second).collect();
    let embedded = app
        .embed(&model, Inputs::Texts(texts), EmbedOptions::default())
        .await?;
    app.answer(AROUND * pairs, move || Reply::of(&embedded, ones))
        .await
}

/// Texts to compare side by side, under either pair of names: a text with a text, a text with a list, or two
/// lists of the same length.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum ScoreRequest {
    Texts(TextsToScore),
    Documents(DocumentsToScore),
}

request! {
    /// Texts to compare side by side.
    pub(crate) struct TextsToScore {
        #[schema(schema_with = schemas::text_or_texts, required = true)]
        text_1: Vec<String> = text_or_texts,
        #[schema(schema_with = schemas::text_or_texts, required = true)]
        text_2: Vec<String> = text_or_texts,
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

request! {
    /// Queries and documents to compare side by side.
    pub(crate) struct DocumentsToScore {
        #[schema(schema_with = schemas::text_or_texts, required = true)]
        queries: Vec<String> = text_or_texts,
        #[schema(schema_with = schemas::text_or_texts, required = true)]
        documents: Vec<String> = text_or_texts,
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        model: Option<String> = name,
    }
}

/// What is compared with what, and by which model.
type Sides = (Vec<String>, Vec<String>, Option<String>);

impl ScoreRequest {
    fn read(body: json::Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::foreign(body, limits)?;
        let request = match source.fields.has("queries") {
            true => Self::Documents(DocumentsToScore::take(&mut source)?),
            false => Self::Texts(TextsToScore::take(&mut source)?),
        };
        request.check()?;
        Ok(request)
    }

    /// Refuses lists that do not lie side by side.
    fn check(&self) -> Result<(), ApiError> {
        let (field, a, b) = match self {
            Self::Texts(request) => ("text_2", request.text_1.len(), request.text_2.len()),
            Self::Documents(request) => {
                ("documents", request.queries.len(), request.documents.len())
            }
        };
        if a == 1 || a == b {
            return Ok(());
        }
        Err(ApiError::InvalidValue {
            field: field.to_owned(),
            reason: format!(
                "{a} texts cannot be scored with {b}: send one text and any number, or two lists of the same length."
            ),
        })
    }

    fn sides(self) -> Sides {
        match self {
            Self::Texts(request) => (request.text_1, request.text_2, request.model),
            Self::Documents(request) => (request.queries, request.documents, request.model),
        }
    }
}

/// The reply.
#[derive(Serialize, ToSchema)]
#[schema(as = ScoreReply)]
pub(crate) struct Reply {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<Scored>,
    #[schema(example = "e5-small-zh")]
    model: String,
    usage: Usage,
}

impl Reply {
    /// Of so many texts, each with one of the others, or of one with all others.
    fn of(embedded: &Embedded, ones: usize) -> Self {
        let model = &embedded.model;
        let (a, b) = embedded.vectors.split_at(ones);
        let data = a.iter().cycle().zip(b).enumerate();
        let data = data.map(|(index, (a, b))| Scored {
            index,
            object: "score",
            score: model.score(a, b).cosine,
        });
        Self {
            object: "list",
            data: data.collect(),
            model: model.name().to_owned(),
            usage: Usage::of(embedded),
        }
    }
}

/// A pair's cosine.
#[derive(Serialize, ToSchema)]
struct Scored {
    /// Place in the request.
    index: usize,
    #[schema(example = "score")]
    object: &'static str,
    /// Cosine of the two vectors.
    #[schema(minimum = -1, maximum = 1)]
    score: f64,
}
