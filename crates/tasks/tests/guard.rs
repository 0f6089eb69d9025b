//! How many pairs that only look alike are kept from answering each other, and how many rewordings are: pairs of every kind, a line each of kind, question and
//! wording of an entry. They were written for this test, by a language model, and no rule was made from them alone.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use yuyi_tasks::dedup;
use yuyi_tasks::faq::{Candidate, Decision, EntryRules, Limits, Reason, decide};

const PAIRS: &str = include_str!("guard.tsv");

/// What people ask customer services of every kind, written before the rules were run on it: 93 % were caught at first, and 3 % of the rewordings held
/// back.
const EVERYDAY: &str = include_str!("everyday.tsv");

/// Days of a week beside its end, kinds of one thing, who gives whom, and the many ways to say that nothing comes of something. Before the rules knew of these, 10 % were
/// caught and 20 % of the rewordings held back; of thirty more pairs, written after, 93 % and 7 %. Those follow here.
const DAYS_AND_KINDS: &str = include_str!("days_and_kinds.tsv");

/// Questions about who is not one, from where to where and who for whom, dates and elapsed times beside limits, and reasons in a clause of their own. Of the first 32 pairs, written
/// before the rules knew of these, 29 % were caught and 40 % of the rewordings held back; of the 26 behind them, written after, all and none.
const TURNED: &str = include_str!("turned.tsv");

/// Kinds, the two sides of an event, high and low, and who does what to whom, each asked in other words than the entry has. Before the rules knew of these, 9 % were caught and no
/// rewording held back.
const REWORDED: &str = include_str!("reworded.tsv");

/// Remarks of a meeting that decide something and others that leave it open, deny it, or let somebody else do it. Of the first 24 pairs, written before the rules knew of these, 27 %
/// were caught and no rewording held back; of the 19 behind them, written after, all and none.
const DECISIONS: &str = include_str!("decisions.tsv");

/// Objections, conditions and what is put off beside the plan that they speak of, amounts that are bounds, and labels; and the same said otherwise. The rules were made
/// with these.
const REFUSALS: &str = include_str!("refusals.tsv");

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

/// Whether a remark of minutes is no repeat of another.
fn is_held_back_of_minutes(remark: &str, kept: &str) -> bool {
    dedup::held_back(kept, remark).is_some()
}

/// What came out of a list, each pair in both directions.
struct Outcome {
    /// Pairs that are no rewordings.
    all: u32,
    kinds: usize,
    /// Of these, the share that is held back.
    caught: f64,
    /// Of the rewordings.
    wrongly: f64,
}

impl Outcome {
    /// What is wrong is printed.
    fn of(pairs: &str) -> Self {
        Self::by(pairs, is_held_back)
    }

    /// The same, where it is said otherwise of two texts whether the second is held back from the first.
    fn by(pairs: &str, is_held_back: impl Fn(&str, &str) -> bool) -> Self {
        let mut kinds: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        for line in pairs.lines() {
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
        let (same, wrongly) = kinds.remove("same").expect("there are rewordings");
        let all: u32 = kinds.values().map(|(all, _)| all).sum();
        let caught: u32 = kinds.values().map(|(_, caught)| caught).sum();
        let outcome = Self {
            all,
            kinds: kinds.len(),
            caught: f64::from(caught) / f64::from(all),
            wrongly: f64::from(wrongly) / f64::from(same),
        };
        let Self {
            caught, wrongly, ..
        } = outcome;
        println!("{caught:.3} of {all} caught, {wrongly:.3} of {same} rewordings held back");
        outcome
    }

    /// Checks that so many pairs of so many kinds differ at least, what share of them is caught at least, and what share of rewordings is held back at most.
    fn check(self, all: u32, kinds: usize, caught: f64, wrongly: f64) {
        assert!(self.all >= all && self.kinds == kinds);
        assert!(self.caught >= caught, "{} are caught", self.caught);
        assert!(
            self.wrongly <= wrongly,
            "{} of the rewordings are held back",
            self.wrongly
        );
    }
}

#[test]
fn nearly_all_that_contradict_are_caught_and_hardly_any_rewording() {
    Outcome::of(PAIRS).check(240, 6, 0.95, 0.05);
}

#[test]
fn so_are_those_of_what_people_ask_every_day() {
    Outcome::of(EVERYDAY).check(160, 7, 0.95, 0.02);
}

#[test]
fn so_are_those_of_days_kinds_and_givers() {
    Outcome::of(DAYS_AND_KINDS).check(80, 3, 0.95, 0.02);
}

#[test]
fn so_are_those_of_who_and_whereto() {
    Outcome::of(TURNED).check(30, 3, 0.95, 0.04);
}

#[test]
fn so_are_those_in_other_words_than_the_entry_has() {
    Outcome::of(REWORDED).check(100, 4, 0.95, 0.02);
}

#[test]
fn so_are_decisions_of_a_meeting() {
    Outcome::by(DECISIONS, is_held_back_of_minutes).check(30, 4, 0.95, 0.04);
}

#[test]
fn no_refusal_stands_for_what_it_refuses() {
    Outcome::by(REFUSALS, is_held_back_of_minutes).check(80, 4, 0.98, 0.02);
}

/// Where the sets of others lie: beside the repository, or where `YUYI_DATA` says.
fn data() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let beside = repository.join("../shared/data");
    std::env::var_os("YUYI_DATA").map_or(beside, PathBuf::from)
}

/// Rewordings of a real FAQ, of which no rule was made.
#[test]
fn hardly_any_question_to_a_real_faq_is_held_back_from_its_entry() {
    let file = data().join("insurance-faq/queries.tsv");
    let Ok(pairs) = std::fs::read_to_string(&file) else {
        // Past the harness, which keeps the output of tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED, there is no {}; YUYI_DATA names the folder of the sets",
            file.display()
        );
        return;
    };
    let pairs: Vec<(&str, &str)> = pairs.lines().filter_map(|l| l.split_once('\t')).collect();
    let held = pairs.iter().filter(|(question, wording)| {
        let is_held = is_held_back(question, wording);
        if is_held {
            println!("{question} / {wording}");
        }
        is_held
    });
    let share = held.count() as f64 / pairs.len() as f64;
    println!("{share:.3} of {} questions held back", pairs.len());
    assert!(pairs.len() >= 100 && share <= 0.02, "{share} are held back");
}
