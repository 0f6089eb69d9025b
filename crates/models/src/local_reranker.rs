//! Rerankers that compute in this process.

use yuyi_encoder::{
    CrossEncoder, CrossFacts, CrossSpec, Fingerprint, LoadOptions, LoadProgress, Pair, Precision,
    Scored,
};

use crate::{Error, RerankOptions, Reranker, RerankerFacts, Resolved};

/// What a model is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// Texts to vectors: an [`Embedder`](crate::Embedder).
    Embedding,
    /// Pairs of texts to scores: a [`Reranker`].
    Reranker,
}

impl Resolved {
    /// What the model is there for, by its configuration.
    ///
    /// # Errors
    /// When that is missing or broken.
    pub fn kind(&self) -> Result<ModelKind, Error> {
        let scores = CrossSpec::is_cross_encoder(&self.folder).map_err(Error::Encoder)?;
        Ok(match scores {
            true => ModelKind::Reranker,
            false => ModelKind::Embedding,
        })
    }

    /// What the reranker will be, known without loading it; `precision` and `threads` as in [`LoadOptions`].
    ///
    /// # Errors
    /// When the folder does not hold a reranker that can be run.
    pub fn reranker_facts(
        &self,
        precision: Option<Precision>,
        threads: Option<usize>,
    ) -> Result<RerankerFacts, Error> {
        let options = LoadOptions {
            precision,
            threads,
            ..LoadOptions::default()
        };
        let known = CrossFacts::of_folder(&self.folder, &options).map_err(Error::Encoder)?;
        Ok(facts(self.name.clone(), known))
    }
}

/// A [`CrossEncoder`] with its facts.
pub struct LocalReranker {
    model: CrossEncoder,
    facts: RerankerFacts,
}

impl LocalReranker {
    /// Loads a model, for others to watch; `precision` and `threads` as in [`LoadOptions`].
    ///
    /// # Errors
    /// When the folder does not hold a reranker that can be run.
    pub fn load(
        model: Resolved,
        precision: Option<Precision>,
        threads: Option<usize>,
        progress: &LoadProgress,
    ) -> Result<Self, Error> {
        let options = LoadOptions {
            precision,
            threads,
            progress: progress.clone(),
            ..LoadOptions::default()
        };
        let loaded = CrossEncoder::load(&model.folder, &options).map_err(Error::Encoder)?;
        Ok(Self {
            facts: facts(model.name, CrossFacts::of_loaded(&loaded)),
            model: loaded,
        })
    }
}

impl Reranker for LocalReranker {
    fn facts(&self) -> &RerankerFacts {
        &self.facts
    }

    fn is_outdated(&self) -> bool {
        self.model.check_files().is_err()
    }

    fn tokens_around(&self) -> usize {
        self.model.tokens_around()
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some(self.model.fingerprint())
    }

    fn query(&self, query: &str) -> Result<Option<Vec<u32>>, Error> {
        self.model.query(query).map(Some).map_err(Error::Encoder)
    }

    fn pair(
        &self,
        query: &[u32],
        document: &str,
        options: &RerankOptions,
    ) -> Result<Option<Pair>, Error> {
        let document = self.model.document(document).map_err(Error::Encoder)?;
        Ok(Some(self.model.pair(query, &document, options.truncation)))
    }

    fn score_pairs(&self, pairs: &[Pair]) -> Result<Vec<Scored>, Error> {
        self.model.score_pairs(pairs).map_err(Error::Encoder)
    }
}

fn facts(name: String, of: CrossFacts) -> RerankerFacts {
    RerankerFacts {
        name,
        layers: of.spec.config.layers,
        max_tokens: of.spec.max_tokens,
        activation: of.spec.activation,
        precision: of.precision,
        kernel: Some(of.kernel),
        threads: of.threads,
        weight_bytes: of.weight_bytes,
    }
}
