//! Whether a FAQ answers a question, and with which entry, where a reranker has read the question with the first candidates.
//!
//! A similarity says how near two texts are, a reranker which of several near ones is meant; its scores have no scale that models share. So each decides what it is good at:
//!
//! | what | is decided by |
//! |---|---|
//! | which entry may answer | the reranker: the one that it puts first; but a question that is a wording word for word is that entry's |
//! | whether that is near enough | its similarity and the threshold, as without a reranker |
//! | whether the nearest entry is an example of what is not answered | similarity, as without; also the one that the reranker puts first |
//! | what contradicts the question | the words; where the nearest entry or the first one does, only a wording that differs in nothing answers |
//! | whether another entry is about as good | both: it is where the two scales put less than the margin between them |
//!
//! The reranker so turns a wrong entry into the right one and an ambiguous question into a clear one, and answers nothing that a similarity alone holds to be too far.

use std::collections::HashSet;

use super::decision::{Chosen, Judge, NEAREST, entries};
use super::{Candidate, Decision, Gate, Limits, Near, Prospect, Reason};

/// A question with the candidates that a reranker has read it with.
#[derive(Clone, Copy, Debug)]
pub struct Reranked<'a> {
    /// As it was asked.
    pub question: &'a str,
    /// The first of those that similarity found; no others take part.
    pub candidates: &'a [Candidate<'a>],
    /// Of each how likely it answers, in [0, 1]: the sigmoid of the reranker's logit, whatever its own activation is.
    pub chances: &'a [f64],
}

/// A wording that may answer, with the entry that is its nearest rival.
struct Standing {
    chosen: Chosen,
    /// The entry that is least behind it on the scale where it is most so, with that distance.
    rival: Option<(Near, f64)>,
}

