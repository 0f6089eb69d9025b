//! The one thread that writes.
//!
//! Callers leave *jobs* and wait. The thread takes those that are there, runs them in one transaction, each in a savepoint of its own so that one that
//! fails takes nothing of the others with it, and commits: many small writes share the time that a disk takes to be sure (group commit). What the jobs
//! changed then goes to the indexes, and only after that the callers are told, so whoever was told reads what it wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::codes_file::{self, Owner};
use super::index::Index;
use super::shared::{Shared, Slot};
use crate::error::{Error, Result};
use crate::item::Item;
use crate::words::Document;

/// Jobs that wait; more callers wait before they leave theirs.
const QUEUE: usize = 1024;

/// Changes after which a transaction is committed although more jobs wait.
const MOST_CHANGES: usize = 10_000;

/// Why a write that panicked failed. Its caller hears [`Error::Closed`], since nobody is left to tell more.
const PANICKED: &str = "a write ended early; the log has the reason";

/// What a job did, to be done in the indexes too.
#[derive(Default)]
pub(super) struct Changes {
    list: Vec<(i64, Change)>,
}

enum Change {
    Add {
        key: i64,
        item: Box<Item>,
        vectors: Vec<Vec<f32>>,
        documents: Vec<Document>,
    },
    Remove {
        item: i64,
        documents: Vec<Document>,
    },
    Clear,
    Generation(u64),
    Replace(Box<Slot>),
    Drop,
}

impl Changes {
    pub(super) fn add(
        &mut self,
        collection: i64,
        (key, item): (i64, Item),
        vectors: Vec<Vec<f32>>,
        documents: Vec<Document>,
    ) {
        let change = Change::Add {
            key,
            item: Box::new(item),
            vectors,
            documents,
        };
        self.list.push((collection, change));
    }

    pub(super) fn remove(&mut self, collection: i64, item: i64, documents: Vec<Document>) {
        self.list
            .push((collection, Change::Remove { item, documents }));
    }

    /// All items are removed.
    pub(super) fn clear(&mut self, collection: i64) {
        self.list.push((collection, Change::Clear));
    }

    /// The rows of a collection are those of this generation now.
    pub(super) fn generation(&mut self, collection: i64, generation: u64) {
        self.list.push((collection, Change::Generation(generation)));
    }

    pub(super) fn replace(&mut self, owner: Owner, index: Index) {
        let collection = owner.collection;
        let slot = Box::new(Slot::new(owner, index));
        self.list.push((collection, Change::Replace(slot)));
    }

    pub(super) fn drop(&mut self, collection: i64) {
        self.list.push((collection, Change::Drop));
    }

    /// Does all of it: those of a collection at once, in their order.
    fn apply(mut self, shared: &Shared) {
        self.list.sort_by_key(|(collection, _)| *collection);
        let mut list = self.list.into_iter().peekable();
        while let Some(&(collection, _)) = list.peek() {
            let of_it = std::iter::from_fn(|| list.next_if(|(other, _)| *other == collection));
            apply_to(shared, collection, of_it.map(|(_, change)| change));
        }
    }
}

fn apply_to(shared: &Shared, collection: i64, changes: impl Iterator<Item = Change>) {
    let mut changes = changes.peekable();
    while changes.peek().is_some() {
        if let Some(slot) = shared.slot(collection) {
            let mut slot = slot.write().unwrap_or_else(PoisonError::into_inner);
            while let Some(change) =
                changes.next_if(|change| !matches!(change, Change::Replace(_) | Change::Drop))
            {
                change_rows(&mut slot, change);
            }
            slot.tidy();
        }
        let before = match changes.next() {
            Some(Change::Replace(slot)) => {
                let space = slot.owner.space;
                let before = shared.put(collection, *slot);
                before.filter(|old| {
                    old.read()
                        .unwrap_or_else(PoisonError::into_inner)
                        .owner
                        .space
                        != space
                })
            }
            Some(Change::Drop) => shared.take(collection),
            // Of a collection without an index there is nothing to change.
            _ => None,
        };
        if let Some(before) = before {
            before
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .owner
                .forget();
        }
    }
}

fn change_rows(slot: &mut Slot, change: Change) {
    match change {
        Change::Add {
            key,
            item,
            vectors,
            documents,
        } => slot.add(key, &vectors, &documents, &item),
        Change::Remove { item, documents } => slot.index.remove(item, &documents),
        Change::Clear => slot.clear(),
        Change::Generation(generation) => slot.index.generation = generation,
        Change::Replace(_) | Change::Drop => {}
    }
}

/// Tells a caller how the commit went, and how long it took.
type Answer = Box<dyn FnOnce(Result<Duration>) + Send>;

