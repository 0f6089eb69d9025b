//! Many vectors of one dimension, one after the other in memory.

use crate::aligned::AlignedBuffer;
use crate::matrix::{MatrixMut, MatrixView};
use std::fmt;
use std::iter::FusedIterator;

/// Many vectors of one dimension: a matrix [rows, dimension] of f32 without gaps, which grows row by row.
///
/// | to | call |
/// |---|---|
/// | begin | [`new`](Self::new), [`with_capacity`](Self::with_capacity), [`zeros`](Self::zeros), [`from_rows`](Self::from_rows), [`from_flat`](Self::from_flat) |
/// | look | [`rows`](Self::rows), [`dimension`](Self::dimension), [`row`](Self::row), [`iter`](Self::iter), [`as_slice`](Self::as_slice), [`view`](Self::view) |
/// | change | [`push`](Self::push), [`extend_from`](Self::extend_from), [`row_mut`](Self::row_mut), [`view_mut`](Self::view_mut), [`swap_remove`](Self::swap_remove), [`truncate`](Self::truncate) |
///
/// Row i lies at `as_slice()[i * dimension..][..dimension]`; the first begins on a cache line. [`view`](Self::view) is what the
/// operations of this crate read; a view of a slice that lies elsewhere, in a mapped file say, is
/// [`MatrixView::of_rows`].
///
/// ```
/// use yuyi_kernels::Vectors;
///
/// let mut vectors = Vectors::from_rows([[1.0, 0.0], [0.6, 0.8]]);
/// vectors.push(&[0.0, 1.0]);
/// assert_eq!((vectors.rows(), vectors.dimension()), (3, 2));
/// assert_eq!(vectors.row(1), [0.6, 0.8]);
/// assert_eq!(vectors.as_slice(), [1.0, 0.0, 0.6, 0.8, 0.0, 1.0]);
/// assert_eq!(vectors.iter().map(|v| v[0]).sum::<f32>(), 1.6);
/// ```
pub struct Vectors {
    /// Room for at least `rows * dimension` elements; what lies beyond is of no account.
    data: AlignedBuffer<f32>,
    rows: usize,
    dimension: usize,
}

impl Vectors {
    /// No vectors yet, of `dimension` elements each.
    pub fn new(dimension: usize) -> Self {
        Self::with_capacity(dimension, 0)
    }

    /// No vectors yet, with room for `rows`.
    pub fn with_capacity(dimension: usize, rows: usize) -> Self {
        Self {
            data: AlignedBuffer::zeroed(rows * dimension),
            rows: 0,
            dimension,
        }
    }

    /// `rows` vectors of zeros.
    pub fn zeros(rows: usize, dimension: usize) -> Self {
        Self {
            rows,
            ..Self::with_capacity(dimension, rows)
        }
    }

    /// Copies vectors; the dimension is that of the first, or 0 where there is none.
    ///
    /// # Panics
    /// When one of them has another dimension.
    pub fn from_rows<R: AsRef<[f32]>>(rows: impl IntoIterator<Item = R>) -> Self {
        let mut rows = rows.into_iter();
        let Some(first) = rows.next() else {
            return Self::new(0);
        };
        let mut vectors = Self::with_capacity(first.as_ref().len(), 1 + rows.size_hint().0);
        vectors.push(first.as_ref());
        rows.for_each(|row| vectors.push(row.as_ref()));
        vectors
    }

    /// Copies vectors that lie one after the other.
    ///
    /// # Panics
    /// When `data` is not whole vectors.
    pub fn from_flat(data: &[f32], dimension: usize) -> Self {
        let mut vectors = Self::new(dimension);
        vectors.extend_from(MatrixView::of_rows(data, dimension));
        vectors
    }

    /// Number of vectors.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Elements of each vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Vector `i`.
    ///
    /// # Panics
    /// When there is none.
    pub fn row(&self, i: usize) -> &[f32] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &self.data[i * self.dimension..][..self.dimension]
    }

    /// Vector `i`, to write.
    ///
    /// # Panics
    /// When there is none.
    pub fn row_mut(&mut self, i: usize) -> &mut [f32] {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        &mut self.data[i * self.dimension..][..self.dimension]
    }

    /// All vectors, in order.
    pub fn iter(&self) -> Rows<'_> {
        Rows {
            vectors: self,
            next: 0,
            end: self.rows,
        }
    }

    /// All elements, vector after vector.
    pub fn as_slice(&self) -> &[f32] {
        &self.data[..self.rows * self.dimension]
    }

    /// All vectors, for the operations of this crate.
    pub fn view(&self) -> MatrixView<'_> {
        MatrixView::packed(self.as_slice(), self.rows, self.dimension)
    }

    /// All vectors, to write.
    pub fn view_mut(&mut self) -> MatrixMut<'_> {
        let all = self.rows * self.dimension;
        MatrixMut::packed(&mut self.data[..all], self.rows, self.dimension)
    }

    /// Appends a vector.
    ///
    /// # Panics
    /// When it has another dimension.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.dimension, "dimension of the vector");
        self.reserve(1);
        self.rows += 1;
        self.row_mut(self.rows - 1).copy_from_slice(vector);
    }

    /// Appends all rows of `other`.
    ///
    /// # Panics
    /// When they have another dimension.
    pub fn extend_from(&mut self, other: MatrixView<'_>) {
        assert_eq!(other.columns(), self.dimension, "dimension of the vectors");
        self.reserve(other.rows());
        (0..other.rows()).for_each(|i| self.push(other.row(i)));
    }

    /// Makes room for `more` vectors beyond those that there are: for at least half as many as there are, so that growing one by one copies
    /// each element a few times at most.
    pub fn reserve(&mut self, more: usize) {
        self.data.grow((self.rows + more) * self.dimension);
    }

    /// Removes vector `i`; the last one takes its place.
    ///
    /// # Panics
    /// When there is none.
    pub fn swap_remove(&mut self, i: usize) {
        assert!(i < self.rows, "row {i} of {}", self.rows);
        let (last, dimension) = (self.rows - 1, self.dimension);
        let from = last * dimension..self.rows * dimension;
        self.data.copy_within(from, i * dimension);
        self.rows = last;
    }

    /// Keeps the first `rows` vectors.
    pub fn truncate(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.data[..])
    }
}

