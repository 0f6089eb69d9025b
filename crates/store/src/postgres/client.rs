//! A connection whose calls block, none longer than it may.
//!
//! A server that is gone says so at once; one that is frozen, or behind a network that drops what it is sent, says nothing at all. So every call ends
//! after a time, and its connection is given up with it: nobody knows what the server made of it.

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use rustls_tokio_postgres::MakeRustlsConnect;
use tokio::runtime::Handle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, SimpleQueryMessage};

use super::address::Server;
use super::errors::unavailable;
use crate::error::{Error, Result};

pub(super) struct Client {
    inner: tokio_postgres::Client,
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
        runtime.spawn(async { drop(connection.await) });
        Ok(Self {
            inner,
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

    fn wait<T>(
        &self,
        work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        let done = within(&self.runtime, self.limit, work);
        self.is_lost.set(self.is_lost.get() || done.is_none());
        done.unwrap_or_else(|| Err(no_answer(self.limit)))
    }
}

/// `None`: it takes longer than that.
fn within<T>(
    runtime: &Handle,
    limit: Duration,
    work: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
) -> Option<Result<T>> {
    let in_time = async { tokio::time::timeout(limit, work).await };
    let done = runtime.block_on(in_time).ok()?;
    Some(done.map_err(Error::from))
}

fn no_answer(limit: Duration) -> Error {
    unavailable(format!("no answer within {limit:?}"))
}
