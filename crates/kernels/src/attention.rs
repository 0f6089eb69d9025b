//! Self-attention of every text in a packed batch.
//!
//! The batch is the concatenation of its texts' tokens, with no padding; only this operation
//! looks at where a text begins. The unit of work is one head of one text: its keys and values are
//! copied into contiguous scratch (keys transposed), and blocks of queries pass over them:
//! scores, softmax, weighted sum of values, all in the second-level cache.

use crate::isa::{Isa, for_each_vector};
use crate::kernel::{Kernel, Operation};
use crate::matrix::{MatrixMut, MatrixView, SharedMatrix};
use crate::softmax::exp_and_sum;
use crate::team::{Scratch, Team};
use crate::tile::{RowBlocks, Tile};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Queries that are scored together: 32 rows of 512 scores are 64 KiB.
const QUERIES: usize = 32;

/// How a hidden vector is divided.
#[derive(Clone, Copy, Debug)]
pub struct AttentionShape {
    /// Number of heads.
    pub heads: usize,
    /// Elements of a head; heads · size = hidden size.
    pub size: usize,
}

/// Computes softmax(Q·Kᵀ / √size)·V for each text and head.
///
/// `qkv` [tokens, 3 · hidden] holds Q, K and V side by side, `offsets` the first token of each text and, last, the number of
/// tokens; the result goes to `out` [tokens, hidden].
///
/// # Panics
/// When the shapes do not fit together or the offsets do not ascend.
pub fn attention(
    team: &Team,
    kernel: Kernel,
    shape: AttentionShape,
    qkv: MatrixView<'_>,
    offsets: &[usize],
    mut out: MatrixMut<'_>,
) {
    let hidden = shape.heads * shape.size;
    assert_eq!(qkv.columns(), 3 * hidden);
    assert_eq!((out.rows(), out.columns()), (qkv.rows(), hidden));
    assert!(offsets.is_sorted() && offsets.last().copied().unwrap_or(0) == qkv.rows());
    let out = out.shared();
    let units = offsets.len().saturating_sub(1) * shape.heads;
    let next = AtomicUsize::new(0);
    team.run(|worker| {
        loop {
            let unit = next.fetch_add(1, Relaxed);
            if unit >= units {
                return;
            }
            let (text, head) = (unit / shape.heads, unit % shape.heads);
            let tokens = offsets[text]..offsets[text + 1];
            kernel.run(Head {
                shape,
                qkv,
                out,
                tokens,
                head,
                scratch: &mut *worker.scratch,
            });
        }
    });
}

/// One head of one text.
struct Head<'a> {
    shape: AttentionShape,
    qkv: MatrixView<'a>,
    out: SharedMatrix,
    tokens: Range<usize>,
    head: usize,
    scratch: &'a mut Scratch,
}

impl Operation for Head<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        let n = self.tokens.len();
        let stride = row_stride(n.next_multiple_of(I::LANES));
        let deep = self.shape.size.next_multiple_of(I::LANES);
        self.scratch.keys.ensure(self.shape.size * stride);
        self.scratch.values.ensure(n * deep);
        self.scratch.weights.ensure(QUERIES * stride);
        self.scratch.output.ensure(QUERIES * deep);
        self.scratch.sums.ensure(QUERIES);
        self.gather(stride, deep);
        for first in (0..n).step_by(QUERIES) {
            let queries = first..n.min(first + QUERIES);
            // SAFETY: the CPU has I by the caller's promise, and the scratch was sized above.
            unsafe {
                self.score::<I>(&queries, stride);
                self.mix::<I>(&queries, stride, deep);
            }
        }
    }
}

