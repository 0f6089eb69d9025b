//! Tests of `quantize.rs`.

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

#[test]
fn the_largest_floats_have_a_scale() {
    for largest in [f32::MAX, 2.6726863e38, f32::MIN] {
        let mut weights = [0.0; 12];
        weights[0] = largest;
        let mut q = [0; 12];
        let scale = quantize_int8(&weights, &mut q);
        let back = f64::from(q[0]) * f64::from(scale) / f64::from(largest);
        assert!((back - 1.0).abs() < 0.01, "{largest}: {q:?} times {scale}");
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
    assert!(!fits_int8(&[65]) && !fits_int8(&[64, 64, 0, 0, 1]) && fits_int8(&[64, 64, -64, 64]));
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
