//! Votes and guards on lists of our own: how many are caught, and how many are taken for what they are not.

use yuyi_tasks::dedup::{HeldBack, agrees, held_back, said};

const VOTES: &str = include_str!("data/votes.tsv");
const GUARDS: &str = include_str!("data/guards.tsv");

/// Turns and pairs that were written after the rules. Before these were mended, 30 of 32 votes were found and none of 34 other turns was taken for one;
/// of the pairs, 51 of 52 that differ were held back, and one of 60 rewordings.
const FURTHER_VOTES: &str = include_str!("data/further_votes.tsv");
const FURTHER_GUARDS: &str = include_str!("data/further_guards.tsv");

/// Of how many rows that should be `wanted` how many are, and which are not.
fn rate(rows: &[(bool, bool, String)], wanted: bool) -> (usize, Vec<&String>) {
    let rows = rows.iter().filter(|(expected, ..)| *expected == wanted);
    let rows: Vec<_> = rows.collect();
    let wrong = rows.iter().filter(|(expected, found, _)| expected != found);
    (rows.len(), wrong.map(|(.., text)| text).collect())
}

#[test]
fn turns_that_only_agree_are_told() {
    tell_votes(VOTES, 60);
    tell_votes(FURTHER_VOTES, 30);
}

fn tell_votes(table: &str, least: usize) {
    let rows = table.lines().map(|line| {
        let (label, text) = line.split_once('\t').unwrap_or_default();
        (label == "1", agrees(text), text.to_owned())
    });
    let rows: Vec<_> = rows.collect();
    let (votes, missed) = rate(&rows, true);
    let (others, taken) = rate(&rows, false);
    println!("missed: {missed:?}; taken: {taken:?}");
    assert!(votes >= least && others >= least, "{votes} {others}");
    assert!(100 * missed.len() <= 5 * votes, "{missed:?}");
    // What is taken for a vote is gone from the minutes.
    assert!(100 * taken.len() <= 2 * others, "{taken:?}");
}

#[test]
fn what_differs_is_held_back_and_rewordings_are_not() {
    hold_back(GUARDS);
}

#[test]
fn the_guard_carries_to_pairs_that_it_was_not_made_with() {
    hold_back(FURTHER_GUARDS);
}

fn hold_back(table: &str) {
    let mut reasons = Vec::new();
    let rows = table.lines().map(|line| {
        let [reason, kept, gone] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let found = held_back(&said(kept), &said(gone));
        let shown = format!("{kept} / {gone}: {found:?}");
        if let (false, Some(found)) = (reason.is_empty(), found) {
            reasons.push((reason == name(found), shown.clone()));
        }
        (!reason.is_empty(), found.is_some(), shown)
    });
    let rows: Vec<_> = rows.collect();
    let (differing, missed) = rate(&rows, true);
    let (same, held) = rate(&rows, false);
    println!("missed: {missed:#?}; held: {held:#?}");
    assert!(differing >= 50 && same >= 60, "{differing} {same}");
    assert!(100 * missed.len() <= 5 * differing, "{missed:#?}");
    assert!(100 * held.len() <= 2 * same, "{held:#?}");
    let other: Vec<_> = reasons.iter().filter(|(is_right, _)| !is_right).collect();
    println!("other reasons: {other:#?}");
    assert!(20 * other.len() <= reasons.len(), "{other:#?}");
}

fn name(why: HeldBack) -> &'static str {
    match why {
        HeldBack::Number => "number",
        HeldBack::Date => "date",
        HeldBack::Name => "name",
        HeldBack::Negation => "negation",
        HeldBack::Code => "code",
        HeldBack::Opposite => "opposite",
        HeldBack::Role => "role",
        HeldBack::Question => "question",
    }
}
