//! The queues in front of the models.
//!
//! Protocol:
//! 1. A model has a *lane*: the one of this machine, which all share that compute here, or one of its own where it computes
//!    elsewhere. Lanes have queues of their own and know nothing of each other. In the following *the queue* is a lane's.
//! 2. A request is *admitted* with its work, one job for each different text, and the jobs' weights, estimates of
//!    their tokens; of texts that may be long they are exact, since those come in the token ids of their windows. It is refused at
//!    once ([`Error::QueueFull`]) when what others have computed before it is done, between its turns as well as before the first,
//!    exceeds the capacity, or would take too long by the speed of the last batches. What it brings itself and what others have
//!    computed later does not count: a request may be larger than the queue, and then keeps out others of its kind, not a pair.
//! 3. In the lane of this machine one *batch* is computed at a time, since two passes would only fight for the same cores; in
//!    another, a few. It is made the moment the one before it is done, of what waits then: a share of every request in turn,
//!    until it is full. So a request on an idle server waits for nobody, many small ones go through the model together, and a
//!    large one holds up nobody for longer than a batch. Requests that fit one turn alternate with all others (`turns.rs`), so that a pair need
//!    not wait until each of many large ones has had its turn. All jobs of a batch are of one model.
//! 4. A request that has not got into a batch in time is answered [`Error::QueueTimeout`]. What has begun is finished.
//! 5. A text that several requests wait for is one job. It is gone when the last of them is.
//! 6. A client that went away drops its future, which withdraws its request; jobs that are computed already are
//!    finished.
//! 7. A batch that fails in a way that may be the fault of one of its texts is computed again in halves, down to the job that
//!    makes it fail. The requests that want that job are told; the others do not notice. Where the call failed as a whole,
//!    since the model asks to be left alone or cannot answer at all, every request is told at once.
//!
//! The tasks that compute run only while something waits. Nothing here panics.

mod compute;
mod lane;
mod queue;
mod speed;
#[cfg(test)]
mod tests;
mod turns;
mod weight;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout_at;
use yuyi::{Encoded, Item};

use self::lane::Lane;
pub use self::weight::normal_characters;
pub(crate) use self::weight::{estimated_tokens, may_be_long};
use crate::key::Key;
use crate::loaded_model::LoadedModel;
use crate::{Error, Histogram};

/// Texts of a batch.
const TEXTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Tokens of a batch: from a word to what fills the batches of sixteen threads.
const TOKENS: &[f64] = &[
    8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0,
];

/// A text to embed.
pub(crate) struct Work {
    /// Equal keys are computed once.
    pub(crate) key: Key,
    /// The text, and what is asked for.
    pub(crate) item: Item,
    /// Estimated tokens.
    pub(crate) weight: usize,
    /// It is a window of a text, of which the sink is not told.
    pub(crate) is_window: bool,
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

/// What the queues hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Requests that wait or are computed.
    pub requests: usize,
    /// Estimated tokens of their texts.
    pub tokens: usize,
}

/// Told of every vector that was computed.
pub(crate) type Sink = Box<dyn Fn(&Arc<LoadedModel>, &Key, &Item, &Arc<Encoded>) + Send + Sync>;

/// The queues in front of the models; cheap to clone.
#[derive(Clone)]
pub(crate) struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    common: Arc<Common>,
    /// Of the models that compute here.
    here: Arc<Lane>,
    /// Of those that compute elsewhere, by name.
    elsewhere: Mutex<HashMap<String, Arc<Lane>>>,
}

/// What all lanes share.
struct Common {
    /// Estimated tokens of others that a request may wait for.
    capacity: usize,
    /// How long a request waits for its first batch.
    patience: Duration,
    sink: Sink,
    batches: Mutex<Batches>,
}

impl Common {
    fn batches(&self) -> MutexGuard<'_, Batches> {
        // Numbers are whole at every moment, also where a thread panicked.
        self.batches.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

impl Batches {
    fn observe(&mut self, texts: usize, tokens: usize) {
        self.texts.observe(texts as f64);
        self.tokens.observe(tokens as f64);
    }
}

impl Scheduler {
    /// Queues for `capacity` tokens each, where a request waits for its first batch for `patience` at most.
    pub(crate) fn new(capacity: usize, patience: Duration, sink: Sink) -> Self {
        let common = Arc::new(Common {
            capacity,
            patience,
            sink,
            batches: Mutex::default(),
        });
        let shared = Shared {
            here: Arc::new(Lane::of_this_machine(Arc::clone(&common))),
            elsewhere: Mutex::default(),
            common,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// How much was computed together, since the start.
    pub(crate) fn batches(&self) -> Batches {
        self.shared.common.batches().clone()
    }

    /// What waits and is computed now, in all lanes.
    pub(crate) fn depth(&self) -> QueueDepth {
        let elsewhere = self.shared.elsewhere();
        let lanes = std::iter::once(&self.shared.here).chain(elsewhere.values());
        let depths = lanes.map(|lane| lane.depth());
        depths.fold(QueueDepth::default(), |all, lane| QueueDepth {
            requests: all.requests + lane.requests,
            tokens: all.tokens + lane.tokens,
        })
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
        let patience = self.shared.common.patience;
        let (reply, mut answer) = oneshot::channel();
        let place = self.shared.lane_of(model).admit(model, work, reply)?;
        let latest = since + patience;
        if let Ok(answered) = timeout_at(latest.into(), &mut answer).await {
            return answered.map_err(|_| Error::Failed)?;
        }
        if let Some(retry_after) = place.still_waits() {
            return Err(Error::QueueTimeout {
                seconds: patience.as_secs(),
                retry_after,
            });
        }
        answer.await.map_err(|_| Error::Failed)?
    }
}

impl Shared {
    fn elsewhere(&self) -> MutexGuard<'_, HashMap<String, Arc<Lane>>> {
        // Nothing panics while it holds the lock; if something did, the lanes would still be whole.
        self.elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The lane of a model. It outlasts the model: one that is loaded again still waits for the calls of before.
    fn lane_of(&self, model: &LoadedModel) -> Arc<Lane> {
        if model.computes_here() {
            return Arc::clone(&self.here);
        }
        let mut elsewhere = self.elsewhere();
        let lane = elsewhere.entry(model.name.clone());
        let new = || Arc::new(Lane::of_another(Arc::clone(&self.common)));
        Arc::clone(lane.or_insert_with(new))
    }
}
