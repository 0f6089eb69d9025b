//! A queue and the tasks that compute what waits in it.
//!
//! The models that compute here share one lane, since two passes would only fight for the same cores. A model that
//! computes elsewhere has a lane of its own: whoever waits for it holds up nobody else, and it is asked several things at a time.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use yuyi::Batch as Computed;

use super::compute::{compute, shareable};
use super::queue::{Batch, Queue, Reply, Spent, Taken};
use super::speed::Speed;
use super::turns::RequestId;
use super::{Common, QueueDepth, Work};
use crate::Error;
use crate::loaded_model::LoadedModel;

/// Seconds after which a client that was refused is asked to come again: at least one, the least that `Retry-After`
/// can say, and no more than a queue whose speed was misjudged should keep it away.
const RETRY_AFTER: RangeInclusive<u32> = 1..=60;

/// Share of the time a request may wait that its predicted wait may take: the prediction is a guess, and whoever is let in and
/// then refused has waited for nothing.
const PREDICTED_SHARE: f32 = 0.9;

/// Batches that a model which computes elsewhere is sent at a time.
const CALLS_AT_ONCE: usize = 4;

/// A queue and the tasks that compute what waits in it.
pub(super) struct Lane {
    common: Arc<Common>,
    /// Most batches at a time.
    width: usize,
    state: Mutex<State>,
}

/// What waits, and what is known of the batches before.
#[derive(Default)]
pub(super) struct State {
    pub(super) queue: Queue,
    pub(super) speed: Speed,
    /// Tasks that compute.
    workers: usize,
}

/// A place in the queue; given up when it is dropped.
pub(super) struct Place {
    lane: Arc<Lane>,
    id: RequestId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.lane.state().queue.withdraw(self.id);
    }
}

impl Place {
    /// Seconds until what would go before the request is computed, if it came now, unless it has got into a batch.
    pub(super) fn still_waits(&self) -> Option<u32> {
        let state = self.lane.state();
        let waits = !state.queue.has_started(self.id);
        waits.then(|| state.seconds_for(state.queue.ahead_of(self.id)))
    }
}

impl Lane {
    /// That of all models that compute here.
    pub(super) fn of_this_machine(common: Arc<Common>) -> Self {
        Self::new(common, 1)
    }

    /// That of a model that computes elsewhere.
    pub(super) fn of_another(common: Arc<Common>) -> Self {
        Self::new(common, CALLS_AT_ONCE)
    }