impl Reranked<'_> {
    fn judge(&self) -> Judge<'_> {
        Judge {
            question: self.question,
            candidates: self.candidates,
        }
    }

    fn chance(&self, near: &Near) -> f64 {
        self.chances.get(near.candidate).copied().unwrap_or(0.0)
    }

    /// The wordings by what the reranker says of their entries, those of one entry the nearest first; of equal entries the nearer one counts.
    /// Entries that are asked for word for word stand in front.
    fn in_order(&self, judge: &Judge<'_>, by_similarity: &[Near]) -> Vec<Near> {
        let literal = by_similarity.iter().filter(|near| judge.is_literal(near));
        let literal: HashSet<usize> = literal.map(|near| near.candidate).collect();
        let mut order: Vec<usize> = entries(by_similarity).map(|near| near.candidate).collect();
        let chance = |candidate: &usize| self.chances.get(*candidate).copied().unwrap_or(0.0);
        order.sort_by(|a, b| {
            let by_words = literal.contains(b).cmp(&literal.contains(a));
            by_words.then_with(|| chance(b).total_cmp(&chance(a)))
        });
        let of = |candidate: usize| {
            let wordings = by_similarity.iter();
            wordings.filter(move |near| near.candidate == candidate)
        };
        order.into_iter().flat_map(of).copied().collect()
    }

    /// How much farther `other` is than `best`, on the scale that tells them apart better.
    fn lead(&self, best: &Near, other: &Near) -> f64 {
        let by_chance = self.chance(best) - self.chance(other);
        by_chance.max(best.similarity - other.similarity)
    }

    /// The wording that may answer, and its rival.
    fn standing(&self, judge: &Judge<'_>, ordered: &[Near], guarded: bool) -> Option<Standing> {
        let wording = match guarded {
            true => judge.substitute(ordered)?,
            false => *ordered.first()?,
        };
        let chosen = Chosen {
            wording,
            is_substitute: guarded,
        };
        let rivals = judge.others(ordered, chosen);
        let rivals = rivals.map(|other| (*other, self.lead(&wording, other)));
        // Of equal ones the first.
        let rival = rivals.reduce(|least, other| if other.1 < least.1 { other } else { least });
        Some(Standing { chosen, rival })
    }

    /// Decides. `now` is on the clock of the entries' rules.
    pub fn decide(&self, limits: Limits, now: i64) -> Decision {
        let judge = self.judge();
        let by_similarity = judge.wordings(now);
        let ordered = self.in_order(&judge, &by_similarity);
        match self.chosen(&judge, (&by_similarity, &ordered), limits) {
            Ok(standing) => self.compete(&judge, &ordered, standing, limits),
            Err(reason) => Decision::Unmatched {
                reason,
                nearest: entries(&ordered).take(NEAREST).collect(),
            },
        }
    }

    fn chosen(
        &self,
        judge: &Judge<'_>,
        (by_similarity, ordered): (&[Near], &[Near]),
        limits: Limits,
    ) -> Result<Standing, Reason> {
        let (Some(nearest), Some(first)) = (by_similarity.first(), ordered.first()) else {
            return Err(Reason::Empty);
        };
        let reaches = |near: &Near| limits.reach(judge.rules(near), near.similarity);
        let rejects = |near: &Near| limits.reject(judge.rules(near), near.similarity);
        if rejects(nearest) || rejects(first) {
            return Err(Reason::Rejected);
        }
        if !reaches(first) {
            return Err(Reason::BelowThreshold);
        }
        let mut differences = [first, nearest]
            .map(|near| judge.differences(near))
            .into_iter();
        let contradiction = differences.find(yuyi_language::Differences::contradict);
        let standing = self.standing(judge, ordered, contradiction.is_some());
        let standing = standing.filter(|standing| reaches(&standing.chosen.wording));
        match (standing, contradiction) {
            (Some(standing), _) if rejects(&standing.chosen.wording) => Err(Reason::Rejected),
            (Some(standing), _) => Ok(standing),
            (None, Some(differences)) => Err(Reason::Guarded(Box::new(differences))),
            // The first reaches its threshold and is the one that may answer.
            (None, None) => Err(Reason::BelowThreshold),
        }
    }

    fn compete(
        &self,
        judge: &Judge<'_>,
        ordered: &[Near],
        Standing { chosen, rival }: Standing,
        limits: Limits,
    ) -> Decision {
        let best = chosen.wording;
        let margin = limits.margin_at(judge.rules(&best).threshold, best.similarity);
        let is_close =
            |other: &Near| self.lead(&best, other) < margin && !judge.is_ahead(&best, other);
        if rival.is_none_or(|(rival, _)| !is_close(&rival)) {
            return Decision::Matched {
                best,
                second: rival.map(|(rival, _)| rival),
                nearest: entries(ordered).take(NEAREST).collect(),
            };
        }
        let others = judge
            .others(ordered, chosen)
            .filter(|other| is_close(other));
        let close: Vec<Near> = [best].into_iter().chain(others.copied()).collect();
        Decision::Unmatched {
            reason: Reason::Ambiguous,
            nearest: entries(&close).collect(),
        }
    }

    /// How much farther the second entry of a match is, on the scale that tells the two apart better; all of the similarity where there is no second.
    pub fn margin(&self, decision: &Decision) -> Option<f64> {
        match decision {
            Decision::Matched { best, second, .. } => Some(
                // Below 0 only behind more wordings than are compared.
                second.map_or(best.similarity, |second| self.lead(best, &second).max(0.0)),
            ),
            Decision::Unmatched { .. } => None,
        }
    }

    /// What becomes of the question whatever the limits are; as [`Reranked::decide`] says.
    pub fn prospect(&self, now: i64) -> Prospect {
        let judge = self.judge();
        let by_similarity = judge.wordings(now);
        let ordered = self.in_order(&judge, &by_similarity);
        let mut prospect = Prospect::unanswered(entries(&ordered).count());
        let (Some(nearest), Some(first)) = (by_similarity.first(), ordered.first()) else {
            return prospect;
        };
        let mut differences = [first, nearest]
            .map(|near| judge.differences(near))
            .into_iter();
        let contradiction = differences.find(yuyi_language::Differences::contradict);
        prospect.nearest = Some(Gate::of(&judge, first));
        prospect.first_stage = Some(Gate::of(&judge, nearest));
        let standing = self.standing(&judge, &ordered, contradiction.is_some());
        prospect.differences = contradiction.map(Box::new);
        if let Some(Standing { chosen, rival }) = standing {
            let best = chosen.wording;
            prospect.best = Some(Gate::of(&judge, &best));
            prospect.second = rival.map(|(rival, _)| rival);
            prospect.lead = rival.map(|(_, lead)| lead);
            prospect.is_ahead = rival.is_some_and(|(rival, _)| judge.is_ahead(&best, &rival));
        }
        prospect
    }
}

#[cfg(test)]
mod tests;
