//! Cosine similarity of unit vectors.

/// Cosine similarity of two unit vectors of one length: their dot product, cut to [-1, 1].
///
/// The sum runs in double precision, so that vectors that are unit vectors only to the precision
/// of `f32` stray as little as possible. A result that is no number (which no unit vector causes)
/// is 0: a reply never carries NaN.
///
/// # Panics
/// When the lengths differ: vectors of two models have no cosine.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "vectors of two models have no cosine");
    let products = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y));
    let sum: f64 = products.sum();
    if sum.is_nan() {
        0.0
    } else {
        sum.clamp(-1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_the_dot_product() {
        assert_eq!(cosine(&[1.0, 0.0], &[0.0, 1.0]), 0.0);
        assert_eq!(cosine(&[0.0, 1.0], &[0.0, -1.0]), -1.0);
        assert!((cosine(&[0.6, 0.8], &[0.8, 0.6]) - 0.96).abs() < 1e-7);
    }

    #[test]
    fn is_cut_where_rounding_leaves_the_range() {
        let long = [0.8, 0.600_001];
        assert_eq!(cosine(&long, &long), 1.0);
        assert_eq!(cosine(&long, &long.map(|x: f32| -x)), -1.0);
    }

    #[test]
    fn what_is_no_number_becomes_zero() {
        assert_eq!(cosine(&[f32::NAN, 1.0], &[1.0, 0.0]), 0.0);
        assert_eq!(cosine(&[f32::INFINITY], &[0.0]), 0.0);
    }

    proptest! {
        #[test]
        fn is_symmetric_and_in_range(pairs in proptest::collection::vec((any::<f32>(), any::<f32>()), 0..40)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let score = cosine(&a, &b);
            prop_assert!((-1.0..=1.0).contains(&score));
            prop_assert_eq!(score, cosine(&b, &a));
        }
    }
}
