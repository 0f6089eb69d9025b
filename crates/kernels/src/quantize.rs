//! From floats to the integers of the int8 and 4-bit products, and what they stand for.
//!
//! Activations: each row by itself, x ≈ offset + scale · q with q in 0..=[`LEVELS`] (for 4-bit weights 0..=255), so that
//! a row never depends on its neighbours. The offset is free: Σ w·x = scale · Σ w·q + offset · Σ w, and Σ w is known when
//! the weights are packed. A few channels of transformers are many times as large as the others and would make the
//! steps coarse for all; so the [`OUTLIERS`] largest elements of a row may lie outside the scale, and what their
//! bytes leave out is multiplied in floats.
//!
//! Int8 weights: each output by itself, w ≈ scale · q with |q| ≤ 127, and at most [`LANE_SUM`] in sum over those of one
//! sign among each four that meet in a 16-bit lane of AVX2. Few lanes of a real model are heavier, and activations with
//! 144 steps instead of 255 cost less than lighter weights would. The same weights and activations serve every CPU.
//!
//! 4-bit weights: blocks of 32, w ≈ scale · q with q in −8..=7 and the scale in half precision
//! (llama.cpp's q4_0).

mod weights;

pub(crate) use self::weights::round;
pub use self::weights::{fits_int8, quantize_int4, quantize_int8};

use crate::aligned::{AlignedBuffer, odd_stride};
use crate::isa::{Isa, for_each_vector};
use crate::kernel::{Kernel, Operation};
use crate::matrix::MatrixView;
use crate::row_scale::{OUTLIERS, Outlier, RowScale};
use crate::team::Team;
pub use crate::tile::BLOCK;
use crate::tile::ROW_UNIT;
use std::marker::PhantomData;

/// Largest absolute value of an int8 weight.
pub const INT8_LIMIT: i8 = 127;

/// Largest absolute value of integers that meet bytes of up to 255 two at a time: 2 · 64 · 255 < 2¹⁵.
pub(crate) const NARROW_LIMIT: i8 = 64;

/// Largest byte of an activation that meets int8 weights.
pub const LEVELS: u8 = 144;

/// Largest sum of the positive weights, and of the absolute values of the negative ones, among {0, 1, 4, 5} and
/// {2, 3, 6, 7} of each eight: with activations of up to [`LEVELS`] their products add up to 32,688 at most, which a
/// signed 16-bit lane holds.
pub const LANE_SUM: u32 = 227;

/// They are left out where the range of the others is less than this part of the whole range.
const WORTHWHILE: f32 = 0.8;

/// Ranges and weights no larger than this are taken for zero: the inverse of their scale would overflow, and no product would
/// notice them.
pub(crate) const TINY: f32 = 1e-30;

/// Rows of activations as bytes; reused from call to call.
#[derive(Default)]
pub struct QuantizedMatrix {
    data: AlignedBuffer<u8>,
    row_scales: Vec<RowScale>,
    stride: usize,
}

/// How far the bytes of activations reach, and whether a few elements may lie beyond.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivationRange {
    pub(crate) levels: u8,
    pub(crate) outliers: bool,
}

impl ActivationRange {
    /// For int8 weights.
    pub(crate) const INT8: Self = Self {
        levels: LEVELS,
        outliers: true,
    };
    /// For 4-bit weights, whose own error hides that of the bytes, and for attention: products with either are far from
    /// saturating.
    pub(crate) const FULL: Self = Self {
        levels: 255,
        outliers: false,
    };
}

impl QuantizedMatrix {
    /// Quantises each row of `x`; the threads of the team share the rows.
    pub(crate) fn fill(
        &mut self,
        team: &Team,
        kernel: Kernel,
        range: ActivationRange,
        x: MatrixView<'_>,
    ) {
        self.stride = odd_stride::<u8>(x.columns());
        let room = x.rows().next_multiple_of(ROW_UNIT) * self.stride;
        self.data.ensure(room);
        self.row_scales.resize(x.rows(), RowScale::default());
        let target = Target {
            data: self.data.as_mut_ptr(),
            row_scales: self.row_scales.as_mut_ptr(),
            stride: self.stride,
            borrow: PhantomData,
        };
        team.run(|worker| {
            for i in worker.share(x.rows()) {
                // SAFETY: both buffers have a row i, which is this thread's alone.
                let (to, row_scale) = unsafe { target.row(i) };
                *row_scale = kernel.run(QuantizeRow::new(x.row(i), to, range));
            }
        });
    }

    /// The bytes of all rows, and of as many more as fill up a [`ROW_UNIT`].
    pub(crate) fn data(&self) -> &[u8] {
        &self.data
    }

