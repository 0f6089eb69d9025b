//! Correlation of scores and grades.

/// Pearson's correlation of two lists of one length; `None` where either does not vary.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    Correlation::new(x, y).pearson(&vec![1; x.len()])
}

/// Spearman's rank correlation of two lists of one length, equal values at the mean of their ranks; `None` where
/// either does not vary.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    Correlation::new(x, y).spearman(&vec![1; x.len()])
}

/// Two lists of finite numbers, sorted.
pub struct Correlation {
    x: Sorted,
    y: Sorted,
}

impl Correlation {
    /// Sorts.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn new(x: &[f64], y: &[f64]) -> Self {
        assert_eq!(x.len(), y.len(), "each score has one grade");
        Self {
            x: Sorted::new(x),
            y: Sorted::new(y),
        }
    }

    /// Pearson's correlation of a sample.
    pub fn pearson(&self, counts: &[u32]) -> Option<f64> {
        weighted(&self.x.values, &self.y.values, counts)
    }

    /// Spearman's correlation of a sample: Pearson's of the ranks that its members have within it.
    pub fn spearman(&self, counts: &[u32]) -> Option<f64> {
        weighted(&self.x.ranks(counts), &self.y.ranks(counts), counts)
    }
}

/// Values with their order.
struct Sorted {
    values: Vec<f64>,
    order: Vec<u32>,
    /// Where each run of equal values ends in `order`.
    ends: Vec<usize>,
}

impl Sorted {
    fn new(values: &[f64]) -> Self {
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_by(|&i, &j| values[i as usize].total_cmp(&values[j as usize]));
        let differs = |&i: &usize| {
            i == order.len() || values[order[i - 1] as usize] != values[order[i] as usize]
        };
        let ends = (1..=order.len()).filter(differs).collect();
        Self {
            values: values.to_vec(),
            order,
            ends,
        }
    }

    /// The rank of each value in a sample, equal ones at the mean of their ranks. Ranks of values that are not in the
    /// sample mean nothing.
    fn ranks(&self, counts: &[u32]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.values.len()];
        let (mut start, mut below) = (0, 0u64);
        for &end in &self.ends {
            let tied = &self.order[start..end];
            let n: u64 = tied.iter().map(|&i| u64::from(counts[i as usize])).sum();
            let rank = below as f64 + (n as f64 + 1.0) / 2.0;
            for &i in tied {
                ranks[i as usize] = rank;
            }
            (start, below) = (end, below + n);
        }
        ranks
    }
}

/// Pearson's correlation where each pair counts so many times.
fn weighted(x: &[f64], y: &[f64], counts: &[u32]) -> Option<f64> {
    let (mut n, mut sum_x, mut sum_y) = (0.0, 0.0, 0.0);
    for ((x, y), &count) in x.iter().zip(y).zip(counts) {
        let count = f64::from(count);
        n += count;
        sum_x += count * x;
        sum_y += count * y;
    }
    let (mean_x, mean_y) = (sum_x / n, sum_y / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for ((x, y), &count) in x.iter().zip(y).zip(counts) {
        let (x, y, count) = (x - mean_x, y - mean_y, f64::from(count));
        xx += count * x * x;
        yy += count * y * y;
        xy += count * x * y;
    }
    // Equal values may stray from their mean by rounding; what is left of a spread then is no spread.
    let varies = |squares: f64, mean: f64| squares > n * (1e-13 * mean).powi(2);
    let is_defined = n > 1.0 && varies(xx, mean_x) && varies(yy, mean_y);
    is_defined
        .then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
        .filter(|r| r.is_finite())
}
