//! Whether a FAQ answers a question, and with which of its entries: a pure function of similarities, so that whoever asks many questions or tries other limits
//! computes nothing twice.
//!
//! Every wording of every entry that may answer takes part. The nearest one decides unless it contradicts the question (能退 and 不能退, 14天 and 15天, A1 and A2);
//! then a wording within reach that differs from it in nothing takes its place, such as that of the entry for 15 days, and where there is none nothing is answered. What is
//! left competes: an answer is given where the second entry is farther by the margin.

use yuyi_language::{Differences, bare, folded};

/// Entries that are told of every question.
const NEAREST: usize = 3;

/// The similarity of what is of one topic, though it may mean something else.
const SAME_TOPIC: f64 = 0.5;

/// Wordings whose words are compared with the question's at most.
const MOST_COMPARED: usize = 50;

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
    /// Whether the entry takes part now, for a question in NFKC and small letters.
    fn take(&self, question: &str, now: i64) -> bool {
        let holds = |word: &String| {
            let word = folded(word.trim());
            !word.is_empty() && question.contains(&word)
        };
        self.enabled
            && self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
            && !self.not_words.iter().any(holds)
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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The least similarity, where an entry has none of its own.
    pub threshold: f64,
    /// The least by which the second entry has to be farther.
    pub margin: f64,
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
        /// The nearest three entries, whatever they say.
        nearest: Vec<Near>,
    },
    /// Nothing answers it.
    Unmatched {
        /// Why not.
        reason: Reason,
        /// The nearest three entries; of an ambiguous question all that are within the margin.
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
    /// No entry may answer.
    Empty,
}

impl Decision {
    /// How much farther the second entry is; all of the similarity where there is no second.
    pub fn margin(&self) -> Option<f64> {
        match self {
            Self::Matched { best, second, .. } => {
                let second = second.map_or(0.0, |second| second.similarity);
                Some(best.similarity - second)
            }
            Self::Unmatched { .. } => None,
        }
    }

    /// Whether further candidates, none of them nearer than `least`, would change nothing.
    pub fn is_settled(&self, least: f64, limits: Limits) -> bool {
        let is_beyond = |best: &Near| best.similarity - least >= limits.margin;
        match self {
            Self::Matched {
                best,
                second,
                nearest,
            } => nearest.len() == NEAREST && second.is_some() && is_beyond(best),
            Self::Unmatched { reason, nearest } => match reason {
                Reason::Empty => false,
                Reason::Ambiguous => nearest.first().is_some_and(is_beyond),
                Reason::Guarded(_) => nearest.len() == NEAREST && least < limits.threshold,
                Reason::BelowThreshold | Reason::Rejected => nearest.len() == NEAREST,
            },
        }
    }
}

/// Decides. `now` is on the clock of the entries' rules. Of candidates that are equally near the first counts.
pub fn decide(question: &str, candidates: &[Candidate<'_>], limits: Limits, now: i64) -> Decision {
    let judge = Judge {
        question,
        candidates,
        limits,
    };
    let wordings = judge.wordings(now);
    match judge.best(&wordings) {
        Ok(chosen) => judge.compete(&wordings, chosen),
        Err(reason) => Decision::Unmatched {
            reason,
            nearest: entries(&wordings).take(NEAREST).collect(),
        },
    }
}

/// A wording that may answer.
#[derive(Clone, Copy)]
struct Chosen {
    wording: Near,
    /// It took the place of a nearer one, and so do only those that differ from the question in nothing.
    is_substitute: bool,
}

struct Judge<'a> {
    question: &'a str,
    candidates: &'a [Candidate<'a>],
    limits: Limits,
}

