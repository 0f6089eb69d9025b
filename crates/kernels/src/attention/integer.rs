//! One head in 8-bit integers.
//!
//! | | stands for | scale |
//! |---|---|---|
//! | Q | offset + scale · u8 | of each query |
//! | K | scale · i8, at most 64 | of each key |
//! | softmax weights | scale · u8 | of each query and block of keys: the block's largest is 255 |
//! | V | scale · i8, at most 64 | of each element and block of keys |
//!
//! A scale for each block of keys keeps small weights from vanishing beside a single large one: in many heads most of the
//! weight lies on one token that carries nothing, and what the others add is what counts. Integers of at most 64 meet
//! u8 without saturating on any CPU (see `Tiles::tile_dot_narrow`).

mod row;

use self::row::Row;
use super::product::{HeadProduct, Numbers};
use super::{AHEAD, AttentionMask, Head, QUERIES};
use crate::aligned::odd_stride;
use crate::exp::power_of_two;
use crate::isa::{Isa, for_each_vector};
use crate::kernel::Operation;
use crate::quantize::{ActivationRange, NARROW_LIMIT, QuantizeRow, TINY};
use crate::row_scale::RowScale;
use crate::scratch::Scratch;
use std::f32::consts::LOG2_E;
use std::ops::Range;

/// Keys that share their scales.
const KEYS_OF_BLOCK: usize = 128;

/// Elements that a step of the product takes.
const STEP: usize = 4;

/// Queries meet keys from a multiple of this many to another: as many as a product with the values takes at once on any path.
const KEYS_AT_ONCE: usize = 64;

/// One head of one text in 8-bit integers.
pub(super) struct IntegerHead<'a> {
    head: Head<'a>,
    scratch: &'a mut Scratch,
}

impl<'a> IntegerHead<'a> {
    pub(super) fn new(head: Head<'a>, scratch: &'a mut Scratch) -> Self {
        Self { head, scratch }
    }
}

/// Sizes of the matrices in the scratch.
#[derive(Clone, Copy)]
struct Sizes {
    /// Tokens of the text.
    n: usize,
    /// Elements of a head.
    size: usize,
    /// Keys, in whole vectors.
    wide: usize,
    /// Elements of the result, in whole vectors.
    deep: usize,
    /// Keys, in whole steps of the product with the values; the softmax weights past `wide` are zero.
    reach: usize,
    /// Steps over the elements of a head, as many as the product takes at once.
    steps: usize,
    /// 32-bit numbers from row to row of the keys and of the scores.
    stride: usize,
    /// Bytes from row to row of the softmax weights.
    weight_stride: usize,
    /// Blocks of keys.
    blocks: usize,
}

impl Sizes {
    #[inline(always)]
    fn new<I: Isa>(n: usize, size: usize) -> Self {
        let wide = n.next_multiple_of(I::LANES);
        let stride = odd_stride::<f32>(wide);
        Self {
            n,
            size,
            wide,
            deep: size.next_multiple_of(I::LANES),
            reach: wide.next_multiple_of(STEP * I::DOT_STEPS),
            steps: size.div_ceil(STEP).next_multiple_of(I::DOT_STEPS),
            stride,
            weight_stride: odd_stride::<u8>(wide),
            blocks: n.div_ceil(KEYS_OF_BLOCK),
        }
    }

    /// Bytes from row to row of the queries: whole cache lines.
    fn query_stride(self) -> usize {
        odd_stride::<u8>(self.steps * STEP)
    }

    /// Keys of block `b`, in whole vectors.
    fn block(self, b: usize) -> Range<usize> {
        b * KEYS_OF_BLOCK..self.wide.min((b + 1) * KEYS_OF_BLOCK)
    }
}

/// What a block of queries works on.
struct Work {
    queries: Range<usize>,
    /// Keys that one of them sees, from a multiple of [`KEYS_AT_ONCE`] to another or to the last whole vector.
    keys: Range<usize>,
}

impl Work {
    #[inline(always)]
    fn new(z: Sizes, mask: AttentionMask, queries: Range<usize>) -> Self {
        let seen = mask.keys_of_block(&queries, z.n, KEYS_AT_ONCE);
        let end = seen.end.next_multiple_of(KEYS_AT_ONCE);
        Self {
            queries,
            keys: seen.start..end.min(z.wide),
        }
    }

    /// The blocks of keys that it meets.
    fn blocks(&self) -> Range<usize> {
        self.keys.start / KEYS_OF_BLOCK..self.keys.end.div_ceil(KEYS_OF_BLOCK)
    }

    /// Those of the keys that are in block `b`, of which it meets some.
    fn part(&self, z: Sizes, b: usize) -> Range<usize> {
        let block = z.block(b);
        block.start.max(self.keys.start)..block.end.min(self.keys.end)
    }
}

