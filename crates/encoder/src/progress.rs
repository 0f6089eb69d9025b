//! How far a model is loaded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a model is loaded, for others to watch. Clones show the same.
#[derive(Clone, Debug, Default)]
pub struct LoadProgress(Arc<AtomicU8>);

impl LoadProgress {
    /// From 0 to 100.
    pub fn percent(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    /// Says that `done` of `all` steps are done.
    pub fn note(&self, done: usize, all: usize) {
        let percent = 100 * done.min(all) / all.max(1);
        // At most 100.
        self.0.store(percent as u8, Ordering::Relaxed);
    }
}
