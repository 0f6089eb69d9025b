//! Which of the items that were found are shown, and in which order.

use yuyi_kernels::{Kernel, Vectors, as_cosine, dot_each};

use super::{Interest, Signal};
use crate::cosine;

// Chosen by `scripts/measure_recommend --development`, whose logs have tastes that change and clicks at random.

/// How sharply an item is judged by the nearest of what was liked and not by all of it, for each standard deviation of the cosines at hand.
const SHARPNESS: f64 = 1.5;

/// How much what others did counts for an item, for each e-fold of it.
const COMPANY: f64 = 1.5;

/// What others did ([`Candidate::company`]) below which it hardly counts.
const LITTLE_COMPANY: f64 = 0.1;

/// How much of an item's place in the list is decided by how unlike it is to those above it.
const VARIETY: f64 = 0.02;

/// How results differ from each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Cosine from which on an item only repeats another one, and is left out.
    pub repeat: f64,
}

/// An item that may be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate<'v> {
    /// Its unit vector.
    pub vector: &'v [f32],
    /// How much what others did speaks for it: the sum of [`share`](super::share)s over what was liked, each times its weight in parts of the greatest. 0 where nothing
    /// is known of others.
    pub company: f64,
    /// How much its age speaks for it ([`Freshness::speaks`](super::Freshness::speaks)); 0 where nothing is known of that.
    pub age: f64,
}

/// An item that is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    /// Its place among the candidates.
    pub candidate: usize,
    /// Its cosine with the nearest centre of the interest.
    pub cosine: f64,
    /// Why.
    pub because: Reason,
}

/// What an item is shown for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The place, among the signals, of the nearest of what was liked.
    pub signal: usize,
    /// The cosine of the two.
    pub cosine: f64,
}

/// What is known of a candidate.
struct Judged<'v> {
    vector: &'v [f32],
    pick: Pick,
    /// How much the interest speaks for it, in standard deviations of cosines.
    score: f64,
    /// The cosine with the nearest of those that are shown above it.
    shown: f64,
}

/// At most `limit` of some candidates, the one that is shown first first. What repeats a signal or another one that is shown is left out; of equal
/// candidates the first is taken. Nothing, where the interest is empty.
///
/// A candidate is judged by what was liked, the nearer and heavier the more: ln Σ w·exp(κ·cos/σ), with σ the standard deviation of the cosines at hand. What speaks
/// against it takes away as much where it is as near, and all where it is much nearer. What others did adds μ·ln(1 + c/c₀), which is nothing without others and much
/// where many agree, as in naive Bayes, where evidence of several kinds is multiplied; its age takes away where it is older than what the user cares for. The list is then spread (maximal marginal relevance; Carbonell and Goldstein, 1998).
///
/// # Panics
/// When the vectors are not of one dimension.
pub fn rank(
    interest: &Interest<'_>,
    candidates: &[Candidate<'_>],
    spread: Spread,
    limit: usize,
) -> Vec<Pick> {
    if interest.is_empty() || candidates.is_empty() {
        return Vec::new();
    }
    let (mut left, scale) = judge(interest, candidates, spread);
    let mut picks = Vec::new();
    while picks.len() < limit {
        let value = |one: &Judged<'_>| {
            let alike = match one.shown.is_finite() {
                true => one.shown / scale,
                false => 0.0,
            };
            (1.0 - VARIETY) * one.score - VARIETY * alike
        };
        let best = left.iter().enumerate().rev();
        let best = best.max_by(|(_, a), (_, b)| value(a).total_cmp(&value(b)));
        let Some((place, _)) = best else {
            break;
        };
        let taken = left.remove(place);
        left.retain_mut(|other| {
            let cosine = cosine(taken.vector, other.vector);
            other.shown = other.shown.max(cosine);
            cosine < spread.repeat
        });
        picks.push(taken.pick);
    }
    picks
}

/// Signals side by side.
struct Signals {
    vectors: Vectors,
    /// Logarithms of their weights.
    weights: Vec<f64>,
}

impl Signals {
    fn of<'s, 'v: 's>(signals: impl Iterator<Item = &'s Signal<'v>> + Clone) -> Self {
        Self {
            vectors: Vectors::from_rows(signals.clone().map(|signal| signal.vector)),
            weights: signals.map(|signal| signal.weight.ln()).collect(),
        }
    }

    /// The cosine of each with a vector.
    fn cosines(&self, vector: &[f32]) -> Vec<f64> {
        let mut products = vec![0.0; self.weights.len()];
        if !products.is_empty() {
            let signals = self.vectors.view();
            dot_each(Kernel::of_process(), vector, signals, &mut products);
        }
        products.into_iter().map(as_cosine).collect()
    }

    /// ln Σ w·exp(s·x), x being the cosines; −∞ where there is nothing.
    fn log_sum(&self, cosines: &[f64], sharpness: f64) -> f64 {
        let terms = || {
            self.weights
                .iter()
                .zip(cosines)
                .map(|(w, x)| w + sharpness * x)
        };
        let most = terms().fold(f64::NEG_INFINITY, f64::max);
        if most == f64::NEG_INFINITY {
            return most;
        }
        most + terms().map(|x| (x - most).exp()).sum::<f64>().ln()
    }
}

