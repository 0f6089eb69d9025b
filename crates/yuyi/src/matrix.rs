//! Every text of one list against every text of another.

use std::borrow::Borrow;

use yuyi_encoder::Encoded;
use yuyi_kernels::{Kernel, Team, Vectors, as_cosine, dot, dots};
use yuyi_tasks::Calibration;

/// Rows from which on vectors are copied side by side: for fewer, that takes longer than the products.
const COPIED_FROM: usize = 4;

/// Columns that lie side by side at a time. Beyond the rows, nothing of the size of the texts is copied.
const COLUMNS_AT_ONCE: usize = 512;

/// Cosines of rows and columns, row by row in one piece of memory; each has the digits that the two texts have as a pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Cosines {
    /// A row of dot products for each row.
    products: Vectors,
}

impl Cosines {
    /// Every row with every column, on the caller's thread. Takes time in proportion to their product: a tenth of a second for some
    /// millions of pairs.
    ///
    /// # Panics
    /// When the vectors are not of one length: those of two models have no cosine.
    pub fn of<T: Borrow<Encoded>>(rows: &[T], columns: &[T]) -> Self {
        let mut products = Vectors::zeros(rows.len(), columns.len());
        match rows.len() {
            0..COPIED_FROM => one_by_one(rows, columns, &mut products),
            _ => in_blocks(rows, columns, &mut products),
        }
        Self { products }
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Vec<f64>> {
        self.products.iter().map(cosines_of)
    }

    /// A row; `None` behind the last.
    pub fn row(&self, index: usize) -> Option<Vec<f64>> {
        (index < self.products.rows()).then(|| cosines_of(self.products.row(index)))
    }
}

fn one_by_one<T: Borrow<Encoded>>(rows: &[T], columns: &[T], products: &mut Vectors) {
    let kernel = Kernel::of_process();
    for (i, a) in rows.iter().enumerate() {
        for (product, b) in products.row_mut(i).iter_mut().zip(columns) {
            *product = dot(kernel, &a.borrow().vector, &b.borrow().vector);
        }
    }
}

fn in_blocks<T: Borrow<Encoded>>(rows: &[T], columns: &[T], products: &mut Vectors) {
    let rows = together(rows);
    let (team, kernel) = (Team::new(1), Kernel::of_process());
    for (i, part) in columns.chunks(COLUMNS_AT_ONCE).enumerate() {
        let part = together(part);
        let mut block = Vectors::zeros(rows.rows(), part.rows());
        dots(&team, kernel, rows.view(), part.view(), block.view_mut());
        for (row, of_part) in block.iter().enumerate() {
            let of_row = &mut products.row_mut(row)[i * COLUMNS_AT_ONCE..];
            of_row[..of_part.len()].copy_from_slice(of_part);
        }
    }
}

fn together<T: Borrow<Encoded>>(texts: &[T]) -> Vectors {
    Vectors::from_rows(texts.iter().map(|text| &text.borrow().vector))
}

fn cosines_of(products: &[f32]) -> Vec<f64> {
    products.iter().map(|&product| as_cosine(product)).collect()
}

/// How alike every text of one list is to every text of another.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The cosines, in [-1, 1].
    pub cosines: Cosines,
    /// The mapping of cosines to similarities.
    pub calibration: Calibration,
    /// Whether each row's text was cut.
    pub truncated_rows: Vec<bool>,
    /// Whether each column's text was cut.
    pub truncated_columns: Vec<bool>,
}

impl Matrix {
    pub(crate) fn of(rows: &[Encoded], columns: &[Encoded], calibration: &Calibration) -> Self {
        let truncated = |texts: &[Encoded]| texts.iter().map(|text| text.truncated).collect();
        Self {
            cosines: Cosines::of(rows, columns),
            calibration: calibration.clone(),
            truncated_rows: truncated(rows),
            truncated_columns: truncated(columns),
        }
    }

    /// The similarities in [0, 1], row by row.
    pub fn similarities(&self) -> impl ExactSizeIterator<Item = Vec<f64>> {
        let similarity = |cosine: f64| self.calibration.similarity(cosine);
        let of_row = move |row: Vec<f64>| row.into_iter().map(similarity).collect();
        self.cosines.rows().map(of_row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(i: usize) -> Encoded {
        let angle = i as f32;
        Encoded {
            vector: vec![angle.cos() * 0.6, angle.sin() * 0.6, 0.8],
            length: 1.0,
            tokens: 1,
            truncated: false,
            unknown: 0,
            states: None,
        }
    }

    #[test]
    fn blocks_show_the_digits_of_single_rows() {
        let rows: Vec<_> = (0..9).map(encoded).collect();
        let columns: Vec<_> = (5..COLUMNS_AT_ONCE + 12).map(encoded).collect();
        for columns in [&columns[..], &columns[..COLUMNS_AT_ONCE], &[]] {
            let whole = Cosines::of(&rows, columns);
            for (i, row) in rows.iter().enumerate() {
                let alone = Cosines::of(std::slice::from_ref(row), columns);
                assert_eq!(whole.row(i), alone.row(0), "row {i} of {}", columns.len());
                assert_eq!(alone.row(0).map(|row| row.len()), Some(columns.len()));
            }
        }
    }
}
