//! The cache that replicas share. A request waits for it for a few milliseconds at most.
//!
//! One task keeps the connection: while Redis does not answer there is none, requests do not ask, and the
//! task tries again, less and less often. Another task writes what was computed; when it cannot keep
//! up, vectors are not written.

mod link;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::IntoConnectionInfo;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use yuyi::{Encoded, Item, ModelFacts};

use self::link::Link;
use super::{CacheStats, value};
use crate::background::{Background, Stop};
use crate::key::{Key, shared_key};
use crate::loaded_model::LoadedModel;
use crate::space::Space;

/// What a request gives to all its questions together.
const PATIENCE: Duration = Duration::from_millis(5);

/// Keys of a question: few enough that a healthy server answers well in time.
const KEYS_A_QUESTION: usize = 64;

/// Vectors that wait to be written.
const WAITING_WRITES: usize = 1_024;

/// How long a write may take. Nobody waits for it.
const WRITE_PATIENCE: Duration = Duration::from_secs(1);

/// Where a Redis is. Its password is never shown.
#[derive(Clone)]
pub struct RedisUrl {
    client: redis::Client,
    shown: String,
}

/// The text is no URL of a Redis. The text itself is not repeated, as it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "this is no URL such as redis://:PASSWORD@HOST:6379/0 or redis+unix:///PATH (rediss://, Redis over TLS, is not supported)"
)]
pub struct InvalidRedisUrl;

impl std::str::FromStr for RedisUrl {
    type Err = InvalidRedisUrl;

