//! Whether a FAQ answers a question, and with which of its entries: a pure function of similarities, so that whoever asks many questions or tries other limits
//! computes nothing twice.
//!
//! Every wording of every entry that may answer takes part. The nearest one decides unless it contradicts the question (能退 and 不能退, 14天 and 15天, A1 and A2);
//! then a wording within reach that differs from it in nothing takes its place, such as that of the entry for 15 days, and where there is none nothing is answered. What is
//! left competes: an answer is given where the second entry is farther by the margin.

use yuyi_language::{Differences, bare, folded};

/// Entries that are told of every question.
pub(super) const NEAREST: usize = 3;

/// The similarity of what is of one topic, though it may mean something else.
const SAME_TOPIC: f64 = 0.5;

/// Wordings whose words are compared with the question's at most.
pub(super) const MOST_COMPARED: usize = 50;

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
    /// Whether the entry may answer a question; `now` is on the clock of its times.
    pub fn takes_part(&self, question: &str, now: i64) -> bool {
        self.take(&folded(question), now)
    }

    /// The same, for a question in NFKC and small letters.
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
        // At most so much is needed, since the best wording reaches its threshold.
        let needed = limits.margin.max(limits.lead);
        let is_beyond = |best: &Near| best.similarity - least >= needed;
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
    };
    let wordings = judge.wordings(now);
    match judge.best(&wordings, limits) {
        Ok(chosen) => judge.compete(&wordings, chosen, limits),
        Err(reason) => Decision::Unmatched {
            reason,
            nearest: entries(&wordings).take(NEAREST).collect(),
        },
    }
}

/// A wording that may answer.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    pub(super) wording: Near,
    /// It took the place of a nearer one, and so do only those that differ from the question in nothing.
    pub(super) is_substitute: bool,
}

/// A question and the entries that may answer it, whatever the limits.
pub(super) struct Judge<'a> {
    pub(super) question: &'a str,
    pub(super) candidates: &'a [Candidate<'a>],
}

impl Judge<'_> {
    /// The wordings of all entries that take part, the nearest first.
    pub(super) fn wordings(&self, now: i64) -> Vec<Near> {
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
    fn best(&self, wordings: &[Near], limits: Limits) -> Result<Chosen, Reason> {
        let (first, rest) = wordings.split_first().ok_or(Reason::Empty)?;
        let reaches = |near: &Near| limits.reach(self.rules(near), near.similarity);
        let rejects = |near: &Near| limits.reject(self.rules(near), near.similarity);
        if rejects(first) {
            return Err(Reason::Rejected);
        }
        if !reaches(first) {
            return Err(Reason::BelowThreshold);
        }
        let differences = self.differences(first);
        if !differences.contradict() {
            return Ok(Chosen {
                wording: *first,
                is_substitute: false,
            });
        }
        match self.substitute(rest) {
            Some(wording) if reaches(&wording) => match rejects(&wording) {
                true => Err(Reason::Rejected),
                false => Ok(Chosen {
                    wording,
                    is_substitute: true,
                }),
            },
            _ => Err(Reason::Guarded(Box::new(differences))),
        }
    }

    /// What takes the place of a nearest wording that contradicts, of the wordings behind it.
    pub(super) fn substitute(&self, rest: &[Near]) -> Option<Near> {
        let mut compared = rest.iter().take(MOST_COMPARED);
        let found = compared.find(|wording| self.differences(wording).is_empty());
        found.copied()
    }

    /// The wordings of other entries that compete with the one that may answer, the nearest first.
    pub(super) fn others<'w>(
        &'w self,
        wordings: &'w [Near],
        chosen: Chosen,
    ) -> impl Iterator<Item = &'w Near> {
        let best = chosen.wording.candidate;
        let others = wordings.iter().filter(move |other| other.candidate != best);
        // Behind so many all count.
        let others = others.enumerate().filter(move |(i, other)| {
            *i >= MOST_COMPARED || !self.is_ruled_out(other, chosen.is_substitute)
        });
        others.map(|(_, other)| other)
    }

    /// Whether the margin to the second entry is enough.
    fn compete(&self, wordings: &[Near], chosen: Chosen, limits: Limits) -> Decision {
        let best = chosen.wording;
        let mut others = self.others(wordings, chosen);
        let second = others.next().copied();
        let margin = limits.margin_at(self.rules(&best).threshold, best.similarity);
        let is_close = |other: &Near| best.similarity - other.similarity < margin;
        let is_ambiguous =
            second.is_some_and(|second| is_close(&second) && !self.is_ahead(&best, &second));
        if !is_ambiguous {
            let nearest = entries(wordings).take(NEAREST).collect();
            return Decision::Matched {
                best,
                second,
                nearest,
            };
        }
        let others = others.take_while(|other| is_close(other));
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

    /// Whether the best wording needs no margin, since it is the question and the second is not.
    pub(super) fn is_ahead(&self, best: &Near, second: &Near) -> bool {
        self.is_literal(best) && !self.is_literal(second)
    }

    fn text(&self, wording: &Near) -> &str {
        self.candidates[wording.candidate].wordings[wording.wording].0
    }

    pub(super) fn rules(&self, wording: &Near) -> &EntryRules<'_> {
        &self.candidates[wording.candidate].rules
    }

    pub(super) fn differences(&self, wording: &Near) -> Differences {
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
    pub(super) fn is_literal(&self, wording: &Near) -> bool {
        bare(self.text(wording)) == bare(self.question)
    }
}

/// The first wording of each entry.
pub(super) fn entries(wordings: &[Near]) -> impl Iterator<Item = Near> {
    let mut seen = std::collections::HashSet::new();
    let first = wordings
        .iter()
        .filter(move |near| seen.insert(near.candidate));
    first.copied()
}

#[cfg(test)]
pub(super) mod tests;
