//! Thresholds for "the same or not", in similarity and in cosine.

use serde::Serialize;

use super::curve::Curve;
use crate::metrics::{Estimate, Interval, Ranking, Sampling, Threshold, intervals};

/// A threshold, with the interval in which it lies when the pairs are drawn anew, and what it achieves: pairs of this
/// similarity and more are taken to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cutoff {
    /// In similarity.
    pub similarity: Estimate,
    /// In cosine.
    pub cosine: Estimate,
    /// How many of the pairs are accepted.
    pub accepted: usize,
    /// Share of the accepted pairs that are the same.
    pub precision: f64,
    /// Share of the same pairs that are accepted.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
}

/// Thresholds for pairs whose label says whether they are the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cutoffs {
    /// Pairs that are the same.
    pub same: usize,
    /// That of the best F1; `None` when all pairs are of one kind.
    pub best_f1: Option<Cutoff>,
    /// The precision that is wished for.
    pub wished_precision: f64,
    /// The lowest threshold that has it; `None` when none does.
    pub at_precision: Option<Cutoff>,
}

impl Cutoffs {
    /// The thresholds for pairs of (cosine, label), of which those with a label of `same_from` and more are the same.
    pub fn of(
        pairs: &[(f64, f64)],
        same_from: f64,
        wished_precision: f64,
        curve: &Curve,
        sampling: Sampling,
    ) -> Self {
        let cosines: Vec<f64> = pairs.iter().map(|&(cosine, _)| cosine).collect();
        let same: Vec<bool> = pairs.iter().map(|&(_, label)| label >= same_from).collect();
        let ranking = Ranking::new(&cosines, &same);
        let find = |counts: &[u32]| {
            let wished = ranking.threshold_for_precision(counts, wished_precision);
            [ranking.best_f1(counts), wished]
        };
        let [best, wished] = find(&vec![1; pairs.len()]);
        let Sampling { rounds, seed } = sampling;
        let drawn = intervals(pairs.len(), rounds, seed, |counts| {
            find(counts).map(|found| found.map(|found| found.threshold))
        });
        let cutoff = |found: Option<Threshold>, drawn| {
            let found = found?;
            let accepted = cosines.iter().filter(|&&c| c >= found.threshold).count();
            Some(cutoff(found, accepted, drawn, curve))
        };
        Self {
            same: same.iter().filter(|&&same| same).count(),
            best_f1: cutoff(best, drawn[0]),
            wished_precision,
            at_precision: cutoff(wished, drawn[1]),
        }
    }
}

fn cutoff(found: Threshold, accepted: usize, drawn: Option<Interval>, curve: &Curve) -> Cutoff {
    let similarities = drawn.map(|drawn| Interval {
        low: curve.similarity(drawn.low),
        high: curve.similarity(drawn.high),
    });
    let similarity = curve.similarity(found.threshold);
    Cutoff {
        similarity: Estimate::new(Some(similarity), similarities),
        cosine: Estimate::new(Some(found.threshold), drawn),
        accepted,
        precision: found.precision,
        recall: found.recall,
        f1: found.f1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling {
        rounds: 200,
        seed: 1,
    };

    /// From 0.5 on most are the same, from 0.7 on all.
    fn pairs() -> Vec<(f64, f64)> {
        let pair = |i: u32| {
            let cosine = f64::from(i) / 1000.0;
            let same = match i {
                0..500 => i.is_multiple_of(10),
                500..700 => !i.is_multiple_of(10),
                _ => true,
            };
            (cosine, f64::from(u8::from(same)))
        };
        (0..1000).map(pair).collect()
    }

    #[test]
    fn thresholds_lie_within_their_intervals() {
        let curve = Curve::new(vec![(-1.0, 0.0), (0.5, 0.2), (1.0, 1.0)]).unwrap();
        let cutoffs = Cutoffs::of(&pairs(), 0.5, 0.99, &curve, SAMPLING);
        assert_eq!((cutoffs.same, cutoffs.wished_precision), (530, 0.99));
        let best = cutoffs.best_f1.unwrap();
        assert!((best.cosine.value.unwrap() - 0.5).abs() < 0.02, "{best:?}");
        assert!(
            (best.similarity.value.unwrap() - 0.2).abs() < 0.03,
            "{best:?}"
        );
        let strict = cutoffs.at_precision.unwrap();
        assert!(strict.precision >= 0.99);
        let right = strict.precision * strict.accepted as f64;
        assert!((right - strict.recall * 530.0).abs() < 1e-9, "{strict:?}");
        assert!(strict.cosine.value.unwrap() > 0.6, "{strict:?}");
        for cutoff in [best, strict] {
            let (value, interval) = (
                cutoff.cosine.value.unwrap(),
                cutoff.cosine.interval().unwrap(),
            );
            assert!(
                interval.low <= value && value <= interval.high,
                "{cutoff:?}"
            );
            let mapped = cutoff.similarity.interval().unwrap();
            assert_eq!(mapped.low, curve.similarity(interval.low));
        }
    }

    #[test]
    fn what_no_threshold_achieves_is_left_out() {
        let curve = Curve::new(vec![(-1.0, 0.0), (1.0, 1.0)]).unwrap();
        // The highest of all is not the same.
        let pairs: Vec<_> = pairs().into_iter().chain([(0.9999, 0.0)]).collect();
        let cutoffs = Cutoffs::of(&pairs, 0.5, 0.999, &curve, SAMPLING);
        assert_eq!(cutoffs.at_precision, None);
        assert!(cutoffs.best_f1.is_some());
        let one_kind = Cutoffs::of(&pairs[..20], 2.0, 0.9, &curve, SAMPLING);
        assert_eq!((one_kind.same, one_kind.best_f1), (0, None));
    }
}
