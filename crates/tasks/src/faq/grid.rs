//! What labelled questions come to with each of many limits, in one pass over the questions.

use super::{Highest, Limits, Tally, Trial};

/// Limits are tried, and told, in hundredths.
const STEPS: f64 = 100.0;

/// From 0 to 1.
const THRESHOLDS: usize = 101;

/// From 0 to 0.3: a FAQ in which the second entry has to be farther still answers hardly anything.
const MARGINS: usize = 31;

/// Answers, of which some are right and some are to questions that nothing answers. Until they are summed up, fewer than none may stand at a limit: what is answered with
/// limits up to there is answered no longer with those up to another one.
#[derive(Clone, Copy, Default)]
struct Answers {
    all: isize,
    right: isize,
    falsely: isize,
}

impl Answers {
    fn add(&mut self, other: Self) {
        self.all += other.all;
        self.right += other.right;
        self.falsely += other.falsely;
    }
}

/// What a question needs of limits, in steps.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The last threshold and the last margin with which it is answered; `None`: with no limits.
    last: Option<(usize, usize)>,
    /// Those up to which it is not, since an entry would answer that excludes it.
    excluded: Option<(usize, usize)>,
    is_right: bool,
    has_answer: bool,
}

impl Step {
    pub(super) fn of(trial: &Trial) -> Self {
        let prospect = &trial.prospect;
        let last = last_of(prospect.highest());
        let excluded = prospect.excluded_up_to().and_then(last_of);
        // What is not answered with higher limits anyway is not excluded by them.
        let both = last.zip(excluded);
        Self {
            last,
            excluded: both.map(|((t, m), (threshold, margin))| (t.min(threshold), m.min(margin))),
            is_right: trial.finds_right(),
            has_answer: !trial.relevant.is_empty(),
        }
    }

    /// Answers to it, asked so many times.
    fn answers(&self, times: isize) -> Answers {
        Answers {
            all: times,
            right: times * isize::from(self.is_right),
            falsely: times * isize::from(!self.has_answer),
        }
    }
}

fn last_of(highest: Highest) -> Option<(usize, usize)> {
    last(THRESHOLDS, highest.threshold).zip(last(MARGINS, highest.margin))
}

/// The last of the steps that is not above a value.
fn last(steps: usize, value: f64) -> Option<usize> {
    let steps: Vec<f64> = (0..steps).map(at).collect();
    steps.partition_point(|step| *step <= value).checked_sub(1)
}

fn at(step: usize) -> f64 {
    step as f64 / STEPS
}

/// Tallies of labelled questions, for each threshold and margin in hundredths.
pub struct Grid {
    /// By threshold, then by margin: answers with limits of these and more.
    answers: Vec<Answers>,
    answerable: usize,
    unanswerable: usize,
}

impl Grid {
    /// That of trials.
    pub fn new(trials: &[Trial]) -> Self {
        let steps: Vec<Step> = trials.iter().map(Step::of).collect();
        Self::of(steps.iter().map(|step| (step, 1)))
    }

    /// That of a sample in which each question is so many times.
    pub(super) fn of<'s>(sample: impl Iterator<Item = (&'s Step, usize)>) -> Self {
        let mut grid = Self {
            answers: vec![Answers::default(); THRESHOLDS * MARGINS],
            answerable: 0,
            unanswerable: 0,
        };
        for (step, times) in sample {
            match step.has_answer {
                true => grid.answerable += times,
                false => grid.unanswerable += times,
            }
            // A question is asked as often as memory holds it.
            let times = times.cast_signed();
            for (last, times) in [(step.last, times), (step.excluded, -times)] {
                if let Some((threshold, margin)) = last {
                    grid.answers[threshold * MARGINS + margin].add(step.answers(times));
                }
            }
        }
        grid.sum();
        grid
    }

    /// What is answered with limits is answered with all that are below them.
    fn sum(&mut self) {
        for threshold in 0..THRESHOLDS {
            for margin in (1..MARGINS).rev() {
                let at = threshold * MARGINS + margin;
                let above = self.answers[at];
                self.answers[at - 1].add(above);
            }
        }
        for at in (MARGINS..THRESHOLDS * MARGINS).rev() {
            let above = self.answers[at];
            self.answers[at - MARGINS].add(above);
        }
    }

    /// All limits with their tallies, from the lowest on.
    pub fn all(&self) -> impl Iterator<Item = (Limits, Tally)> {
        let places = 0..THRESHOLDS * MARGINS;
        places.map(|place| {
            let limits = Limits {
                threshold: at(place / MARGINS),
                margin: at(place % MARGINS),
                lead: 0.0,
            };
            (limits, self.tally(self.answers[place]))
        })
    }

    fn tally(&self, answers: Answers) -> Tally {
        let [all, right, falsely] = [answers.all, answers.right, answers.falsely].map(count);
        let wrong = all - right - falsely;
        Tally {
            answerable: self.answerable,
            correct: right,
            wrong,
            missed: self.answerable - right - wrong,
            unanswerable: self.unanswerable,
            falsely_answered: falsely,
            refused: self.unanswerable - falsely,
        }
    }
}

/// Summed up there are never fewer than none.
fn count(answers: isize) -> usize {
    usize::try_from(answers).unwrap_or_default()
}

/// What labelled questions come to with each threshold in hundredths, and otherwise these limits.
pub fn curve(trials: &[Trial], limits: Limits) -> Vec<(f64, Tally)> {
    let thresholds = (0..THRESHOLDS).map(at);
    let tally = |threshold| {
        let limits = Limits {
            threshold,
            ..limits
        };
        Tally::of(trials.iter().map(|trial| trial.verdict(limits)))
    };
    thresholds
        .map(|threshold| (threshold, tally(threshold)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::tests::{trial, trial_excluding};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn tallies_are_those_of_the_verdicts(given in proptest::collection::vec((proptest::collection::vec(0.0..=1.0, 0..4), proptest::option::of(0usize..4)), 0..12)) {
            // Also just on the steps.
            let round = |similarities: &[f64]| similarities.iter().map(|s| (s * 20.0).round() / 20.0).collect::<Vec<_>>();
            let trials: Vec<Trial> = given.iter().flat_map(|(similarities, right)| {
                let right = right.filter(|right| *right < similarities.len());
                [trial(similarities, right), trial(&round(similarities), right), trial_excluding(&round(similarities), right)]
            }).collect();
            for (limits, tally) in Grid::new(&trials).all() {
                let expected = Tally::of(trials.iter().map(|trial| trial.verdict(limits)));
                prop_assert_eq!(tally, expected, "{:?}", limits);
            }
        }
    }

    #[test]
    fn the_curve_has_every_threshold() {
        let trials = [trial(&[0.9, 0.5], Some(0)), trial(&[0.6, 0.58], None)];
        let limits = Limits {
            threshold: 0.0,
            margin: 0.05,
            lead: 0.0,
        };
        let curve = curve(&trials, limits);
        assert_eq!(curve.len(), 101);
        assert_eq!((curve[90].0, curve[90].1.correct), (0.9, 1));
        assert_eq!(curve[91].1.answered(), 0);
        assert_eq!(curve[0].1.falsely_answered, 0);
    }
}
