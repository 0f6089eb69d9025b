//! A loaded model.

mod explained;
mod windows;

use crate::error::check_known;
use crate::forward::{Batch, Extras, Sequence, Transformer, Workspace};
use crate::passes::Passes;
use crate::pooling::{Direction, pool};
use crate::projection::Projection;
use crate::weights::Packing;
use crate::{
    Error, Fingerprint, Folder, LoadProgress, LongText, ModelSpec, Piece, Precision, SpecDefaults,
    States, Tensors, TextTokenizer, Tokens,
};
use std::sync::OnceLock;
use yuyi_kernels::{Kernel, KernelPath, Team, usable_cores};

/// What a model reads when it is loaded, to see that its weights give vectors.
pub(crate) const PROBE: &str = "语义";

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
    passes: Passes,
    /// What is done to pooled vectors.
    projection: Projection,
    fingerprint: OnceLock<Fingerprint>,
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
        let packing = Packing {
            team: &together,
            kernel,
            precision,
        };
        let extras = Extras {
            previous: spec.pooling.reads_two_layers(),
            pairs: false,
        };
        let (tokenizer, model) = std::thread::scope(|scope| {
            let tokenizer = scope.spawn(|| TextTokenizer::load(folder, &spec));
            let model = Tensors::open(folder).and_then(|tensors| {
                Transformer::load(tensors, &spec.config, extras, packing, &options.progress)
            });
            (tokenizer.join(), model)
        });
        let tokenizer =
            tokenizer.map_err(|_| Error::compute("The tokenizer's loader panicked.".into()))??;
        let encoder = Self {
            precision,
            tokenizer,
            projection: Projection::load(folder, &spec, packing)?,
            passes: Passes::new(model?, together),
            spec,
            fingerprint: OnceLock::new(),
        };
        encoder.probe()?;
        Ok(encoder)
    }

    /// Embeds one text. Each number of a checkpoint may be finite and what the layers make of them not; it is better to know
    /// that now than with each text to come. A vocabulary that has no ids for it is the text's matter, and no reason to refuse a model.
    fn probe(&self) -> Result<(), Error> {
        let tokens = self.tokenize_one(PROBE, &EncodeOptions::default())?;
        if self.check_ids(&tokens.ids).is_err() {
            return Ok(());
        }
        let finish = |team: &Team, space: &Workspace, batch: &Batch| self.pool(team, space, batch);
        self.passes.probe(Sequence::of_ids(&tokens.ids), finish)?;
        Ok(())
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
        check_known(ids, known)
    }

    fn directions(&self, texts: &[&[u32]]) -> Result<Vec<Direction>, Error> {
        let texts: Vec<_> = texts.iter().map(|ids| Sequence::of_ids(ids)).collect();
        let finish = |team: &Team, space: &Workspace, batch: &Batch| self.pool(team, space, batch);
        self.passes.run(&texts, finish)
    }

    /// The direction of each text of a batch.
    fn pool(&self, team: &Team, space: &Workspace, batch: &Batch) -> Result<Vec<Direction>, Error> {
        let pooled = pool(self.spec.pooling, space, batch);
        let directions = self.projection.directions(team, pooled, self.dimension());
        directions
            .into_iter()
            .map(|direction| direction.ok_or_else(no_vector))
            .collect()
    }

    fn model(&self) -> &Transformer {
        self.passes.model()
    }

    /// Length of the vectors.
    pub fn dimension(&self) -> usize {
        self.spec.dimension
    }

    /// What the model's vectors are known by. The first call reads all weights, about a third of a second a gigabyte;
    /// the others are free.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let (digest, tensors) = (self.tokenizer.digest(), self.model().tensors());
            let weights = std::iter::once(tensors).chain(self.projection.tensors());
            Fingerprint::of(&self.spec, self.precision, digest, weights)
        })
    }

    /// Checks the files that are still read: those of the weights, for token embeddings.
    ///
    /// # Errors
    /// Of the kind [`ErrorKind::Changed`](crate::ErrorKind::Changed) when one was written to since it was loaded. Then all further
    /// texts fail in this way.
    pub fn check_files(&self) -> Result<(), Error> {
        self.model().tensors().check()
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
        self.model().kernel().path()
    }

    /// Threads of one forward pass.
    pub fn threads(&self) -> usize {
        self.passes.threads()
    }

    /// Bytes of packed weights held in memory; token embeddings stay in the mapped file.
    pub fn weight_bytes(&self) -> usize {
        self.model().bytes() + self.projection.bytes()
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
