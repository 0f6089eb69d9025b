//! Where the floats of rows are when some of them are looked at again.

use std::convert::Infallible;

use crate::matrix::MatrixView;
use crate::vectors::Vectors;

/// Rows of floats: in memory, or wherever they can be copied from, such as a file.
pub trait Floats: Copy + Sync {
    /// Why rows cannot be had.
    type Error: Send;

    /// Number of rows.
    fn rows(&self) -> usize;

    /// Elements of each row.
    fn columns(&self) -> usize;

    /// All rows, where they are in memory.
    fn in_memory(&self) -> Option<MatrixView<'_>>;

    /// Appends copies of these rows. Several threads may ask at once.
    ///
    /// # Errors
    /// When they cannot be had.
    fn copy(&self, rows: &[usize], to: &mut Vectors) -> Result<(), Self::Error>;
}

impl Floats for MatrixView<'_> {
    type Error = Infallible;

    fn rows(&self) -> usize {
        MatrixView::rows(self)
    }

    fn columns(&self) -> usize {
        MatrixView::columns(self)
    }

    fn in_memory(&self) -> Option<MatrixView<'_>> {
        Some(*self)
    }

    fn copy(&self, rows: &[usize], to: &mut Vectors) -> Result<(), Infallible> {
        rows.iter().for_each(|&row| to.push(self.row(row)));
        Ok(())
    }
}

/// The rows of a part of a block that are looked at again, where they are not in memory.
#[derive(Default)]
pub(super) struct Again {
    /// Which rows of either side, in order.
    numbers: [Vec<usize>; 2],
    rows: [Option<Vectors>; 2],
}

impl Again {
    /// Takes the rows of these pairs, unless they are in memory.
    pub(super) fn load<F: Floats>(
        &mut self,
        sides: [F; 2],
        pairs: &[[usize; 2]],
    ) -> Result<(), F::Error> {
        for (side, floats) in sides.iter().enumerate() {
            if floats.in_memory().is_some() {
                continue;
            }
            let numbers = &mut self.numbers[side];
            numbers.clear();
            numbers.extend(pairs.iter().map(|pair| pair[side]));
            numbers.sort_unstable();
            numbers.dedup();
            let rows = self.rows[side].get_or_insert_with(|| Vectors::new(floats.columns()));
            rows.truncate(0);
            floats.copy(numbers, rows)?;
        }
        Ok(())
    }

    /// Both sides, of which some may be in memory.
    pub(super) fn rows<'a>(&'a self, in_memory: [Option<MatrixView<'a>>; 2]) -> Loaded<'a> {
        let view = |side: usize| match (in_memory[side], &self.rows[side]) {
            (Some(all), _) => (all, None),
            (None, Some(rows)) => (rows.view(), Some(&self.numbers[side][..])),
            (None, None) => (MatrixView::of_rows(&[], 0), Some(&[][..])),
        };
        let [(left, of_left), (right, of_right)] = [view(0), view(1)];
        Loaded {
            views: [left, right],
            numbers: [of_left, of_right],
        }
    }
}

/// Rows of either side, all of them or those with these numbers.
pub(super) struct Loaded<'a> {
    pub(super) views: [MatrixView<'a>; 2],
    numbers: [Option<&'a [usize]>; 2],
}

impl Loaded<'_> {
    /// Where a row lies.
    ///
    /// # Panics
    /// When it was not loaded.
    pub(super) fn place(&self, side: usize, row: usize) -> usize {
        let Some(numbers) = self.numbers[side] else {
            return row;
        };
        match numbers.binary_search(&row) {
            Ok(place) => place,
            Err(_) => panic!("row {row} was not loaded"),
        }
    }
}