/// Does the work of a job in a transaction, or hears why there is none. Where that fails the caller was told already.
type Job = Box<dyn FnOnce(Result<(&Connection, &mut Changes)>) -> Result<Answer> + Send>;

pub(super) struct Writer {
    /// `None`: closed.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, shared: Arc<Shared>) -> Result<Self> {
        let (jobs, received) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("yuyi-store".into());
        let folder = shared.folder.clone();
        let thread = thread.spawn(move || work(connection, &received, &shared));
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread.map_err(|error| Error::unusable(&folder, error))?),
        })
    }

    /// Runs a job and waits until what it did is on the disk and in the indexes. Also how long the commit took, which it may have shared.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &mut Changes) -> Result<T> + Send + 'static,
    ) -> Result<(T, Duration)> {
        let (tell, told) = sync_channel::<Result<(T, Duration)>>(1);
        let job: Job = Box::new(move |begun| {
            match begun.and_then(|(connection, changes)| work(connection, changes)) {
                Ok(value) => Ok(Box::new(move |committed: Result<Duration>| {
                    // Whoever does not wait any more need not be told.
                    let _ = tell.send(committed.map(|commit| (value, commit)));
                })),
                Err(error) => {
                    let _ = tell.send(Err(error.clone()));
                    Err(error)
                }
            }
        });
        let jobs = self.jobs.as_ref().ok_or(Error::Closed)?;
        jobs.send(job).map_err(|_| Error::Closed)?;
        told.recv().map_err(|_| Error::Closed)?
    }

    /// Ends the thread when all jobs are done.
    pub(super) fn close(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What it could say about a panic the log has.
            let _ = thread.join();
        }
    }
}

fn work(connection: Connection, jobs: &Receiver<Job>, shared: &Shared) {
    while let Ok(first) = jobs.recv() {
        let (mut changes, mut answers) = (Changes::default(), Vec::new());
        let committed = transaction(&connection, first, jobs, &mut changes, &mut answers);
        match committed {
            Ok(_) => changes.apply(shared),
            // Whatever failed, the next transaction begins anew.
            Err(_) if !connection.is_autocommit() => drop(connection.execute_batch("ROLLBACK")),
            Err(_) => {}
        }
        answers
            .into_iter()
            .for_each(|answer| answer(committed.clone()));
        save(shared, true);
    }
    save(shared, false);
    shared.close_readers();
    // Whoever opens the folder next would do it; a log of nothing is nicer to copy.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Runs a job and those that wait, and commits; how long that took. On error nothing of any of them is kept.
fn transaction(
    connection: &Connection,
    first: Job,
    jobs: &Receiver<Job>,
    changes: &mut Changes,
    answers: &mut Vec<Answer>,
) -> Result<Duration> {
    if let Err(error) = connection
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(Error::from)
    {
        // The job tells its caller.
        let _ = first(Err(error.clone()));
        return Err(error);
    }
    let mut next = Some(first);
    while let Some(job) = next {
        run_job(connection, job, changes, answers)?;
        let is_full = changes.list.len() >= MOST_CHANGES;
        next = if is_full { None } else { jobs.try_recv().ok() };
    }
    let begun = Instant::now();
    connection.execute_batch("COMMIT")?;
    Ok(begun.elapsed())
}

/// Runs a job in a savepoint.
///
/// # Errors
/// Where the transaction is gone, and with it what the jobs before have done.
fn run_job(
    connection: &Connection,
    job: Job,
    changes: &mut Changes,
    answers: &mut Vec<Answer>,
) -> Result<()> {
    let before = changes.list.len();
    let saved = connection
        .execute_batch("SAVEPOINT job")
        .map_err(Error::from);
    let begun = saved.map(|()| (connection, &mut *changes));
    // A job that panics is a write that failed; those of others go on.
    let done = catch_unwind(AssertUnwindSafe(|| job(begun)));
    let failed = match done.unwrap_or_else(|_| {
        Err(Error::Failed {
            reason: PANICKED.into(),
        })
    }) {
        Ok(answer) => {
            answers.push(answer);
            return Ok(connection.execute_batch("RELEASE job")?);
        }
        Err(error) => error,
    };
    changes.list.truncate(before);
    // After a full disk and the like SQLite takes back the whole transaction.
    match connection.is_autocommit() {
        true => Err(failed),
        false => Ok(connection.execute_batch("ROLLBACK TO job; RELEASE job")?),
    }
}

/// Writes codes beside the database. That they cannot be written costs time at the next start, and nothing else.
fn save(shared: &Shared, only_full: bool) {
    for slot in shared.slots() {
        let slot = slot.read().unwrap_or_else(PoisonError::into_inner);
        let _ = codes_file::save(&slot.index, &slot.owner, only_full);
    }
}
