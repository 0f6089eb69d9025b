//! Reads that may be a little old, which a standby answers so that the servers that take writes are spared.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use yuyi_store::{Error, ErrorKind, Result, Store};

/// How long a standby is left alone that did not answer: one that is frozen costs each call seconds.
const REST: Duration = Duration::from_secs(10);

/// Who answers such reads.
#[derive(Default)]
pub(crate) struct Standby {
    failed: Mutex<Option<Instant>>,
    by_standby: AtomicU64,
    by_primary: AtomicU64,
}

/// What is known of the standby.
pub(crate) struct StandbyState {
    /// How old its answers may be; `None`: it does not answer, or nobody knows.
    pub(crate) lag: Option<Duration>,
    /// Reads that it answered.
    pub(crate) by_standby: u64,
    /// Reads that it might have answered, and the primary did.
    pub(crate) by_primary: u64,
}

impl Standby {
    /// Asks the standby of a store, or the store itself where there is none, or it does not answer. What only the store knows yet it is asked for too.
    pub(crate) fn read<T>(
        &self,
        store: &dyn Store,
        call: impl Fn(&dyn Store) -> Result<T>,
    ) -> Result<T> {
        let Some(standby) = store.stale() else {
            return call(store);
        };
        if !self.rests() {
            match call(standby) {
                // No fault of the standby.
                Err(error @ (Error::NoRoom | Error::Unwanted)) => return Err(error),
                Err(error) => match error.kind() {
                    ErrorKind::Input | ErrorKind::Conflict => return Err(error),
                    ErrorKind::NotFound => {}
                    ErrorKind::Transient | ErrorKind::Permanent => self.let_rest(&error),
                },
                answered => {
                    self.by_standby.fetch_add(1, Relaxed);
                    return answered;
                }
            }
        }
        self.by_primary.fetch_add(1, Relaxed);
        call(store)
    }

    fn rests(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < REST)
    }

    fn let_rest(&self, error: &yuyi_store::Error) {
        tracing::warn!(%error, "the standby does not answer; the primary is asked in its place");
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some(Instant::now());
    }

    pub(crate) fn state(&self, lag: Option<Duration>) -> StandbyState {
        StandbyState {
            lag,
            by_standby: self.by_standby.load(Relaxed),
            by_primary: self.by_primary.load(Relaxed),
        }
    }
}