impl Operation for IntegerHead<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        const {
            assert!(QUERIES.is_multiple_of(I::DOT_ROW_UNIT));
            assert!(KEYS_AT_ONCE.is_multiple_of(STEP * I::DOT_STEPS));
            assert!(KEYS_OF_BLOCK.is_multiple_of(KEYS_AT_ONCE));
        }
        let z = Sizes::new::<I>(self.head.tokens.len(), self.head.shape.size);
        self.reserve::<I>(z);
        // SAFETY: the CPU has I by the caller's promise, and the scratch has just been sized.
        unsafe {
            self.gather_keys::<I>(z);
            for block in 0..z.blocks {
                self.gather_values::<I>(z, block);
            }
            I::open_dots();
            for first in (0..z.n).step_by(QUERIES) {
                let queries = first..z.n.min(first + QUERIES);
                let work = Work::new(z, self.head.shape.mask, queries);
                self.score::<I>(z, &work);
                self.mix::<I>(z, &work);
            }
            I::close();
        }
    }
}

impl IntegerHead<'_> {
    #[inline(always)]
    fn reserve<I: Isa>(&mut self, z: Sizes) {
        let scratch = &mut *self.scratch;
        scratch.keys.ensure(z.steps * z.stride);
        scratch.values.ensure(z.reach / STEP * z.deep);
        scratch.weights.ensure(QUERIES * z.stride);
        // The result and, behind it, the integer sums of one block.
        scratch.output.ensure(2 * QUERIES * z.deep);
        scratch.sums.ensure(QUERIES);
        let integers = &mut scratch.integers;
        integers.row.ensure(z.query_stride());
        integers.queries.ensure(QUERIES * z.query_stride());
        integers.weights.ensure(QUERIES * z.weight_stride);
        integers.key_scales.ensure(z.wide);
        integers.key_sums.ensure(z.wide);
        integers.value_scales.ensure(z.blocks * z.deep);
        integers
            .factors
            .ensure(QUERIES * z.blocks.next_multiple_of(I::LANES));
        integers.block_sums.ensure(z.blocks);
        integers.query_scales.resize(QUERIES, RowScale::default());
    }

    /// Keys as [steps, keys] words of four elements, with the scale of each key and, for the offset of the queries, the
    /// sum of its elements. Both include log₂ e / √size: the softmax is one of powers of two.
    ///
    /// # Safety
    /// The CPU has I and the scratch is reserved.
    #[inline(always)]
    unsafe fn gather_keys<I: Isa>(&mut self, z: Sizes) {
        let share = LOG2_E / (z.size as f32).sqrt();
        let integers = &mut self.scratch.integers;
        // The bytes of a row past its elements are zero: what they meet does not count.
        integers.row.fill(0);
        let words = self.scratch.keys.as_mut_ptr().cast::<u32>();
        for t in 0..z.n {
            let key = self.head.part(t, 1);
            // SAFETY: the row and the column of words are inside the scratch.
            unsafe {
                self.head.prefetch::<I>(t + AHEAD, 1);
                let (largest, wrong) = largest_of::<I>(key);
                let inverse = I::splat(inverse_scale(largest));
                let (from, row) = (key.as_ptr(), integers.row.as_mut_ptr());
                let mut sum = I::splat(0.0);
                let mut at = 0;
                while at < z.size {
                    let x = I::round(I::mul(load_up_to::<I>(from.add(at), z.size - at), inverse));
                    sum = I::add(sum, x);
                    I::store_i8(row.add(at).cast(), x);
                    at += I::LANES;
                }
                let scale = largest / f32::from(NARROW_LIMIT) * share + wrong;
                *integers.key_scales.as_mut_ptr().add(t) = scale;
                *integers.key_sums.as_mut_ptr().add(t) = scale * I::sum(sum);
                for step in 0..z.steps {
                    let word = row.cast::<u32>().add(step).read();
                    words.add(step * z.stride + t).write(word);
                }
            }
        }
    }

    /// Values of a block of keys as [keys / 4, elements] words of four keys, with the scale of each element.
    ///
    /// # Safety
    /// As [`Self::gather_keys`].
    #[inline(always)]
    unsafe fn gather_values<I: Isa>(&mut self, z: Sizes, block: usize) {
        let keys = z.block(block);
        let words = self.scratch.values.as_mut_ptr().cast::<u32>();
        let scales = self.scratch.integers.value_scales.as_mut_ptr();
        let mut at = 0;
        while at < z.size {
            let left = z.size - at;
            // SAFETY: tokens below n have `left` elements from `at`; the words and scales are inside the scratch.
            unsafe {
                let zero = I::splat(0.0);
                let (mut largest, mut wrong) = (zero, zero);
                for t in keys.start..keys.end.min(z.n) {
                    self.head.prefetch::<I>(t + AHEAD, 2);
                    let v = load_up_to::<I>(self.head.part(t, 2).as_ptr().add(at), left);
                    largest = I::max(I::max(v, I::sub(zero, v)), largest);
                    wrong = I::fma(v, zero, wrong);
                }
                let limit = I::splat(f32::from(NARROW_LIMIT));
                // A column of zeros, or nearly, becomes zeros.
                let inverse = I::div(limit, I::max(largest, I::splat(TINY)));
                let scale = I::add(I::div(largest, limit), wrong);
                I::store(scales.add(block * z.deep + at), scale);
                for quad in keys.clone().step_by(STEP) {
                    let mut four = [zero; STEP];
                    for (i, x) in four.iter_mut().enumerate() {
                        // Past the last token the weights are zero; here only a number is needed.
                        let t = (quad + i).min(z.n - 1);
                        let v = load_up_to::<I>(self.head.part(t, 2).as_ptr().add(at), left);
                        *x = I::mul(v, inverse);
                    }
                    I::store_i8_words(words.add(quad / STEP * z.deep + at), four);
                }
            }
            at += I::LANES;
        }
    }

    /// Scores of a block of queries against its keys, turned into softmax weights.
    ///
    /// # Safety
    /// As [`Self::gather_keys`], and keys are gathered.
    #[inline(always)]
    unsafe fn score<I: Isa>(&mut self, z: Sizes, work: &Work) {
        let Work { queries, keys } = work;
        for (i, query) in queries.clone().enumerate() {
            let row = self.head.part(query, 0);
            let integers = &mut self.scratch.integers;
            // SAFETY: passed on from the caller.
            unsafe {
                self.head.prefetch::<I>(query + AHEAD, 0);
                let to = &mut integers.queries[i * z.query_stride()..][..z.query_stride()];
                integers.query_scales[i] =
                    QuantizeRow::new(row, to, ActivationRange::FULL).run::<I>();
            }
        }
        let product = HeadProduct {
            numbers: Numbers::Integers,
            a: self.scratch.integers.queries.as_ptr(),
            a_stride: z.query_stride(),
            b: self.scratch.keys[keys.start..].as_ptr().cast(),
            b_stride: z.stride * 4,
            c: self.scratch.weights[keys.start..].as_mut_ptr().cast(),
            c_stride: z.stride * 4,
            width: keys.len(),
            steps: z.steps,
        };
        // SAFETY: the queries are [QUERIES, 4 · steps], the keys [steps, stride >= wide], the scores [QUERIES, stride], both from the
        // first key of the block on.
        unsafe {
            product.run::<I>(queries.len());
            for i in 0..queries.len() {
                self.weigh::<I>(z, work, i);
            }
        }
    }

    /// Softmax of the scores of query `i`: for each block its weights, of which the largest is 255, and their factor; and the
    /// sum of all.
    ///
    /// # Safety
    /// As [`Self::score`], with the scores in place.
    #[inline(always)]
    unsafe fn weigh<I: Isa>(&mut self, z: Sizes, work: &Work, i: usize) {
        let seen = self.head.seen(work.queries.start + i);
        let integers = &mut self.scratch.integers;
        let padded = z.blocks.next_multiple_of(I::LANES);
        let factors = &mut integers.factors[i * padded..][..padded];
        let sums = &mut integers.block_sums[..z.blocks];
        // SAFETY: row i is inside the scores and the weights, its blocks inside the row.
        unsafe {
            let row = Row {
                row_scale: integers.query_scales[i],
                seen,
                scores: self.scratch.weights.as_mut_ptr().add(i * z.stride),
                key_scales: integers.key_scales.as_ptr(),
                key_sums: integers.key_sums.as_ptr(),
                weights: integers.weights.as_mut_ptr().add(i * z.weight_stride),
            };
            factors.fill(f32::NEG_INFINITY);
            let mut top = f32::NEG_INFINITY;
            for block in work.blocks() {
                let keys = work.part(z, block);
                let (largest, wrong) = row.dequantize::<I>(keys.clone());
                factors[block] = largest;
                sums[block] = row.exp::<I>(keys, (largest, wrong));
                top = top.max(largest);
            }
            row.weights.add(z.wide).write_bytes(0, z.reach - z.wide);
            for at in (0..padded).step_by(I::LANES) {
                let p = factors.as_mut_ptr().add(at);
                I::store(p, power_of_two::<I>(I::sub(I::load(p), I::splat(top))));
            }
        }
        let parts = work.blocks().map(|block| factors[block] * sums[block]);
        self.scratch.sums[i] = parts.sum();
    }

    /// Sums the values by those weights, divides, and writes the rows of the result.
    ///
    /// # Safety
    /// As [`Self::score`], which came before.
    #[inline(always)]
    unsafe fn mix<I: Isa>(&mut self, z: Sizes, work: &Work) {
        let queries = &work.queries;
        for block in work.blocks() {
            let keys = work.part(z, block);
            let is_first = block == work.blocks().start;
            // SAFETY: the weights are [QUERIES, weight_stride >= reach] bytes, the values [reach / 4, deep] words, and the second
            // half of the output has a row of `deep` for each query.
            unsafe {
                let product = HeadProduct {
                    numbers: Numbers::Integers,
                    a: self.scratch.integers.weights.as_ptr().add(keys.start),
                    a_stride: z.weight_stride,
                    b: self
                        .scratch
                        .values
                        .as_ptr()
                        .add(keys.start / STEP * z.deep)
                        .cast(),
                    b_stride: z.deep * 4,
                    c: self
                        .scratch
                        .output
                        .as_mut_ptr()
                        .add(QUERIES * z.deep)
                        .cast(),
                    c_stride: z.deep * 4,
                    width: z.deep,
                    steps: (keys.len() / STEP).next_multiple_of(I::DOT_STEPS),
                };
                product.run::<I>(queries.len());
                self.add_block::<I>(z, (block, is_first), queries.len());
            }
        }
        for (i, query) in queries.clone().enumerate() {
            // SAFETY: the output row has `deep` elements, and the result's row `size` from this head's column.
            unsafe { self.write_row::<I>(z, i, query) }
        }
    }

    /// Adds a block's integer sums, times their scales, to the result of the first `rows` queries, which begins with the first block.
    ///
    /// # Safety
    /// As [`Self::mix`].
    #[inline(always)]
    unsafe fn add_block<I: Isa>(
        &mut self,
        z: Sizes,
        (block, is_first): (usize, bool),
        rows: usize,
    ) {
        let padded = z.blocks.next_multiple_of(I::LANES);
        let integers = &self.scratch.integers;
        let result = self.scratch.output.as_mut_ptr();
        for i in 0..rows {
            // SAFETY: both halves of the output have a row of `deep` for each query.
            unsafe {
                let factor = I::splat(integers.factors[i * padded + block]);
                let (to, from) = (result.add(i * z.deep), result.add((QUERIES + i) * z.deep));
                let scales = integers.value_scales.as_ptr().add(block * z.deep);
                for at in (0..z.deep).step_by(I::LANES) {
                    let scale = I::mul(I::load(scales.add(at)), factor);
                    let sum = I::load_i32(from.add(at).cast());
                    let before = if is_first {
                        I::splat(0.0)
                    } else {
                        I::load(to.add(at))
                    };
                    I::store(to.add(at), I::fma(sum, scale, before));
                }
            }
        }
    }

    /// Divides the result of query `i` by the sum of its weights and writes it to row `query` of the text.
    ///
    /// # Safety
    /// As [`Self::mix`].
    #[inline(always)]
    unsafe fn write_row<I: Isa>(&self, z: Sizes, i: usize, query: usize) {
        // SAFETY: as the function says.
        unsafe {
            let share = I::splat(1.0 / self.scratch.sums[i]);
            let from = self.scratch.output.as_ptr().add(i * z.deep);
            let to = self.head.result(query).as_mut_ptr();
            for_each_vector!(
                I,
                z.size,
                |j| I::store(to.add(j), I::mul(I::load(from.add(j)), share)),
                |j, left| I::store_partial(to.add(j), I::mul(I::load(from.add(j)), share), left)
            );
        }
    }
}

