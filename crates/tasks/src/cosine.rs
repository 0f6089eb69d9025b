//! Cosine similarity of unit vectors.

use yuyi_kernels::Kernel;

/// Cosine similarity of two unit vectors of one length, in [-1, 1]: [`yuyi_kernels::cosine`], with the digits that matrices and scans
/// of the same two vectors show.
///
/// # Panics
/// When the lengths differ: vectors of two models have no cosine.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    yuyi_kernels::cosine(Kernel::of_process(), a, b)
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
