//! The best of many scores.

use std::cmp::Ordering;

/// A row and its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Which row.
    pub row: usize,
    /// Its score.
    pub score: f32,
}

impl Hit {
    /// The higher score first; of equal ones the lower row.
    fn order(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then(self.row.cmp(&other.row))
    }
}

/// The best `k` of the hits that it was offered.
///
/// Up to twice as many are kept, and thinned out whenever that is reached: a few comparisons each, however large k is.
/// Which are kept does not depend on the order in which they come.
pub(crate) struct Top {
    k: usize,
    kept: Vec<Hit>,
    /// No worse than the worst score that can be among the best.
    least: f32,
}

impl Top {
    /// Nothing yet; `k` is at least 1.
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            kept: Vec::new(),
            least: f32::NEG_INFINITY,
        }
    }

    /// Whether a score may be among the best: what else has to be asked of a row is worth asking.
    pub(crate) fn may_take(&self, score: f32) -> bool {
        score >= self.least
    }

    /// Takes a score into account. One that is no number is none.
    pub(crate) fn offer(&mut self, row: usize, score: f32) {
        if self.may_take(score) {
            self.kept.push(Hit { row, score });
            if self.kept.len() == 2 * self.k {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        if self.kept.len() > self.k {
            let (_, worst, _) = self.kept.select_nth_unstable_by(self.k - 1, Hit::order);
            self.least = worst.score;
            self.kept.truncate(self.k);
        }
    }

    /// Takes all that another was offered into account.
    pub(crate) fn merge(&mut self, other: Self) {
        other
            .kept
            .into_iter()
            .for_each(|hit| self.offer(hit.row, hit.score));
    }

    /// The best, in order.
    pub(crate) fn into_hits(mut self) -> Vec<Hit> {
        self.thin();
        self.kept.sort_unstable_by(Hit::order);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random;

    #[test]
    fn keeps_the_best_in_any_order_of_coming() {
        // Many equal scores, and some that are none.
        let mut scores: Vec<f32> = random(500, 71).iter().map(|x| (x * 20.0).round()).collect();
        (scores[3], scores[99]) = (f32::NAN, f32::NEG_INFINITY);
        let mut sorted: Vec<Hit> = (0..500)
            .map(|row| Hit {
                row,
                score: scores[row],
            })
            .filter(|hit| !hit.score.is_nan())
            .collect();
        sorted.sort_by(Hit::order);
        for k in [1, 2, 7, 250, 499, 600] {
            let want = &sorted[..k.min(499)];
            for step in [1, 3, 7, 499] {
                let (mut first, mut second) = (Top::new(k), Top::new(k));
                for i in 0..500 {
                    let row = i * step % 500;
                    let half = if i % 3 == 0 { &mut first } else { &mut second };
                    half.offer(row, scores[row]);
                }
                first.merge(second);
                assert_eq!(first.into_hits(), want, "{k} {step}");
            }
        }
    }
}
