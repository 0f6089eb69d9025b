//! What a FAQ was asked: questions without an answer, and who answered the others.
//!
//! Both are bounded: of questions without an answer those stay that were asked last, of answered ones the newest of each entry with a count of all. A question that is asked again is one
//! with another count.

use std::collections::BTreeMap;

use crate::item::make_unit;
use crate::stored::Stored;
use crate::time::Timestamp;

/// Different questions without an answer that a collection keeps at most; those that were asked longest ago go.
pub const MOST_QUESTIONS: usize = 10_000;

/// Answered questions that are kept of an entry at most; the oldest go, and are still counted.
pub const MOST_HITS: usize = 100;

/// Characters of a question that are kept.
const MOST_CHARACTERS: usize = 1_000;

/// A question that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedQuestion {
    /// As it is to be kept: whoever keeps questions masks them first.
    pub question: String,
    /// When.
    pub time: Timestamp,
    /// What became of it.
    pub asked: Asked,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// An entry answered it.
    Answered {
        /// Its id.
        item: String,
        /// How near it was, in [0, 1].
        similarity: f64,
    },
    /// Nothing did.
    Open {
        /// Why, in a word.
        reason: String,
        /// The entry that was nearest.
        nearest: Option<NearestEntry>,
        /// Its unit vector, of the collection's space; `None`: it is computed when it is needed.
        vector: Option<Vec<f32>>,
    },
}

/// The entry that was nearest to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestEntry {
    /// Its id. It may be gone.
    pub item: String,
    /// How near it was, in [0, 1].
    pub similarity: f64,
}

/// A question without an answer that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenQuestion {
    /// What it is known by, never used again; of two the smaller was asked first.
    pub key: i64,
    /// What was asked.
    pub question: String,
    /// How often.
    pub count: u64,
    /// When it was asked first, and last.
    pub first: Timestamp,
    #[allow(missing_docs, reason = "described above")]
    pub last: Timestamp,
    /// Why nothing answered it the last time, in a word.
    pub reason: String,
    /// The entry that was nearest the last time.
    pub nearest: Option<NearestEntry>,
    /// The cluster that it has joined.
    pub cluster: Option<i64>,
    /// Its unit vector; `None`: it is to be computed, since the question was masked or the collection has moved to another model.
    pub vector: Option<Vec<f32>>,
}

/// What is known of a question since it was read. What it has already stays.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// That of the question.
    pub key: i64,
    /// The cluster that it joins.
    pub cluster: Option<i64>,
    /// Its vector.
    pub vector: Option<Vec<f32>>,
}

/// Which questions an item answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answering {
    /// Those of this cluster.
    pub cluster: i64,
    /// Whether the item may take the place of another one of its id.
    pub replaces: bool,
}

/// The questions that an entry answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// How many.
    pub count: u64,
    /// The last ones, newest first.
    pub newest: Vec<KeptHit>,
}

/// A question that an entry answered.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptHit {
    /// What was asked.
    pub question: String,
    /// How near the entry was, in [0, 1].
    pub similarity: f64,
    /// When.
    pub time: Timestamp,
}

/// Questions ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Without an answer, each once, in the order in which they were asked first.
    pub(crate) open: Vec<Open>,
    /// By the entries that answered them, in the order in which they were asked.
    pub(crate) answered: BTreeMap<String, Vec<KeptHit>>,
}

/// A question without an answer to be written.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) question: String,
    pub(crate) count: i64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) reason: String,
    pub(crate) nearest: Option<NearestEntry>,
    pub(crate) vector: Option<Vec<f32>>,
}

impl Batch {
    /// Puts together what was asked; vectors of another model than that of `fingerprint`, or that are none, are dropped.
    pub(crate) fn prepare(stored: &Stored, fingerprint: &str, asked: Vec<AskedQuestion>) -> Self {
        let space = stored.current();
        let dimension = (space.fingerprint == fingerprint).then_some(space.dimension);
        let mut batch = Self::default();
        for one in asked {
            batch.take(one, dimension);
        }
        batch
    }

