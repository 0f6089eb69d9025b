//! A loaded model that reads two texts at once and says how well the second answers the first.

pub(crate) mod head;
mod spec;

pub use self::spec::{CrossSpec, HeadSpec, ProductsSpec, ScoreActivation};

use self::head::Head;
use crate::encoder::PROBE;
use crate::error::check_known;
use crate::forward::{Batch, Extras, Sequence, Transformer, Workspace};
use crate::passes::Passes;
use crate::tokenizer::PairTruncation;
use crate::weights::Packing;
use crate::{
    Error, Fingerprint, Folder, KernelPath, LoadOptions, Pair, Precision, Tensors, TextTokenizer,
};
use std::sync::OnceLock;
use yuyi_kernels::{Kernel, Team, usable_cores};

/// What of the model a cross-encoder needs: types of tokens tell the two texts apart.
const EXTRAS: Extras = Extras {
    previous: false,
    pairs: true,
};

/// A pair and what came of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// What the model gives: any number, larger for a better answer.
    pub logit: f32,
    /// The logit by the model's own activation, of 0 to 1 for nearly all.
    pub score: f32,
    /// Tokens that the model read, special tokens included.
    pub tokens: usize,
    /// One of the texts was cut.
    pub truncated: bool,
}

/// A loaded cross-encoder: turns pairs of texts into scores.
///
/// Cheap to share (`&self`, `Send + Sync`); calls from several threads take turns.
pub struct CrossEncoder {
    spec: CrossSpec,
    precision: Precision,
    tokenizer: TextTokenizer,
    passes: Passes,
    head: Head,
    fingerprint: OnceLock<Fingerprint>,
}

impl CrossEncoder {
    /// Loads the model of `folder`.
    ///
    /// # Errors
    /// When a file is missing, broken or of a kind that is not supported; the message names
    /// the file, the tensor and what was expected.
    pub fn load(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let kernel = Kernel::detect().map_err(Error::compute)?;
        Self::load_with(folder, options, kernel)
    }

    /// As [`CrossEncoder::load`], with the kernels of a chosen path.
    ///
    /// # Errors
    /// As [`CrossEncoder::load`].
    pub fn load_with(
        folder: &Folder,
        options: &LoadOptions,
        kernel: Kernel,
    ) -> Result<Self, Error> {
        let spec = CrossSpec::read(folder)?;
        let own = || Precision::of(&spec.config);
        let precision = options.precision.unwrap_or_else(own);
        let team = Team::new(options.threads.unwrap_or_else(usable_cores).max(1));
        let packing = Packing {
            team: &team,
            kernel,
            precision,
        };
        let tensors = Tensors::open(folder)?;
        let mut tokenizer = TextTokenizer::load_for(folder, &spec.config, spec.max_tokens)?;
        if let Some(template) = &spec.template {
            tokenizer.ask_by(template)?;
        }
        tokenizer.check_pairs(&spec.config)?;
        let answers = || tokenizer.answers();
        let head = Head::load(&tensors, (&spec.config, spec.head), packing, answers)?;
        let model = Transformer::load(tensors, &spec.config, EXTRAS, packing, &options.progress)?;
        let encoder = Self {
            precision,
            tokenizer,
            passes: Passes::new(model, team),
            head,
            spec,
            fingerprint: OnceLock::new(),
        };
        encoder.probe()?;
        Ok(encoder)
    }

    /// Scores one pair, so that weights which give no score are refused when they are loaded; as for an encoder, not where the
    /// vocabulary is beyond the model's.
    fn probe(&self) -> Result<(), Error> {
        let (query, document) = (self.query(PROBE)?, self.document(PROBE)?);
        let pair = self.pair(&query, &document, PairTruncation::LongestFirst);
        if self.check(&pair).is_err() {
            return Ok(());
        }
        let finish =
            |team: &Team, space: &Workspace, batch: &Batch| self.head.logits(team, space, batch);
        self.passes.probe(sequence(&pair), finish)?;
        Ok(())
    }

    /// The tokens of a query behind the folder's prompt, without those that stand around it: what [`CrossEncoder::pair`] puts together, so that a query is
    /// split once for many documents.
    ///
    /// # Errors
    /// When the tokenizer fails, which no text is known to cause.
    pub fn query(&self, text: &str) -> Result<Vec<u32>, Error> {
        match self.spec.prompt.as_str() {
            "" => self.tokenizer.query(text),
            prompt => self.tokenizer.query(&format!("{prompt}{text}")),
        }
    }

    /// The tokens of a document, likewise.
    ///
    /// # Errors
    /// As [`CrossEncoder::query`].
    pub fn document(&self, text: &str) -> Result<Vec<u32>, Error> {
        self.tokenizer.document(text)
    }

    /// Tokens around the two texts of a pair: special ones, or the words in which the model is asked.
    pub fn tokens_around(&self) -> usize {
        self.tokenizer.tokens_around_pairs()
    }

