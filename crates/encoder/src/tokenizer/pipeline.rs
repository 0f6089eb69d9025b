//! The tokenizers library's steps, around its own models or around ours.

use super::unigram::Unigram;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokenizers::{
    DecoderWrapper, Encoding, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper, Result,
    Tokenizer, TokenizerImpl,
};

type With<M> =
    TokenizerImpl<M, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// A tokenizer.json, ready to use.
pub(super) enum Pipeline {
    /// Around our Unigram model.
    Unigram(Box<With<Unigram>>),
    /// Around a model of the library.
    Library(Box<Tokenizer>),
}

/// Does the same to the tokenizer of either kind.
macro_rules! of_either {
    ($pipeline:expr, $tokenizer:ident => $what:expr) => {
        match $pipeline {
            Pipeline::Unigram($tokenizer) => $what,
            Pipeline::Library($tokenizer) => $what,
        }
    };
}

impl Pipeline {
    /// Reads a tokenizer.json. What it says on padding and truncation was meant for training batches and is forgotten.
    ///
    /// # Errors
    /// When the library does not take it.
    pub(super) fn read(json: &[u8], is_unigram: bool) -> Result<Self> {
        let mut pipeline = guarded(|| match is_unigram {
            true => Ok(Self::Unigram(Box::new(serde_json::from_slice(json)?))),
            false => Ok(Self::Library(Box::new(Tokenizer::from_bytes(json)?))),
        })?;
        of_either!(&mut pipeline, tokenizer => {
            tokenizer.with_padding(None);
            tokenizer.with_truncation(None)?;
        });
        Ok(pipeline)
    }

    /// The tokens of a text with their places in it.
    pub(super) fn encode(&self, text: &str, special: bool) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode(text, special)))
    }

    /// As [`Pipeline::encode`] with the special tokens, but places count characters, not bytes.
    pub(super) fn encode_characters(&self, text: &str) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode_char_offsets(text, true)))
    }

    /// As [`Pipeline::encode`], without places.
    pub(super) fn encode_fast(&self, text: &str, special: bool) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode_fast(text, special)))
    }

    /// The id of a token, also of an added one.
    pub(super) fn id(&self, token: &str) -> Option<u32> {
        of_either!(self, tokenizer => tokenizer.token_to_id(token))
    }

    /// The ids of the tokens that were added to the model's.
    pub(super) fn added_ids(&self) -> Vec<u32> {
        of_either!(self, tokenizer => tokenizer.get_added_tokens_decoder().into_keys().collect())
    }
}

/// Runs the library, which trusts the file that it was made from: a panic is an error like others.
fn guarded<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing is left half changed: the library's own state is a cache behind a lock.
    catch_unwind(AssertUnwindSafe(task))
        .unwrap_or_else(|_| Err("the tokenizers library does not expect what it says".into()))
}
