//! What is wrong with a FAQ before anybody asks it: entries that get in each other's way, and entries that never answer.
//!
//! Every wording is asked as a question of which the FAQ does not know that it is there: what is then nearer than the other wordings of its entry would take its users.

mod finding;
mod neighbours;
mod overlaps;
mod rules;
mod wordings;

use std::collections::HashMap;

pub use self::finding::{Finding, Kind, Level, Place};
use self::neighbours::Neighbours;
use super::{EntryRules, FaqIndex, Limits};
use crate::Calibration;

/// An entry as it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedEntry<'a> {
    /// What it is known by.
    pub id: &'a str,
    /// The question, and behind it other wordings of it.
    pub wordings: Vec<&'a str>,
    /// The answer; empty where there is none.
    pub answer: &'a str,
    /// When it answers.
    pub rules: EntryRules<'a>,
    /// Ids of entries that are shown beside it.
    pub related: &'a [String],
}

impl CheckedEntry<'_> {
    /// Whether there is a time from now on at which both may answer.
    fn meets(&self, other: &Self, now: i64) -> bool {
        let [a, b] = [&self.rules, &other.rules];
        let goes_on = |rules: &EntryRules<'_>| {
            let is_ever = |until| now < until && rules.valid_from.is_none_or(|from| from < until);
            rules.enabled && rules.valid_until.is_none_or(is_ever)
        };
        let ends = |a: &EntryRules<'_>, b: &EntryRules<'_>| {
            a.valid_until
                .zip(b.valid_from)
                .is_some_and(|(end, from)| end <= from)
        };
        goes_on(a) && goes_on(b) && !ends(a, b) && !ends(b, a)
    }
}

/// A FAQ that is checked.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// Its entries.
    pub entries: &'a [CheckedEntry<'a>],
    /// The vectors of their wordings.
    pub index: &'a FaqIndex,
    /// That of their model.
    pub calibration: &'a Calibration,
    /// When entries answer.
    pub limits: Limits,
    /// On the clock of their rules.
    pub now: i64,
}

impl Checked<'_> {
    /// All that is wrong, each matter once, the gravest first; `done` hears how many entries were looked at.
    pub fn findings(&self, mut done: impl FnMut(usize)) -> Vec<Finding> {
        let mut found = rules::findings(self);
        found.extend(wordings::repeated(self.entries, self.now));
        let (mut neighbours, mut nearer) = (Neighbours::new(self), Vec::new());
        for entry in 0..self.entries.len() {
            nearer.extend(neighbours.of_entry(entry));
            done(1);
        }
        found.extend(overlaps::once(nearer, neighbours.pairs()));
        sort(&mut found);
        found
    }

    /// Entries that none of these questions found, each of which found an entry or none, where they may answer now.
    pub fn never_found(&self, found: impl IntoIterator<Item = Option<usize>>) -> Vec<Finding> {
        let mut times: HashMap<usize, usize> = HashMap::new();
        for entry in found.into_iter().flatten() {
            *times.entry(entry).or_default() += 1;
        }
        let entries = self.entries.iter().enumerate();
        let silent = entries.filter(|(place, entry)| {
            let rules = &entry.rules;
            !rules.reject && rules::answers(rules, self.now) && !times.contains_key(place)
        });
        silent
            .map(|(place, _)| Finding::new(Kind::NeverFound, Place::of(place)))
            .collect()
    }
}

/// By level, then as they stand in the FAQ.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let by_level = b.level.cmp(&a.level).then(a.kind.cmp(&b.kind));
        by_level.then(a.at.cmp(&b.at)).then(a.other.cmp(&b.other))
    });
}

#[cfg(test)]
mod tests;
