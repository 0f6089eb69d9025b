//! What is said of an item that was found.

use serde::Serialize;
use serde_json::{Map, Value};
use yuyi::{Calibration, ModelFacts};
use yuyi_store::{Collection, Hit, Item};

use crate::RerankScore;

/// An item that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The item.
    pub item: Item,
    /// What items are ordered by, in [0, 1]; its scale is that of the [`Mode`](crate::Mode).
    pub score: f64,
    /// How alike the nearest of its texts and the question are, in [0, 1]; `None`: the question had no vector.
    pub similarity: Option<f64>,
    /// Cosine similarity of the two, in [-1, 1].
    pub cosine: Option<f64>,
    /// Which of [`Item::texts`] it was found by.
    pub wording: usize,
}

impl Found {
    /// A hit, by the calibration of the collection's model; vectors that callers bring have none ([`Calibration::Uncalibrated`]).
    pub fn of(hit: Hit, calibration: &Calibration) -> Self {
        Self {
            similarity: hit.cosine.map(|cosine| calibration.similarity(cosine)),
            item: hit.item,
            score: hit.score,
            cosine: hit.cosine,
            wording: hit.wording,
        }
    }

    /// The text that it was found by.
    pub fn text(&self) -> &str {
        let text = self.item.texts().nth(self.wording);
        text.unwrap_or(&self.item.text)
    }
}

/// What makes similarities of the cosines of a collection: the calibration of its model, where the collection has the prompt on both sides with which that was
/// fitted, the default one. An article and a question with prompts of their own lie otherwise to each other than two texts of one kind.
pub fn calibration_of<'a>(
    collection: &Collection,
    facts: &ModelFacts,
    calibration: &'a Calibration,
) -> &'a Calibration {
    let prompts = [
        &collection.space.item_prompt,
        &collection.space.query_prompt,
    ];
    match prompts
        .iter()
        .all(|prompt| **prompt == facts.default_prompt)
    {
        true => calibration,
        false => &Calibration::Uncalibrated,
    }
}

/// An item that was found, as server and command line show it.
#[derive(Debug, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(description = "An item that was found.")
)]
pub struct SearchHit {
    #[cfg_attr(feature = "schema", schema(example = "invoice-1"))]
    #[expect(missing_docs, reason = "described by its type")]
    pub id: String,
    #[expect(missing_docs, reason = "described by its type")]
    pub text: String,
    /// The wording that it was found by, if that is not the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
    /// What is said when it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// What results are ordered by. Scales of modes differ.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub score: f64,
    /// How well the item answers the question, by a reranker. Results that have it are ordered by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank_score: Option<f64>,
    /// How alike the question and the nearest text of the item are; null where the question has no vector.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub similarity: Option<f64>,
    /// Their cosine.
    #[cfg_attr(feature = "schema", schema(minimum = -1, maximum = 1))]
    pub cosine: Option<f64>,
    /// What was given with the item.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub payload: Map<String, Value>,
    /// When it was said or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl From<Found> for SearchHit {
    fn from(found: Found) -> Self {
        let wording = (found.wording > 0).then(|| found.text().to_owned());
        Self {
            id: found.item.id,
            text: found.item.text,
            wording,
            answer: found.item.answer,
            score: found.score,
            rerank_score: None,
            similarity: found.similarity,
            cosine: found.cosine,
            payload: found.item.payload,
            time: found.item.time.map(|time| time.to_string()),
        }
    }
}

/// Items that a reranker reads a question with, where no more are wanted.
pub const RERANKED_HITS: usize = 50;

/// The first `limit` of the items by what a reranker says of [`Found::text`] of each; of equals the one that was found first.
pub fn reranked(found: Vec<Found>, scores: &[RerankScore], limit: usize) -> Vec<SearchHit> {
    let mut scored: Vec<(Found, &RerankScore)> = found.into_iter().zip(scores).collect();
    scored.sort_by(|(_, a), (_, b)| b.logit.total_cmp(&a.logit));
    let hit = |(found, said): (Found, &RerankScore)| SearchHit {
        rerank_score: Some(said.score),
        ..found.into()
    };
    scored.into_iter().take(limit).map(hit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{collection, facts};

    #[test]
    fn a_calibration_is_for_the_prompt_that_it_was_fitted_with() {
        let fitted = Calibration::Uncalibrated;
        let of = |default: &str, item: &str, query: &str| {
            let mut collection = collection(Some("m"));
            collection.space.item_prompt = item.into();
            collection.space.query_prompt = query.into();
            let facts = facts(&[], default);
            std::ptr::eq(calibration_of(&collection, &facts, &fitted), &fitted)
        };
        assert!(of("", "", "") && of("query: ", "query: ", "query: "));
        assert!(!of("query: ", "passage: ", "query: "));
        assert!(!of("", "", "for search: "));
    }
}