    /// Bytes from row to row.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn row_scales(&self) -> &[RowScale] {
        &self.row_scales
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.data.len() + size_of_val(&self.row_scales[..])
    }
}

/// The rows of a [`QuantizedMatrix`], for several threads.
#[derive(Clone, Copy)]
struct Target<'a> {
    data: *mut u8,
    row_scales: *mut RowScale,
    stride: usize,
    borrow: PhantomData<&'a mut QuantizedMatrix>,
}

// SAFETY: only pointers; `row` states who may use them.
unsafe impl Send for Target<'_> {}
// SAFETY: as above.
unsafe impl Sync for Target<'_> {}

impl<'a> Target<'a> {
    /// Bytes and scale of row `i`.
    ///
    /// # Safety
    /// There is such a row, and nobody else touches it.
    unsafe fn row(self, i: usize) -> (&'a mut [u8], &'a mut RowScale) {
        // SAFETY: inside both buffers, and exclusive, by the caller's promise.
        unsafe {
            let bytes = self.data.add(i * self.stride);
            let bytes = std::slice::from_raw_parts_mut(bytes, self.stride);
            (bytes, &mut *self.row_scales.add(i))
        }
    }
}

/// Classes of a row's elements, by their column modulo this, whose ranges are known one by one. A multiple of every
/// path's lanes.
const CLASSES: usize = 16;

/// Smallest and largest element of each class.
#[derive(Clone, Copy)]
struct ClassRanges {
    low: [f32; CLASSES],
    high: [f32; CLASSES],
}

impl ClassRanges {
    /// Smallest and largest element of all classes.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn range<I: Isa>(&self) -> (f32, f32) {
        // SAFETY: whole vectors, since the classes are.
        unsafe {
            let (mut low, mut high) = (I::splat(f32::MAX), I::splat(f32::MIN));
            for class in (0..CLASSES).step_by(I::LANES) {
                low = I::min(I::load(self.low.as_ptr().add(class)), low);
                high = I::max(I::load(self.high.as_ptr().add(class)), high);
            }
            (-I::largest(I::sub(I::splat(0.0), low)), I::largest(high))
        }
    }

    /// Whether the range without outliers could be narrow enough: it cannot where that without their whole classes is not.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn may_narrow<I: Isa>(&self, range: f32) -> bool {
        let mut others = *self;
        // SAFETY: passed on from the caller.
        unsafe {
            for _ in 0..OUTLIERS {
                let (class, _) = others.farthest::<I>();
                (others.low[class], others.high[class]) = (f32::MAX, f32::MIN);
            }
            let (low, high) = others.range::<I>();
            range > TINY && high - low < WORTHWHILE * range
        }
    }

    /// The class with the largest absolute value (the first of several), and that value.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn farthest<I: Isa>(&self) -> (usize, f32) {
        let mut sizes = [0.0f32; CLASSES];
        // SAFETY: whole vectors, since the classes are.
        unsafe {
            let mut top = I::splat(f32::MIN);
            for class in (0..CLASSES).step_by(I::LANES) {
                let low = I::load(self.low.as_ptr().add(class));
                let size = I::max(
                    I::load(self.high.as_ptr().add(class)),
                    I::sub(I::splat(0.0), low),
                );
                I::store(sizes.as_mut_ptr().add(class), size);
                top = I::max(size, top);
            }
            let top = I::largest(top);
            let mut class = 0;
            while class < CLASSES - 1 && sizes[class] != top {
                class += 1;
            }
            (class, top)
        }
    }
}

/// Quantises one row.
pub(crate) struct QuantizeRow<'a> {
    row: &'a [f32],
    to: &'a mut [u8],
    range: ActivationRange,
}

impl<'a> QuantizeRow<'a> {
    /// `to` is as long as the row and whole registers; what lies beyond the row becomes any bytes.
    ///
    /// # Panics
    /// When it is shorter.
    pub(crate) fn new(row: &'a [f32], to: &'a mut [u8], range: ActivationRange) -> Self {
        assert!(row.len().next_multiple_of(CLASSES) <= to.len());
        Self { row, to, range }
    }
}

