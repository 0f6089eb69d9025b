//! How many pairs that only look alike are kept from answering each other, and how many rewordings are: pairs of every kind, a line each of kind, question and
//! wording of an entry. They were written for this test, by a language model, and no rule was made from them alone.

use std::collections::BTreeMap;

use yuyi_tasks::faq::{Candidate, Decision, EntryRules, Limits, Reason, decide};

const PAIRS: &str = include_str!("guard.tsv");

/// What becomes of a question to a FAQ of this one wording, as alike as such pairs are.
fn is_held_back(question: &str, wording: &str) -> bool {
    let entry = Candidate {
        wordings: vec![(wording, 0.95)],
        rules: EntryRules::default(),
    };
    let limits = Limits {
        threshold: 0.7,
        margin: 0.05,
        lead: 0.0,
    };
    match decide(question, &[entry], limits, 0) {
        Decision::Matched { .. } => false,
        Decision::Unmatched { reason, .. } => {
            assert!(matches!(reason, Reason::Guarded(_)), "{reason:?}");
            true
        }
    }
}

#[test]
fn nearly_all_that_contradict_are_caught_and_hardly_any_rewording() {
    let mut kinds: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in PAIRS.lines() {
        let &[kind, a, b] = &line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a line has three columns: {line}");
        };
        for (question, wording) in [(a, b), (b, a)] {
            let held_back = is_held_back(question, wording);
            if held_back == (kind == "same") {
                println!("{kind}: {question} / {wording}");
            }
            let (all, held) = kinds.entry(kind).or_default();
            *all += 1;
            *held += u32::from(held_back);
        }
    }
    println!("{kinds:?}");
    let (same, wrongly) = kinds.remove("same").unwrap();
    let all: u32 = kinds.values().map(|(all, _)| all).sum();
    let caught: u32 = kinds.values().map(|(_, caught)| caught).sum();
    let (caught, wrongly) = (
        f64::from(caught) / f64::from(all),
        f64::from(wrongly) / f64::from(same),
    );
    println!("{caught:.3} of {all} caught, {wrongly:.3} of {same} rewordings held back");
    assert!(all >= 240 && kinds.len() == 6);
    assert!(caught >= 0.95, "{caught} are caught");
    assert!(wrongly <= 0.05, "{wrongly} of the rewordings are held back");
}
