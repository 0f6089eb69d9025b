//! The queue in front of the model.
//!
//! Protocol:
//! 1. A request is *admitted* with its weight, an upper estimate of its tokens. When what is admitted
//!    would exceed the capacity it is refused at once (`queue_full`), unless nothing else is there: a
//!    request that is larger than the queue must still be possible.
//! 2. It waits for its *turn*, first come first served, at most the time-out (`queue_timeout`). A turn
//!    computes one slice, a bounded number of tokens, so that a large request does not hold up small
//!    ones; then the request queues again for its next slice, without a time-out, since work that
//!    has begun is finished.
//! 3. A client that went away drops its future: what it was admitted with is given back, and it never gets
//!    a turn. A slice that already computes is finished, and holds its turn until then.
//!
//! Nothing here panics, and nothing waits without a bound: turns end because slices are bounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use yuyi_encoder::Encoded;
use yuyi_models::{EmbedOptions, Embedder, Inputs};

use crate::ApiError;

/// Estimated tokens of a slice: enough that every thread of a team has batches of its own, and on
/// the slowest machines still only a few seconds.
const SLICE_TOKENS: usize = 4_096;

/// Special tokens and a prompt, roughly.
const EXTRA_TOKENS: usize = 4;

/// The queue in front of the model.
pub(crate) struct Scheduler {
    turns: Arc<Semaphore>,
    /// Tokens that are admitted and not yet computed.
    admitted: AtomicUsize,
    capacity: usize,
    patience: Duration,
}

/// What a request holds of the queue; given back when it is dropped.
struct Admission<'a> {
    admitted: &'a AtomicUsize,
    tokens: usize,
}

impl Admission<'_> {
    fn give_back(&mut self, tokens: usize) {
        let tokens = tokens.min(self.tokens);
        self.tokens -= tokens;
        self.admitted.fetch_sub(tokens, Ordering::Relaxed);
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.give_back(self.tokens);
    }
}

impl Scheduler {
    /// A queue for `capacity` tokens, where a request waits for its first turn for `patience` at most.
    pub(crate) fn new(capacity: usize, patience: Duration) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(1)),
            admitted: AtomicUsize::new(0),
            capacity,
            patience,
        }
    }

    /// Unit vectors of `inputs`, in order, when their turn has come.
    pub(crate) async fn embed(
        &self,
        embedder: &Arc<dyn Embedder>,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Vec<Encoded>, ApiError> {
        let slices = slices(inputs, embedder.facts().max_tokens);
        let mut admission = self.admit(slices.iter().map(|slice| slice.tokens).sum())?;
        let mut encoded = Vec::new();
        for (i, slice) in slices.into_iter().enumerate() {
            let turn = if i == 0 {
                self.first_turn().await?
            } else {
                self.turn().await?
            };
            encoded.extend(compute(turn, embedder, slice.inputs, options.clone()).await?);
            admission.give_back(slice.tokens);
        }
        Ok(encoded)
    }

    fn admit(&self, tokens: usize) -> Result<Admission<'_>, ApiError> {
        let fits = |held: usize| {
            let sum = held.saturating_add(tokens);
            (held == 0 || sum <= self.capacity).then_some(sum)
        };
        match self
            .admitted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        {
            Ok(_) => Ok(Admission {
                admitted: &self.admitted,
                tokens,
            }),
            Err(_) => Err(ApiError::QueueFull),
        }
    }

    async fn first_turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let late = |_| ApiError::QueueTimeout {
            seconds: self.patience.as_secs(),
        };
        timeout(self.patience, self.turn()).await.map_err(late)?
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        // The semaphore is never closed.
        Arc::clone(&self.turns)
            .acquire_owned()
            .await
            .map_err(|_| ApiError::Internal)
    }
}

