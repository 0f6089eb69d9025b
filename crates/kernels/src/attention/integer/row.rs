//! Softmax of one query's scores, block by block.

use crate::exp::power_of_two;
use crate::isa::Simd;
use crate::row_scale::RowScale;
use crate::softmax::NO_KEY;
use std::ops::Range;

/// The scores of one query.
pub(super) struct Row {
    pub(super) row_scale: RowScale,
    /// Keys that the query sees.
    pub(super) seen: Range<usize>,
    /// Integers, and in their place the scores that they stand for.
    pub(super) scores: *mut f32,
    pub(super) key_scales: *const f32,
    pub(super) key_sums: *const f32,
    /// Softmax weights.
    pub(super) weights: *mut u8,
}

impl Row {
    /// Scores of a block of keys, in place of the integers; the largest of them, and NaN in a lane of which a score is not
    /// finite, else 0.
    ///
    /// # Safety
    /// The CPU has I, and all rows hold the block.
    #[inline(always)]
    pub(super) unsafe fn dequantize<I: Simd>(&self, keys: Range<usize>) -> (f32, I::F32) {
        // SAFETY: whole vectors of the block, by the caller's promise.
        unsafe {
            let (scale, low) = (
                I::splat(self.row_scale.scale),
                I::splat(self.row_scale.offset),
            );
            let (mut top, zero) = (I::splat(NO_KEY), I::splat(0.0));
            let mut wrong = zero;
            let mut at = keys.start;
            while at < keys.end {
                let sum = I::load_i32(self.scores.add(at).cast());
                let offset = I::mul(low, I::load(self.key_sums.add(at)));
                let scaled = I::mul(sum, I::load(self.key_scales.add(at)));
                let mut score = I::fma(scaled, scale, offset);
                I::store(self.scores.add(at), score);
                let next = at + I::LANES;
                if at < self.seen.start || next > self.seen.end {
                    let hidden = at..self.seen.start.min(next);
                    for t in hidden.chain(self.seen.end.max(at)..next) {
                        self.scores.add(t).write(NO_KEY);
                    }
                    score = I::load(self.scores.add(at));
                }
                top = I::max(score, top);
                wrong = I::fma(score, zero, wrong);
                at += I::LANES;
            }
            (I::largest(top), wrong)
        }
    }

    /// Weights of a block of keys as bytes; their sum. `top` and `wrong` are what [`Self::dequantize`] returned for the block; with a
    /// score that is not finite the sum is NaN.
    ///
    /// # Safety
    /// As [`Self::dequantize`].
    #[inline(always)]
    pub(super) unsafe fn exp<I: Simd>(
        &self,
        keys: Range<usize>,
        (top, wrong): (f32, I::F32),
    ) -> f32 {
        // SAFETY: as above.
        unsafe {
            let (top, most) = (I::splat(top), I::splat(255.0));
            let mut sum = wrong;
            let mut at = keys.start;
            while at < keys.end {
                let e = power_of_two::<I>(I::sub(I::load(self.scores.add(at)), top));
                let weight = I::round(I::mul(e, most));
                sum = I::add(sum, weight);
                I::store_u8(self.weights.add(at), weight);
                at += I::LANES;
            }
            I::sum(sum)
        }
    }
}
