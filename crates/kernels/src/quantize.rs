//! From floats to the integers of the int8 and 4-bit products, and what they stand for.
//!
//! Activations: each row by itself, x ≈ low + scale · q with q in 0..=255, so that a row never depends on its
//! neighbours. The offset is free: Σ w·x = scale · Σ w·q + low · Σ w, and Σ w is known when the weights are packed.
//!
//! Int8 weights: each output by itself, w ≈ scale · q with |q| ≤ 64, and at most 128 in sum over each four that
//! meet in a 16-bit lane of AVX2 (see [`LANE_SUM`]). The same weights serve every CPU.
//!
//! 4-bit weights: blocks of 32, w ≈ scale · q with q in −8..=7 and the scale in half precision
//! (llama.cpp's q4_0).

use crate::aligned::AlignedBuffer;
use crate::isa::{Isa, for_each_vector};
use crate::kernel::{Kernel, Operation};
use crate::matrix::MatrixView;
use crate::team::Team;
use half::f16;

/// Largest absolute value of an int8 weight.
pub const INT8_LIMIT: i8 = 64;

/// Largest sum of absolute values of the weights {0, 1, 4, 5} and {2, 3, 6, 7} of each eight: with activations of up
/// to 255 their products add up to 32,640 at most, which a signed 16-bit lane holds.
pub const LANE_SUM: u32 = 128;

/// Values of a 4-bit block.
pub const BLOCK: usize = 32;

/// Multiples of the largest weight that are tried as the end of the scale. Less than 1 clips a few outliers, which
/// often costs less than the coarser steps that they ask for; more leaves fewer lanes that must be lightened.
const ENDS: [f32; 9] = [2.0, 1.6, 1.4, 1.2, 1.1, 1.0, 0.92, 0.84, 0.76];

/// Rows of activations as bytes; reused from call to call.
#[derive(Default)]
pub struct QuantizedMatrix {
    data: AlignedBuffer<u8>,
    meanings: Vec<Meaning>,
    stride: usize,
}

/// What the bytes of a row stand for: x = low + scale · q.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Meaning {
    pub(crate) scale: f32,
    pub(crate) low: f32,
}

/// Bytes of a cache line.
const LINE: usize = 64;

impl QuantizedMatrix {
    /// Quantises each row of `x`; the threads of the team share the rows.
    pub(crate) fn fill(&mut self, team: &Team, kernel: Kernel, x: MatrixView<'_>) {
        // An odd number of lines, as in `Matrix`, so that rows do not meet in one cache set.
        self.stride = (x.columns().div_ceil(LINE) | 1) * LINE;
        self.data.ensure(x.rows() * self.stride);
        self.meanings.resize(x.rows(), Meaning::default());
        let target = Target {
            data: self.data.as_mut_ptr(),
            meanings: self.meanings.as_mut_ptr(),
        };
        let stride = self.stride;
        team.run(|worker| {
            for i in worker.share(x.rows()) {
                // SAFETY: row i is this thread's alone and inside both buffers.
                unsafe { target.write_row(kernel, i, stride, x.row(i)) }
            }
        });
    }

    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.data.as_ptr()
    }

    /// Bytes from row to row.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    pub(crate) fn meanings(&self) -> &[Meaning] {
        &self.meanings
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.data.len() + size_of_val(&self.meanings[..])
    }
}

#[derive(Clone, Copy)]
struct Target {
    data: *mut u8,
    meanings: *mut Meaning,
}

// SAFETY: only pointers; `write_row` states who may use them.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    /// # Safety
    /// Both buffers have a row `i`, and no other thread touches it.
    unsafe fn write_row(self, kernel: Kernel, i: usize, stride: usize, row: &[f32]) {
        // SAFETY: passed on from the caller.
        unsafe {
            let to = self.data.add(i * stride);
            *self.meanings.add(i) = kernel.run(QuantizeRow { row, to });
        }
    }
}

