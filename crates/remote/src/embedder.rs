//! A model that computes elsewhere, as an [`Embedder`].

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use yuyi_encoder::{Encoded, Fingerprint};
use yuyi_models::{
    Batch, Embedder, Error, Input, Item, ModelFacts, RemoteStats, StoredCalibration, fitted_by_user,
};

use crate::call::Line;
use crate::calls::{Asker, NoVectors, Shared};
use crate::failure::Failure;
use crate::parts::{Front, Part, joined, shared_out};
use crate::spec::{Spec, field};

/// Calls at a time for one list of texts.
const CALLS_AT_ONCE: usize = 4;

/// A model that computes elsewhere. Every call of it may make calls over the network, and blocks until they are answered.
pub struct RemoteEmbedder {
    spec: Arc<Spec>,
    shared: Arc<Shared>,
    line: Line,
    max_texts: Option<u64>,
    facts: ModelFacts,
}

impl fmt::Debug for RemoteEmbedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut embedder = f.debug_struct("RemoteEmbedder");
        embedder.field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// What a list of texts became: of each, its places among what is sent, or why it is not.
type Places = Vec<Result<Vec<usize>, Error>>;

/// Parts that go into one call, each with its place.
type Call = Vec<(usize, Part)>;

/// What became of them.
type Done = Vec<(usize, Result<Encoded, Error>)>;

impl RemoteEmbedder {
    /// A model whose vectors have `dimension` numbers.
    pub(crate) fn new(
        spec: Arc<Spec>,
        shared: Arc<Shared>,
        line: Line,
        max_texts: Option<u64>,
        dimension: usize,
    ) -> Self {
        Self {
            facts: facts(&spec, dimension),
            spec,
            shared,
            line,
            max_texts,
        }
    }

