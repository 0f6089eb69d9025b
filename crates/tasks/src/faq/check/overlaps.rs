//! Findings of entries that are near to each other, each matter told once.
//!
//! Two entries that ask nearly the same are found as a pair, and again by every wording of theirs that is nearer to the other entry. One of the two says what is to be done: where the
//! wordings that are so near are far from the others of their entry, they stand in the wrong one, and that is told; else the entries are alike as a whole.

use std::collections::BTreeMap;

use super::neighbours::SAME;
use super::{Finding, Kind};

/// Findings of which no two tell the same. `nearer`: wordings that are nearer to another entry; `pairs`: entries that ask nearly the same.
pub(super) fn once(nearer: Vec<Finding>, pairs: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    let mut of_entries: BTreeMap<[usize; 2], Vec<Finding>> = BTreeMap::new();
    for finding in nearer {
        match finding.kind {
            Kind::NearerToOther => of_entries
                .entry(entries(&finding))
                .or_default()
                .push(finding),
            _ => told.push(finding),
        }
    }
    for pair in pairs {
        let nearer = of_entries.remove(&entries(&pair)).unwrap_or_default();
        let misplaced: Vec<Finding> = nearer
            .into_iter()
            .filter(|wording| is_misplaced(wording, &pair))
            .collect();
        match misplaced.is_empty() {
            true => told.push(pair),
            false => told.extend(one_way(misplaced)),
        }
    }
    told.extend(of_entries.into_values().flat_map(one_way));
    told
}

/// The two entries that a finding is about, in their order.
fn entries(finding: &Finding) -> [usize; 2] {
    let other = finding.other.unwrap_or(finding.at);
    let (a, b) = (finding.at.entry, other.entry);
    [a.min(b), a.max(b)]
}

/// Whether a wording is what makes two entries ask nearly the same though its own entry asks something else. Entries with one answer can be one whichever their wordings are.
fn is_misplaced(wording: &Finding, pair: &Finding) -> bool {
    let is_far = wording.own.is_some_and(|own| own < SAME);
    let is_of_pair = wording.at == pair.at || Some(wording.at) == pair.other;
    pair.kind != Kind::RepeatedEntry && is_far && is_of_pair
}

/// Of two wordings each of which is nearer to the other's entry by the other, the one that is farther from its own.
fn one_way(nearer: Vec<Finding>) -> Vec<Finding> {
    let is_back = |a: &Finding, b: &Finding| Some(a.at) == b.other && a.other == Some(b.at);
    let rank = |finding: &Finding| (finding.own.unwrap_or_default(), finding.at);
    let is_kept = |finding: &Finding| {
        let mut back = nearer.iter().filter(|other| is_back(finding, other));
        back.all(|other| rank(finding) < rank(other))
    };
    let kept: Vec<bool> = nearer.iter().map(is_kept).collect();
    let nearer = nearer.into_iter().zip(kept);
    nearer
        .filter_map(|(finding, is_kept)| is_kept.then_some(finding))
        .collect()
}
