//! Wordings that are there twice.

use std::collections::HashMap;

use yuyi_language::bare;

use super::{CheckedEntry, Finding, Kind, Place};

/// Wordings that are equal but for white space and punctuation: within an entry, and in several that may answer at the same time.
pub(super) fn repeated(entries: &[CheckedEntry<'_>], now: i64) -> Vec<Finding> {
    let mut places: HashMap<String, Vec<Place>> = HashMap::new();
    for (entry, checked) in entries.iter().enumerate() {
        for (wording, text) in checked.wordings.iter().enumerate() {
            let place = Place { entry, wording };
            places.entry(bare(text)).or_default().push(place);
        }
    }
    let same = places.into_values().filter(|same| same.len() > 1);
    same.flat_map(|same| of_text(entries, &same, now)).collect()
}

/// Each place beside the first one that it gets in the way of; where its own entry has the wording twice, that is all there is to tell of it.
fn of_text(entries: &[CheckedEntry<'_>], same: &[Place], now: i64) -> Vec<Finding> {
    let kind = |first: &Place, later: &Place| {
        let [a, b] = [first, later].map(|place| &entries[place.entry]);
        match first.entry == later.entry {
            true => Some(Kind::RepeatedWording),
            false if !a.meets(b, now) => None,
            false if a.rules.reject && b.rules.reject => None,
            false if a.rules.reject != b.rules.reject => Some(Kind::TurnedAway),
            false => Some(Kind::SharedWording),
        }
    };
    let later = same.iter().enumerate().skip(1);
    let found = later.filter_map(|(i, later)| {
        let before = &same[..i];
        let own = before.iter().filter(|first| first.entry == later.entry);
        let (first, kind) = own
            .chain(before)
            .find_map(|first| Some((first, kind(first, later)?)))?;
        // What is turned away is told of the entry that should answer.
        let (at, other) = match entries[later.entry].rules.reject {
            true => (*first, *later),
            false => (*later, *first),
        };
        Some(Finding::new(kind, at).beside(other, None))
    });
    found.collect()
}
