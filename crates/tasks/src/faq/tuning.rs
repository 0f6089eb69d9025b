//! Limits of a FAQ for a wished precision, fitted on labelled questions.
//!
//! Of all thresholds and margins in hundredths those are chosen that answer most questions rightly, among those with which the share of right answers is not only as wished but
//! would be so for another such set of questions too: what fits some questions best is a little too good on them. What the choice is worth is therefore
//! told of questions that it was not made on: a fifth at a time, with limits fitted on the other four.

use serde::Serialize;

use super::grid::{Grid, Step};
use super::{Limits, Tally, Trial};
use crate::metrics::{Estimate, Interval, Sampling, enough, intervals, parts, wilson};

/// Questions that an entry answers, at least.
pub const MIN_ANSWERABLE: usize = 20;

/// Answers by which a precision is told, at least: fewer are right by chance.
pub const MIN_ANSWERED: usize = 10;

/// Answers by which a precision is sure, at least: of thousands of limits some answer a few questions rightly by chance.
const SURE_FROM: usize = 30;

/// Parts of the questions, each of which is judged with what was fitted on the others.
const PARTS: usize = 5;

/// How many standard deviations the precision of the fit is above the wished one: with four of five other sets of questions it is not below.
const ABOVE: f64 = 0.84;

/// The low end of the interval of the precision is at most so far below it where there are questions enough.
pub const WITHIN: f64 = 0.03;

/// Further precisions whose limits are told.
const OTHERS: [f64; 5] = [0.8, 0.85, 0.9, 0.95, 0.98];

/// Why nothing is fitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TuneError {
    /// There are too few questions with an answer.
    #[error(
        "limits are fitted on {MIN_ANSWERABLE} questions that an entry answers, or more, and there are {0}"
    )]
    TooFew(usize),
}

/// Limits, and what they are worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// The wished precision.
    pub goal: f64,
    /// The threshold, and in which interval it lies where the questions are drawn anew.
    pub threshold: Estimate,
    /// The margin, likewise.
    pub margin: Estimate,
    /// What the questions come to that they were fitted on.
    pub fitted: Tally,
    /// What questions come to that they were not fitted on.
    pub held_out: Tally,
    /// Whether other questions have the wished precision too, as far as these tell.
    pub is_sure: bool,
    /// How many more labelled questions tell the precision to [`WITHIN`]; 0: there are enough.
    pub more: usize,
}

impl Choice {
    /// As limits.
    pub fn limits(&self) -> Limits {
        Limits {
            threshold: self.threshold.value.unwrap_or(1.0),
            margin: self.margin.value.unwrap_or_default(),
            lead: 0.0,
        }
    }
}

/// What was fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tuning {
    /// The wished precision.
    pub goal: f64,
    /// The limits for it; `None`: none have it.
    pub choice: Option<Choice>,
    /// The highest precision of any limits that answer [`MIN_ANSWERED`] questions or more, and these.
    pub most: Option<(f64, Limits)>,
    /// Limits for other precisions, where there are such.
    pub others: Vec<Choice>,
}

/// Fits limits for a precision in (0, 1].
///
/// # Errors
/// Where there are too few questions.
pub fn tune(trials: &[Trial], goal: f64, sampling: Sampling) -> Result<Tuning, TuneError> {
    let answerable = trials.iter().filter(|trial| !trial.relevant.is_empty());
    let answerable = answerable.count();
    if answerable < MIN_ANSWERABLE {
        return Err(TuneError::TooFew(answerable));
    }
    let tuner = Tuner {
        trials,
        steps: trials.iter().map(Step::of).collect(),
    };
    let grid = Grid::new(trials);
    let others = OTHERS.into_iter().filter(|other| *other != goal);
    let quickly = Sampling {
        rounds: 0,
        ..sampling
    };
    Ok(Tuning {
        goal,
        choice: tuner.choice(&grid, goal, sampling),
        most: most(&grid),
        others: others
            .filter_map(|other| tuner.choice(&grid, other, quickly))
            .collect(),
    })
}

