//! A model that was found by its name, and is not loaded yet.

use std::path::Path;
use std::sync::Arc;

use yuyi_models::{
    Embedder, Error, LocalEmbedder, LocalReranker, ModelFacts, ModelKind, PairScorer, Resolved,
    StoredCalibration, resolve,
};
use yuyi_remote::{Remote, is_remote};

use crate::OpenOptions;

/// A model that was found by its name, on this machine or elsewhere.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "there is one for a model that is loaded, which is far larger"
)]
pub enum Found {
    /// It has a folder, or is the built-in one.
    Here(Resolved),
    /// It computes elsewhere.
    Elsewhere(Remote),
}

/// The model of `name`: built in, installed, a folder, or one that computes elsewhere (`remote:…`). Nothing is loaded and
/// nobody is called.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<Found, Error> {
    match is_remote(name) {
        true => Remote::named(name).map(Found::Elsewhere),
        false => resolve(name).map(Found::Here),
    }
}

impl From<Resolved> for Found {
    fn from(found: Resolved) -> Self {
        Self::Here(found)
    }
}

impl From<Remote> for Found {
    fn from(found: Remote) -> Self {
        Self::Elsewhere(found)
    }
}

impl Found {
    /// Name for requests and replies.
    pub fn name(&self) -> &str {
        match self {
            Self::Here(model) => &model.name,
            Self::Elsewhere(remote) => remote.name(),
        }
    }

    /// The folder of a model that was named by its path, and not by a name that is known.
    pub fn named_folder(&self) -> Option<&Path> {
        match self {
            Self::Here(model) if model.by_path => model.folder.path(),
            _ => None,
        }
    }

    /// What to know before relying on the model, a sentence each.
    ///
    /// # Errors
    /// When its files are missing or broken.
    pub fn remarks(&self) -> Result<Vec<String>, Error> {
        match self {
            Self::Here(model) => model.remarks(),
            Self::Elsewhere(_) => Ok(Vec::new()),
        }
    }

    /// What the model will be. That of one that computes elsewhere may have to be asked there.
    ///
    /// # Errors
    /// When its folder does not hold a model that can be run, or it does not answer.
    pub fn facts(&self, options: &OpenOptions) -> Result<ModelFacts, Error> {
        match self {
            Self::Here(model) => match model.kind()? {
                ModelKind::Embedding => model.facts(options.precision, options.threads),
                ModelKind::Reranker => {
                    let facts = model.reranker_facts(options.precision, options.threads)?;
                    Ok(PairScorer::facts_of(&facts))
                }
            },
            Self::Elsewhere(remote) => Ok(remote.open(&options.remote)?.facts().clone()),
        }
    }

    /// As [`Found::facts`], as far as it is known without calling anybody: a dimension of 0 means that it was not told yet.
    ///
    /// # Errors
    /// When its folder does not hold a model that can be run.
    pub fn known_facts(&self, options: &OpenOptions) -> Result<ModelFacts, Error> {
        match self {
            Self::Here(_) => self.facts(options),
            Self::Elsewhere(remote) => Ok(remote.known_facts()),
        }
    }

    /// Its calibration, as far as that is known without reading weights or calling anybody.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        match self {
            Self::Here(model) => model.calibration(),
            Self::Elsewhere(remote) => remote.calibration(),
        }
    }

    /// Loads the model, or makes ready to call it. A reranker [scores](ModelFacts::scores) pairs and embeds nothing.
    ///
    /// # Errors
    /// When it does not load, cannot be called, or does not answer.
    pub fn load(self, options: &OpenOptions) -> Result<Arc<dyn Embedder>, Error> {
        match self {
            Self::Here(model) => {
                let OpenOptions {
                    precision,
                    threads,
                    progress,
                    ..
                } = options;
                if model.kind()? == ModelKind::Reranker {
                    let loaded = LocalReranker::load(model, *precision, *threads, progress)?;
                    return Ok(Arc::new(PairScorer::new(Box::new(loaded))));
                }
                let loaded = LocalEmbedder::load_watched(model, *precision, *threads, progress)?;
                Ok(Arc::new(loaded))
            }
            Self::Elsewhere(remote) => Ok(Arc::new(remote.open(&options.remote)?)),
        }
    }
}
