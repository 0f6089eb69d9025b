//! Row-major matrices of f32 whose rows start on cache lines.

use crate::aligned::{AlignedBuffer, odd_stride};
use std::marker::PhantomData;
use std::ops::Range;

/// A row-major matrix that is reused from call to call: resizing keeps its memory.
///
/// A row's stride is that of [`odd_stride`].
#[derive(Default)]
pub struct Matrix {
    data: AlignedBuffer<f32>,
    rows: usize,
    columns: usize,
    stride: usize,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let mut m = Self::default();
        m.resize(rows, columns);
        m
    }

    /// Gives the matrix a shape. The contents afterwards are unspecified (but initialised).
    pub fn resize(&mut self, rows: usize, columns: usize) {
        self.stride = odd_stride::<f32>(columns);
        self.rows = rows;
        self.columns = columns;
        self.data.ensure(rows * self.stride);
    }

    /// Sets every element.
    pub fn fill(&mut self, x: f32) {
        self.data.fill(x);
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    pub fn row(&self, i: usize) -> &[f32] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.data[i * self.stride..][..self.columns]
    }

    /// One row, to write.
    pub fn row_mut(&mut self, i: usize) -> &mut [f32] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &mut self.data[i * self.stride..][..self.columns]
    }

    /// Everything, to read.
    pub fn view(&self) -> MatrixView<'_> {
        MatrixView {
            data: &self.data,
            rows: self.rows,
            columns: self.columns,
            stride: self.stride,
        }
    }

    /// Everything, to write.
    pub fn view_mut(&mut self) -> MatrixMut<'_> {
        MatrixMut {
            rows: self.rows,
            columns: self.columns,
            stride: self.stride,
            data: &mut self.data,
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.data.len() * size_of::<f32>()
    }
}

/// A matrix to read.
#[derive(Clone, Copy)]
pub struct MatrixView<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> MatrixView<'a> {
    /// Rows that lie one after the other without gaps, as in a mapped file.
    ///
    /// # Panics
    /// When `data` is not whole rows; without columns there are no rows.
    pub fn of_rows(data: &'a [f32], columns: usize) -> Self {
        let rows = data.len().checked_div(columns).unwrap_or(0);
        assert_eq!(data.len(), rows * columns, "whole rows of {columns}");
        Self::packed(data, rows, columns)
    }

    /// `rows` rows without gaps.
    pub(crate) fn packed(data: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns);
        Self {
            data,
            rows,
            columns,
            stride: columns,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Some of the rows.
    pub fn part(&self, rows: Range<usize>) -> Self {
        assert!(
            rows.start <= rows.end && rows.end <= self.rows,
            "rows {rows:?} of {}",
            self.rows
        );
        Self {
            data: &self.data[rows.start * self.stride..rows.end * self.stride],
            rows: rows.len(),
            ..*self
        }
    }

    /// One row.
    pub fn row(&self, i: usize) -> &'a [f32] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.data[i * self.stride..][..self.columns]
    }

    /// Elements from the start of a row to the start of the next.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.data.as_ptr()
    }

    /// All elements as they lie in memory, with what is between the rows.
    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        // SAFETY: floats are bytes, and live as long.
        unsafe { std::slice::from_raw_parts(self.data.as_ptr().cast(), size_of_val(self.data)) }
    }
}

/// A matrix to write.
pub struct MatrixMut<'a> {
    data: &'a mut [f32],
    rows: usize,
    columns: usize,
    stride: usize,
}

impl<'a> MatrixMut<'a> {
    /// `rows` rows without gaps.
    pub(crate) fn packed(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(data.len(), rows * columns);
        Self {
            data,
            rows,
            columns,
            stride: columns,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Some of the rows.
    pub fn part(&mut self, rows: Range<usize>) -> MatrixMut<'_> {
        assert!(
            rows.start <= rows.end && rows.end <= self.rows,
            "rows {rows:?} of {}",
            self.rows
        );
        MatrixMut {
            data: &mut self.data[rows.start * self.stride..rows.end * self.stride],
            rows: rows.len(),
            columns: self.columns,
            stride: self.stride,
        }
    }

    /// The same matrix for several threads, each of which writes elements of its own.
    pub(crate) fn shared(&mut self) -> SharedMatrix<'_> {
        SharedMatrix {
            data: self.data.as_mut_ptr(),
            rows: self.rows,
            columns: self.columns,
            stride: self.stride,
            borrow: PhantomData,
        }
    }
}

/// A [`MatrixMut`] that the threads of one operation share, as long as it is borrowed.
///
/// That an element is inside is checked; that no two threads have the same is what they promise.
#[derive(Clone, Copy)]
pub(crate) struct SharedMatrix<'a> {
    data: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    borrow: PhantomData<&'a mut [f32]>,
}

