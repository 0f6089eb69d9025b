//! The queue in front of a model whose batches the tests see, hold up and let go.

mod admission;
mod lanes;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use yuyi::{Batch, EmbedOptions, Embedder, Input, Inputs, Model, ModelFacts};

use super::*;
use crate::loaded_model::testing::facts;

const PATIENCE: Duration = Duration::from_secs(20);

/// A model that notes its batches, each of which needs a permit.
struct Gate {
    facts: ModelFacts,
    permits: Semaphore,
    batches: Mutex<Vec<Vec<String>>>,
    at_once: AtomicUsize,
}

impl Gate {
    fn batches(&self) -> Vec<Vec<String>> {
        self.batches.lock().unwrap().clone()
    }
}

impl Embedder for Gate {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, yuyi::EmbedderError> {
        let text = |item: &Item| match &item.input {
            Input::Text(text) => text.to_string(),
            Input::Tokens(ids) => format!("{ids:?}"),
            pair => format!("{pair:?}"),
        };
        let texts: Vec<String> = items.iter().map(text).collect();
        assert_eq!(self.at_once.fetch_add(1, Ordering::SeqCst), 0);
        self.batches.lock().unwrap().push(texts.clone());
        // A test that fails leaves it shut, and its runtime waits for this thread.
        let permit = Handle::current().block_on(timeout(PATIENCE, self.permits.acquire()));
        permit.unwrap().unwrap().forget();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        assert!(!texts.iter().any(|text| text == "panic"), "a bad text");
        if texts.iter().any(|text| text == "fail") {
            return Err(yuyi::EmbedderError::Interrupted);
        }
        Ok(Batch {
            results: texts.iter().map(|text| result(text)).collect(),
            tokenize: Duration::from_millis(1),
            compute: Duration::from_millis(2),
        })
    }
}

/// The vector of a text is its length, so tests see that everyone gets the own one.
fn result(text: &str) -> Result<Encoded, yuyi::EmbedderError> {
    if text.starts_with("[9") {
        return Err(yuyi::EmbedderError::InvalidTokens("9 is unknown".into()));
    }
    Ok(Encoded {
        vector: vec![text.len() as f32],
        length: 1.0,
        tokens: text.len(),
        truncated: false,
        unknown: 0,
        states: None,
    })
}

struct Bench {
    gate: Arc<Gate>,
    model: Arc<LoadedModel>,
    scheduler: Scheduler,
    /// Texts whose vectors were told to the sink.
    stored: Arc<AtomicUsize>,
}

impl Bench {
    fn new() -> Self {
        Self::with(1_000_000, PATIENCE)
    }

    fn with(capacity: usize, patience: Duration) -> Self {
        let stored = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&stored);
        let sink: Sink = Box::new(move |_, _, _, _| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let (gate, model) = model("a");
        Self {
            gate,
            model,
            scheduler: Scheduler::new(capacity, patience, sink),
            stored,
        }
    }

    fn send(&self, texts: &[&str]) -> JoinHandle<Result<Done, Error>> {
        self.send_to(&self.model, texts)
    }

    fn send_to(&self, model: &Arc<LoadedModel>, texts: &[&str]) -> JoinHandle<Result<Done, Error>> {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        self.send_inputs(model, Inputs::Texts(texts))
    }

    fn send_inputs(
        &self,
        model: &Arc<LoadedModel>,
        inputs: Inputs,
    ) -> JoinHandle<Result<Done, Error>> {
        let work = inputs.into_items(&EmbedOptions::default()).into_iter();
        let work: Vec<Work> = work
            .map(|item| Work {
                key: Key::of(model, &item),
                weight: estimated_tokens(&item, 512),
                item,
                is_window: false,
            })
            .collect();
        let (scheduler, model) = (self.scheduler.clone(), Arc::clone(model));
        tokio::spawn(async move { scheduler.embed(&model, work, Instant::now()).await })
    }

