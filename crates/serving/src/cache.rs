//! Vectors that were computed before: in memory, and in a Redis that replicas share.
//!
//! Both are only ever a short cut. Whatever is missing, late, unreadable or out of order is computed instead, and
//! what goes to Redis goes there behind the reply.

mod redis;
mod value;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use yuyi::{Encoded, Item};

use self::redis::RedisCache;
pub use self::redis::{InvalidRedisUrl, RedisUrl};
use crate::background::Background;
use crate::key::Key;
use crate::loaded_model::LoadedModel;

/// Bytes of an entry beside the numbers of its vector: the key, the counts, and what the cache needs to
/// find and forget it.
const ENTRY_BYTES: usize = 320;

/// Where vectors are kept.
#[derive(Clone, Debug)]
pub struct CacheOptions {
    /// Bytes of vectors kept in memory; 0: none.
    pub memory_bytes: usize,
    /// How long a vector is kept; `None`: until there is no room.
    pub ttl: Option<Duration>,
    /// The Redis that replicas share.
    pub redis: Option<RedisUrl>,
}

impl CacheOptions {
    /// Bytes of vectors kept in memory where nobody says how many.
    pub const MEMORY_BYTES: usize = 256 << 20;
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            memory_bytes: Self::MEMORY_BYTES,
            ttl: None,
            redis: None,
        }
    }
}

/// What the caches did since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Texts found in memory.
    pub memory_hits: u64,
    /// Texts not found in memory.
    pub memory_misses: u64,
    /// Vectors in memory now.
    pub memory_entries: u64,
    /// Their bytes, by estimate.
    pub memory_bytes: u64,
    /// Texts found in Redis.
    pub redis_hits: u64,
    /// Texts not found in Redis.
    pub redis_misses: u64,
    /// Texts that Redis was not asked for, since it did not answer before.
    pub redis_skipped: u64,
    /// Requests to Redis that failed or were late.
    pub redis_errors: u64,
    /// Values in Redis that were no vector of the text.
    pub redis_corrupt: u64,
    /// Vectors that were not written to Redis.
    pub redis_unwritten: u64,
    /// Whether Redis answers now; `None` where none is used.
    pub redis_up: Option<bool>,
}

/// The caches of a server.
pub(crate) struct Caches {
    memory: Option<Cache<Key, Arc<Encoded>>>,
    redis: Option<RedisCache>,
    memory_hits: AtomicU64,
    memory_misses: AtomicU64,
}

impl Caches {
    /// Caches that are empty, and do not talk to Redis yet.
    pub(crate) fn new(options: &CacheOptions) -> Self {
        let memory = (options.memory_bytes > 0).then(|| memory(options));
        let redis = options.redis.as_ref();
        Self {
            memory,
            redis: redis.map(|url| RedisCache::new(url, options.ttl)),
            memory_hits: AtomicU64::new(0),
            memory_misses: AtomicU64::new(0),
        }
    }

    /// Begins to talk to Redis.
    pub(crate) fn start(&self, background: &Background) {
        if let Some(redis) = &self.redis {
            redis.start(background);
        }
    }

    /// The vector of a text that a request has so many times, if it is in memory.
    pub(crate) fn recall(&self, key: &Key, times: usize) -> Option<Arc<Encoded>> {
        let vector = self.memory.as_ref()?.get(key);
        let counter = match vector {
            Some(_) => &self.memory_hits,
            None => &self.memory_misses,
        };
        counter.fetch_add(times as u64, Ordering::Relaxed);
        vector
    }

    /// The vectors of texts that are in Redis, in order. It takes a few milliseconds at most.
    pub(crate) async fn fetch(
        &self,
        model: &LoadedModel,
        items: &[(Key, Item)],
    ) -> Vec<Option<Arc<Encoded>>> {
        let (Some(redis), Some(space)) = (&self.redis, model.space()) else {
            return vec![None; items.len()];
        };
        if items.iter().any(|(_, item)| item.options.states) {
            return vec![None; items.len()];
        }
        let found = redis.get(space, model.facts(), items).await;
        for ((key, _), vector) in items.iter().zip(&found) {
            if let Some(vector) = vector {
                self.remember(key, vector);
            }
        }
        found
    }

    /// Keeps a vector that was computed.
    pub(crate) fn keep(
        &self,
        model: &Arc<LoadedModel>,
        key: &Key,
        item: &Item,
        vector: &Arc<Encoded>,
    ) {
        // Without a space the key is not the one that the text will have. States are large and rarely wanted.
        if model.space().is_none() || item.options.states {
            return;
        }
        self.remember(key, vector);
        if let Some(redis) = &self.redis {
            redis.put(model, item, vector);
        }
    }

    fn remember(&self, key: &Key, vector: &Arc<Encoded>) {
        if let Some(memory) = &self.memory {
            memory.insert(*key, Arc::clone(vector));
        }
    }

    /// What the caches did since the start.
    pub(crate) fn stats(&self) -> CacheStats {
        let mut stats = CacheStats::default();
        if let Some(memory) = &self.memory {
            stats.memory_hits = self.memory_hits.load(Ordering::Relaxed);
            stats.memory_misses = self.memory_misses.load(Ordering::Relaxed);
            stats.memory_entries = memory.entry_count();
            stats.memory_bytes = memory.weighted_size();
        }
        if let Some(redis) = &self.redis {
            redis.add_to(&mut stats);
        }
        stats
    }
}

fn memory(options: &CacheOptions) -> Cache<Key, Arc<Encoded>> {
    let weight = |_: &Key, vector: &Arc<Encoded>| {
        let bytes = size_of_val(&vector.vector[..]) + ENTRY_BYTES;
        u32::try_from(bytes).unwrap_or(u32::MAX)
    };
    let builder = Cache::builder()
        .max_capacity(options.memory_bytes as u64)
        .weigher(weight);
    match options.ttl {
        Some(ttl) => builder.time_to_live(ttl).build(),
        None => builder.build(),
    }
}
