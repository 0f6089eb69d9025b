//! A model that a request holds.

use std::borrow::Borrow;
use std::sync::Arc;
use std::time::Instant;

use yuyi::{Calibration, Encoded, ModelFacts, Piece, Ranked, Score, TokenizeOptions, VectorSpace};

use crate::Error;
use crate::loaded_model::LoadedModel;
use crate::space::Space;

/// A loaded model, held for the length of a request: it stays in memory until the last one that uses
/// it is answered. By itself it does what needs no turn; texts are embedded by the [`Service`](crate::Service).
#[derive(Clone)]
pub struct ModelHandle {
    pub(crate) inner: Arc<LoadedModel>,
    /// When the request asked for it; its patience counts from here.
    pub(crate) since: Instant,
}

impl ModelHandle {
    /// The model's name in replies.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// What is known of it.
    pub fn facts(&self) -> &ModelFacts {
        self.inner.facts()
    }

    /// The mapping of its cosines.
    pub fn calibration(&self) -> &Calibration {
        self.inner.model.calibration()
    }

    /// Which vectors may stand beside its own; `None` for a moment after it is loaded, and where that cannot be told.
    pub fn vector_space(&self) -> Option<VectorSpace> {
        self.inner.space().map(Space::identity)
    }

    /// The same, found out where it is not known yet; `None` where it cannot be told. May read all weights, so it is called where that may block.
    pub fn learn_vector_space(&self) -> Option<VectorSpace> {
        self.inner.learn_space();
        self.vector_space()
    }

    /// Whether token ids are the model's own and not too many.
    ///
    /// # Errors
    /// [`Error::InvalidTokens`] where the model can tell before it embeds them.
    pub fn check_tokens(&self, ids: &[u32]) -> Result<(), Error> {
        let checked = self.inner.model.embedder().check_tokens(ids);
        checked.map_err(|error| Error::InvalidTokens {
            reason: error.to_string(),
        })
    }

    /// All tokens of each text, in order, also of a text that is longer than the model reads. Takes a while, as a step of an
    /// [`Errand`](crate::Errand) may.
    ///
    /// # Errors
    /// When the model does not tell its tokens, or it fails.
    pub fn tokenize(
        &self,
        texts: &[String],
        options: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, Error> {
        let split = self.inner.model.embedder().tokenize(texts, options);
        split.map_err(|error| match error {
            yuyi::EmbedderError::NoTokens => Error::NoTokens {
                reason: error.to_string(),
            },
            other => {
                tracing::error!(cause = %other, "texts could not be split into tokens");
                Error::Failed
            }
        })
    }

    /// How alike two texts are that it embedded.
    pub fn score(&self, a: &Encoded, b: &Encoded) -> Score {
        self.inner.model.score_vectors(a, b)
    }

    /// Texts that it embedded, by how alike they are to the query, the best first; of equals, the one that came first.
    pub fn rank<T: Borrow<Encoded>>(&self, query: &Encoded, texts: &[T]) -> Vec<Ranked> {
        self.inner.model.rank_vectors(query, texts)
    }

    /// The same model, for work whose patience counts from now.
    pub fn anew(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            since: Instant::now(),
        }
    }
}