impl Judge<'_> {
    /// The wordings of all entries that take part, the nearest first.
    fn wordings(&self, now: i64) -> Vec<Near> {
        let question = folded(self.question);
        let taking_part = self.candidates.iter().enumerate();
        let taking_part = taking_part.filter(|(_, entry)| entry.rules.take(&question, now));
        let mut all: Vec<Near> = taking_part
            .flat_map(|(candidate, entry)| {
                let wordings = entry.wordings.iter().enumerate();
                wordings.map(move |(wording, &(_, similarity))| Near {
                    candidate,
                    wording,
                    similarity,
                })
            })
            .collect();
        all.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        all
    }

    /// The wording that answers if no other entry is about as near.
    fn best(&self, wordings: &[Near]) -> Result<Chosen, Reason> {
        let (first, rest) = wordings.split_first().ok_or(Reason::Empty)?;
        if self.rejects(first) {
            return Err(Reason::Rejected);
        }
        if !self.reaches(first) {
            return Err(Reason::BelowThreshold);
        }
        let differences = self.differences(first);
        if !differences.contradict() {
            return Ok(Chosen {
                wording: *first,
                is_substitute: false,
            });
        }
        let mut compared = rest.iter().take(MOST_COMPARED);
        match compared.find(|wording| self.differences(wording).is_empty()) {
            Some(wording) if self.reaches(wording) => match self.rejects(wording) {
                true => Err(Reason::Rejected),
                false => Ok(Chosen {
                    wording: *wording,
                    is_substitute: true,
                }),
            },
            _ => Err(Reason::Guarded(Box::new(differences))),
        }
    }

    /// Whether the margin to the second entry is enough.
    fn compete(&self, wordings: &[Near], chosen: Chosen) -> Decision {
        let best = chosen.wording;
        let others = wordings
            .iter()
            .filter(|other| other.candidate != best.candidate);
        // Behind so many all count.
        let mut others = others.enumerate().filter(|(i, other)| {
            *i >= MOST_COMPARED || !self.is_ruled_out(other, chosen.is_substitute)
        });
        let second = others.next().map(|(_, other)| *other);
        let is_close = |other: &Near| best.similarity - other.similarity < self.limits.margin;
        let is_ambiguous = second.is_some_and(|second| {
            is_close(&second) && (!self.is_literal(&best) || self.is_literal(&second))
        });
        if !is_ambiguous {
            let nearest = entries(wordings).take(NEAREST).collect();
            return Decision::Matched {
                best,
                second,
                nearest,
            };
        }
        let others = others
            .map(|(_, other)| other)
            .take_while(|other| is_close(other));
        let close: Vec<Near> = [best]
            .into_iter()
            .chain(second)
            .chain(others.copied())
            .collect();
        Decision::Unmatched {
            reason: Reason::Ambiguous,
            nearest: entries(&close).collect(),
        }
    }

    fn text(&self, wording: &Near) -> &str {
        self.candidates[wording.candidate].wordings[wording.wording].0
    }

    fn rules(&self, wording: &Near) -> &EntryRules<'_> {
        &self.candidates[wording.candidate].rules
    }

    fn reaches(&self, wording: &Near) -> bool {
        let own = self.rules(wording).threshold;
        wording.similarity >= own.unwrap_or(self.limits.threshold)
    }

    /// Whether an example of what is not answered is meant. What is of its topic is enough, since nothing is answered either way.
    fn rejects(&self, wording: &Near) -> bool {
        let rules = self.rules(wording);
        let least = self.limits.threshold.min(SAME_TOPIC);
        rules.reject && wording.similarity >= rules.threshold.unwrap_or(least)
    }

    fn differences(&self, wording: &Near) -> Differences {
        Differences::between(self.question, self.text(wording))
    }

    fn is_ruled_out(&self, wording: &Near, by_any_difference: bool) -> bool {
        let differences = self.differences(wording);
        match by_any_difference {
            true => !differences.is_empty(),
            false => differences.contradict(),
        }
    }

    /// Whether the wording is the question, but for white space and punctuation.
    fn is_literal(&self, wording: &Near) -> bool {
        bare(self.text(wording)) == bare(self.question)
    }
}

/// The first wording of each entry.
fn entries(wordings: &[Near]) -> impl Iterator<Item = Near> {
    let mut seen = std::collections::HashSet::new();
    let first = wordings
        .iter()
        .filter(move |near| seen.insert(near.candidate));
    first.copied()
}

#[cfg(test)]
mod tests;
