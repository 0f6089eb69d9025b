//! Work without a model: reading large requests, splitting long texts, comparing texts letter by letter, explaining, writing large
//! answers.
//!
//! Protocol:
//! 1. An *errand* is admitted with its cost, how long it takes one thread by an estimate from above. It is refused at once when it
//!    costs more than [`MOST`], or when it would wait too long for those that are there, who take turns with it.
//! 2. It runs on a thread that may block, never on those that answer. As many run at a time as is said at the start; the others
//!    wait. At its checkpoints an errand that has run for [`TURN`] lets the one run that has waited longest.
//! 3. One that gets no turn in time is answered [`Error::QueueTimeout`]. What has begun is finished.
//! 4. A client that went away drops its errand, which ends at its next checkpoint.
//!
//! The queues of the models know nothing of this: whoever needs a vector only does not wait here.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::Error;

/// How long an errand runs before others have their turn: a small part of what a batch takes.
const TURN: Duration = Duration::from_millis(5);

/// The longest errand. What takes longer on one thread is better asked for in parts.
const MOST: Duration = Duration::from_secs(120);

/// Errands that have a thread, most of them to wait for their turn. They must leave others to the models.
const THREADS: usize = 128;

/// Share of the time a request may wait that its predicted wait may take.
const PREDICTED_SHARE: f32 = 0.9;

/// What the errands do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrandStats {
    /// Errands that wait or run.
    pub errands: usize,
    /// How long they still take one thread, by estimate.
    pub rest: Duration,
    /// Turns that errands had since the start.
    pub turns: u64,
}

/// All errands of a service; cheap to clone.
#[derive(Clone)]
pub(crate) struct Errands {
    shared: Arc<Shared>,
}

struct Shared {
    width: usize,
    patience: Duration,
    turns: Arc<Semaphore>,
    threads: Arc<Semaphore>,
    /// How long each still takes, by its number.
    rests: Mutex<HashMap<u64, Duration>>,
    last: AtomicU64,
    turns_taken: AtomicU64,
}

impl Shared {
    fn rests(&self) -> MutexGuard<'_, HashMap<u64, Duration>> {
        // Nothing panics while it holds the lock.
        self.rests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds until what is there now is done.
    fn retry_after(&self) -> u32 {
        let rest: Duration = self.rests().values().sum();
        let seconds = (rest / self.width as u32).as_secs_f64().ceil();
        // A float that does not fit becomes the nearest number that does.
        (seconds as u32).clamp(1, 60)
    }
}

impl Errands {
    /// None yet. So many run at a time, and each waits for its first turn for `patience` at most.
    pub(crate) fn new(width: usize, patience: Duration) -> Self {
        let width = width.clamp(1, THREADS);
        let shared = Shared {
            width,
            patience,
            turns: Arc::new(Semaphore::new(width)),
            threads: Arc::new(Semaphore::new(THREADS)),
            rests: Mutex::default(),
            last: AtomicU64::new(0),
            turns_taken: AtomicU64::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn stats(&self) -> ErrandStats {
        let rests = self.shared.rests();
        ErrandStats {
            errands: rests.len(),
            rest: rests.values().sum(),
            turns: self.shared.turns_taken.load(Ordering::Relaxed),
        }
    }

    /// Lets an errand wait for its turns.
    ///
    /// # Errors
    /// [`Error::TooMuchWork`], or [`Error::QueueFull`].
    pub(crate) fn admit(&self, cost: Duration) -> Result<Errand, Error> {
        if cost > MOST {
            return Err(Error::TooMuchWork {
                seconds: cost.as_secs(),
                most: MOST.as_secs(),
            });
        }
        let shared = Arc::clone(&self.shared);
        let mut rests = shared.rests();
        // The others have as many turns as this one before it is done.
        let ahead: Duration = rests.values().map(|&rest| rest.min(cost)).sum();
        if ahead / shared.width as u32 > shared.patience.mul_f32(PREDICTED_SHARE) {
            drop(rests);
            return Err(Error::QueueFull {
                retry_after: shared.retry_after(),
            });
        }
        let id = shared.last.fetch_add(1, Ordering::Relaxed);
        rests.insert(id, cost);
        drop(rests);
        Ok(Errand {
            has_begun: false,
            place: Arc::new(Place { shared, id }),
        })
    }
}

/// A place among the errands, given up when the last who has it is gone.
struct Place {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.rests().remove(&self.id);
    }
}

/// Work that was admitted, in one or several steps. Dropping it ends the step that runs.
pub struct Errand {
    place: Arc<Place>,
    /// It had its first turn, which must come in time.
    has_begun: bool,
}

impl Errand {
    /// Runs a step of it when its turn has come.
    ///
    /// # Errors
    /// [`Error::QueueTimeout`] where no turn comes in time, and [`Error::Failed`] where the step panics.
    pub async fn run<T: Send + 'static>(
        &mut self,
        step: impl FnOnce(&mut Turns) -> Result<T, Gone> + Send + 'static,
    ) -> Result<T, Error> {
        let (thread, turn) = self.turn().await?;
        self.has_begun = true;
        let (client, _still_there) = oneshot::channel();
        let mut turns = Turns {
            place: Arc::clone(&self.place),
            client,
            turn: Some(turn),
            since: Instant::now(),
            handle: Handle::current(),
        };
        let ran = spawn_blocking(move || {
            let _thread = thread;
            turns.begin();
            step(&mut turns)
        });
        // Whoever is gone hears nothing.
        ran.await
            .map_err(|_| Error::Failed)?
            .map_err(|Gone| Error::Failed)
    }

