//! What is said of recommendations, as server and command line show it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Origin, RecommendQuestion};

/// What to show next.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "What to show next.")
)]
pub struct RecommendReply {
    /// The first first.
    pub results: Vec<Recommendation>,
    /// Nothing is known that speaks for anything: these are the popular items, then the newest.
    pub cold_start: bool,
    /// Ids among the examples that no item has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schema(required = false))]
    pub unknown: Vec<String>,
    /// Whether an example is longer than the model reads, and was cut.
    pub truncated: bool,
}

impl RecommendReply {
    pub(super) fn cold(results: Vec<Recommendation>, question: &RecommendQuestion) -> Self {
        Self {
            cold_start: true,
            ..Self::warm(results, question)
        }
    }

    pub(super) fn warm(results: Vec<Recommendation>, question: &RecommendQuestion) -> Self {
        Self {
            results,
            cold_start: false,
            unknown: question.unknown.clone(),
            truncated: question.truncated,
        }
    }
}

/// An item that is recommended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "An item that is recommended.")
)]
pub struct Recommendation {
    #[cfg_attr(feature = "schema", schema(example = "news-7"))]
    #[expect(missing_docs, reason = "described by its type")]
    pub id: String,
    #[expect(missing_docs, reason = "described by its type")]
    pub text: String,
    /// How alike it and the nearest centre of the user's interest are; null where nothing is known of that. Results are not ordered by it alone.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: Option<f64>,
    /// What it is near to; null where nothing is known of the user.
    pub because: Option<Because>,
    /// What was given with the item.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub payload: Map<String, Value>,
}

/// The nearest of what a user liked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "The nearest of what a user liked.")
)]
pub struct Because {
    /// The id of the item; null: it is a text of the request.
    #[cfg_attr(feature = "schema", schema(example = "news-3"))]
    pub item: Option<String>,
    /// The text of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How alike the two are.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: f64,
}

impl Because {
    pub(super) fn of(origin: &Origin) -> Self {
        let (item, text) = match origin {
            Origin::Item(id) => (Some(id.clone()), None),
            Origin::Text(text) => (None, Some(text.clone())),
        };
        Self {
            item,
            text,
            similarity: 0.0,
        }
    }

    pub(super) fn with(self, similarity: f64) -> Self {
        Self { similarity, ..self }
    }
}
