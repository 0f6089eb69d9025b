//! Dot products of vectors, all in one order of summation.
//!
//! A dot product is summed in sixteen parts: element i belongs to part i mod 16, each part is one chain of fused multiply-adds in ascending
//! order, and at the end the parts are halved four times, the upper half being added to the lower. Zero has no sign. A single pair
//! ([`dot`]), one vector against many ([`dot_each`], [`scan`](crate::scan)), all of two sets ([`dots`]) and pairs above a bound
//! ([`PairSearch`](crate::PairSearch)) give the same bits for the same two vectors, on AVX2, AVX-512 and AMX alike; so what is shown of them
//! has the same digits. (The generic path has no fused instruction on x86-64 and rounds each product, so it agrees only with itself.)

use crate::isa::{DotColumns, DotTile, Isa, MOST_COLUMNS};
use crate::kernel::{Kernel, Operation};
use crate::matrix::{MatrixMut, MatrixView, SharedMatrix};
use crate::team::Team;
use std::ops::Range;

/// The dot product of two vectors of one length.
///
/// # Panics
/// When the lengths differ.
pub fn dot(kernel: Kernel, a: &[f32], b: &[f32]) -> f32 {
    let mut out = [0.0];
    let b = MatrixView::packed(b, 1, b.len());
    kernel.run(RowDots::new(a, b, None, &mut out));
    out[0]
}

/// Computes `out[i]` = [`dot`] of `vector` and row i, on the caller's thread.
///
/// # Panics
/// When `vector` is not as long as a row, or `out` has not an element for each row.
pub fn dot_each(kernel: Kernel, vector: &[f32], rows: MatrixView<'_>, out: &mut [f32]) {
    kernel.run(RowDots::new(vector, rows, None, out));
}

/// The cosine similarity of two unit vectors of one length: [`as_cosine`] of their [`dot`] product.
///
/// # Panics
/// When the lengths differ: vectors of two models have no cosine.
pub fn cosine(kernel: Kernel, a: &[f32], b: &[f32]) -> f64 {
    as_cosine(dot(kernel, a, b))
}

/// Dot products of unit vectors that lie no further from ±1 than this may well be ±1: rounding alone takes that of a vector with itself some
/// 10⁻⁷ away.
const ROUNDING: f32 = 1.0 / (1 << 20) as f32;

/// What a dot product of two unit vectors says as their cosine similarity: in [−1, 1], and exactly ±1 where only rounding keeps it from that
/// (10⁻⁶). So a text is exactly as alike to itself as texts can be.
/// What is no number (which no unit vector causes) is 0: a reply never carries NaN.
pub fn as_cosine(dot: f32) -> f64 {
    match dot.abs() {
        size if size.is_nan() => 0.0,
        size if size >= 1.0 - ROUNDING => f64::from(1.0_f32.copysign(dot)),
        _ => f64::from(dot),
    }
}

/// Computes `out` [i, j] = [`dot`] of row i of `left` and row j of `right`. The threads of the team share the rows.
///
/// # Panics
/// When the shapes do not fit together.
pub fn dots(
    team: &Team,
    kernel: Kernel,
    left: MatrixView<'_>,
    right: MatrixView<'_>,
    mut out: MatrixMut<'_>,
) {
    assert_eq!(
        (out.rows(), out.columns()),
        (left.rows(), right.rows()),
        "shape of the result"
    );
    let out = out.shared();
    team.run(|worker| {
        let rows = worker.share(left.rows());
        let columns = 0..right.rows();
        // SAFETY: the shares of rows are disjoint.
        let sink = unsafe { Write::new(out) };
        kernel.run(DotBlock::new([left, right], [rows, columns], sink));
    });
}

/// Dot products of one vector with many, or with some of them.
pub(crate) struct RowDots<'a> {
    vector: &'a [f32],
    rows: MatrixView<'a>,
    /// Which rows; otherwise all.
    chosen: Option<&'a [usize]>,
    out: &'a mut [f32],
}

impl<'a> RowDots<'a> {
    /// `out` has an element for each row, or for each that is chosen.
    ///
    /// # Panics
    /// When the lengths differ.
    pub(crate) fn new(
        vector: &'a [f32],
        rows: MatrixView<'a>,
        chosen: Option<&'a [usize]>,
        out: &'a mut [f32],
    ) -> Self {
        assert_eq!(vector.len(), rows.columns(), "lengths of the vectors");
        assert_eq!(
            out.len(),
            chosen.map_or(rows.rows(), <[usize]>::len),
            "results"
        );
        Self {
            vector,
            rows,
            chosen,
            out,
        }
    }
}

