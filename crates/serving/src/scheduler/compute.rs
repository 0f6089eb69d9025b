//! A batch through a model, and what its failure means.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use yuyi::{Batch, Encoded, ErrorKind, Item};

use super::queue::Taken;
use crate::Error;
use crate::loaded_model::LoadedModel;

/// Why a batch has no vectors.
pub(super) struct Failure {
    /// For the log.
    pub(super) reason: String,
    /// For those who wait.
    pub(super) error: Error,
    /// One of its texts may be at fault, so that the others by themselves would not fail. Where the call as a whole failed,
    /// smaller calls would fail as well, and be more of them.
    pub(super) may_be_a_text: bool,
}

impl Failure {
    /// The model broke off. On the cores here a text may have done that, and looking for it costs little; what computes
    /// elsewhere fails for reasons of its own, and is not asked the same again in parts.
    fn broken_off(model: &LoadedModel, reason: String) -> Self {
        Self {
            reason,
            error: Error::Failed,
            may_be_a_text: model.computes_here(),
        }
    }

    fn of(model: &LoadedModel, error: yuyi::EmbedderError) -> Self {
        let may_be_a_text = match model.computes_here() {
            true => error.kind() == ErrorKind::Input,
            false => error.is_of_an_input(),
        };
        Self {
            reason: error.to_string(),
            may_be_a_text,
            error: match is_outdated(&error) {
                // The next request has it loaded.
                true => Error::Loading {
                    model: model.name.clone(),
                    percent: 0,
                },
                false => Error::of_embedder(&error),
            },
        }
    }
}

/// The results of a batch, one for each job. A panic of the model is a failure like others.
pub(super) async fn compute(model: &Arc<LoadedModel>, jobs: &[Taken]) -> Result<Batch, Failure> {
    let items: Vec<Item> = jobs.iter().map(|job| job.item.clone()).collect();
    let embedder = model.model.clone();
    match spawn_blocking(move || embedder.embedder().embed_batch(&items)).await {
        Ok(Ok(computed)) if computed.results.len() == jobs.len() => Ok(computed),
        Ok(Ok(computed)) => {
            let count = computed.results.len();
            Err(Failure::broken_off(model, format!("{count} vectors")))
        }
        Ok(Err(error)) => Err(Failure::of(model, error)),
        // What it says may quote a user's text.
        Err(_) => Err(Failure::broken_off(model, "it panicked".to_owned())),
    }
}

/// Whether a model failed since its files were written to.
fn is_outdated(error: &yuyi::EmbedderError) -> bool {
    matches!(error, yuyi::EmbedderError::Encoder(error) if error.kind() == yuyi::EncoderErrorKind::Changed)
}

/// The vector of a text, for all who want it.
pub(super) fn shareable(
    result: Result<Encoded, yuyi::EmbedderError>,
) -> Result<Arc<Encoded>, Error> {
    result.map(Arc::new).map_err(|error| {
        if !error.is_of_an_input() {
            tracing::error!(%error, "a text failed");
        }
        Error::of_embedder(&error)
    })
}
