//! A second look at what was found, by a model that reads the question and each item together.

use yuyi_collections::{Found, RERANKED_HITS, SearchHit, reranked};
use yuyi_serving::ModelHandle;

use crate::{ApiError, App};

/// Who looks again, for what, and at how many.
pub(super) struct Reranking {
    model: ModelHandle,
    question: String,
    /// Items that have to be found.
    pub(super) candidates: usize,
}

impl Reranking {
    /// For a search that wants `limit` items.
    ///
    /// # Errors
    /// When there is no question in words, more items are wanted than a request may have texts, or as [`App::reranker`].
    pub(super) async fn new(
        app: &App,
        question: Option<&str>,
        limit: usize,
    ) -> Result<Self, ApiError> {
        let refused = |field: &str, reason: String| ApiError::InvalidValue {
            field: field.to_owned(),
            reason,
        };
        let reranker = app.reranker_name()?;
        let Some(question) = question else {
            let reason = "A reranker reads the question: send it as `text`, or leave `rerank` out.";
            return Err(refused("rerank", reason.to_owned()));
        };
        let most = app.limits().texts;
        if limit > most {
            let reason = format!(
                "It is {limit}; with `rerank` a call may ask for {most} at most, as each is read again."
            );
            return Err(refused("limit", reason));
        }
        Ok(Self {
            model: app.any_model(Some(reranker)).await?,
            question: question.to_owned(),
            candidates: limit.max(RERANKED_HITS.min(most)),
        })
    }

    /// The first `limit` of the items by the scores of the reranker; of equals the one that was found first. What is read of
    /// an item is the text that it was found by.
    ///
    /// # Errors
    /// As [`App::rerank`].
    pub(super) async fn order(
        &self,
        app: &App,
        found: Vec<Found>,
        limit: usize,
    ) -> Result<Vec<SearchHit>, ApiError> {
        let pairs = found.iter().map(|hit| (&*self.question, hit.text()));
        let scores = app.rerank(&self.model, pairs).await?;
        Ok(reranked(found, &scores, limit))
    }
}
