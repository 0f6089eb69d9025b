//! The tokenizers library's steps, around its own models or around ours.

use super::settings::{BertOptions, Settings};
use super::unigram::Unigram;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokenizers::normalizers::{Lowercase, Sequence};
use tokenizers::{
    AddedToken, DecoderWrapper, Encoding, Model, NormalizerWrapper, PostProcessorWrapper,
    PreTokenizerWrapper, Result, Tokenizer, TokenizerImpl,
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

    /// Changes what the settings ask for, in words: nothing for a tokenizer that is so already.
    ///
    /// # Errors
    /// When the library does not take it.
    pub(super) fn apply(&mut self, settings: &Settings) -> Result<String> {
        guarded(|| {
            of_either!(self, tokenizer => {
                let added = missing(settings, &tokenizer.get_added_tokens_decoder());
                let normalizer = normalizer(tokenizer.get_normalizer(), settings);
                let pre_tokenizer = pre_tokenizer(tokenizer.get_pre_tokenizer(), settings);
                let changes = format!("{added:?}{normalizer:?}{pre_tokenizer:?}{}", settings.split_special);
                let unchanged = added.is_empty() && normalizer.is_none() && pre_tokenizer.is_none() && !settings.split_special;
                tokenizer.add_tokens(added)?;
                if normalizer.is_some() {
                    tokenizer.with_normalizer(normalizer)?;
                }
                if pre_tokenizer.is_some() {
                    tokenizer.with_pre_tokenizer(pre_tokenizer);
                }
                tokenizer.set_encode_special_tokens(settings.split_special);
                Ok(if unchanged { String::new() } else { changes })
            })
        })
    }

    /// The tokens of a text with their places in it.
    pub(super) fn encode(&self, text: &str, special: bool) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode(text, special)))
    }

    /// Two texts with the special tokens around them.
    pub(super) fn encode_pair(&self, first: &str, second: &str) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode((first, second), true)))
    }

    /// As [`Pipeline::encode`] with the special tokens, but places count characters, not bytes.
    pub(super) fn encode_characters(&self, text: &str) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode_char_offsets(text, true)))
    }

    /// As [`Pipeline::encode`], without places.
    pub(super) fn encode_fast(&self, text: &str, special: bool) -> Result<Encoding> {
        guarded(|| of_either!(self, tokenizer => tokenizer.encode_fast(text, special)))
    }

    /// Whether a token is in the model's own vocabulary.
    pub(super) fn has(&self, token: &str) -> bool {
        of_either!(self, tokenizer => tokenizer.get_model().token_to_id(token).is_some())
    }

    /// The id of a token, also of an added one.
    pub(super) fn id(&self, token: &str) -> Option<u32> {
        of_either!(self, tokenizer => tokenizer.token_to_id(token))
    }
}

/// The tokens of the settings that are not there yet, or are there with other properties.
fn missing<'a>(
    settings: &Settings,
    there: impl IntoIterator<Item = (&'a u32, &'a AddedToken)>,
) -> Vec<AddedToken> {
    let there: HashMap<&str, &AddedToken> = there
        .into_iter()
        .map(|(_, token)| (token.content.as_str(), token))
        .collect();
    let is_other = |token: &&AddedToken| there.get(token.content.as_str()) != Some(token);
    let mut missing: Vec<AddedToken> = settings.added.iter().filter(is_other).cloned().collect();
    for token in &settings.special {
        if !there.contains_key(token.content.as_str()) && !missing.contains(token) {
            missing.push(token.clone());
        }
    }
    missing
}

/// The normaliser that the settings make of the file's, if they change it.
fn normalizer(own: Option<&NormalizerWrapper>, settings: &Settings) -> Option<NormalizerWrapper> {
    let bert = |options: BertOptions| match own {
        Some(NormalizerWrapper::BertNormalizer(own)) => options.applied(*own).map(Into::into),
        _ => None,
    };
    let changed: Option<NormalizerWrapper> = settings.bert.and_then(bert);
    if !settings.lowercase {
        return changed;
    }
    let rest = changed.or_else(|| own.cloned());
    let all = [Some(Lowercase.into()), rest];
    Some(Sequence::new(all.into_iter().flatten().collect()).into())
}

/// The splitter into words that the settings make of the file's, if they change it.
fn pre_tokenizer(
    own: Option<&PreTokenizerWrapper>,
    settings: &Settings,
) -> Option<PreTokenizerWrapper> {
    match (own, settings.prefix_space) {
        (Some(PreTokenizerWrapper::ByteLevel(own)), Some(space))
            if own.add_prefix_space != space =>
        {
            Some(own.add_prefix_space(space).into())
        }
        _ => None,
    }
}

/// Runs the library, which trusts the file that it was made from: a panic is an error like others.
fn guarded<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing is left half changed: the library's own state is a cache behind a lock.
    catch_unwind(AssertUnwindSafe(task))
        .unwrap_or_else(|_| Err("the tokenizers library does not expect what it says".into()))
}
