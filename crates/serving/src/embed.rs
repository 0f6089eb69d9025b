//! Texts to vectors: from the caches, else computed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use yuyi::{EmbedOptions, Encoded, Inputs, Item};

use crate::key::Key;
use crate::scheduler::Done;
use crate::{Error, ModelHandle, Service, Timings};

/// Bytes of inputs whose keys are made at once.
const AT_ONCE: usize = 256 << 10;

/// How long it takes to make keys of so many bytes, at most.
const TIME_OF_A_KIBIBYTE: Duration = Duration::from_micros(5);

/// What [`Service::embed`] answers.
pub struct Embedded {
    /// The model that computed.
    pub model: ModelHandle,
    /// One for each input, in order.
    pub vectors: Vec<Arc<Encoded>>,
    /// What it took.
    pub timings: Timings,
}

impl Embedded {
    /// Tokens that the model read, over all inputs.
    pub fn tokens(&self) -> usize {
        self.timings.tokens
    }
}

impl Service {
    /// Unit vectors of `inputs`, in order, from the caches or computed when their turn has come. Inputs that are the same work
    /// are looked for and computed once.
    ///
    /// # Errors
    /// When the queue is full, the wait is too long, a token id is unknown, or the model fails.
    pub async fn embed(
        &self,
        model: &ModelHandle,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<Embedded, Error> {
        let (distinct, items) = self.prepare(model, inputs, options).await?;
        let mut vectors = self.recall(&distinct);
        let (mut done, mut cache_misses) = (Done::default(), 0);
        if vectors.iter().any(Option::is_none) {
            let missing = distinct.missing(items, &vectors);
            let (gaps, items): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
            let mut found = self.caches.fetch(&model.inner, &items).await;
            let computed = gaps.iter().zip(&found).filter(|(_, found)| found.is_none());
            cache_misses = computed.map(|(id, _)| distinct.times[*id]).sum();
            done = self.compute(model, items, &found).await?;
            fill(&mut found, done.vectors.drain(..));
            fill(&mut vectors, found.into_iter().flatten());
        }
        let vectors = distinct.spread(&vectors);
        Ok(Embedded {
            model: model.clone(),
            timings: Timings {
                queue: done.queue,
                tokenize: done.tokenize,
                compute: done.compute,
                tokens: vectors.iter().map(|encoded| encoded.tokens).sum(),
                truncated: vectors.iter().filter(|encoded| encoded.truncated).count(),
                cache_hits: vectors.len() - cache_misses,
                cache_misses,
            },
            vectors,
        })
    }

    /// The different ones of the inputs, and each by itself. Many bytes are gone through in turns, by a thread that may block.
    async fn prepare(
        &self,
        model: &ModelHandle,
        inputs: Inputs,
        options: EmbedOptions,
    ) -> Result<(Distinct, Vec<Item>), Error> {
        let bytes = inputs.bytes();
        let inner = Arc::clone(&model.inner);
        let prepare = move || {
            let distinct = Distinct::of(Key::of_inputs(&inner, &inputs, &options));
            (distinct, inputs.into_items(&options))
        };
        if bytes <= AT_ONCE {
            return Ok(prepare());
        }
        let kibibytes = u32::try_from(bytes >> 10).unwrap_or(u32::MAX);
        let mut errand = self.errand(TIME_OF_A_KIBIBYTE.saturating_mul(kibibytes))?;
        errand.run(move |_| Ok(prepare())).await
    }

    /// What is in memory.
    fn recall(&self, distinct: &Distinct) -> Vec<Option<Arc<Encoded>>> {
        let texts = distinct.keys.iter().zip(&distinct.times);
        texts
            .map(|(key, times)| self.caches.recall(key, *times))
            .collect()
    }

    /// The vectors of those items that were not found.
    async fn compute(
        &self,
        model: &ModelHandle,
        items: Vec<(Key, Item)>,
        found: &[Option<Arc<Encoded>>],
    ) -> Result<Done, Error> {
        let unknown = items.into_iter().zip(found);
        let unknown = unknown.filter(|(_, vector)| vector.is_none());
        let started = Instant::now();
        let unknown = unknown.map(|(item, _)| item).collect();
        let mut texts = self.windows_of(model, unknown).await?;
        let splitting = started.elapsed();
        let around = model.inner.model.embedder().tokens_around();
        let work = texts.work(model.facts().max_tokens, around);
        let scheduler = &self.scheduler;
        let mut done = scheduler.embed(&model.inner, work, model.since).await?;
        done.tokenize += splitting;
        done.vectors = texts.put_together(done.vectors, |key, item, vector| {
            self.caches.keep(&model.inner, key, item, vector);
        });
        Ok(done)
    }
}

/// Puts `vectors` into the gaps, in order.
fn fill(gaps: &mut [Option<Arc<Encoded>>], vectors: impl Iterator<Item = Arc<Encoded>>) {
    let gaps = gaps.iter_mut().filter(|vector| vector.is_none());
    gaps.zip(vectors)
        .for_each(|(gap, vector)| *gap = Some(vector));
}

/// The different inputs of a request, and which of them each input is.
struct Distinct {
    /// The key of each.
    keys: Vec<Key>,
    /// The first input that is it, ascending.
    firsts: Vec<usize>,
    /// How many inputs are it.
    times: Vec<usize>,
    /// For each input, which one it is.
    places: Vec<usize>,
}

impl Distinct {
    fn of(inputs: Vec<Key>) -> Self {
        let mut known = HashMap::with_capacity(inputs.len());
        let mut distinct = Self {
            keys: Vec::new(),
            firsts: Vec::new(),
            times: Vec::new(),
            places: Vec::with_capacity(inputs.len()),
        };
        for (input, key) in inputs.into_iter().enumerate() {
            let id = *known.entry(key).or_insert(distinct.keys.len());
            if id == distinct.keys.len() {
                distinct.keys.push(key);
                distinct.firsts.push(input);
                distinct.times.push(0);
            }
            distinct.times[id] += 1;
            distinct.places.push(id);
        }
        distinct
    }

    /// Those without a vector, in order, each with its number.
    fn missing(
        &self,
        inputs: Vec<Item>,
        vectors: &[Option<Arc<Encoded>>],
    ) -> Vec<(usize, (Key, Item))> {
        let places = self.places.iter().copied().enumerate();
        let missing = places
            .zip(inputs)
            .filter(|((input, id), _)| self.firsts[*id] == *input && vectors[*id].is_none());
        missing
            .map(|((_, id), item)| (id, (self.keys[id], item)))
            .collect()
    }

    /// The vector of each input. None is missing.
    fn spread(&self, vectors: &[Option<Arc<Encoded>>]) -> Vec<Arc<Encoded>> {
        let places = self.places.iter();
        places.filter_map(|id| vectors[*id].clone()).collect()
    }
}
