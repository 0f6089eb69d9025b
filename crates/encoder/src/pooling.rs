//! From the last hidden states of a text to its unit vector.

use crate::spec::Pooling;
use yuyi_kernels::MatrixView;

/// Pools rows `first..end` of `hidden` and scales the result to length 1.
/// `None` when the result is not finite or has no length, which only broken weights can cause.
pub(crate) fn unit_vector(
    pooling: Pooling,
    hidden: MatrixView<'_>,
    first: usize,
    end: usize,
) -> Option<Vec<f32>> {
    let pooled = match pooling {
        Pooling::Cls => hidden.row(first).iter().map(|&x| f64::from(x)).collect(),
        Pooling::Mean => mean(hidden, first, end),
        Pooling::Max => largest(hidden, first, end),
    };
    let length = pooled.iter().map(|x| x * x).sum::<f64>().sqrt();
    let usable = length.is_finite() && length > 0.0;
    usable.then(|| pooled.iter().map(|x| (x / length) as f32).collect())
}

fn mean(hidden: MatrixView<'_>, first: usize, end: usize) -> Vec<f64> {
    let mut sum = vec![0.0; hidden.columns()];
    for i in first..end {
        sum.iter_mut()
            .zip(hidden.row(i))
            .for_each(|(s, &x)| *s += f64::from(x));
    }
    sum.iter().map(|s| s / (end - first) as f64).collect()
}

fn largest(hidden: MatrixView<'_>, first: usize, end: usize) -> Vec<f64> {
    let mut top = vec![f64::NEG_INFINITY; hidden.columns()];
    for i in first..end {
        // Not f64::max, which would drop a NaN.
        for (t, &x) in top.iter_mut().zip(hidden.row(i)) {
            let x = f64::from(x);
            if x > *t || x.is_nan() {
                *t = x;
            }
        }
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_kernels::Matrix;

    fn hidden() -> Matrix {
        let mut m = Matrix::zeros(3, 2);
        m.row_mut(0).copy_from_slice(&[9.0, 9.0]);
        m.row_mut(1).copy_from_slice(&[3.0, -4.0]);
        m.row_mut(2).copy_from_slice(&[1.0, 4.0]);
        m
    }

    #[test]
    fn pools_only_the_rows_of_the_text() {
        let m = hidden();
        assert_eq!(
            unit_vector(Pooling::Cls, m.view(), 1, 3).unwrap(),
            [0.6, -0.8]
        );
        assert_eq!(
            unit_vector(Pooling::Mean, m.view(), 1, 3).unwrap(),
            [1.0, 0.0]
        );
        assert_eq!(
            unit_vector(Pooling::Max, m.view(), 1, 3).unwrap(),
            [0.6, 0.8]
        );
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        for bad in [0.0, f32::NAN, f32::INFINITY] {
            let mut m = Matrix::zeros(1, 2);
            m.row_mut(0).fill(bad);
            for pooling in [Pooling::Cls, Pooling::Mean, Pooling::Max] {
                assert!(unit_vector(pooling, m.view(), 0, 1).is_none());
            }
        }
    }

    #[test]
    fn a_nan_is_never_the_smaller_one() {
        for row in 0..3 {
            let mut m = hidden();
            m.row_mut(row)[0] = f32::NAN;
            assert!(unit_vector(Pooling::Max, m.view(), 0, 3).is_none(), "{row}");
        }
    }
}