    fn new(common: Arc<Common>, width: usize) -> Self {
        Self {
            common,
            width,
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if something did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits and is computed now.
    pub(super) fn depth(&self) -> QueueDepth {
        let state = self.state();
        QueueDepth {
            requests: state.queue.requests(),
            tokens: state.queue.tokens(),
        }
    }

    /// Lets a request wait for its turns.
    ///
    /// # Errors
    /// [`Error::QueueFull`].
    pub(super) fn admit(
        self: &Arc<Self>,
        model: &Arc<LoadedModel>,
        work: Vec<Work>,
        reply: Reply,
    ) -> Result<Place, Error> {
        let mut state = self.state();
        state.check_room_for(model, &work, &self.common)?;
        let now = Instant::now();
        let id = state.queue.admit(Arc::clone(model), work, now, reply);
        self.send_a_worker(&mut state);
        Ok(Place {
            lane: Arc::clone(self),
            id,
        })
    }

    fn send_a_worker(self: &Arc<Self>, state: &mut State) {
        if state.workers < self.width && state.queue.waits() {
            state.workers += 1;
            tokio::spawn(Arc::clone(self).work());
        }
    }

    /// Computes until nothing waits.
    async fn work(self: Arc<Self>) {
        while let Some(batch) = self.next_batch() {
            self.compute_batch(batch).await;
        }
    }

    fn next_batch(self: &Arc<Self>) -> Option<Batch> {
        let mut state = self.state();
        let batch = state.queue.next_batch(Instant::now());
        match batch {
            // What is left is for another one to take.
            Some(_) => self.send_a_worker(&mut state),
            // Under the same lock, so that whoever is admitted next sends one again.
            None => state.workers -= 1,
        }
        batch
    }

    /// Computes a batch; where it fails and a text may be at fault, in halves, so that this text stands alone in the end.
    async fn compute_batch(&self, batch: Batch) {
        let Batch { model, jobs } = batch;
        let mut parts = vec![jobs];
        while let Some(mut jobs) = parts.pop() {
            let started = Instant::now();
            match compute(&model, &jobs).await {
                Ok(computed) => self.finish(&model, &jobs, computed, started.elapsed()),
                Err(failure) => {
                    let (texts, reason) = (jobs.len(), failure.reason);
                    tracing::error!(
                        model = model.name,
                        texts,
                        failure = reason,
                        "a batch failed"
                    );
                    if failure.may_be_a_text && texts > 1 {
                        let second = jobs.split_off(texts / 2);
                        parts.extend([second, jobs]);
                    } else {
                        self.fail(&jobs, &failure.error);
                    }
                }
            }
        }
    }

    fn finish(&self, model: &Arc<LoadedModel>, jobs: &[Taken], computed: Computed, time: Duration) {
        let read = computed.results.iter().flatten();
        let tokens: usize = read.map(|encoded| encoded.tokens).sum();
        let results: Vec<_> = computed.results.into_iter().map(shareable).collect();
        // Before the jobs are forgotten, so that nobody computes the same once more in between.
        for (job, result) in jobs.iter().zip(&results) {
            if let Ok(vector) = result
                && !job.is_window
            {
                (self.common.sink)(model, &job.key, &job.item, vector);
            }
        }
        self.common.batches().observe(jobs.len(), tokens);
        let mut state = self.state();
        // While this batch was computed, others were as well.
        let weight: usize = jobs.iter().map(|job| job.weight).sum();
        state.speed.note(self.width * weight, time);
        let spent = Spent {
            tokenize: computed.tokenize,
            compute: computed.compute,
        };
        state.queue.note(jobs, spent);
        for (job, result) in jobs.iter().zip(results) {
            state.queue.finish(job, result);
        }
    }

    fn fail(&self, jobs: &[Taken], error: &Error) {
        let mut state = self.state();
        for job in jobs {
            state.queue.finish(job, Err(error.clone()));
        }
    }
}

impl State {
    /// Seconds until so many tokens are computed, by the speed of the last batches; within [`RETRY_AFTER`].
    pub(super) fn seconds_for(&self, tokens: usize) -> u32 {
        let wait = self.speed.time_for(tokens);
        let seconds = wait.unwrap_or_default().as_secs_f64().ceil();
        // A float that does not fit becomes the nearest number that does.
        (seconds as u32).clamp(*RETRY_AFTER.start(), *RETRY_AFTER.end())
    }

    /// Refuses what would wait for too much of others, or too long. A request that is larger than the queue brings most of
    /// it itself: that is its own to wait for, and keeps out nobody who would be done before.
    ///
    /// # Errors
    /// [`Error::QueueFull`].
    pub(super) fn check_room_for(
        &self,
        model: &LoadedModel,
        work: &[Work],
        common: &Common,
    ) -> Result<(), Error> {
        let added = self.queue.added_by(work);
        if added == 0 {
            return Ok(());
        }
        let ahead = self.queue.ahead(model, added);
        let wait = self.speed.time_for(ahead);
        let patience = common.patience.mul_f32(PREDICTED_SHARE);
        let in_time = ahead == 0 || wait.is_none_or(|wait| wait < patience);
        match ahead <= common.capacity && in_time {
            true => Ok(()),
            false => Err(Error::QueueFull {
                retry_after: self.seconds_for(ahead),
            }),
        }
    }
}