impl Clone for Vectors {
    fn clone(&self) -> Self {
        let mut copy = Self::zeros(self.rows, self.dimension);
        let all = self.as_slice();
        copy.data[..all.len()].copy_from_slice(all);
        copy
    }
}

impl fmt::Debug for Vectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Vectors {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.dimension) == (other.rows, other.dimension)
            && self.as_slice() == other.as_slice()
    }
}

impl<'a> IntoIterator for &'a Vectors {
    type Item = &'a [f32];
    type IntoIter = Rows<'a>;

    fn into_iter(self) -> Rows<'a> {
        self.iter()
    }
}

/// The vectors of a [`Vectors`], in order.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    vectors: &'a Vectors,
    next: usize,
    end: usize,
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [f32];

    fn next(&mut self) -> Option<&'a [f32]> {
        (self.next < self.end).then(|| {
            self.next += 1;
            self.vectors.row(self.next - 1)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Rows<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        (self.next < self.end).then(|| {
            self.end -= 1;
            self.vectors.row(self.end)
        })
    }
}

impl ExactSizeIterator for Rows<'_> {}
impl FusedIterator for Rows<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random;
    use crate::{Kernel, Team, dots};

    #[test]
    fn grows_row_by_row_and_begins_on_a_cache_line() {
        for dimension in [1usize, 3, 16, 17, 384] {
            let all = random(40 * dimension, dimension as u64);
            let mut vectors = Vectors::new(dimension);
            for (i, row) in all.chunks(dimension).enumerate() {
                vectors.push(row);
                assert_eq!(vectors.rows(), i + 1);
                assert_eq!(vectors.as_slice(), &all[..(i + 1) * dimension]);
            }
            assert_eq!(vectors.as_slice().as_ptr() as usize % 64, 0);
            assert_eq!(vectors, Vectors::from_flat(&all, dimension));
            assert_eq!(vectors, Vectors::from_rows(all.chunks(dimension)));
            assert_eq!(vectors.clone(), vectors);
            let view = vectors.view();
            assert_eq!((view.rows(), view.columns()), (40, dimension));
            assert_eq!(view.part(7..9).row(1), vectors.row(8));
            let team = Team::new(1);
            let mut products = Vectors::zeros(40, 40);
            dots(&team, Kernel::of_process(), view, view, products.view_mut());
            assert_eq!(products.row(3)[8], products.row(8)[3]);
        }
    }

    #[test]
    fn has_no_dimension_without_rows_and_rows_without_dimension() {
        let none = Vectors::from_rows(Vec::<Vec<f32>>::new());
        assert!(none.is_empty() && none.dimension() == 0 && none.as_slice().is_empty());
        assert_eq!(none.view().rows(), 0);
        let flat = Vectors::from_rows([[0.0; 0], [0.0; 0]]);
        assert_eq!((flat.rows(), flat.iter().count()), (2, 2));
        assert_eq!(flat.view().rows(), 2);
        assert_ne!(flat, none);
        assert_eq!(flat.clone().rows(), 2);
    }

    #[test]
    fn rows_are_removed_and_overwritten() {
        let mut vectors = Vectors::from_rows([[0.0, 0.5], [1.0, 1.5], [2.0, 2.5], [3.0, 3.5]]);
        vectors.swap_remove(1);
        assert_eq!(
            vectors,
            Vectors::from_rows([[0.0, 0.5], [3.0, 3.5], [2.0, 2.5]])
        );
        vectors.swap_remove(2);
        vectors.row_mut(0).fill(9.0);
        assert_eq!(vectors, Vectors::from_rows([[9.0, 9.0], [3.0, 3.5]]));
        vectors.truncate(1);
        vectors.truncate(5);
        assert_eq!(format!("{vectors:?}"), "[[9.0, 9.0]]");
        vectors.swap_remove(0);
        assert!(vectors.is_empty() && vectors.dimension() == 2);
    }

    #[test]
    fn is_walked_from_both_ends() {
        let vectors = Vectors::from_rows([[1.0], [2.0], [3.0]]);
        let mut rows = vectors.iter();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows.next_back(), Some(&[3.0f32][..]));
        assert_eq!(rows.next(), Some(&[1.0f32][..]));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows.next(), Some(&[2.0f32][..]));
        assert_eq!((rows.next(), rows.next_back()), (None, None));
    }

    #[test]
    #[should_panic(expected = "dimension of the vector")]
    fn takes_no_vector_of_another_dimension() {
        drop(Vectors::from_rows([vec![1.0, 2.0], vec![1.0]]));
    }

    #[test]
    #[should_panic(expected = "row 1 of 1")]
    fn has_no_row_past_the_last_although_there_is_room() {
        let mut vectors = Vectors::with_capacity(2, 8);
        vectors.push(&[1.0, 2.0]);
        vectors.row(1);
    }
}