impl<'a> Head<'a> {
    /// This head's part of row `token` of Q (0), K (1) or V (2).
    fn part(&self, token: usize, which: usize) -> &'a [f32] {
        let hidden = self.shape.heads * self.shape.size;
        let row = self.qkv.row(self.tokens.start + token);
        &row[which * hidden + self.head * self.shape.size..][..self.shape.size]
    }

    /// Copies keys, transposed and scaled by 1/√size, and values into the scratch. Padding keeps
    /// what it held: a padded key only makes a score that is overwritten, and padded values are never stored.
    #[inline(always)]
    fn gather(&mut self, stride: usize, deep: usize) {
        let scale = 1.0 / (self.shape.size as f32).sqrt();
        for t in 0..self.tokens.len() {
            let (key, value) = (self.part(t, 1), self.part(t, 2));
            let column = self.scratch.keys[t..].iter_mut().step_by(stride);
            column.zip(key).for_each(|(to, k)| *to = k * scale);
            self.scratch.values[t * deep..][..value.len()].copy_from_slice(value);
        }
    }

    /// Scores of a block of queries against every key, turned into e^(score − largest).
    ///
    /// # Safety
    /// The CPU has I and the scratch is sized for this head.
    #[inline(always)]
    unsafe fn score<I: Isa>(&mut self, queries: &Range<usize>, stride: usize) {
        let wide = self.tokens.len().next_multiple_of(I::LANES);
        let product = Wide {
            a: self.part(queries.start, 0).as_ptr(),
            a_stride: self.qkv.stride(),
            b: self.scratch.keys.as_ptr(),
            c: self.scratch.weights.as_mut_ptr(),
            width: wide,
            stride,
            k: self.shape.size,
        };
        // SAFETY: Q has a row for each query, the keys are [size, stride >= wide], the scores [QUERIES, stride].
        unsafe { product.run::<I>(queries.len()) };
        let n = self.tokens.len();
        let (scores, sums) = (&mut self.scratch.weights, &mut self.scratch.sums);
        for i in 0..queries.len() {
            let row = &mut scores[i * stride..][..wide];
            row[n..].fill(f32::NEG_INFINITY);
            // SAFETY: the CPU has I; the row is whole vectors long.
            sums[i] = unsafe { exp_and_sum::<I>(row) };
        }
    }

    /// Sums the values by those weights, divides, and writes the block's rows of the result.
    ///
    /// # Safety
    /// As [`Self::score`], which came before; no other thread writes this head's columns of these rows.
    #[inline(always)]
    unsafe fn mix<I: Isa>(&mut self, queries: &Range<usize>, stride: usize, deep: usize) {
        let product = Wide {
            a: self.scratch.weights.as_ptr(),
            a_stride: stride,
            b: self.scratch.values.as_ptr(),
            c: self.scratch.output.as_mut_ptr(),
            width: deep,
            stride: deep,
            k: self.tokens.len(),
        };
        // SAFETY: the weights are [QUERIES, stride >= n], the values [n, deep], the output [QUERIES, deep].
        unsafe { product.run::<I>(queries.len()) };
        let column = self.head * self.shape.size;
        for (i, query) in queries.clone().enumerate() {
            // SAFETY: the output row has `size` elements, and so has this head's part of the result's row.
            unsafe {
                let share = I::splat(1.0 / self.scratch.sums[i]);
                let from = self.scratch.output.as_ptr().add(i * deep);
                let to = self.out.at(self.tokens.start + query, column);
                for_each_vector!(
                    I,
                    self.shape.size,
                    |j| I::store(to.add(j), I::mul(I::load(from.add(j)), share)),
                    |j, left| I::store_partial(
                        to.add(j),
                        I::mul(I::load(from.add(j)), share),
                        left
                    )
                );
            }
        }
    }
}

/// Floats from row to row of a scratch matrix with `columns` columns: an odd number of cache lines. Rows of 512 scores
/// would otherwise all fall into two sets of the first-level cache, and the keys are written column by column.
fn row_stride(columns: usize) -> usize {
    const LINE: usize = 16;
    (columns.div_ceil(LINE) | 1) * LINE
}

/// C [rows, width] = A [rows, k] · B [k, width], B and C with rows of whole vectors.
struct Wide {
    a: *const f32,
    a_stride: usize,
    b: *const f32,
    c: *mut f32,
    width: usize,
    /// Elements from row to row of B and of C.
    stride: usize,
    k: usize,
}

