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

mod blob;
mod codes_file;
mod collections;
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
mod tables;
mod write;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use yuyi_kernels::usable_cores;

use self::index::Index;
use self::items::{item_of_key, key_of_id, vectors_of_key};
use self::load::odd_codes;
use self::lock::FolderLock;
use self::ready::TRIES;
use self::shared::{Shared, Slot};
use self::sql::damaged;
use self::writer::Writer;
use crate::batch::Batch;
use crate::caller::Caller;
use crate::collection::{Collection, NewCollection, Space, WordRules};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::finder::find;
use crate::item::{Item, VectorItem};
use crate::narrow::cost;
use crate::questions::{Answering, AskedQuestion, Batch as Questions, Hits, OpenQuestion, Placed};
use crate::store::{Created, Hit, Page, ReindexItem, ReindexVectors, Scroll, Search, Store};
use crate::stored::Stored;
use crate::words::Analyzer;

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
    /// [`Damaged`](Error::Damaged). What is there stays as it is.
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
            let index = load::load(&connection, &stored, (&owner, &words), shared.kernel)?;
            shared.put(stored.number, Slot::new(owner, index));
        }
        let writer = Writer::start(connection, Arc::clone(&shared))?;
        Ok(Self {
            shared,
            writer,
            rewording: Mutex::default(),
            _lock: lock,
        })
    }

    /// Writes a copy of everything to one file, from which a folder can be made again by naming it `collections.sqlite`. Others read and
    /// write meanwhile; the copy is of one moment.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where the file is there already; else what writing it fails with.
    pub fn backup(&self, to: &Path) -> Result<()> {
        Self::backup_folder(&self.shared.folder, None, to).map(drop)
    }

    /// As [`backup`](Self::backup) of a folder that another process may have: of all collections, or of one only. The copy is checked; what it holds is answered.
    /// A file that is empty may be there, and is filled.
    ///
    /// # Errors
    /// Also [`CollectionNotFound`](Error::CollectionNotFound), and [`Damaged`](Error::Damaged) where the folder, and so its copy, is not sound.
    pub fn backup_folder(folder: &Path, only: Option<&str>, to: &Path) -> Result<Vec<Collection>> {
        let copied = maintenance::backup(folder, only, to);
        copied.map_err(|error| error.in_folder(folder))
    }

    /// What is wrong with the folder, a sentence each. It reads all of it.
    ///
    /// # Errors
    /// Where it cannot be read at all.
    pub fn check(&self) -> Result<Vec<String>> {
        let mut problems = self.read(maintenance::check)?;
        for collection in self.list()? {
            let name = &collection.name;
            let odd = self.shared.read_indexed(name, odd_codes)?;
            if odd > 0 {
                problems.push(format!(
                    "The collection {name:?} has {odd} vectors that are not those of their codes."
                ));
            }
        }
        Ok(problems)
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

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.locate(self.shared.read(work))
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut writer::Changes) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.locate(self.writer.run(work))
    }

    /// Cuts all texts of a collection by other rules, and lets their words take the place of the old ones.
    fn cut_anew(&self, name: &str, number: i64, rules: &WordRules) -> Result<()> {
        let analyzer = Analyzer::new(rules);
        let (mut behind, mut attempt) = (0, 0);
        loop {
            let cut = self
                .read(|connection| lexicon::cut(connection, (name, number), &analyzer, behind))?;
            let owned = name.to_owned();
            if let Some((last, _)) = cut.last() {
                behind = *last;
                self.write(move |connection, _| lexicon::put(connection, &owned, number, &cut))?;
                continue;
            }
            let read =
                || self.read(|connection| lexicon::prepare(connection, &self.shared, name, number));
            let ready = (attempt < TRIES).then(read).transpose()?;
            let (rules, shared) = (rules.clone(), Arc::clone(&self.shared));
            let is_done = self.write(move |connection, changes| {
                let (of, by) = ((&*owned, number), (&rules, behind));
                lexicon::end(connection, changes, &shared, of, by, ready)
            })?;
            if is_done {
                return Ok(());
            }
            attempt += 1;
        }
    }

    /// Reads the items of some ids.
    fn of_ids<T>(
        &self,
        name: &str,
        ids: &[&str],
        read: impl Fn(&Connection, &Stored, i64) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(key) = key_of_id(connection, &stored, id)? {
                    found.push(read(connection, &stored, key)?);
                }
            }
            Ok(found)
        })
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