    /// A pair as the model reads it, cut to its longest input.
    pub fn pair(&self, query: &[u32], document: &[u32], truncation: PairTruncation) -> Pair {
        self.tokenizer.pair(query, document, truncation)
    }

    /// How well each document answers the query, in order.
    ///
    /// # Errors
    /// As [`CrossEncoder::score_pairs`].
    pub fn score(
        &self,
        query: &str,
        documents: &[&str],
        truncation: PairTruncation,
    ) -> Result<Vec<Scored>, Error> {
        let query = self.query(query)?;
        let pair = |text: &&str| Ok(self.pair(&query, &self.document(text)?, truncation));
        let pairs: Vec<Pair> = documents.iter().map(pair).collect::<Result<_, Error>>()?;
        self.score_pairs(&pairs)
    }

    /// Scores of pairs of one or several queries, in order. The bytes of a score depend on its pair alone, not on the others
    /// nor on the number of threads.
    ///
    /// # Errors
    /// When the weights produce something that is no number, or a token is not in the model's vocabulary.
    pub fn score_pairs(&self, pairs: &[Pair]) -> Result<Vec<Scored>, Error> {
        pairs.iter().try_for_each(|pair| self.check(pair))?;
        let texts: Vec<_> = pairs.iter().map(sequence).collect();
        let finish =
            |team: &Team, space: &Workspace, batch: &Batch| self.head.logits(team, space, batch);
        let logits = self.passes.run(&texts, finish)?;
        let scored = |(logit, pair): (f32, &Pair)| Scored {
            logit,
            score: self.spec.activation.apply(logit),
            tokens: pair.ids().len(),
            truncated: pair.truncated(),
        };
        Ok(logits.into_iter().zip(pairs).map(scored).collect())
    }

    /// Tokens of the vocabulary may be beyond the model's.
    fn check(&self, pair: &Pair) -> Result<(), Error> {
        check_known(pair.ids(), self.spec.config.vocab_size)
    }

    /// What the model's scores are known by. The first call reads all weights.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let (digest, tensors) = (self.tokenizer.digest(), self.passes.model().tensors());
            Fingerprint::of_scores(&self.spec, self.precision, digest, tensors)
        })
    }

    /// Checks the files that are still read: those of the weights, for token embeddings.
    ///
    /// # Errors
    /// Of the kind [`ErrorKind::Changed`](crate::ErrorKind::Changed) when one was written to since it was loaded.
    pub fn check_files(&self) -> Result<(), Error> {
        self.passes.model().tensors().check()
    }

    /// What the model's files say.
    pub fn spec(&self) -> &CrossSpec {
        &self.spec
    }

    /// Number format of the matrix products of the layers.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Path of the kernels that compute.
    pub fn kernel(&self) -> KernelPath {
        self.passes.model().kernel().path()
    }

    /// Threads of one forward pass.
    pub fn threads(&self) -> usize {
        self.passes.threads()
    }

    /// Bytes of packed weights held in memory; token embeddings stay in the mapped file.
    pub fn weight_bytes(&self) -> usize {
        self.passes.model().bytes() + self.head.bytes()
    }
}

fn sequence(pair: &Pair) -> Sequence<'_> {
    Sequence {
        ids: pair.ids(),
        types: pair.types(),
    }
}

/// What a [`CrossEncoder`] is, known before it is loaded.
#[derive(Clone, Debug)]
pub struct CrossFacts {
    /// What the model's files say.
    pub spec: CrossSpec,
    /// Number format of the matrix products of the layers.
    pub precision: Precision,
    /// Path of the kernels that compute.
    pub kernel: KernelPath,
    /// Threads of one forward pass.
    pub threads: usize,
    /// Bytes of packed weights held in memory.
    pub weight_bytes: usize,
}

impl CrossFacts {
    /// Of the model that a folder gives. Reads what [`EncoderFacts::of_folder`](crate::EncoderFacts::of_folder) reads.
    ///
    /// # Errors
    /// When a file is missing, broken or of a kind that is not supported.
    pub fn of_folder(folder: &Folder, options: &LoadOptions) -> Result<Self, Error> {
        let kernel = Kernel::detect().map_err(Error::compute)?;
        let spec = CrossSpec::read(folder)?;
        let own = || Precision::of(&spec.config);
        let precision = options.precision.unwrap_or_else(own);
        let tensors = Tensors::open(folder)?;
        let layers = Transformer::bytes_of(&tensors, &spec.config, EXTRAS, (kernel, precision))?;
        Ok(Self {
            weight_bytes: layers + Head::bytes_of(&tensors, (&spec.config, spec.head), kernel)?,
            precision,
            kernel: kernel.path(),
            threads: options.threads.unwrap_or_else(usable_cores).max(1),
            spec,
        })
    }

    /// Of one that is loaded.
    pub fn of_loaded(model: &CrossEncoder) -> Self {
        Self {
            spec: model.spec().clone(),
            precision: model.precision(),
            kernel: model.kernel(),
            threads: model.threads(),
            weight_bytes: model.weight_bytes(),
        }
    }
}