impl Wide {
    /// # Safety
    /// The CPU has I, and the matrices are as the fields say.
    #[inline(always)]
    unsafe fn run<I: Isa>(&self, rows: usize) {
        let mut column = 0;
        while column < self.width {
            // Four vectors are 2 + 2, not 3 + 1: a tile of one vector waits for its broadcasts.
            let left = (self.width - column) / I::LANES;
            let vectors = left.div_ceil(left.div_ceil(I::TILE_VECTORS));
            let blocks = RowBlocks::new(rows, I::TILE_ROWS);
            for (first, count) in (0..blocks.count).map(|i| blocks.get(i)) {
                // SAFETY: row `first` and the columns from `column` are inside the matrices.
                unsafe {
                    let float = size_of::<f32>();
                    let tile = Tile {
                        a: self.a.add(first * self.a_stride).cast(),
                        a_stride: self.a_stride * float,
                        b: self.b.add(column).cast(),
                        b_stride: self.stride * float,
                        c: self.c.add(first * self.stride + column).cast(),
                        c_stride: self.stride * float,
                        steps: self.k,
                        accumulate: false,
                        prefetch: self.b.cast(),
                        prefetch_stride: 0,
                    };
                    I::tile_f32(&tile, count, vectors);
                }
            }
            column += vectors * I::LANES;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::testing::random_matrix;

    /// The definition, in f64.
    fn reference(shape: AttentionShape, qkv: &Matrix, offsets: &[usize]) -> Vec<Vec<f64>> {
        let hidden = shape.heads * shape.size;
        let mut out = vec![vec![0.0; hidden]; qkv.rows()];
        let at = |t: usize, which: usize, j: usize| f64::from(qkv.row(t)[which * hidden + j]);
        for text in offsets.windows(2) {
            for (q, h) in (text[0]..text[1]).flat_map(|q| (0..shape.heads).map(move |h| (q, h))) {
                let columns = h * shape.size..(h + 1) * shape.size;
                let dot = |k: usize| {
                    columns
                        .clone()
                        .map(|j| at(q, 0, j) * at(k, 1, j))
                        .sum::<f64>()
                };
                let scores: Vec<f64> = (text[0]..text[1])
                    .map(|k| (dot(k) / (shape.size as f64).sqrt()).exp())
                    .collect();
                let total: f64 = scores.iter().sum();
                for j in columns {
                    out[q][j] = (text[0]..text[1])
                        .zip(&scores)
                        .map(|(k, s)| s / total * at(k, 2, j))
                        .sum();
                }
            }
        }
        out
    }

    fn run(
        kernel: Kernel,
        threads: usize,
        shape: AttentionShape,
        qkv: &Matrix,
        offsets: &[usize],
    ) -> Matrix {
        let mut out = Matrix::zeros(qkv.rows(), shape.heads * shape.size);
        attention(
            &Team::new(threads),
            kernel,
            shape,
            qkv.view(),
            offsets,
            out.view_mut(),
        );
        out
    }

    #[test]
    fn equals_the_definition_at_awkward_shapes() {
        for kernel in Kernel::all() {
            for (heads, size) in [(1, 1), (3, 5), (2, 16), (2, 32), (3, 64), (1, 70)] {
                let shape = AttentionShape { heads, size };
                for lengths in [
                    vec![],
                    vec![1],
                    vec![2, 1, 3],
                    vec![17, 31, 33],
                    vec![130],
                    vec![0, 5, 0],
                ] {
                    let offsets: Vec<usize> = std::iter::once(0)
                        .chain(lengths.iter().scan(0, |sum, n| {
                            *sum += n;
                            Some(*sum)
                        }))
                        .collect();
                    let qkv = random_matrix(*offsets.last().unwrap(), 3 * heads * size, 21);
                    let (got, want) = (
                        run(kernel, 2, shape, &qkv, &offsets),
                        reference(shape, &qkv, &offsets),
                    );
                    for (i, want) in want.iter().enumerate() {
                        for (g, w) in got.row(i).iter().zip(want) {
                            assert!(
                                (f64::from(*g) - w).abs() < 1e-5,
                                "{} {shape:?} {lengths:?}: {g} {w}",
                                kernel.name()
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_text_does_not_see_its_neighbours() {
        let shape = AttentionShape { heads: 2, size: 32 };
        for kernel in Kernel::all() {
            let qkv = random_matrix(60, 192, 22);
            let all = run(kernel, 2, shape, &qkv, &[0, 20, 37, 60]);
            let mut alone = Matrix::zeros(17, 192);
            (0..17).for_each(|i| alone.row_mut(i).copy_from_slice(qkv.row(20 + i)));
            let got = run(kernel, 1, shape, &alone, &[0, 17]);
            (0..17).for_each(|i| assert_eq!(got.row(i), all.row(20 + i), "{}", kernel.name()));
        }
    }
}
