//! Connections to the server.
//!
//! Everything that is sent stands in a transaction and is sent without named statements and without settings that outlive it, so that pgbouncer may
//! give each transaction another connection of its own (its mode `transaction`).
//!
//! The first words of a transaction ask whether the server is a standby. One that is does not answer where the primary was asked for, whatever stands
//! between: after a failover the servers of the address are asked in turn which of them is the primary now.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::address::Address;
use super::client::{Client, LOOK};
use super::errors::unavailable;
use crate::caller::Caller;
use crate::error::{Error, Result};

/// How a store on PostgreSQL is opened. No call takes longer than [`turn`](Self::turn), [`connect`](Self::connect) for each server of the address, and
/// [`statement`](Self::statement) for each step of its own.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Address of the servers that answer reads which may be behind ([`Store::stale`](crate::Store::stale)); `None`: none does.
    pub read_from: Option<String>,
    /// Connections at a time, at most, to the primary and as many to the servers for reads.
    pub connections: usize,
    /// How long a server may take until it has taken a connection, and until it has begun a transaction.
    pub connect: Duration,
    /// How long a caller waits for its turn when all connections are in use.
    pub turn: Duration,
    /// How long a statement may take. A transaction whose caller has fallen silent for as long ends too, and keeps no others waiting.
    pub statement: Duration,
    /// How long a connection is kept that nobody uses.
    pub idle: Duration,
    /// Bytes that a search by words holds of them at a time, about. Where the words of a question are more, it reads them twice.
    pub words_at_once: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            read_from: None,
            connections: 16,
            connect: Duration::from_secs(5),
            turn: Duration::from_secs(10),
            statement: Duration::from_secs(60),
            idle: Duration::from_secs(300),
            words_at_once: 64 << 20,
        }
    }
}

/// How much longer than it may a statement is waited for: the server should be the one that ends it, and says so.
const GRACE: Duration = Duration::from_secs(3);

/// Of so many connections the writers have so many at most. They may all wait for one collection, each with a connection, and calls that find what a filter means keep
/// up to eight of sixteen; others are to find one that is free.
const OF_CONNECTIONS: usize = 16;
const FOR_WRITERS: usize = 6;

/// How long an answer shows that the server is there.
const LATELY: Duration = Duration::from_secs(1);

/// How long a statement outside of transactions may take: it builds an index.
const ALONE: Duration = Duration::from_secs(24 * 3600);

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// All of it sees the database as of one moment.
    Read,
    /// The same, and that moment may be in the past.
    StaleRead,
    Write,
}

/// Whether the server is a standby.
const IS_STANDBY: &str = "SELECT pg_is_in_recovery()";

/// A commit that a standby has to confirm waits for it. A time-out of the server's would end that wait and still answer that all is done, so it has
/// none: the caller's ends it, and the answer is that nobody knows.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// Where the server may acknowledge what is not on its disk yet, it may not here. Whether it waits for standbys stays its operator's choice.
const DURABLY: &str = "SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off'";

/// Lets a server look every second whether its connection is still there, while it works. Not all systems let it; on the others it would be an error.
const WATCHED: &str = "SELECT set_config('client_connection_check_interval', '1s', true) WHERE version() LIKE '%linux%'";

impl Access {
    fn begin(self, statement: Duration) -> String {
        let mode = match self {
            Self::Read | Self::StaleRead => "ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            Self::Write => format!("ISOLATION LEVEL READ COMMITTED; {DURABLY}"),
        };
        let limit = statement.as_millis();
        format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {limit}; SET LOCAL idle_in_transaction_session_timeout = {limit}; {WATCHED}; {IS_STANDBY}"
        )
    }
}

pub(super) struct Pool {
    address: Address,
    options: PostgresOptions,
    /// Taken when all is over.
    runtime: Option<Runtime>,
    /// Place of the server that answered last.
    last: AtomicUsize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// The one that was used last stands last.
    idle: Vec<Client>,
    used: usize,
    /// By those who write.
    writing: usize,
    /// When a server last took the first words.
    answered: Option<Instant>,
}

