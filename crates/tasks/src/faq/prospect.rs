//! What becomes of a question whatever the limits are: what is compared is compared once, and other limits cost a comparison of two numbers.

use serde::Serialize;
use yuyi_language::Differences;

use super::decision::{Chosen, Judge, MOST_COMPARED};
use super::{Candidate, Limits, Near, Reason};

/// Why nothing answers, without what the reason is told with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// The nearest entry is not near enough.
    BelowThreshold,
    /// Several entries are about as near.
    Ambiguous,
    /// The nearest entry is one of what is not answered.
    Rejected,
    /// The nearest wording contradicts the question.
    Guarded,
    /// No entry may answer.
    Empty,
}

impl Unanswered {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::BelowThreshold,
        Self::Ambiguous,
        Self::Rejected,
        Self::Guarded,
        Self::Empty,
    ];
}

impl From<&Reason> for Unanswered {
    fn from(reason: &Reason) -> Self {
        match reason {
            Reason::BelowThreshold => Self::BelowThreshold,
            Reason::Ambiguous => Self::Ambiguous,
            Reason::Rejected => Self::Rejected,
            Reason::Guarded(_) => Self::Guarded,
            Reason::Empty => Self::Empty,
        }
    }
}

/// A wording that decides, with what its entry says of limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// The wording.
    pub near: Near,
    /// The threshold of its entry alone.
    pub threshold: Option<f64>,
    /// Its entry is an example of what is not answered.
    pub reject: bool,
}

impl Gate {
    pub(super) fn of(judge: &Judge<'_>, near: &Near) -> Self {
        let rules = judge.rules(near);
        Self {
            near: *near,
            threshold: rules.threshold,
            reject: rules.reject,
        }
    }

    fn rules(&self) -> super::EntryRules<'static> {
        super::EntryRules {
            threshold: self.threshold,
            reject: self.reject,
            ..super::EntryRules::default()
        }
    }

    fn reaches(&self, limits: Limits) -> bool {
        limits.reach(&self.rules(), self.near.similarity)
    }

    fn rejects(&self, limits: Limits) -> bool {
        limits.reject(&self.rules(), self.near.similarity)
    }

    /// The highest threshold of all entries that it reaches.
    fn highest(&self) -> f64 {
        match self.threshold {
            None => self.near.similarity,
            Some(own) if self.near.similarity >= own => f64::INFINITY,
            Some(_) => f64::NEG_INFINITY,
        }
    }
}

/// A threshold and a margin up to which a question is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Highest {
    /// The threshold of all entries.
    pub threshold: f64,
    /// The margin to the second entry.
    pub margin: f64,
}

/// What becomes of a question whatever the limits are.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// The nearest wording, or that of the entry that a reranker puts first; `None`: no entry may answer.
    pub nearest: Option<Gate>,
    /// The nearest wording, where a reranker decides.
    pub first_stage: Option<Gate>,
    /// In what it contradicts the question, if it does.
    pub differences: Option<Box<Differences>>,
    /// The wording that may answer: the nearest, or what takes its place where that contradicts the question; `None`: nothing does.
    pub best: Option<Gate>,
    /// The second entry of those that do not contradict the question.
    pub second: Option<Near>,
    /// How much farther that is, where a reranker says it too.
    pub lead: Option<f64>,
    /// No margin is needed: the best wording is the question, and the second is not.
    pub is_ahead: bool,
    /// Entries that took part.
    taking_part: usize,
}

impl Prospect {
    /// That of a question that nothing answers, of so many entries that took part.
    pub(super) fn unanswered(taking_part: usize) -> Self {
        Self {
            nearest: None,
            first_stage: None,
            differences: None,
            best: None,
            second: None,
            lead: None,
            is_ahead: false,
            taking_part,
        }
    }

    /// That of a question; `now` is on the clock of the entries' rules.
    pub fn of(question: &str, candidates: &[Candidate<'_>], now: i64) -> Self {
        let judge = Judge {
            question,
            candidates,
        };
        let wordings = judge.wordings(now);
        let mut prospect = Self::unanswered(super::decision::entries(&wordings).count());
        let Some((first, rest)) = wordings.split_first() else {
            return prospect;
        };
        let differences = judge.differences(first);
        let is_substitute = differences.contradict();
        let wording = match is_substitute {
            true => judge.substitute(rest),
            false => Some(*first),
        };
        prospect.nearest = Some(Gate::of(&judge, first));
        prospect.differences = is_substitute.then(|| Box::new(differences));
        if let Some(wording) = wording {
            let chosen = Chosen {
                wording,
                is_substitute,
            };
            prospect.best = Some(Gate::of(&judge, &wording));
            prospect.second = judge.others(&wordings, chosen).next().copied();
            let ahead = |second: Near| judge.is_ahead(&wording, &second);
            prospect.is_ahead = prospect.second.is_some_and(ahead);
        }
        prospect
    }

    /// Whether further candidates, none of them nearer than these, would change nothing.
    pub fn is_settled(&self) -> bool {
        self.taking_part > MOST_COMPARED + 1
    }

    /// The same with candidates in other places.
    #[must_use]
    pub fn placed(mut self, place: impl Fn(usize) -> usize) -> Self {
        let gates = [&mut self.nearest, &mut self.first_stage, &mut self.best];
        let gates = gates.into_iter().flatten();
        let nears = gates.map(|gate| &mut gate.near).chain(&mut self.second);
        nears.for_each(|near| near.candidate = place(near.candidate));
        self
    }

    /// The wording that answers, or why none does: what [`decide`](super::decide) says.
    ///
    /// # Errors
    /// Where nothing answers.
    pub fn answer(&self, limits: Limits) -> Result<Near, Unanswered> {
        let nearest = self.nearest.ok_or(Unanswered::Empty)?;
        let is_rejected = |gate: Gate| gate.rejects(limits);
        if is_rejected(nearest) || self.first_stage.is_some_and(is_rejected) {
            return Err(Unanswered::Rejected);
        }
        if !nearest.reaches(limits) {
            return Err(Unanswered::BelowThreshold);
        }
        let best = self.best.filter(|best| best.reaches(limits));
        let best = best.ok_or(Unanswered::Guarded)?;
        if best.rejects(limits) {
            return Err(Unanswered::Rejected);
        }
        let needed = limits.margin_at(best.threshold, best.near.similarity);
        match self.margin() {
            Some(margin) if margin < needed && !self.is_ahead => Err(Unanswered::Ambiguous),
            _ => Ok(best.near),
        }
    }

    /// How much farther the second entry is than the best; `None`: there is none of the two.
    pub fn margin(&self) -> Option<f64> {
        let by_similarity = || Some(self.best?.near.similarity - self.second?.similarity);
        self.lead.or_else(by_similarity)
    }

    /// The highest threshold and margin with which it is answered, without a lead: with all that are not above them it is, and with no others. Infinite: with any; below
    /// all: with none.
    pub fn highest(&self) -> Highest {
        let gates = self.nearest.zip(self.best);
        let is_turned_away = self.first_stage.is_some_and(|gate| gate.reject);
        let gates =
            gates.filter(|(nearest, best)| !nearest.reject && !best.reject && !is_turned_away);
        let threshold = gates.map_or(f64::NEG_INFINITY, |(nearest, best)| {
            nearest.highest().min(best.highest())
        });
        let margin = match self.is_ahead {
            true => f64::INFINITY,
            false => self.margin().unwrap_or(f64::INFINITY),
        };
        Highest { threshold, margin }
    }
}