    /// Waits until the model has seen `count` batches.
    async fn batches(&self, count: usize) -> Vec<Vec<String>> {
        eventually(|| self.gate.batches().len() >= count).await;
        self.gate.batches()
    }

    async fn requests(&self, count: usize) {
        eventually(|| self.scheduler.depth().requests == count).await;
    }

    fn open(&self, batches: usize) {
        self.gate.permits.add_permits(batches);
    }
}

fn model(name: &str) -> (Arc<Gate>, Arc<LoadedModel>) {
    let facts = facts(name);
    let gate = Arc::new(Gate {
        facts,
        permits: Semaphore::new(0),
        batches: Mutex::default(),
        at_once: AtomicUsize::new(0),
    });
    let embedder: Arc<dyn Embedder> = Arc::clone(&gate) as _;
    let model = Arc::new(LoadedModel::new(name.into(), Model::uncalibrated(embedder)));
    (gate, model)
}

async fn eventually(met: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if met() {
            return;
        }
        sleep(Duration::from_millis(1)).await;
    }
    panic!("it never happened");
}

fn lengths(done: &Done) -> Vec<f32> {
    done.vectors.iter().map(|v| v.vector[0]).collect()
}

#[tokio::test]
async fn what_waits_is_computed_together() {
    let bench = Bench::new();
    let first = bench.send(&["a"]);
    bench.batches(1).await;
    let others: Vec<_> = ["bb", "ccc", "dddd"].map(|t| bench.send(&[t])).into();
    bench.requests(4).await;
    bench.open(2);
    assert_eq!(lengths(&first.await.unwrap().unwrap()), [1.0]);
    for (i, other) in others.into_iter().enumerate() {
        let done = other.await.unwrap().unwrap();
        assert_eq!(lengths(&done), [i as f32 + 2.0]);
        assert_eq!(done.compute, Duration::from_millis(2));
    }
    let batches = bench.batches(2).await;
    assert_eq!(batches[0], ["a"], "an idle server waits for nobody");
    assert_eq!(batches[1].len(), 3);
    assert_eq!(bench.stored.load(Ordering::SeqCst), 4);
    let empty = QueueDepth {
        requests: 0,
        tokens: 0,
    };
    assert_eq!(bench.scheduler.depth(), empty);
}

