//! Texts to vectors, as every route asks for them.

use tracing::Level;
use yuyi_models::{EmbedOptions, Input, Inputs};
pub(crate) use yuyi_serving::{Embedded, ModelHandle as Model};

use crate::timings::{self, Timings};
use crate::{ApiError, App};

impl App {
    /// The model that a request names, or the default one; waits while it is being loaded for the
    /// request.
    ///
    /// # Errors
    /// When no model of that name is served, or it cannot be loaded in time.
    pub(crate) async fn model(&self, wanted: Option<&str>) -> Result<Model, ApiError> {
        Ok(self.service().model(wanted).await?)
    }

    /// Unit vectors of `inputs`, in order, from the caches or computed when their turn has come. How
    /// long it took is added to the request's [`Timings`].
    ///
    /// # Errors
    /// When the queue is full, the wait is too long, a token id is unknown, or the model fails.
    pub(crate) async fn embed(
        &self,
        model: &Model,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        log_texts(&inputs);
        let embedded = self.service().embed(model, inputs, options).await?;
        timings::add(embedded.timings);
        Ok(embedded)
    }

    /// As [`App::embed`], for texts that are not those of the request.
    ///
    /// # Errors
    /// As [`App::embed`].
    pub(crate) async fn vectors(
        &self,
        model: &Model,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Embedded, ApiError> {
        let embedded = self.service().embed(model, inputs, options).await?;
        timings::add(Timings {
            truncated: 0,
            ..embedded.timings
        });
        Ok(embedded)
    }
}

/// Where texts of requests are logged. Nothing else is logged there, and texts nowhere else, so that a filter on
/// this target decides.
pub const TEXTS_LOG: &str = "yuyi_server::texts";

fn log_texts(inputs: &Inputs) {
    if !tracing::enabled!(target: TEXTS_LOG, Level::INFO) {
        return;
    }
    let texts: Vec<&str> = match inputs {
        Inputs::Texts(texts) => texts.iter().map(String::as_str).collect(),
        Inputs::Mixed(inputs) => inputs.iter().filter_map(Input::text).collect(),
    };
    if !texts.is_empty() {
        tracing::info!(target: TEXTS_LOG, ?texts, "texts of a request");
    }
}