    /// A thread, and a turn on it.
    async fn turn(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), Error> {
        let shared = &self.place.shared;
        let (threads, turns) = (Arc::clone(&shared.threads), Arc::clone(&shared.turns));
        let acquire = async {
            let thread = threads.acquire_owned().await.ok()?;
            let turn = turns.acquire_owned().await.ok()?;
            Some((thread, turn))
        };
        let acquired = match self.has_begun {
            true => acquire.await,
            false => timeout(shared.patience, acquire)
                .await
                .map_err(|_| Error::QueueTimeout {
                    seconds: shared.patience.as_secs(),
                    retry_after: shared.retry_after(),
                })?,
        };
        // The semaphores are never closed.
        acquired.ok_or(Error::Failed)
    }
}

/// The client is gone: nobody waits for the work any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client is gone")]
pub struct Gone;

/// The turns of an errand that runs.
pub struct Turns {
    place: Arc<Place>,
    /// Closed when nobody waits any more.
    client: oneshot::Sender<()>,
    turn: Option<OwnedSemaphorePermit>,
    since: Instant,
    handle: Handle,
}

impl Turns {
    /// To be called often, a few milliseconds apart: lets others have their turn when this one has lasted long enough.
    ///
    /// # Errors
    /// [`Gone`] when nobody waits any more; the work should end.
    pub fn checkpoint(&mut self) -> Result<(), Gone> {
        if self.client.is_closed() {
            return Err(Gone);
        }
        if self.since.elapsed() < TURN {
            return Ok(());
        }
        self.note_time();
        let turns = Arc::clone(&self.place.shared.turns);
        let (client, last) = (&mut self.client, &mut self.turn);
        self.turn = self.handle.block_on(async {
            let mut next = pin!(turns.acquire_owned());
            // In the row before the turn is given up, so that whoever waits has it, and this one the next.
            if let Poll::Ready(turn) =
                poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await
            {
                return turn.ok();
            }
            *last = None;
            tokio::select! {
                turn = next => turn.ok(),
                () = client.closed() => None,
            }
        });
        match self.turn {
            Some(_) => {
                self.begin();
                Ok(())
            }
            None => Err(Gone),
        }
    }

    fn begin(&mut self) {
        self.since = Instant::now();
        let taken = &self.place.shared.turns_taken;
        taken.fetch_add(1, Ordering::Relaxed);
    }

