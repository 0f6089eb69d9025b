//! Which moves of collections to other models this server works on.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ApiError;

/// The moves that this server works on.
#[derive(Default)]
pub(crate) struct Moves(Mutex<HashMap<String, Progress>>);

/// How a move does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Progress {
    /// It goes on.
    Running,
    /// It could not go on, and is tried again after a while.
    Waiting(ApiError),
}

impl Moves {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Progress>> {
        // Every change is one call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody works on it yet, in which case the caller does from now on.
    pub(crate) fn claim(&self, name: &str) -> bool {
        let mut all = self.all();
        let is_free = !all.contains_key(name);
        if is_free {
            all.insert(name.to_owned(), Progress::Running);
        }
        is_free
    }

    pub(crate) fn tell(&self, name: &str, progress: Progress) {
        self.all().insert(name.to_owned(), progress);
    }

    pub(crate) fn end(&self, name: &str) {
        self.all().remove(name);
    }

    /// How the move of a collection does; `None`: this server does not work on it.
    pub(crate) fn progress(&self, name: &str) -> Option<Progress> {
        self.all().get(name).cloned()
    }
}
