//! What turns texts into vectors, wherever it computes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use yuyi_encoder::{
    Encoded, Fingerprint, KernelPath, LongText, Pair, Piece, Pooling, Precision, ScoreActivation,
    Tokens,
};

use crate::{Error, StoredCalibration, VectorSpace};

/// What goes in front of each text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prompt {
    /// The model's default prompt.
    #[default]
    Default,
    /// This text; the empty one means none.
    Text(String),
}

impl Prompt {
    /// The text; `None`: the model's default.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Default => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// What a caller may ask of one call to [`Embedder::embed`]. All of it decides the reply to a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EmbedOptions {
    /// What goes in front of each text; token ids get none.
    pub prompt: Prompt,
    /// What happens to a text that is longer than the model reads; lists of token ids must not be.
    pub long_text: LongText,
    /// Whether the last hidden states of texts are wanted; a model that computes elsewhere has none. Those of token ids know no places.
    pub states: bool,
}

/// What a caller may ask of one call to [`Embedder::tokenize`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenizeOptions {
    /// What goes in front of each text.
    pub prompt: Prompt,
    /// With the tokens that the tokenizer puts around every text.
    pub special: bool,
}

/// What is embedded: texts, or token ids that are taken as they are.
#[derive(Clone, Debug)]
pub enum Inputs {
    /// Texts.
    Texts(Vec<String>),
    /// Texts and lists of token ids, in any order.
    Mixed(Vec<Input>),
}

impl Inputs {
    /// Number of inputs.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Mixed(inputs) => inputs.len(),
        }
    }

    /// Bytes of the texts and token ids. A query that pairs behind one another share is there once.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.iter().map(String::len).sum(),
            Self::Mixed(inputs) => {
                let pairs = inputs.iter().zip(inputs.iter().skip(1));
                let shared = pairs.filter_map(|(before, input)| match (before, input) {
                    (Input::Pair(before, _), Input::Pair(query, _)) => {
                        Arc::ptr_eq(before, query).then_some(query.len())
                    }
                    _ => None,
                });
                inputs.iter().map(Input::bytes).sum::<usize>() - shared.sum::<usize>()
            }
        }
    }

    /// Each input by itself, to be embedded with `options`.
    pub fn into_items(self, options: &EmbedOptions) -> Vec<Item> {
        let item = |input| Item {
            input,
            options: options.clone(),
        };
        match self {
            Self::Texts(texts) => texts
                .into_iter()
                .map(|text| item(Input::Text(text.into())))
                .collect(),
            Self::Mixed(inputs) => inputs.into_iter().map(item).collect(),
        }
    }

    /// Whether there is no input.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One input of a batch, with what its caller asked for. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is embedded.
    pub input: Input,
    /// How.
    pub options: EmbedOptions,
}

/// A text, or token ids that are taken as they are; of a model that [scores pairs](ModelFacts::scores) a pair.
#[derive(Clone, Debug)]
pub enum Input {
    /// A text.
    Text(Arc<str>),
    /// Token ids of the model, without prompt and special tokens unless they are among them.
    Tokens(Arc<[u32]>),
    /// A query, and a document that may answer it.
    Pair(Arc<str>, Arc<str>),
    /// The same, as the model reads it.
    PairTokens(Arc<Pair>),
}

impl Input {
    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Bytes of the text or the token ids.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Tokens(ids) => size_of_val(&ids[..]),
            Self::Pair(query, document) => query.len() + document.len(),
            Self::PairTokens(pair) => size_of_val(pair.ids()),
        }
    }
}

/// What became of a batch.
#[derive(Debug)]
pub struct Batch {
    /// One for each item, in order. [`Error::InvalidTokens`] is the fault of that item alone.
    pub results: Vec<Result<Encoded, Error>>,
    /// Time from texts to tokens.
    pub tokenize: Duration,
    /// Time from tokens to vectors.
    pub compute: Duration,
}

