//! Texts into tokens, for those who ask for the tokens themselves.

use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use yuyi_encoder::Piece;
use yuyi_models::TokenizeOptions;

use crate::{Error, ModelHandle};

/// Requests that are split at a time; an answer may take a hundred megabytes.
const AT_ONCE: usize = 2;

/// Seconds after which whoever waited in vain should come again. Splitting texts takes milliseconds, so it was a burst.
const RETRY_AFTER: u32 = 1;

/// The bound on how many texts are split at a time.
pub(crate) struct Tokenizing {
    turns: Semaphore,
    patience: Duration,
}

impl Tokenizing {
    /// Where a request waits for its turn for `patience` at most.
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            turns: Semaphore::new(AT_ONCE),
            patience,
        }
    }

    /// All tokens of each text, in order, when the turn has come.
    ///
    /// # Errors
    /// When the wait is too long, the model does not tell its tokens, or it fails.
    pub(crate) async fn run(
        &self,
        model: ModelHandle,
        texts: Vec<String>,
        options: TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, Error> {
        let turn = timeout(self.patience, self.turns.acquire()).await;
        // The semaphore is never closed.
        let _turn = turn.map_err(|_| self.late())?.map_err(|_| Error::Failed)?;
        let split =
            spawn_blocking(move || model.inner.model.embedder().tokenize(&texts, &options)).await;
        split.map_err(|_| Error::Failed)?.map_err(explain)
    }

    fn late(&self) -> Error {
        Error::QueueTimeout {
            seconds: self.patience.as_secs(),
            retry_after: RETRY_AFTER,
        }
    }
}

fn explain(error: yuyi_models::Error) -> Error {
    match error {
        yuyi_models::Error::NoTokens => Error::NoTokens {
            reason: error.to_string(),
        },
        other => {
            tracing::error!(target: crate::LOG, cause = %other, "texts could not be split into tokens");
            Error::Failed
        }
    }
}
