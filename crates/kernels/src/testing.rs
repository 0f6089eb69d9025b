//! Seeded numbers for the tests of this crate.

use crate::matrix::Matrix;

/// `n` numbers in [−1, 1), the same for the same seed (xorshift64*).
pub(crate) fn random(n: usize, seed: u64) -> Vec<f32> {
    let mut s = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        s ^= s >> 12;
        s ^= s << 25;
        s ^= s >> 27;
        let top = s.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40;
        top as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// As [`random`], but most of the numbers are small, as in the weights of a real model: the sum of three.
pub(crate) fn bell_shaped(n: usize, seed: u64) -> Vec<f32> {
    let thrice = random(3 * n, seed);
    thrice
        .as_chunks::<3>()
        .0
        .iter()
        .map(|x| x.iter().sum())
        .collect()
}

/// A random matrix.
pub(crate) fn random_matrix(rows: usize, columns: usize, seed: u64) -> Matrix {
    let mut m = Matrix::zeros(rows, columns);
    let values = random(rows * columns, seed);
    for i in 0..rows {
        m.row_mut(i)
            .copy_from_slice(&values[i * columns..][..columns]);
    }
    m
}

/// Distance between two floats in units of the last place of the larger.
pub(crate) fn ulps(got: f32, want: f64) -> f64 {
    let unit = f64::from(f32::EPSILON) * want.abs().max(f64::from(f32::MIN_POSITIVE));
    (f64::from(got) - want).abs() / unit
}

/// A matrix with the same elements.
pub(crate) fn copy_of(m: &Matrix) -> Matrix {
    let mut copy = Matrix::zeros(m.rows(), m.columns());
    (0..m.rows()).for_each(|i| copy.row_mut(i).copy_from_slice(m.row(i)));
    copy
}
