//! The words of a collection, and what cuts texts by them: made once, not for each call that reads the collection.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use super::Analyzer;
use crate::collection::WordRules;

/// Bytes of JSON below which rules are read again sooner than looked for.
const FEW: usize = 1000;

/// Bytes of JSON of which the rules are kept. Ten thousand words of the usual length have 200 KB.
const KEPT: usize = 16 << 20;

/// Rules, with what cuts texts by them.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    pub(crate) rules: Arc<WordRules>,
    analyzer: OnceLock<Analyzer>,
}

impl Lexicon {
    pub(crate) fn new(rules: WordRules) -> Arc<Self> {
        Arc::new(Self {
            rules: Arc::new(rules),
            analyzer: OnceLock::new(),
        })
    }

    /// The same of rules as they are stored. Whoever reads a collection again finds those of the last time.
    ///
    /// # Errors
    /// Where it is no JSON of rules.
    pub(crate) fn read(json: &str) -> serde_json::Result<Arc<Self>> {
        if json.len() < FEW {
            return Ok(Self::new(serde_json::from_str(json)?));
        }
        let key = *blake3::hash(json.as_bytes()).as_bytes();
        let lock = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().find(&key) {
            return Ok(known);
        }
        let new = Self::new(serde_json::from_str(json)?);
        lock().keep(key, Arc::clone(&new), json.len());
        Ok(new)
    }

    pub(crate) fn analyzer(&self) -> &Analyzer {
        self.analyzer.get_or_init(|| Analyzer::new(&self.rules))
    }
}

/// A digest of the JSON.
type Key = [u8; 32];

/// Those of the collections that were read last.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    /// The last used first, with the bytes of their JSON.
    last: VecDeque<(Key, Arc<Lexicon>, usize)>,
    bytes: usize,
}

impl Known {
    fn find(&mut self, key: &Key) -> Option<Arc<Lexicon>> {
        let place = self.last.iter().position(|(known, _, _)| known == key)?;
        let found = self.last.remove(place)?;
        let lexicon = Arc::clone(&found.1);
        self.last.push_front(found);
        Some(lexicon)
    }

    fn keep(&mut self, key: Key, lexicon: Arc<Lexicon>, bytes: usize) {
        self.last.push_front((key, lexicon, bytes));
        self.bytes += bytes;
        while self.bytes > KEPT
            && let Some((_, _, bytes)) = self.last.pop_back()
        {
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(of: usize, first: &str) -> String {
        let mut words = vec![first.to_owned()];
        words.extend((0..of).map(|i| format!("词{i}")));
        let rules = WordRules {
            words,
            synonyms: vec![],
        };
        serde_json::to_string(&rules).unwrap()
    }

    #[test]
    fn rules_are_read_once_and_others_are_others() {
        let (one, other) = (json(1000, "甲"), json(1000, "乙"));
        let read = |json: &str| Lexicon::read(json).unwrap();
        let (first, again, another) = (read(&one), read(&one), read(&other));
        assert!(std::ptr::eq(first.analyzer(), again.analyzer()));
        assert_eq!(first.rules.words[0], "甲");
        assert_eq!(another.rules.words[0], "乙");
        assert_eq!(read(&json(1, "丙")).rules.words[0], "丙");
        assert!(Lexicon::read(&"x".repeat(FEW)).is_err());
    }

    #[test]
    fn only_the_last_ones_are_kept() {
        let mut known = Known::default();
        let keep = |known: &mut Known, key: u8, bytes| {
            known.keep([key; 32], Arc::default(), bytes);
        };
        keep(&mut known, 1, KEPT / 2);
        keep(&mut known, 2, KEPT / 2);
        assert!(known.find(&[1; 32]).is_some());
        keep(&mut known, 3, KEPT / 2);
        let has = |known: &mut Known, key: u8| known.find(&[key; 32]).is_some();
        assert_eq!(
            [1, 2, 3].map(|key| has(&mut known, key)),
            [true, false, true]
        );
        keep(&mut known, 4, KEPT + 1);
        assert_eq!((known.last.len(), known.bytes), (0, 0));
    }
}
