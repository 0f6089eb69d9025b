//! Connections to the server.
//!
//! Everything that is sent stands in a transaction and is sent without named statements and without settings that outlive it, so that pgbouncer may
//! give each transaction another connection of its own (its mode `transaction`).

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls};

use super::errors::unavailable;
use crate::error::{Error, Result};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long a caller waits for its turn when all connections are in use.
const TURN: Duration = Duration::from_secs(10);

/// Milliseconds that a statement may take.
const STATEMENT: u64 = 60_000;

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// All of it sees the database as of one moment.
    Read,
    Write,
}

impl Access {
    fn begin(self) -> String {
        let mode = match self {
            Self::Read => "ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Write => "ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        format!(
            "BEGIN {mode}; SET LOCAL statement_timeout = {STATEMENT}; SET LOCAL lock_timeout = {STATEMENT}"
        )
    }
}

pub(super) struct Pool {
    config: Config,
    most: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Client>,
    used: usize,
}

impl Pool {
    /// # Errors
    /// Where the address cannot be read.
    pub(super) fn new(url: &str, most: usize) -> Result<Self> {
        let mut config: Config = url
            .parse()
            .map_err(|error: postgres::Error| Error::invalid("store", format!("{error}.")))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT);
        }
        if config.get_application_name().is_none() {
            config.application_name("yuyi");
        }
        Ok(Self {
            config,
            most: most.max(1),
            state: Mutex::default(),
            freed: Condvar::new(),
        })
    }

    /// Runs work in a transaction: what it did is there for all when this returns, or nothing of it.
    pub(super) fn transaction<T>(
        &self,
        access: Access,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        let mut turn = self.take()?;
        let client = turn.begin(&access.begin())?;
        let done = match work(client) {
            Ok(value) => client
                .batch_execute("COMMIT")
                .map(|()| value)
                .map_err(Error::from),
            Err(error) => {
                // A connection that cannot even do this is not used again.
                let _ = client.batch_execute("ROLLBACK");
                Err(error)
            }
        };
        if done.is_err() && turn.client.as_ref().is_some_and(Client::is_closed) {
            turn.client = None;
        }
        done
    }

    /// Runs one statement outside of a transaction.
    pub(super) fn alone(&self, sql: &str) -> Result<()> {
        let mut turn = self.take()?;
        turn.begin("SELECT 1")?
            .batch_execute(sql)
            .map_err(Error::from)
    }

    fn take(&self) -> Result<Turn<'_>> {
        let end = Instant::now() + TURN;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.used >= self.most {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(unavailable("all its connections are in use"));
            }
            (state, _) = self
                .freed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.used += 1;
        Ok(Turn {
            client: state.idle.pop(),
            pool: self,
        })
    }
}

/// The right to a connection.
struct Turn<'a> {
    client: Option<Client>,
    pool: &'a Pool,
}

impl Turn<'_> {
    /// Sends the first words on a connection; one that was idle and has gone meanwhile is replaced.
    fn begin(&mut self, sql: &str) -> Result<&mut Client> {
        if let Some(client) = &mut self.client
            && (client.is_closed() || client.batch_execute(sql).is_err())
        {
            self.client = None;
            // The others are as old.
            self.pool
                .state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .idle
                .clear();
        } else if let Some(client) = self.client.take() {
            return Ok(self.client.insert(client));
        }
        let mut client = self.pool.config.connect(NoTls)?;
        client.batch_execute(sql)?;
        Ok(self.client.insert(client))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self
            .pool
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.used -= 1;
        state
            .idle
            .extend(self.client.take().filter(|client| !client.is_closed()));
        self.pool.freed.notify_one();
    }
}
