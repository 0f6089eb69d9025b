//! The queue in front of the models.
//!
//! Protocol:
//! 1. A request is *admitted* with its work, one job for each different text, and the jobs' weights, estimates of
//!    their tokens. It is refused at once (`queue_full`) when what waits would exceed the capacity, or when by the
//!    speed of the last batches it would wait too long for others, between its turns as well as before the first. When nothing
//!    else is there it is always admitted: a request that is larger than the queue must still be possible.
//! 2. One *batch* is computed at a time, since two passes would only fight for the same cores. It is made the moment
//!    the one before it is done, of what waits then: a share of every request in turn, until it is full. So a request
//!    on an idle server waits for nobody, many small ones go through the model together, and a large one
//!    holds up nobody for longer than a batch. All jobs of a batch are of one model.
//! 3. A request that has not got into a batch in time is answered `queue_timeout`. What has begun is finished.
//! 4. A text that several requests wait for is one job. It is gone when the last of them is.
//! 5. A client that went away drops its future, which withdraws its request; jobs that are computed already are
//!    finished.
//! 6. A batch that fails is computed again in halves, down to the job that makes it fail. The requests that want
//!    that job are answered `internal`; the others do not notice.
//!
//! The task that computes runs only while something waits. Nothing here panics.

mod queue;
#[cfg(test)]
mod tests;
mod weight;
mod worker;

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout_at;
use yuyi_encoder::Encoded;
use yuyi_models::Item;

use self::queue::{Queue, RequestId};
pub(crate) use self::weight::estimated_tokens;
use self::worker::Speed;
use crate::key::Key;
use crate::loaded_model::LoadedModel;
use crate::{Error, Histogram};

/// Seconds after which a client that was refused is asked to come again: at least the least that `Retry-After` can say, and no
/// longer than a queue that is predicted wrongly should keep it away.
const RETRY_AFTER: RangeInclusive<u32> = 1..=60;

/// Texts of a batch.
const TEXTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Tokens of a batch: from a word to what fills the batches of sixteen threads.
const TOKENS: &[f64] = &[
    8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0,
];

/// Share of the time a request may wait that its predicted wait may take: the prediction is a guess, and whoever is let in and
/// then refused has waited for nothing.
const PREDICTED_SHARE: f32 = 0.9;

/// A text to embed.
pub(crate) struct Work {
    /// Equal keys are computed once.
    pub(crate) key: Key,
    /// The text, and what is asked for.
    pub(crate) item: Item,
    /// Estimated tokens.
    pub(crate) weight: usize,
}

/// The answer to a request.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// One for each of its works, in order.
    pub(crate) vectors: Vec<Arc<Encoded>>,
    /// From admission to the last vector, without the two below: waiting for its turns.
    pub(crate) queue: Duration,
    /// Texts into tokens, of the batches that it was part of.
    pub(crate) tokenize: Duration,
    /// Tokens into vectors, of the batches that it was part of.
    pub(crate) compute: Duration,
}

/// What the queue holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Requests that wait or are computed.
    pub requests: usize,
    /// Estimated tokens of their texts.
    pub tokens: usize,
}

/// Told of every vector that was computed.
pub(crate) type Sink = Box<dyn Fn(&Arc<LoadedModel>, &Key, &Item, &Arc<Encoded>) + Send + Sync>;

/// The queue in front of the models; cheap to clone.
#[derive(Clone)]
pub(crate) struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    capacity: usize,
    patience: Duration,
    sink: Sink,
}

#[derive(Default)]
struct State {
    queue: Queue,
    speed: Speed,
    batches: Batches,
    /// Whether the task that computes is there.
    working: bool,
}

/// How much was computed together, batch by batch.
#[derive(Clone, Debug)]
pub struct Batches {
    /// Texts of a batch.
    pub texts: Histogram,
    /// Tokens that the model read of them.
    pub tokens: Histogram,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            texts: Histogram::new(TEXTS),
            tokens: Histogram::new(TOKENS),
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue; given up when it is dropped.
struct Place<'a> {
    shared: &'a Shared,
    id: RequestId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.state().queue.withdraw(self.id);
    }
}

impl Scheduler {
    /// A queue for `capacity` tokens, where a request waits for its first batch for `patience` at most.
    pub(crate) fn new(capacity: usize, patience: Duration, sink: Sink) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            capacity,
            patience,
            sink,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// How much was computed together, since the start.
    pub(crate) fn batches(&self) -> Batches {
        self.shared.state().batches.clone()
    }

    /// What waits and is computed now.
    pub(crate) fn depth(&self) -> QueueDepth {
        let state = self.shared.state();
        QueueDepth {
            requests: state.queue.requests(),
            tokens: state.queue.tokens(),
        }
    }

    /// Vectors of `work`, in order; each key occurs once. The wait counts from `since`.
    ///
    /// # Errors
    /// When the queue is full, the wait is too long, token ids are unknown, or the model fails.
    pub(crate) async fn embed(
        &self,
        model: &Arc<LoadedModel>,
        work: Vec<Work>,
        since: Instant,
    ) -> Result<Done, Error> {
        if work.is_empty() {
            return Ok(Done::default());
        }
        let shared = &*self.shared;
        let (reply, mut answer) = oneshot::channel();
        let place = self.admit(model, work, reply)?;
        let latest = since + shared.patience;
        if let Ok(answered) = timeout_at(latest.into(), &mut answer).await {
            return answered.map_err(|_| Error::Failed)?;
        }
        let late = {
            let state = shared.state();
            let waits = !state.queue.has_started(place.id);
            waits.then(|| state.retry_after())
        };
        if let Some(retry_after) = late {
            return Err(Error::QueueTimeout {
                seconds: shared.patience.as_secs(),
                retry_after,
            });
        }
        answer.await.map_err(|_| Error::Failed)?
    }

    fn admit(
        &self,
        model: &Arc<LoadedModel>,
        work: Vec<Work>,
        reply: queue::Reply,
    ) -> Result<Place<'_>, Error> {
        let mut state = self.shared.state();
        if !state.has_room_for(model, &work, &self.shared) {
            return Err(Error::QueueFull {
                retry_after: state.retry_after(),
            });
        }
        let id = state
            .queue
            .admit(Arc::clone(model), work, Instant::now(), reply);
        if !state.working {
            state.working = true;
            tokio::spawn(worker::work(Arc::clone(&self.shared)));
        }
        Ok(Place {
            shared: &self.shared,
            id,
        })
    }
}

impl State {
    /// Seconds until what waits now is computed, by the speed of the last batches; within [`RETRY_AFTER`].
    fn retry_after(&self) -> u32 {
        let wait = self.speed.time_for(self.queue.tokens());
        let seconds = wait.unwrap_or_default().as_secs_f64().ceil();
        // A float that does not fit becomes the nearest number that does.
        (seconds as u32).clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end())
    }

    fn has_room_for(&self, model: &LoadedModel, work: &[Work], shared: &Shared) -> bool {
        let (waiting, added) = (self.queue.tokens(), self.queue.added_by(work));
        if waiting == 0 || added == 0 {
            return true;
        }
        let in_time = || {
            let wait = self.speed.time_for(self.queue.ahead(model, added));
            wait.is_none_or(|wait| wait < shared.patience.mul_f32(PREDICTED_SHARE))
        };
        waiting.saturating_add(added) <= shared.capacity && in_time()
    }
}