    fn note_time(&self) {
        if let Some(rest) = self.place.shared.rests().get_mut(&self.place.id) {
            *rest = rest.saturating_sub(self.since.elapsed());
        }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.note_time();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tokio::time::sleep;

    const PATIENCE: Duration = Duration::from_secs(20);
    const LITTLE: Duration = Duration::from_millis(1);

    /// Uses its turn up.
    fn last_long(turns: &mut Turns) -> Result<(), Gone> {
        turns.since -= TURN;
        turns.checkpoint()
    }

    #[tokio::test]
    async fn errands_take_turns() {
        let errands = Errands::new(1, PATIENCE);
        let order = Arc::new(Mutex::new(Vec::new()));
        let (ready, both_there) = std::sync::mpsc::channel::<()>();
        let errand = |name: char| {
            let (order, mut errand) = (Arc::clone(&order), errands.admit(LITTLE).unwrap());
            async move {
                let steps = move |turns: &mut Turns| {
                    for _ in 0..3 {
                        order.lock().unwrap().push(name);
                        last_long(turns)?;
                    }
                    Ok(name)
                };
                errand.run(steps).await
            }
        };
        // The first holds the turn until the second waits for it.
        let mut first = errands.admit(LITTLE).unwrap();
        let holding = tokio::spawn(async move {
            first
                .run(move |_| both_there.recv().map_err(|_| Gone))
                .await
        });
        let (a, b) = (tokio::spawn(errand('a')), tokio::spawn(errand('b')));
        while errands.shared.threads.available_permits() > THREADS - 3 {
            sleep(LITTLE).await;
        }
        ready.send(()).unwrap();
        holding.await.unwrap().unwrap();
        assert_eq!(a.await.unwrap(), Ok('a'));
        assert_eq!(b.await.unwrap(), Ok('b'));
        let order: String = order.lock().unwrap().iter().collect();
        assert_eq!(order, "ababab");
        let stats = errands.stats();
        assert_eq!((stats.errands, stats.rest), (0, Duration::ZERO));
        assert_eq!(stats.turns, 1 + 2 * 4);
    }

    #[tokio::test]
    async fn an_errand_ends_when_nobody_waits() {
        let errands = Errands::new(1, PATIENCE);
        let steps = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&steps);
        let mut errand = errands.admit(LITTLE).unwrap();
        let running = tokio::spawn(async move {
            let endless = move |turns: &mut Turns| -> Result<(), Gone> {
                loop {
                    count.fetch_add(1, Ordering::Relaxed);
                    last_long(turns)?;
                }
            };
            errand.run(endless).await
        });
        while steps.load(Ordering::Relaxed) < 10 {
            sleep(LITTLE).await;
        }
        running.abort();
        while errands.stats().errands > 0 {
            sleep(LITTLE).await;
        }
        let mut next = errands.admit(LITTLE).unwrap();
        assert_eq!(next.run(|_| Ok(1)).await, Ok(1), "the turn is free again");
    }

    #[tokio::test]
    async fn what_would_wait_too_long_or_takes_too_long_is_refused() {
        let errands = Errands::new(2, Duration::from_secs(10));
        let seconds = Duration::from_secs;
        let many = [30, 18].map(|cost| errands.admit(seconds(cost)).unwrap());
        let full = errands.admit(seconds(30)).err().unwrap();
        assert_eq!(full, Error::QueueFull { retry_after: 24 });
        // It has its turns between theirs.
        assert!(errands.admit(LITTLE).is_ok());
        drop(many);
        assert!(errands.admit(seconds(30)).is_ok());
        let endless = errands.admit(seconds(121)).err().unwrap();
        assert_eq!(
            endless,
            Error::TooMuchWork {
                seconds: 121,
                most: 120
            }
        );
        assert!(!endless.is_retryable());
    }

    #[tokio::test]
    async fn who_gets_no_turn_is_told_and_a_panic_fails_its_own() {
        let errands = Errands::new(1, Duration::from_millis(50));
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let mut holder = errands.admit(LITTLE).unwrap();
        let held =
            tokio::spawn(async move { holder.run(move |_| wait.recv().map_err(|_| Gone)).await });
        while errands.stats().turns == 0 {
            sleep(LITTLE).await;
        }
        let late = errands.admit(LITTLE).unwrap().run(|_| Ok(())).await;
        assert!(matches!(late, Err(Error::QueueTimeout { .. })), "{late:?}");
        go.send(()).unwrap();
        held.await.unwrap().unwrap();
        let mut panics = errands.admit(LITTLE).unwrap();
        let failed: Result<(), Error> = panics.run(|_| panic!("a test")).await;
        assert_eq!(failed, Err(Error::Failed));
        assert_eq!(panics.run(|_| Ok(2)).await, Ok(2));
    }
}
