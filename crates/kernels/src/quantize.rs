//! From floats to the integers of the int8 and 4-bit products, and what they stand for.
//!
//! Activations: each row by itself, x ≈ low + scale · q with q in 0..=255, so that a row never depends on its
//! neighbours. The offset is free: Σ w·x = scale · Σ w·q + low · Σ w, and Σ w is known when the weights are packed.
//!
//! Int8 weights: each output by itself, w ≈ scale · q with |q| ≤ 64, and at most 128 in sum over each four that
//! meet in a 16-bit lane of AVX2 (see [`LANE_SUM`]). The same weights serve every CPU, so vectors made on
//! one machine fit those of another.
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
struct QuantizeRow<'a> {
    row: &'a [f32],
    to: *mut u8,
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
        let scale = end * largest / f32::from(INT8_LIMIT);
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
mod tests {
    use super::*;
    use crate::testing::{bell_shaped, random, random_matrix};
    use proptest::collection::{SizeRange, vec};
    use proptest::prelude::*;

    fn values(q: &QuantizedMatrix, row: usize, columns: usize) -> Vec<f64> {
        let Meaning { scale, low } = q.meanings[row];
        let bytes = &q.data[row * q.stride..][..columns];
        bytes
            .iter()
            .map(|&b| f64::from(low) + f64::from(scale) * f64::from(b))
            .collect()
    }

    #[test]
    fn rows_are_within_half_a_step_and_alike_on_all_paths() {
        for columns in [1usize, 7, 8, 15, 16, 33, 384, 769] {
            let x = random_matrix(5, columns, 31);
            let mut all = Vec::new();
            for kernel in Kernel::all() {
                let mut q = QuantizedMatrix::default();
                q.fill(&Team::new(2), kernel, x.view());
                for i in 0..5 {
                    let half = 0.501 * f64::from(q.meanings[i].scale) + 1e-6;
                    for (v, x) in values(&q, i, columns).iter().zip(x.row(i)) {
                        assert!((v - f64::from(*x)).abs() <= half, "{}", kernel.name());
                    }
                }
                all.push(values(&q, 4, columns));
            }
            assert!(all.iter().all(|v| *v == all[0]));
        }
    }

    /// Row by row, by the definition.
    fn naive(row: &[f32]) -> (Vec<u8>, Meaning) {
        let low = row.iter().copied().fold(f32::MAX, f32::min);
        let range = row.iter().copied().fold(f32::MIN, f32::max) - low;
        let (scale, inverse) = if range > 1e-30 {
            (range / 255.0, 255.0 / range)
        } else {
            (0.0, 0.0)
        };
        let byte = |x: &f32| ((x - low) * inverse).round_ties_even() as u8;
        (row.iter().map(byte).collect(), Meaning { scale, low })
    }

    #[test]
    fn bytes_are_those_of_the_definition() {
        for columns in [0usize, 1, 2, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 768, 3073] {
            let mut x = random_matrix(10, columns, 35);
            for (j, sign) in (0..columns).zip([1.0, -1.0].into_iter().cycle()) {
                x.row_mut(1)[j] = sign;
                x.row_mut(2)[j] *= 1e38;
                x.row_mut(3)[j] *= 1e-29;
                x.row_mut(4)[j] += 1e4;
                // Halves between two bytes.
                x.row_mut(5)[j] = (j % 511) as f32 / 2.0;
                x.row_mut(6)[j] = if j + 1 == columns { -1e6 } else { 0.25 };
                x.row_mut(7)[j] = if j == 0 { f32::MAX } else { 0.0 };
                x.row_mut(8)[j] *= 1e-41;
                x.row_mut(9)[j] = -7.5;
            }
            for kernel in Kernel::all() {
                let mut q = QuantizedMatrix::default();
                q.fill(&Team::new(2), kernel, x.view());
                for i in 0..10 {
                    let (bytes, meaning) = naive(x.row(i));
                    let what = format!("{} {columns} columns, row {i}", kernel.name());
                    assert_eq!(&q.data[i * q.stride..][..columns], bytes, "{what}");
                    let got = (q.meanings[i].low, q.meanings[i].scale);
                    assert_eq!(got, (meaning.low, meaning.scale), "{what}");
                }
            }
        }
    }

