//! `POST /v1/score`: cosines of pairs, as vLLM's.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_models::{EmbedOptions, Inputs};

use crate::body::JsonBody;
use crate::fields::Fields;
use crate::json;
use crate::openapi::text_or_texts;
use crate::routes::embeddings::Usage;
use crate::score::ScoreTexts;
use crate::text::{check_count, read_text_or_texts};
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
) -> Result<Json<Reply>, ApiError> {
    let (first, second, model) = ScoreRequest::read(body, app.limits())?.sides();
    let model = app.model(model.as_deref()).await?;
    let (ones, pairs) = (first.len(), second.len());
    let texts = first.into_iter().chain(second).collect();
    let embedded = app
        .embed(&model, Inputs::Texts(texts), EmbedOptions::default())
        .await?;
    let (a, b) = embedded.vectors.split_at(ones);
    let data = a.iter().cycle().zip(b).take(pairs).enumerate();
    let data = data.map(|(index, (a, b))| Scored {
        index,
        object: "score",
        score: model.score(a, b).cosine,
    });
    Ok(Json(Reply {
        object: "list",
        data: data.collect(),
        model: model.name().to_owned(),
        usage: Usage::of(&embedded),
    }))
}

/// Texts to compare side by side, under either pair of names: a text with a text, a text with a list, or two
/// lists of the same length.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum ScoreRequest {
    Texts(TextsToScore),
    Documents(DocumentsToScore),
}

/// Texts to compare side by side.
#[derive(ToSchema)]
pub(crate) struct TextsToScore {
    #[schema(schema_with = text_or_texts, required = true)]
    text_1: Vec<String>,
    #[schema(schema_with = text_or_texts, required = true)]
    text_2: Vec<String>,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    model: Option<String>,
}

/// Queries and documents to compare side by side.
#[derive(ToSchema)]
pub(crate) struct DocumentsToScore {
    #[schema(schema_with = text_or_texts, required = true)]
    queries: Vec<String>,
    #[schema(schema_with = text_or_texts, required = true)]
    documents: Vec<String>,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    model: Option<String>,
}

/// What is compared with what, and by which model.
type Sides = (Vec<String>, Vec<String>, Option<String>);

impl ScoreRequest {
    fn read(body: json::Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut fields = Fields::of(body, "")?;
        if fields.has("queries") {
            let (queries, documents) = read_sides("queries", "documents", &mut fields, limits)?;
            return Ok(Self::Documents(DocumentsToScore {
                queries,
                documents,
                model: fields.optional_text("model")?,
            }));
        }
        let (text_1, text_2) = read_sides("text_1", "text_2", &mut fields, limits)?;
        Ok(Self::Texts(TextsToScore {
            text_1,
            text_2,
            model: fields.optional_text("model")?,
        }))
    }

    fn sides(self) -> Sides {
        match self {
            Self::Texts(request) => (request.text_1, request.text_2, request.model),
            Self::Documents(request) => (request.queries, request.documents, request.model),
        }
    }
}

fn read_sides(
    first: &'static str,
    second: &'static str,
    fields: &mut Fields,
    limits: &Limits,
) -> Result<(Vec<String>, Vec<String>), ApiError> {
    let (value, path) = fields.required(first)?;
    let first = read_text_or_texts(value, &path, limits)?;
    let (value, path) = fields.required(second)?;
    let second = read_text_or_texts(value, &path, limits)?;
    check_count(first.len() + second.len(), &path, limits)?;
    if first.len() == 1 || first.len() == second.len() {
        return Ok((first, second));
    }
    let (a, b) = (first.len(), second.len());
    Err(ApiError::InvalidValue {
        field: path,
        reason: format!(
            "{a} texts cannot be scored with {b}: send one text and any number, or two lists of the same length."
        ),
    })
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