    fn from_str(url: &str) -> Result<Self, InvalidRedisUrl> {
        let info = url.into_connection_info().map_err(|_| InvalidRedisUrl)?;
        let shown = info.addr().to_string();
        let client = redis::Client::open(info).map_err(|_| InvalidRedisUrl)?;
        Ok(Self { client, shown })
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A Redis with vectors.
pub(super) struct RedisCache {
    shared: Arc<Shared>,
    writes: mpsc::Sender<Write>,
    /// Handed to the task that writes.
    waiting: std::sync::Mutex<Option<mpsc::Receiver<Write>>>,
}

struct Shared {
    link: Link,
    ttl: Option<Duration>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
    skipped: AtomicU64,
    errors: AtomicU64,
    corrupt: AtomicU64,
    unwritten: AtomicU64,
}

struct Write {
    model: Arc<LoadedModel>,
    item: Item,
    vector: Arc<Encoded>,
}

fn count(counter: &AtomicU64, n: usize) {
    counter.fetch_add(n as u64, Ordering::Relaxed);
}

impl RedisCache {
    pub(super) fn new(url: &RedisUrl, ttl: Option<Duration>) -> Self {
        let (writes, waiting) = mpsc::channel(WAITING_WRITES);
        let shared = Shared {
            link: Link::new(url.client.clone(), url.shown.clone()),
            ttl,
            counts: Counts::default(),
        };
        Self {
            shared: Arc::new(shared),
            writes,
            waiting: std::sync::Mutex::new(Some(waiting)),
        }
    }

    /// Connects, and begins to write. A second call does nothing.
    pub(super) fn start(&self, background: &Background) {
        let waiting = self.waiting.lock();
        let waiting = waiting
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(waiting) = waiting {
            let shared = Arc::clone(&self.shared);
            background.spawn("connection to Redis", |mut stop| async move {
                tokio::select! {
                    () = shared.link.keep() => {}
                    () = stop.requested() => {}
                }
            });
            let shared = Arc::clone(&self.shared);
            background.spawn("writes to Redis", |stop| shared.write_all(waiting, stop));
        }
    }

    /// The vectors of items that are there, in order.
    pub(super) async fn get(
        &self,
        space: &Space,
        facts: &ModelFacts,
        items: &[(Key, Item)],
    ) -> Vec<Option<Arc<Encoded>>> {
        let latest = Instant::now() + PATIENCE;
        let key = |item: &Item| shared_key(space, &facts.default_prompt, item);
        let keys: Vec<String> = items.iter().map(|(_, item)| key(item)).collect();
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(KEYS_A_QUESTION) {
            match self.shared.ask(keys, latest).await {
                Some(values) => {
                    let vectors = keys.iter().zip(values);
                    found
                        .extend(vectors.map(|(key, value)| self.read(key, facts.dimension, value)));
                }
                None => break,
            }
        }
        count(&self.shared.counts.skipped, keys.len() - found.len());
        found.resize(keys.len(), None);
        found
    }

    fn read(&self, key: &str, dimension: usize, bytes: Option<Vec<u8>>) -> Option<Arc<Encoded>> {
        let counts = &self.shared.counts;
        let Some(bytes) = bytes else {
            count(&counts.misses, 1);
            return None;
        };
        let vector = value::from_bytes(key, dimension, &bytes);
        let counter = match vector {
            Some(_) => &counts.hits,
            None => &counts.corrupt,
        };
        count(counter, 1);
        vector.map(Arc::new)
    }

    /// Has a vector written, soon or never.
    pub(super) fn put(&self, model: &Arc<LoadedModel>, item: &Item, vector: &Arc<Encoded>) {
        let write = Write {
            model: Arc::clone(model),
            item: item.clone(),
            vector: Arc::clone(vector),
        };
        if !self.shared.link.is_up() || self.writes.try_send(write).is_err() {
            count(&self.shared.counts.unwritten, 1);
        }
    }

    pub(super) fn add_to(&self, stats: &mut CacheStats) {
        let counts = &self.shared.counts;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        stats.redis_hits = read(&counts.hits);
        stats.redis_misses = read(&counts.misses);
        stats.redis_skipped = read(&counts.skipped);
        stats.redis_errors = read(&counts.errors);
        stats.redis_corrupt = read(&counts.corrupt);
        stats.redis_unwritten = read(&counts.unwritten);
        stats.redis_up = Some(self.shared.link.is_up());
    }
}

impl Shared {
    /// What is there for each key; `None` when Redis is not there, fails or is late.
    async fn ask(&self, keys: &[String], latest: Instant) -> Option<Vec<Option<Vec<u8>>>> {
        let mut connection = self.link.connection()?;
        let mut question = redis::cmd("MGET");
        question.arg(keys);
        match timeout_at(latest, question.query_async(&mut connection)).await {
            Ok(Ok(values)) => {
                let values: Vec<Option<Vec<u8>>> = values;
                self.link.answered();
                return (values.len() == keys.len()).then_some(values);
            }
            Ok(Err(error)) => self.link.failed(&error),
            Err(_) => self.link.late(),
        }
        count(&self.counts.errors, 1);
        None
    }

    /// Writes what comes, and at the end what still waits.
    async fn write_all(self: Arc<Self>, mut waiting: mpsc::Receiver<Write>, mut stop: Stop) {
        let mut writes = Vec::new();
        loop {
            let received = tokio::select! {
                received = waiting.recv_many(&mut writes, KEYS_A_QUESTION) => received,
                () = stop.requested(), if !waiting.is_closed() => {
                    waiting.close();
                    continue;
                }
            };
            if received == 0 {
                break;
            }
            let n = writes.len();
            if !self.write(&writes).await {
                count(&self.counts.unwritten, n);
            }
            writes.clear();
        }
    }

    async fn write(&self, writes: &[Write]) -> bool {
        let Some(mut connection) = self.link.connection() else {
            return false;
        };
        let mut pipe = redis::pipe();
        for write in writes {
            // Only models with a space are written.
            let Some(space) = write.model.space() else {
                continue;
            };
            let facts = write.model.facts();
            let key = shared_key(space, &facts.default_prompt, &write.item);
            let value = value::to_bytes(&key, &write.vector);
            let set = pipe.cmd("SET").arg(key).arg(value);
            if let Some(ttl) = self.ttl {
                set.arg("PX")
                    .arg(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
            }
            set.ignore();
        }
        match timeout(WRITE_PATIENCE, pipe.query_async(&mut connection)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                // A server that is full or read-only still answers questions.
                count(&self.counts.errors, 1);
                if error.is_io_error() {
                    self.link.failed(&error);
                }
                false
            }
            Err(_) => {
                count(&self.counts.errors, 1);
                self.link.late();
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url: RedisUrl = "redis://user:secret@example.org:6380/2".parse().unwrap();
        assert_eq!(format!("{url:?}"), "example.org:6380");
        for bad in [
            "",
            "secret",
            "http://:secret@a",
            "redis://:secret@:x/y",
            "rediss://:secret@a",
        ] {
            let error = bad.parse::<RedisUrl>().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn its_tasks_end_when_they_are_told_to() {
        let url = "redis://127.0.0.1:1".parse().unwrap();
        let background = Background::default();
        let cache = RedisCache::new(&url, None);
        cache.start(&background);
        cache.start(&background);
        let tasks = ["connection to Redis", "writes to Redis"];
        assert_eq!(background.running(), tasks);
        assert!(background.stop(Duration::from_secs(10)).await.is_empty());
    }
}