    /// A bad element in a whole vector of any path or in what is left after the last.
    #[test]
    fn a_bad_element_is_noticed_anywhere() {
        for columns in [1usize, 9, 37] {
            for at in 0..columns {
                let mut x = random_matrix(3, columns, 36);
                x.row_mut(0)[at] = f32::NAN;
                x.row_mut(2)[at] = f32::INFINITY;
                for kernel in Kernel::all() {
                    let mut q = QuantizedMatrix::default();
                    q.fill(&Team::new(1), kernel, x.view());
                    let bad = |i: usize| q.meanings[i].scale.is_nan() && q.meanings[i].low.is_nan();
                    assert!(bad(0) && !bad(1) && bad(2), "{} at {at}", kernel.name());
                }
            }
        }
    }

    #[test]
    fn constant_tiny_and_bad_rows() {
        for kernel in Kernel::all() {
            let mut x = random_matrix(7, 20, 32);
            x.row_mut(0).fill(3.5);
            x.row_mut(1).fill(0.0);
            x.row_mut(2).iter_mut().for_each(|v| *v *= 1e-41);
            x.row_mut(3)[19] = f32::NAN;
            x.row_mut(4)[2] = f32::NEG_INFINITY;
            // Each is finite, the distance is not.
            x.row_mut(6)[..2].copy_from_slice(&[-3e38, 3e38]);
            let mut q = QuantizedMatrix::default();
            q.fill(&Team::new(1), kernel, x.view());
            assert!(values(&q, 0, 20).iter().all(|&v| v == 3.5));
            assert!(values(&q, 1, 20).iter().all(|&v| v == 0.0));
            assert!(values(&q, 2, 20).iter().all(|&v| v.abs() < 1e-40));
            assert!(q.meanings[3].scale.is_nan() && q.meanings[4].scale.is_nan());
            assert!(q.meanings[5].scale.is_finite());
            assert!(q.meanings[6].scale.is_nan() && q.meanings[6].low.is_nan());
        }
    }

    #[test]
    fn int8_weights_are_close_and_cannot_saturate() {
        for n in [0usize, 1, 3, 8, 9, 384, 1001] {
            let weights: Vec<f32> = random(n, 33).iter().map(|x| x * x * x * 0.1).collect();
            let mut q = vec![0; n];
            let scale = quantize_int8(&weights, &mut q);
            assert!(fits_int8(&q));
            let square: f32 = weights.iter().map(|w| w * w).sum();
            let error: f32 = q
                .iter()
                .zip(&weights)
                .map(|(&q, w)| (f32::from(q) * scale - w).powi(2))
                .sum();
            // A few weights alone may be of a kind whose lanes must be lightened.
            let bound = if n > 100 { 4e-4 } else { 0.1 };
            assert!(error <= bound * square, "{n}: {error} of {square}");
        }
    }

    /// Weights of a real model have a bell shape: few lanes are too heavy.
    #[test]
    fn usual_weights_lose_little() {
        for (n, seed) in [(384usize, 37), (768, 38), (3072, 39)] {
            let weights = bell_shaped(n, seed);
            let mut q = vec![0; n];
            let scale = quantize_int8(&weights, &mut q);
            let error = |(&q, w): (&i8, &f32)| f64::from(f32::from(q) * scale - w).powi(2);
            let error: f64 = q.iter().zip(&weights).map(error).sum();
            let size: f64 = weights.iter().map(|w| f64::from(*w).powi(2)).sum();
            let relative = (error / size).sqrt();
            assert!(relative < 0.018, "{n}: {relative}");
        }
    }

