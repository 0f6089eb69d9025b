//! A FAQ: questions with their answers, and the search for the entry that answers another question.

pub mod check;
mod clusters;
mod decision;
mod grid;
mod index;
mod labels;
mod parts;
mod prospect;
mod reranked;
mod trial;
mod tuning;

use std::collections::HashMap;

pub use self::clusters::{OpenQuestion, QuestionCluster, question_clusters};
pub use self::decision::{Candidate, Decision, EntryRules, Limits, Near, Reason, decide};
pub use self::grid::{Grid, curve};
pub use self::index::{FaqIndex, FaqMatch};
pub use self::labels::Oddities;
pub use self::parts::{LeavingOut, Part, parts};
pub use self::prospect::{Excluded, Gate, Highest, Prospect, Unanswered};
pub use self::reranked::Reranked;
pub use self::trial::{Tally, Trial, Verdict};
pub use self::tuning::{Choice, MIN_ANSWERABLE, MIN_ANSWERED, TuneError, Tuning, WITHIN, tune};

/// An entry of a FAQ.
#[derive(Clone, Debug, PartialEq)]
pub struct FaqEntry {
    /// What it is known by.
    pub id: String,
    /// The question, and behind it other wordings of it.
    pub wordings: Vec<String>,
    /// The answer; empty where there is none.
    pub answer: String,
}

impl FaqEntry {
    /// The question as it was written first.
    pub fn question(&self) -> &str {
        self.wordings.first().map_or("", String::as_str)
    }
}

/// Entries of which each has an id of its own.
#[derive(Clone, Debug)]
pub struct Faq {
    entries: Vec<FaqEntry>,
    /// Places of entries by their ids and wordings.
    places: HashMap<String, Vec<usize>>,
}

/// Why entries are no FAQ.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaqError {
    /// There are none.
    #[error("there are no entries")]
    Empty,
    /// Two entries have one id.
    #[error("the id {id:?} is there twice, the first time with {question:?}")]
    RepeatedId {
        /// What both are called.
        id: String,
        /// The question of the first of the two.
        question: String,
    },
}

impl Faq {
    /// The FAQ of these entries.
    ///
    /// # Errors
    /// When there are none, or two have one id.
    pub fn new(entries: Vec<FaqEntry>) -> Result<Self, FaqError> {
        if entries.is_empty() {
            return Err(FaqError::Empty);
        }
        let mut seen = HashMap::new();
        for (i, entry) in entries.iter().enumerate() {
            if let Some(before) = seen.insert(entry.id.as_str(), i) {
                return Err(FaqError::RepeatedId {
                    id: entry.id.clone(),
                    question: entries[before].question().to_owned(),
                });
            }
        }
        Ok(Self {
            places: places(&entries),
            entries,
        })
    }

    /// The entries, at least one.
    pub fn entries(&self) -> &[FaqEntry] {
        &self.entries
    }

    /// Places of the entries that somebody may mean by `name`: the one of that id, else those that have it as a wording.
    /// White space around it does not count.
    pub fn find(&self, name: &str) -> &[usize] {
        self.places.get(name.trim()).map_or(&[], Vec::as_slice)
    }
}

/// Places of the entries by what they may be called. An id wins over a wording.
fn places(entries: &[FaqEntry]) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, entry) in entries.iter().enumerate() {
        for wording in &entry.wordings {
            let places = places.entry(wording.trim().to_owned()).or_default();
            if !places.contains(&i) {
                places.push(i);
            }
        }
    }
    for (i, entry) in entries.iter().enumerate() {
        places.insert(entry.id.trim().to_owned(), vec![i]);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faq(entries: &[(&str, &[&str])]) -> Result<Faq, FaqError> {
        let entry = |(id, wordings): &(&str, &[&str])| FaqEntry {
            id: (*id).to_owned(),
            wordings: wordings.iter().map(|&wording| wording.into()).collect(),
            answer: String::new(),
        };
        Faq::new(entries.iter().map(entry).collect())
    }

    #[test]
    fn entries_are_found_by_id_before_wording() {
        let faq = faq(&[
            ("a", &["怎么退货", "退货"]),
            ("b", &["怎么开票"]),
            ("c", &["怎么退货 ", "a"]),
        ])
        .unwrap();
        assert_eq!(faq.find("怎么退货"), [0, 2]);
        assert_eq!(faq.find(" a "), [0]);
        assert_eq!(faq.find("天气"), [0; 0]);
        assert_eq!(faq.entries()[2].question(), "怎么退货 ");
    }

    #[test]
    fn what_is_no_faq_is_refused() {
        assert_eq!(faq(&[]).unwrap_err(), FaqError::Empty);
        let twice = faq(&[("1", &["a"]), ("1", &["b"])]).unwrap_err();
        assert_eq!(
            twice.to_string(),
            "the id \"1\" is there twice, the first time with \"a\""
        );
    }
}
