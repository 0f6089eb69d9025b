//! What a client may send to the routes that rank.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::request::fields::{Fields, list, text as plain_text, wrong_type};
use crate::request::json::Json;
use crate::request::text::{checked, each, read_text};
use crate::request::truncation::Truncation;
use crate::request::{Source, count, flag, name, part, request, schemas, text, texts};
use crate::{ApiError, Limits};

/// Either form.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum AnyRerankRequest {
    Documents(RerankRequest),
    Texts(TextsRequest),
}

request! {
    /// Documents to rank, as Cohere and Jina take them.
    pub(crate) struct RerankRequest {
        /// A text, or an object with a `text`, as Jina's clients send it.
        #[schema(example = "发票怎么开？")]
        pub(super) query: String = take_query,
        #[serde(flatten)]
        pub(super) documents: Documents = part(Documents::take),
        /// How many of the best are answered; absent or 0: all.
        #[schema(value_type = Option<crate::request::schemas::LooseCount>)]
        pub(super) top_n: Option<usize> = count,
        /// The same by another name.
        #[schema(value_type = Option<crate::request::schemas::LooseCount>)]
        pub(super) top_k: Option<usize> = count,
        /// Put each document's text into its result.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) return_documents: bool = flag(false),
        /// Answer cosines in place of similarities, and logits in place of a reranker's scores.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) raw_scores: bool = flag(false),
        /// The model to rank with, by a name of `/v1/models`; absent: the one reranker that is served, or else the default model.
        #[schema(example = json!(null))]
        pub(super) model: Option<String> = name,
    }
}

request! {
    /// Texts to rank, as TEI takes them.
    pub(crate) struct TextsRequest {
        #[schema(example = "发票怎么开？")]
        pub(super) query: String = text,
        #[schema(min_items = 1, example = json!(["是否支持开具发票？", "今天天气真不错"]))]
        pub(super) texts: Vec<String> = texts,
        /// Answer cosines in place of similarities, and logits in place of a reranker's scores.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) raw_scores: bool = flag(false),
        /// Put each text into its result.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) return_text: bool = flag(false),
        #[serde(flatten)]
        pub(super) truncation: Truncation = part(Truncation::take),
        /// The model to rank with, by a name of `/v1/models`; absent: the one reranker that is served, or else the default model.
        #[schema(example = json!(null))]
        pub(super) model: Option<String> = name,
    }
}

impl AnyRerankRequest {
    pub(super) fn read(json: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::foreign(json, limits)?;
        match source.fields.has("texts") {
            true => TextsRequest::take(&mut source).map(Self::Texts),
            false => RerankRequest::take(&mut source).map(Self::Documents),
        }
    }
}

fn take_query(source: &mut Source<'_>, name: &'static str) -> Result<String, ApiError> {
    if !source.fields.is_object(name) {
        return text(source, name);
    }
    let (value, path) = source.fields.required(name)?;
    let (value, path) = Fields::of(value, &path)?.required("text")?;
    source.count_texts(1, &path)?;
    read_text(value, &path, source.rules)
}

/// What is ranked of each document: `documents`, and `rank_fields`, which say what of them.
#[derive(Debug)]
pub(super) struct Documents(pub(super) Vec<String>);

const DOCUMENTS: &str = "documents";
const RANK_FIELDS: &str = "rank_fields";

impl Documents {
    fn take(source: &mut Source<'_>) -> Result<Self, ApiError> {
        let (value, path) = source.fields.required(DOCUMENTS)?;
        let documents = list(value, &path)?;
        source.count_texts(documents.len(), &path)?;
        let rank_fields = take_rank_fields(source)?;
        let texts = each(documents, &path, |value, path| {
            let (text, path) = match value {
                Json::String(text) | Json::Broken(text) => (text, path.to_owned()),
                Json::Object(_) => ranked_text(Fields::of(value, path)?, &rank_fields)?,
                other => return Err(wrong_type(path, "text or an object with a text", &other)),
            };
            checked(text, &path, source.rules)
        })?;
        Ok(Self(texts))
    }
}

impl PartialSchema for Documents {
    fn schema() -> RefOr<Schema> {
        let rank_fields = ArrayBuilder::new()
            .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
            .items(ObjectBuilder::new().schema_type(Type::String))
            .description(Some(
                "Names of fields: documents that are objects are ranked by these, a line each; absent: by their `text`.",
            ))
            .examples([serde_json::json!(null)]);
        let both = ObjectBuilder::new()
            .property(DOCUMENTS, schemas::documents())
            .required(DOCUMENTS)
            .property(RANK_FIELDS, rank_fields);
        RefOr::T(both.into())
    }
}

impl ToSchema for Documents {
    fn name() -> Cow<'static, str> {
        "RankedDocuments".into()
    }
}

/// Most names in `rank_fields`: each is looked for in every document.
const MOST_RANK_FIELDS: usize = 64;

/// The fields by which documents are ranked; none: their `text`.
fn take_rank_fields(source: &mut Source<'_>) -> Result<Vec<String>, ApiError> {
    let Some((value, field)) = source.fields.optional(RANK_FIELDS) else {
        return Ok(Vec::new());
    };
    let names = list(value, &field)?;
    if names.len() > MOST_RANK_FIELDS {
        let reason = format!(
            "It has {} names; it may have {MOST_RANK_FIELDS}.",
            names.len()
        );
        return Err(ApiError::InvalidValue { field, reason });
    }
    each(names, &field, plain_text)
}

/// What a document is ranked by, a line for each of the fields that it has, with the path of where it stands.
fn ranked_text(mut document: Fields, rank_fields: &[String]) -> Result<(String, String), ApiError> {
    if rank_fields.is_empty() {
        let (value, path) = document.required("text")?;
        return Ok((plain_text(value, &path)?, path));
    }
    let mut lines = Vec::new();
    for name in rank_fields {
        match document.take(name) {
            None | Some((Json::Null, _)) => {}
            Some((value, path)) => lines.push(written(value, &path)?),
        }
    }
    match lines.is_empty() {
        true => Err(ApiError::MissingField {
            field: document.path_of(&rank_fields[0]),
            sent: document.sent(),
        }),
        false => Ok((lines.join("\n"), document.path().to_owned())),
    }
}

/// The text, or the number as text, at `path`.
fn written(value: Json, path: &str) -> Result<String, ApiError> {
    match value {
        Json::String(text) | Json::Broken(text) => Ok(text),
        Json::Integer(number) => Ok(number.to_string()),
        Json::Float(number) => Ok(number.to_string()),
        Json::Bool(flag) => Ok(flag.to_string()),
        other => Err(wrong_type(path, "text or a number", &other)),
    }
}
