//! What becomes of a question whatever the limits are: what is compared is compared once, and other limits cost a comparison of two numbers.

use serde::Serialize;
use yuyi_language::Differences;

use super::decision::{Chosen, Judge, MOST_COMPARED, Ranking, entries};
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
    /// The nearest wording contradicts the question, or its entry says by one of its `not_words` that the question is not its own.
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
            Reason::Guarded(_) | Reason::Excluded { .. } => Self::Guarded,
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
    fn of(judge: &Judge<'_>, near: &Near) -> Self {
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

    /// Whether nothing answers where it is the nearest.
    fn bars(&self) -> bool {
        self.rules().bar(self.near.similarity)
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

/// An entry that would answer a question which holds one of its `not_words`.
#[derive(Clone, Debug, PartialEq)]
pub struct Excluded {
    /// What would become of the question.
    pub prospect: Prospect,
    /// What answers in its place where it reaches its threshold: its entry has one of the words.
    pub stand_in: Option<Gate>,
    /// The words, as the entry that excludes it has them.
    pub words: Vec<String>,
}

/// What becomes of a question whatever the limits are.
#[derive(Clone, Debug, PartialEq)]
pub struct Prospect {
    /// The nearest wording, or that of the entry that a reranker puts first; `None`: no entry may answer.
    pub first: Option<Gate>,
    /// The nearest wording.
    pub nearest: Option<Gate>,
    /// In what it contradicts the question, if it does.
    pub differences: Option<Box<Differences>>,
    /// The wording that may answer: the first, or what takes its place where that contradicts the question; `None`: nothing does.
    pub best: Option<Gate>,
    /// The second entry of those that do not contradict the question.
    pub second: Option<Near>,
    /// How much farther the second entry is than the best; `None`: there is none of the two.
    pub margin: Option<f64>,
    /// No margin is needed: the best wording is the question, and the second is not.
    pub is_ahead: bool,
    /// What would become of it if the `not_words` of the entry that is best then did not exclude it: with limits with which that answers, nothing does.
    pub excluded: Option<Box<Excluded>>,
    /// Entries that took part.
    taking_part: usize,
}

impl Prospect {
    /// That of a question; `now` is on the clock of the entries' rules.
    pub fn of(question: &str, candidates: &[Candidate<'_>], now: i64) -> Self {
        Self::judged(&Judge::new(question, candidates, now))
    }

    /// What this judge decides with any limits.
    pub(super) fn judged(judge: &Judge<'_>) -> Self {
        let ranking = judge.ranking();
        let mut prospect = Self::of_ranking(judge, &ranking);
        if let Some(chosen) = judge.chosen(&ranking) {
            prospect = prospect.decided(judge, chosen, judge.rival(&ranking, chosen, |_| true));
        }
        prospect.excluded = judge.exclusion(&ranking).map(|exclusion| {
            let would = Self::of_ranking(judge, &exclusion.ranking);
            Box::new(Excluded {
                prospect: would.decided(judge, exclusion.chosen, exclusion.second),
                stand_in: exclusion.stand_in.map(|near| Gate::of(judge, &near)),
                words: judge.not_words(&exclusion.chosen.wording),
            })
        });
        prospect
    }

    /// Where nothing is decided yet.
    fn of_ranking(judge: &Judge<'_>, ranking: &Ranking) -> Self {
        let gate = |near: &Near| Gate::of(judge, near);
        Self {
            first: ranking.wordings.first().map(gate),
            nearest: ranking.nearest.as_ref().map(gate),
            differences: judge.contradiction(ranking).map(Box::new),
            best: None,
            second: None,
            margin: None,
            is_ahead: false,
            excluded: None,
            taking_part: entries(&ranking.wordings).count(),
        }
    }

    /// With what answers, and what competes with it.
    fn decided(self, judge: &Judge<'_>, chosen: Chosen, second: Option<Near>) -> Self {
        let best = &chosen.wording;
        Self {
            best: Some(Gate::of(judge, best)),
            second,
            margin: second.map(|second| judge.lead(best, &second)),
            is_ahead: second.is_some_and(|second| judge.is_ahead(best, &second)),
            ..self
        }
    }

    /// Whether further candidates, none of them nearer than these, would change nothing.
    pub fn is_settled(&self) -> bool {
        self.taking_part > MOST_COMPARED + 1
    }

    /// The same with candidates in other places.
    #[must_use]
    pub fn placed(mut self, place: &dyn Fn(usize) -> usize) -> Self {
        let gates = [&mut self.first, &mut self.nearest, &mut self.best];
        let gates = gates.into_iter().flatten();
        let nears = gates.map(|gate| &mut gate.near).chain(&mut self.second);
        nears.for_each(|near| near.candidate = place(near.candidate));
        self.excluded = self.excluded.map(|excluded| {
            let Excluded {
                prospect,
                mut stand_in,
                words,
            } = *excluded;
            if let Some(gate) = &mut stand_in {
                gate.near.candidate = place(gate.near.candidate);
            }
            Box::new(Excluded {
                prospect: prospect.placed(place),
                stand_in,
                words,
            })
        });
        self
    }

    /// The wording that answers, or why none does: what [`decide`](super::decide) says.
    ///
    /// # Errors
    /// Where nothing answers.
    pub fn answer(&self, limits: Limits) -> Result<Near, Unanswered> {
        if self.is_excluded(limits) {
            return Err(Unanswered::Guarded);
        }
        let first = self.first.ok_or(Unanswered::Empty)?;
        let nearest = self.nearest.unwrap_or(first);
        if first.rejects(limits) || nearest.rejects(limits) {
            return Err(Unanswered::Rejected);
        }
        if !first.reaches(limits) || nearest.bars() {
            return Err(Unanswered::BelowThreshold);
        }
        let best = self.best.filter(|best| best.reaches(limits));
        let best = best.ok_or(Unanswered::Guarded)?;
        if best.rejects(limits) {
            return Err(Unanswered::Rejected);
        }
        let needed = limits.margin_at(best.threshold, best.near.similarity);
        match self.margin {
            Some(margin) if margin < needed && !self.is_ahead => Err(Unanswered::Ambiguous),
            _ => Ok(best.near),
        }
    }

    /// Whether nothing answers since the entry that would says that the question is not its own.
    pub fn is_excluded(&self, limits: Limits) -> bool {
        self.excluded.as_deref().is_some_and(|of| {
            let is_replaced = of.stand_in.is_some_and(|gate| gate.reaches(limits));
            of.prospect.answer(limits).is_ok() && !is_replaced
        })
    }

    /// The highest threshold and margin with which it is not answered though [`highest`](Self::highest) has it so, as [`excluded`](Self::excluded) says. Where something stands in
    /// that is what answers, and there are none.
    pub fn excluded_up_to(&self) -> Option<Highest> {
        let excluded = self.excluded.as_deref();
        let excluded = excluded.filter(|excluded| excluded.stand_in.is_none());
        excluded.map(|excluded| excluded.prospect.highest())
    }

    /// The highest threshold and margin with which it is answered, without a lead: with all that are not above them it is, but for those of
    /// [`excluded`](Self::excluded), and with no others. Infinite: with any; below all: with none.
    pub fn highest(&self) -> Highest {
        let gates = self.first.zip(self.best);
        let is_barred = self.nearest.is_some_and(|nearest| nearest.bars());
        let gates = gates.filter(|(first, best)| !first.reject && !best.reject && !is_barred);
        let threshold = gates.map_or(f64::NEG_INFINITY, |(first, best)| {
            first.highest().min(best.highest())
        });
        let margin = match self.is_ahead {
            true => f64::INFINITY,
            false => self.margin.unwrap_or(f64::INFINITY),
        };
        Highest { threshold, margin }
    }
}
