//! What is counted of each collection.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use yuyi_serving::Histogram;

/// Seconds: from a scan of a few items to one that waited.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Collections that are told apart; whoever makes collections makes labels.
pub(crate) const MOST_LABELS: usize = 50;

/// The label of all others. No collection has this name.
pub(crate) const OTHERS: &str = "(others)";

/// What is counted, by collection.
#[derive(Default)]
pub(crate) struct Stats(Mutex<BTreeMap<String, OfCollection>>);

/// What is counted of one.
#[derive(Clone)]
pub(crate) struct OfCollection {
    /// From a question to its hits.
    pub(crate) searches: Histogram,
    /// The store's part of that.
    pub(crate) scans: Histogram,
    /// Writes, until they are durable.
    pub(crate) writes: Histogram,
    /// The store's commits of them, until the disk has what was written.
    pub(crate) commits: Histogram,
    /// Items that were written or removed.
    pub(crate) items: u64,
    /// From a request for recommendations to them.
    pub(crate) recommendations: Histogram,
    /// Events that were kept.
    pub(crate) events: u64,
}

impl Default for OfCollection {
    fn default() -> Self {
        Self {
            searches: Histogram::new(SECONDS),
            scans: Histogram::new(SECONDS),
            writes: Histogram::new(SECONDS),
            commits: Histogram::new(SECONDS),
            items: 0,
            recommendations: Histogram::new(SECONDS),
            events: 0,
        }
    }
}

impl Stats {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, OfCollection>> {
        // Numbers are whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, name: &str, count: impl FnOnce(&mut OfCollection)) {
        let mut all = self.all();
        let label = match all.contains_key(name) || all.len() < MOST_LABELS {
            true => name,
            false => OTHERS,
        };
        count(all.entry(label.to_owned()).or_default());
    }

    /// Counts an answered question.
    pub(crate) fn searched(&self, name: &str, all: Duration, scan: Duration) {
        self.of(name, |of| {
            of.searches.observe(all.as_secs_f64());
            of.scans.observe(scan.as_secs_f64());
        });
    }

    /// Counts a write of so many items.
    pub(crate) fn wrote(&self, name: &str, items: u64, time: Duration) {
        self.of(name, |of| {
            of.writes.observe(time.as_secs_f64());
            of.items += items;
        });
    }

    /// Counts a commit of the store.
    pub(crate) fn committed(&self, name: &str, time: Duration) {
        self.of(name, |of| of.commits.observe(time.as_secs_f64()));
    }

    /// Counts an answered request for recommendations.
    pub(crate) fn recommended(&self, name: &str, all: Duration, scan: Duration) {
        self.of(name, |of| {
            of.recommendations.observe(all.as_secs_f64());
            of.scans.observe(scan.as_secs_f64());
        });
    }

    /// Counts a write of so many events.
    pub(crate) fn heard(&self, name: &str, events: u64, time: Duration) {
        self.of(name, |of| {
            of.writes.observe(time.as_secs_f64());
            of.events += events;
        });
    }

    /// Forgets a collection that was dropped.
    pub(crate) fn forget(&self, name: &str) {
        self.all().remove(name);
    }

    /// What was counted, by label.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, OfCollection> {
        self.all().clone()
    }
}

/// A result with the time that it took.
pub(crate) struct Timed<T> {
    pub(crate) value: T,
    pub(crate) time: Duration,
}

impl<T> Timed<T> {
    /// Does it and looks at the clock.
    pub(crate) fn of(work: impl FnOnce() -> T) -> Self {
        let began = Instant::now();
        let value = work();
        let time = began.elapsed();
        Self { value, time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded() {
        let stats = Stats::default();
        for i in 0..3 * MOST_LABELS {
            stats.wrote(&i.to_string(), 2, Duration::ZERO);
        }
        let counted = stats.snapshot();
        assert_eq!(counted.len(), MOST_LABELS + 1);
        assert_eq!(counted[OTHERS].items, 4 * MOST_LABELS as u64);
        stats.forget("0");
        assert!(!stats.snapshot().contains_key("0"));
    }
}
