//! Collections on a PostgreSQL server with pgvector, which many processes share; they hold nothing themselves.
//!
//! PostgreSQL 15 or newer, pgvector 0.8 or newer. A batch is a transaction that holds the collection's row, so writes to one collection come one after
//! the other and each is whole; readers see the database as of one moment and wait for nobody. What needs no index of the server's is computed here,
//! by the code that the embedded engine uses: words, BM25's weights, filters on what is not declared, the second look at vectors.
//!
//! The address may name several servers (`postgres://a,b/db`): the one that is no standby is found, also after one was promoted. Connections may
//! go through pgbouncer in its mode `transaction`. What the address says of encryption stands in [`address`].

mod address;
mod by_words;
mod client;
mod errors;
mod events;
mod graph;
mod lease;
mod lexicon;
mod looks;
mod meant;
mod pool;
mod postings;
mod questions;
mod rows;
mod schema;
mod search;
mod standby;
mod store;
mod tables;

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use self::client::Client;
use self::errors::is_gone;
pub use self::pool::PostgresOptions;
use self::pool::{Access, Pool};
use self::rows::Counted;
use self::search::Searcher;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::store::CommitWatch;

/// How often a read begins again whose tables were replaced meanwhile.
const TRIES: usize = 5;

/// A [`Store`](crate::Store) on a PostgreSQL server. Its calls must not come from asynchronous code, whose thread they would block.
pub struct PostgresStore {
    /// The server that takes writes.
    primary: Arc<Pool>,
    reads: Reads,
    commits: OnceLock<CommitWatch>,
    /// The same, reading from elsewhere.
    stale: Option<Box<PostgresStore>>,
}

/// Where a store reads.
enum Reads {
    Primary,
    Elsewhere(Box<Pool>),
}

impl PostgresStore {
    /// Connects, and brings the tables to the newest version; many processes may do so at once. The servers of
    /// [`read_from`](PostgresOptions::read_from) need not be there yet.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) where an address cannot be read, [`UnusableServer`](Error::UnusableServer) where the server or pgvector is too old, a newer
    /// program wrote the tables, or rights are missing; [`Unreachable`](Error::Unreachable) where none takes a connection; [`Unavailable`](Error::Unavailable).
    pub fn open(url: &str, options: &PostgresOptions) -> Result<Self> {
        let primary = Arc::new(Pool::new(url, options)?);
        let elsewhere = |url: &String| {
            Ok::<_, Error>(Box::new(Self {
                primary: Arc::clone(&primary),
                reads: Reads::Elsewhere(Box::new(reads_of(url, options)?)),
                commits: OnceLock::new(),
                stale: None,
            }))
        };
        let stale = options.read_from.as_ref().map(elsewhere).transpose()?;
        schema::migrate(&primary)?;
        Ok(Self {
            primary,
            reads: Reads::Primary,
            commits: OnceLock::new(),
            stale,
        })
    }

    /// Runs what only reads. A table that was replaced meanwhile, by other words or by the vectors of another model, is looked for under its new name.
    fn read_all<T>(&self, work: impl Fn(&mut Client) -> Result<T>) -> Result<T> {
        self.read_all_for(Caller::PATIENT, work)
    }

    /// The same, for a caller that may go away.
    fn read_all_for<T>(
        &self,
        caller: Caller<'_>,
        work: impl Fn(&mut Client) -> Result<T>,
    ) -> Result<T> {
        let (pool, access) = match &self.reads {
            Reads::Primary => (&*self.primary, Access::Read),
            Reads::Elsewhere(pool) => (&**pool, Access::StaleRead),
        };
        for _ in 1..TRIES {
            match pool.transaction_for(caller, access, &work) {
                Err(error) if is_gone(&error) => {}
                done => return done,
            }
        }
        pool.transaction_for(caller, access, work)
    }

    fn read<T>(&self, name: &str, work: impl Fn(&Searcher<'_>) -> Result<T>) -> Result<T> {
        self.read_for(name, Caller::PATIENT, work)
    }

    /// The same, for a caller that may go away.
    fn read_for<T>(
        &self,
        name: &str,
        caller: Caller<'_>,
        work: impl Fn(&Searcher<'_>) -> Result<T>,
    ) -> Result<T> {
        self.read_all_for(caller, |client| {
            let counted = Counted::get(client, name, false)?;
            work(&Searcher {
                client: RefCell::new(client),
                counted: &counted,
                caller,
                words_at_once: self.primary.options().words_at_once,
            })
        })
    }

    /// Runs a transaction that changes a collection, and tells whoever watches how long the commit took.
    fn commit<T>(&self, name: &str, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
        let done = (self.primary).timed_transaction(Caller::PATIENT, Access::Write, work);
        let (value, commit) = done?;
        if let Some(watch) = self.commits.get() {
            watch(name, commit);
        }
        Ok(value)
    }

    /// Changes what is kept of a collection's questions, beside its items, which stay as they are.
    fn with_questions<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Client, &Counted) -> Result<T>,
    ) -> Result<T> {
        self.commit(name, |client| {
            // Whoever holds the row of the collection is alone: no two wait for rows of each other.
            let counted = Counted::get(client, name, true)?;
            counted.stored.clone().keeping_questions()?;
            work(client, &counted)
        })
    }

    /// Changes a collection, which nobody else changes meanwhile.
    fn write<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Client, &mut Counted) -> Result<T>,
    ) -> Result<T> {
        self.commit(name, |client| {
            let mut counted = Counted::get(client, name, true)?;
            let value = work(client, &mut counted)?;
            counted.touch(client)?;
            Ok(value)
        })
    }
}

/// The servers for reads; what is wrong with their address is told as theirs.
fn reads_of(url: &str, options: &PostgresOptions) -> Result<Pool> {
    Pool::new(url, options).map_err(|error| match error {
        Error::Invalid { reason, .. } => Error::invalid("store-read", reason),
        other => other,
    })
}
