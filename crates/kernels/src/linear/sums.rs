//! From the sums of a product to what they stand for.

use super::STEP;
use crate::isa::Simd;
use crate::row_scale::OUTLIERS;

/// Scale, offset and outliers of a row, in registers.
pub(super) struct RowTerms<I: Simd> {
    pub(super) scale: I::F32,
    pub(super) offset: I::F32,
    pub(super) outliers: [OutlierColumn<I>; OUTLIERS],
}

/// What an outlier adds: the weights of its column in a panel, times its rest.
#[derive(Clone, Copy)]
pub(super) struct OutlierColumn<I: Simd> {
    /// The step that the column is in: [width, 4] i8.
    pub(super) weights: *const u8,
    pub(super) byte: usize,
    pub(super) rest: I::F32,
}

/// What the sums in the scratch are, and what x·Wᵀ + b they stand for.
pub(super) trait Sums {
    /// The result without activation for outputs `j..j + LANES` of a panel, from the sums at `from`, what the row's bytes
    /// stand for, and the outputs' bias, scale and sum of weights.
    ///
    /// # Safety
    /// The CPU has I; all pointers are good for LANES elements, those of the outliers if there are any.
    unsafe fn dequantize<I: Simd, const HAS_OUTLIERS: bool>(
        from: *const f32,
        row: &RowTerms<I>,
        j: usize,
        vectors: [*const f32; 3],
    ) -> I::F32;
}

/// Σ x·w
pub(super) struct Floats;
impl Sums for Floats {
    #[inline(always)]
    unsafe fn dequantize<I: Simd, const HAS_OUTLIERS: bool>(
        from: *const f32,
        _: &RowTerms<I>,
        _: usize,
        [bias, ..]: [*const f32; 3],
    ) -> I::F32 {
        // SAFETY: the caller's promise.
        unsafe { I::add(I::load(from), I::load(bias)) }
    }
}

/// Σ q·w, in integers
pub(super) struct Integers;
impl Sums for Integers {
    #[inline(always)]
    unsafe fn dequantize<I: Simd, const HAS_OUTLIERS: bool>(
        from: *const f32,
        row: &RowTerms<I>,
        j: usize,
        [bias, scales, sums]: [*const f32; 3],
    ) -> I::F32 {
        // SAFETY: the caller's promise.
        unsafe {
            let constant = I::fma(row.offset, I::load(sums), I::load(bias));
            let mut sum = I::mul(I::load_i32(from.cast()), row.scale);
            if HAS_OUTLIERS {
                for column in &row.outliers {
                    let weights = I::load_i8(column.weights.add(STEP * j).cast(), column.byte);
                    sum = I::fma(weights, column.rest, sum);
                }
            }
            I::fma(sum, I::load(scales), constant)
        }
    }
}

/// Σ q·w with the weights' scales already in it
pub(super) struct Blocks;
impl Sums for Blocks {
    #[inline(always)]
    unsafe fn dequantize<I: Simd, const HAS_OUTLIERS: bool>(
        from: *const f32,
        row: &RowTerms<I>,
        _: usize,
        [bias, _, sums]: [*const f32; 3],
    ) -> I::F32 {
        // SAFETY: the caller's promise.
        unsafe {
            I::fma(
                I::load(from),
                row.scale,
                I::fma(row.offset, I::load(sums), I::load(bias)),
            )
        }
    }
}