/// Quantises one row into memory that is good for the row rounded up to whole cache lines.
pub(crate) struct QuantizeRow<'a> {
    pub(crate) row: &'a [f32],
    pub(crate) to: *mut u8,
}

impl Operation for QuantizeRow<'_> {
    type Output = Meaning;

    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> Meaning {
        let (n, x) = (self.row.len(), self.row.as_ptr());
        // SAFETY: the loops stay inside the row and its bytes.
        unsafe {
            let (low, high, wrong) = self.range::<I>();
            // A row with NaN or infinity, or too wide for f32, becomes NaN; the others are not touched by it.
            let range = high - low;
            if wrong.is_nan() || range > f32::MAX {
                return Meaning {
                    scale: f32::NAN,
                    low: f32::NAN,
                };
            }
            // Below this the inverse would overflow, and nothing is lost by calling the row constant.
            let inverse = if range > 1e-30 { 255.0 / range } else { 0.0 };
            let (factor, offset) = (I::splat(inverse), I::splat(low));
            for_each_vector!(
                I,
                n,
                |i| I::store_u8(
                    self.to.add(i),
                    I::mul(I::sub(I::load(x.add(i)), offset), factor)
                ),
                |i, left| {
                    // The bytes past the end meet weights of zero.
                    let x = I::sub(I::load_partial(x.add(i), left), offset);
                    let x = I::min(I::max(I::mul(x, factor), I::splat(0.0)), I::splat(255.0));
                    I::store_u8(self.to.add(i), x);
                }
            );
            Meaning {
                scale: if inverse > 0.0 { range / 255.0 } else { 0.0 },
                low,
            }
        }
    }
}

impl QuantizeRow<'_> {
    /// Smallest and largest element, and a number that is NaN if one of them is not finite.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn range<I: Isa>(&self) -> (f32, f32, f32) {
        let (n, x) = (self.row.len(), self.row.as_ptr());
        // SAFETY: the loops stay inside the row.
        unsafe {
            let zero = I::splat(0.0);
            let (mut low, mut high, mut wrong) = (I::splat(f32::MAX), I::splat(f32::MIN), zero);
            let (mut rest_low, mut rest_high, mut rest_wrong) = (f32::MAX, f32::MIN, 0.0);
            for_each_vector!(
                I,
                n,
                |i| {
                    let v = I::load(x.add(i));
                    low = I::min(v, low);
                    high = I::max(v, high);
                    wrong = I::fma(v, zero, wrong);
                },
                |i, left| {
                    for j in i..i + left {
                        rest_low = (*x.add(j)).min(rest_low);
                        rest_high = (*x.add(j)).max(rest_high);
                        rest_wrong += *x.add(j) * 0.0;
                    }
                }
            );
            let smallest = -I::largest(I::sub(zero, low));
            (
                smallest.min(rest_low),
                I::largest(high).max(rest_high),
                I::sum(wrong) + rest_wrong,
            )
        }
    }
}

/// Quantises the weights of one output to int8; the result is the scale.
///
/// Of a few scales the one with the smallest squared error is taken, after the weights of lanes that are too heavy have been
/// made smaller: they are few, but without that in the choice they carry most of the error.
pub fn quantize_int8(weights: &[f32], out: &mut [i8]) -> f32 {
    let largest = weights.iter().fold(0.0f32, |top, w| top.max(w.abs()));
    // Below the bound the inverse of a scale would overflow, and no product would notice the weights.
    if !(largest > 1e-30 && largest.is_finite()) {
        out.fill(0);
        return 0.0;
    }
    let (mut best, mut least) = (0.0, f32::INFINITY);
    for end in ENDS {
        // In this order, since twice the largest float is no float.
        let scale = end * (largest / f32::from(INT8_LIMIT));
        quantize_at(weights, scale, out);
        let error = squared_error(weights, scale, out) * end * end;
        if error < least {
            (best, least) = (scale, error);
        }
    }
    quantize_at(weights, best, out);
    best
}

