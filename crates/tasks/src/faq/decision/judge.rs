//! A question beside the entries that may answer it.

use yuyi_language::{Differences, are_of_one_matter, bare, folded};

use super::ranking::{Ranking, entries};
use super::{Candidate, Decision, EntryRules, Limits, Near, Reason};
use crate::beginning::beginning;

/// Wordings whose words are compared with the question's at most.
pub(in crate::faq) const MOST_COMPARED: usize = 50;

/// Characters of a question whose words are compared: the model reads no more of it either, and each wording is held against all of them.
const MOST_CHARACTERS: usize = 2_000;

/// A wording of more characters is a passage that answers, and no way to ask: its numbers, days and negations are statements of its own, which a question that names others
/// does not contradict.
const LONGEST_QUESTION: usize = 100;

/// By how much what takes the place of a wording that contradicts may be farther, if it does not say itself what that one says otherwise.
const ABOUT_AS_NEAR: f64 = 0.05;

/// A wording that may answer.
#[derive(Clone, Copy)]
pub(in crate::faq) struct Chosen {
    pub(in crate::faq) wording: Near,
    /// It took the place of one that contradicts, and so do only those that differ from the question in nothing.
    pub(in crate::faq) is_substitute: bool,
}

/// An entry that would answer if the question did not hold one of its `not_words`.
pub(in crate::faq) struct Exclusion {
    /// The wordings of all entries that take part, those that exclude the question among them.
    pub(in crate::faq) ranking: Ranking,
    /// What would answer.
    pub(in crate::faq) chosen: Chosen,
    /// The second entry, of those that do not exclude the question.
    pub(in crate::faq) second: Option<Near>,
    /// What would answer of those that do not exclude the question, if its entry has the word: it is what the word leads to.
    pub(in crate::faq) stand_in: Option<Near>,
}

impl Exclusion {
    /// Whether that entry would answer with these limits, so that nothing else does.
    fn holds(&self, judge: &Judge<'_>, limits: Limits) -> bool {
        let is_reached = judge.best(&self.ranking, limits).is_ok();
        let best = &self.chosen.wording;
        let is_close = |second: &Near| judge.is_close(best, second, limits);
        let stands_in = |near: &Near| limits.reach(judge.rules(near), near.similarity);
        is_reached
            && !self.second.as_ref().is_some_and(is_close)
            && !self.stand_in.as_ref().is_some_and(stands_in)
    }
}

/// A question and the entries that may answer it, whatever the limits.
pub(in crate::faq) struct Judge<'a> {
    question: &'a str,
    /// What of it is compared word by word.
    compared: &'a str,
    /// In NFKC and small letters.
    folded: String,
    candidates: &'a [Candidate<'a>],
    /// On the clock of the entries' rules.
    now: i64,
    /// Of each candidate how likely it answers, in [0, 1], where a reranker says it.
    chances: Option<&'a [f64]>,
}

