//! Whether little work is worth more than one thread at the moment.
//!
//! The threads of a team take every step together. Where other programs keep the cores busy, the operating system lets
//! each thread run at another time, and a pass that should take 5 ms waits 30 for whoever is late. Then one thread alone
//! is faster, and after a while it is worth another try.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// Passes by one thread after the team was held up, at first and at most. A thread that only woke up late is forgotten after
/// two; where the cores stay busy, a try, which costs a few times a pass, comes ever more rarely.
const ALONE: (u32, u32) = (2, 64);

/// Counts down the passes that one thread computes alone.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    alone: AtomicU32,
    /// How many there were after the last try that failed; 0: the last try was good.
    last: AtomicU32,
}

impl Pace {
    /// Whether the next pass is for one thread.
    pub(crate) fn next_is_alone(&self) -> bool {
        self.alone
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
            .is_ok()
    }

    /// Learns from a pass by a team of `threads` that took `elapsed`, of which it waited `waited` for late threads. Had all
    /// been in time, it would have taken the difference; one thread needs that much for each of them.
    pub(crate) fn learn(&self, threads: usize, elapsed: Duration, waited: Duration) {
        let threads = u32::try_from(threads).unwrap_or(u32::MAX);
        let is_held_up = elapsed.saturating_sub(waited).saturating_mul(threads) < elapsed;
        let alone = match (is_held_up, self.last.load(Relaxed)) {
            (false, _) => 0,
            (true, 0) => ALONE.0,
            (true, last) => (2 * last).min(ALONE.1),
        };
        self.last.store(alone, Relaxed);
        self.alone.store(alone, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_team_that_waits_too_long_pauses_for_some_passes() {
        let pace = Pace::default();
        assert!(!pace.next_is_alone());
        pace.learn(2, 10 * MS, 4 * MS);
        assert!(!pace.next_is_alone());
        let passes_alone = || (0..).take_while(|_| pace.next_is_alone()).count();
        let held_up = || {
            pace.learn(2, 10 * MS, 6 * MS);
            passes_alone()
        };
        let tries: Vec<usize> = (0..8).map(|_| held_up()).collect();
        assert_eq!(tries, [2, 4, 8, 16, 32, 64, 64, 64]);
        pace.learn(2, 10 * MS, MS);
        assert_eq!(passes_alone(), 0);
        assert_eq!(held_up(), 2, "all is forgotten after a good pass");
    }

    #[test]
    fn many_threads_may_wait_longer() {
        let pace = Pace::default();
        pace.learn(16, 10 * MS, 9 * MS);
        assert!(!pace.next_is_alone());
        pace.learn(1, 10 * MS, Duration::ZERO);
        assert!(!pace.next_is_alone());
    }
}
