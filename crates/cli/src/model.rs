//! The model of a command, loaded.

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};
use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Embedder, Inputs, LocalEmbedder, ModelFacts, resolve};
use yuyi_tasks::Calibration;

use crate::args::ModelArgs;

/// A loaded model with the runtime that it is asked on.
pub struct Model {
    embedder: LocalEmbedder,
    runtime: Runtime,
}

impl Model {
    /// Loads the model that the command line names.
    pub fn load(args: &ModelArgs) -> anyhow::Result<Self> {
        let model = resolve(&args.model)?;
        let embedder = LocalEmbedder::load(model, args.compute.precision(), args.compute.threads())
            .with_context(|| format!("The model {} cannot be loaded", args.model))?;
        let runtime = Builder::new_current_thread().build()?;
        Ok(Self { embedder, runtime })
    }

    /// What is known of the model.
    pub fn facts(&self) -> &ModelFacts {
        self.embedder.facts()
    }

    /// The mapping of its cosines: fitted by the user, or the model's own.
    ///
    /// # Errors
    /// When there is one that is not sound: without it the scores would silently be others.
    pub fn calibration(&self) -> anyhow::Result<Calibration> {
        Ok(match self.embedder.calibration()? {
            Some(file) => Calibration::read(&file.name, &file.content)?,
            None => Calibration::Uncalibrated,
        })
    }

    /// Unit vectors of `texts`, in order.
    pub fn embed(
        &self,
        texts: Vec<String>,
        options: &EmbedOptions,
    ) -> anyhow::Result<Vec<Encoded>> {
        let inputs = Inputs::Texts(texts);
        Ok(self
            .runtime
            .block_on(self.embedder.embed(inputs, options.clone()))?)
    }
}
