//! Intervals of shares that were counted.

use super::{Estimate, Interval};

/// Of the normal distribution: 95 % lie within so many standard deviations of its mean.
const DEVIATIONS: f64 = 1.959_964;

impl Estimate {
    /// A share with its 95 % interval; nothing of nothing is not defined.
    pub fn of_share(part: usize, of: usize) -> Self {
        let (part, of) = (part as f64, of as f64);
        let value = (of > 0.0).then(|| part / of);
        Self::new(value, value.map(|_| wilson(part, of, DEVIATIONS)))
    }
}

/// The interval of a share of `part` out of `of` (Wilson, 1927), as many standard `deviations` wide to each side. Unlike that of the normal distribution it stays within
/// [0, 1], and none out of few is not certainly none.
///
/// # Panics
/// When `of` is not positive.
pub fn wilson(part: f64, of: f64, deviations: f64) -> Interval {
    assert!(of > 0.0, "a share is of something");
    let square = deviations * deviations;
    let share = part / of;
    let middle = share + square / (2.0 * of);
    let spread = (share * (1.0 - share) / of + square / (4.0 * of * of)).sqrt();
    let end = |sign: f64| (middle + sign * deviations * spread) / (1.0 + square / of);
    Interval {
        low: end(-1.0).clamp(0.0, share),
        high: end(1.0).clamp(share, 1.0),
    }
}

/// Out of how many a share has to be counted for the low end of its 95 % interval to be at most `within` below it.
///
/// # Panics
/// When `within` is not positive.
pub fn enough(share: f64, within: f64) -> usize {
    assert!(within > 0.0, "no number of observations is exact");
    let is_enough = |of: usize| {
        let of = of as f64;
        share - wilson(share * of, of, DEVIATIONS).low <= within
    };
    let mut most = 1;
    while !is_enough(most) {
        most *= 2;
    }
    let (mut least, mut most) = (most / 2, most);
    while least + 1 < most {
        let middle = least.midpoint(most);
        match is_enough(middle) {
            true => most = middle,
            false => least = middle,
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values of statsmodels' `proportion_confint(method="wilson")`.
    #[test]
    fn intervals_are_those_of_the_book() {
        for (part, of, low, high) in [
            (0, 10, 0.0, 0.277_533),
            (10, 10, 0.722_467, 1.0),
            (19, 20, 0.763_869, 0.991_119),
            (95, 100, 0.888_250, 0.978_456),
        ] {
            let found = Estimate::of_share(part, of);
            let interval = found.interval().unwrap();
            assert!((interval.low - low).abs() < 1e-5, "{part}/{of}: {found:?}");
            assert!(
                (interval.high - high).abs() < 1e-5,
                "{part}/{of}: {found:?}"
            );
        }
        assert_eq!(Estimate::of_share(0, 0), Estimate::default());
    }

    proptest! {
        #[test]
        fn enough_is_the_least_that_is(share in 0.0..=1.0, within in 0.005..0.2) {
            let of = enough(share, within);
            let gap = |of: usize| share - wilson(share * of as f64, of as f64, DEVIATIONS).low;
            prop_assert!(gap(of) <= within);
            prop_assert!(of == 1 || gap(of - 1) > within);
        }

        #[test]
        fn the_share_lies_in_its_interval(of in 1usize..5000, part in 0.0..=1.0f64, deviations in 0.1..4.0) {
            let part = (part * of as f64).floor();
            let found = wilson(part, of as f64, deviations);
            let share = part / of as f64;
            prop_assert!(0.0 <= found.low && found.low <= share && share <= found.high && found.high <= 1.0);
        }
    }
}
