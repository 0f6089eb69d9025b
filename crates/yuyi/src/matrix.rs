//! Every text of one list against every text of another.

use std::borrow::Borrow;

use yuyi_encoder::Encoded;
use yuyi_kernels::{Kernel, Team, Vectors, as_cosine, dot, dots};
use yuyi_tasks::Calibration;

/// Rows from which on vectors are copied side by side: for fewer, that takes longer than the products.
const COPIED_FROM: usize = 4;

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
    if columns.is_empty() {
        return;
    }
    let [rows, columns] = [rows, columns].map(together);
    let (team, kernel) = (Team::new(1), Kernel::of_process());
    let out = products.view_mut();
    dots(&team, kernel, rows.view(), columns.view(), out);
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