/// Multiplied by this, numbers of at most `largest` become integers of at most [`NARROW_LIMIT`].
fn inverse_scale(largest: f32) -> f32 {
    if largest > TINY {
        f32::from(NARROW_LIMIT) / largest
    } else {
        0.0
    }
}

/// The first `left` elements at `p`, or a whole vector of them.
///
/// # Safety
/// The CPU has I, and there are as many.
#[inline(always)]
unsafe fn load_up_to<I: Isa>(p: *const f32, left: usize) -> I::F32 {
    // SAFETY: by the caller's promise.
    unsafe {
        if left >= I::LANES {
            I::load(p)
        } else {
            I::load_partial(p, left)
        }
    }
}

/// Largest absolute value of a row, and a number that is NaN unless all its elements are finite, else 0.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
unsafe fn largest_of<I: Isa>(row: &[f32]) -> (f32, f32) {
    // SAFETY: inside the row.
    unsafe {
        let zero = I::splat(0.0);
        let (mut largest, mut wrong) = (zero, zero);
        let mut at = 0;
        while at < row.len() {
            let x = load_up_to::<I>(row.as_ptr().add(at), row.len() - at);
            largest = I::max(I::max(x, I::sub(zero, x)), largest);
            wrong = I::fma(x, zero, wrong);
            at += I::LANES;
        }
        (I::largest(largest), I::sum(wrong))
    }
}
