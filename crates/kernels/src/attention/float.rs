//! One head in f32: blocks of queries pass over transposed keys, then over the values.

use super::product::{HeadProduct, Numbers};
use super::{AHEAD, DistanceBias, Head, QUERIES};
use crate::aligned::odd_stride;
use crate::isa::{Isa, PARTS, for_each_vector};
use crate::kernel::Operation;
use crate::scratch::Scratch;
use crate::softmax::{NO_KEY, exp_and_sum};
use std::ops::Range;

/// What a block of queries works on.
struct Block {
    queries: Range<usize>,
    /// Keys that one of them sees, from a multiple of [`PARTS`]: where the sum over a row begins must not depend on the path.
    keys: Range<usize>,
    /// Floats from row to row of the keys and of the scores.
    stride: usize,
    /// Floats from row to row of the values and of the result.
    deep: usize,
}

/// One head of one text in f32.
pub(super) struct FloatHead<'a> {
    head: Head<'a>,
    bias: Option<&'a DistanceBias>,
    scratch: &'a mut Scratch,
}

impl<'a> FloatHead<'a> {
    pub(super) fn new(
        head: Head<'a>,
        bias: Option<&'a DistanceBias>,
        scratch: &'a mut Scratch,
    ) -> Self {
        Self {
            head,
            bias,
            scratch,
        }
    }
}

impl Operation for FloatHead<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        let n = self.head.tokens.len();
        let stride = odd_stride::<f32>(n.next_multiple_of(I::LANES));
        let deep = self.head.shape.size.next_multiple_of(I::LANES);
        self.scratch.keys.ensure(self.head.shape.size * stride);
        self.scratch.values.ensure(n * deep);
        self.scratch.weights.ensure(QUERIES * stride);
        self.scratch.output.ensure(QUERIES * deep);
        self.scratch.sums.ensure(QUERIES);
        // SAFETY: the CPU has I by the caller's promise.
        unsafe { self.gather::<I>(stride, deep) };
        for first in (0..n).step_by(QUERIES) {
            let queries = first..n.min(first + QUERIES);
            let block = Block {
                keys: self.head.shape.mask.keys_of_block(&queries, n, PARTS),
                queries,
                stride,
                deep,
            };
            // SAFETY: the CPU has I by the caller's promise, and the scratch was sized above.
            unsafe {
                self.score::<I>(&block);
                self.mix::<I>(&block);
            }
        }
    }
}

impl FloatHead<'_> {
    /// Copies keys, transposed and scaled by 1/√size, and values into the scratch. Padding keeps
    /// what it held: a padded key only makes a score that is overwritten, and padded values are never stored.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn gather<I: Isa>(&mut self, stride: usize, deep: usize) {
        let scale = 1.0 / (self.head.shape.size as f32).sqrt();
        for t in 0..self.head.tokens.len() {
            // SAFETY: passed on from the caller.
            unsafe {
                self.head.prefetch::<I>(t + AHEAD, 1);
                self.head.prefetch::<I>(t + AHEAD, 2);
            }
            let (key, value) = (self.head.part(t, 1), self.head.part(t, 2));
            let column = self.scratch.keys[t..].iter_mut().step_by(stride);
            column.zip(key).for_each(|(to, k)| *to = k * scale);
            self.scratch.values[t * deep..][..value.len()].copy_from_slice(value);
        }
    }

    /// Scores of a block of queries against its keys, turned into e^(score − largest); of keys that a query does not see, 0.
    ///
    /// # Safety
    /// The CPU has I and the scratch is sized for this head.
    #[inline(always)]
    unsafe fn score<I: Isa>(&mut self, block: &Block) {
        let Block {
            queries,
            keys,
            stride,
            ..
        } = block;
        let wide = keys.len().next_multiple_of(I::LANES);
        let product = HeadProduct {
            numbers: Numbers::F32,
            a: self.head.part(queries.start, 0).as_ptr().cast(),
            a_stride: self.head.qkv.stride() * size_of::<f32>(),
            b: self.scratch.keys[keys.start..].as_ptr().cast(),
            b_stride: stride * size_of::<f32>(),
            c: self.scratch.weights.as_mut_ptr().cast(),
            c_stride: stride * size_of::<f32>(),
            width: wide,
            steps: self.head.shape.size,
        };
        // SAFETY: Q has a row for each query, the keys are [size, stride >= keys.start + wide] since a block begins with a whole
        // vector, the scores [QUERIES, stride].
        unsafe { product.run::<I>(queries.len()) };
        let (scores, sums) = (&mut self.scratch.weights, &mut self.scratch.sums);
        for (i, query) in queries.clone().enumerate() {
            let seen = self.head.seen(query);
            let seen = seen.start - keys.start..seen.end - keys.start;
            let row = &mut scores[i * stride..][..wide];
            if let Some(bias) = self.bias {
                let bias = bias.of_query(self.head.number, query, keys.end);
                let scores = row.iter_mut().zip(&bias[keys.start..]);
                scores.for_each(|(score, bias)| *score += bias);
            }
            row[..seen.start].fill(NO_KEY);
            row[seen.end..].fill(NO_KEY);
            // SAFETY: the CPU has I; the row is whole vectors long.
            sums[i] = unsafe { exp_and_sum::<I>(row) };
            // As numbers that small as e^NO_KEY is taken for, times a value, would be computed with slowly.
            row[..seen.start].fill(0.0);
            row[seen.end..keys.len()].fill(0.0);
        }
    }

    /// Sums the values by those weights, divides, and writes the block's rows of the result.
    ///
    /// # Safety
    /// As [`Self::score`], which came before.
    #[inline(always)]
    unsafe fn mix<I: Isa>(&mut self, block: &Block) {
        let &Block { stride, deep, .. } = block;
        let (queries, keys) = (&block.queries, &block.keys);
        let product = HeadProduct {
            numbers: Numbers::F32,
            a: self.scratch.weights.as_ptr().cast(),
            a_stride: stride * size_of::<f32>(),
            b: self.scratch.values[keys.start * deep..].as_ptr().cast(),
            b_stride: deep * size_of::<f32>(),
            c: self.scratch.output.as_mut_ptr().cast(),
            c_stride: deep * size_of::<f32>(),
            width: deep,
            steps: keys.len(),
        };
        // SAFETY: the weights are [QUERIES, stride >= keys], the values [n, deep], the output [QUERIES, deep].
        unsafe { product.run::<I>(queries.len()) };
        for (i, query) in queries.clone().enumerate() {
            // SAFETY: the output row has `size` elements, and so has this head's part of the result's row.
            unsafe {
                let share = I::splat(1.0 / self.scratch.sums[i]);
                let from = self.scratch.output.as_ptr().add(i * deep);
                let to = self.head.result(query).as_mut_ptr();
                for_each_vector!(
                    I,
                    self.head.shape.size,
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