impl<'a> Judge<'a> {
    pub(in crate::faq) fn new(
        question: &'a str,
        candidates: &'a [Candidate<'a>],
        now: i64,
    ) -> Self {
        Self {
            question,
            compared: beginning(question, MOST_CHARACTERS),
            folded: folded(question),
            candidates,
            now,
            chances: None,
        }
    }

    /// The same, where a reranker says of each candidate how likely it answers.
    pub(in crate::faq) fn reranked(self, chances: &'a [f64]) -> Self {
        Self {
            chances: Some(chances),
            ..self
        }
    }

    /// Decides.
    pub(in crate::faq) fn decide(&self, limits: Limits) -> Decision {
        let ranking = self.ranking();
        if let Some(exclusion) = self.exclusion(&ranking)
            && exclusion.holds(self, limits)
        {
            let by = exclusion.chosen.wording;
            let words = self.not_words(&by);
            return Decision::Unmatched {
                reason: Reason::Excluded { by, words },
                nearest: exclusion.ranking.told(),
            };
        }
        match self.best(&ranking, limits) {
            Ok(chosen) => self.compete(&ranking, chosen, limits),
            Err(reason) => Decision::Unmatched {
                nearest: self.told_of(&reason, &ranking, limits),
                reason,
            },
        }
    }

    /// The entries that are told of a question without an answer; what turned it away is among them.
    fn told_of(&self, reason: &Reason, ranking: &Ranking, limits: Limits) -> Vec<Near> {
        let mut told = ranking.told();
        let rejects = |near: &Near| limits.reject(self.rules(near), near.similarity);
        if matches!(reason, Reason::Rejected) && !told.iter().any(rejects) {
            let rejecting = entries(&ranking.wordings).find(rejects);
            told.splice(told.len().saturating_sub(1).., rejecting);
        }
        told
    }

    /// The wordings of all entries that may answer.
    pub(in crate::faq) fn ranking(&self) -> Ranking {
        self.ranking_of(|rules| rules.not_words_in(&self.folded).next().is_none())
    }

    fn ranking_of(&self, may_answer: impl Fn(&EntryRules<'_>) -> bool) -> Ranking {
        let entries = self.candidates.iter().enumerate();
        let entries = entries
            .filter(|(_, entry)| entry.rules.takes_part(self.now) && may_answer(&entry.rules));
        let all = entries.flat_map(|(candidate, entry)| {
            let wordings = entry.wordings.iter().enumerate();
            wordings.map(move |(wording, &(_, similarity))| Near {
                candidate,
                wording,
                similarity,
            })
        });
        let ranking = Ranking::by_similarity(all.collect());
        match self.chances {
            None => ranking,
            Some(chances) => ranking.by_chance(
                |candidate| chance(chances, candidate),
                |near| self.is_literal(near),
            ),
        }
    }

    /// The entry that would answer, whatever the limits, if its `not_words` did not exclude the question; `ranking` is that of the entries that may answer.
    pub(in crate::faq) fn exclusion(&self, ranking: &Ranking) -> Option<Exclusion> {
        let all = self.ranking_of(|_| true);
        if all.wordings.len() == ranking.wordings.len() {
            return None;
        }
        let chosen = self.chosen(&all)?;
        let words = self.not_words(&chosen.wording);
        if words.is_empty() {
            return None;
        }
        let stand_in = self.chosen(ranking).map(|chosen| chosen.wording);
        Some(Exclusion {
            second: self.rival(&all, chosen, |other| self.not_words(other).is_empty()),
            ranking: all,
            chosen,
            stand_in: stand_in.filter(|near| self.entry_has(near, &words)),
        })
    }

    /// The `not_words` of a wording's entry that the question holds.
    pub(in crate::faq) fn not_words(&self, near: &Near) -> Vec<String> {
        let words = self.rules(near).not_words_in(&self.folded);
        words.map(str::to_owned).collect()
    }

    /// Whether an entry has one of these words in any of its wordings.
    fn entry_has(&self, near: &Near, words: &[String]) -> bool {
        let wordings = self.candidates[near.candidate].wordings.iter();
        let mut wordings = wordings.map(|(text, _)| folded(text));
        wordings.any(|text| words.iter().any(|word| text.contains(&folded(word))))
    }

    /// The wording that answers if no other entry is about as good, whatever the limits: the first, or what takes its place where that or the nearest contradicts the question.
    pub(in crate::faq) fn chosen(&self, ranking: &Ranking) -> Option<Chosen> {
        let contradicts = |near: &Near| self.contradiction_of(near).is_some();
        let contradicting: Vec<Near> = ranking.front().filter(contradicts).collect();
        let is_substitute = !contradicting.is_empty();
        let wording = match is_substitute {
            true => self.substitute(&contradicting, &ranking.wordings)?,
            false => *ranking.wordings.first()?,
        };
        Some(Chosen {
            wording,
            is_substitute,
        })
    }

    /// In what the first wording contradicts the question, or the nearest.
    pub(in crate::faq) fn contradiction(&self, ranking: &Ranking) -> Option<Differences> {
        ranking
            .front()
            .find_map(|near| self.contradiction_of(&near))
    }

    /// The wording that answers if no other entry is about as good.
    fn best(&self, ranking: &Ranking, limits: Limits) -> Result<Chosen, Reason> {
        let first = ranking.wordings.first().ok_or(Reason::Empty)?;
        let reaches = |near: &Near| limits.reach(self.rules(near), near.similarity);
        let rejects = |near: &Near| limits.reject(self.rules(near), near.similarity);
        if ranking.front().any(|near| rejects(&near)) {
            return Err(Reason::Rejected);
        }
        let bars = |near: Near| self.rules(&near).bar(near.similarity);
        if !reaches(first) || ranking.nearest.is_some_and(bars) {
            return Err(Reason::BelowThreshold);
        }
        match self.chosen(ranking) {
            Some(chosen) if reaches(&chosen.wording) => match rejects(&chosen.wording) {
                true => Err(Reason::Rejected),
                false => Ok(chosen),
            },
            // The first would be chosen, and it is near enough, if nothing contradicted.
            _ => {
                let differences = self.contradiction(ranking).unwrap_or_default();
                Err(Reason::Guarded(Box::new(differences)))
            }
        }
    }

    /// What takes the place of wordings that contradict. Of their entries only one does that says otherwise than they, too (14天 beside 15天): one that is silent about it means what
    /// they say.
    fn substitute(&self, contradicting: &[Near], wordings: &[Near]) -> Option<Near> {
        // Where the first one contradicts, so many behind it.
        let mut compared = wordings.iter().take(MOST_COMPARED + 1);
        let found = compared.find(|wording| {
            self.differences(wording).is_empty() && self.may_take_over(wording, contradicting)
        });
        found.copied()
    }

    /// Whether a wording is about as near as those that contradict, or says otherwise than they of the same matter, so that it answers what is asked. What is weaker and silent about it
    /// is of another matter: behind A1支持快充吗 neither 型号有哪些 nor A2电池容量多少 answers A2支持快充吗.
    fn may_take_over(&self, wording: &Near, contradicting: &[Near]) -> bool {
        let text = self.text(wording);
        let denies = |other: &Near| Differences::between(self.text(other), text).contradict();
        let is_near = |other: &Near| {
            let is_of_another = wording.candidate != other.candidate;
            is_of_another && wording.similarity >= other.similarity - ABOUT_AS_NEAR
        };
        let says_it = || contradicting.iter().all(denies) && are_of_one_matter(self.compared, text);
        contradicting.iter().all(is_near) || says_it()
    }

    /// The wordings of other entries that compete with the one that may answer, of those that count, in their order.
    fn others<'w>(
        &'w self,
        ranking: &'w Ranking,
        chosen: Chosen,
        counts: impl Fn(&Near) -> bool + 'w,
    ) -> impl Iterator<Item = &'w Near> {
        let best = chosen.wording.candidate;
        let others = ranking.wordings.iter();
        let others = others.filter(move |other| other.candidate != best);
        // Behind so many none is ruled out.
        let others = others.enumerate().filter(move |(i, other)| {
            counts(other)
                && (*i >= MOST_COMPARED || !self.is_ruled_out(other, chosen.is_substitute))
        });
        others.map(|(_, other)| other)
    }

    /// The wording of another entry that competes most with the one that may answer, of those that count.
    pub(in crate::faq) fn rival(
        &self,
        ranking: &Ranking,
        chosen: Chosen,
        counts: impl Fn(&Near) -> bool,
    ) -> Option<Near> {
        let best = &chosen.wording;
        let mut others = self.others(ranking, chosen, counts).copied();
        if self.chances.is_none() {
            // The nearest stands first, and no other is compared for nothing.
            return others.next();
        }
        let with_lead = others.map(|other| {
            let is_ahead = self.is_ahead(best, &other);
            (is_ahead, self.lead(best, &other), other)
        });
        let least = with_lead.min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        least.map(|(.., other)| other)
    }

    /// Whether the margin to the second entry is enough.
    fn compete(&self, ranking: &Ranking, chosen: Chosen, limits: Limits) -> Decision {
        let best = chosen.wording;
        let second = self.rival(ranking, chosen, |_| true);
        if !second.is_some_and(|second| self.is_close(&best, &second, limits)) {
            let lead = second.map_or(best.similarity, |second| self.lead(&best, &second));
            return Decision::Matched {
                best,
                second,
                // Below 0 only behind more wordings than are compared.
                margin: lead.max(0.0),
                nearest: ranking.told(),
            };
        }
        let others = self.others(ranking, chosen, |other| {
            self.is_within(&best, other, limits)
        });
        let close: Vec<Near> = [best].into_iter().chain(others.copied()).collect();
        Decision::Unmatched {
            reason: Reason::Ambiguous,
            nearest: entries(&close).collect(),
        }
    }

    /// Whether the second entry is about as good as the best, so that neither answers.
    fn is_close(&self, best: &Near, second: &Near, limits: Limits) -> bool {
        self.is_within(best, second, limits) && !self.is_ahead(best, second)
    }

    /// Whether another entry is within the margin behind the best.
    fn is_within(&self, best: &Near, other: &Near, limits: Limits) -> bool {
        self.lead(best, other) < limits.margin_at(self.rules(best).threshold, best.similarity)
    }

    /// How much farther `other` is than `best`; where a reranker says it too, on the scale that tells them apart better.
    pub(in crate::faq) fn lead(&self, best: &Near, other: &Near) -> f64 {
        let by_similarity = best.similarity - other.similarity;
        self.chances.map_or(by_similarity, |chances| {
            let by_chance = chance(chances, best.candidate) - chance(chances, other.candidate);
            by_chance.max(by_similarity)
        })
    }

    /// Whether the best wording needs no margin, since it is the question and the second is not.
    pub(in crate::faq) fn is_ahead(&self, best: &Near, second: &Near) -> bool {
        self.is_literal(best) && !self.is_literal(second)
    }

    fn text(&self, wording: &Near) -> &str {
        self.candidates[wording.candidate].wordings[wording.wording].0
    }

    pub(in crate::faq) fn rules(&self, wording: &Near) -> &EntryRules<'_> {
        &self.candidates[wording.candidate].rules
    }

    fn differences(&self, wording: &Near) -> Differences {
        Differences::between(self.compared, self.text(wording))
    }

    /// In what a wording contradicts the question; None where it does not, or is a passage.
    fn contradiction_of(&self, wording: &Near) -> Option<Differences> {
        let is_passage = self.text(wording).chars().nth(LONGEST_QUESTION).is_some();
        (!is_passage)
            .then(|| self.differences(wording))
            .filter(Differences::contradict)
    }

    fn is_ruled_out(&self, wording: &Near, by_any_difference: bool) -> bool {
        match by_any_difference {
            true => !self.differences(wording).is_empty(),
            false => self.contradiction_of(wording).is_some(),
        }
    }

    /// Whether the wording is the question, but for white space and punctuation.
    fn is_literal(&self, wording: &Near) -> bool {
        bare(self.text(wording)) == bare(self.question)
    }
}

/// That of a candidate; one without any is the last.
fn chance(chances: &[f64], candidate: usize) -> f64 {
    chances.get(candidate).copied().unwrap_or(0.0)
}