impl Operation for QuantizeRow<'_> {
    type Output = RowScale;

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) -> RowScale {
        let n = self.row.len();
        let levels = f32::from(self.range.levels);
        // SAFETY: the loops stay inside the row and its bytes, which are whole registers.
        unsafe {
            let (mut ranges, wrong) = self.class_ranges::<I>();
            let (mut low, high) = ranges.range::<I>();
            let mut range = high - low;
            // A row with NaN or infinity, or too wide for f32, becomes NaN; the others are not touched by it.
            if wrong.is_nan() || range > f32::MAX {
                return RowScale {
                    scale: f32::NAN,
                    offset: f32::NAN,
                    ..RowScale::default()
                };
            }
            let mut outside = None;
            if self.range.outliers && n >= CLASSES && ranges.may_narrow::<I>(range) {
                let columns = self.take_outliers::<I>(&mut ranges);
                let (lowest, highest) = ranges.range::<I>();
                if highest - lowest < WORTHWHILE * range {
                    (low, range, outside) = (lowest, highest - lowest, Some(columns));
                }
            }
            let inverse = if range > TINY { levels / range } else { 0.0 };
            self.write::<I>(low, inverse);
            let scale = if inverse > 0.0 { range / levels } else { 0.0 };
            let outlier = |column: usize| {
                let x = self.row[column];
                let q = ((x - low) * inverse).clamp(0.0, levels).round_ties_even();
                self.to[column] = q as u8;
                Outlier {
                    column,
                    rest: x - (low + scale * q),
                }
            };
            let outliers = outside.map_or_else(Default::default, |columns| columns.map(outlier));
            RowScale {
                scale,
                offset: low,
                outliers,
            }
        }
    }
}

impl QuantizeRow<'_> {
    /// Each element's level: its distance from `low` times `inverse`, rounded.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn write<I: Isa>(&mut self, low: f32, inverse: f32) {
        let (n, x, to) = (self.row.len(), self.row.as_ptr(), self.to.as_mut_ptr());
        // SAFETY: the loops stay inside the row and its bytes, which are whole registers.
        unsafe {
            let (factor, offset) = (I::splat(inverse), I::splat(low));
            let levels = I::splat(f32::from(self.range.levels));
            for_each_vector!(
                I,
                n,
                |i| I::store_u8(to.add(i), I::mul(I::sub(I::load(x.add(i)), offset), factor)),
                |i, left| {
                    // The bytes past the end meet weights of zero.
                    let x = I::sub(I::load_partial(x.add(i), left), offset);
                    let x = I::min(I::max(I::mul(x, factor), I::splat(0.0)), levels);
                    I::store_u8(to.add(i), x);
                }
            );
        }
    }

    /// The range of each class, and a number that is NaN if an element is not finite.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn class_ranges<I: Isa>(&self) -> (ClassRanges, f32) {
        let (n, x) = (self.row.len(), self.row.as_ptr());
        let whole = n / CLASSES * CLASSES;
        let mut ranges = ClassRanges {
            low: [f32::MAX; CLASSES],
            high: [f32::MIN; CLASSES],
        };
        let mut wrong = 0.0;
        let mut class = 0;
        while class < CLASSES {
            // SAFETY: the loop stays inside the row, and the classes are whole vectors.
            unsafe {
                let zero = I::splat(0.0);
                let (mut low, mut high) = (I::splat(f32::MAX), I::splat(f32::MIN));
                let (mut odd, mut i) = (zero, class);
                while i < whole {
                    let v = I::load(x.add(i));
                    low = I::min(v, low);
                    high = I::max(v, high);
                    odd = I::fma(v, zero, odd);
                    i += CLASSES;
                }
                I::store(ranges.low.as_mut_ptr().add(class), low);
                I::store(ranges.high.as_mut_ptr().add(class), high);
                wrong += I::sum(odd);
            }
            class += I::LANES;
        }
        for (class, &v) in self.row[whole..].iter().enumerate() {
            ranges.low[class] = v.min(ranges.low[class]);
            ranges.high[class] = v.max(ranges.high[class]);
            wrong += v * 0.0;
        }
        (ranges, wrong)
    }

    /// The columns of the elements with the largest absolute values; `ranges` become those of the others.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn take_outliers<I: Isa>(&self, ranges: &mut ClassRanges) -> [usize; OUTLIERS] {
        let mut taken = [usize::MAX; OUTLIERS];
        for k in 0..OUTLIERS {
            // SAFETY: passed on from the caller.
            let (class, size) = unsafe { ranges.farthest::<I>() };
            let (mut low, mut high, mut at) = (f32::MAX, f32::MIN, usize::MAX);
            let mut i = class;
            while i < self.row.len() {
                let v = self.row[i];
                if at == usize::MAX && v.abs() == size && !taken.contains(&i) {
                    at = i;
                } else if !taken.contains(&i) {
                    // One instruction each, unlike `min` and `max`, which think of NaN.
                    low = if v < low { v } else { low };
                    high = if v > high { v } else { high };
                }
                i += CLASSES;
            }
            taken[k] = at;
            (ranges.low[class], ranges.high[class]) = (low, high);
        }
        taken
    }
}

#[cfg(test)]
pub(crate) mod tests;
