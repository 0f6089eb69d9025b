//! Collections in a folder of this machine.
//!
//! SQLite keeps everything; search is a scan of what an [index](index) has in memory. One thread writes ([`writer`]), readers have connections of
//! their own and see the database as of one moment ([`shared`]).
//!
//! | file of the folder | what |
//! |---|---|
//! | `collections.sqlite` | the database, with `-wal` and `-shm` beside it while it is open |
//! | `codes/` | codes of the vectors, which can be made anew |
//! | `lock` | held by the process that has the folder |
//!
//! # Why words are not an FTS5 table
//!
//! Measured on 100,000 questions of nine words, queries of all their words (SQLite 3.40, one core): FTS5 takes 90,000 texts a second and answers in 59 ms
//! (95th percentile 126 ms), since `bm25()` looks at every text that has one of the words; rows of terms (word, text, count) take 15,000 a second and answer in
//! 30 ms (71 ms); an item's words in one blob, of which postings are made in memory, take 76,000 a second and answer in a few milliseconds. The
//! words of a million short texts are 60 MB in memory then, and a start reads them in about a second.

mod backup;
mod blob;
mod codes_file;
mod collections;
mod damage;
mod events;
mod filters;
mod index;
mod items;
mod lexicon;
mod load;
mod lock;
mod maintenance;
mod meant;
mod questions;
mod ready;
mod reindex;
mod schema;
mod search;
mod select;
mod shared;
mod sql;
mod store;
mod tables;
mod write;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rusqlite::Connection;
use yuyi_kernels::usable_cores;

pub use self::backup::Backup;
use self::load::odd_codes;
use self::lock::FolderLock;
use self::shared::{Held, Shared, Slot};
use self::sql::damaged;
use self::writer::{Changes, Writer};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::store::{CommitWatch, Store};
use crate::stored::Stored;

/// How a store is opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Threads of a search; 0: as many as there are cores.
    pub threads: usize,
    /// Bytes that the database may have; `None`: what the disk has. Beyond them it is as with a full disk.
    pub most_bytes: Option<u64>,
}

/// A [`Store`] in a folder of this machine, which one process has at a time.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    writer: Writer,
    commits: OnceLock<CommitWatch>,
    /// Held by whoever sets words.
    rewording: Mutex<()>,
    /// Held until all else is closed.
    _lock: FolderLock,
}

impl EmbeddedStore {
    /// Opens a folder, which is made where there is none.
    ///
    /// # Errors
    /// [`Locked`](Error::Locked) where another process has it, [`Unusable`](Error::Unusable), [`TooNew`](Error::TooNew),
    /// [`Damaged`](Error::Damaged) where it cannot be told which collections there are; one that is damaged by itself says so when it is asked
    /// ([`CollectionDamaged`](Error::CollectionDamaged)). What is there stays as it is.
    pub fn open(folder: impl Into<PathBuf>, options: Options) -> Result<Self> {
        let folder = folder.into();
        Self::open_folder(&folder, &options).map_err(|error| error.in_folder(&folder))
    }

