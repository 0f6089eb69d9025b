//! Every text of one list against every text of another.

use std::borrow::Borrow;

use yuyi_encoder::Encoded;
use yuyi_tasks::{Calibration, cosine};

/// Cosines of rows and columns, row by row in one piece of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Cosines {
    columns: usize,
    all: Vec<f64>,
}

impl Cosines {
    /// Every row with every column. Takes time in proportion to their product: a second for some millions of pairs.
    pub fn of<T: Borrow<Encoded>>(rows: &[T], columns: &[T]) -> Self {
        let of_row = |a: &T| {
            let of = |b: &T| cosine(&a.borrow().vector, &b.borrow().vector);
            columns.iter().map(of).collect::<Vec<f64>>()
        };
        Self {
            columns: columns.len(),
            all: rows.iter().flat_map(of_row).collect(),
        }
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.all.chunks_exact(self.columns.max(1))
    }

    /// A row; `None` behind the last.
    pub fn row(&self, index: usize) -> Option<&[f64]> {
        self.rows().nth(index)
    }
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
        let similarity = |&cosine: &f64| self.calibration.similarity(cosine);
        let of_row = move |row: &[f64]| row.iter().map(similarity).collect();
        self.cosines.rows().map(of_row)
    }
}
