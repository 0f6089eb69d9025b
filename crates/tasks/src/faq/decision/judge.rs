//! A question beside the entries that may answer it.

use yuyi_language::{Differences, bare, folded};

use super::{Candidate, Decision, EntryRules, Limits, NEAREST, Near, Reason};

/// Wordings whose words are compared with the question's at most.
pub(in crate::faq) const MOST_COMPARED: usize = 50;

/// A wording that may answer.
#[derive(Clone, Copy)]
pub(in crate::faq) struct Chosen {
    pub(in crate::faq) wording: Near,
    /// It took the place of a nearer one, and so do only those that differ from the question in nothing.
    pub(in crate::faq) is_substitute: bool,
}

/// An entry that would answer if the question did not hold one of its `not_words`.
pub(in crate::faq) struct Exclusion {
    /// The wordings of all entries that take part, those that exclude the question among them, the nearest first.
    pub(in crate::faq) wordings: Vec<Near>,
    /// What would answer.
    pub(in crate::faq) chosen: Chosen,
    /// The second entry, of those that do not exclude the question.
    pub(in crate::faq) second: Option<Near>,
    /// What would answer of those that do not exclude the question, if its entry has the word: it is what the word leads to.
    pub(in crate::faq) stand_in: Option<Near>,
}

impl Exclusion {
    /// Whether that entry would answer with these limits, so that nothing else does.
    pub(super) fn holds(&self, judge: &Judge<'_>, limits: Limits) -> bool {
        let is_reached = judge.best(&self.wordings, limits).is_ok();
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
    /// In NFKC and small letters.
    folded: String,
    candidates: &'a [Candidate<'a>],
    /// On the clock of the entries' rules.
    now: i64,
}

impl<'a> Judge<'a> {
    pub(in crate::faq) fn new(
        question: &'a str,
        candidates: &'a [Candidate<'a>],
        now: i64,
    ) -> Self {
        Self {
            question,
            folded: folded(question),
            candidates,
            now,
        }
    }

    /// The wordings of all entries that may answer, the nearest first.
    pub(in crate::faq) fn wordings(&self) -> Vec<Near> {
        self.wordings_of(|rules| rules.not_words_in(&self.folded).next().is_none())
    }

    fn wordings_of(&self, may_answer: impl Fn(&EntryRules<'_>) -> bool) -> Vec<Near> {
        let entries = self.candidates.iter().enumerate();
        let entries = entries
            .filter(|(_, entry)| entry.rules.take_part(self.now) && may_answer(&entry.rules));
        let mut all: Vec<Near> = entries
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

    /// The entry that would answer, whatever the limits, if its `not_words` did not exclude the question; `wordings` are those of the entries that may answer.
    pub(in crate::faq) fn exclusion(&self, wordings: &[Near]) -> Option<Exclusion> {
        let excludes = |near: &Near| !self.not_words(near).is_empty();
        let all = self.wordings_of(|_| true);
        if all.len() == wordings.len() {
            return None;
        }
        let chosen = self.chosen(&all)?;
        let words = self.not_words(&chosen.wording);
        if words.is_empty() {
            return None;
        }
        let stand_in = self.chosen(wordings).map(|chosen| chosen.wording);
        let second = self.others(&all, chosen).find(|other| !excludes(other));
        let second = second.copied();
        Some(Exclusion {
            wordings: all,
            chosen,
            second,
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

    /// The wording that answers if no other entry is about as near, whatever the limits: the nearest, or what takes its place where that contradicts the question.
    pub(in crate::faq) fn chosen(&self, wordings: &[Near]) -> Option<Chosen> {
        let (first, rest) = wordings.split_first()?;
        let is_substitute = self.differences(first).contradict();
        let wording = match is_substitute {
            true => self.substitute(first, rest)?,
            false => *first,
        };
        Some(Chosen {
            wording,
            is_substitute,
        })
    }

    /// The wording that answers if no other entry is about as near.
    pub(super) fn best(&self, wordings: &[Near], limits: Limits) -> Result<Chosen, Reason> {
        let first = wordings.first().ok_or(Reason::Empty)?;
        let reaches = |near: &Near| limits.reach(self.rules(near), near.similarity);
        let rejects = |near: &Near| limits.reject(self.rules(near), near.similarity);
        if rejects(first) {
            return Err(Reason::Rejected);
        }
        if !reaches(first) {
            return Err(Reason::BelowThreshold);
        }
        match self.chosen(wordings) {
            Some(chosen) if reaches(&chosen.wording) => match rejects(&chosen.wording) {
                true => Err(Reason::Rejected),
                false => Ok(chosen),
            },
            _ => Err(Reason::Guarded(Box::new(self.differences(first)))),
        }
    }

    /// What takes the place of a nearest wording that contradicts, of the wordings behind it. Of the same entry only one does that says otherwise than the nearest, too (14天 beside
    /// 15天): one that is silent about it means what that says.
    fn substitute(&self, first: &Near, rest: &[Near]) -> Option<Near> {
        let means_the_same = |wording: &Near| {
            wording.candidate == first.candidate
                && !Differences::between(self.text(first), self.text(wording)).contradict()
        };
        let mut compared = rest.iter().take(MOST_COMPARED);
        let found = compared
            .find(|wording| self.differences(wording).is_empty() && !means_the_same(wording));
        found.copied()
    }

    /// The wordings of other entries that compete with the one that may answer, the nearest first.
    pub(in crate::faq) fn others<'w>(
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
    pub(super) fn compete(&self, wordings: &[Near], chosen: Chosen, limits: Limits) -> Decision {
        let best = chosen.wording;
        let mut others = self.others(wordings, chosen);
        let second = others.next().copied();
        if !second.is_some_and(|second| self.is_close(&best, &second, limits)) {
            let nearest = entries(wordings).take(NEAREST).collect();
            return Decision::Matched {
                best,
                second,
                nearest,
            };
        }
        let others = others.take_while(|other| self.is_within(&best, other, limits));
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

    /// Whether the second entry is about as near as the best, so that neither answers.
    fn is_close(&self, best: &Near, second: &Near, limits: Limits) -> bool {
        self.is_within(best, second, limits) && !self.is_ahead(best, second)
    }

    /// Whether another entry is within the margin behind the best.
    fn is_within(&self, best: &Near, other: &Near, limits: Limits) -> bool {
        let margin = limits.margin_at(self.rules(best).threshold, best.similarity);
        best.similarity - other.similarity < margin
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

    pub(in crate::faq) fn differences(&self, wording: &Near) -> Differences {
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
pub(in crate::faq) fn entries(wordings: &[Near]) -> impl Iterator<Item = Near> {
    let mut seen = std::collections::HashSet::new();
    let first = wordings
        .iter()
        .filter(move |near| seen.insert(near.candidate));
    first.copied()
}