struct Tuner<'a> {
    trials: &'a [Trial],
    steps: Vec<Step>,
}

impl Tuner<'_> {
    fn choice(&self, grid: &Grid, goal: f64, sampling: Sampling) -> Option<Choice> {
        let found = best(grid, goal)?;
        let [threshold, margin] = self.intervals(goal, sampling);
        let held_out = self.held_out(goal, sampling.seed);
        Some(Choice {
            goal,
            threshold: Estimate::new(Some(found.limits.threshold), threshold),
            margin: Estimate::new(Some(found.limits.margin), margin),
            fitted: found.tally,
            held_out,
            is_sure: found.rank.0,
            more: more(&found.tally, goal),
        })
    }

    /// Where the limits lie when the questions are drawn anew.
    fn intervals(&self, goal: f64, sampling: Sampling) -> [Option<Interval>; 2] {
        let Sampling { rounds, seed } = sampling;
        intervals(self.steps.len(), rounds, seed, |counts| {
            let counts = counts.iter().map(|&times| times as usize);
            let found = best(&Grid::of(self.steps.iter().zip(counts)), goal);
            let limits = found.map(|found| found.limits);
            [
                limits.map(|limits| limits.threshold),
                limits.map(|limits| limits.margin),
            ]
        })
    }

    /// What the questions of each part come to with limits that were fitted on the others.
    fn held_out(&self, goal: f64, seed: u64) -> Tally {
        let drawn = parts(self.trials.len(), PARTS, seed);
        let of_part = |part: usize| {
            let times = drawn.iter().map(|of| usize::from(*of != part));
            let found = best(&Grid::of(self.steps.iter().zip(times)), goal);
            // Where none fit, nothing is answered.
            let limits = found.map_or(NOTHING, |found| found.limits);
            let held = self
                .trials
                .iter()
                .zip(&drawn)
                .filter(|(_, of)| **of == part);
            Tally::of(held.map(|(trial, _)| trial.verdict(limits)))
        };
        (0..PARTS)
            .map(of_part)
            .fold(Tally::default(), |sum, of_part| sum.and(of_part))
    }
}

/// With these nothing is answered.
const NOTHING: Limits = Limits {
    threshold: f64::INFINITY,
    margin: f64::INFINITY,
    lead: 0.0,
};

/// Limits of a grid.
struct Found {
    limits: Limits,
    tally: Tally,
    /// Whether other questions have the precision too, and by what it was chosen beside that.
    rank: (bool, f64, f64),
}

/// The limits that answer most questions rightly, of those that have the precision for sure; where there are none, those that have it most surely of all that have it on these
/// questions; of several the most precise, and of these the lowest.
fn best(grid: &Grid, goal: f64) -> Option<Found> {
    let mut best: Option<Found> = None;
    for (limits, tally) in grid.all() {
        let Some(precision) = share_right(&tally).filter(|share| *share >= goal) else {
            continue;
        };
        let (right, answered) = (tally.correct as f64, tally.answered() as f64);
        let low = wilson(right, answered, ABOVE).low;
        let is_sure = low >= goal && tally.answered() >= SURE_FROM;
        let worth = if is_sure { right } else { low };
        let rank = (is_sure, worth, precision);
        let is_better = best.as_ref().is_none_or(|best| rank > best.rank);
        if is_better {
            best = Some(Found {
                limits,
                tally,
                rank,
            });
        }
    }
    best
}

/// The precision, where there are answers enough to tell.
fn share_right(tally: &Tally) -> Option<f64> {
    let answered = tally.answered();
    (answered >= MIN_ANSWERED).then(|| tally.correct as f64 / answered as f64)
}

