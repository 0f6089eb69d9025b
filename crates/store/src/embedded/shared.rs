//! What readers and the writer of a store have in common.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use yuyi_kernels::{Kernel, Team};

use super::codes_file::Owner;
use super::filters::Filters;
use super::index::{Index, RowVector};
use super::sql::open_reader;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::item::Item;
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::words::Document;

/// Connections that wait for the next reader.
const IDLE_READERS: usize = 16;

/// How long a reader waits until the index has what the database has. It is microseconds, unless the machine stands still.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Shared {
    pub(super) folder: PathBuf,
    /// The identity of the database.
    pub(super) database: Vec<u8>,
    pub(super) kernel: Kernel,
    pub(super) team: Team,
    slots: RwLock<HashMap<i64, Arc<RwLock<Slot>>>>,
    readers: Mutex<Vec<Connection>>,
}

/// The index of a collection, and whose it is.
pub(super) struct Slot {
    pub(super) owner: Owner,
    pub(super) index: Index,
    pub(super) filters: Filters,
}

impl Slot {
    pub(super) fn new(owner: Owner, index: Index) -> Self {
        Self {
            owner,
            index,
            filters: Filters::default(),
        }
    }

    /// Adds the rows of an item.
    pub(super) fn add(
        &mut self,
        key: i64,
        vectors: &[Vec<f32>],
        documents: &[Document],
        item: &Item,
    ) {
        let mut rows = Vec::with_capacity(vectors.len());
        for (wording, (vector, document)) in vectors.iter().zip(documents).enumerate() {
            let key = VectorKey::new(key, wording);
            rows.push(self.index.push(key, RowVector::Floats(vector), document));
        }
        self.filters.add(item, &rows);
    }

    /// Gives back memory that is no longer needed.
    pub(super) fn tidy(&mut self) {
        if self.index.tidy() {
            self.filters.clear();
        }
    }
}

impl Shared {
    pub(super) fn new(folder: PathBuf, database: Vec<u8>, threads: usize) -> Self {
        Self {
            folder,
            database,
            kernel: Kernel::of_process(),
            team: Team::new(threads),
            slots: RwLock::default(),
            readers: Mutex::default(),
        }
    }

    /// Who owns the codes of a collection's space that answers.
    pub(super) fn owner(&self, stored: &Stored) -> Owner {
        let space = stored.current();
        Owner {
            folder: self.folder.clone(),
            database: self.database.clone(),
            collection: stored.number,
            space: stored.space,
            fingerprint: space.fingerprint.clone(),
            dimension: space.dimension,
        }
    }

    pub(super) fn slot(&self, collection: i64) -> Option<Arc<RwLock<Slot>>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(&collection).cloned()
    }

    pub(super) fn slots(&self) -> Vec<Arc<RwLock<Slot>>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.values().cloned().collect()
    }

    /// Puts an index in its place; what was there before.
    pub(super) fn put(&self, collection: i64, slot: Slot) -> Option<Arc<RwLock<Slot>>> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(collection, Arc::new(RwLock::new(slot)))
    }

    pub(super) fn take(&self, collection: i64) -> Option<Arc<RwLock<Slot>>> {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&collection)
    }

    /// Reads from the database, all as of one moment.
    pub(super) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self
            .readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = idle.map_or_else(|| open_reader(&self.folder), Ok)?;
        connection.execute_batch("BEGIN")?;
        let result = work(&connection);
        // A connection that cannot even end its transaction is not used again.
        if connection.execute_batch("ROLLBACK").is_ok() {
            let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            if readers.len() < IDLE_READERS {
                readers.push(connection);
            }
        }
        result
    }

    /// Reads a collection from the database and its index, both as of one moment.
    ///
    /// A write is in the database an instant before it is in the index. Whoever looks in between looks again.
    pub(super) fn read_indexed<T>(
        &self,
        name: &str,
        work: impl Fn(&Connection, &Stored, &Slot) -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            let done = self.read(|connection| {
                let stored = Stored::get(connection, name)?;
                let Some(slot) = self.slot(stored.number) else {
                    return Ok(None);
                };
                let slot = slot.read().unwrap_or_else(PoisonError::into_inner);
                if slot.index.generation != stored.generation {
                    return Ok(None);
                }
                work(connection, &stored, &slot).map(Some)
            })?;
            if let Some(done) = done {
                return Ok(done);
            }
            if start.elapsed() > PATIENCE {
                return Err(Error::Unavailable {
                    reason: "what was written last has not reached memory".into(),
                });
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Whether it is known what a filter means in a collection.
    pub(super) fn knows(&self, stored: &Stored, filter: &Filter) -> bool {
        self.slot(stored.number).is_some_and(|slot| {
            let slot = slot.read().unwrap_or_else(PoisonError::into_inner);
            slot.filters.know(filter)
        })
    }

    /// Closes the connections that wait.
    pub(super) fn close_readers(&self) {
        self.readers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
