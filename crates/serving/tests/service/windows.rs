//! Texts that are longer than a model reads, of which each window waits for a turn of its own.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use yuyi::{
    Batch, EmbedOptions, Embedder, EmbedderError as Error, Fingerprint, Input, Inputs, Item,
    LongText, ModelFacts, OpenOptions, Pair, Tokens, find,
};
use yuyi_serving::ModelOptions;

use crate::support::{PATIENCE, batch, encoded, facts, service};

const MAX_TOKENS: usize = 100;

/// A token for each character; the vector of a text or window is its length in tokens.
struct Counting {
    facts: ModelFacts,
    /// The tokens of each batch.
    batches: Mutex<Vec<usize>>,
}

impl Counting {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            facts: facts("counting", 2, MAX_TOKENS),
            batches: Mutex::default(),
        })
    }
}

impl Embedder for Counting {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some([9; 16].into())
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        let tokens = |item: &Item| match &item.input {
            Input::Text(text) => text.chars().count(),
            Input::Tokens(ids) => ids.len(),
            Input::Pair(..) | Input::PairTokens(_) => 0,
        };
        self.batches
            .lock()
            .unwrap()
            .push(items.iter().map(tokens).sum());
        Ok(batch(items, |item| encoded(vec![1.0, 0.0], tokens(item))))
    }

    fn split(&self, text: &str, options: &EmbedOptions) -> Result<Option<Tokens>, Error> {
        let ids: Vec<u32> = text.chars().map(u32::from).collect();
        let mut windows = ids.chunks(MAX_TOKENS).map(<[u32]>::to_vec);
        let first = windows.next().unwrap_or_default();
        let is_mean = options.long_text == LongText::Mean;
        Ok(Some(Tokens {
            truncated: !is_mean && ids.len() > MAX_TOKENS,
            ids: first,
            further: windows.filter(|_| is_mean).collect(),
            unknown: 3,
            places: None,
        }))
    }
}

#[tokio::test]
async fn windows_of_a_text_are_spread_over_turns() {
    let counting = Counting::new();
    let service = service(&counting, ModelOptions::default(), PATIENCE);
    service.load().await.unwrap();
    let model = service.model(None).await.unwrap();
    while model.vector_space().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let options = EmbedOptions {
        long_text: LongText::Mean,
        ..EmbedOptions::default()
    };
    let texts = || Inputs::Texts(vec!["字".repeat(5_050), "短".into()]);
    let embedded = service
        .embed(&model, texts(), options.clone())
        .await
        .unwrap();
    let [long, short] = &embedded.vectors[..] else {
        panic!("{} vectors", embedded.vectors.len())
    };
    assert_eq!(
        (long.tokens, long.unknown, long.truncated),
        (5_050, 3, false)
    );
    assert_eq!((&long.vector[..], short.tokens), (&[1.0, 0.0][..], 1));
    let batches = counting.batches.lock().unwrap().clone();
    assert_eq!(batches.iter().sum::<usize>(), 5_051);
    // No turn is longer than a batch, and the window that fills it.
    let longest = batches.iter().max().unwrap();
    assert!(*longest <= 512 + MAX_TOKENS, "{batches:?}");
    assert!(
        service.errands().turns > 0,
        "splitting is work without a model"
    );

    // It is kept as a whole, and its windows are not.
    let stats = service.cache_stats();
    assert_eq!((stats.memory_hits, stats.memory_misses), (0, 2));
    let again = service.embed(&model, texts(), options).await.unwrap();
    assert_eq!(again.timings.cache_hits, 2);
    assert_eq!(again.vectors[0].vector, long.vector);
}

#[tokio::test]
async fn of_texts_that_are_cut_only_what_is_read_is_work() {
    let counting = Counting::new();
    let service = service(&counting, ModelOptions::default(), PATIENCE);
    service.load().await.unwrap();
    let model = service.model(None).await.unwrap();
    let texts = (0..30).map(|i| format!("{i}{}", "ﷺ".repeat(2_000)));
    let inputs = Inputs::Texts(texts.collect());
    let embedded = service.embed(&model, inputs, EmbedOptions::default());
    let embedded = embedded.await.unwrap();
    assert_eq!(embedded.timings.truncated, 30);
    assert_eq!(embedded.tokens(), 30 * MAX_TOKENS);
    let batches = counting.batches.lock().unwrap().clone();
    assert!(
        batches.iter().all(|&tokens| tokens <= 512 + MAX_TOKENS),
        "{batches:?}"
    );
}

/// A reranker that counts how often a query is split before its turn.
struct CountingQueries {
    reranker: Arc<dyn Embedder>,
    split: AtomicUsize,
}

impl Embedder for CountingQueries {
    fn facts(&self) -> &ModelFacts {
        self.reranker.facts()
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        self.reranker.embed_batch(items)
    }

    fn split_query(&self, query: &str) -> Result<Option<Vec<u32>>, Error> {
        self.split.fetch_add(1, Ordering::Relaxed);
        self.reranker.split_query(query)
    }

    fn split_pair(&self, query: &[u32], document: &str) -> Result<Option<Pair>, Error> {
        self.reranker.split_pair(query, document)
    }
}

#[tokio::test]
async fn a_query_is_split_once_for_all_its_long_documents() {
    let fixture = "../../tests/fixtures/rerankers/bert-reranker-f16";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(fixture);
    let found = find(folder.to_str().unwrap()).unwrap();
    let counting = Arc::new(CountingQueries {
        reranker: found.load(&OpenOptions::default()).unwrap(),
        split: AtomicUsize::new(0),
    });
    let service = service(&counting, ModelOptions::default(), PATIENCE);
    service.load().await.unwrap();
    let model = service.model(None).await.unwrap();
    // Longer than the model reads but for the fourth; two queries, side by side.
    let pairs: Vec<(Arc<str>, String)> = ["今天天气真不错", "发票"]
        .into_iter()
        .flat_map(|query| {
            let query: Arc<str> = query.into();
            (0..6).map(move |i| {
                let times = if i == 3 { 1 } else { 30 + i };
                (Arc::clone(&query), "外面阳光明媚".repeat(times))
            })
        })
        .collect();
    let input = |(query, document): &(Arc<str>, String)| {
        Input::Pair(Arc::clone(query), document.as_str().into())
    };
    let options = EmbedOptions::default();
    let together = Inputs::Mixed(pairs.iter().map(input).collect());
    let together = service.embed(&model, together, options.clone()).await;
    assert_eq!(counting.split.load(Ordering::Relaxed), 2);
    for (pair, scored) in pairs.iter().zip(&together.unwrap().vectors) {
        let alone = counting
            .reranker
            .embed(Inputs::Mixed(vec![input(pair)]), &options);
        let alone = &alone.unwrap()[0];
        assert_eq!(alone.length.to_bits(), scored.length.to_bits());
        assert_eq!(
            (alone.tokens, alone.truncated),
            (scored.tokens, scored.truncated)
        );
    }
}
