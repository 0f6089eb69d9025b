//! What says how well a text answers another one, wherever it computes.

use serde::{Serialize, Serializer};
use yuyi_encoder::{
    Fingerprint, KernelPath, Pair, PairTruncation, Precision, ScoreActivation, Scored,
};

use crate::Error;
use crate::embedder::kernel_name;

/// What a caller may ask of one call to [`Reranker::rerank`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RerankOptions {
    /// Which text of a pair that is too long is cut.
    pub truncation: PairTruncation,
}

/// The facts of a reranker that people and clients are told.
#[derive(Clone, Debug, Serialize)]
pub struct RerankerFacts {
    /// Name, as requests give it.
    pub name: String,
    /// Transformer layers.
    pub layers: usize,
    /// Most tokens of a query and a document together; the rest is cut.
    pub max_tokens: usize,
    /// What makes a score of a logit.
    pub activation: ScoreActivation,
    /// Number format of the matrix products.
    pub precision: Precision,
    /// Instruction set that computes; `None`: the model computes elsewhere.
    #[serde(serialize_with = "write_kernel")]
    pub kernel: Option<KernelPath>,
    /// Threads of one forward pass.
    pub threads: usize,
    /// Bytes of weights held in memory.
    pub weight_bytes: usize,
}

impl RerankerFacts {
    /// Name of the instruction set that computes; `none` where the model computes elsewhere.
    pub fn kernel_name(&self) -> &'static str {
        kernel_name(self.kernel)
    }
}

fn write_kernel<S: Serializer>(kernel: &Option<KernelPath>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kernel_name(*kernel))
}

/// A model that reads a query and a document at once and says how well the one answers the other: a local
/// [`CrossEncoder`](yuyi_encoder::CrossEncoder), or one that computes elsewhere.
///
/// Every call blocks until its answer is there. Calls from several threads are sound, and whether they take turns is up to the model.
pub trait Reranker: Send + Sync {
    /// What is known of the model.
    fn facts(&self) -> &RerankerFacts;

    /// Whether it computes on the cores of this machine, which models share.
    fn computes_here(&self) -> bool {
        true
    }

    /// Whether files that it still reads have been written to, so that it answers no more until it is loaded again; cheap.
    fn is_outdated(&self) -> bool {
        false
    }

    /// Tokens that it reads around the two texts of a pair.
    fn tokens_around(&self) -> usize {
        0
    }

    /// What its scores are known by, for caches; reads the weights. `None`: it cannot be told.
    fn fingerprint(&self) -> Option<Fingerprint> {
        None
    }

    /// The tokens of a query by themselves, for [`Reranker::pair`]. `None`: the model does not tell its tokens.
    ///
    /// # Errors
    /// When the text cannot be split.
    fn query(&self, _: &str) -> Result<Option<Vec<u32>>, Error> {
        Ok(None)
    }

    /// A query's tokens with a document, as the model reads them. `None`: the model does not tell its tokens.
    ///
    /// # Errors
    /// When the document cannot be split.
    fn pair(&self, _: &[u32], _: &str, _: &RerankOptions) -> Result<Option<Pair>, Error> {
        Ok(None)
    }

    /// The query with each document, as the model reads them, so that a caller may score pairs of several queries together and
    /// knows how many tokens they have. The query is split once. `None`: the model does not tell its tokens.
    ///
    /// # Errors
    /// When a text cannot be split.
    fn pairs(
        &self,
        query: &str,
        documents: &[&str],
        options: &RerankOptions,
    ) -> Result<Option<Vec<Pair>>, Error> {
        let Some(query) = self.query(query)? else {
            return Ok(None);
        };
        let pair = |document: &&str| self.pair(&query, document, options);
        let pairs = documents.iter().map(pair).map(Result::transpose);
        pairs
            .collect::<Option<Result<Vec<Pair>, Error>>>()
            .transpose()
    }

    /// Scores of pairs that [`Reranker::pairs`] made, in order.
    ///
    /// # Errors
    /// [`Error::NoTokens`] when it makes none; otherwise when the model fails.
    fn score_pairs(&self, _: &[Pair]) -> Result<Vec<Scored>, Error> {
        Err(Error::NoTokens)
    }

    /// How well each document answers the query, in order.
    ///
    /// # Errors
    /// When the model fails.
    fn rerank(
        &self,
        query: &str,
        documents: &[&str],
        options: &RerankOptions,
    ) -> Result<Vec<Scored>, Error> {
        match self.pairs(query, documents, options)? {
            Some(pairs) => self.score_pairs(&pairs),
            None => Err(Error::NoTokens),
        }
    }
}
