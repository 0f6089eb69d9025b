//! Labelled questions put to a FAQ, and what became of each.

use serde::Serialize;

use super::{Limits, Prospect, Unanswered};
use crate::metrics::Estimate;

/// A labelled question that was put to a FAQ.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What becomes of it, with places of entries as in `relevant`.
    pub prospect: Prospect,
    /// Places of the entries that answer it; none: nothing should.
    pub relevant: Vec<usize>,
}

/// What became of a labelled question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// An entry that answers it was found.
    Correct,
    /// Another one was.
    Wrong,
    /// Nothing was, though an entry answers it.
    Missed(Unanswered),
    /// An entry was found, though none answers it.
    FalselyAnswered,
    /// Nothing was found, and nothing answers it.
    Refused(Unanswered),
}

impl Verdict {
    /// As files and reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Wrong => "wrong",
            Self::Missed(_) => "missed",
            Self::FalselyAnswered => "falsely_answered",
            Self::Refused(_) => "refused",
        }
    }

    /// Why nothing was found.
    pub fn reason(self) -> Option<Unanswered> {
        match self {
            Self::Missed(reason) | Self::Refused(reason) => Some(reason),
            Self::Correct | Self::Wrong | Self::FalselyAnswered => None,
        }
    }

    /// Whether it is as it should be.
    pub fn is_right(self) -> bool {
        matches!(self, Self::Correct | Self::Refused(_))
    }
}

impl Trial {
    /// What becomes of it with these limits.
    pub fn verdict(&self, limits: Limits) -> Verdict {
        match (self.prospect.answer(limits), self.relevant.is_empty()) {
            (Ok(near), false) if self.relevant.contains(&near.candidate) => Verdict::Correct,
            (Ok(_), false) => Verdict::Wrong,
            (Ok(_), true) => Verdict::FalselyAnswered,
            (Err(reason), false) => Verdict::Missed(reason),
            (Err(reason), true) => Verdict::Refused(reason),
        }
    }

    /// Whether the entry that it finds, if any, answers it.
    pub(super) fn finds_right(&self) -> bool {
        let best = self.prospect.best;
        best.is_some_and(|best| self.relevant.contains(&best.near.candidate))
    }
}

/// How many questions came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Questions that an entry answers: the sum of the next three.
    pub answerable: usize,
    /// Of these: got such an entry.
    pub correct: usize,
    /// Got another one.
    pub wrong: usize,
    /// Got none.
    pub missed: usize,
    /// Questions that no entry answers: the sum of the next two.
    pub unanswerable: usize,
    /// Of these: got one.
    pub falsely_answered: usize,
    /// Got none.
    pub refused: usize,
}

impl Tally {
    /// That of verdicts.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut tally = Self::default();
        for verdict in verdicts {
            tally.add(verdict);
        }
        tally
    }

    fn add(&mut self, verdict: Verdict) {
        let (kind, of) = match verdict {
            Verdict::Correct => (&mut self.correct, &mut self.answerable),
            Verdict::Wrong => (&mut self.wrong, &mut self.answerable),
            Verdict::Missed(_) => (&mut self.missed, &mut self.answerable),
            Verdict::FalselyAnswered => (&mut self.falsely_answered, &mut self.unanswerable),
            Verdict::Refused(_) => (&mut self.refused, &mut self.unanswerable),
        };
        *kind += 1;
        *of += 1;
    }

    /// The sum of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            answerable: self.answerable + other.answerable,
            correct: self.correct + other.correct,
            wrong: self.wrong + other.wrong,
            missed: self.missed + other.missed,
            unanswerable: self.unanswerable + other.unanswerable,
            falsely_answered: self.falsely_answered + other.falsely_answered,
            refused: self.refused + other.refused,
        }
    }

    /// All questions.
    pub fn questions(&self) -> usize {
        self.answerable + self.unanswerable
    }

    /// Questions that got an answer.
    pub fn answered(&self) -> usize {
        self.correct + self.wrong + self.falsely_answered
    }

    /// How many of the answers are right.
    pub fn precision(&self) -> Estimate {
        Estimate::of_share(self.correct, self.answered())
    }

    /// How many of the questions with an answer are answered rightly.
    pub fn recall(&self) -> Estimate {
        Estimate::of_share(self.correct, self.answerable)
    }

    /// How many of the questions without an answer are answered.
    pub fn false_answers(&self) -> Estimate {
        Estimate::of_share(self.falsely_answered, self.unanswerable)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::faq::{Candidate, EntryRules};

    /// A trial of a question whose entries are so similar, the one at `right` being the answer.
    pub fn trial(similarities: &[f64], right: Option<usize>) -> Trial {
        of(similarities, right, &[])
    }

    /// The same where the first entry excludes the question.
    pub fn trial_excluding(similarities: &[f64], right: Option<usize>) -> Trial {
        of(similarities, right, &["怎么办".to_owned()])
    }

    fn of(similarities: &[f64], right: Option<usize>, not_words: &[String]) -> Trial {
        let candidate = |(place, &similarity): (usize, &f64)| Candidate {
            wordings: vec![("怎么退货", similarity)],
            rules: EntryRules {
                not_words: if place == 0 { not_words } else { &[] },
                ..EntryRules::default()
            },
        };
        let candidates: Vec<_> = similarities.iter().enumerate().map(candidate).collect();
        Trial {
            prospect: Prospect::of("退货怎么办", &candidates, 0),
            relevant: right.into_iter().collect(),
        }
    }

    #[test]
    fn questions_come_to_one_of_five() {
        let limits = Limits {
            threshold: 0.7,
            margin: 0.05,
            lead: 0.0,
        };
        let verdicts = [
            (trial(&[0.9, 0.5], Some(0)), Verdict::Correct),
            (trial(&[0.5, 0.9], Some(0)), Verdict::Wrong),
            (
                trial(&[0.6, 0.5], Some(0)),
                Verdict::Missed(Unanswered::BelowThreshold),
            ),
            (
                trial(&[0.9, 0.88], Some(0)),
                Verdict::Missed(Unanswered::Ambiguous),
            ),
            (trial(&[0.9, 0.5], None), Verdict::FalselyAnswered),
            (trial(&[], None), Verdict::Refused(Unanswered::Empty)),
        ];
        for (trial, expected) in &verdicts {
            assert_eq!(trial.verdict(limits), *expected);
        }
        let tally = Tally::of(verdicts.map(|(_, verdict)| verdict));
        assert_eq!((tally.answerable, tally.unanswerable), (4, 2));
        assert_eq!((tally.questions(), tally.answered()), (6, 3));
        assert_eq!(tally.precision().value, Some(1.0 / 3.0));
        assert_eq!(tally.recall().value, Some(0.25));
        assert_eq!(tally.false_answers().value, Some(0.5));
        assert_eq!(tally.and(tally).answered(), 6);
        assert_eq!(Tally::default().precision(), Estimate::default());
    }
}
