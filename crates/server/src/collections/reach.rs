//! Whether a store that other processes have too can be reached: asked once for all who want to know, and at most once a second.
//!
//! A server that is frozen says nothing, and its call may take long to give up. Whoever wants to know waits a little, and no second call is made meanwhile.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use yuyi_store::Error;

/// How long an answer is good.
const FRESH: Duration = Duration::from_secs(1);

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known.
pub(crate) struct Reach(watch::Sender<Known>);

#[derive(Default)]
struct Known {
    /// What the last call said, and when.
    told: Option<(Instant, Result<(), Error>)>,
    /// When the call was made that has not said anything yet.
    asked: Option<Instant>,
}

impl Known {
    fn fresh(&self) -> Option<&Result<(), Error>> {
        let (at, told) = self.told.as_ref()?;
        (at.elapsed() < FRESH).then_some(told)
    }
}

impl Default for Reach {
    fn default() -> Self {
        Self(watch::Sender::new(Known::default()))
    }
}

impl Reach {
    /// What `ask` says, or has said within a second. It may block.
    ///
    /// # Errors
    /// That of `ask`, or that it says nothing.
    pub(crate) async fn check(
        &self,
        ask: impl FnOnce() -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let mut known = self.0.subscribe();
        let Some(asked) = self.is_asked() else {
            return known.borrow().fresh().cloned().unwrap_or_else(silent);
        };
        if asked.is_mine {
            let tell = self.0.clone();
            tokio::spawn(async move {
                let told = spawn_blocking(ask).await.unwrap_or_else(|panic| {
                    Err(Error::Failed {
                        reason: panic.to_string(),
                    })
                });
                tell.send_modify(|known| {
                    *known = Known {
                        told: Some((Instant::now(), told)),
                        asked: None,
                    }
                });
            });
        }
        let left = PATIENCE.saturating_sub(asked.at.elapsed());
        let fresh = timeout(left, known.wait_for(|known| known.fresh().is_some())).await;
        match fresh {
            Ok(Ok(known)) => known.fresh().cloned().unwrap_or_else(silent),
            _ => silent(),
        }
    }

    /// The call that is under way, made by the caller where none is; `None`: what is known is fresh.
    fn is_asked(&self) -> Option<Asked> {
        let mut asked = None;
        self.0.send_if_modified(|known| {
            if known.fresh().is_none() {
                asked = Some(Asked {
                    is_mine: known.asked.is_none(),
                    at: *known.asked.get_or_insert_with(Instant::now),
                });
            }
            // Nobody waits for that.
            false
        });
        asked
    }
}

/// A call.
struct Asked {
    is_mine: bool,
    at: Instant,
}

fn silent() -> Result<(), Error> {
    Err(Error::Unavailable {
        reason: format!("no answer within {} seconds", PATIENCE.as_secs()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    fn gone() -> Error {
        Error::Unreachable {
            reason: "nobody is there".to_owned(),
        }
    }

    #[tokio::test]
    async fn many_are_told_what_one_call_said() {
        let (reach, calls) = (Reach::default(), Arc::new(AtomicUsize::new(0)));
        let ask = || {
            let calls = Arc::clone(&calls);
            move || {
                calls.fetch_add(1, Relaxed);
                Err(gone())
            }
        };
        let both = tokio::join!(reach.check(ask()), reach.check(ask()));
        assert_eq!(both, (Err(gone()), Err(gone())));
        assert_eq!(calls.load(Relaxed), 1);
        // When that is old, it is asked anew.
        let long_ago = Instant::now().checked_sub(FRESH).unwrap();
        reach
            .0
            .send_modify(|known| known.told = Some((long_ago, Err(gone()))));
        assert_eq!(reach.check(|| Ok(())).await, Ok(()));
        assert_eq!(reach.check(ask()).await, Ok(()));
        assert_eq!(calls.load(Relaxed), 1);
    }

    #[tokio::test]
    async fn who_says_nothing_is_asked_once() {
        let reach = Reach::default();
        let long_ago = Instant::now().checked_sub(PATIENCE);
        reach.0.send_modify(|known| known.asked = long_ago);
        let unasked = || panic!("it is asked already");
        assert_eq!(reach.check(unasked).await, silent());
        // It has answered after all.
        reach.0.send_modify(|known| {
            *known = Known {
                told: Some((Instant::now(), Ok(()))),
                asked: None,
            }
        });
        assert_eq!(reach.check(unasked).await, Ok(()));
    }
}
