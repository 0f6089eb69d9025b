//! Text to token ids, by the reference implementation.

mod charsmap;
mod word_piece;

use crate::config::without_mark;
use crate::error::{Error, ErrorKind};
use crate::folder::Folder;
use crate::spec::ModelSpec;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokenizers::{Encoding, Tokenizer};

/// One text as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, special tokens and prompt included; at most as many as the model reads.
    pub ids: Vec<u32>,
    /// The text had more tokens than the model reads, and its end was cut off.
    pub truncated: bool,
    /// How many of the ids stand for text unknown to the vocabulary.
    pub unknown: usize,
}

/// A model's tokenizer.
pub struct TextTokenizer {
    inner: Tokenizer,
    max_tokens: usize,
    /// Special tokens at the end of every text; they stay when a text is cut.
    closing: usize,
    unknown: Option<u32>,
}

impl TextTokenizer {
    /// Reads `tokenizer.json`, or makes the tokenizer of `vocab.txt`.
    ///
    /// # Errors
    /// When neither is there or sound, or an id is beyond the model's vocabulary.
    pub fn load(folder: &Folder, spec: &ModelSpec) -> Result<Self, Error> {
        let (file, bytes) = if folder.contains("tokenizer.json") {
            ("tokenizer.json", folder.read("tokenizer.json")?.to_vec())
        } else if folder.contains("vocab.txt") {
            ("vocab.txt", word_piece::from_vocab(folder)?)
        } else {
            let what = format!(
                "{} does not exist, and there is no vocab.txt either.",
                folder.show("tokenizer.json")
            );
            return Err(Error::new(ErrorKind::NotFound, what));
        };
        let shown = folder.show(file);
        let broken =
            |e: &dyn Display| Error::file(&shown, format!("this is not a sound tokenizer: {e}."));
        let bytes = without_mark(&bytes);
        let parts: Parts = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
        charsmap::check(&parts.normalizer).map_err(|e| broken(&e))?;
        let mut inner = guarded(|| Tokenizer::from_bytes(bytes)).map_err(|e| broken(&e))?;
        // What the file says on these was meant for training batches.
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|e| broken(&e))?;
        let probe = guarded(|| inner.encode("a", true)).map_err(|e| broken(&e))?;
        check_ids(&shown, &inner, &probe, spec)?;
        let closing = closing_tokens(&probe);
        let unknown = parts.model.unknown_id(&inner);
        if spec.max_tokens <= closing + 1 {
            return Err(Error::file(
                &shown,
                format!(
                    "texts of {} tokens leave no room for a word.",
                    spec.max_tokens
                ),
            ));
        }
        Ok(Self {
            inner,
            max_tokens: spec.max_tokens,
            closing,
            unknown,
        })
    }

    /// The ids of `prompt` followed by `text`.
    ///
    /// # Errors
    /// When the tokenizer fails, which no text is known to cause.
    pub fn encode(&self, prompt: &str, text: &str) -> Result<Tokens, Error> {
        let text = match prompt {
            "" => Cow::Borrowed(text),
            prompt => Cow::Owned(format!("{prompt}{text}")),
        };
        let encoding = guarded(|| self.inner.encode_fast(text, true)).map_err(|e| {
            Error::new(
                ErrorKind::InvalidTokens,
                "The text could not be split into tokens.",
            )
            .caused(e)
        })?;
        let mut ids = encoding.get_ids().to_vec();
        let truncated = ids.len() > self.max_tokens;
        if truncated {
            let excess = ids.len() - self.max_tokens;
            let end = ids.len() - self.closing;
            ids.drain(end - excess..end);
        }
        let unknown = ids.iter().filter(|&&id| Some(id) == self.unknown).count();
        Ok(Tokens {
            ids,
            truncated,
            unknown,
        })
    }

    /// Number of token ids.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }
}

/// What yuyi reads of a tokenizer.json by itself; the rest is the library's.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    unk_token: Option<String>,
    unk_id: Option<u32>,
}

impl Model {
    /// The id for unknown text.
    fn unknown_id(self, tokenizer: &Tokenizer) -> Option<u32> {
        self.unk_id
            .or_else(|| tokenizer.token_to_id(&self.unk_token?))
    }
}

/// Runs the library, which trusts the file that it was made from: a panic is an error like others.
fn guarded<T>(task: impl FnOnce() -> tokenizers::Result<T>) -> tokenizers::Result<T> {
    // Nothing is left half changed: the library's own state is a cache behind a lock.
    catch_unwind(AssertUnwindSafe(task))
        .unwrap_or_else(|_| Err("the tokenizers library does not expect what it says".into()))
}

/// Checks the ids of the vocabulary and those that are put around every text.
fn check_ids(
    file: &str,
    tokenizer: &Tokenizer,
    probe: &Encoding,
    spec: &ModelSpec,
) -> Result<(), Error> {
    let known = spec.config.vocab_size;
    let vocabulary = tokenizer.get_vocab(true).into_values();
    match vocabulary.chain(probe.get_ids().iter().copied()).max() {
        Some(id) if (id as usize) < known => Ok(()),
        Some(id) => Err(Error::file(
            file,
            format!("it gives ids up to {id}, but config.json has a vocab_size of {known}."),
        )),
        None => Err(Error::file(file, "its vocabulary is empty.")),
    }
}

/// How many special tokens the tokenizer puts after a text.
fn closing_tokens(probe: &Encoding) -> usize {
    probe
        .get_special_tokens_mask()
        .iter()
        .rev()
        .take_while(|&&special| special == 1)
        .count()
}
