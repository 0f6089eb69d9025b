//! Which moves of collections to other models this server works on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use yuyi_collections::Move;

use crate::ApiError;

/// The moves that this server works on.
#[derive(Default)]
pub(crate) struct Moves(Mutex<HashMap<String, Work>>);

struct Work {
    progress: Progress,
    /// What others are to be let have it, when this server ends.
    moving: Option<Arc<Move>>,
}

/// How a move does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Progress {
    /// It goes on.
    Running,
    /// Another server works on it, and this one would take over.
    Elsewhere,
    /// It could not go on, and is tried again after a while.
    Waiting(ApiError),
}

impl Moves {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Work>> {
        // Every change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody works on it yet, in which case the caller does from now on.
    pub(crate) fn claim(&self, name: &str) -> bool {
        let mut all = self.all();
        let is_free = !all.contains_key(name);
        if is_free {
            let work = Work {
                progress: Progress::Running,
                moving: None,
            };
            all.insert(name.to_owned(), work);
        }
        is_free
    }

    pub(crate) fn tell(&self, name: &str, progress: Progress) {
        if let Some(work) = self.all().get_mut(name) {
            work.progress = progress;
        }
    }

    /// Says by what it is worked on.
    pub(crate) fn begin(&self, name: &str, moving: &Arc<Move>) {
        if let Some(work) = self.all().get_mut(name) {
            work.moving = Some(Arc::clone(moving));
        }
    }

    /// What a move is worked on by, no longer.
    pub(crate) fn rest(&self, name: &str) -> Option<Arc<Move>> {
        self.all().get_mut(name)?.moving.take()
    }

    pub(crate) fn end(&self, name: &str) {
        self.all().remove(name);
    }

    /// How the move of a collection does; `None`: this server does not work on it.
    pub(crate) fn progress(&self, name: &str) -> Option<Progress> {
        self.all().get(name).map(|work| work.progress.clone())
    }
}
