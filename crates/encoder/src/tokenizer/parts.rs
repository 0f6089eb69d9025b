//! What yuyi reads of a tokenizer.json by itself; the rest is the library's.

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

/// The parts of a tokenizer.json.
#[derive(Deserialize)]
pub(super) struct Parts {
    #[serde(default)]
    pub(super) normalizer: Value,
    #[serde(default)]
    pub(super) pre_tokenizer: Value,
    #[serde(default)]
    truncation: Value,
    pub(super) model: TokenizerModel,
}

impl Parts {
    /// Where a text is cut, "Left" or "Right", if the file says it.
    pub(super) fn direction(&self) -> Option<&str> {
        self.truncation.get("direction")?.as_str()
    }
}

/// The part that splits words.
#[derive(Deserialize)]
pub(super) struct TokenizerModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    unk_token: Option<String>,
    unk_id: Option<u32>,
    byte_fallback: Option<bool>,
    /// Most characters of a word that is taken apart.
    #[serde(rename = "max_input_chars_per_word")]
    pub(super) longest_word: Option<u64>,
    /// What stands in front of a piece inside a word.
    #[serde(rename = "continuing_subword_prefix")]
    pub(super) prefix: Option<String>,
    #[serde(default)]
    vocab: LastId,
}

impl TokenizerModel {
    /// Whether our Unigram model reads it. Unknown text as bytes is the library's.
    pub(super) fn is_unigram(&self) -> bool {
        self.kind.as_deref() == Some("Unigram") && self.byte_fallback != Some(true)
    }

    /// Checks that text which no token covers has a token: without one the library fails on each such text.
    ///
    /// # Errors
    /// A sentence about what is missing.
    pub(super) fn check_unknown(&self, has: impl Fn(&str) -> bool) -> Result<(), String> {
        if self.kind.as_deref() == Some("Unigram") {
            let missing = "its model has no unk_id, the token that stands for unknown text";
            return self.unk_id.map(drop).ok_or_else(|| missing.to_owned());
        }
        match &self.unk_token {
            Some(token) if !has(token) => Err(format!(
                "its unk_token {token:?}, which stands for unknown text, is not in its vocabulary"
            )),
            _ => Ok(()),
        }
    }

    /// The greatest id of the vocabulary.
    pub(super) fn last_id(&self) -> Option<u32> {
        self.vocab.0
    }

    /// The token for unknown text, where it is named.
    pub(super) fn unknown_token(&self) -> Option<&str> {
        self.unk_token.as_deref()
    }

    /// The id for unknown text.
    pub(super) fn unknown_id(&self, find: impl Fn(&str) -> Option<u32>) -> Option<u32> {
        self.unk_id.or_else(|| find(self.unk_token.as_deref()?))
    }
}

/// The greatest id of a vocabulary, which is an object of ids or a list of tokens, read without keeping it.
#[derive(Default)]
struct LastId(Option<u32>);

impl<'de> Deserialize<'de> for LastId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LastIdVisitor)
    }
}

struct LastIdVisitor;

impl<'de> Visitor<'de> for LastIdVisitor {
    type Value = LastId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary: an object of ids, or a list of tokens with scores")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LastId, A::Error> {
        let mut last = None;
        while let Some((IgnoredAny, id)) = map.next_entry::<_, u32>()? {
            last = last.max(Some(id));
        }
        Ok(LastId(last))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LastId, A::Error> {
        let mut count: u32 = 0;
        while let Some(IgnoredAny) = list.next_element()? {
            count = count.saturating_add(1);
        }
        Ok(LastId(count.checked_sub(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn model(json: Value) -> TokenizerModel {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_last_id_of_either_form() {
        let last = |vocab| model(json!({"vocab": vocab})).last_id();
        assert_eq!(last(json!({"a": 3, "b": 7, "c": 0})), Some(7));
        assert_eq!(last(json!([["a", 0], ["b", -1.5]])), Some(1));
        assert_eq!(last(json!([])), None);
        assert_eq!(model(json!({})).last_id(), None);
    }

    #[test]
    fn byte_fallback_is_left_to_the_library() {
        let is_unigram = |kind, fallback: Value| {
            model(json!({"type": kind, "byte_fallback": fallback})).is_unigram()
        };
        assert!(is_unigram("Unigram", json!(null)));
        assert!(is_unigram("Unigram", json!(false)));
        assert!(!is_unigram("Unigram", json!(true)));
        assert!(!is_unigram("WordPiece", json!(false)));
    }
}
