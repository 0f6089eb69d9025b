//! What a client may send to the routes that rank.

use utoipa::ToSchema;

use crate::request::fields::{Fields, list, text as plain_text, wrong_type};
use crate::request::json::Json;
use crate::request::text::{checked, each};
use crate::request::truncation::Truncation;
use crate::request::{Source, count, flag, name, part, request, text, texts};
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
        #[schema(example = "发票怎么开？")]
        pub(super) query: String = text,
        /// Texts, or objects with a `text`.
        #[schema(schema_with = crate::request::schemas::documents, required = true)]
        pub(super) documents: Vec<String> = take_documents,
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
        /// Answer cosines in place of similarities.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) raw_scores: bool = flag(false),
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
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
        /// Answer cosines in place of similarities.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) raw_scores: bool = flag(false),
        /// Put each text into its result.
        #[serde(default)]
        #[schema(value_type = Option<crate::request::schemas::LooseFlag>, default = false)]
        pub(super) return_text: bool = flag(false),
        #[serde(flatten)]
        pub(super) truncation: Truncation = part(Truncation::take),
        /// The model to compute with, by a name of `/v1/models`; absent: the default one.
        #[schema(example = json!(null))]
        pub(super) model: Option<String> = name,
    }
}

impl AnyRerankRequest {
    pub(super) fn read(body: Json, limits: &Limits) -> Result<Self, ApiError> {
        let mut source = Source::foreign(body, limits)?;
        match source.fields.has("texts") {
            true => TextsRequest::take(&mut source).map(Self::Texts),
            false => RerankRequest::take(&mut source).map(Self::Documents),
        }
    }
}

fn take_documents(source: &mut Source<'_>, name: &'static str) -> Result<Vec<String>, ApiError> {
    let (value, path) = source.fields.required(name)?;
    let documents = list(value, &path)?;
    source.count_texts(documents.len(), &path)?;
    each(documents, &path, |value, path| {
        let (text, path) = match value {
            Json::String(text) => (text, path.to_owned()),
            Json::Object(_) => {
                let (value, path) = Fields::of(value, path)?.required("text")?;
                (plain_text(value, &path)?, path)
            }
            other => return Err(wrong_type(path, "text or an object with a text", &other)),
        };
        checked(text, &path, source.rules)
    })
}
