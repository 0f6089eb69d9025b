//! Where the time of a request went, for its reply and for the metrics.
//!
//! A request is handled in one task, so what happens deep inside it is noted in a variable of that
//! task, and the envelope reads it at the end: handlers have nothing to pass on.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

/// What a request waited for and used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timings {
    /// Waiting for the model to be loaded and for turns.
    pub(crate) queue: Duration,
    /// Texts into tokens, of the batches that the request was part of.
    pub(crate) tokenize: Duration,
    /// Tokens into vectors, of the batches that the request was part of.
    pub(crate) compute: Duration,
    /// Tokens of the request's texts, prompts and special tokens included.
    pub(crate) tokens: usize,
    /// Texts that were longer than the model reads, and were cut.
    pub(crate) truncated: usize,
    /// Texts whose vectors were found in a cache.
    pub(crate) cache_hits: usize,
    /// Texts whose vectors were not found in a cache.
    pub(crate) cache_misses: usize,
}

impl Timings {
    fn plus(self, other: Self) -> Self {
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

tokio::task_local! {
    static OF_THIS_REQUEST: Cell<Timings>;
}

/// Adds to the timings of the request that this task handles; outside of one, nothing happens.
pub(crate) fn add(timings: Timings) {
    // An error means that there is no request to add it to.
    let _ = OF_THIS_REQUEST.try_with(|sum| sum.set(sum.get().plus(timings)));
}

/// Runs `request` and tells what was added meanwhile.
pub(crate) async fn observe<T>(request: impl Future<Output = T>) -> (T, Timings) {
    let both = async {
        let reply = request.await;
        (reply, OF_THIS_REQUEST.with(Cell::get))
    };
    OF_THIS_REQUEST.scope(Cell::default(), both).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_a_request_adds_is_its_own() {
        let request = |tokens| async move {
            for _ in 0..3 {
                add(Timings {
                    tokens,
                    ..Timings::default()
                });
                tokio::task::yield_now().await;
            }
            "done"
        };
        let (first, second) = tokio::join!(observe(request(1)), observe(request(10)));
        assert_eq!((first.0, first.1.tokens), ("done", 3));
        assert_eq!(second.1.tokens, 30);
        add(Timings::default());
    }
}
