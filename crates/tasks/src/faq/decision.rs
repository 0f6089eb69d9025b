//! Whether a FAQ answers a question, and with which of its entries: a pure function of similarities, so that whoever asks many questions or tries other limits
//! computes nothing twice.
//!
//! Every wording of every entry that may answer takes part. The nearest one decides unless it contradicts the question (能退 and 不能退, 14天 and 15天, A1 and A2);
//! then a wording within reach that differs from it in nothing takes its place, such as that of the entry for 15 days, and where there is none nothing is answered. What is
//! left competes: an answer is given where the second entry is farther by the margin.
//!
//! An entry never answers a question that holds one of its `not_words`. Where it would have been the answer, no other one is lifted into its place: one answers that is about as near, or
//! that has the word itself, since it is what the word leads to; else nothing does.

mod judge;
mod ranking;

use yuyi_language::{Differences, folded};

pub(super) use self::judge::{Chosen, Judge, MOST_COMPARED};
pub(super) use self::ranking::{Ranking, entries};

/// Entries that are told of every question.
const NEAREST: usize = 3;

/// The similarity of what is of one topic, though it may mean something else.
const SAME_TOPIC: f64 = 0.5;

/// When an entry answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EntryRules<'a> {
    /// A question that has one of these words is not this entry's.
    pub not_words: &'a [String],
    /// `false`: it never answers.
    pub enabled: bool,
    /// From when on it answers, on the clock of `now`.
    pub valid_from: Option<i64>,
    /// When it ceases to.
    pub valid_until: Option<i64>,
    /// The least similarity with which it answers, in place of that of all entries.
    pub threshold: Option<f64>,
    /// It is an example of what is not answered.
    pub reject: bool,
}

impl Default for EntryRules<'_> {
    fn default() -> Self {
        Self {
            not_words: &[],
            enabled: true,
            valid_from: None,
            valid_until: None,
            threshold: None,
            reject: false,
        }
    }
}

impl EntryRules<'_> {
    /// Whether the entry takes part now; `now` is on the clock of its times.
    pub fn takes_part(&self, now: i64) -> bool {
        self.enabled
            && self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
    }

    /// The words of a question, in NFKC and small letters, by which it is not this entry's.
    fn not_words_in<'q>(&'q self, question: &'q str) -> impl Iterator<Item = &'q str> {
        let words = self.not_words.iter().map(|word| word.trim());
        words.filter(move |word| {
            let word = folded(word);
            !word.is_empty() && question.contains(&word)
        })
    }

    /// Whether no other entry answers where the nearest has these rules, whatever the limits: it is an example of what is not answered, and near enough where it has a threshold.
    pub(super) fn bar(&self, similarity: f64) -> bool {
        self.reject && self.threshold.is_none_or(|own| similarity >= own)
    }
}

/// An entry, with how alike the question is to its wordings.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// Its wordings, the standard question first, each with its similarity in [0, 1].
    pub wordings: Vec<(&'a str, f64)>,
    /// When it answers.
    pub rules: EntryRules<'a>,
}

/// What an answer needs, in similarity.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Limits {
    /// The least similarity, where an entry has none of its own.
    pub threshold: f64,
    /// The least by which the second entry has to be farther.
    pub margin: f64,
    /// By how much it has to be just at the threshold. What is more alike needs as much less, down to the margin.
    pub lead: f64,
}

impl Limits {
    /// Whether a wording of an entry with these rules is near enough to answer.
    pub(super) fn reach(&self, rules: &EntryRules<'_>, similarity: f64) -> bool {
        similarity >= rules.threshold.unwrap_or(self.threshold)
    }

    /// The least by which the second entry has to be farther than a wording that is so similar. An entry with a threshold of its own says by it what is enough.
    pub(super) fn margin_at(&self, own: Option<f64>, similarity: f64) -> f64 {
        match own {
            Some(_) => self.margin,
            None => self.margin.max(self.threshold + self.lead - similarity),
        }
    }

    /// Whether an example of what is not answered is meant. What is of its topic is enough, since nothing is answered either way.
    pub(super) fn reject(&self, rules: &EntryRules<'_>, similarity: f64) -> bool {
        let least = self.threshold.min(SAME_TOPIC);
        rules.reject && similarity >= rules.threshold.unwrap_or(least)
    }
}

/// An entry where the question came near to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Its place among the candidates.
    pub candidate: usize,
    /// Which of its wordings.
    pub wording: usize,
    /// In [0, 1].
    pub similarity: f64,
}

/// What becomes of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// An entry answers it.
    Matched {
        /// The entry, with the wording that matched.
        best: Near,
        /// The second entry of those that do not contradict the question.
        second: Option<Near>,
        /// How much farther that is; all of the similarity where there is none.
        margin: f64,
        /// The first three entries, whatever they say.
        nearest: Vec<Near>,
    },
    /// Nothing answers it.
    Unmatched {
        /// Why not.
        reason: Reason,
        /// The first three entries; of an ambiguous question all that are within the margin.
        nearest: Vec<Near>,
    },
}

/// Why nothing answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The nearest entry is not near enough.
    BelowThreshold,
    /// Several entries are about as near.
    Ambiguous,
    /// The nearest entry is one of what is not answered.
    Rejected,
    /// The nearest wording says something else in these.
    Guarded(Box<Differences>),
    /// The entry that would answer says by these words of the question that it is not its own.
    Excluded {
        /// The wording that would have answered.
        by: Near,
        /// As the entry has them.
        words: Vec<String>,
    },
    /// No entry may answer.
    Empty,
}

impl Decision {
    /// How much farther the second entry is; all of the similarity where there is no second.
    pub fn margin(&self) -> Option<f64> {
        match self {
            Self::Matched { margin, .. } => Some(*margin),
            Self::Unmatched { .. } => None,
        }
    }

    /// Whether further candidates, none of them nearer than `least`, would change nothing.
    pub fn is_settled(&self, least: f64, limits: Limits) -> bool {
        // At most so much is needed, since the best wording reaches its threshold.
        let needed = limits.margin.max(limits.lead);
        let is_beyond = |best: &Near| best.similarity - least >= needed;
        match self {
            Self::Matched {
                best,
                second,
                nearest,
                ..
            } => nearest.len() == NEAREST && second.is_some() && is_beyond(best),
            Self::Unmatched { reason, nearest } => match reason {
                Reason::Empty => false,
                Reason::Ambiguous => nearest.first().is_some_and(is_beyond),
                Reason::Guarded(_) => nearest.len() == NEAREST && least < limits.threshold,
                // What has the word may be farther, but has to reach the threshold.
                Reason::Excluded { by, .. } => {
                    nearest.len() == NEAREST && is_beyond(by) && least < limits.threshold
                }
                Reason::BelowThreshold | Reason::Rejected => nearest.len() == NEAREST,
            },
        }
    }
}

/// Decides. `now` is on the clock of the entries' rules. Of candidates that are equally near the first counts.
pub fn decide(question: &str, candidates: &[Candidate<'_>], limits: Limits, now: i64) -> Decision {
    Judge::new(question, candidates, now).decide(limits)
}

#[cfg(test)]
pub(super) mod tests;
