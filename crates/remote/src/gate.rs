//! When a provider is left alone.
//!
//! 1. One that asks to be left alone is, by all calls, until the time is over that it named, or a time that doubles.
//! 2. One that has failed several times in a row, without a reason of its own, is not asked for a while: the *circuit* is
//!    open. Then one call is let through to see. If it fails as well, the while is twice as long; if not, all is as before.
//!
//! The state knows no clock: its callers tell the time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Failures in a row until a provider is left alone.
const FAILURES: u32 = 5;

/// How long it is left alone the first time, and at most.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How long one that asks for fewer calls is left alone the first time and at most, where it does not say.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Longer than a call takes.
const LONGEST_TRIAL: Duration = Duration::from_secs(600);

/// When to come again while somebody else sees whether the provider answers.
const WHILE_TRIED: Duration = Duration::from_secs(1);

/// Whether a call may be made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It may.
    Open,
    /// The provider has asked for this wait.
    Busy(Duration),
    /// It does not answer, and is left alone for so long.
    Resting(Duration),
}

/// What is known of a provider's mood; shared by all calls.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Failures in a row.
    failures: u32,
    /// Refusals in a row of one that asks for fewer calls.
    refusals: u32,
    busy_until: Option<Instant>,
    /// The circuit is open until then; after it, until a call has gone through.
    rests_until: Option<Instant>,
    /// How often in a row it was opened.
    rests: u32,
    /// Somebody sees whether it answers; until then, should nothing come of it.
    tried_until: Option<Instant>,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the state would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call may be made now. One that is told so reports what came of it to [`Gate::note`].
    pub(crate) fn enter(&self, now: Instant) -> Entry {
        let mut state = self.state();
        if let Some(until) = state.rests_until {
            if until > now {
                return Entry::Resting(until - now);
            }
            if state.tried_until.is_some_and(|until| until > now) {
                return Entry::Resting(WHILE_TRIED);
            }
        }
        if let Some(until) = state.busy_until.filter(|until| *until > now) {
            return Entry::Busy(until - now);
        }
        state.tried_until = state.rests_until.map(|_| now + LONGEST_TRIAL);
        Entry::Open
    }

    /// Notes what came of a call; `None`: vectors.
    pub(crate) fn note(&self, failure: Option<&Failure>, now: Instant) {
        let mut state = self.state();
        match failure {
            Some(Failure::Busy { wait, .. }) => state.pause(*wait, now),
            Some(Failure::Down { .. } | Failure::Broken { .. }) => state.fail(now),
            // It answered, if not with vectors.
            _ => *state = State::default(),
        }
        state.tried_until = None;
    }

    /// A call that was let through is not made after all.
    pub(crate) fn give_back(&self) {
        self.state().tried_until = None;
    }

    /// Whether it is left alone since it does not answer.
    pub(crate) fn is_resting(&self) -> bool {
        self.state().rests_until.is_some()
    }
}

impl State {
    fn pause(&mut self, wait: Option<Duration>, now: Instant) {
        let wait = wait.unwrap_or_else(|| doubled(PAUSE, self.refusals, LONGEST_PAUSE));
        let until = now + wait;
        *self = Self {
            refusals: self.refusals.saturating_add(1),
            // Another call may have been told to wait for longer.
            busy_until: self.busy_until.max(Some(until)),
            ..Self::default()
        };
    }

    fn fail(&mut self, now: Instant) {
        // A call that was made before.
        if self.rests_until.is_some_and(|until| until > now) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.rests_until = Some(now + doubled(REST, self.rests, LONGEST_REST));
            self.rests = self.rests.saturating_add(1);
        }
    }
}

/// `first`, doubled so often, at most `longest`.
pub(crate) fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    let factor = 2u32.checked_pow(times).unwrap_or(u32::MAX);
    first.saturating_mul(factor).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn down() -> Failure {
        Failure::Down {
            told: String::new(),
        }
    }

    fn busy(seconds: Option<u64>) -> Failure {
        Failure::Busy {
            told: String::new(),
            wait: seconds.map(Duration::from_secs),
        }
    }

    #[test]
    fn one_that_asks_for_a_wait_is_left_alone_by_all() {
        let (gate, now) = (Gate::default(), Instant::now());
        assert_eq!(gate.enter(now), Entry::Open);
        gate.note(Some(&busy(Some(7))), now);
        // A call that was made before is told less.
        gate.note(Some(&busy(Some(2))), now);
        assert_eq!(gate.enter(now + 2 * SECOND), Entry::Busy(5 * SECOND));
        assert_eq!(gate.enter(now + 7 * SECOND), Entry::Open);
        assert!(!gate.is_resting());
    }

    #[test]
    fn without_a_time_the_wait_doubles() {
        let (gate, mut now) = (Gate::default(), Instant::now());
        for seconds in [1, 2, 4, 8, 16, 16] {
            gate.note(Some(&busy(None)), now);
            assert_eq!(gate.enter(now), Entry::Busy(seconds * SECOND));
            now += seconds * SECOND;
        }
        gate.note(None, now);
        gate.note(Some(&busy(None)), now);
        assert_eq!(gate.enter(now), Entry::Busy(SECOND));
    }

    #[test]
    fn the_circuit_opens_lets_one_see_and_closes() {
        let (gate, now) = (Gate::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(gate.enter(now), Entry::Open);
            gate.note(Some(&down()), now);
        }
        assert!(gate.is_resting());
        assert_eq!(gate.enter(now + SECOND), Entry::Resting(4 * SECOND));
        // Half open: one sees, the others wait.
        let later = now + REST;
        assert_eq!(gate.enter(later), Entry::Open);
        assert_eq!(gate.enter(later), Entry::Resting(WHILE_TRIED));
        gate.note(Some(&down()), later);
        assert_eq!(gate.enter(later), Entry::Resting(2 * REST));
        let later = later + 2 * REST;
        assert_eq!(gate.enter(later), Entry::Open);
        gate.note(None, later);
        assert!(!gate.is_resting());
        for _ in 1..FAILURES {
            assert_eq!(gate.enter(later), Entry::Open);
            gate.note(Some(&down()), later);
        }
        assert_eq!(gate.enter(later), Entry::Open, "the count began anew");
    }

    #[test]
    fn one_that_answers_in_between_is_not_left_alone() {
        let (gate, now) = (Gate::default(), Instant::now());
        let denied = Failure::Denied {
            told: String::new(),
        };
        for _ in 0..20 {
            gate.note(Some(&down()), now);
            gate.note(Some(&denied), now);
        }
        assert_eq!(gate.enter(now), Entry::Open);
    }

    #[test]
    fn the_rest_has_an_end() {
        let (gate, mut now) = (Gate::default(), Instant::now());
        for _ in 0..100 {
            gate.note(Some(&down()), now);
            now += LONGEST_REST;
            assert_eq!(gate.enter(now), Entry::Open);
        }
    }
}
