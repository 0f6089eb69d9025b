//! Texts of requests: computed once, in turns, and until the service ends.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use yuyi::{
    Batch, EmbedOptions, Embedder, Encoded, Fingerprint, Inputs, Item, ModelFacts, Piece,
    TokenizeOptions,
};
use yuyi_serving::{Error, ModelHandle, ModelOptions, ModelState, Service};

use crate::support::{PATIENCE, batch, encoded, facts, service};

/// A model whose vectors are the lengths of its texts, and which splits texts when a gate is open.
struct Lengths {
    facts: ModelFacts,
    computed: AtomicUsize,
    open: Mutex<bool>,
    changed: Condvar,
}

impl Lengths {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            facts: facts("lengths", 1, 8),
            computed: AtomicUsize::new(0),
            open: Mutex::new(true),
            changed: Condvar::new(),
        })
    }

    fn computed(&self) -> usize {
        self.computed.load(Ordering::SeqCst)
    }

    fn set_open(&self, open: bool) {
        *self.open.lock().unwrap() = open;
        self.changed.notify_all();
    }
}

impl Embedder for Lengths {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some([7; 16].into())
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, yuyi::EmbedderError> {
        self.computed.fetch_add(items.len(), Ordering::SeqCst);
        let encoded = |item: &Item| {
            let length = item.input.text().unwrap().len();
            Encoded {
                truncated: length > 8,
                ..encoded(vec![length as f32], length)
            }
        };
        Ok(batch(items, encoded))
    }

    fn tokenize(
        &self,
        texts: &[String],
        _: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, yuyi::EmbedderError> {
        let open = self.open.lock().unwrap();
        let waited = self
            .changed
            .wait_timeout_while(open, PATIENCE, |open| !*open);
        drop(waited.unwrap());
        Ok(texts.iter().map(|_| Vec::new()).collect())
    }
}

fn lazy() -> ModelOptions {
    ModelOptions {
        lazy: true,
        ..ModelOptions::default()
    }
}

fn texts(texts: &[&str]) -> Inputs {
    Inputs::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Until it is known what its vectors are known by, nothing of a model is kept.
async fn learnt(service: &Service) {
    let learning = async {
        while service.registry().statuses()[0].fingerprint.is_none() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, learning).await.unwrap();
}

#[tokio::test]
async fn each_different_text_of_a_request_is_computed_once() {
    let lengths = Lengths::new();
    let service = service(&lengths, lazy(), PATIENCE);
    let model = service.model(None).await.unwrap();
    learnt(&service).await;
    let space = model.vector_space().unwrap();
    assert_eq!(space.to_string().parse(), Ok(space), "as a store keeps it");
    let embed = |inputs: Inputs| service.embed(&model, inputs, EmbedOptions::default());

    let first = embed(texts(&["a", "bb", "a", "too long a text", "a"]));
    let first = first.await.unwrap();
    let vectors: Vec<f32> = first.vectors.iter().map(|text| text.vector[0]).collect();
    assert_eq!(vectors, [1.0, 2.0, 1.0, 15.0, 1.0]);
    assert_eq!(lengths.computed(), 3);
    let timings = first.timings;
    assert_eq!((timings.cache_hits, timings.cache_misses), (0, 5));
    assert_eq!((timings.tokens, timings.truncated), (20, 1));

    let again = embed(texts(&["bb", "c", "a", "c"])).await.unwrap().timings;
    assert_eq!((again.cache_hits, again.cache_misses), (2, 2));
    assert_eq!(lengths.computed(), 4);
    let stats = service.cache_stats();
    assert_eq!((stats.memory_hits, stats.memory_misses), (2, 7));
    let batches = service.batches();
    assert_eq!((batches.texts.sum(), batches.tokens.sum()), (4.0, 19.0));
}

#[tokio::test]
async fn a_service_splits_texts_in_turns() {
    async fn split(service: &Service, model: &ModelHandle) -> Result<usize, Error> {
        let model = model.clone();
        let mut errand = service.errand(Duration::from_millis(1))?;
        let split = errand.run(move |_| {
            let split = model.tokenize(&["a".into()], &TokenizeOptions::default());
            Ok(split.map(|texts| texts.len()))
        });
        split.await?
    }
    let (lengths, others) = (Lengths::new(), Lengths::new());
    let busy = Arc::new(service(&lengths, lazy(), Duration::from_millis(100)));
    let idle = service(&others, lazy(), Duration::from_millis(100));
    let model = busy.model(None).await.unwrap();
    lengths.set_open(false);
    // As many as run at a time, and one that waits in vain.
    let width = (yuyi::usable_cores() / 2).clamp(1, 4);
    let mut running = JoinSet::new();
    for _ in 0..width {
        let (busy, model) = (Arc::clone(&busy), model.clone());
        running.spawn(async move { split(&busy, &model).await });
    }
    let late = async {
        sleep(Duration::from_millis(20)).await;
        let late = split(&busy, &model).await.unwrap_err();
        assert!(matches!(late, Error::QueueTimeout { .. }) && late.is_retryable());
        let other = idle.model(None).await.unwrap();
        assert_eq!(split(&idle, &other).await, Ok(1), "it has turns of its own");
        lengths.set_open(true);
    };
    late.await;
    assert_eq!(running.join_all().await, vec![Ok(1); width]);
}

#[tokio::test]
async fn what_runs_beside_the_requests_ends_with_the_service() {
    let options = ModelOptions {
        idle_unload: Some(Duration::from_secs(60)),
        ..ModelOptions::default()
    };
    let service = service(&Lengths::new(), options, PATIENCE);
    service.load().await.unwrap();
    assert_eq!(service.registry().statuses()[0].state, ModelState::Loaded);
    let background = service.background().clone();
    assert!(background.running().contains(&"unloading of idle models"));
    assert!(background.stop(PATIENCE).await.is_empty());
    assert!(background.running().is_empty());
    let unknown = service.model(Some("other")).await.err().unwrap();
    assert!(!unknown.is_retryable(), "{unknown}");
}
