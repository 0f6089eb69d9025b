//! How many texts may still be sent, and what has been counted.

use std::sync::atomic::{AtomicU64, Ordering};

use yuyi_models::RemoteStats;

/// Counts of a model since the program began, whoever asks it.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    calls: AtomicU64,
    failures: AtomicU64,
    retries: AtomicU64,
    texts: AtomicU64,
    tokens: AtomicU64,
}

impl Counts {
    /// Counts a call of so many texts before it is made, unless that would be more texts than `most`; how many were sent before then.
    pub(crate) fn begin(&self, texts: u64, most: Option<u64>, is_retry: bool) -> Result<(), u64> {
        let most = most.unwrap_or(u64::MAX);
        let add = |sent: u64| sent.checked_add(texts).filter(|sent| *sent <= most);
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        self.texts.fetch_update(set, fetch, add)?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.retries
            .fetch_add(u64::from(is_retry), Ordering::Relaxed);
        Ok(())
    }

    /// Counts what a call gave: tokens, or nothing.
    pub(crate) fn end(&self, tokens: Option<u64>) {
        match tokens {
            Some(tokens) => self.tokens.fetch_add(tokens, Ordering::Relaxed),
            None => self.failures.fetch_add(1, Ordering::Relaxed),
        };
    }

    /// All counts.
    pub(crate) fn stats(&self, is_resting: bool) -> RemoteStats {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        RemoteStats {
            calls: of(&self.calls),
            failures: of(&self.failures),
            retries: of(&self.retries),
            texts: of(&self.texts),
            tokens: of(&self.tokens),
            is_resting,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_texts_are_sent_than_may_be() {
        let counts = Counts::default();
        assert_eq!(counts.begin(6, Some(10), false), Ok(()));
        assert_eq!(counts.begin(5, Some(10), true), Err(6));
        assert_eq!(counts.begin(4, Some(10), true), Ok(()));
        assert_eq!(counts.begin(1, Some(10), false), Err(10));
        assert_eq!(counts.begin(1, None, false), Ok(()));
        counts.end(Some(30));
        counts.end(None);
        let stats = counts.stats(false);
        assert_eq!((stats.calls, stats.retries, stats.failures), (3, 1, 1));
        assert_eq!((stats.texts, stats.tokens), (11, 30));
    }
}