impl Operation for RowDots<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(self) {
        let n = self.vector.len();
        let mut i = 0;
        while i < self.out.len() {
            let left = MOST_COLUMNS.min(self.out.len() - i);
            let mut rows: DotColumns = [self.vector.as_ptr(); MOST_COLUMNS];
            for (j, row) in rows.iter_mut().enumerate().take(left) {
                let at = match self.chosen {
                    Some(chosen) => chosen[i + j],
                    None => i + j,
                };
                *row = self.rows.row(at).as_ptr();
            }
            // SAFETY: the CPU has I by the caller's promise; all rows are as long as the vector, and so is the vector itself.
            let tile = unsafe { I::tile_row(self.vector.as_ptr(), &rows, n) };
            self.out[i..i + left].copy_from_slice(&tile[..left]);
            i += left;
        }
    }
}

/// Takes the products of a [`DotBlock`], a tile at a time.
pub(crate) trait DotSink {
    /// The products of the first `counts` rows and columns of a tile that begins at row and column `first`; what is beyond them in `tile` is
    /// of no account. Implementations are `#[inline(always)]`.
    fn take(&mut self, first: [usize; 2], counts: [usize; 2], tile: &DotTile);
}

/// All dot products of some rows of one matrix with some of another.
pub(crate) struct DotBlock<'a, S> {
    sides: [MatrixView<'a>; 2],
    rows: [Range<usize>; 2],
    sink: S,
}

impl<'a, S: DotSink> DotBlock<'a, S> {
    /// # Panics
    /// When the rows of the two are not of one length, or there are not as many.
    pub(crate) fn new(sides: [MatrixView<'a>; 2], rows: [Range<usize>; 2], sink: S) -> Self {
        assert_eq!(
            sides[0].columns(),
            sides[1].columns(),
            "lengths of the vectors"
        );
        assert!(rows[0].end <= sides[0].rows() && rows[1].end <= sides[1].rows());
        Self { sides, rows, sink }
    }
}

impl<S: DotSink> Operation for DotBlock<'_, S> {
    type Output = S;

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) -> S {
        let n = self.sides[0].columns();
        let [left, right] = self.rows.clone();
        let group = I::PAIR_BYTES / (n * size_of::<f32>()).max(1);
        let group = (group / I::PAIR_ROWS).max(1) * I::PAIR_ROWS;
        let mut tile = DotTile::default();
        for first in left.clone().step_by(group) {
            let end = left.end.min(first + group);
            for j in right.clone().step_by(I::PAIR_COLUMNS) {
                let columns = I::PAIR_COLUMNS.min(right.end - j);
                let b = addresses(self.sides[1], j, columns);
                for i in (first..end).step_by(I::PAIR_ROWS) {
                    let rows = I::PAIR_ROWS.min(end - i);
                    let a = addresses(self.sides[0], i, rows);
                    // SAFETY: the CPU has I by the caller's promise, and all rows have n elements.
                    unsafe { I::tile_pairs(&a, &b, n, &mut tile) }
                    self.sink.take([i, j], [rows, columns], &tile);
                }
            }
        }
        self.sink
    }
}

/// Where `count` rows from `first` on begin; what is left of a tile is the last of them again.
#[inline(always)]
fn addresses<const N: usize>(side: MatrixView<'_>, first: usize, count: usize) -> [*const f32; N] {
    let mut next = side.part(first..first + count).as_ptr();
    let mut rows = [next; N];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = next;
        if i + 1 < count {
            next = next.wrapping_add(side.stride());
        }
    }
    rows
}

/// Writes products where they belong.
struct Write<'a> {
    out: SharedMatrix<'a>,
}

impl<'a> Write<'a> {
    /// # Safety
    /// Nobody else touches the rows that are taken.
    unsafe fn new(out: SharedMatrix<'a>) -> Self {
        Self { out }
    }
}

impl DotSink for Write<'_> {
    #[inline(always)]
    fn take(&mut self, [i, j]: [usize; 2], [rows, columns]: [usize; 2], tile: &DotTile) {
        for (r, row) in tile.iter().enumerate().take(rows) {
            // SAFETY: by the promise of `new`.
            let to = unsafe { self.out.part(i + r, j..j + columns) };
            // Not as a slice: to copy so few numbers would be a call.
            for (to, &x) in to.iter_mut().zip(row) {
                *to = x;
            }
        }
    }
}

#[cfg(test)]
mod tests;
