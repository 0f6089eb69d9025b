//! How well texts answer a query, by vectors or by a model that reads both.

use std::sync::Arc;

use yuyi::{EmbedOptions, Input, ModelFacts};
use yuyi_collections::RerankScore;
use yuyi_serving::{Embedded, ModelHandle};

use crate::request::options::RefuseCut;
use crate::{ApiError, App};

/// A query and documents, after the model.
pub(crate) struct Rated {
    embedded: Embedded,
    /// The first vector is the query's; else each result is the logit of a pair.
    has_query: bool,
}

/// Texts of one query or of several side by side.
pub(crate) struct Sides {
    /// One, or as many as documents.
    pub(crate) queries: Vec<String>,
    pub(crate) documents: Vec<String>,
}

impl App {
    /// The model that a request wants texts ranked by: the one that it names, or else the one reranker that is served, or
    /// else the default model.
    ///
    /// # Errors
    /// As [`App::model`], but that rerankers are welcome.
    pub(crate) async fn ranker(&self, wanted: Option<&str>) -> Result<ModelHandle, ApiError> {
        match (wanted, self.registry().only_reranker()) {
            (None, Some(name)) => self.any_model(Some(name)).await,
            _ => self.any_model(wanted).await,
        }
    }

    /// The name of the one reranker that is served, which `rerank: true` means.
    ///
    /// # Errors
    /// When there is none, or several.
    pub(crate) fn reranker_name(&self) -> Result<&str, ApiError> {
        if let Some(only) = self.registry().only_reranker() {
            return Ok(only);
        }
        let statuses = self.registry().statuses().into_iter();
        let reason = match statuses.filter(|status| status.is_reranker).count() {
            0 | 1 => {
                "No reranker is served. Serve one beside the other models, or leave `rerank` out."
            }
            _ => {
                "Several rerankers are served, and it is not clear which is meant. Serve one of them alone, or leave `rerank` out."
            }
        };
        Err(ApiError::InvalidValue {
            field: "rerank".to_owned(),
            reason: reason.to_owned(),
        })
    }

    /// What a reranker says of pairs, in order; a query that stands before several documents behind one another is kept once.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn rerank<'p>(
        &self,
        model: &ModelHandle,
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Result<Vec<RerankScore>, ApiError> {
        let mut query: Arc<str> = "".into();
        let mut inputs = Vec::new();
        for (asked, text) in pairs {
            if *query != *asked {
                query = asked.into();
            }
            inputs.push(Input::Pair(Arc::clone(&query), text.into()));
        }
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let scored = self.score_pairs(model, inputs).await?;
        let said = scored.vectors.iter().map(|of| RerankScore {
            score: score(model.facts(), of.length, false),
            logit: f64::from(of.length),
        });
        Ok(said.collect())
    }

    /// Has one query and its documents rated.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn rate(
        &self,
        model: &ModelHandle,
        (query, documents): (&str, &[String]),
        options: EmbedOptions,
    ) -> Result<Rated, ApiError> {
        if model.facts().scores.is_none() {
            let texts = std::iter::once(query).chain(documents.iter().map(String::as_str));
            let texts = texts.map(str::to_owned).collect();
            return Ok(Rated {
                embedded: self.embed(model, texts, options).await?,
                has_query: true,
            });
        }
        let query: Arc<str> = query.into();
        let pairs = documents
            .iter()
            .map(|document| Input::Pair(Arc::clone(&query), document.as_str().into()));
        Ok(Rated {
            embedded: self.score_pairs(model, pairs.collect()).await?,
            has_query: false,
        })
    }

    /// Logits of texts side by side, by a reranker; `queries` are one, or as many as `documents`.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn score_sides(
        &self,
        model: &ModelHandle,
        sides: Sides,
    ) -> Result<Embedded, ApiError> {
        let queries: Vec<Arc<str>> = sides.queries.into_iter().map(Arc::from).collect();
        let pairs = queries.iter().cycle().zip(sides.documents);
        let pairs = pairs.map(|(query, document)| Input::Pair(Arc::clone(query), document.into()));
        self.score_pairs(model, pairs.collect()).await
    }
}

impl Rated {
    /// What the model gave.
    pub(crate) fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// Number of documents.
    pub(crate) fn documents(&self) -> usize {
        self.embedded.vectors.len() - usize::from(self.has_query)
    }

    /// Places and scores of the documents; the best first, and of equals the one that came first. Scores are similarities, or
    /// cosines if `raw`; those of a reranker its own, or its logits.
    pub(crate) fn ranks(&self, raw: bool) -> Vec<(usize, f64)> {
        let embedded = &self.embedded;
        if !self.has_query {
            let scores = embedded.vectors.iter().map(|of| of.length).enumerate();
            let mut ranked: Vec<(usize, f32)> = scores.collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
            let facts = embedded.model.facts();
            let shown = ranked.into_iter();
            return shown
                .map(|(i, logit)| (i, score(facts, logit, raw)))
                .collect();
        }
        let Some((query, texts)) = embedded.vectors.split_first() else {
            return Vec::new();
        };
        let shown = |yuyi::Ranked { index, score }| match raw {
            true => (index, score.cosine),
            false => (index, score.similarity),
        };
        embedded
            .model
            .rank(query, texts)
            .into_iter()
            .map(shown)
            .collect()
    }

    /// Refuses what was cut; `field` names the field of a document, `query` that of the query.
    pub(crate) fn refuse_cut(
        &self,
        query: &str,
        field: impl Fn(usize) -> String,
    ) -> Result<(), ApiError> {
        self.embedded.refuse_cut(|i| match self.has_query {
            false => field(i),
            true => i.checked_sub(1).map_or_else(|| query.to_owned(), &field),
        })
    }
}

/// The score of a logit, or the logit itself if `raw`.
pub(crate) fn score(facts: &ModelFacts, logit: f32, raw: bool) -> f64 {
    match facts.scores {
        Some(activation) if !raw => f64::from(activation.apply(logit)),
        _ => f64::from(logit),
    }
}