fn create(
    connection: &Connection,
    changes: &mut writer::Changes,
    shared: &Shared,
    new: &NewCollection,
) -> Result<Created> {
    let Some(stored) = Stored::find(connection, &new.name)? else {
        let stored = Stored::insert(connection, new)?;
        let index = Index::new(shared.kernel, new.space.dimension, stored.generation);
        changes.replace(shared.owner(&stored), index);
        return Ok(Created::New(stored.collection(connection)?));
    };
    let there = stored.collection(connection)?;
    new.check_same(&there)?;
    Ok(Created::Existing(there))
}

impl Store for EmbeddedStore {
    fn create(&self, new: &NewCollection) -> Result<Created> {
        new.check()?;
        let (new, shared) = (new.clone(), Arc::clone(&self.shared));
        self.write(move |connection, changes| create(connection, changes, &shared, &new))
    }

    fn list(&self) -> Result<Vec<Collection>> {
        self.read(|connection| {
            let all = Stored::all(connection)?;
            all.iter()
                .map(|stored| stored.collection(connection))
                .collect()
        })
    }

    fn collection(&self, name: &str) -> Result<Collection> {
        self.read(|connection| Stored::get(connection, name)?.collection(connection))
    }

    fn drop_collection(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |connection, changes| {
            let stored = Stored::get(connection, &name)?;
            stored.remove(connection)?;
            changes.drop(stored.number);
            Ok(())
        })
    }

    fn set_words(&self, name: &str, rules: &WordRules) -> Result<()> {
        rules.check()?;
        // The table is one, and the last to ask has the last word.
        let _turn = self
            .rewording
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let begun = name.to_owned();
        let number = self.write(move |connection, _| lexicon::begin(connection, &begun))?;
        let done = self.cut_anew(name, number, rules);
        if done.is_err() {
            let name = name.to_owned();
            // Where that fails too, the next one makes the table anew.
            let _ = self.write(move |connection, _| lexicon::abandon(connection, &name, number));
        }
        done
    }

    fn upsert(&self, name: &str, fingerprint: &str, items: Vec<VectorItem>) -> Result<()> {
        let stored = self.read(|connection| Stored::get(connection, name))?;
        // Before the vectors are looked at, whose dimension would be wrong too.
        stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare(stored, items)?;
        let fingerprint = fingerprint.to_owned();
        self.write(move |connection, changes| {
            write::upsert(connection, changes, batch, &fingerprint)
        })
    }

    fn get(&self, name: &str, ids: &[&str]) -> Result<Vec<Item>> {
        self.of_ids(name, ids, item_of_key)
    }

    fn get_with_vectors(&self, name: &str, ids: &[&str]) -> Result<Vec<VectorItem>> {
        self.of_ids(name, ids, |connection, stored, key| {
            Ok(VectorItem {
                item: item_of_key(connection, stored, key)?,
                vectors: vectors_of_key(connection, stored, key)?,
            })
        })
    }

    fn delete(&self, name: &str, ids: &[&str]) -> Result<u64> {
        let (name, ids) = (
            name.to_owned(),
            ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>(),
        );
        self.write(move |connection, changes| write::delete(connection, changes, &name, &ids))
    }

    fn delete_matching_for(&self, name: &str, filter: &Filter, caller: Caller<'_>) -> Result<u64> {
        self.delete_meant(name, filter, caller)
    }

    fn filter_cost(&self, name: &str, filter: &Filter) -> Result<Duration> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?;
            Ok(match self.shared.knows(&stored, filter) {
                true => Duration::ZERO,
                false => cost(&stored.fields, stored.count, filter),
            })
        })
    }

    fn scroll(&self, name: &str, scroll: &Scroll) -> Result<Page> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?;
            let (filter, after) = (scroll.filtered_by(), scroll.begin());
            let mut found = select::page(connection, &stored, filter, after, scroll.look())?;
            let next = scroll.cut(&mut found);
            let mut items = Vec::with_capacity(found.len());
            for (key, item) in found {
                let vectors = match scroll.with_vectors {
                    true => vectors_of_key(connection, &stored, key)?,
                    false => Vec::new(),
                };
                items.push(VectorItem { item, vectors });
            }
            Ok(Page { items, next })
        })
    }

    fn count_for(&self, name: &str, filter: Option<&Filter>, caller: Caller<'_>) -> Result<u64> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?;
            match filter.filter(|filter| !filter.is_empty()) {
                None => Ok(stored.count),
                Some(filter) => {
                    let keys = select::matching(connection, &stored, filter, caller)?;
                    Ok(keys.len() as u64)
                }
            }
        })
    }

    fn search_for(&self, name: &str, search: &Search<'_>, caller: Caller<'_>) -> Result<Vec<Hit>> {
        self.search_indexed(name, (search.filter, caller), |searcher| {
            find(searcher, search, caller)
        })
    }

    fn begin_reindex(&self, name: &str, to: &Space) -> Result<()> {
        let (name, to) = (name.to_owned(), to.clone());
        self.write(move |connection, _| reindex::begin(connection, &name, &to))
    }

    fn reindex_todo(&self, name: &str, to: &Space, limit: usize) -> Result<Vec<ReindexItem>> {
        self.read(|connection| reindex::todo(connection, (name, to), limit))
    }

    fn put_reindexed(&self, name: &str, to: &Space, vectors: Vec<ReindexVectors>) -> Result<()> {
        let (name, to) = (name.to_owned(), to.clone());
        self.write(move |connection, _| reindex::put(connection, (&name, &to), vectors))
    }

    fn finish_reindex(&self, name: &str, to: &Space) -> Result<()> {
        for attempt in 0..=TRIES {
            let read = || {
                self.read(|connection| reindex::prepare_move(connection, &self.shared, (name, to)))
            };
            let ready = (attempt < TRIES).then(read).transpose()?;
            let (name, to, shared) = (name.to_owned(), to.clone(), Arc::clone(&self.shared));
            let is_done = self.write(move |connection, changes| {
                reindex::finish_move(connection, changes, &shared, (&name, &to), ready)
            })?;
            if is_done {
                break;
            }
        }
        Ok(())
    }

    fn abandon_reindex(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.write(move |connection, _| reindex::abandon(connection, &name))
    }

    fn keep_questions(
        &self,
        name: &str,
        fingerprint: &str,
        asked: Vec<AskedQuestion>,
    ) -> Result<()> {
        let (name, fingerprint) = (name.to_owned(), fingerprint.to_owned());
        self.write(move |connection, _| {
            let stored = Stored::get(connection, &name)?.keeping_questions()?;
            let batch = Questions::prepare(&stored, &fingerprint, asked);
            questions::keep(connection, &stored, &batch)
        })
    }

    fn open_questions(&self, name: &str) -> Result<Vec<OpenQuestion>> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::open(connection, &stored)
        })
    }

    fn place_questions(&self, name: &str, fingerprint: &str, placed: Vec<Placed>) -> Result<()> {
        let (name, fingerprint) = (name.to_owned(), fingerprint.to_owned());
        self.write(move |connection, _| {
            let stored = Stored::get(connection, &name)?;
            questions::place(connection, &stored, &fingerprint, placed)
        })
    }

    fn dismiss_questions(&self, name: &str, cluster: i64) -> Result<u64> {
        let name = name.to_owned();
        self.write(move |connection, _| {
            let stored = Stored::get(connection, &name)?.keeping_questions()?;
            questions::dismiss(connection, &stored, cluster)
        })
    }

    fn answer_questions(
        &self,
        name: &str,
        fingerprint: &str,
        item: VectorItem,
        answering: Answering,
    ) -> Result<u64> {
        let stored = self
            .read(|connection| Stored::get(connection, name))?
            .keeping_questions()?;
        stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare_one(stored, item)?;
        let fingerprint = fingerprint.to_owned();
        self.write(move |connection, changes| {
            write::answer(connection, changes, (batch, &fingerprint), answering)
        })
    }

    fn hits(&self, name: &str, id: &str, limit: usize) -> Result<Hits> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::hits(connection, &stored, id, limit)
        })
    }

    fn hit_counts(&self, name: &str) -> Result<Vec<(String, u64)>> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::hit_counts(connection, &stored)
        })
    }

    fn ping(&self) -> Result<()> {
        self.read(|connection| Ok(connection.query_row("SELECT 1 FROM store", [], |_| Ok(()))?))
    }
}
