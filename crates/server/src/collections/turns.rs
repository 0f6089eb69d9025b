//! Turns of calls of the store, each of which has a thread.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// Calls at a time. They must leave threads to the models and to errands.
const CALLS: usize = 64;

/// Those of them that write. They wait for each other, so there are some that read beside them however many wait.
const WRITES: usize = 32;

/// Calls that take long, at a time: on a server each keeps a connection, of which there are few, while it waits for its turns.
const LONG_CALLS: usize = 8;

/// Calls that set the words of a collection, at a time. Each cuts all texts of its collection, and in a folder they wait for each other: those that write other things
/// are not to wait for them.
const REWORDINGS: usize = 1;

/// The turns that there are.
pub(crate) struct Turns {
    calls: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    long: Arc<Semaphore>,
    rewordings: Arc<Semaphore>,
}

/// A call's turn, until it is dropped.
pub(crate) struct Turn {
    _write: Option<OwnedSemaphorePermit>,
    _call: OwnedSemaphorePermit,
}

impl Turns {
    pub(super) fn new() -> Self {
        let of = |count| Arc::new(Semaphore::new(count));
        Self {
            calls: of(CALLS),
            writes: of(WRITES),
            long: of(LONG_CALLS),
            rewordings: of(REWORDINGS),
        }
    }

    /// The next turn to read; `None`: it did not come in time.
    pub(crate) async fn read(&self, until: Instant) -> Option<Turn> {
        Some(Turn {
            _write: None,
            _call: next(&self.calls, until).await?,
        })
    }

    /// The next turn to write.
    pub(crate) async fn write(&self, until: Instant) -> Option<Turn> {
        Some(Turn {
            _write: Some(next(&self.writes, until).await?),
            _call: next(&self.calls, until).await?,
        })
    }

    /// The next turn of a call that takes long.
    pub(crate) async fn long(&self, until: Instant) -> Option<Turn> {
        Some(Turn {
            _write: None,
            _call: next(&self.long, until).await?,
        })
    }

    /// The next turn to set words.
    pub(crate) async fn reword(&self, until: Instant) -> Option<Turn> {
        Some(Turn {
            _write: None,
            _call: next(&self.rewordings, until).await?,
        })
    }
}

async fn next(turns: &Arc<Semaphore>, until: Instant) -> Option<OwnedSemaphorePermit> {
    let turn = timeout_at(until, Arc::clone(turns).acquire_owned()).await;
    turn.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_sets_words_keeps_nobody_from_writing() {
        let turns = Turns::new();
        let first = turns.reword(Instant::now()).await;
        let second = turns.reword(Instant::now()).await;
        assert!(first.is_some() && second.is_none());
        let mut writing = Vec::new();
        while let Some(turn) = turns.write(Instant::now()).await {
            writing.push(turn);
        }
        assert_eq!(writing.len(), WRITES);
        drop(first);
        assert!(turns.reword(Instant::now()).await.is_some());
    }

    #[tokio::test]
    async fn whoever_reads_has_a_turn_however_many_wait_to_write() {
        let turns = Turns::new();
        let mut writing = Vec::new();
        while let Some(turn) = turns.write(Instant::now()).await {
            writing.push(turn);
        }
        assert!(!writing.is_empty());
        let reading = turns.read(Instant::now()).await;
        assert!(reading.is_some());
        // Those that read may have all.
        drop(writing);
        let mut reading = vec![reading];
        while let Some(turn) = turns.read(Instant::now()).await {
            reading.push(Some(turn));
        }
        assert_eq!(reading.len(), CALLS);
    }
}