    fn asker(&self) -> Asker<'_> {
        Asker {
            line: &self.line,
            shared: &self.shared,
            whom: &self.spec.whom,
            timeout: self.spec.timeout,
            max_texts: self.max_texts,
        }
    }

    /// What is sent of the items, each different part once.
    fn parts(&self, items: &[Item]) -> (Vec<Part>, Places) {
        let mut known: HashMap<(String, Option<(String, String)>), usize> = HashMap::new();
        let mut parts: Vec<Part> = Vec::new();
        let mut place = |part: Part| {
            let key = (part.sent(), part.field.clone());
            *known.entry(key).or_insert_with(|| {
                parts.push(part);
                parts.len() - 1
            })
        };
        let places = items.iter().map(|item| {
            let parts = self.parts_of(item)?;
            Ok(parts.into_iter().map(&mut place).collect())
        });
        let places = places.collect();
        (parts, places)
    }

    fn parts_of(&self, item: &Item) -> Result<Vec<Part>, Error> {
        let text = match &item.input {
            Input::Text(text) => text,
            Input::Tokens(_) => return Err(takes_no_tokens()),
            Input::Pair(..) | Input::PairTokens(_) => return Err(Error::no_pairs()),
        };
        if text.is_empty() {
            return Err(Error::TextRefused {
                reason: format!("{} has no vector for an empty text.", self.spec.whom),
            });
        }
        let front = self.front(item.options.prompt.text());
        Ok(Part::of(text, &item.options, &front, self.spec.limits))
    }

    /// What goes in front of a text with this prompt: the text, or the field of the call that stands for it.
    fn front<'a>(&'a self, prompt: Option<&'a str>) -> Front<'a> {
        let prompt = prompt.unwrap_or(&self.spec.default_prompt);
        let is_own = self.spec.default_prompt == prompt
            || self.spec.prompts.values().any(|own| own == prompt);
        match field(prompt).filter(|_| is_own) {
            Some((name, value)) => Front {
                prompt: "",
                field: Some((name.to_owned(), value.to_owned())),
            },
            None => Front {
                prompt,
                field: None,
            },
        }
    }

    /// The parts in calls: those of one field together, no more than the provider takes.
    fn calls(&self, parts: Vec<Part>) -> Vec<Call> {
        let (most, most_tokens) = (self.shared.batch(), self.spec.batch_tokens);
        let mut by_field: BTreeMap<Option<(String, String)>, Call> = BTreeMap::new();
        for (place, part) in parts.into_iter().enumerate() {
            let field = part.field.clone();
            by_field.entry(field).or_default().push((place, part));
        }
        let mut calls: Vec<Call> = Vec::new();
        for parts in by_field.into_values() {
            let (mut call, mut tokens) = (Call::new(), 0);
            for (place, part) in parts {
                let more = part.tokens();
                let is_full =
                    call.len() == most || most_tokens.is_some_and(|most| tokens + more > most);
                if is_full && !call.is_empty() {
                    calls.push(std::mem::take(&mut call));
                    tokens = 0;
                }
                tokens += more;
                call.push((place, part));
            }
            calls.push(call);
        }
        calls
    }

    /// Makes the calls, a few at a time. After one that fails as a whole no other begins.
    fn make(&self, calls: Vec<Call>) -> Result<Done, Error> {
        if let [_] = &calls[..] {
            let call = calls.into_iter().next().unwrap_or_default();
            return self.make_one(call, &AtomicBool::new(false));
        }
        let workers = calls.len().min(CALLS_AT_ONCE);
        let calls: Vec<Mutex<Call>> = calls.into_iter().map(Mutex::new).collect();
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut done = Done::new();
            while let Some(call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
                if has_failed.load(Ordering::Relaxed) {
                    break;
                }
                let call =
                    std::mem::take(&mut *call.lock().unwrap_or_else(PoisonError::into_inner));
                done.extend(self.make_one(call, &has_failed).inspect_err(|_| {
                    has_failed.store(true, Ordering::Relaxed);
                })?);
            }
            Ok(done)
        };
        let results: Vec<Result<Done, Error>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let joined = workers.into_iter().map(|worker| worker.join());
            joined
                .map(|result| result.unwrap_or(Err(Error::Interrupted)))
                .collect()
        });
        let mut done = Done::new();
        for result in results {
            done.extend(result?);
        }
        Ok(done)
    }

    /// Makes a call; where some of its texts are at fault, in halves, so that each of these stands alone in the end.
    fn make_one(&self, call: Call, has_failed: &AtomicBool) -> Result<Done, Error> {
        let asker = self.asker();
        let mut done = Done::with_capacity(call.len());
        let mut waiting = vec![call];
        while let Some(mut call) = waiting.pop() {
            if has_failed.load(Ordering::Relaxed) {
                return Ok(done);
            }
            let sent: Vec<String> = call.iter().map(|(_, part)| part.sent()).collect();
            let texts: Vec<&str> = sent.iter().map(String::as_str).collect();
            let field = call.first().and_then(|(_, part)| part.field.as_ref());
            let field = field.map(|(name, value)| (name.as_str(), value.as_str()));
            let asked = asker.ask(&texts, field, Some(self.facts.dimension));
            match (asked, &mut call[..]) {
                (Ok(answer), _) => {
                    let weights: Vec<usize> = call.iter().map(|(_, part)| part.tokens()).collect();
                    let tokens = shared_out(answer.tokens.unwrap_or(0), &weights);
                    let units = answer.vectors.into_iter().zip(tokens);
                    let parts = call.into_iter().zip(units);
                    done.extend(parts.map(|((place, part), (unit, tokens))| {
                        (place, Ok(part.encoded(unit, tokens)))
                    }));
                }
                (Err(NoVectors::OfAll(error)), _) => return Err(error),
                (Err(NoVectors::OfTexts(failure)), [(place, part)]) => {
                    let is_long = !matches!(failure, Failure::Refused { .. });
                    if is_long && part.cut_again() {
                        waiting.push(call);
                    } else {
                        done.push((*place, Err(asker.error(failure))));
                    }
                }
                (Err(NoVectors::OfTexts(failure)), several) => {
                    if matches!(failure, Failure::TooMany { .. }) {
                        self.shared.lower_batch(several.len());
                    }
                    let second = call.split_off(call.len() / 2);
                    waiting.extend([second, call]);
                }
            }
        }
        Ok(done)
    }
}

