//! Models that compute elsewhere: slow, and free to refuse.

use super::*;

/// A model that computes elsewhere: its calls wait for permits, and fail where it is told so.
struct Provider {
    facts: ModelFacts,
    permits: Semaphore,
    /// Texts of each call.
    calls: Mutex<Vec<usize>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    refuses: Option<Refusal>,
    texts_at_once: usize,
}

/// Why a call gives no vectors, by its number of texts.
type Refusal = fn(usize) -> Result<Batch, yuyi::EmbedderError>;

impl Provider {
    fn calls(&self) -> Vec<usize> {
        self.calls.lock().unwrap().clone()
    }
}

impl Embedder for Provider {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn computes_here(&self) -> bool {
        false
    }

    fn texts_at_once(&self) -> usize {
        self.texts_at_once
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, yuyi::EmbedderError> {
        self.calls.lock().unwrap().push(items.len());
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let permit = Handle::current().block_on(timeout(PATIENCE, self.permits.acquire()));
        permit.unwrap().unwrap().forget();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        if let Some(refuse) = self.refuses {
            return refuse(items.len());
        }
        let text = |item: &Item| result(item.input.text().unwrap());
        Ok(Batch {
            results: items.iter().map(text).collect(),
            tokenize: Duration::ZERO,
            compute: Duration::from_millis(1),
        })
    }
}

fn provider(name: &str, refuses: Option<Refusal>) -> (Arc<Provider>, Arc<LoadedModel>) {
    provider_of(name, refuses, usize::MAX)
}

fn provider_of(
    name: &str,
    refuses: Option<Refusal>,
    texts_at_once: usize,
) -> (Arc<Provider>, Arc<LoadedModel>) {
    let provider = Arc::new(Provider {
        facts: facts(name),
        permits: Semaphore::new(0),
        calls: Mutex::default(),
        at_once: AtomicUsize::new(0),
        most_at_once: AtomicUsize::new(0),
        refuses,
        texts_at_once,
    });
    let embedder: Arc<dyn Embedder> = Arc::clone(&provider) as _;
    let model = LoadedModel::new(name.into(), Model::uncalibrated(embedder));
    (provider, Arc::new(model))
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("t{i}")).collect()
}

impl Bench {
    fn send_many(
        &self,
        model: &Arc<LoadedModel>,
        texts: &[String],
    ) -> JoinHandle<Result<Done, Error>> {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.send_to(model, &texts)
    }
}

#[tokio::test]
async fn a_slow_model_elsewhere_holds_up_nobody_else() {
    let bench = Bench::new();
    let (slow, far) = provider("far", None);
    let (other, farther) = provider("farther", None);
    let waits = bench.send_to(&far, &["slow"]);
    eventually(|| slow.calls().len() == 1).await;

    bench.open(1);
    let here = bench.send(&["here"]).await.unwrap().unwrap();
    assert_eq!(lengths(&here), [4.0]);
    other.permits.add_permits(1);
    let elsewhere = bench.send_to(&farther, &["there"]).await.unwrap().unwrap();
    assert_eq!(lengths(&elsewhere), [5.0]);
    assert!(!waits.is_finished());
    assert_eq!(bench.scheduler.depth().requests, 1, "all lanes are counted");

    slow.permits.add_permits(1);
    assert_eq!(lengths(&waits.await.unwrap().unwrap()), [4.0]);
    assert_eq!(bench.scheduler.depth().requests, 0);
}

#[tokio::test]
async fn models_that_compute_here_share_the_cores_one_batch_at_a_time() {
    let bench = Bench::new();
    let (gate, near) = model("near");
    let (_, far) = provider("far", None);
    let first = bench.send(&["first"]);
    bench.batches(1).await;
    let second = bench.send_to(&near, &["second"]);
    let elsewhere = bench.send_to(&far, &["third"]);
    bench.requests(3).await;
    sleep(Duration::from_millis(50)).await;
    assert!(gate.batches().is_empty(), "the cores are taken");
    gate.permits.add_permits(1);
    bench.open(1);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    elsewhere.abort();
}

#[tokio::test]
async fn a_model_elsewhere_is_asked_a_few_things_at_a_time() {
    let bench = Bench::new();
    let (far, model) = provider("far", None);
    let mut requests = Vec::new();
    for i in 0..10 {
        requests.push(bench.send_to(&model, &[&format!("text {i}")]));
        bench.requests(i + 1).await;
        eventually(|| far.calls().len() == (i + 1).min(4)).await;
    }
    sleep(Duration::from_millis(50)).await;
    assert_eq!(far.calls().len(), 4, "the others wait");
    far.permits.add_permits(100);
    for request in requests {
        request.await.unwrap().unwrap();
    }
    assert_eq!(far.most_at_once.load(Ordering::SeqCst), 4);
    assert!(far.calls().len() < 10, "what waited was sent together");
}