    fn open_folder(folder: &Path, options: &Options) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|error| Error::unusable(folder, error))?;
        let lock = FolderLock::take(folder)?;
        look_for_loss(folder)?;
        let mut connection = sql::open_writer(folder)?;
        schema::migrate(&mut connection, schema::MIGRATIONS)?;
        if let Some(bytes) = options.most_bytes {
            let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
            connection
                .execute_batch(&format!("PRAGMA max_page_count = {}", bytes as i64 / page))?;
        }
        let database =
            connection.query_row("SELECT value FROM store WHERE name = 'id'", [], |row| {
                row.get(0)
            })?;
        let threads = match options.threads {
            0 => usable_cores(),
            threads => threads,
        };
        let shared = Arc::new(Shared::new(folder.to_owned(), database, threads));
        for stored in Stored::all(&connection)? {
            let owner = shared.owner(&stored);
            let words = stored.tables().words;
            match load::load(&connection, &stored, (&owner, &words), shared.kernel) {
                Ok(index) => _ = shared.put(stored.number, Slot::new(owner, index)),
                Err(error) => shared.damages.note(&stored.name, error)?,
            }
        }
        let writer = Writer::start(connection, Arc::clone(&shared))?;
        Ok(Self {
            shared,
            writer,
            commits: OnceLock::new(),
            rewording: Mutex::default(),
            _lock: lock,
        })
    }

    /// Writes a copy of everything that is sound to one file, from which a folder can be made again by naming it `collections.sqlite`. Others read and
    /// write meanwhile; the copy is of one moment, and checked. What is damaged is left out, and told.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where the file is there already; [`Damaged`](Error::Damaged) where no collection is sound, though there are some, or it cannot be told
    /// which there are; else what writing it fails with.
    pub fn backup(&self, to: &Path) -> Result<Backup> {
        Self::backup_folder(&self.shared.folder, None, to)
    }

    /// As [`backup`](Self::backup) of a folder that another process may have: of all collections, or of one only. A file that is empty may be there, and is filled.
    ///
    /// # Errors
    /// Also [`CollectionNotFound`](Error::CollectionNotFound), and [`CollectionDamaged`](Error::CollectionDamaged) where the one that is wanted is.
    pub fn backup_folder(folder: &Path, only: Option<&str>, to: &Path) -> Result<Backup> {
        let copied = backup::backup(folder, only, to);
        copied.map_err(|error| error.in_folder(folder))
    }

    /// What is wrong with the folder, a sentence each. It reads all of it.
    ///
    /// # Errors
    /// Where it cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>> {
        let mut problems = self.read_any(maintenance::check)?;
        for Collection { name, damaged, .. } in self.list()? {
            let told = match damaged {
                Some(reason) => Some(maintenance::told_damaged(&name, &reason)),
                None => self.check_codes(&name)?,
            };
            problems.extend(told.filter(|told| !problems.contains(told)));
        }
        Ok(problems)
    }

    /// Whether the codes of a collection are those of its vectors; a sentence where they are not.
    fn check_codes(&self, name: &str) -> Result<Option<String>> {
        let check = |connection: &Connection, stored: &Stored, held: &Held<'_>| {
            held.look(|slot| odd_codes(connection, stored, slot))
        };
        match self.shared.read_indexed(name, check) {
            Ok(0) => Ok(None),
            Ok(odd) => Ok(Some(format!(
                "The collection {name:?} has {odd} vectors that are not those of their codes."
            ))),
            Err(error) => {
                let reason = damage::reason_of(error)?;
                Ok(Some(maintenance::told_damaged(name, &reason)))
            }
        }
    }

    /// Bytes of codes and postings in memory.
    pub fn memory(&self) -> usize {
        let slots = self.shared.slots();
        let bytes = slots.iter().map(|slot| {
            slot.read()
                .unwrap_or_else(PoisonError::into_inner)
                .index
                .bytes()
        });
        bytes.sum()
    }

    fn locate<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| error.in_folder(&self.shared.folder))
    }

    /// The same of a call that asked one collection.
    fn told_of<T>(&self, name: &str, result: Result<T>) -> Result<T> {
        self.locate(result.map_err(|error| error.of_collection(name)))
    }

    /// Reads what belongs to no collection, or to all.
    fn read_any<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.locate(self.shared.read(work))
    }

    /// Reads a collection.
    fn read<T>(&self, name: &str, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.shared.damages.check(name)?;
        self.told_of(name, self.shared.read(work))
    }

    /// Changes a collection, whose name `work` is told.
    fn write<T: Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(&Connection, &mut Changes, &str) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.shared.damages.check(name)?;
        let owned = name.to_owned();
        let written = self
            .writer
            .run(move |connection, changes| work(connection, changes, &owned));
        let (value, commit) = self.told_of(name, written)?;
        if let Some(watch) = self.commits.get() {
            watch(name, commit);
        }
        Ok(value)
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.writer.close();
    }
}

/// A database that is missing or empty beside codes that were made of it was not always so: it is not taken for a new one.
fn look_for_loss(folder: &Path) -> Result<()> {
    let length = fs::metadata(folder.join(sql::FILE)).map_or(0, |metadata| metadata.len());
    match length == 0 && codes_file::any_in(folder) {
        true => Err(damaged(
            "it is missing or empty, although there are codes of its vectors",
        )),
        false => Ok(()),
    }
}
