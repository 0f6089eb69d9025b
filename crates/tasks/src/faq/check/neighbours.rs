//! Wordings that are nearer to another entry than to their own, and entries that ask nearly the same.

use std::collections::BTreeMap;

use yuyi_language::{Differences, bare};

use super::{Checked, Finding, Kind, Place};

/// Entries around a wording that are looked at.
const LOOK: usize = 16;

/// From here on a person would call two questions the same.
pub(super) const SAME: f64 = 0.8;

/// What the wordings of a FAQ are near to.
pub(super) struct Neighbours<'a> {
    checked: &'a Checked<'a>,
    /// The nearest wordings of two entries that ask nearly the same.
    pairs: BTreeMap<(usize, usize), (f64, Place, Place)>,
}

/// A wording of another entry, near to one that is asked.
struct Near {
    place: Place,
    similarity: f64,
}

impl<'a> Neighbours<'a> {
    pub(super) fn new(checked: &'a Checked<'a>) -> Self {
        Self {
            checked,
            pairs: BTreeMap::new(),
        }
    }

    /// What is wrong with the wordings of an entry.
    pub(super) fn of_entry(&mut self, entry: usize) -> Vec<Finding> {
        let checked = &self.checked.entries[entry];
        if checked.rules.reject || !checked.rules.enabled {
            return Vec::new();
        }
        let wordings = 0..checked.wordings.len();
        let found = wordings.filter_map(|wording| self.of_wording(Place { entry, wording }));
        found.collect()
    }

    fn of_wording(&mut self, at: Place) -> Option<Finding> {
        let index = self.checked.index;
        let vector = index.vector(at.entry, at.wording);
        let near: Vec<(usize, Vec<f64>)> = index.nearest(vector, LOOK);
        let others: Vec<Near> = near
            .iter()
            .filter(|(entry, _)| self.competes(at.entry, *entry))
            .filter_map(|(entry, cosines)| self.nearest(at, *entry, cosines))
            .collect();
        let is_reject = |near: &&Near| self.checked.entries[near.place.entry].rules.reject;
        let best = |found: Option<&Near>, near: &Near| {
            found.is_none_or(|found| near.similarity > found.similarity)
        };
        let (mut rejecting, mut other): (Option<&Near>, Option<&Near>) = (None, None);
        for near in &others {
            let kept = match is_reject(&near) {
                true => &mut rejecting,
                false => &mut other,
            };
            if best(*kept, near) {
                *kept = Some(near);
            }
        }
        let own = self.own(at);
        let found = self.near_reject(at, own, rejecting);
        let found = found.or_else(|| self.nearer_to_other(at, own, other));
        let same = others.iter().filter(|near| near.similarity >= SAME);
        let same: Vec<&Near> = same.filter(|near| !is_reject(near)).collect();
        for near in same {
            remember(&mut self.pairs, at, near);
        }
        found
    }

    /// Whether two entries may answer at the same time.
    fn competes(&self, entry: usize, other: usize) -> bool {
        let entries = self.checked.entries;
        entry != other && entries[entry].meets(&entries[other], self.checked.now)
    }

    /// The nearest wording of an entry that does not contradict the one that is asked.
    fn nearest(&self, at: Place, entry: usize, cosines: &[f64]) -> Option<Near> {
        let asked = self.text(at);
        let wordings = cosines.iter().enumerate();
        let mut near: Vec<Near> = wordings
            .map(|(wording, &cosine)| Near {
                place: Place { entry, wording },
                similarity: self.checked.calibration.similarity(cosine),
            })
            .collect();
        near.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        // What is not even of the topic is not compared.
        near.into_iter()
            .take_while(|near| near.similarity >= self.least())
            .find(|near| !Differences::between(asked, self.text(near.place)).contradict())
    }

    fn least(&self) -> f64 {
        self.checked.limits.threshold.min(0.5)
    }

    fn text(&self, place: Place) -> &'a str {
        self.checked.entries[place.entry].wordings[place.wording]
    }

    /// How alike a wording is to the nearest of the others of its entry.
    fn own(&self, at: Place) -> Option<f64> {
        let index = self.checked.index;
        let others = 0..self.checked.entries[at.entry].wordings.len();
        let others = others.filter(|&wording| wording != at.wording);
        let asked = index.vector(at.entry, at.wording);
        let cosines = others.map(|wording| crate::cosine(asked, index.vector(at.entry, wording)));
        let nearest = cosines.max_by(f64::total_cmp)?;
        Some(self.checked.calibration.similarity(nearest))
    }

    /// A wording alone in its entry has nothing that it should be nearer to: then what is near enough to answer it counts.
    fn near_reject(&self, at: Place, own: Option<f64>, near: Option<&Near>) -> Option<Finding> {
        let near = near?;
        let limits = self.checked.limits;
        let rules = &self.checked.entries[near.place.entry].rules;
        let is_meant = match own {
            Some(own) => near.similarity > own && limits.reject(rules, near.similarity),
            None => near.similarity >= rules.threshold.unwrap_or(limits.threshold),
        };
        let finding = || {
            let found = Finding::new(Kind::NearReject, at);
            Finding {
                own,
                ..found.beside(near.place, Some(near.similarity))
            }
        };
        // The same words were found before.
        (is_meant && !self.is_literal(at, near.place)).then(finding)
    }

    fn nearer_to_other(&self, at: Place, own: Option<f64>, near: Option<&Near>) -> Option<Finding> {
        let (own, near) = (own?, near?);
        let rules = &self.checked.entries[near.place.entry].rules;
        let is_near = self.checked.limits.reach(rules, near.similarity);
        let is_meant = is_near && near.similarity > own && !self.is_literal(at, near.place);
        is_meant.then(|| Finding {
            own: Some(own),
            ..Finding::new(Kind::NearerToOther, at).beside(near.place, Some(near.similarity))
        })
    }

    fn is_literal(&self, a: Place, b: Place) -> bool {
        bare(self.text(a)) == bare(self.text(b))
    }

    /// Entries that ask nearly the same.
    pub(super) fn pairs(&self) -> Vec<Finding> {
        let pairs = self.pairs.values();
        // Equal wordings were found before.
        let pairs = pairs.filter(|(_, a, b)| !self.is_literal(*a, *b));
        pairs
            .map(|&(similarity, a, b)| self.pair(similarity, a, b))
            .collect()
    }

    fn pair(&self, similarity: f64, a: Place, b: Place) -> Finding {
        let [first, second] = [a, b].map(|place| self.checked.entries[place.entry].answer);
        if bare(first) == bare(second) {
            return Finding::new(Kind::RepeatedEntry, b).beside(a, Some(similarity));
        }
        let differences = Differences::between(first, second);
        let kind = match differences.contradict() {
            true => Kind::ConflictingAnswers,
            false => Kind::OtherAnswer,
        };
        Finding {
            differences: differences.contradict().then(|| Box::new(differences)),
            ..Finding::new(kind, b).beside(a, Some(similarity))
        }
    }
}

/// Keeps the nearest wordings of each two entries.
fn remember(pairs: &mut BTreeMap<(usize, usize), (f64, Place, Place)>, at: Place, near: &Near) {
    let (a, b) = match at < near.place {
        true => (at, near.place),
        false => (near.place, at),
    };
    let kept = pairs
        .entry((a.entry, b.entry))
        .or_insert((near.similarity, a, b));
    if near.similarity > kept.0 {
        *kept = (near.similarity, a, b);
    }
}