/// Its batches need not wait for one another as those on the same cores do.
#[tokio::test]
async fn a_large_request_goes_elsewhere_in_several_calls_at_a_time() {
    let bench = Bench::new();
    let (far, model) = provider("far", None);
    let request = bench.send_many(&model, &texts(3_000));
    eventually(|| far.calls().len() == 4).await;
    far.permits.add_permits(100);
    assert_eq!(request.await.unwrap().unwrap().vectors.len(), 3_000);
    assert_eq!(far.calls().iter().sum::<usize>(), 3_000);
}

#[tokio::test]
async fn a_full_queue_is_that_of_its_lane() {
    let bench = Bench::with(30, PATIENCE);
    let (far, model) = provider("far", None);
    let text = "字".repeat(30);
    let large: Vec<_> = (0..5)
        .map(|i| bench.send_to(&model, &[&format!("{text}{i}")]))
        .collect();
    eventually(|| bench.scheduler.depth().requests == 1).await;
    let refused = bench.send_to(&model, &["a"]).await.unwrap().unwrap_err();
    assert!(refused.is_retryable(), "{refused}");
    bench.open(1);
    bench.send(&["a"]).await.unwrap().unwrap();
    far.permits.add_permits(10);
    let mut answered = 0;
    for request in large {
        answered += usize::from(request.await.unwrap().is_ok());
    }
    assert_eq!(answered, 1);
}

/// Where the call as a whole is refused, or the model breaks off, smaller calls would only be more of them.
#[tokio::test]
async fn a_refused_call_is_not_made_again_in_parts() {
    let busy: Refusal = |_| {
        Err(yuyi::EmbedderError::Unavailable {
            reason: "Too many requests.".into(),
            retry_after: Some(Duration::from_millis(1_500)),
        })
    };
    let broken: Refusal = |_| Err(yuyi::EmbedderError::NoTokens);
    let interrupted: Refusal = |_| Err(yuyi::EmbedderError::Interrupted);
    let panics: Refusal = |_| panic!("an answer that was not understood");
    let too_few: Refusal = |texts| {
        Ok(Batch {
            results: (1..texts).map(|_| result("one less")).collect(),
            tokenize: Duration::ZERO,
            compute: Duration::ZERO,
        })
    };
    let later = Error::Unavailable {
        reason: "Too many requests.".into(),
        retry_after: Some(2),
    };
    for (refusal, expected) in [
        (busy, later),
        (broken, Error::Failed),
        (interrupted, Error::Failed),
        (panics, Error::Failed),
        (too_few, Error::Failed),
    ] {
        let bench = Bench::new();
        let (far, model) = provider("far", Some(refusal));
        far.permits.add_permits(1_000);
        let error = bench.send_many(&model, &texts(64)).await.unwrap();
        assert_eq!(error.unwrap_err(), expected);
        assert_eq!(far.calls(), [64]);
        assert_eq!(bench.scheduler.depth(), QueueDepth::default());
    }
}

/// Unlike a call that fails for one of its texts.
#[tokio::test]
async fn a_call_that_a_text_failed_is_made_again_in_parts() {
    let bench = Bench::new();
    let refusal: Refusal = |_| {
        let reason = "9 is unknown".to_owned();
        Err(yuyi::EmbedderError::InvalidTokens(reason))
    };
    let (far, model) = provider("far", Some(refusal));
    far.permits.add_permits(1_000);
    let error = bench.send_many(&model, &texts(64)).await.unwrap();
    assert!(
        matches!(error, Err(Error::InvalidTokens { .. })),
        "{error:?}"
    );
    assert_eq!(far.calls()[..3], [64, 32, 16]);
}

/// A model elsewhere that takes few texts at once is sent a call for each few: what nobody took yet is withdrawn with its request,
/// and another large request need not wait until the first is done.
#[tokio::test]
async fn a_batch_is_a_call_and_what_was_not_sent_goes_with_its_request() {
    let bench = Bench::new();
    let (far, model) = provider_of("far", None, 10);
    let first = bench.send_many(&model, &texts(100));
    eventually(|| far.calls().len() == 4).await;
    let others: Vec<String> = (0..30).map(|i| format!("{}{i}", "字".repeat(40))).collect();
    let second = bench.send_many(&model, &others);
    bench.requests(2).await;
    assert_eq!(far.calls(), [10; 4]);
    first.abort();
    bench.requests(1).await;
    far.permits.add_permits(100);
    second.await.unwrap().unwrap();
    assert_eq!(far.calls(), [10; 7], "60 of the first were never sent");
}
