//! The models that requests may name: those that are listed, and those that are installed beside them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::slot::Slot;
use super::{LoadError, ModelSource, chain};

/// How long a model that is in memory is taken for the one that is installed under its name, before the next look.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

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

    /// Tells models apart that are installed under the same name one after the other; `None`: none is. May block.
    ///
    /// # Errors
    /// As [`ModelLibrary::find`].
    fn stamp(&self, name: &str) -> Result<Option<u64>, LoadError>;
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
    named: Mutex<Vec<Named>>,
    /// What was installed under the names of others before, and is still in use.
    leaving: Mutex<Vec<Arc<Slot>>>,
    library: Option<Arc<dyn ModelLibrary>>,
}

/// A model of the library.
struct Named {
    slot: Arc<Slot>,
    /// Of what was installed when it was last looked for.
    stamp: Option<u64>,
    looked: Instant,
}

impl Named {
    fn new(source: ModelSource, stamp: Option<u64>) -> Self {
        Self {
            slot: Arc::new(Slot::new(source)),
            stamp,
            looked: Instant::now(),
        }
    }
}

impl Shelf {
    pub(super) fn new(models: Models) -> Self {
        let listed = models.listed.into_iter();
        Self {
            listed: listed.map(|source| Arc::new(Slot::new(source))).collect(),
            named: Mutex::default(),
            leaving: Mutex::default(),
            library: models.library,
        }
    }

    /// Those that are listed, the default model first.
    pub(super) fn listed(&self) -> &[Arc<Slot>] {
        &self.listed
    }

    fn named(&self) -> MutexGuard<'_, Vec<Named>> {
        // Nothing panics while it holds the lock; if something did, the list would still be whole.
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that may be in memory.
    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        let named = self.named();
        let named = named.iter().map(|known| &known.slot);
        self.listed.iter().chain(named).cloned().collect()
    }

    /// The model of a name. One that is not listed must be installed, and still be the same: where another one is by now, that is
    /// meant, and what is in memory is let go.
    pub(super) async fn find(&self, name: &str) -> Option<Arc<Slot>> {
        if let Some(slot) = self.listed.iter().find(|slot| slot.is(name)) {
            return Some(Arc::clone(slot));
        }
        if let Some(slot) = self.at_hand(name) {
            return Some(slot);
        }
        let wanted = name.to_owned();
        let found = self.ask(move |library| {
            // Before the source: what changes in between is seen by the next look.
            let stamp = library.stamp(&wanted)?;
            Ok(library.find(&wanted)?.map(|source| (source, stamp)))
        });
        let found = found.await;
        let mut named = self.named();
        let place = named.iter().position(|known| known.slot.is(name));
        let Some(place) = place else {
            let (source, stamp) = found.flatten()?;
            let new = Named::new(source, stamp);
            let slot = Arc::clone(&new.slot);
            named.push(new);
            return Some(slot);
        };
        let known = &mut named[place];
        match found {
            // Nobody can say what is installed: what is in memory is as good as ever.
            None if known.slot.is_present() => {}
            Some(Some((_, stamp))) if stamp == known.stamp => {}
            Some(Some((source, stamp))) => {
                tracing::info!(model = name, "another model is installed under the name");
                self.let_go(&known.slot);
                *known = Named::new(source, stamp);
            }
            None | Some(None) => {
                self.let_go(&named.swap_remove(place).slot);
                return None;
            }
        }
        Some(Arc::clone(&known.slot))
    }

    fn let_go(&self, slot: &Arc<Slot>) {
        slot.unload();
        if slot.held() > 0 {
            self.leaving().push(Arc::clone(slot));
        }
    }

    fn leaving(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        // As of those that were named.
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of all models in memory, also of those that only await their last requests.
    pub(super) fn held(&self) -> usize {
        // Before the lock: whoever lets a slot go has the other one.
        let slots = self.slots();
        let mut leaving = self.leaving();
        leaving.retain(|slot| slot.held() > 0);
        let all = slots.iter().chain(leaving.iter());
        all.map(|slot| slot.held()).sum()
    }

    /// The model of the library that is in memory under a name, unless it is time to look whether it is still the one that is installed.
    fn at_hand(&self, name: &str) -> Option<Arc<Slot>> {
        let mut named = self.named();
        let known = named.iter_mut().find(|known| known.slot.is(name))?;
        if !known.slot.is_present() {
            return None;
        }
        if known.looked.elapsed() >= LOOK_PAUSE {
            // Whoever asks meanwhile need not look as well.
            known.looked = Instant::now();
            return None;
        }
        Some(Arc::clone(&known.slot))
    }

    /// The model of exactly this name, of those that are installed.
    pub(super) async fn look_up(&self, name: &str) -> Option<ModelSource> {
        let name = name.to_owned();
        self.ask(move |library| library.find(&name)).await.flatten()
    }

    /// The slots and, without one yet, the names of all other models that a request may name.
    pub(super) async fn all(&self) -> (Vec<Arc<Slot>>, Vec<String>) {
        let installed = self.ask(|library| library.names()).await;
        let is_told = installed.is_some();
        let mut installed = installed.unwrap_or_default();
        let mut slots = self.slots();
        slots.retain(|slot| {
            let listed = self.listed.iter().any(|other| Arc::ptr_eq(slot, other));
            listed || !is_told && slot.is_present() || installed.iter().any(|name| slot.is(name))
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
