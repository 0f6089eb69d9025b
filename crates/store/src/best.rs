//! The best of many scores.

/// The `k` highest of the scores that it was offered, with what they are of; of equal ones the smallest.
pub(crate) struct Best<T> {
    k: usize,
    /// Up to twice as many, thinned out when that is reached.
    kept: Vec<(f64, T)>,
    least: f64,
}

impl<T: Ord + Copy> Best<T> {
    pub(crate) fn new(k: usize) -> Self {
        Self {
            k,
            kept: Vec::new(),
            least: f64::NEG_INFINITY,
        }
    }

    pub(crate) fn offer(&mut self, score: f64, of: T) {
        if score >= self.least && self.k > 0 {
            self.kept.push((score, of));
            if self.kept.len() >= 2 * self.k {
                self.thin();
            }
        }
    }

    fn thin(&mut self) {
        if self.kept.len() > self.k {
            let (_, worst, _) = self.kept.select_nth_unstable_by(self.k - 1, Self::order);
            self.least = worst.0;
            self.kept.truncate(self.k);
        }
    }

    fn order(a: &(f64, T), b: &(f64, T)) -> std::cmp::Ordering {
        b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
    }

    /// The highest first.
    pub(crate) fn into_sorted(mut self) -> Vec<(f64, T)> {
        self.thin();
        self.kept.sort_unstable_by(Self::order);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_highest() {
        for k in [0, 1, 3, 50, 200] {
            let mut best = Best::new(k);
            (0..100).for_each(|i| best.offer(f64::from(i * 37 % 100 / 4), i));
            let mut all: Vec<(f64, i32)> =
                (0..100).map(|i| (f64::from(i * 37 % 100 / 4), i)).collect();
            all.sort_by(Best::order);
            all.truncate(k);
            assert_eq!(best.into_sorted(), all, "{k}");
        }
    }
}
