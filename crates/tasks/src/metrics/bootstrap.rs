//! Percentile intervals from samples drawn with replacement.

use serde::Serialize;

/// Between which values a statistic lies in 95 % of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

/// The 95 % percentile interval of a statistic of `n` observations.
///
/// `statistic` is handed the counts of a sample: how many times each observation is in it, `n` in sum. Samples in
/// which it is not defined are left out; `None` when those are more than half of the `rounds`. The same `seed` draws the same
/// samples for the same `n`, so two statistics of one data set are compared pair by pair.
pub fn interval(
    n: usize,
    rounds: usize,
    seed: u64,
    mut statistic: impl FnMut(&[u32]) -> Option<f64>,
) -> Option<Interval> {
    let [interval] = intervals(n, rounds, seed, |counts| [statistic(counts)]);
    interval
}

/// Like [`interval`], for several statistics of the same samples.
pub fn intervals<const K: usize>(
    n: usize,
    rounds: usize,
    seed: u64,
    mut statistics: impl FnMut(&[u32]) -> [Option<f64>; K],
) -> [Option<Interval>; K] {
    let mut generator = Generator(seed);
    let mut counts = vec![0; n];
    let mut drawn: [Vec<f64>; K] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    // There is nothing to draw from an empty set.
    for _ in 0..if n == 0 { 0 } else { rounds } {
        counts.fill(0);
        for _ in 0..n {
            counts[generator.below(n)] += 1;
        }
        for (values, value) in drawn.iter_mut().zip(statistics(&counts)) {
            values.extend(value.filter(|v| v.is_finite()));
        }
    }
    drawn.map(|values| percentiles(values, rounds))
}

fn percentiles(mut values: Vec<f64>, rounds: usize) -> Option<Interval> {
    if values.is_empty() || 2 * values.len() < rounds {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some(Interval {
        low: quantile(&values, 0.025),
        high: quantile(&values, 0.975),
    })
}

/// A quantile of sorted values, between two of them by their distance; `part` is in [0, 1].
///
/// # Panics
/// When there is no value.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// Which of so many parts each of `n` observations is in, drawn: all parts are as large, but for one observation. What follows a pattern in the data, as questions that
/// stand there in turn, is so in all of them.
///
/// # Panics
/// When there are no parts.
pub fn parts(n: usize, parts: usize, seed: u64) -> Vec<usize> {
    let mut drawn: Vec<usize> = (0..n).map(|i| i % parts).collect();
    let mut generator = Generator(seed);
    for i in (1..n).rev() {
        drawn.swap(i, generator.below(i + 1));
    }
    drawn
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`. The upper half of a product favours some numbers by at most `n` in 2⁶⁴, which nobody sees.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64], counts: &[u32]) -> Option<f64> {
        let n: u32 = counts.iter().sum();
        let sum: f64 = values
            .iter()
            .zip(counts)
            .map(|(v, &c)| v * f64::from(c))
            .sum();
        (n > 0).then(|| sum / f64::from(n))
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_normal_distribution() {
        // Mean 0.5, standard error √(1/12 / 1200) ≈ 0.00833: ± 1.96 of it.
        let values: Vec<f64> = (0..1200).map(|i| (f64::from(i) + 0.5) / 1200.0).collect();
        let found = interval(1200, 4000, 7, |counts| mean(&values, counts)).unwrap();
        assert!((found.low - (0.5 - 0.01633)).abs() < 0.001, "{found:?}");
        assert!((found.high - (0.5 + 0.01633)).abs() < 0.001, "{found:?}");
    }

    #[test]
    fn samples_have_the_size_of_the_data_and_follow_from_the_seed() {
        let values: Vec<f64> = (0..50).map(f64::from).collect();
        let run = |seed| {
            interval(50, 200, seed, |counts| {
                assert_eq!(counts.iter().sum::<u32>(), 50);
                mean(&values, counts)
            })
        };
        assert_eq!(run(1), run(1));
        assert_ne!(run(1), run(2));
    }

    #[test]
    fn what_is_rarely_defined_has_no_interval() {
        let mut round = 0;
        let sometimes = |every: usize, round: &mut usize| {
            *round += 1;
            round.is_multiple_of(every).then_some(1.0)
        };
        assert_eq!(interval(3, 100, 0, |_| sometimes(3, &mut round)), None);
        assert!(interval(3, 100, 0, |_| sometimes(2, &mut round)).is_some());
        assert_eq!(interval(3, 100, 0, |_| Some(f64::NAN)), None);
        assert_eq!(interval(0, 100, 0, |_| Some(1.0)), None);
    }

    #[test]
    fn parts_are_as_large_and_without_a_pattern() {
        let drawn = parts(1001, 5, 1);
        let sizes = [0, 1, 2, 3, 4].map(|part| drawn.iter().filter(|of| **of == part).count());
        assert_eq!(sizes, [201, 200, 200, 200, 200]);
        assert_eq!(drawn, parts(1001, 5, 1));
        let fifths = drawn.iter().step_by(5).filter(|of| **of == 0).count();
        assert!((20..60).contains(&fifths), "{fifths}");
        assert!(parts(0, 5, 1).is_empty());
    }

    #[test]
    fn quantiles_lie_between_the_values() {
        let values = [1.0, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.5), 2.0);
        assert_eq!(quantile(&values, 0.75), 3.0);
        assert_eq!(quantile(&[7.0], 0.9), 7.0);
    }
}
