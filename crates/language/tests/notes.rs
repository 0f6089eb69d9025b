//! How many of the differences in numbers and negations that matter are found, and how often one is told that is none:
//! tables of pairs of every kind that people write, a line each of kind, two texts, and what is to be told of them.

use yuyi_language::{Differences, NegationDifference};

/// The pairs that the rules were made with.
const KNOWN: &str = include_str!("notes.tsv");

/// Pairs that were written after the rules, to see how far these carry. Before a rule was mended for them, 93 % of the
/// differences were found in the first sixty, and 3 % of the others had a note; 90 % and 6 % in the next 63, which are of
/// kinds that are hard: times, units, ratios, and negations in what looks like another word. Of the last 181 pairs of
/// [`KNOWN`], whose rewordings have a negation on one side, the rules at first found 90 % and told 20 % of the others wrongly
/// (121 pairs), then 94 % and 7 % (60 more); all and none of the sixty after them here. Of the last sixty, whose differences are opposites,
/// rates and changed roles, 27 of 30 were found and none was told wrongly.
const FURTHER: &str = include_str!("further_notes.tsv");

/// Pairs of times in words, written after the table of times was. Before it was mended for them, 97 % of the differences were found, and 5 % of the
/// others had a note.
const TIMES: &str = include_str!("times.tsv");

/// What came out of a table.
#[derive(Default)]
struct Outcome {
    real: u32,
    found: u32,
    same: u32,
    false_alarms: u32,
}

impl Outcome {
    /// Of a table, each pair in both directions. What is wrong is printed.
    fn of(table: &str) -> Self {
        let mut outcome = Self::default();
        for line in table.lines() {
            let &[_, a, b, expected] = &line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("a line has four columns: {line}");
            };
            for (a, b) in [(a, b), (b, a)] {
                let told = Differences::between(a, b);
                outcome.count(expected, &told);
                if told_kinds(&told) != kinds(expected) {
                    println!("{line}\n    {told:?}");
                }
            }
        }
        outcome
    }

    fn count(&mut self, expected: &str, told: &Differences) {
        let (expected, told) = (kinds(expected), told_kinds(told));
        if expected.is_empty() {
            self.same += 1;
            self.false_alarms += u32::from(!told.is_empty());
        } else {
            self.real += 1;
            self.found += u32::from(expected.iter().all(|kind| told.contains(kind)));
        }
    }

    fn shares(&self) -> (f64, f64) {
        let share = |part, all| f64::from(part) / f64::from(all);
        (
            share(self.found, self.real),
            share(self.false_alarms, self.same),
        )
    }
}

fn kinds(expected: &str) -> Vec<&str> {
    match expected {
        "none" => Vec::new(),
        "number" | "time" | "negation" | "opposite" | "order" => vec![expected],
        _ => panic!("no kind of difference: {expected}"),
    }
}

fn told_kinds(told: &Differences) -> Vec<&'static str> {
    let number = told.numbers.as_ref().map(|_| "number");
    let negation = told.negation.as_ref().map(|_| "negation");
    let opposite = told.opposites.as_ref().map(|_| "opposite");
    let order = told.roles.as_ref().map(|_| "order");
    let time = told.times.as_ref().map(|_| "time");
    let kinds = [number, time, negation, opposite, order];
    kinds.into_iter().flatten().collect()
}

#[test]
fn nearly_all_differences_are_found_and_hardly_any_is_told_wrongly() {
    let (found, false_alarms) = Outcome::of(KNOWN).shares();
    println!("{found:.3} found, {false_alarms:.3} false alarms");
    assert!(found >= 0.95, "{found} of the real differences are found");
    assert!(
        false_alarms <= 0.02,
        "{false_alarms} of the others have a note"
    );
}

#[test]
fn the_rules_carry_to_pairs_that_they_were_not_made_with() {
    let (found, false_alarms) = Outcome::of(FURTHER).shares();
    println!("{found:.3} found, {false_alarms:.3} false alarms");
    assert!(found >= 0.95, "{found} of the real differences are found");
    assert!(
        false_alarms <= 0.02,
        "{false_alarms} of the others have a note"
    );
}

#[test]
fn times_are_found_and_what_looks_like_them_is_not() {
    let (found, false_alarms) = Outcome::of(TIMES).shares();
    println!("{found:.3} found, {false_alarms:.3} false alarms");
    assert!(found >= 0.95, "{found} of the other times are found");
    assert!(
        false_alarms <= 0.05,
        "{false_alarms} of the others have a note"
    );
}

#[test]
fn what_is_named_stands_in_the_text() {
    for line in [KNOWN, FURTHER, TIMES].into_iter().flat_map(str::lines) {
        let &[_, a, b, _] = &line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("a line has four columns: {line}");
        };
        let told = Differences::between(a, b);
        let numbers = told.numbers.map(|numbers| (numbers.only_a, numbers.only_b));
        let negations = told.negation.map(|negation| match negation {
            NegationDifference::OnlyA(words) => (words, Vec::new()),
            NegationDifference::OnlyB(words) => (Vec::new(), words),
            NegationDifference::Swapped { a, b } => (vec![a], vec![b]),
        });
        let opposites = told.opposites.map(|words| (vec![words.a], vec![words.b]));
        let roles = told.roles.map(|words| (vec![words.a], vec![words.b]));
        let times = told.times.map(|times| (times.only_a, times.only_b));
        let all = [numbers, times, negations, opposites, roles];
        for (of_a, of_b) in all.into_iter().flatten() {
            assert!(of_a.iter().all(|word| a.contains(word)), "{of_a:?} in {a}");
            assert!(of_b.iter().all(|word| b.contains(word)), "{of_b:?} in {b}");
        }
    }
}
