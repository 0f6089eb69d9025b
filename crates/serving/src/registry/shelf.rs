//! The models that requests may name: those that are listed, and those that are installed beside them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;

use super::slot::Slot;
use super::{LoadError, ModelSource, chain};

/// Models that are installed on this machine.
pub trait ModelLibrary: Send + Sync {
    /// Their names; may block.
    ///
    /// # Errors
    /// When it cannot be told what is installed.
    fn names(&self) -> Result<Vec<String>, LoadError>;

    /// The one of exactly this name, which a client made up: it is compared, and never part of a path. May block.
    ///
    /// # Errors
    /// When it cannot be told whether it is installed.
    fn find(&self, name: &str) -> Result<Option<ModelSource>, LoadError>;
}

/// Models that a server has.
#[derive(Default)]
pub struct Models {
    /// Those that it is there for; the first one is the default.
    pub listed: Vec<ModelSource>,
    /// Where further ones are found when a request names them; `None`: nowhere.
    pub library: Option<Arc<dyn ModelLibrary>>,
}

impl From<Vec<ModelSource>> for Models {
    fn from(listed: Vec<ModelSource>) -> Self {
        Self {
            listed,
            library: None,
        }
    }
}

/// Every model that has a slot, and the library that further ones come from.
pub(super) struct Shelf {
    listed: Vec<Arc<Slot>>,
    /// Of the library, those that a request has named: no more than are installed.
    named: Mutex<Vec<Arc<Slot>>>,
    library: Option<Arc<dyn ModelLibrary>>,
}

impl Shelf {
    pub(super) fn new(models: Models) -> Self {
        let listed = models.listed.into_iter();
        Self {
            listed: listed.map(|source| Arc::new(Slot::new(source))).collect(),
            named: Mutex::default(),
            library: models.library,
        }
    }

    /// Those that are listed, the default model first.
    pub(super) fn listed(&self) -> &[Arc<Slot>] {
        &self.listed
    }

    fn named(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        // Nothing panics while it holds the lock; if something did, the list would still be whole.
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that may be in memory.
    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        let named = self.named();
        self.listed.iter().chain(named.iter()).cloned().collect()
    }

    /// The model of a name. One that is neither in memory nor listed must still be installed.
    pub(super) async fn find(&self, name: &str) -> Option<Arc<Slot>> {
        let is_it = |slot: &&Arc<Slot>| slot.is(name);
        if let Some(slot) = self.listed.iter().find(is_it) {
            return Some(Arc::clone(slot));
        }
        let known = self.named().iter().find(is_it).cloned();
        if let Some(slot) = known.filter(|slot| slot.is_present()) {
            return Some(slot);
        }
        let source = self.look_up(name).await;
        let mut named = self.named();
        let place = named.iter().position(|slot| slot.is(name));
        match (source, place) {
            (Some(_), Some(place)) => Some(Arc::clone(&named[place])),
            (Some(source), None) => {
                let slot = Arc::new(Slot::new(source));
                named.push(Arc::clone(&slot));
                Some(slot)
            }
            (None, Some(place)) => {
                named.swap_remove(place);
                None
            }
            (None, None) => None,
        }
    }

    /// The model of exactly this name, of those that are installed.
    pub(super) async fn look_up(&self, name: &str) -> Option<ModelSource> {
        let name = name.to_owned();
        self.ask(move |library| library.find(&name)).await.flatten()
    }

    /// The slots and, without one yet, the names of all other models that a request may name.
    pub(super) async fn all(&self) -> (Vec<Arc<Slot>>, Vec<String>) {
        let installed = self.ask(|library| library.names()).await;
        let mut installed = installed.unwrap_or_default();
        let mut slots = self.slots();
        slots.retain(|slot| {
            let listed = self.listed.iter().any(|other| Arc::ptr_eq(slot, other));
            listed || slot.is_present() || installed.iter().any(|name| slot.is(name))
        });
        installed.retain(|name| !slots.iter().any(|slot| slot.is(name)));
        (slots, installed)
    }

    /// What the library says, if there is one and it can say.
    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn ModelLibrary) -> Result<T, LoadError> + Send + 'static,
    ) -> Option<T> {
        let library = Arc::clone(self.library.as_ref()?);
        match spawn_blocking(move || question(&*library)).await.ok()? {
            Ok(answer) => Some(answer),
            Err(error) => {
                tracing::error!(
                    error = chain(&*error),
                    "the installed models cannot be listed"
                );
                None
            }
        }
    }
}
