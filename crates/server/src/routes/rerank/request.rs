//! What a client may send to the routes that rank.

use utoipa::ToSchema;

use crate::fields::{Fields, list, text, wrong_type};
use crate::json::Json;
use crate::text::{check_count, check_text, each, read_text, read_texts};
use crate::truncation::Truncation;
use crate::{ApiError, Limits};

/// Either form.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum AnyRerankRequest {
    Documents(RerankRequest),
    Texts(TextsRequest),
}

/// Documents to rank, as Cohere and Jina take them.
#[derive(ToSchema)]
pub(crate) struct RerankRequest {
    #[schema(example = "发票怎么开？")]
    pub(super) query: String,
    /// Texts, or objects with a `text`.
    #[schema(schema_with = crate::openapi::documents, required = true)]
    pub(super) documents: Vec<String>,
    /// How many of the best are answered; absent: all.
    #[schema(minimum = 1)]
    pub(super) top_n: Option<usize>,
    /// Put each document's text into its result.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    pub(super) return_documents: bool,
    /// Answer cosines in place of similarities.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    pub(super) raw_scores: bool,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    pub(super) model: Option<String>,
}

/// Texts to rank, as TEI takes them.
#[derive(ToSchema)]
pub(crate) struct TextsRequest {
    #[schema(example = "发票怎么开？")]
    pub(super) query: String,
    #[schema(min_items = 1, example = json!(["是否支持开具发票？", "今天天气真不错"]))]
    pub(super) texts: Vec<String>,
    /// Answer cosines in place of similarities.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    pub(super) raw_scores: bool,
    /// Put each text into its result.
    #[serde(default)]
    #[schema(value_type = Option<bool>, default = false)]
    pub(super) return_text: bool,
    #[serde(flatten)]
    pub(super) truncation: Truncation,
    /// The model to compute with, by a name of `/v1/models`; absent: the default one.
    #[schema(example = json!(null))]
    pub(super) model: Option<String>,
}

impl AnyRerankRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let fields = Fields::of(body, "")?;
        match fields.has("texts") {
            true => TextsRequest::read(fields, limits).map(Self::Texts),
            false => RerankRequest::read(fields, limits).map(Self::Documents),
        }
    }
}

impl RerankRequest {
    pub(super) fn read(mut fields: Fields, limits: &Limits) -> Result<Self, ApiError> {
        let (query, path) = fields.required("query")?;
        let query = read_text(query, &path, limits)?;
        let (documents, path) = fields.required("documents")?;
        Ok(Self {
            query,
            documents: read_documents(documents, &path, limits)?,
            top_n: fields.optional_count("top_n")?,
            return_documents: fields.optional_flag("return_documents")?.unwrap_or(false),
            raw_scores: fields.optional_flag("raw_scores")?.unwrap_or(false),
            model: fields.optional_text("model")?,
        })
    }
}

impl TextsRequest {
    fn read(mut fields: Fields, limits: &Limits) -> Result<Self, ApiError> {
        let (query, path) = fields.required("query")?;
        let query = read_text(query, &path, limits)?;
        let (texts, path) = fields.required("texts")?;
        Ok(Self {
            query,
            texts: read_texts(texts, &path, 1, limits)?,
            raw_scores: fields.optional_flag("raw_scores")?.unwrap_or(false),
            return_text: fields.optional_flag("return_text")?.unwrap_or(false),
            truncation: Truncation::read(&mut fields)?,
            model: fields.optional_text("model")?,
        })
    }
}

fn read_documents(value: Json, path: &str, limits: &Limits) -> Result<Vec<String>, ApiError> {
    let documents = list(value, path)?;
    check_count(1 + documents.len(), path, limits)?;
    each(documents, path, |value, path| {
        let (text, path) = match value {
            Json::String(text) => (text, path.to_owned()),
            Json::Object(_) => {
                let (value, path) = Fields::of(value, path)?.required("text")?;
                (text(value, &path)?, path)
            }
            other => return Err(wrong_type(path, "text or an object with a text", &other)),
        };
        check_text(&text, &path, limits)?;
        Ok(text)
    })
}
