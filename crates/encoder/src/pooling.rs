//! From the last hidden states of a text to its unit vector.

use crate::forward::{Batch, Workspace};
use crate::spec::Pooling;
use std::ops::Range;
use yuyi_kernels::MatrixView;

/// A direction: a vector of length 1, and how long it was before it was scaled to that.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Direction {
    pub(crate) unit: Vec<f32>,
    pub(crate) length: f64,
}

impl Direction {
    /// `None` when the vector is not finite or has no length.
    pub(crate) fn of(vector: &[f64]) -> Option<Self> {
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

/// The pooled vector of each text of a batch whose hidden states are in `space`.
pub(crate) fn pool(pooling: Pooling, space: &Workspace, batch: &Batch) -> Vec<Vec<f64>> {
    let (hidden, previous) = (space.hidden.view(), space.previous.view());
    let pooled = |text: Range<usize>| match pooling {
        Pooling::MeanLastTwo => {
            let last = mean(hidden, text.clone());
            let both = last.iter().zip(mean(previous, text));
            both.map(|(a, b)| (a + b) / 2.0).collect()
        }
        _ => of_layer(pooling, hidden, text),
    };
    batch.texts().map(pooled).collect()
}

/// Pools the rows of a text of one layer.
fn of_layer(pooling: Pooling, hidden: MatrixView<'_>, text: Range<usize>) -> Vec<f64> {
    match pooling {
        Pooling::Cls => row(hidden, text.start),
        Pooling::LastToken => row(hidden, text.end - 1),
        Pooling::Mean | Pooling::MeanLastTwo => mean(hidden, text),
        Pooling::MeanSqrtLen => {
            let root = (text.len() as f64).sqrt();
            mean(hidden, text).into_iter().map(|x| x * root).collect()
        }
        Pooling::WeightedMean => weighted_mean(hidden, text, |place| (place + 1) as f64),
        Pooling::Max => largest(hidden, text),
    }
}

fn row(hidden: MatrixView<'_>, i: usize) -> Vec<f64> {
    hidden.row(i).iter().map(|&x| f64::from(x)).collect()
}

fn mean(hidden: MatrixView<'_>, text: Range<usize>) -> Vec<f64> {
    weighted_mean(hidden, text, |_| 1.0)
}

/// Each token counts by its place in the text.
fn weighted_mean(
    hidden: MatrixView<'_>,
    text: Range<usize>,
    weight: impl Fn(usize) -> f64,
) -> Vec<f64> {
    let (mut sum, mut total) = (vec![0.0; hidden.columns()], 0.0);
    for (place, i) in text.enumerate() {
        let weight = weight(place);
        total += weight;
        let numbers = sum.iter_mut().zip(hidden.row(i));
        numbers.for_each(|(s, &x)| *s += weight * f64::from(x));
    }
    sum.iter().map(|s| s / total).collect()
}

fn largest(hidden: MatrixView<'_>, text: Range<usize>) -> Vec<f64> {
    let mut top = vec![f64::NEG_INFINITY; hidden.columns()];
    for i in text {
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

    fn direction(pooling: Pooling, hidden: &Matrix, text: Range<usize>) -> Option<Direction> {
        Direction::of(&of_layer(pooling, hidden.view(), text))
    }

    #[test]
    fn pools_only_the_rows_of_the_text() {
        let m = hidden();
        let pooled = |pooling| of_layer(pooling, m.view(), 1..3);
        assert_eq!(pooled(Pooling::Cls), [3.0, -4.0]);
        assert_eq!(pooled(Pooling::Mean), [2.0, 0.0]);
        assert_eq!(pooled(Pooling::Max), [3.0, 4.0]);
        assert_eq!(pooled(Pooling::LastToken), [1.0, 4.0]);
        assert_eq!(pooled(Pooling::MeanSqrtLen), [8.0_f64.sqrt(), 0.0]);
        assert_eq!(pooled(Pooling::WeightedMean), [5.0 / 3.0, 4.0 / 3.0]);
        let direction = direction(Pooling::Cls, &m, 1..3).unwrap();
        assert_eq!((direction.unit, direction.length), (vec![0.6, -0.8], 5.0));
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
            for pooling in Pooling::ALL {
                assert!(direction(pooling, &m, 0..1).is_none());
            }
        }
    }

    #[test]
    fn a_nan_is_never_the_smaller_one() {
        for row in 0..3 {
            let mut m = hidden();
            m.row_mut(row)[0] = f32::NAN;
            assert!(direction(Pooling::Max, &m, 0..3).is_none(), "{row}");
        }
    }
}