    /// Any floats, those that no checkpoint should have among them.
    fn any_weights(length: impl Into<SizeRange>) -> impl Strategy<Value = Vec<f32>> {
        let kind = prop_oneof![
            4 => any::<f32>().prop_map(|x| x % 1.0).boxed(),
            1 => any::<f32>().boxed(),
        ];
        let usual = vec(-1.0f32..1.0, length.into());
        (usual, kind, 0usize..64, -30i32..30).prop_map(|(mut weights, odd, at, power)| {
            weights.iter_mut().for_each(|w| *w *= 2f32.powi(power));
            if let Some(w) = weights.get_mut(at) {
                *w = odd;
            }
            weights
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_int8_weights_cannot_saturate(weights in any_weights(0usize..50)) {
            let mut q = vec![0; weights.len()];
            let scale = quantize_int8(&weights, &mut q);
            prop_assert!(fits_int8(&q));
            prop_assert!(scale.is_finite() && scale >= 0.0);
            for (eight, weights) in q.chunks(8).zip(weights.chunks(8)) {
                for lane in LANES {
                    let present = || lane.into_iter().filter(|&i| i < eight.len() && !weights[i].is_nan());
                    let nearest = |i: usize| {
                        if scale > 0.0 { round(clip_int8(weights[i] * (1.0 / scale))) as i8 } else { 0 }
                    };
                    let sum: u32 = present().map(|i| u32::from(nearest(i).unsigned_abs())).sum();
                    // A lane that is light enough holds the nearest integers; a heavier one is as heavy as it may be, and
                    // its integers have only come nearer to zero.
                    prop_assert_eq!(lane_sum(eight, lane), sum.min(LANE_SUM));
                    for i in present() {
                        let (q, nearest) = (eight[i], nearest(i));
                        prop_assert!(q.unsigned_abs() <= nearest.unsigned_abs());
                        prop_assert!(q == 0 || q.signum() == nearest.signum());
                    }
                }
            }
        }

        #[test]
        fn any_int4_weights_are_within_a_step(weights in any_weights(64usize)) {
            let (mut packed, mut scales) = (vec![0; 32], vec![f16::ZERO; 2]);
            quantize_int4(&weights, &mut packed, &mut scales);
            for (i, &w) in weights.iter().enumerate() {
                let (block, j) = (i / BLOCK, i % BLOCK);
                let byte = packed[block * 16 + j % 16];
                let q = f32::from(if j < 16 { byte & 15 } else { byte >> 4 }) - 8.0;
                let scale = scales[block].to_f32();
                // Where half precision has all its bits. The largest weight may be a little beyond −8, its opposite
                // is a whole step beyond 7.
                if w.is_finite() && scale.abs() < f16::MAX.to_f32() && scale.abs() >= 1e-4 {
                    let step = if q == 7.0 { 1.01 } else { 0.51 };
                    prop_assert!((q * scale - w).abs() <= step * scale.abs(), "{}: {} · {} for {}", i, q, scale, w);
                }
            }
        }
    }

    #[test]
    fn heavy_lanes_are_lightened() {
        let mut q = [0; 16];
        quantize_int8(&[1.0; 16], &mut q);
        assert_eq!(q, [32; 16]);
        assert!(
            !fits_int8(&[65]) && !fits_int8(&[64, 64, 0, 0, 1]) && fits_int8(&[64, 64, -64, 64])
        );
        assert!(!fits_int8(&[-128, 0]));
    }

    #[test]
    fn weights_without_a_scale_are_zero() {
        let mut q = [1; 4];
        assert_eq!(quantize_int8(&[0.0; 4], &mut q), 0.0);
        assert_eq!(q, [0; 4]);
        assert_eq!(quantize_int8(&[f32::INFINITY, 1.0, 0.0, 0.0], &mut q), 0.0);
    }

    #[test]
    fn int4_blocks_are_within_a_step() {
        let weights = random(96, 34);
        let (mut packed, mut scales) = (vec![0; 48], vec![f16::ZERO; 3]);
        quantize_int4(&weights, &mut packed, &mut scales);
        for (i, w) in weights.iter().enumerate() {
            let (block, j) = (i / BLOCK, i % BLOCK);
            let byte = packed[block * 16 + j % 16];
            let q = f32::from(if j < 16 { byte & 15 } else { byte >> 4 }) - 8.0;
            let scale = scales[block].to_f32();
            assert!(
                (q * scale - w).abs() <= 1.01 * scale.abs(),
                "{i}: {q} · {scale} for {w}"
            );
        }
        // Beyond what a scale in half precision reaches, as near as it comes.
        quantize_int4(&[1e9; 32], &mut packed[..16], &mut scales[..1]);
        assert!(packed[..16].iter().all(|&b| b == 0) && scales[0] == f16::MIN);
        quantize_int4(&[0.0; 32], &mut packed[..16], &mut scales[..1]);
        assert!(packed[..16].iter().all(|&b| b == 0x88) && scales[0] == f16::ZERO);
    }
}