/// The facts of a loaded model that people and clients are told.
#[derive(Clone, Debug, Serialize)]
pub struct ModelFacts {
    /// Name, as requests give it.
    pub name: String,
    /// Length of the vectors; 0: it gives none, or computes elsewhere and was not asked yet.
    pub dimension: usize,
    /// Transformer layers; 0: the model computes elsewhere, and nobody tells.
    #[serde(serialize_with = "write_known")]
    pub layers: usize,
    /// Most tokens of a text; the rest is cut. [`ModelFacts::NO_LIMIT`]: nobody tells.
    #[serde(serialize_with = "write_limit")]
    pub max_tokens: usize,
    /// How hidden states become one vector; `None`: the model computes elsewhere, and nobody tells.
    pub pooling: Option<Pooling>,
    /// The default prompt; empty: none.
    pub default_prompt: String,
    /// Prompts by name.
    pub prompts: BTreeMap<String, String>,
    /// Number format of the matrix products; `None`: the model computes elsewhere, and nobody tells.
    pub precision: Option<Precision>,
    /// Instruction set that computes; `None`: the model computes elsewhere.
    #[serde(serialize_with = "write_kernel")]
    pub kernel: Option<KernelPath>,
    /// Threads of one forward pass; 0: the model computes elsewhere.
    #[serde(serialize_with = "write_known")]
    pub threads: usize,
    /// Bytes of weights held in memory; 0: the model computes elsewhere.
    #[serde(serialize_with = "write_known")]
    pub weight_bytes: usize,
    /// It scores pairs instead of embedding texts, and makes scores of its logits by this; `None`: it embeds.
    #[serde(skip)]
    pub scores: Option<ScoreActivation>,
}

impl ModelFacts {
    /// As many tokens as no text has: the limit of a model that computes elsewhere where nobody tells one.
    pub const NO_LIMIT: usize = u32::MAX as usize;

    /// Name of the instruction set that computes; `none` where the model computes elsewhere.
    pub fn kernel_name(&self) -> &'static str {
        kernel_name(self.kernel)
    }

    /// Name of the pooling; `none` where nobody tells it.
    pub fn pooling_name(&self) -> &'static str {
        self.pooling.map_or(UNTOLD, Pooling::name)
    }

    /// Name of the number format; `none` where nobody tells it.
    pub fn precision_name(&self) -> &'static str {
        self.precision.map_or(UNTOLD, Precision::name)
    }

    /// The prompt of a text by what it is to others: the first that has one of the names by which models know that side, or
    /// else the default one.
    pub fn prompt_of(&self, side: Side) -> &str {
        let named = side.names().iter().find_map(|name| self.prompts.get(*name));
        named.unwrap_or(&self.default_prompt)
    }
}

/// A number, or null where nobody tells it.
fn write_known<S: Serializer>(number: &usize, to: S) -> Result<S::Ok, S::Error> {
    Some(*number).filter(|&number| number > 0).serialize(to)
}

/// A limit, or null where nobody tells it.
fn write_limit<S: Serializer>(limit: &usize, to: S) -> Result<S::Ok, S::Error> {
    let told = Some(*limit).filter(|&limit| limit < ModelFacts::NO_LIMIT);
    told.serialize(to)
}

/// What a fact is called that nobody tells.
const UNTOLD: &str = "none";

/// What a text is to those it is compared with, for models that read questions and what answers them in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// What is looked for.
    Query,
    /// What is found.
    Passage,
}

impl Side {
    /// Names of the prompts of this side, as sentence-transformers looks for them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Query => &["query"],
            Self::Passage => &["document", "passage", "corpus"],
        }
    }
}

/// What a model that computes elsewhere has been asked since the program began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemoteStats {
    /// Calls, those that were made again included.
    pub calls: u64,
    /// Calls among them that gave no vectors.
    pub failures: u64,
    /// Calls among them that were made again for one that failed.
    pub retries: u64,
    /// Texts that were sent, again for each call.
    pub texts: u64,
    /// Tokens of the texts, as far as the answers tell.
    pub tokens: u64,
    /// It is left alone for a while, since it did not answer.
    pub is_resting: bool,
}

pub(crate) fn kernel_name(kernel: Option<KernelPath>) -> &'static str {
    kernel.map_or(UNTOLD, KernelPath::name)
}

fn write_kernel<S: Serializer>(kernel: &Option<KernelPath>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kernel_name(*kernel))
}

