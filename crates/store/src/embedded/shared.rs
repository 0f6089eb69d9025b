//! What readers and the writer of a store have in common.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use yuyi_kernels::{Kernel, Team};

use super::codes_file::Owner;
use super::damage::Damages;
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

/// How often an index is read for nothing, before those who write wait for it.
pub(super) const TRIES: usize = 3;

/// How long a reader waits until the index has what the database has. It is microseconds, unless the machine stands still.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Shared {
    pub(super) folder: PathBuf,
    /// The identity of the database.
    pub(super) database: Vec<u8>,
    pub(super) kernel: Kernel,
    pub(super) team: Team,
    /// Collections that have no index, since they cannot be read.
    pub(super) damages: Damages,
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

    /// Removes all rows.
    pub(super) fn clear(&mut self) {
        let index = &self.index;
        self.index = Index::new(index.kernel(), self.owner.dimension, index.generation);
        self.filters.clear();
    }

    /// Gives back memory that is no longer needed.
    pub(super) fn tidy(&mut self) {
        if self.index.tidy() {
            self.filters.clear();
        }
    }
}

/// The index of a collection as of one moment: whoever has it keeps those who write to the collection waiting, and with them all who write, until it lets go.
pub(super) struct Held<'a> {
    slot: &'a RwLock<Slot>,
    guard: RefCell<Option<RwLockReadGuard<'a, Slot>>>,
    generation: u64,
    /// It was written to since it was let go, and was wanted again.
    has_moved: Cell<bool>,
    /// It is not let go.
    stays: bool,
}

impl<'a> Held<'a> {
    /// The index of that generation, if it has it now.
    fn take(slot: &'a RwLock<Slot>, generation: u64, stays: bool) -> Option<Self> {
        let guard = slot.read().unwrap_or_else(PoisonError::into_inner);
        (guard.index.generation == generation).then(|| Self {
            slot,
            guard: RefCell::new(Some(guard)),
            generation,
            has_moved: Cell::new(false),
            stays,
        })
    }

    /// Lets others write.
    pub(super) fn let_go(&self) {
        if !self.stays {
            self.guard.replace(None);
        }
    }

    /// Looks at the index.
    ///
    /// # Errors
    /// Where it was let go and written to since; then all is to be read again.
    pub(super) fn look<T>(&self, work: impl FnOnce(&Slot) -> Result<T>) -> Result<T> {
        if let Some(slot) = &*self.guard.borrow() {
            return work(slot);
        }
        match Self::take(self.slot, self.generation, true) {
            Some(again) => again.look(work),
            None => {
                self.has_moved.set(true);
                Err(Error::Failed {
                    reason: "the collection was written to meanwhile".into(),
                })
            }
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
            damages: Damages::default(),
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
    /// A write is in the database an instant before it is in the index. Whoever looks in between looks again. So does whoever has let go of the index and wants it after
    /// all; in the end it is not let go.
    pub(super) fn read_indexed<T>(
        &self,
        name: &str,
        work: impl Fn(&Connection, &Stored, &Held<'_>) -> Result<T>,
    ) -> Result<T> {
        let work = |connection: &Connection, stored: &Stored, held: &Held<'_>, (): &()| {
            work(connection, stored, held)
        };
        self.read_prepared(name, |_| Ok(()), work)
    }

    /// The same; what takes long and needs no index is done before it is held.
    pub(super) fn read_prepared<T, P>(
        &self,
        name: &str,
        prepare: impl Fn(&Stored) -> Result<P>,
        work: impl Fn(&Connection, &Stored, &Held<'_>, &P) -> Result<T>,
    ) -> Result<T> {
        self.damages.check(name)?;
        let start = Instant::now();
        let mut moved = 0;
        loop {
            let done = self.read(|connection| {
                let stored = Stored::get(connection, name)?;
                let Some(slot) = self.slot(stored.number) else {
                    return Ok(None);
                };
                let prepared = prepare(&stored)?;
                let stays = moved >= TRIES;
                let Some(held) = Held::take(&slot, stored.generation, stays) else {
                    return Ok(None);
                };
                let done = work(connection, &stored, &held, &prepared);
                if held.has_moved.get() {
                    moved += 1;
                    return Ok(None);
                }
                done.map(Some)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EmbeddedStore, NewCollection, Options, Store, VectorItem};

    #[test]
    fn what_was_let_go_and_written_to_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
        store.create(&NewCollection::given("c", 2)).unwrap();
        let put = |id: usize| {
            let item = VectorItem {
                item: Item::new(id.to_string(), "t"),
                vectors: vec![vec![1.0, 0.0]],
            };
            store.upsert("c", "", vec![item]).unwrap();
        };
        let rounds = Cell::new(0);
        let work = |_: &Connection, _: &Stored, held: &Held<'_>| {
            rounds.set(rounds.get() + 1);
            held.let_go();
            // In the end it is not let go, and a write would wait for this.
            if rounds.get() <= TRIES {
                put(rounds.get());
            }
            held.look(|slot| Ok(slot.index.rows()))
        };
        let rows = store.shared.read_indexed("c", work).unwrap();
        assert_eq!((rows, rounds.get()), (TRIES, TRIES + 1));
    }

    #[test]
    fn nobody_waits_for_what_is_prepared() {
        let folder = tempfile::tempdir().unwrap();
        let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
        store.create(&NewCollection::given("c", 2)).unwrap();
        let rounds = Cell::new(0);
        let prepare = |stored: &Stored| {
            rounds.set(rounds.get() + 1);
            if rounds.get() == 1 {
                let item = VectorItem {
                    item: Item::new("1", "t"),
                    vectors: vec![vec![1.0, 0.0]],
                };
                store.upsert("c", "", vec![item]).unwrap();
            }
            Ok(stored.generation)
        };
        let work = |_: &Connection, _: &Stored, held: &Held<'_>, generation: &u64| {
            held.look(|slot| Ok((slot.index.generation, *generation)))
        };
        let (has, prepared) = store.shared.read_prepared("c", prepare, work).unwrap();
        assert_eq!((has, rounds.get()), (prepared, 2));
    }
}