/// The highest precision of limits that answer enough to tell.
fn most(grid: &Grid) -> Option<(f64, Limits)> {
    let shares = grid
        .all()
        .filter_map(|(limits, tally)| Some((share_right(&tally)?, limits)));
    shares.max_by(|(a, _), (b, _)| a.total_cmp(b))
}

/// How many more questions tell the precision, of which as many are answered.
fn more(tally: &Tally, goal: f64) -> usize {
    let wanted = enough(goal.min(1.0), WITHIN) as f64;
    let answered = tally.answered().max(1) as f64;
    let questions = tally.questions() as f64;
    (wanted * questions / answered - questions).ceil().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::super::trial::tests::trial;
    use super::*;

    const SAMPLING: Sampling = Sampling {
        rounds: 100,
        seed: 1,
    };

    /// Of questions with a similarity of `i / n` as many are answered rightly as that says, from 0.5 on.
    fn trials(n: usize) -> Vec<Trial> {
        let one = |i: usize| {
            let similarity = i as f64 / n as f64;
            // Evenly spread over [0.5, 1.0).
            let drawn = 0.5 + (i as f64 * 0.618_034).fract() / 2.0;
            match drawn < similarity {
                true => trial(&[similarity, 0.0], Some(0)),
                false if i.is_multiple_of(2) => trial(&[similarity, 0.0], None),
                false => trial(&[similarity, 0.0], Some(1)),
            }
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn the_precision_is_as_wished_on_questions_that_were_not_seen() {
        let trials = trials(2000);
        for goal in [0.7, 0.8, 0.9] {
            let tuning = tune(&trials, goal, SAMPLING).unwrap();
            let choice = tuning.choice.unwrap();
            assert!(choice.is_sure, "{choice:?}");
            let fitted = choice.fitted.precision().value.unwrap();
            let held_out = choice.held_out.precision().value.unwrap();
            assert!(fitted >= goal && held_out >= goal - 0.03, "{choice:?}");
            // It is not stricter than needed either.
            assert!(held_out < goal + 0.04, "{choice:?}");
            let threshold = choice.threshold;
            let interval = threshold.interval().unwrap();
            let value = threshold.value.unwrap();
            assert!(interval.low <= value && value <= interval.high);
            assert_eq!(choice.held_out.questions(), trials.len());
        }
    }

    #[test]
    fn few_questions_are_told_as_few() {
        assert_eq!(
            tune(&trials(30), 0.9, SAMPLING).unwrap_err(),
            TuneError::TooFew(18)
        );
        let few = tune(&trials(60), 0.7, SAMPLING).unwrap();
        let choice = few.choice.unwrap();
        assert!(!choice.is_sure && choice.more > 1000, "{choice:?}");
        let many = tune(&trials(20_000), 0.9, SAMPLING).unwrap();
        assert_eq!(many.choice.unwrap().more, 0);
    }

    #[test]
    fn what_no_limits_have_is_not_claimed() {
        // The nearest are all wrong.
        let mut trials = trials(400);
        trials.extend((0..40).map(|_| trial(&[1.0, 0.0], None)));
        let tuning = tune(&trials, 0.95, SAMPLING).unwrap();
        assert_eq!(tuning.choice, None);
        let (most, _) = tuning.most.unwrap();
        assert!(most < 0.95, "{most}");
        assert!(tuning.others.iter().all(|other| other.goal <= most));
    }

    #[test]
    fn a_margin_is_chosen_where_it_tells_right_from_wrong() {
        let one = |i: usize| match i % 2 {
            0 => trial(&[0.8, 0.5], Some(0)),
            _ => trial(&[0.8, 0.75], Some(1)),
        };
        let trials: Vec<Trial> = (0..400).map(one).collect();
        let choice = tune(&trials, 0.95, SAMPLING).unwrap().choice.unwrap();
        assert!(choice.limits().margin > 0.05, "{choice:?}");
        assert_eq!(choice.held_out.correct, 200);
        assert_eq!(choice.held_out.answered(), 200);
    }
}