/// Computes a slice. It runs as a task of its own, so that the turn ends with the computation even
/// when the client is gone in between.
async fn compute(
    turn: OwnedSemaphorePermit,
    embedder: &Arc<dyn Embedder>,
    inputs: Inputs,
    options: EmbedOptions,
) -> Result<Vec<Encoded>, ApiError> {
    let embedder = Arc::clone(embedder);
    let expected = inputs.len();
    let task = tokio::spawn(async move {
        let encoded = embedder.embed(inputs, options).await;
        drop(turn);
        encoded
    });
    match task.await {
        Ok(Ok(encoded)) if encoded.len() == expected => Ok(encoded),
        Ok(Err(yuyi_models::Error::InvalidTokens(reason))) => Err(ApiError::InvalidToken {
            field: "input".to_owned(),
            reason,
        }),
        failed => {
            tracing::error!(cause = ?failed.map(|done| done.map(|encoded| encoded.len())), "the model failed");
            Err(ApiError::Internal)
        }
    }
}

/// Inputs that are computed in one turn.
struct Slice {
    inputs: Inputs,
    /// Upper estimate of their tokens.
    tokens: usize,
}

fn slices(inputs: Inputs, max_tokens: usize) -> Vec<Slice> {
    match inputs {
        Inputs::Texts(texts) => {
            // A character is at most about one token in the vocabularies of Chinese.
            let weigh = |text: &String| (text.chars().count() + EXTRA_TOKENS).min(max_tokens);
            cut(texts, weigh, Inputs::Texts)
        }
        Inputs::Tokens(texts) => cut(
            texts,
            |ids: &Vec<u32>| ids.len().min(max_tokens),
            Inputs::Tokens,
        ),
    }
}

/// Runs of inputs, in order, each of which weighs [`SLICE_TOKENS`] at most or is a single one.
fn cut<T>(
    items: Vec<T>,
    weigh: impl Fn(&T) -> usize,
    wrap: impl Fn(Vec<T>) -> Inputs,
) -> Vec<Slice> {
    let mut slices = Vec::new();
    let (mut run, mut tokens) = (Vec::new(), 0);
    for item in items {
        let weight = weigh(&item);
        if !run.is_empty() && tokens + weight > SLICE_TOKENS {
            slices.push(Slice {
                inputs: wrap(std::mem::take(&mut run)),
                tokens,
            });
            tokens = 0;
        }
        run.push(item);
        tokens += weight;
    }
    if !run.is_empty() {
        slices.push(Slice {
            inputs: wrap(run),
            tokens,
        });
    }
    slices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(slice: &Slice) -> &[String] {
        match &slice.inputs {
            Inputs::Texts(texts) => texts,
            Inputs::Tokens(_) => panic!("texts expected"),
        }
    }

    #[test]
    fn slices_keep_order_and_bound() {
        let lengths = [
            1, 508, 600, 9_999, 3, 0, 508, 508, 508, 508, 508, 508, 508, 1,
        ];
        let inputs: Vec<String> = lengths.iter().map(|&n| "字".repeat(n)).collect();
        let slices = slices(Inputs::Texts(inputs.clone()), 512);
        assert!(slices.len() > 1);
        assert!(
            slices
                .iter()
                .all(|slice| slice.tokens <= SLICE_TOKENS && !slice.inputs.is_empty())
        );
        let joined: Vec<String> = slices
            .iter()
            .flat_map(|slice| texts(slice).to_vec())
            .collect();
        assert_eq!(joined, inputs);
    }

    #[test]
    fn an_empty_queue_admits_anything() {
        let queue = Scheduler::new(10, Duration::from_secs(1));
        let large = queue.admit(1_000).unwrap();
        assert_eq!(queue.admit(1).err(), Some(ApiError::QueueFull));
        drop(large);
        let _half = queue.admit(5).unwrap();
        let _rest = queue.admit(5).unwrap();
        assert_eq!(queue.admit(1).err(), Some(ApiError::QueueFull));
    }

    #[test]
    fn what_is_computed_makes_room() {
        let queue = Scheduler::new(10, Duration::from_secs(1));
        let mut admission = queue.admit(10).unwrap();
        admission.give_back(4);
        let other = queue.admit(4).unwrap();
        drop((admission, other));
        assert_eq!(queue.admitted.load(Ordering::Relaxed), 0);
    }
}