/// What is known of the candidates that repeat no signal, and the standard deviation of the cosines.
fn judge<'v>(
    interest: &Interest<'_>,
    candidates: &[Candidate<'v>],
    spread: Spread,
) -> (Vec<Judged<'v>>, f64) {
    let liked = Signals::of(interest.liked.iter().map(|(_, signal)| signal));
    let disliked = Signals::of(interest.disliked.iter());
    let each = candidates.iter();
    let cosines: Vec<Vec<f64>> = each.map(|one| liked.cosines(one.vector)).collect();
    let scale = deviation(cosines.iter().flatten());
    let sharpness = SHARPNESS / scale;
    let judged = candidates.iter().zip(&cosines).enumerate();
    let judged = judged.filter_map(|(place, (candidate, cosines))| {
        let Candidate {
            vector,
            company,
            age,
        } = *candidate;
        let (nearest, near) = greatest(cosines.iter().copied())?;
        let against = disliked.cosines(vector);
        let near_against = against.iter().copied().fold(-1.0, f64::max);
        if near.max(near_against) >= spread.repeat {
            return None;
        }
        let for_it = liked.log_sum(cosines, sharpness);
        let against_it = disliked.log_sum(&against, sharpness);
        let centres = interest.centres().iter();
        let centre = greatest(centres.map(|centre| cosine(centre, vector)))?;
        Some(Judged {
            vector,
            pick: Pick {
                candidate: place,
                cosine: centre.1,
                because: Reason {
                    signal: interest.liked[nearest].0,
                    cosine: near,
                },
            },
            score: (for_it - softplus(against_it - for_it) + of_company(company) + age) / SHARPNESS,
            shown: f64::NEG_INFINITY,
        })
    });
    (judged.collect(), scale)
}

/// At most `limit` of candidates in their order, without those that repeat one that is taken or one of `seen`.
///
/// # Panics
/// When the vectors are not of one dimension.
pub fn first_of(
    candidates: &[&[f32]],
    seen: &[&[f32]],
    spread: Spread,
    limit: usize,
) -> Vec<usize> {
    let mut taken: Vec<usize> = Vec::new();
    for (place, vector) in candidates.iter().enumerate() {
        let shown = taken.iter().map(|&other| candidates[other]);
        let mut others = shown.chain(seen.iter().copied());
        if taken.len() < limit && others.all(|other| cosine(other, vector) < spread.repeat) {
            taken.push(place);
        }
    }
    taken
}

/// What is added for what others did.
fn of_company(company: f64) -> f64 {
    COMPANY * (company / LITTLE_COMPANY).ln_1p()
}

/// ln(1 + eˣ).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The first of the greatest, with its place.
fn greatest(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for (place, value) in values.enumerate() {
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((place, value));
        }
    }
    best
}

