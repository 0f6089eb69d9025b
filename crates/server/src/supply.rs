//! What whoever starts a server may give it beside models: a way to fetch others, and what is known of those that are there.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

use crate::ApiError;

/// A model that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullOrder {
    /// A name of the catalogue, `ORG/NAME`, or the address of its page.
    pub model: String,
    /// Which hub is asked: `auto`, `hf` or `modelscope`.
    pub from: &'static str,
    /// Branch, tag or commit; `None`: the newest.
    pub revision: Option<String>,
    /// Name that it gets; `None`: that of its repository.
    pub name: Option<String>,
    /// Number format to shrink the weights to: `int8` or `int4`.
    pub quantize: Option<&'static str>,
}

/// Something that happens while a model is fetched.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum PullStep {
    /// A hub does not do, and the next one is asked.
    NextHub {
        /// Why, for people.
        message: String,
    },
    /// A host answers too many requests for now, and is asked again after a wait.
    Waiting {
        /// The host.
        host: String,
        /// For how long, in seconds.
        seconds: u64,
    },
    /// A hub has the model.
    Found {
        /// What the model will be called here.
        model: String,
        /// The repository.
        repository: String,
        /// The hub.
        host: String,
        /// Bytes of the files that are needed.
        bytes: u64,
        /// The licence, where it is known.
        licence: Option<String>,
        /// The licence, or what is known of the model, forbids commercial use.
        non_commercial: bool,
    },
    /// Files come.
    Downloading {
        /// Bytes that are there.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// All is there; it is checked, shrunk if that was asked for, and calibrated.
    Finishing,
    /// The model is installed. The last event.
    Success {
        /// What it is called.
        model: String,
        /// It was there already, and nothing was fetched.
        was_there: bool,
    },
    /// The model is not installed. The last event.
    Failed {
        /// Why, and what to do, for people.
        message: String,
    },
}

/// What is known of an installed model beside what the encoder knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AboutModel {
    /// Where it is: `built_in`, `home`, `huggingface_cache` or `modelscope_cache`.
    pub place: &'static str,
    /// The repository that it was fetched from.
    pub repository: Option<String>,
    /// Bytes of its files.
    pub bytes: Option<u64>,
    /// The licence of its weights.
    pub licence: Option<String>,
    /// What is wrong with it and how to mend it, as a sentence; `None`: it is whole.
    pub problem: Option<String>,
    /// What the catalogue says of using it.
    pub remark: Option<Remark>,
}

/// What to know before using a model, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Remark {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Fetches models for an admin, and tells of those that are installed. All calls block.
pub trait ModelSupply: Send + Sync {
    /// What the model of an order would be called.
    ///
    /// # Errors
    /// A sentence, when it is no model.
    fn name_of(&self, order: &PullOrder) -> Result<String, String>;

    /// Fetches a model and says what happens; once `see` says no, it stops. What the model is called, and whether it was there.
    ///
    /// # Errors
    /// A sentence that says what to do.
    fn pull(
        &self,
        order: &PullOrder,
        see: &(dyn Fn(PullStep) -> bool + Sync),
    ) -> Result<(String, bool), String>;

    /// What is known of the models of these names, one for each.
    fn about(&self, names: &[String]) -> Vec<Option<AboutModel>>;
}

/// The supply of a server, and what is being fetched.
#[derive(Clone, Default)]
pub(crate) struct Pulls {
    supply: Option<Arc<dyn ModelSupply>>,
    running: Arc<Mutex<BTreeSet<String>>>,
}

impl Pulls {
    pub(crate) fn of(supply: Arc<dyn ModelSupply>) -> Self {
        Self {
            supply: Some(supply),
            running: Arc::default(),
        }
    }

    /// Who fetches models, if anybody does.
    pub(crate) fn supply(&self) -> Option<Arc<dyn ModelSupply>> {
        self.supply.clone()
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Nothing panics while it holds the lock; if something did, the set would still be whole.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to fetch a model, which nobody else may meanwhile.
    pub(crate) fn begin(&self, model: String) -> Result<Pulling, ApiError> {
        match self.running().insert(model.clone()) {
            true => Ok(Pulling {
                pulls: self.clone(),
                model,
            }),
            false => Err(ApiError::PullInProgress { model }),
        }
    }
}

/// A model that is being fetched, as long as this lives.
pub(crate) struct Pulling {
    pulls: Pulls,
    model: String,
}

impl Drop for Pulling {
    fn drop(&mut self) {
        self.pulls.running().remove(&self.model);
    }
}
