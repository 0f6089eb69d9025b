//! A loaded model.

mod explained;
mod windows;

use crate::forward::{Batch, BertModel, Workspace};
use crate::pace::Pace;
use crate::pooling::{Direction, unit_vector};
use crate::weights::Packing;
use crate::{
    Error, Fingerprint, Folder, LoadProgress, LongText, ModelSpec, Piece, Precision, SpecDefaults,
    States, Tensors, TextTokenizer, Tokens,
};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::Instant;
use yuyi_kernels::{Kernel, KernelPath, Team, usable_cores};

/// Tokens that go through the model together. Past a few hundred, larger batches gain nothing
/// and only cost memory for the activations.
const BATCH_TOKENS: usize = 512;

/// Tokens of a batch when every thread works on texts of its own.
const SHARE_TOKENS: usize = 256;

/// How a model is loaded.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Number format of the matrix products; `None`: the folder's own.
    pub precision: Option<Precision>,
    /// Threads of one forward pass; `None`: as many as [`usable_cores`](crate::usable_cores).
    pub threads: Option<usize>,
    /// What to assume where the folder is silent.
    pub defaults: SpecDefaults,
    /// Hears how far the weights are loaded.
    pub progress: LoadProgress,
}

/// What a caller may ask of one call to [`Encoder::encode`].
#[derive(Clone, Debug, Default)]
pub struct EncodeOptions {
    /// Text put in front of each input; `None`: the model's default prompt.
    pub prompt: Option<String>,
    /// What happens to a text that is longer than the model reads.
    pub long_text: LongText,
    /// Whether the last hidden states are wanted. Such texts are computed one by one.
    pub states: bool,
}

/// One text as the model sees it.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Unit vector, [`Encoder::dimension`] long.
    pub vector: Vec<f32>,
    /// Length of the vector before it was scaled to 1; of the windows of a long text, that of their average.
    pub length: f32,
    /// Tokens that the model read, special tokens and prompt included; over all windows of a long text.
    pub tokens: usize,
    /// The text was longer than the model's maximum and was cut.
    pub truncated: bool,
    /// Tokens among them that stand for text unknown to the vocabulary.
    pub unknown: usize,
    /// The last hidden states, if they were asked for.
    pub states: Option<States>,
}

/// A loaded model: turns texts into unit vectors.
///
/// Cheap to share (`&self`, `Send + Sync`); calls from several threads take turns. Working
/// memory belongs to the encoder and is bounded by a few hundred tokens' activations a thread.
pub struct Encoder {
    spec: ModelSpec,
    precision: Precision,
    tokenizer: TextTokenizer,
    model: BertModel,
    /// All threads on one batch, split by output columns: for little work. They fill the memory of the first lane.
    together: Team,
    /// One thread a batch: for many texts, since no step waits for another thread.
    apart: Vec<Mutex<Lane>>,
    pace: Pace,
    /// Done when the lanes have their memory.
    reserved: Once,
    fingerprint: OnceLock<Fingerprint>,
}

/// A thread and the working memory that it fills.
struct Lane {
    team: Team,
    space: Workspace,
}

impl Lane {
    fn new() -> Mutex<Self> {
        Mutex::new(Self {
            team: Team::new(1),
            space: Workspace::default(),
        })
    }
}