/// The standard deviation of cosines; where they are all about the same, little but not nothing.
fn deviation<'x>(values: impl Iterator<Item = &'x f64>) -> f64 {
    const LEAST: f64 = 1e-3;
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for &x in values {
        n += 1.0;
        sum += x;
        squares += x * x;
    }
    let variance = squares / n - (sum / n) * (sum / n);
    variance.max(0.0).sqrt().max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::super::Signal;
    use super::*;
    use proptest::prelude::*;

    const SPREAD: Spread = Spread { repeat: 0.9999 };

    fn at(degrees: f32) -> Vec<f32> {
        let angle = degrees.to_radians();
        vec![angle.cos(), angle.sin()]
    }

    /// A candidate of which nothing is known from others.
    fn alone(vector: &[f32]) -> Candidate<'_> {
        Candidate {
            vector,
            company: 0.0,
            age: 0.0,
        }
    }

    /// Places of candidates at some angles, for signals at others.
    fn ranked(signals: &[(f32, f64)], candidates: &[f32], limit: usize) -> Vec<usize> {
        let vectors: Vec<Vec<f32>> = signals.iter().map(|(angle, _)| at(*angle)).collect();
        let signals = vectors.iter().zip(signals);
        let signals: Vec<Signal<'_>> = signals
            .map(|(vector, (_, weight))| Signal {
                vector,
                weight: *weight,
            })
            .collect();
        let candidates: Vec<Vec<f32>> = candidates.iter().map(|angle| at(*angle)).collect();
        let candidates: Vec<Candidate<'_>> = candidates.iter().map(|one| alone(one)).collect();
        let picks = rank(&Interest::of(&signals), &candidates, SPREAD, limit);
        picks.into_iter().map(|pick| pick.candidate).collect()
    }

    #[test]
    fn the_nearest_comes_first_and_says_why() {
        assert_eq!(ranked(&[(0.0, 1.0)], &[60.0, 5.0, 170.0], 1), [1]);
        let (east, north) = (at(0.0), at(90.0));
        let signal = |vector| Signal {
            vector,
            weight: 1.0,
        };
        let interest = Interest::of(&[signal(&*east), signal(&*north)]);
        let candidate = at(80.0);
        let picks = rank(&interest, &[alone(&candidate)], SPREAD, 5);
        assert_eq!((picks.len(), picks[0].because.signal), (1, 1));
        assert_eq!(picks[0].because.cosine, cosine(&north, &candidate));
    }

    #[test]
    fn several_tastes_are_all_served() {
        // One mean of the two lies where nothing is wanted, at 45°.
        let found = ranked(&[(0.0, 1.0), (90.0, 1.0)], &[45.0, 4.0, 86.0, 47.0], 2);
        assert_eq!(
            found.iter().filter(|place| [1, 2].contains(place)).count(),
            2
        );
    }

    #[test]
    fn what_others_did_decides_between_what_is_as_near() {
        let liked = at(0.0);
        let signal = Signal {
            vector: &liked,
            weight: 1.0,
        };
        let vectors = [-10.0, 11.0, 90.0, 180.0].map(at);
        let first = |company: [f64; 4]| {
            let candidates = vectors.iter().zip(company);
            let candidates: Vec<Candidate<'_>> = candidates
                .map(|(vector, company)| Candidate {
                    vector,
                    company,
                    age: 0.0,
                })
                .collect();
            rank(&Interest::of(&[signal]), &candidates, SPREAD, 1)[0].candidate
        };
        assert_eq!(first([0.0; 4]), 0);
        assert_eq!(first([0.0, 0.3, 0.0, 0.0]), 1);
        assert_eq!(first([0.3, 0.3, 0.0, 0.0]), 0);
        // A little of it moves nothing that is far.
        assert_eq!(first([0.0, 0.0, 0.0, 0.05]), 0);
    }

    #[test]
    fn what_was_skipped_pushes_away() {
        // The last two only say how far apart things are here.
        let candidates = [-10.0, 10.5, 90.0, 180.0];
        assert_eq!(ranked(&[(0.0, 1.0)], &candidates, 1), [0]);
        assert_eq!(ranked(&[(0.0, 1.0), (-20.0, -1.0)], &candidates, 1), [1]);
    }

    #[test]
    fn repeats_are_left_out() {
        // Of the signal itself, of a skip, and of each other.
        let signals = [(0.0, 1.0), (90.0, -1.0)];
        assert_eq!(ranked(&signals, &[0.0, 90.0, 20.0, 20.0, 40.0], 5), [2, 4]);
        let all = [at(0.0), at(0.0), at(50.0), at(90.0)];
        let all: Vec<&[f32]> = all.iter().map(Vec::as_slice).collect();
        assert_eq!(first_of(&all, &[], SPREAD, 9), [0, 2, 3]);
        assert_eq!(first_of(&all, &all[2..3], SPREAD, 9), [0, 3]);
        assert_eq!(first_of(&all, &[], SPREAD, 2), [0, 2]);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(ranked(&[], &[1.0], 3).is_empty());
        assert!(ranked(&[(0.0, -1.0)], &[1.0], 3).is_empty());
        assert!(ranked(&[(0.0, 1.0)], &[], 3).is_empty());
        assert!(ranked(&[(0.0, 1.0)], &[9.0], 0).is_empty());
    }

    proptest! {
        #[test]
        fn lists_hold_each_candidate_once(
            signals in prop::collection::vec((0f32..360.0, prop_oneof![-1e2..1e2, Just(1e-300), Just(1e300)]), 0..12),
            candidates in prop::collection::vec(0f32..360.0, 0..20),
            limit in 0usize..12,
        ) {
            let found = ranked(&signals, &candidates, limit);
            let different: std::collections::BTreeSet<&usize> = found.iter().collect();
            prop_assert_eq!(different.len(), found.len());
            prop_assert!(found.len() <= limit.min(candidates.len()));
            let again = ranked(&signals, &candidates, limit);
            prop_assert_eq!(found, again);
        }
    }
}
