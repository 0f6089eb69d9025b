//! A reranker in the form of an embedder.

use std::sync::Arc;
use std::time::Instant;

use yuyi_encoder::{Encoded, Fingerprint, Pair, Scored};

use crate::{
    Batch, Embedder, Error, Input, Item, ModelFacts, RerankOptions, Reranker, RerankerFacts,
};

/// A [`Reranker`] for whoever schedules, caches and keeps models as [`Embedder`]s: it takes pairs and nothing else, and the
/// result of one is its logit, as the [length](Encoded::length) of the vector that has one element, 1.
pub struct PairScorer {
    reranker: Box<dyn Reranker>,
    facts: ModelFacts,
}

impl PairScorer {
    /// With the facts of the reranker.
    pub fn new(reranker: Box<dyn Reranker>) -> Self {
        let facts = Self::facts_of(reranker.facts());
        Self { reranker, facts }
    }

    /// The facts of a reranker as those of a model: its vectors have one element.
    pub fn facts_of(facts: &RerankerFacts) -> ModelFacts {
        ModelFacts {
            name: facts.name.clone(),
            dimension: 1,
            layers: facts.layers,
            max_tokens: facts.max_tokens,
            pooling: None,
            default_prompt: String::new(),
            prompts: Default::default(),
            precision: Some(facts.precision),
            kernel: facts.kernel,
            threads: facts.threads,
            weight_bytes: facts.weight_bytes,
            scores: Some(facts.activation),
        }
    }

    /// The pairs of items as the model reads them. A query that stands before several documents is split once.
    fn pairs(&self, items: &[Item]) -> Result<Vec<Result<Arc<Pair>, Error>>, Error> {
        let mut pairs = Vec::with_capacity(items.len());
        for group in items.chunk_by(|a, b| query(a).is_some() && query(a) == query(b)) {
            match query(&group[0]) {
                Some(query) => pairs.extend(self.of_query(query, group)?.into_iter().map(Ok)),
                None => pairs.extend(group.iter().map(read_already)),
            }
        }
        Ok(pairs)
    }

    fn of_query(&self, query: &str, group: &[Item]) -> Result<Vec<Arc<Pair>>, Error> {
        let document = |item: &'_ Item| match &item.input {
            Input::Pair(_, document) => Arc::clone(document),
            _ => "".into(),
        };
        let documents: Vec<Arc<str>> = group.iter().map(document).collect();
        let documents: Vec<&str> = documents.iter().map(|document| &**document).collect();
        let pairs = self
            .reranker
            .pairs(query, &documents, &RerankOptions::default())?;
        let pairs = pairs.ok_or(Error::NoTokens)?;
        match pairs.len() == group.len() {
            true => Ok(pairs.into_iter().map(Arc::new).collect()),
            false => Err(Error::Interrupted),
        }
    }
}

/// The query of a pair that was not read yet.
fn query(item: &Item) -> Option<&str> {
    match &item.input {
        Input::Pair(query, _) => Some(query),
        _ => None,
    }
}

fn read_already(item: &Item) -> Result<Arc<Pair>, Error> {
    match &item.input {
        Input::PairTokens(pair) => Ok(Arc::clone(pair)),
        _ => Err(Error::InvalidTokens(
            "This model scores pairs; it does not embed texts.".to_owned(),
        )),
    }
}

impl Embedder for PairScorer {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn computes_here(&self) -> bool {
        self.reranker.computes_here()
    }

    fn is_outdated(&self) -> bool {
        self.reranker.is_outdated()
    }

    fn tokens_around(&self) -> usize {
        self.reranker.tokens_around()
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.reranker.fingerprint()
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        let started = Instant::now();
        let pairs = self.pairs(items)?;
        let sound: Vec<Pair> = pairs
            .iter()
            .flatten()
            .map(|pair| Pair::clone(pair))
            .collect();
        let tokenized = Instant::now();
        let mut scored = self.reranker.score_pairs(&sound)?.into_iter();
        let results = pairs.into_iter().map(|pair| {
            pair?;
            scored.next().map(encoded).ok_or(Error::Interrupted)
        });
        Ok(Batch {
            results: results.collect(),
            tokenize: tokenized - started,
            compute: tokenized.elapsed(),
        })
    }

    fn split_query(&self, query: &str) -> Result<Option<Vec<u32>>, Error> {
        self.reranker.query(query)
    }

    fn split_pair(&self, query: &[u32], document: &str) -> Result<Option<Pair>, Error> {
        self.reranker
            .pair(query, document, &RerankOptions::default())
    }
}

fn encoded(scored: Scored) -> Encoded {
    Encoded {
        vector: vec![1.0],
        length: scored.logit,
        tokens: scored.tokens,
        truncated: scored.truncated,
        unknown: 0,
        states: None,
    }
}
