//! SentencePiece's Unigram model: the tokens of the tokenizers library, in less memory.
//!
//! The library's own has a hash map in every node of its trie and keeps the tokens of 10,000 texts: 25 MB for the built-in
//! vocabulary, as much again under load, and texts of users that stay. Here a vocabulary takes some 30 bytes a token
//! and no text is kept. Both answer the same, which the tests of this file hold.

use super::trie::Trie;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tokenizers::models::unigram::UnigramTrainer;
use tokenizers::{Model, Result, Token};

/// How much worse than the rarest token a character is that no token has.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A vocabulary with the logarithm of each token's probability. A text is split into those tokens whose sum is the
/// greatest.
pub(super) struct Unigram {
    trie: Trie,
    scores: Vec<f64>,
    unknown: Option<u32>,
    unknown_score: f64,
}

/// The last token of the best way to a place in the text. There is one for each byte, so it is small.
#[derive(Clone, Copy, Default)]
struct Step {
    /// Of the whole way.
    score: f64,
    /// Bytes; 0: no token ends here.
    length: u32,
    id: u32,
}

impl Unigram {
    /// A model of tokens and scores, whose ids are their places.
    fn new(tokens: &[Cow<'_, str>], scores: Vec<f64>, unknown: Option<usize>) -> Result<Self> {
        if u32::try_from(scores.len()).is_err() {
            return Err("the vocabulary has too many tokens".into());
        }
        if unknown.is_some_and(|id| id >= scores.len()) {
            return Err("the `unk_id` is larger than the vocabulary".into());
        }
        let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(Self {
            trie: Trie::new(tokens),
            unknown: unknown.map(|id| id as u32),
            unknown_score: least - UNKNOWN_PENALTY,
            scores,
        })
    }

    /// The best last step to each byte of `text`.
    fn best_steps(&self, text: &str) -> Result<Vec<Step>> {
        let mut steps = vec![Step::default(); text.len() + 1];
        for (start, character) in text.char_indices() {
            let before = steps[start].score;
            let mut offer = |length: usize, id: u32, score: f64| {
                let (best, score) = (&mut steps[start + length], score + before);
                // The first of equals stays, as in the library.
                let wins = best.length == 0 || score > best.score;
                if wins {
                    let length = length as u32;
                    *best = Step { score, length, id };
                }
                wins
            };
            let mut has_character = false;
            for (length, id) in self.trie.prefixes(&text.as_bytes()[start..]) {
                offer(length, id, self.scores[id as usize]);
                has_character |= length == character.len_utf8();
            }
            if !has_character {
                let (length, id) = (character.len_utf8(), self.unknown.unwrap_or_default());
                if offer(length, id, self.unknown_score) && self.unknown.is_none() {
                    return Err("a character is in no token, and there is no `unk_id`".into());
                }
            }
        }
        Ok(steps)
    }

    /// The tokens of `text` by their bytes; neighbours that are unknown are one.
    fn split(&self, text: &str) -> Result<Vec<(Range<usize>, u32)>> {
        let steps = self.best_steps(text)?;
        let mut tokens: Vec<(Range<usize>, u32)> = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Step { length, id, .. } = steps[end];
            if length == 0 {
                return Err("the way through a text is broken".into());
            }
            let start = end - length as usize;
            match tokens.last_mut() {
                Some((range, last)) if Some(id) == self.unknown && *last == id => {
                    range.start = start;
                }
                _ => tokens.push((start..end, id)),
            }
            end = start;
        }
        tokens.reverse();
        Ok(tokens)
    }
}

impl Model for Unigram {
    type Trainer = UnigramTrainer;

    fn tokenize(&self, text: &str) -> Result<Vec<Token>> {
        let token = |(range, id): (Range<usize>, u32)| {
            let value = text[range.clone()].to_owned();
            // Several unknown ones may be a token together, though a less likely one.
            let id = match Some(id) == self.unknown {
                true => self.trie.id(&value).unwrap_or(id),
                false => id,
            };
            Token::new(id, value, (range.start, range.end))
        };
        Ok(self.split(text)?.into_iter().map(token).collect())
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        self.trie.id(token)
    }

    fn id_to_token(&self, id: u32) -> Option<String> {
        self.trie.token(id)
    }

    fn get_vocab(&self) -> HashMap<String, u32> {
        self.trie.tokens().collect()
    }

    fn get_vocab_size(&self) -> usize {
        self.scores.len()
    }

    fn save(&self, _: &Path, _: Option<&str>) -> Result<Vec<PathBuf>> {
        Err("this model is only read".into())
    }

    fn get_trainer(&self) -> UnigramTrainer {
        UnigramTrainer::default()
    }
}

/// The model as tokenizer.json has it.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    vocab: Vec<Entry<'a>>,
    unk_id: Option<usize>,
}

/// A token and its score.
#[derive(Deserialize)]
struct Entry<'a>(#[serde(borrow)] Cow<'a, str>, f64);

impl<'de> Deserialize<'de> for Unigram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let File { vocab, unk_id } = File::deserialize(deserializer)?;
        let (tokens, scores): (Vec<_>, Vec<_>) = vocab.into_iter().map(|e| (e.0, e.1)).unzip();
        Self::new(&tokens, scores, unk_id).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
