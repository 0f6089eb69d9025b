//! A second look at what was found, by a model that reads the question and each item together.

use yuyi::EmbedOptions;
use yuyi_collections::{Found, SearchHit};
use yuyi_serving::ModelHandle;

use crate::{ApiError, App};

/// Items that are read again, where no more are wanted.
const CANDIDATES: usize = 50;

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
    /// When there is no question in words, more items are wanted than a request may have texts, or not exactly one reranker is served
    /// or it does not load.
    pub(super) async fn new(
        app: &App,
        question: Option<&str>,
        limit: usize,
    ) -> Result<Self, ApiError> {
        let refused = |field: &str, reason: String| ApiError::InvalidValue {
            field: field.to_owned(),
            reason,
        };
        let Some(reranker) = app.registry().only_reranker() else {
            return Err(refused(
                "rerank",
                "No cross-encoder is served, which could rank again, or more than one. Leave it out.".to_owned(),
            ));
        };
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
            candidates: limit.max(CANDIDATES.min(most)),
        })
    }

    /// The first `limit` of the items by the scores of the reranker; of equals the one that was found first. What is read of
    /// an item is the text that it was found by.
    ///
    /// # Errors
    /// As [`App::rate`].
    pub(super) async fn order(
        &self,
        app: &App,
        found: Vec<Found>,
        limit: usize,
    ) -> Result<Vec<SearchHit>, ApiError> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let texts: Vec<String> = found.iter().map(|hit| hit.text().to_owned()).collect();
        let asked = (&*self.question, &texts[..]);
        let rated = app
            .rate(&self.model, asked, EmbedOptions::default())
            .await?;
        let mut hits: Vec<Option<Found>> = found.into_iter().map(Some).collect();
        let ranked = rated.ranks(false).into_iter().take(limit);
        let hit = |(place, score): (usize, f64)| {
            Some(SearchHit {
                rerank_score: Some(score),
                ..hits[place].take()?.into()
            })
        };
        Ok(ranked.filter_map(hit).collect())
    }
}
