//! From the last hidden states of a text to its unit vector.

use crate::spec::Pooling;
use yuyi_kernels::MatrixView;

/// A direction: a vector of length 1, and how long it was before it was scaled to that.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Direction {
    pub(crate) unit: Vec<f32>,
    pub(crate) length: f64,
}

impl Direction {
    /// `None` when the vector is not finite or has no length.
    fn of(vector: &[f64]) -> Option<Self> {
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let usable = length.is_finite() && length > 0.0;
        usable.then(|| Self {
            unit: vector.iter().map(|x| (x / length) as f32).collect(),
            length,
        })
    }

    /// The average of several. Those that cancel each other out leave the first.
    pub(crate) fn mean(mut directions: Vec<Self>) -> Option<Self> {
        if directions.len() < 2 {
            return directions.pop();
        }
        let mut sum = vec![0.0; directions[0].unit.len()];
        for direction in &directions {
            let numbers = direction.unit.iter().map(|&x| f64::from(x));
            sum.iter_mut().zip(numbers).for_each(|(s, x)| *s += x);
        }
        let count = directions.len() as f64;
        sum.iter_mut().for_each(|s| *s /= count);
        Self::of(&sum).or_else(|| directions.into_iter().next())
    }
}

/// Pools rows `first..end` of `hidden` and scales the result to length 1.
/// `None` when the result is not finite or has no length, which only broken weights can cause.
pub(crate) fn unit_vector(
    pooling: Pooling,
    hidden: MatrixView<'_>,
    first: usize,
    end: usize,
) -> Option<Direction> {
    let pooled: Vec<f64> = match pooling {
        Pooling::Cls => hidden.row(first).iter().map(|&x| f64::from(x)).collect(),
        Pooling::Mean => mean(hidden, first, end),
        Pooling::Max => largest(hidden, first, end),
    };
    Direction::of(&pooled)
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
            Direction {
                unit: vec![0.6, -0.8],
                length: 5.0
            }
        );
        assert_eq!(
            unit_vector(Pooling::Mean, m.view(), 1, 3).unwrap().unit,
            [1.0, 0.0]
        );
        assert_eq!(
            unit_vector(Pooling::Max, m.view(), 1, 3).unwrap().unit,
            [0.6, 0.8]
        );
    }

    #[test]
    fn windows_are_averaged() {
        let direction = |unit: [f32; 2]| Direction {
            unit: unit.to_vec(),
            length: 7.0,
        };
        let mean = Direction::mean(vec![direction([1.0, 0.0]), direction([0.0, 1.0])]).unwrap();
        let half = 0.5_f64.sqrt();
        assert_eq!(mean.unit, [half as f32; 2]);
        assert!((mean.length - half).abs() < 1e-12);
        let single = direction([0.6, 0.8]);
        assert_eq!(Direction::mean(vec![single.clone()]), Some(single));
        let opposite = vec![direction([1.0, 0.0]), direction([-1.0, 0.0])];
        assert_eq!(Direction::mean(opposite), Some(direction([1.0, 0.0])));
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
