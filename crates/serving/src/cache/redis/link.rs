//! The connection to Redis: there while it answers, and gone the moment it does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How long a connection may take to come up and answer.
const CONNECT_PATIENCE: Duration = Duration::from_secs(1);

/// Pauses between attempts, from the first to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Late answers in a row after which Redis counts as gone. One alone may be the fault of a busy processor.
const LATE_IN_A_ROW: u32 = 3;

/// The connection.
pub(super) struct Link {
    client: Client,
    /// Host and port, for the log.
    shown: String,
    connection: RwLock<Option<MultiplexedConnection>>,
    lost: Notify,
    late: AtomicU32,
    /// Answers of the connection.
    answers: AtomicU32,
}

impl Link {
    pub(super) fn new(client: Client, shown: String) -> Self {
        Self {
            client,
            shown,
            connection: RwLock::new(None),
            lost: Notify::new(),
            late: AtomicU32::new(0),
            answers: AtomicU32::new(0),
        }
    }

    /// The connection, if Redis answers.
    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        let connection = self.connection.read();
        connection.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether Redis answers.
    pub(super) fn is_up(&self) -> bool {
        let connection = self.connection.read();
        connection.unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn set(&self, connection: Option<MultiplexedConnection>) -> bool {
        let mut place = self
            .connection
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let had_one = place.is_some();
        *place = connection;
        had_one
    }

    /// It answered a question.
    pub(super) fn answered(&self) {
        self.late.store(0, Ordering::Relaxed);
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// It did not answer in time.
    pub(super) fn late(&self) {
        if self.late.fetch_add(1, Ordering::Relaxed) + 1 >= LATE_IN_A_ROW {
            self.lose("it does not answer in time");
        }
    }

    /// It answered with an error, or the connection is broken.
    pub(super) fn failed(&self, error: &RedisError) {
        // What servers say may repeat what they were sent.
        self.lose(error.category());
    }

    fn lose(&self, reason: &str) {
        if self.set(None) {
            let redis = &self.shown;
            tracing::warn!(redis, reason, "Redis is left alone until it answers again");
            self.lost.notify_one();
        }
    }

    /// Connects, and connects again whenever the connection is lost; never ends.
    pub(super) async fn keep(&self) {
        let redis = &self.shown;
        let mut pause = PAUSES.0;
        let mut reported = false;
        loop {
            match timeout(CONNECT_PATIENCE, self.connect()).await {
                Ok(Ok(connection)) => {
                    self.late.store(0, Ordering::Relaxed);
                    self.answers.store(0, Ordering::Relaxed);
                    self.set(Some(connection));
                    tracing::info!(redis, "Redis answers");
                    reported = true;
                    self.lost.notified().await;
                    // One that comes up but then never answers in time is asked less and less often.
                    if self.answers.load(Ordering::Relaxed) > 0 {
                        pause = PAUSES.0;
                    }
                }
                failed if !reported => {
                    let reason = match &failed {
                        Ok(Err(error)) => error.category(),
                        _ => "it does not answer in time",
                    };
                    tracing::warn!(redis, reason, "Redis cannot be reached; trying again");
                    reported = true;
                }
                _ => {}
            }
            sleep(pause).await;
            pause = (2 * pause).min(PAUSES.1);
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        // Every question has its own limit of time.
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_connection_timeout(None);
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let () = redis::cmd("PING").exec_async(&mut connection).await?;
        Ok(connection)
    }
}