impl Pool {
    /// # Errors
    /// Where the address cannot be read.
    pub(super) fn new(url: &str, options: &PostgresOptions) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("yuyi-postgres")
            .enable_all()
            .build()
            .map_err(unavailable)?;
        Ok(Self {
            address: Address::parse(url)?,
            options: options.clone(),
            runtime: Some(runtime),
            last: AtomicUsize::new(0),
            state: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    pub(super) fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// Runs work in a transaction: what it did is there for all when this returns, or nothing of it. Where the commit was not answered it is one
    /// of both.
    pub(super) fn transaction<T>(
        &self,
        access: Access,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        self.transaction_for(Caller::PATIENT, access, work)
    }

    /// The same, for a caller that may go away while it waits for its turn. What `work` does about that is its own.
    pub(super) fn transaction_for<T>(
        &self,
        caller: Caller<'_>,
        access: Access,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        let done = self.timed_transaction(caller, access, work)?;
        Ok(done.0)
    }

    /// The same; also how long the commit took.
    pub(super) fn timed_transaction<T>(
        &self,
        caller: Caller<'_>,
        access: Access,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<(T, Duration)> {
        let mut turn = self.take(caller, access == Access::Write)?;
        let begin = access.begin(self.options.statement);
        let client = turn.begin(&begin, access != Access::StaleRead)?;
        client.set_limit(self.options.statement + GRACE);
        let done = work(client).and_then(|value| {
            let begun = Instant::now();
            commit(client, access)?;
            Ok((value, begun.elapsed()))
        });
        if done.is_err() && !client.is_closed() {
            client.set_limit(self.options.connect);
            // Where that fails too, the connection is closed with what it began.
            if client.batch_execute("ROLLBACK").is_err() {
                turn.client = None;
            }
        }
        done
    }

    /// Runs one statement outside of a transaction, however long it takes.
    pub(super) fn alone(&self, sql: &str) -> Result<()> {
        let mut turn = self.take(Caller::PATIENT, false)?;
        let client = turn.begin(IS_STANDBY, true)?;
        client.set_limit(ALONE);
        client.batch_execute(sql)
    }

    /// Whether a transaction was begun within the last second.
    pub(super) fn has_answered_lately(&self) -> bool {
        let answered = self.state().answered;
        answered.is_some_and(|at| at.elapsed() < LATELY)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a connection for one more.
    fn is_free(&self, state: &State, writes: bool) -> bool {
        let all = self.options.connections.max(1);
        let for_writers = (all * FOR_WRITERS / OF_CONNECTIONS).max(1);
        state.used < all && !(writes && state.writing >= for_writers)
    }

    fn take(&self, caller: Caller<'_>, writes: bool) -> Result<Turn<'_>> {
        let end = Instant::now() + self.options.turn;
        let mut state = self.state();
        while !self.is_free(&state, writes) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(unavailable("all its connections are in use"));
            }
            let waited = self.freed.wait_timeout(state, left.min(LOOK));
            let timed_out;
            (state, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
            if timed_out.timed_out() {
                // Not while others wait for the pool.
                drop(state);
                caller.stay()?;
                state = self.state();
            }
        }
        state.used += 1;
        state.writing += usize::from(writes);
        Ok(Turn {
            client: state.idle.pop(),
            pool: self,
            writes,
        })
    }

    /// A new connection, on which the first words have been said. The server that answered last is asked first.
    fn connect(&self, begin: &str, primary: bool) -> Result<Client> {
        let (servers, first) = (&self.address.servers, self.last.load(Relaxed));
        let mut failures = Vec::new();
        for place in (0..servers.len()).map(|i| (first + i) % servers.len()) {
            match self.connect_to(place, begin, primary) {
                Ok(client) => {
                    self.last.store(place, Relaxed);
                    return Ok(client);
                }
                Err(error) => failures.push((&*servers[place].name, error)),
            }
        }
        Err(all_failed(failures))
    }

    fn connect_to(&self, place: usize, begin: &str, primary: bool) -> Result<Client> {
        let Some(runtime) = &self.runtime else {
            return Err(Error::Closed);
        };
        let server = &self.address.servers[place];
        let limit = self.options.connect;
        let mut client = Client::connect(server, &self.address.tls, runtime.handle(), limit)?;
        first_words(&mut client, begin, primary)?;
        Ok(client)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.state().idle.clear();
        // Waiting for its end is not allowed where a store is dropped by asynchronous code.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends a transaction.
///
/// # Errors
/// [`Unconfirmed`](Error::Unconfirmed) where it wrote, and the server ended or fell silent before it said how that went.
fn commit(client: &mut Client, access: Access) -> Result<()> {
    client.batch_execute(COMMIT).map_err(|error| match error {
        Error::Unavailable { reason } if access == Access::Write => Error::Unconfirmed { reason },
        other => other,
    })
}

/// Sends the first words on a connection, whose last one asks whether the server is a standby.
fn first_words(client: &mut Client, begin: &str, primary: bool) -> Result<()> {
    let is_standby = client.ask(begin)?.as_deref() == Some("t");
    match primary && is_standby {
        true => Err(unavailable("it is a standby")),
        false => Ok(()),
    }
}

/// Why no server has taken a connection. It may pass as long as it may for one of them.
fn all_failed(failures: Vec<(&str, Error)>) -> Error {
    let reason = |(name, error): &(&str, Error)| match error {
        Error::Unavailable { reason } | Error::UnusableServer { reason } => {
            format!("{name}: {reason}")
        }
        other => format!("{name}: {other}"),
    };
    let reasons: Vec<String> = failures.iter().map(reason).collect();
    let reason = reasons.join("; ");
    let may_pass = failures.iter().any(|(_, error)| error.is_retryable());
    match may_pass {
        true => Error::Unreachable { reason },
        false => Error::UnusableServer { reason },
    }
}

/// The right to a connection.
struct Turn<'a> {
    client: Option<Client>,
    pool: &'a Pool,
    writes: bool,
}

impl Turn<'_> {
    /// Sends the first words on a connection; one that was idle and has gone meanwhile is replaced.
    fn begin(&mut self, begin: &str, primary: bool) -> Result<&mut Client> {
        let client = match self.client.take() {
            Some(client) => self.reuse(client, begin, primary),
            None => None,
        };
        let client = match client {
            Some(client) => client,
            None => self.pool.connect(begin, primary)?,
        };
        self.pool.state().answered = Some(Instant::now());
        Ok(self.client.insert(client))
    }

    fn reuse(&self, mut client: Client, begin: &str, primary: bool) -> Option<Client> {
        client.set_limit(self.pool.options.connect);
        if !client.is_closed() && first_words(&mut client, begin, primary).is_ok() {
            return Some(client);
        }
        // The others are as old.
        self.pool.state().idle.clear();
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let (now, idle) = (Instant::now(), self.pool.options.idle);
        let mut state = self.pool.state();
        state.used -= 1;
        state.writing -= usize::from(self.writes);
        state.idle.retain(|client| now - client.used < idle);
        if let Some(mut client) = self.client.take().filter(|client| !client.is_closed()) {
            client.used = now;
            state.idle.push(client);
        }
        // The first of those who wait may be one for whom it is not.
        self.pool.freed.notify_all();
    }
}