/// A model that turns texts into unit vectors: a local [`Encoder`](yuyi_encoder::Encoder), or one
/// that computes elsewhere.
///
/// Every call blocks until its answer is there, so that a program without a runtime can use a model; one that has a runtime
/// calls from a thread that may block. Calls from several threads are sound, and whether they take turns is up to the model.
pub trait Embedder: Send + Sync {
    /// What is known of the model.
    fn facts(&self) -> &ModelFacts;

    /// Whether it computes on the cores of this machine, which models share. For one that computes elsewhere others need
    /// not wait.
    fn computes_here(&self) -> bool {
        true
    }

    /// Most texts that it takes at once, where more would cost it several calls: those that were not sent yet can still be
    /// withdrawn when nobody waits for them any more.
    fn texts_at_once(&self) -> usize {
        usize::MAX
    }

    /// Tokens that it reads around each text, or around the two of a pair, as far as there are more than a few: the words in which a
    /// model is asked.
    fn tokens_around(&self) -> usize {
        0
    }

    /// What it has been asked; `None`: it computes here.
    fn remote_stats(&self) -> Option<RemoteStats> {
        None
    }

    /// Whether files that it still reads have been written to, so that it answers no more until it is loaded again; cheap.
    fn is_outdated(&self) -> bool {
        false
    }

    /// What its vectors are known by, for caches; reads the weights. `None`: it cannot be told, so
    /// vectors must not be kept.
    fn fingerprint(&self) -> Option<Fingerprint> {
        None
    }

    /// Which vectors may stand beside its own; reads the weights. `None` as for [`Embedder::fingerprint`].
    fn vector_space(&self) -> Option<VectorSpace> {
        let fingerprint = self.fingerprint()?;
        Some(VectorSpace::new(fingerprint, self.facts().kernel))
    }

    /// Whether token ids are the model's own and not too many; cheap.
    ///
    /// # Errors
    /// [`Error::InvalidTokens`] where it can tell. [`Embedder::embed_batch`] refuses what this lets through.
    fn check_tokens(&self, _: &[u32]) -> Result<(), Error> {
        Ok(())
    }

    /// The calibration file that counts for it now, if there is one.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        Ok(None)
    }

    /// Unit vectors of items that may come from several callers.
    ///
    /// # Errors
    /// When the model fails, which leaves no item with a result.
    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error>;

    /// Unit vectors of `inputs`, in order.
    ///
    /// # Errors
    /// [`Error::InvalidTokens`] for token ids that the model does not have; otherwise when the
    /// model fails.
    fn embed(&self, inputs: Inputs, options: &EmbedOptions) -> Result<Vec<Encoded>, Error> {
        let batch = self.embed_batch(&inputs.into_items(options))?;
        batch.results.into_iter().collect()
    }

    /// A text as the model reads it, in windows if that is asked for, so that a caller may embed them one by one as token ids and put them
    /// together with [`Encoded::of_windows`]. `None`: the model does not tell its tokens.
    ///
    /// # Errors
    /// When the text cannot be split.
    fn split(&self, _: &str, _: &EmbedOptions) -> Result<Option<Tokens>, Error> {
        Ok(None)
    }

    /// The tokens of a query by themselves, for [`Embedder::split_pair`], of a model that [scores pairs](ModelFacts::scores). `None`: the
    /// model does not tell its tokens.
    ///
    /// # Errors
    /// When the text cannot be split.
    fn split_query(&self, _: &str) -> Result<Option<Vec<u32>>, Error> {
        Ok(None)
    }

    /// A pair as the model reads it, so that a caller may have it scored as [`Input::PairTokens`]: of a query's tokens, which are thus
    /// made once for many documents, and a document. `None`: the model does not tell its tokens.
    ///
    /// # Errors
    /// When the document cannot be split.
    fn split_pair(&self, _: &[u32], _: &str) -> Result<Option<Pair>, Error> {
        Ok(None)
    }

    /// All tokens of each text, in order, each with its place.
    ///
    /// # Errors
    /// [`Error::NoTokens`] when the model does not tell them, as one that computes elsewhere.
    fn tokenize(&self, _: &[String], _: &TokenizeOptions) -> Result<Vec<Vec<Piece>>, Error> {
        Err(Error::NoTokens)
    }
}