    fn take(&mut self, asked: AskedQuestion, dimension: Option<usize>) {
        let AskedQuestion {
            question,
            time,
            asked,
        } = asked;
        let (question, is_cut) = as_kept(&question);
        match asked {
            Asked::Answered { item, similarity } => {
                let hit = KeptHit {
                    question,
                    similarity,
                    time,
                };
                self.answered.entry(item).or_default().push(hit);
            }
            Asked::Open {
                reason,
                nearest,
                vector,
            } => {
                let vector = vector.filter(|_| !is_cut);
                let vector = vector.and_then(|vector| unit(vector, dimension?));
                self.open(Open {
                    question,
                    count: 1,
                    first: time,
                    last: time,
                    reason,
                    nearest,
                    vector,
                });
            }
        }
    }

    fn open(&mut self, new: Open) {
        let known = self
            .open
            .iter_mut()
            .find(|known| known.question == new.question);
        let Some(known) = known else {
            self.open.push(new);
            return;
        };
        known.count += 1;
        known.first = known.first.min(new.first);
        known.last = known.last.max(new.last);
        (known.reason, known.nearest) = (new.reason, new.nearest);
        known.vector = known.vector.take().or(new.vector);
    }
}

/// A question as a database takes it, and whether it was cut.
fn as_kept(question: &str) -> (String, bool) {
    let question = question.trim();
    let end = question
        .char_indices()
        .nth(MOST_CHARACTERS)
        .map(|(end, _)| end);
    let kept = &question[..end.unwrap_or(question.len())];
    // PostgreSQL has no character of code 0.
    (kept.replace('\0', "\u{fffd}"), end.is_some())
}

/// A vector of unit length; `None`: it is none of that dimension.
pub(crate) fn unit(mut vector: Vec<f32>, dimension: usize) -> Option<Vec<f32>> {
    make_unit(&mut vector, dimension).ok().map(|()| vector)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap as Map;

    use super::*;
    use crate::collection::{Role, Space};

    fn stored() -> Stored {
        Stored {
            number: 1,
            name: "faq".into(),
            role: Role::Symmetric,
            unanswered: true,
            fields: vec![],
            words: std::sync::Arc::default(),
            space: 1,
            spaces: Map::from([(1, Space::given(2))]),
            count: 0,
            generation: 0,
            next_key: 1,
        }
    }

    fn open(question: &str, micros: i64, vector: Option<Vec<f32>>) -> AskedQuestion {
        AskedQuestion {
            question: question.into(),
            time: Timestamp::from_micros(micros),
            asked: Asked::Open {
                reason: format!("r{micros}"),
                nearest: None,
                vector,
            },
        }
    }

    #[test]
    fn the_same_question_is_one_with_a_count() {
        let asked = vec![
            open(" 怎么退 ", 5, None),
            open("x\0y", 6, Some(vec![f32::NAN, 0.0])),
            open("怎么退", 9, Some(vec![3.0, 4.0])),
        ];
        let batch = Batch::prepare(&stored(), "", asked.clone());
        let told = batch.open.iter().map(|one| {
            (
                &*one.question,
                one.count,
                one.first.micros(),
                one.last.micros(),
                &*one.reason,
            )
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [("怎么退", 2, 5, 9, "r9"), ("x\u{fffd}y", 1, 6, 6, "r6")]
        );
        assert_eq!(batch.open[0].vector, Some(vec![0.6, 0.8]));
        assert_eq!(batch.open[1].vector, None);
        // Vectors of another model are of no use.
        let other = Batch::prepare(&stored(), "other", asked);
        assert!(other.open.iter().all(|one| one.vector.is_none()));
    }

    #[test]
    fn long_questions_are_cut_and_lose_their_vector() {
        let long = "长".repeat(MOST_CHARACTERS + 1);
        let batch = Batch::prepare(&stored(), "", vec![open(&long, 1, Some(vec![1.0, 0.0]))]);
        assert_eq!(batch.open[0].question.chars().count(), MOST_CHARACTERS);
        assert_eq!(batch.open[0].vector, None);
    }
}
