//! How well scores separate positives from negatives.

use serde::Serialize;

/// Scores of positives and negatives, sorted. Equal scores count as one step, so no metric depends on the order of the data.
pub struct Ranking {
    /// Observations by falling score.
    order: Vec<Scored>,
}

struct Scored {
    index: u32,
    positive: bool,
    score: f64,
    /// The next score is lower.
    ends_tie: bool,
}

/// A point of the ROC curve: what is accepted at scores of `threshold` and more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// The least accepted score; infinite at the first point, where nothing is.
    pub threshold: f64,
    /// Share of the negatives that are accepted.
    pub false_positive_rate: f64,
    /// Share of the positives that are accepted.
    pub true_positive_rate: f64,
}

/// A threshold, and what it achieves: scores of `threshold` and more are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// The least accepted score, on the scale of the scores that were ranked.
    pub threshold: f64,
    /// Share of the accepted that are positive.
    pub precision: f64,
    /// Share of the positives that are accepted.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
}

/// How many are accepted at a threshold.
#[derive(Clone, Copy, Default)]
struct Accepted {
    positives: u64,
    negatives: u64,
}

impl Accepted {
    fn precision(self) -> f64 {
        self.positives as f64 / (self.positives + self.negatives) as f64
    }

    fn recall(self, all: Self) -> f64 {
        self.positives as f64 / all.positives as f64
    }

    fn f1(self, all: Self) -> f64 {
        let chosen = self.positives + self.negatives + all.positives;
        2.0 * self.positives as f64 / chosen as f64
    }

    fn at(self, threshold: f64, all: Self) -> Threshold {
        Threshold {
            threshold,
            precision: self.precision(),
            recall: self.recall(all),
            f1: self.f1(all),
        }
    }
}

impl Ranking {
    /// Sorts finite scores.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn new(scores: &[f64], positive: &[bool]) -> Self {
        assert_eq!(scores.len(), positive.len(), "each score has one label");
        let mut order: Vec<Scored> = scores
            .iter()
            .zip(positive)
            .zip(0..)
            .map(|((&score, &positive), index)| Scored {
                index,
                positive,
                score,
                ends_tie: true,
            })
            .collect();
        order.sort_by(|a, b| b.score.total_cmp(&a.score));
        for i in 1..order.len() {
            order[i - 1].ends_tie = order[i - 1].score != order[i].score;
        }
        Self { order }
    }

    /// Area under the ROC curve: how often a positive scores above a negative, a tie counting half. `None` with one
    /// class only.
    pub fn auc(&self, counts: &[u32]) -> Option<f64> {
        let all = self.both_classes(counts)?;
        let (mut before, mut twice) = (Accepted::default(), 0u128);
        self.sweep(counts, |_, now| {
            let negatives = now.negatives - before.negatives;
            twice += u128::from(negatives) * u128::from(before.positives + now.positives);
            before = now;
        });
        Some(twice as f64 / 2.0 / (all.positives as f64 * all.negatives as f64))
    }

    /// Average precision as scikit-learn defines it: the sum over thresholds of the step in recall times the
    /// precision there, without interpolation. `None` with one class only.
    pub fn average_precision(&self, counts: &[u32]) -> Option<f64> {
        let all = self.both_classes(counts)?;
        let (mut before, mut sum) = (0, 0.0);
        self.sweep(counts, |_, now| {
            if now.positives > before {
                sum += (now.positives - before) as f64 * now.precision();
                before = now.positives;
            }
        });
        Some(sum / all.positives as f64)
    }

    /// The threshold of the greatest F1, the highest of several. `None` with one class only.
    pub fn best_f1(&self, counts: &[u32]) -> Option<Threshold> {
        let all = self.both_classes(counts)?;
        let mut best: Option<(f64, Accepted)> = None;
        self.sweep(counts, |threshold, now| {
            if best.is_none_or(|(_, best)| now.f1(all) > best.f1(all)) {
                best = Some((threshold, now));
            }
        });
        best.map(|(threshold, accepted)| accepted.at(threshold, all))
    }

    /// The lowest threshold whose precision is at least `wished`: of all such ones it finds the most positives. `None`
    /// where none has it, or with one class only.
    pub fn threshold_for_precision(&self, counts: &[u32], wished: f64) -> Option<Threshold> {
        let all = self.both_classes(counts)?;
        let mut lowest = None;
        self.sweep(counts, |threshold, now| {
            if now.positives + now.negatives > 0 && now.precision() >= wished {
                lowest = Some(now.at(threshold, all));
            }
        });
        lowest
    }

    /// What each distinct score would do as threshold, from the highest. `None` with one class only.
    pub fn thresholds(&self, counts: &[u32]) -> Option<Vec<Threshold>> {
        let all = self.both_classes(counts)?;
        let mut curve = Vec::new();
        self.sweep(counts, |threshold, now| {
            if now.positives + now.negatives > 0 {
                curve.push(now.at(threshold, all));
            }
        });
        Some(curve)
    }

    /// The ROC curve by falling threshold, from (0, 0) to (1, 1). `None` with one class only.
    pub fn roc(&self, counts: &[u32]) -> Option<Vec<RocPoint>> {
        let all = self.both_classes(counts)?;
        let mut points = vec![RocPoint {
            threshold: f64::INFINITY,
            false_positive_rate: 0.0,
            true_positive_rate: 0.0,
        }];
        self.sweep(counts, |threshold, now| {
            points.push(RocPoint {
                threshold,
                false_positive_rate: now.negatives as f64 / all.negatives as f64,
                true_positive_rate: now.recall(all),
            });
        });
        Some(points)
    }

    /// How many there are of each class, where both are there.
    fn both_classes(&self, counts: &[u32]) -> Option<Accepted> {
        let mut all = Accepted::default();
        self.sweep(counts, |_, now| all = now);
        (all.positives > 0 && all.negatives > 0).then_some(all)
    }

    /// Visits the distinct scores from the highest, each with all that is accepted there.
    fn sweep(&self, counts: &[u32], mut visit: impl FnMut(f64, Accepted)) {
        let mut now = Accepted::default();
        for scored in &self.order {
            let count = u64::from(counts[scored.index as usize]);
            // Without a branch: which of the two it is cannot be foreseen.
            now.positives += if scored.positive { count } else { 0 };
            now.negatives += if scored.positive { 0 } else { count };
            if scored.ends_tie {
                visit(scored.score, now);
            }
        }
    }
}