/// A panic inside a pass leaves only scratch behind, so a poisoned lane is as good as new.
fn lock(lane: &Mutex<Lane>) -> MutexGuard<'_, Lane> {
    lane.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Encoder {
    /// Loads the model of `folder`.
    ///
    /// # Errors
    /// When a file is missing, broken or of a kind that is not supported; the message names
    /// the file, the tensor and what was expected.
    pub fn load(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let kernel = Kernel::detect().map_err(Error::compute)?;
        Self::load_with(folder, options, kernel)
    }

    /// As [`Encoder::load`], with the kernels of a chosen path.
    ///
    /// # Errors
    /// As [`Encoder::load`].
    pub fn load_with(
        folder: &Folder,
        options: &LoadOptions,
        kernel: Kernel,
    ) -> Result<Self, Error> {
        let spec = ModelSpec::read(folder, &options.defaults)?;
        let precision = options
            .precision
            .unwrap_or_else(|| Precision::of(&spec.config));
        let threads = options.threads.unwrap_or_else(usable_cores).max(1);
        let together = Team::new(threads);
        // The tokenizer and the weights are independent, and each takes about as long.
        let (tokenizer, model) = std::thread::scope(|scope| {
            let tokenizer = scope.spawn(|| TextTokenizer::load(folder, &spec));
            let model = Tensors::open(folder).and_then(|tensors| {
                let packing = Packing {
                    team: &together,
                    kernel,
                    precision,
                };
                BertModel::load(tensors, &spec.config, packing, &options.progress)
            });
            (tokenizer.join(), model)
        });
        let tokenizer =
            tokenizer.map_err(|_| Error::compute("The tokenizer's loader panicked.".into()))??;
        let apart = (0..threads).map(|_| Lane::new()).collect();
        Ok(Self {
            precision,
            tokenizer,
            model: model?,
            together,
            apart,
            pace: Pace::default(),
            reserved: Once::new(),
            spec,
            fingerprint: OnceLock::new(),
        })
    }

    /// Unit vectors of `texts`, in order. The bytes of a vector depend on its text
    /// alone, not on the other texts nor on the number of threads.
    ///
    /// # Errors
    /// When the weights produce something that is no vector.
    pub fn encode(&self, texts: &[&str], options: &EncodeOptions) -> Result<Vec<Encoded>, Error> {
        self.encode_tokens(&self.tokenize(texts, options)?)
    }

    /// The tokens of each text, prompt and special tokens included.
    ///
    /// # Errors
    /// When the tokenizer fails, which no text is known to cause.
    pub fn tokenize(&self, texts: &[&str], options: &EncodeOptions) -> Result<Vec<Tokens>, Error> {
        texts
            .iter()
            .map(|text| self.tokenize_one(text, options))
            .collect()
    }

    /// All tokens of a text, each with its place; `prompt` as in [`EncodeOptions`]. `special`: with those
    /// that the tokenizer puts around every text.
    ///
    /// # Errors
    /// As [`Encoder::tokenize`].
    pub fn pieces(
        &self,
        text: &str,
        prompt: Option<&str>,
        special: bool,
    ) -> Result<Vec<Piece>, Error> {
        let prompt = prompt.unwrap_or(&self.spec.prompts.default);
        self.tokenizer.pieces(prompt, text, special)
    }

    /// The tokens of one text.
    ///
    /// # Errors
    /// As [`Encoder::tokenize`].
    pub fn tokenize_one(&self, text: &str, options: &EncodeOptions) -> Result<Tokens, Error> {
        let default = &self.spec.prompts.default;
        let prompt = options.prompt.as_deref().unwrap_or(default);
        match options.states {
            false => self.tokenizer.encode(prompt, text, options.long_text),
            true => (self.tokenizer).encode_with_places(prompt, text, options.long_text),
        }
    }

    /// Unit vectors of texts that are tokens already.
    ///
    /// # Errors
    /// As [`Encoder::encode_ids`].
    pub fn encode_tokens(&self, texts: &[Tokens]) -> Result<Vec<Encoded>, Error> {
        let mut windows = texts.iter().flat_map(Tokens::windows);
        windows.try_for_each(|ids| self.check_ids(ids))?;
        let together = texts.iter().filter(|text| text.places.is_none());
        let windows: Vec<&[u32]> = together.flat_map(Tokens::windows).collect();
        let mut directions = self.directions(&windows)?.into_iter();
        let encode = |text: &Tokens| {
            if let Some(places) = &text.places {
                return self.encode_with_states(text, places);
            }
            let of_text = directions.by_ref().take(1 + text.further.len()).collect();
            encoded(text, of_text)
        };
        texts.iter().map(encode).collect()
    }

    /// Unit vectors of token ids, taken as they are: no prompt and no special token is added.
    ///
    /// # Errors
    /// When a list is empty or too long, or an id is not in the vocabulary.
    pub fn encode_ids(&self, texts: &[&[u32]]) -> Result<Vec<Encoded>, Error> {
        texts.iter().try_for_each(|ids| self.check_ids(ids))?;
        let directions = self.directions(texts)?;
        let encoded = |(direction, ids): (Direction, &&[u32])| Encoded {
            vector: direction.unit,
            length: direction.length as f32,
            tokens: ids.len(),
            truncated: false,
            unknown: 0,
            states: None,
        };
        Ok(directions.into_iter().zip(texts).map(encoded).collect())
    }

    /// Refuses what [`Encoder::encode_ids`] cannot read.
    ///
    /// # Errors
    /// When the list is empty or too long, or an id is not in the vocabulary.
    pub fn check_ids(&self, ids: &[u32]) -> Result<(), Error> {
        let (most, known) = (self.spec.max_tokens, self.spec.config.vocab_size);
        if ids.is_empty() || ids.len() > most {
            return Err(Error::tokens(format!(
                "A list of {} token ids cannot be encoded: this model reads 1 to {most}.",
                ids.len()
            )));
        }
        match ids.iter().find(|&&id| id as usize >= known) {
            None => Ok(()),
            Some(id) => Err(Error::tokens(format!(
                "Token id {id} is not in this model's vocabulary, whose ids are 0 to {}.",
                known - 1
            ))),
        }
    }

    fn directions(&self, texts: &[&[u32]]) -> Result<Vec<Direction>, Error> {
        self.reserved.call_once(|| self.reserve());
        let tokens: usize = texts.iter().map(|t| t.len()).sum();
        if self.apart.len() > 1 && texts.len() > 1 && tokens >= SHARE_TOKENS * self.apart.len() {
            return self.compute_apart(texts);
        }
        self.compute_little(&mut lock(&self.apart[0]), texts)
    }

    /// Takes the memory of all lanes with the first texts: work for all threads may come much later, and memory that grows then
    /// looks like a leak.
    fn reserve(&self) {
        let tokens = std::iter::once(BATCH_TOKENS).chain(std::iter::repeat(SHARE_TOKENS));
        for (lane, tokens) in self.apart.iter().zip(tokens) {
            lock(lane)
                .space
                .reserve(tokens, &self.spec.config, self.model.kernel());
        }
    }

    /// All threads on one batch after the other, unless one alone is faster at the moment.
    fn compute_little(&self, lane: &mut Lane, texts: &[&[u32]]) -> Result<Vec<Direction>, Error> {
        let Lane { team: alone, space } = lane;
        if self.apart.len() > 1 && self.pace.next_is_alone() {
            return self.compute_batches(alone, space, texts);
        }
        let together = &self.together;
        together.take_waited();
        let started = Instant::now();
        let directions = self.compute_batches(together, space, texts);
        let (threads, waited) = (together.threads(), together.take_waited());
        self.pace.learn(threads, started.elapsed(), waited);
        directions
    }

    fn compute_batches(
        &self,
        team: &Team,
        space: &mut Workspace,
        texts: &[&[u32]],
    ) -> Result<Vec<Direction>, Error> {
        let mut directions = Vec::with_capacity(texts.len());
        for range in batches(texts, BATCH_TOKENS) {
            directions.extend(self.compute(team, space, &texts[range])?);
        }
        Ok(directions)
    }

    /// Each thread takes batches of its own from a common list.
    fn compute_apart(&self, texts: &[&[u32]]) -> Result<Vec<Direction>, Error> {
        let todo = Mutex::new(batches(texts, SHARE_TOKENS).into_iter());
        let done = Mutex::new(Vec::new());
        let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).next();
        std::thread::scope(|scope| {
            for lane in &self.apart {
                scope.spawn(|| {
                    let Lane { team, space } = &mut *lock(lane);
                    while let Some(range) = next() {
                        let directions = self.compute(team, space, &texts[range.clone()]);
                        done.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((range.start, directions));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(start, _)| *start);
        let mut directions = Vec::with_capacity(texts.len());
        for (_, part) in done {
            directions.extend(part?);
        }
        Ok(directions)
    }

    fn compute(
        &self,
        team: &Team,
        space: &mut Workspace,
        texts: &[&[u32]],
    ) -> Result<Vec<Direction>, Error> {
        let batch = Batch::new(texts.iter().copied());
        self.model.forward(team, &batch, space)?;
        let hidden = space.hidden.view();
        let direction = |text: &[usize]| unit_vector(self.spec.pooling, hidden, text[0], text[1]);
        batch
            .offsets
            .windows(2)
            .map(|text| direction(text).ok_or_else(no_vector))
            .collect()
    }

    /// Length of the vectors.
    pub fn dimension(&self) -> usize {
        self.spec.config.hidden_size
    }

    /// What the model's vectors are known by. The first call reads all weights, about a third of a second a gigabyte;
    /// the others are free.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let (digest, tensors) = (self.tokenizer.digest(), self.model.tensors());
            Fingerprint::of(&self.spec, self.precision, digest, tensors)
        })
    }

    /// Checks the files that are still read: those of the weights, for token embeddings.
    ///
    /// # Errors
    /// Of the kind [`ErrorKind::Changed`](crate::ErrorKind::Changed) when one was written to since it was loaded. Then all further
    /// texts fail in this way.
    pub fn check_files(&self) -> Result<(), Error> {
        self.model.tensors().check()
    }

    /// What the model's files say.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Number format of the matrix products.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Path of the kernels that compute.
    pub fn kernel(&self) -> KernelPath {
        self.model.kernel().path()
    }

    /// Threads of one forward pass.
    pub fn threads(&self) -> usize {
        self.apart.len()
    }

    /// Bytes of packed weights held in memory; token embeddings stay in the mapped file.
    pub fn weight_bytes(&self) -> usize {
        self.model.bytes()
    }
}

/// The vector of a text from the directions of its windows.
fn encoded(text: &Tokens, windows: Vec<Direction>) -> Result<Encoded, Error> {
    let direction = Direction::mean(windows).ok_or_else(no_vector)?;
    Ok(Encoded {
        vector: direction.unit,
        length: direction.length as f32,
        tokens: text.windows().map(<[u32]>::len).sum(),
        truncated: text.truncated,
        unknown: text.unknown,
        states: None,
    })
}

fn no_vector() -> Error {
    Error::compute("The model's weights gave no finite vector; the checkpoint is broken.".into())
}

/// Cuts texts, in order, into runs of at most `budget` tokens (or one text, if that is longer).
fn batches(texts: &[&[u32]], budget: usize) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut tokens) = (0, 0);
    for (i, text) in texts.iter().enumerate() {
        if i > start && tokens + text.len() > budget {
            ranges.push(start..i);
            (start, tokens) = (i, 0);
        }
        tokens += text.len();
    }
    if start < texts.len() {
        ranges.push(start..texts.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_all_lanes_is_taken_beforehand() {
        let models = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/models");
        let options = LoadOptions {
            threads: Some(2),
            ..LoadOptions::default()
        };
        for model in std::fs::read_dir(models).unwrap() {
            let folder = Folder::open(model.unwrap().path()).unwrap();
            let encoder = Encoder::load(&folder, &options).unwrap();
            encoder.reserve();
            let lanes = || encoder.apart.iter().map(|lane| lock(lane).space.bytes());
            let before: Vec<usize> = lanes().collect();
            let ids = vec![5; encoder.spec.max_tokens];
            // One batch for all threads, as full as it can be, and then work for each.
            let fitting = BATCH_TOKENS / ids.len();
            encoder.encode_ids(&vec![&ids[..]; fitting.max(1)]).unwrap();
            encoder.encode_ids(&vec![&ids[..40]; 60]).unwrap();
            assert_eq!(lanes().collect::<Vec<_>>(), before, "{}", folder.name());
        }
    }

    #[test]
    fn batches_keep_the_order_and_the_budget() {
        let long = [0; 700];
        let texts: Vec<&[u32]> = [10, 500, 5, 700, 1, 1, 511, 512]
            .iter()
            .map(|&n| &long[..n])
            .collect();
        assert_eq!(batches(&texts, 512), [0..2, 2..3, 3..4, 4..6, 6..7, 7..8]);
        assert!(batches(&[], 512).is_empty());
    }
}
