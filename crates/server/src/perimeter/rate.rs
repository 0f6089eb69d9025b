//! How often a caller may ask.
//!
//! The algorithm is GCRA, a leaky bucket without a clock of its own: of each caller only the moment is kept at
//! which it will be fully rested. A request moves the moment by one interval; it may lie at most a
//! minute ahead, so that a minute's requests may come at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Callers that are remembered; all beyond share one allowance, so memory is bounded.
const MOST_CALLERS: usize = 100_000;

/// How often callers that are rested are forgotten.
const SWEEP: Duration = Duration::from_secs(10);

/// Allows every caller a number of requests a minute.
pub(crate) struct RateLimiter<C> {
    interval: Duration,
    state: Mutex<State<C>>,
}

struct State<C> {
    /// When a caller is rested; `None`: the callers beyond [`MOST_CALLERS`].
    rested: HashMap<Option<C>, Instant>,
    next_sweep: Instant,
}

impl<C: Eq + Hash> RateLimiter<C> {
    /// `limit` requests a minute.
    pub(crate) fn new(limit: NonZeroU32) -> Self {
        let state = State {
            rested: HashMap::new(),
            next_sweep: Instant::now() + SWEEP,
        };
        Self {
            interval: MINUTE / limit.get(),
            state: Mutex::new(state),
        }
    }

    /// Counts a request, or refuses it and tells how long to wait.
    pub(crate) fn take(&self, caller: C, now: Instant) -> Result<(), Duration> {
        // A thread that panicked here would leave moments that are still right.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= state.next_sweep {
            state.rested.retain(|_, rested| *rested > now);
            state.next_sweep = now + SWEEP;
        }
        let caller = Some(caller);
        let is_new = !state.rested.contains_key(&caller);
        let caller = caller.filter(|_| !is_new || state.rested.len() < MOST_CALLERS);
        let rested = state.rested.entry(caller).or_insert(now);
        let next = (*rested).max(now) + self.interval;
        match next.duration_since(now).checked_sub(MINUTE) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *rested = next;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(limit: u32) -> RateLimiter<u32> {
        RateLimiter::new(NonZeroU32::new(limit).unwrap())
    }

    #[test]
    fn a_minutes_requests_may_come_at_once_and_then_at_their_pace() {
        let (limiter, start) = (limiter(6), Instant::now());
        for _ in 0..6 {
            assert_eq!(limiter.take(1, start), Ok(()));
        }
        assert_eq!(limiter.take(1, start), Err(Duration::from_secs(10)));
        assert_eq!(limiter.take(2, start), Ok(()), "callers do not share");
        let later = start + Duration::from_secs(10);
        assert_eq!(limiter.take(1, later), Ok(()));
        assert_eq!(limiter.take(1, later), Err(Duration::from_secs(10)));
        let rested = start + Duration::from_secs(200);
        let allowed = (0..20).filter(|_| limiter.take(1, rested).is_ok()).count();
        assert_eq!(allowed, 6, "rest does not add up");
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, start) = (limiter(60), Instant::now());
        for caller in 0..MOST_CALLERS as u32 + 1_000 {
            let _ = limiter.take(caller, start);
        }
        let count = || limiter.state.lock().unwrap().rested.len();
        assert_eq!(count(), MOST_CALLERS + 1);
        assert!(limiter.take(u32::MAX, start).is_err(), "the rest share");
        assert_eq!(limiter.take(1, start), Ok(()), "who is known does not");
        let _ = limiter.take(1, start + Duration::from_secs(100));
        assert_eq!(count(), 1, "the rested are forgotten");
    }
}