// SAFETY: only a pointer; every access is unsafe and states its disjointness.
unsafe impl Send for SharedMatrix<'_> {}
// SAFETY: as above.
unsafe impl Sync for SharedMatrix<'_> {}

impl<'a> SharedMatrix<'a> {
    /// Number of rows.
    pub(crate) fn rows(self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub(crate) fn columns(self) -> usize {
        self.columns
    }

    /// Some columns of a row.
    ///
    /// # Safety
    /// Nobody else touches these elements while the slice lives.
    ///
    /// # Panics
    /// When they are not all inside the matrix.
    #[inline(always)]
    pub(crate) unsafe fn part(self, row: usize, columns: Range<usize>) -> &'a mut [f32] {
        assert!(row < self.rows && columns.start <= columns.end && columns.end <= self.columns);
        // SAFETY: inside the allocation, by the bounds above, which is borrowed for 'a; the caller keeps the elements exclusive.
        unsafe {
            let first = self.data.add(row * self.stride + columns.start);
            std::slice::from_raw_parts_mut(first, columns.len())
        }
    }

    /// One row.
    ///
    /// # Safety
    /// As [`Self::part`].
    #[inline(always)]
    pub(crate) unsafe fn row_mut(self, row: usize) -> &'a mut [f32] {
        // SAFETY: passed on from the caller.
        unsafe { self.part(row, 0..self.columns) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_start_on_cache_lines_and_strides_are_odd_lines() {
        for columns in [0, 1, 15, 16, 17, 768, 3072] {
            let mut m = Matrix::zeros(3, columns);
            assert_eq!(m.stride % 16, 0);
            assert_eq!(m.stride / 16 % 2, 1);
            m.row_mut(2).fill(1.0);
            assert_eq!(m.row(2).len(), columns);
            assert!(m.row(1).iter().all(|&x| x == 0.0));
        }
    }

    #[test]
    fn a_part_is_the_rows_that_it_names() {
        let mut m = Matrix::zeros(5, 3);
        (0..5).for_each(|i| m.row_mut(i).fill(i as f32));
        assert_eq!(m.view().part(2..4).row(1), [3.0; 3]);
        assert_eq!(m.view().part(5..5).rows(), 0);
        let mut whole = m.view_mut();
        let mut part = whole.part(1..3);
        assert_eq!((part.rows(), part.columns()), (2, 3));
        // SAFETY: nobody else has the matrix.
        unsafe { part.shared().row_mut(1).fill(9.0) };
        let firsts: Vec<f32> = (0..5).map(|i| m.row(i)[0]).collect();
        assert_eq!(firsts, [0.0, 1.0, 9.0, 3.0, 4.0]);
    }

    #[test]
    fn what_threads_share_is_inside() {
        let mut m = Matrix::zeros(2, 3);
        let mut view = m.view_mut();
        let shared = view.shared();
        assert_eq!((shared.rows(), shared.columns()), (2, 3));
        // SAFETY: nobody else has the matrix.
        unsafe { shared.part(1, 1..3).fill(7.0) };
        for (row, columns) in [(2, 0..1), (0, 2..4), (1, 4..4)] {
            // SAFETY: as above; the elements do not exist.
            let outside = std::panic::catch_unwind(|| unsafe { shared.part(row, columns).len() });
            assert!(outside.is_err());
        }
        assert_eq!([m.row(0), m.row(1)], [[0.0, 0.0, 0.0], [0.0, 7.0, 7.0]]);
    }

    #[test]
    #[should_panic(expected = "rows 4..6 of 5")]
    fn a_part_is_inside() {
        Matrix::zeros(5, 3).view().part(4..6);
    }

    #[test]
    fn rows_without_gaps() {
        let data: Vec<f32> = (0..6u8).map(f32::from).collect();
        let view = MatrixView::of_rows(&data, 3);
        assert_eq!((view.rows(), view.row(1)), (2, &[3.0f32, 4.0, 5.0][..]));
        assert_eq!(MatrixView::of_rows(&[], 0).rows(), 0);
        assert_eq!(MatrixView::of_rows(&[], 7).rows(), 0);
    }

    #[test]
    #[should_panic(expected = "whole rows of 4")]
    fn rows_without_gaps_are_whole() {
        MatrixView::of_rows(&[0.0; 6], 4);
    }

    #[test]
    fn resizing_keeps_the_memory() {
        let mut m = Matrix::zeros(10, 100);
        let bytes = m.bytes();
        m.resize(2, 30);
        m.resize(10, 100);
        assert_eq!(m.bytes(), bytes);
    }
}