fn quantize_at(weights: &[f32], scale: f32, out: &mut [i8]) {
    let inverse = 1.0 / scale;
    for (q, w) in out.iter_mut().zip(weights) {
        *q = round(clip_int8(w * inverse)) as i8;
    }
    lighten_lanes(out);
}

/// Squared error of integers, in squares of the scale, which cannot overflow.
fn squared_error(weights: &[f32], scale: f32, integers: &[i8]) -> f32 {
    let inverse = 1.0 / scale;
    let mut sums = [0.0f32; 16];
    for (weights, integers) in weights.chunks(16).zip(integers.chunks(16)) {
        for ((sum, w), &q) in sums.iter_mut().zip(weights).zip(integers) {
            let e = f32::from(q) - w * inverse;
            *sum += e * e;
        }
    }
    sums.iter().sum()
}

fn clip_int8(x: f32) -> f32 {
    x.clamp(-f32::from(INT8_LIMIT), f32::from(INT8_LIMIT))
}

/// The nearest whole number, halves to even, for |x| < 2²²: adding 1.5 · 2²³ leaves no room for a fraction. Unlike a
/// call of the rounding function it vectorises on every target.
fn round(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT) - SHIFT
}

/// The two lanes of each eight weights.
const LANES: [[usize; 4]; 2] = [[0, 1, 4, 5], [2, 3, 6, 7]];

/// Makes the heaviest weights smaller where a lane exceeds [`LANE_SUM`].
fn lighten_lanes(weights: &mut [i8]) {
    for eight in weights.chunks_mut(8) {
        for lane in LANES {
            while lane_sum(eight, lane) > LANE_SUM {
                let present = lane.into_iter().filter(|&i| i < eight.len());
                if let Some(heaviest) = present.max_by_key(|&i| eight[i].unsigned_abs()) {
                    eight[heaviest] -= eight[heaviest].signum();
                }
            }
        }
    }
}

fn lane_sum(eight: &[i8], lane: [usize; 4]) -> u32 {
    let weight = |i: usize| eight.get(i).map_or(0, |w| u32::from(w.unsigned_abs()));
    lane.into_iter().map(weight).sum()
}

/// Whether int8 weights can be used as they are: none is beyond [`INT8_LIMIT`], no lane beyond [`LANE_SUM`].
pub fn fits_int8(weights: &[i8]) -> bool {
    weights
        .iter()
        .all(|w| w.unsigned_abs() <= INT8_LIMIT.unsigned_abs())
        && weights
            .chunks(8)
            .all(|eight| LANES.into_iter().all(|l| lane_sum(eight, l) <= LANE_SUM))
}

/// Quantises the weights of one output to 4-bit blocks. `packed` gets, for each block of 32, 16 bytes
/// whose low nibbles are its first 16 weights plus 8 and whose high nibbles the last 16; `scales` an f16 for each block.
///
/// # Panics
/// When the lengths do not fit: weights a multiple of 32, `packed` half as long, a scale for each block.
pub fn quantize_int4(weights: &[f32], packed: &mut [u8], scales: &mut [f16]) {
    assert_eq!(weights.len() % BLOCK, 0);
    assert_eq!(
        (packed.len(), scales.len()),
        (weights.len() / 2, weights.len() / BLOCK)
    );
    let blocks = weights
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(packed.as_chunks_mut::<16>().0);
    for ((block, bytes), scale) in blocks.zip(scales) {
        // The largest weight becomes −8, the end of the range that reaches further.
        let end = block
            .iter()
            .fold(0.0f32, |top, &w| if w.abs() > top.abs() { w } else { top });
        *scale = f16::from_f32((end / -8.0).clamp(f16::MIN.to_f32(), f16::MAX.to_f32()));
        let inverse = if scale.to_f32() == 0.0 {
            0.0
        } else {
            1.0 / scale.to_f32()
        };
        let nibble = |w: f32| (round((w * inverse).clamp(-8.0, 7.0)) + 8.0) as u8;
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = nibble(block[i]) | nibble(block[i + 16]) << 4;
        }
    }
}

#[cfg(test)]
mod tests;
