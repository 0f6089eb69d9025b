//! A number that is added to every score, by how far the key stands behind the query.

use crate::matrix::Matrix;

/// For each head the numbers of all distances, in their order: those of a query's keys lie side by side.
pub struct DistanceBias {
    /// [heads, 2 · reach − 1].
    rows: Matrix,
    /// Tokens of the longest text.
    reach: usize,
}

impl DistanceBias {
    /// For texts of up to `reach` tokens; `bias` tells the number of a head and of the key's place less the query's.
    ///
    /// # Panics
    /// When there is no token.
    pub fn new(heads: usize, reach: usize, bias: impl Fn(usize, isize) -> f32) -> Self {
        assert!(reach > 0);
        let mut rows = Matrix::zeros(heads, 2 * reach - 1);
        for head in 0..heads {
            let distances = 1 - reach as isize..;
            let numbers = rows.row_mut(head).iter_mut().zip(distances);
            numbers.for_each(|(x, distance)| *x = bias(head, distance));
        }
        Self { rows, reach }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        Self::bytes_of(self.rows.rows(), self.reach)
    }

    /// What [`Self::bytes`] will be for so many heads and tokens.
    pub fn bytes_of(heads: usize, reach: usize) -> usize {
        heads * (2 * reach - 1) * size_of::<f32>()
    }

    /// The numbers of a query and of the first `keys` keys of its text.
    ///
    /// # Panics
    /// When the text is longer than the reach.
    pub(super) fn of_query(&self, head: usize, query: usize, keys: usize) -> &[f32] {
        assert!(query < self.reach && keys <= self.reach);
        &self.rows.row(head)[self.reach - 1 - query..][..keys]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_finds_its_keys() {
        let bias = DistanceBias::new(2, 4, |head, distance| (100 * head) as f32 + distance as f32);
        assert_eq!(bias.of_query(0, 0, 4), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(bias.of_query(0, 3, 4), [-3.0, -2.0, -1.0, 0.0]);
        assert_eq!(bias.of_query(1, 1, 2), [99.0, 100.0]);
        assert_eq!(bias.bytes(), DistanceBias::bytes_of(2, 4));
    }
}
