//! A model that reads two texts together.

use std::fmt;
use std::sync::Arc;

use yuyi_encoder::Encoded;
use yuyi_models::{
    EmbedOptions, Embedder, Error as EmbedderError, Input, Inputs, ModelFacts, ScoreActivation,
};

use crate::{Error, Found, OpenOptions, find};

/// Pairs that go through the model together: enough to fill its batches, and few enough to hold little memory.
const AT_ONCE: usize = 256;

/// A reranker (a cross-encoder): reads a query and a document together, and says how well the one answers the other. Cheap to clone.
///
/// ```no_run
/// use yuyi::RerankModel;
///
/// let reranker = RerankModel::open("bge-reranker-base")?;
/// let scores = reranker.rerank("怎么开发票？", &["是否支持开具发票？", "今天天气真不错"])?;
/// assert!(scores[0].score > scores[1].score);
/// # Ok::<(), yuyi::Error>(())
/// ```
#[derive(Clone)]
pub struct RerankModel {
    embedder: Arc<dyn Embedder>,
    activation: ScoreActivation,
}

impl fmt::Debug for RerankModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut model = f.debug_struct("RerankModel");
        model.field("facts", self.facts()).finish_non_exhaustive()
    }
}

/// What a reranker says of a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairScore {
    /// By the model's own activation: of 0 to 1 for nearly all models.
    pub score: f64,
    /// What the model gives: any number, larger for a better answer.
    pub logit: f64,
    /// One of the texts was cut.
    pub truncated: bool,
}

impl RerankModel {
    /// Opens a reranker that is installed under this name, or a model folder.
    ///
    /// # Errors
    /// When there is no such model, it does not load, or it embeds texts instead.
    pub fn open(name_or_folder: &str) -> Result<Self, Error> {
        Self::load(find(name_or_folder)?, &OpenOptions::default())
    }

    /// Loads a model that was found before.
    ///
    /// # Errors
    /// When it does not load, or embeds texts instead.
    pub fn load(found: impl Into<Found>, options: &OpenOptions) -> Result<Self, Error> {
        let found = found.into();
        if let Found::Elsewhere(_) = &found {
            // What computes elsewhere gives vectors, and need not be called to learn that.
            return Err(no_scores(found.name()));
        }
        Self::new(found.load(options)?)
    }

    /// A model of any kind.
    ///
    /// # Errors
    /// When it embeds texts instead of scoring pairs.
    pub fn new(embedder: Arc<dyn Embedder>) -> Result<Self, Error> {
        match embedder.facts().scores {
            Some(activation) => Ok(Self {
                embedder,
                activation,
            }),
            None => Err(no_scores(&embedder.facts().name)),
        }
    }

    /// What is known of the model.
    pub fn facts(&self) -> &ModelFacts {
        self.embedder.facts()
    }

    /// How well each document answers the query, in order.
    ///
    /// # Errors
    /// When the model fails.
    pub fn rerank(
        &self,
        query: &str,
        documents: &[impl AsRef<str>],
    ) -> Result<Vec<PairScore>, Error> {
        self.score(documents.iter().map(|document| (query, document.as_ref())))
    }

    /// Scores of pairs of a query and a document, in order. A query that stands before several documents behind one another is split once for
    /// those that go through the model together.
    ///
    /// # Errors
    /// When the model fails.
    pub fn score<'p>(
        &self,
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Vec<PairScore>, Error> {
        let mut query: Arc<str> = "".into();
        let mut inputs = Vec::new();
        for (asked, document) in pairs {
            if *query != *asked {
                query = asked.into();
            }
            inputs.push(Input::Pair(Arc::clone(&query), document.into()));
        }
        let mut scores = Vec::with_capacity(inputs.len());
        while !inputs.is_empty() {
            let rest = inputs.split_off(inputs.len().min(AT_ONCE));
            let batch = Inputs::Mixed(std::mem::replace(&mut inputs, rest));
            let expected = batch.len();
            let encoded = self.embedder.embed(batch, &EmbedOptions::default())?;
            Error::check_count(expected, encoded.len())?;
            scores.extend(encoded.iter().map(|of| self.of(of)));
        }
        Ok(scores)
    }

    fn of(&self, encoded: &Encoded) -> PairScore {
        PairScore {
            score: f64::from(self.activation.apply(encoded.length)),
            logit: f64::from(encoded.length),
            truncated: encoded.truncated,
        }
    }
}

fn no_scores(name: &str) -> Error {
    let name = name.to_owned();
    EmbedderError::NoScores { name }.into()
}
