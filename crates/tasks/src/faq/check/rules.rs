//! Entries that never answer, by what they say of themselves.

use std::collections::HashSet;

use yuyi_language::{folded, is_blank};

use super::{Checked, CheckedEntry, Finding, Kind, Place};
use crate::faq::EntryRules;

/// Whether an entry may answer now.
pub(super) fn answers(rules: &EntryRules<'_>, now: i64) -> bool {
    let has_begun = rules.valid_from.is_none_or(|from| from <= now);
    let has_ended = rules.valid_until.is_some_and(|until| until <= now);
    rules.enabled && has_begun && !has_ended
}

pub(super) fn findings(checked: &Checked<'_>) -> Vec<Finding> {
    let ids: HashSet<&str> = checked.entries.iter().map(|entry| entry.id).collect();
    let entries = checked.entries.iter().enumerate();
    let of_entry =
        |(place, entry): (usize, &CheckedEntry<'_>)| {
            let mut found = excluded(place, entry);
            found.extend(time(place, entry, checked.now));
            let unknown = entry.related.iter().filter(|id| !ids.contains(id.as_str()));
            found.extend(unknown.map(|id| {
                Finding::new(Kind::UnknownRelated, Place::of(place)).telling(id.as_str())
            }));
            if is_blank(entry.answer) && !entry.rules.reject {
                found.push(Finding::new(Kind::NoAnswer, Place::of(place)));
            }
            found
        };
    entries.flat_map(of_entry).collect()
}

/// Wordings with a word that the entry excludes.
fn excluded(place: usize, entry: &CheckedEntry<'_>) -> Vec<Finding> {
    let words = entry.rules.not_words.iter().map(|word| word.trim());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let wordings = entry.wordings.iter().enumerate();
    let found = wordings.filter_map(|(wording, text)| {
        let text = folded(text);
        let word = words.iter().find(|word| text.contains(&folded(word)))?;
        let at = Place {
            entry: place,
            wording,
        };
        Some(Finding::new(Kind::ExcludesItself, at).telling(*word))
    });
    found.collect()
}

/// Why an entry does not answer now.
fn time(place: usize, entry: &CheckedEntry<'_>, now: i64) -> Option<Finding> {
    let rules = &entry.rules;
    let ends_first = || {
        let both = rules.valid_from.zip(rules.valid_until);
        both.is_some_and(|(from, until)| until <= from)
    };
    let kind = match answers(rules, now) {
        _ if ends_first() => Kind::NeverValid,
        true => return None,
        false if !rules.enabled => Kind::Disabled,
        false if rules.valid_until.is_some_and(|until| until <= now) => Kind::Expired,
        false => Kind::NotYetValid,
    };
    Some(Finding::new(kind, Place::of(place)))
}
