//! Fits to made-up pairs.

use proptest::prelude::*;

use super::*;

/// Pairs whose labels rise from 0 to 1 between the cosines, with some that stray.
fn pairs(n: usize, low: f64, high: f64) -> Vec<(f64, f64)> {
    let pair = |i: usize| {
        let share = i as f64 / (n - 1) as f64;
        let stray = [0.0, 0.25, -0.25, 0.0, 0.1][i % 5];
        (low + share * (high - low), (share + stray).clamp(0.0, 1.0))
    };
    (0..n).map(pair).collect()
}

#[test]
fn follows_the_labels() {
    let curve = fit(&pairs(600, 0.75, 0.99)).unwrap();
    assert!(curve.knots().len() <= 14, "{curve:?}");
    for share in [0.1, 0.25, 0.5, 0.75, 0.9] {
        let similarity = curve.similarity(0.75 + share * 0.24);
        assert!((similarity - share).abs() < 0.06, "{share} {similarity}");
    }
    assert!(curve.similarity(0.7) < 0.07);
}

#[test]
fn yes_or_no_becomes_a_probability() {
    // Of four pairs of one cosine, one is alike at 0.6, two at 0.8, three at 0.9.
    let group = |cosine: f64, alike: usize| {
        (0..100).map(move |i| {
            (
                cosine + f64::from(i) * 1e-5,
                f64::from(u8::from(i as usize % 4 < alike)),
            )
        })
    };
    let pairs: Vec<_> = group(0.6, 1)
        .chain(group(0.8, 2))
        .chain(group(0.9, 3))
        .collect();
    let curve = fit(&pairs).unwrap();
    for (cosine, share) in [(0.6, 0.25), (0.8, 0.5), (0.9, 0.75)] {
        assert!((curve.similarity(cosine) - share).abs() < 0.08, "{curve:?}");
    }
}

#[test]
fn identical_texts_are_the_same_whatever_the_labels_say() {
    let mut pairs = pairs(100, 0.7, 0.98);
    pairs.extend((0..50).map(|i| (0.9996 + f64::from(i) * 1e-6, 0.25)));
    for pairs in [
        pairs,
        (0..40)
            .map(|i| (0.5 + f64::from(i) * 0.0128, f64::from(i) * 0.01))
            .collect(),
    ] {
        let curve = fit(&pairs).unwrap();
        assert!(curve.similarity(0.9999) >= 0.99, "{curve:?}");
        assert!(curve.similarity(0.9999) < 1.0);
    }
}

#[test]
fn sets_without_unrelated_pairs_go_on_downwards() {
    let alike: Vec<_> = pairs(200, 0.8, 0.98)
        .into_iter()
        .map(|(x, y)| (x, 0.4 + 0.6 * y))
        .collect();
    let curve = fit(&alike).unwrap();
    let at = |cosine| curve.similarity(cosine);
    assert!((at(0.82) - 0.45).abs() < 0.06, "{curve:?}");
    assert!(at(0.6) < 0.02, "{curve:?}");
    assert!(at(0.0) > 0.0);
}

#[test]
fn parts_that_are_all_alike_still_rise() {
    let flat = (0..100).map(|i| (f64::from(i) / 101.0, f64::from(u8::from(i >= 90))));
    let curve = fit(&flat.collect::<Vec<_>>()).unwrap();
    assert_eq!(curve.knots().len(), 2 + 6, "{curve:?}");
    assert!(curve.similarity(0.7) < 0.02);
}

#[test]
fn order_and_ties_do_not_matter() {
    let mut tied: Vec<_> = pairs(100, 0.7, 0.95)
        .into_iter()
        .map(|(x, y)| (round(x * 0.01) * 100.0, y))
        .collect();
    let curve = fit(&tied).unwrap();
    tied.reverse();
    tied.rotate_left(17);
    assert_eq!(fit(&tied).unwrap(), curve);
}

#[test]
fn what_cannot_be_fitted_is_said() {
    assert_eq!(fit(&pairs(19, 0.0, 0.9)), Err(FitError::TooFewPairs(19)));
    assert!(fit(&pairs(20, 0.0, 0.9)).is_ok());
    assert_eq!(
        held_out(&pairs(19, 0.0, 0.9)),
        Err(FitError::TooFewPairs(19))
    );
    let falling: Vec<_> = pairs(50, 0.0, 0.9)
        .into_iter()
        .map(|(x, y)| (x, 1.0 - y))
        .collect();
    let constant: Vec<_> = pairs(50, 0.0, 0.9)
        .into_iter()
        .map(|(x, _)| (x, 1.0))
        .collect();
    let one_cosine: Vec<_> = pairs(50, 0.0, 0.9)
        .into_iter()
        .map(|(_, y)| (0.5, y))
        .collect();
    for pairs in [falling, constant, one_cosine] {
        assert_eq!(fit(&pairs), Err(FitError::NoRise));
    }
}

#[test]
fn the_half_that_is_held_out_is_not_fitted_to() {
    // Of two pairs with neighbouring cosines, the first is alike and the second is not.
    let pairs: Vec<_> = (0..100)
        .map(|i| {
            (
                0.5 + f64::from(i) * 0.004,
                if i % 2 == 0 {
                    f64::from(i) / 100.0
                } else {
                    0.0
                },
            )
        })
        .collect();
    let (curve, held_out) = held_out(&pairs).unwrap();
    assert_eq!(held_out.len(), 50);
    assert!(held_out.iter().all(|pair| pair.1 == 0.0));
    assert!((curve.similarity(0.7) - 0.5).abs() < 0.05, "{curve:?}");
}

proptest! {
    #[test]
    fn whatever_fits_is_a_curve_with_both_ends(
        pairs in proptest::collection::vec((-1.0..=1.0_f64, 0.0..=1.0_f64), 20..120),
        decimals in 1..6_i32,
    ) {
        // Coarse numbers have ties.
        let scale = 10_f64.powi(decimals);
        let pairs: Vec<_> = pairs.into_iter().map(|(x, y)| ((x * scale).round() / scale, (y * scale).round() / scale)).collect();
        if let Ok(curve) = fit(&pairs) {
            prop_assert!(curve.knots().len() <= 14);
            prop_assert!(curve.similarity(0.9999) >= 0.99);
            prop_assert_eq!((curve.similarity(-1.0), curve.similarity(1.0)), (0.0, 1.0));
        }
    }

    #[test]
    fn rising_pairs_always_fit(
        cosines in proptest::collection::btree_set(-99_000..99_000_i32, 40..80),
    ) {
        let n = cosines.len() as f64;
        let pairs: Vec<_> = cosines.into_iter().enumerate().map(|(i, x)| (f64::from(x) / 1e5, i as f64 / n)).collect();
        prop_assert!(fit(&pairs).is_ok());
    }
}
