//! Where the time of a request went.

use std::ops::Add;
use std::time::Duration;

/// What a request waited for and used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Waiting for the model to be loaded and for turns.
    pub queue: Duration,
    /// Texts into tokens, of the batches that the request was part of.
    pub tokenize: Duration,
    /// Tokens into vectors, of the batches that the request was part of.
    pub compute: Duration,
    /// Tokens of the request's texts, prompts and special tokens included.
    pub tokens: usize,
    /// Texts that were longer than the model reads, and were cut.
    pub truncated: usize,
    /// Texts whose vectors were found in a cache.
    pub cache_hits: usize,
    /// Texts whose vectors were not found in a cache.
    pub cache_misses: usize,
}

impl Add for Timings {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            queue: self.queue + other.queue,
            tokenize: self.tokenize + other.tokenize,
            compute: self.compute + other.compute,
            tokens: self.tokens + other.tokens,
            truncated: self.truncated + other.truncated,
            cache_hits: self.cache_hits + other.cache_hits,
            cache_misses: self.cache_misses + other.cache_misses,
        }
    }
}
