//! Weights as 8-bit and 4-bit integers.

use super::{BLOCK, INT8_LIMIT, LANE_SUM, TINY};
use half::f16;

/// Multiples of the largest weight that are tried as the end of the scale, the likeliest first. Less than 1 clips a few
/// outliers, which often costs less than the coarser steps that they ask for; more leaves fewer lanes that must be
/// lightened.
const CLIPPING: [f32; 8] = [1.0, 0.92, 1.1, 0.84, 1.25, 0.76, 0.68, 1.8];

/// Quantises the weights of one output to int8; the result is the scale.
///
/// Of a few scales the one with the smallest squared error is taken, after the weights of lanes that are too heavy have
/// been made smaller: without that in the choice they carry most of the error.
pub fn quantize_int8(weights: &[f32], out: &mut [i8]) -> f32 {
    let largest = weights.iter().fold(0.0f32, |top, w| top.max(w.abs()));
    if !(largest > TINY && largest.is_finite()) {
        out.fill(0);
        return 0.0;
    }
    let (mut best, mut least) = (0.0, f32::INFINITY);
    for end in CLIPPING {
        // In this order, since twice the largest float is no float.
        let scale = end * (largest / f32::from(INT8_LIMIT));
        // Lightening can only add to the error of rounding.
        if rounding_error(weights, scale) * end * end >= least {
            continue;
        }
        quantize_at(weights, scale, out);
        let error = squared_error(weights, scale, out) * end * end;
        if error < least {
            (best, least) = (scale, error);
        }
    }
    quantize_at(weights, best, out);
    best
}

/// Squared error of rounding and clipping, in squares of the scale.
fn rounding_error(weights: &[f32], scale: f32) -> f32 {
    let inverse = 1.0 / scale;
    let mut sums = [0.0f32; 16];
    for weights in weights.chunks(16) {
        for (sum, w) in sums.iter_mut().zip(weights) {
            let x = w * inverse;
            let e = round(clip_int8(x)) - x;
            *sum += e * e;
        }
    }
    sums.iter().sum()
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

pub(super) fn clip_int8(x: f32) -> f32 {
    x.clamp(-f32::from(INT8_LIMIT), f32::from(INT8_LIMIT))
}

/// The nearest whole number, halves to even, for |x| < 2²²: adding 1.5 · 2²³ leaves no room for a fraction. Unlike a
/// call of the rounding function it vectorises on every target.
pub(crate) fn round(x: f32) -> f32 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT) - SHIFT
}

/// The two lanes of each eight weights.
pub(super) const LANES: [[usize; 4]; 2] = [[0, 1, 4, 5], [2, 3, 6, 7]];

/// Brings weights nearer to zero where those of one sign in a lane exceed [`LANE_SUM`]: all by the same amount, which
/// is the least change in squares.
pub(super) fn lighten_lanes(weights: &mut [i8]) {
    for eight in weights.chunks_mut(8) {
        // Most are light, which is known faster than lane by lane.
        if <&[i8; 8]>::try_from(&*eight).is_ok_and(|eight| !is_heavy(eight)) {
            continue;
        }
        for lane in LANES {
            for sign in [1, -1] {
                lighten(eight, lane, sign);
            }
        }
    }
}

/// Whether a lane of eight weights is beyond [`LANE_SUM`]; none is −128. All are added at once, as bytes and then as
/// 16-bit parts of one word.
pub(super) fn is_heavy(eight: &[i8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const EVEN: u64 = 0x00FF_00FF_00FF_00FF;
    const TOO_MUCH: u64 = 0x8000 - 1 - LANE_SUM as u64;
    let bytes = u64::from_le_bytes(eight.map(|w| w as u8));
    let signs = (bytes >> 7) & ONES;
    let negative = signs * 255;
    let heavy = |sizes: u64| {
        let pairs = (sizes & EVEN) + ((sizes >> 8) & EVEN);
        let lanes = pairs + (pairs >> 32);
        (lanes + ((TOO_MUCH << 16) | TOO_MUCH)) & 0x8000_8000 != 0
    };
    heavy(bytes & !negative) || heavy(((bytes ^ negative) + signs) & negative)
}

fn lighten(eight: &mut [i8], lane: [usize; 4], sign: i8) {
    loop {
        let sum = lane_sum(eight, lane, sign);
        let Some(mut excess) = sum.checked_sub(LANE_SUM).filter(|&excess| excess > 0) else {
            return;
        };
        let (size, present) = (eight.len(), |w: i8| w.signum() == sign);
        let inside = lane.into_iter().filter(|&i| i < size);
        let count = inside.clone().filter(|&i| present(eight[i])).count() as u32;
        let share = (excess / count).max(1);
        for i in inside {
            let less = share.min(excess).min(u32::from(eight[i].unsigned_abs()));
            if present(eight[i]) {
                eight[i] -= sign * less as i8;
                excess -= less;
            }
        }
    }
}

/// The sum of the absolute values of a lane's weights of one sign.
pub(super) fn lane_sum(eight: &[i8], lane: [usize; 4], sign: i8) -> u32 {
    let weights = lane.into_iter().filter_map(|i| eight.get(i));
    weights
        .filter(|w| w.signum() == sign)
        .map(|w| u32::from(w.unsigned_abs()))
        .sum()
}

/// Whether int8 weights can be used as they are: none is beyond [`INT8_LIMIT`], no lane beyond [`LANE_SUM`].
pub fn fits_int8(weights: &[i8]) -> bool {
    let (eights, rest) = weights.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    weights.iter().all(|w| *w >= -INT8_LIMIT) && !eights.iter().any(is_heavy) && !is_heavy(&last)
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
