//! A connection whose calls block, none longer than it may.
//!
//! A server that is gone says so at once; one that is frozen, or behind a network that drops what it is sent, says nothing at all. So every call ends
//! after a time, and its connection is given up with it: nobody knows what the server made of it.
//!
//! A call also ends soon after nobody waits for it any more, and the server is told to end the statement. That word goes by a connection of its own and may come late,
//! when the statement is over; so that it never ends another one, the connection of the statement is given up here too. A pooler may drop the word: then it is by the end
//! of the connection that the server sees that nobody waits.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use rustls_tokio_postgres::MakeRustlsConnect;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, SimpleQueryMessage};

use super::address::Server;
use super::errors::unavailable;
use crate::caller::Caller;
use crate::error::{Error, Result};

/// Between two looks whether a statement is still waited for.
pub(super) const LOOK: Duration = Duration::from_millis(100);

/// How long a statement that nobody waits for is given to end, so that the server has no more connections than it may. The server's own limit ends it in any case.
const ENDING: Duration = Duration::from_secs(1);

pub(super) struct Client {
    inner: tokio_postgres::Client,
    /// What drives the connection, which stays open as long as an answer is to come.
    driver: AbortHandle,
    /// How connections are encrypted.
    tls: MakeRustlsConnect,
    /// Of the runtime that drives the connection.
    runtime: Handle,
    /// How long a call may take.
    limit: Duration,
    is_lost: Cell<bool>,
    /// When it was last used.
    pub(super) used: Instant,
}

impl Client {
    /// # Errors
    /// Where there is no connection within `limit`, names resolved, encryption and password included.
    pub(super) fn connect(
        server: &Server,
        tls: &MakeRustlsConnect,
        runtime: &Handle,
        limit: Duration,
    ) -> Result<Self> {
        let connecting = server.config.connect(tls.clone());
        let (inner, connection) =
            within(runtime, limit, connecting).unwrap_or_else(|| Err(no_answer(limit)))?;
        // Its failures are those of the calls that wait for it.
        let driver = runtime.spawn(async { drop(connection.await) });
        Ok(Self {
            inner,
            driver: driver.abort_handle(),
            tls: tls.clone(),
            runtime: runtime.clone(),
            limit,
            is_lost: Cell::new(false),
            used: Instant::now(),
        })
    }

    /// How long the calls to come may take.
    pub(super) fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// Whether it is of no more use.
    pub(super) fn is_closed(&self) -> bool {
        self.is_lost.get() || self.inner.is_closed()
    }

    /// The rows that a statement gives.
    pub(super) fn query_typed(
        &mut self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        self.wait(self.inner.query_typed(sql, values))
    }

    /// The same, as long as somebody waits for them.
    ///
    /// # Errors
    /// Also [`Unwanted`](Error::Unwanted).
    pub(super) fn query_for(
        &mut self,
        caller: Caller<'_>,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        self.wait_for(caller, self.inner.query_typed(sql, values))
    }

    /// How many rows a statement changed.
    pub(super) fn execute_typed(
        &mut self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<u64> {
        self.wait(self.inner.execute_typed(sql, values))
    }

    /// Runs statements.
    pub(super) fn batch_execute(&mut self, sql: &str) -> Result<()> {
        self.wait(self.inner.batch_execute(sql))
    }

    /// Runs statements; the first value of the last row that they give.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Option<String>> {
        let value = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        let messages = self.wait(self.inner.simple_query(sql))?;
        Ok(messages.iter().rev().find_map(value))
    }

    fn wait<T>(&self, work: impl Future<Output = Answer<T>>) -> Result<T> {
        let done = within(&self.runtime, self.limit, work);
        self.is_lost.set(self.is_lost.get() || done.is_none());
        done.unwrap_or_else(|| Err(no_answer(self.limit)))
    }

    fn wait_for<T>(&self, caller: Caller<'_>, work: impl Future<Output = Answer<T>>) -> Result<T> {
        let mut work = pin!(work);
        let end = Instant::now() + self.limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if let Some(done) = within(&self.runtime, left.min(LOOK), work.as_mut()) {
                return done;
            }
            if left.is_zero() {
                self.is_lost.set(true);
                return Err(no_answer(self.limit));
            }
            if let Err(error) = caller.stay() {
                self.end(work);
                return Err(error);
            }
        }
    }

    /// Ends the statement under way on the server, and gives the connection up.
    fn end<T>(&self, work: impl Future<Output = Answer<T>>) {
        self.is_lost.set(true);
        let ended = async {
            self.inner
                .cancel_token()
                .cancel_query(self.tls.clone())
                .await?;
            work.await.map(drop)
        };
        // That it was ended, or could not be told, changes nothing here.
        let _ = within(&self.runtime, ENDING, ended);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if self.is_lost.get() {
            self.driver.abort();
        }
    }
}

/// What the server says.
type Answer<T> = std::result::Result<T, tokio_postgres::Error>;

/// `None`: it takes longer than that.
fn within<T>(
    runtime: &Handle,
    limit: Duration,
    work: impl Future<Output = Answer<T>>,
) -> Option<Result<T>> {
    let in_time = async { timeout(limit, work).await };
    let done = runtime.block_on(in_time).ok()?;
    Some(done.map_err(Error::from))
}

fn no_answer(limit: Duration) -> Error {
    unavailable(format!("no answer within {limit:?}"))
}