#[tokio::test]
async fn a_large_request_does_not_hold_up_small_ones() {
    let bench = Bench::new();
    let texts: Vec<String> = (0..200).map(|i| format!("{i:0100}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let large = bench.send(&texts);
    let first = bench.batches(1).await;
    assert!(first[0].len() < 20, "a batch is a small part of it");
    let small: Vec<_> = (0..5)
        .map(|i| bench.send(&[&format!("small {i}")]))
        .collect();
    bench.requests(6).await;
    bench.open(2);
    for request in small {
        request.await.unwrap().unwrap();
    }
    let batches = bench.batches(3).await;
    assert!(batches[1].len() > 6, "the large one goes on beside them");
    assert!(!large.is_finished());
    bench.open(100);
    let done = large.await.unwrap().unwrap();
    assert_eq!(done.vectors.len(), 200);
    assert!(
        done.compute > Duration::from_millis(20),
        "of all its batches"
    );
}

/// A request that the end of a batch cuts in two goes on with the next batch, before all that came after it.
#[tokio::test]
async fn a_request_cut_by_the_end_of_a_batch_goes_on_first() {
    const PAIRS: usize = 400;
    let bench = Bench::new();
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    for i in 0..PAIRS {
        // Tokens that do not divide a batch.
        bench.send(&[&format!("{i} of a pair"), &format!("{i} of a pair, too")]);
    }
    bench.requests(PAIRS + 1).await;
    bench.open(PAIRS);
    blocker.await.unwrap().unwrap();
    bench.requests(0).await;
    let mut cut = 0;
    let batches = bench.gate.batches();
    for i in 0..PAIRS {
        let place = |wanted: String| batches.iter().position(|b| b.contains(&wanted)).unwrap();
        let first = place(format!("{i} of a pair"));
        let second = place(format!("{i} of a pair, too"));
        assert!(second - first <= 1, "pair {i}: batches {first}, {second}");
        cut += second - first;
    }
    assert!(cut > 0, "no batch ended inside a pair");
}

/// Nor need it wait until each of many large ones has had its turn; and they need not wait until no small one is left.
#[tokio::test]
async fn small_requests_and_large_ones_take_turns() {
    const LARGE: usize = 30;
    let bench = Bench::new();
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    for i in 0..LARGE {
        let texts: Vec<String> = (0..20)
            .map(|j| format!("{i}/{j} {}", "字".repeat(300)))
            .collect();
        bench.send(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    }
    bench.requests(LARGE + 1).await;
    for i in 0..LARGE {
        bench.send(&[&format!("{i} of a pair"), &format!("{i} of a pair, too")]);
    }
    bench.requests(2 * LARGE + 1).await;
    bench.open(1_000);
    blocker.await.unwrap().unwrap();
    bench.requests(0).await;
    let batches = bench.gate.batches();
    let small = |batch: &Vec<String>| batch.iter().filter(|text| text.contains("pair")).count();
    let first = batches.iter().position(|batch| small(batch) > 0);
    assert!(
        first.is_some_and(|first| first <= 2),
        "the first pair waits for {first:?} batches"
    );
    let last = batches.iter().rposition(|batch| small(batch) > 0).unwrap();
    for pair in batches[..=last].windows(2) {
        let goes_on = pair.iter().any(|batch| small(batch) < batch.len());
        assert!(goes_on, "no large one goes on: {pair:?}");
    }
    // No large text holds up a batch that begins with a small request.
    let begins_small = |batch: &&Vec<String>| batch[0].contains("pair");
    let mut quick = batches.iter().filter(begins_small).peekable();
    assert!(quick.peek().is_some());
    assert!(
        quick.all(|batch| small(batch) == batch.len()),
        "{batches:?}"
    );
}

#[tokio::test]
async fn identical_texts_in_flight_are_computed_once() {
    let bench = Bench::new();
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    let requests: Vec<_> = (0..4).map(|_| bench.send(&["same", "other"])).collect();
    let computing = bench.send(&["x"]);
    bench.requests(6).await;
    bench.open(2);
    assert_eq!(lengths(&blocker.await.unwrap().unwrap()), [1.0]);
    assert_eq!(lengths(&computing.await.unwrap().unwrap()), [1.0]);
    for request in requests {
        assert_eq!(lengths(&request.await.unwrap().unwrap()), [4.0, 5.0]);
    }
    assert_eq!(bench.batches(2).await, [vec!["x"], vec!["same", "other"]]);
}

/// A small request need not wait for the end of a large one whose last text it shares.
#[tokio::test]
async fn a_shared_text_is_computed_by_whoever_comes_first() {
    let bench = Bench::new();
    let mut texts: Vec<String> = (0..200).map(|i| format!("{i:0100}")).collect();
    texts.push("shared".into());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let large = bench.send(&texts);
    bench.batches(1).await;
    let small = bench.send(&["shared"]);
    bench.requests(2).await;
    bench.open(2);
    small.await.unwrap().unwrap();
    bench.open(100);
    assert_eq!(large.await.unwrap().unwrap().vectors.len(), 201);
    let computed = bench.gate.batches().concat();
    assert_eq!(computed.iter().filter(|text| *text == "shared").count(), 1);
}

#[tokio::test]
async fn gone_clients_cost_nothing() {
    let bench = Bench::new();
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    let gone = bench.send(&["gone", "shared"]);
    let stays = bench.send(&["shared"]);
    bench.requests(3).await;
    gone.abort();
    bench.requests(2).await;
    bench.open(2);
    blocker.await.unwrap().unwrap();
    assert_eq!(lengths(&stays.await.unwrap().unwrap()), [6.0]);
    assert_eq!(bench.batches(2).await, [vec!["x"], vec!["shared"]]);
    assert_eq!(bench.scheduler.depth().tokens, 0);
}

#[tokio::test]
async fn a_client_that_goes_while_its_text_is_computed_leaves_nothing_behind() {
    let bench = Bench::new();
    let gone = bench.send(&["x", "y"]);
    bench.batches(1).await;
    gone.abort();
    bench.requests(0).await;
    let joins = bench.send(&["x"]);
    bench.requests(1).await;
    bench.open(1);
    joins.await.unwrap().unwrap();
    assert_eq!(bench.batches(1).await.len(), 1, "x was already computed");
    eventually(|| bench.scheduler.depth().tokens == 0).await;
    assert_eq!(bench.stored.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_panic_or_failure_is_answered_to_its_request_alone() {
    for bad in ["panic", "fail"] {
        let bench = Bench::new();
        let blocker = bench.send(&["x"]);
        bench.batches(1).await;
        let good: Vec<_> = (0..5).map(|i| bench.send(&[&format!("{i}")])).collect();
        let guilty = bench.send(&["innocent text", bad]);
        bench.requests(7).await;
        bench.open(100);
        blocker.await.unwrap().unwrap();
        assert_eq!(guilty.await.unwrap().unwrap_err(), Error::Failed);
        for request in good {
            request.await.unwrap().unwrap();
        }
        let after = bench.send(&["after"]);
        assert_eq!(lengths(&after.await.unwrap().unwrap()), [5.0], "{bad}");
        assert_eq!(bench.scheduler.depth().tokens, 0);
    }
}

#[tokio::test]
async fn unknown_token_ids_are_the_fault_of_their_request() {
    let bench = Bench::new();
    bench.open(100);
    let ids = |ids: &[u32]| Inputs::Mixed(vec![Input::Tokens(ids.into())]);
    let bad = bench.send_inputs(&bench.model, ids(&[9]));
    let good = bench.send_inputs(&bench.model, ids(&[1, 2]));
    let error = bad.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::InvalidTokens { .. }));
    assert_eq!(lengths(&good.await.unwrap().unwrap()), [6.0]);
}

#[tokio::test]
async fn nothing_to_compute_is_answered_at_once() {
    let bench = Bench::new();
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    assert!(bench.send(&[]).await.unwrap().unwrap().vectors.is_empty());
    bench.open(1);
    blocker.await.unwrap().unwrap();
}

#[tokio::test]
async fn models_take_turns() {
    let bench = Bench::new();
    let (gate, other) = model("b");
    gate.permits.add_permits(100);
    let blocker = bench.send(&["x"]);
    bench.batches(1).await;
    let mine = [bench.send(&["1"]), bench.send(&["2"])];
    bench.requests(3).await;
    let others = [bench.send_to(&other, &["1"]), bench.send_to(&other, &["3"])];
    bench.requests(5).await;
    bench.open(100);
    blocker.await.unwrap().unwrap();
    for request in mine.into_iter().chain(others) {
        assert_eq!(lengths(&request.await.unwrap().unwrap()), [1.0]);
    }
    assert_eq!(bench.gate.batches(), [vec!["x"], vec!["1", "2"]]);
    assert_eq!(
        gate.batches(),
        [["1", "3"]],
        "another model's 1 is another text"
    );
}

/// All that is neither the one nor the other was waiting, also between the turns.
#[tokio::test]
async fn the_parts_of_the_time_add_up() {
    let bench = Bench::new();
    let texts: Vec<String> = (0..60).map(|i| format!("{i:0100}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let started = Instant::now();
    let request = bench.send(&texts);
    bench.batches(1).await;
    bench.open(1);
    bench.batches(2).await;
    sleep(Duration::from_millis(100)).await;
    bench.open(100);
    let done = request.await.unwrap().unwrap();
    let sum = done.queue + done.tokenize + done.compute;
    assert!(sum >= Duration::from_millis(100) && sum <= started.elapsed());
}