impl Embedder for RemoteEmbedder {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn computes_here(&self) -> bool {
        false
    }

    fn texts_at_once(&self) -> usize {
        self.shared.batch()
    }

    fn remote_stats(&self) -> Option<RemoteStats> {
        let is_resting = self.shared.gate.is_resting();
        Some(self.shared.counts.stats(is_resting))
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        Some(fingerprint(&self.spec, self.facts.dimension))
    }

    fn check_tokens(&self, _: &[u32]) -> Result<(), Error> {
        Err(takes_no_tokens())
    }

    fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        fitted_by_user(fingerprint(&self.spec, self.facts.dimension))
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        let started = Instant::now();
        let (parts, places) = self.parts(items);
        let mut vectors: Vec<Option<Result<Encoded, Error>>> = Vec::new();
        vectors.resize_with(parts.len(), || None);
        if !parts.is_empty() {
            for (place, result) in self.make(self.calls(parts))? {
                vectors[place] = Some(result);
            }
        }
        let results = places.into_iter().map(|places| whole(places?, &vectors));
        Ok(Batch {
            results: results.collect(),
            tokenize: Duration::ZERO,
            compute: started.elapsed(),
        })
    }
}

/// The vector of a text by those of its parts. The same part may be of several texts.
fn whole(places: Vec<usize>, vectors: &[Option<Result<Encoded, Error>>]) -> Result<Encoded, Error> {
    let windows = places.into_iter().map(|place| match &vectors[place] {
        Some(Ok(encoded)) => Ok(encoded.clone()),
        Some(Err(error)) => Err(Error::TextRefused {
            reason: error.to_string(),
        }),
        None => Err(Error::Interrupted),
    });
    joined(windows.collect::<Result<_, _>>()?).ok_or(Error::Interrupted)
}

fn takes_no_tokens() -> Error {
    Error::InvalidTokens("This model computes elsewhere and takes texts, not token ids.".to_owned())
}

pub(crate) fn facts(spec: &Spec, dimension: usize) -> ModelFacts {
    ModelFacts {
        name: spec.name.clone(),
        dimension,
        layers: 0,
        max_tokens: spec.limits.tokens.unwrap_or(ModelFacts::NO_LIMIT),
        pooling: None,
        default_prompt: spec.default_prompt.clone(),
        prompts: spec.prompts.clone(),
        precision: None,
        kernel: None,
        threads: 0,
        weight_bytes: 0,
        scores: None,
    }
}

/// What vectors are known by: who computes them, by which model and revision, and how long they are.
pub(crate) fn fingerprint(spec: &Spec, dimension: usize) -> Fingerprint {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"yuyi-remote-1");
    for text in spec.identity() {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.update(&(dimension as u64).to_le_bytes());
    let mut digest = [0; 16];
    hasher.finalize_xof().fill(&mut digest);
    digest.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_by(name: &str, dimension: usize) -> String {
        fingerprint(&name.parse().unwrap(), dimension).to_string()
    }

    #[test]
    fn vectors_are_known_by_who_computes_them_and_how() {
        let v4 = "remote:dashscope/text-embedding-v4";
        let one = known_by(v4, 1_024);
        let same =
            format!("{v4}?timeout=5&batch=3&url=https://elsewhere/v1&query=input_type=query");
        assert_eq!(known_by(&same, 1_024), one);
        for (other, dimension) in [
            (v4.to_owned(), 512),
            (format!("{v4}?revision=2"), 1_024),
            ("remote:dashscope/text-embedding-v3".to_owned(), 1_024),
            ("remote:openai/text-embedding-v4".to_owned(), 1_024),
            ("remote:https://host/v1#text-embedding-v4".to_owned(), 1_024),
        ] {
            assert_ne!(known_by(&other, dimension), one, "{other}");
        }
    }
}
