//! Tests of `quantize.rs`.

use super::weights::*;
use super::*;
use crate::testing::{bell_shaped, random, random_matrix};
use half::f16;
use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;

/// Both ways to quantise rows.
const BOTH: [ActivationRange; 2] = [ActivationRange::INT8, ActivationRange::FULL];

fn values(q: &QuantizedMatrix, row: usize, columns: usize) -> Vec<f64> {
    let RowScale {
        scale,
        offset,
        outliers,
    } = q.row_scales[row];
    let bytes = &q.data[row * q.stride..][..columns];
    let mut values: Vec<f64> = bytes
        .iter()
        .map(|&b| f64::from(offset) + f64::from(scale) * f64::from(b))
        .collect();
    for Outlier { column, rest } in outliers.into_iter().filter(|o| o.rest != 0.0) {
        values[column] += f64::from(rest);
    }
    values
}

#[test]
fn rows_are_within_half_a_step_and_alike_on_all_paths() {
    for columns in [1usize, 7, 8, 15, 16, 33, 384, 769] {
        for range in BOTH {
            let mut x = random_matrix(5, columns, 31);
            x.row_mut(3)[columns / 2] = 50.0;
            x.row_mut(4)[columns / 3] = -70.0;
            let mut all = Vec::new();
            for kernel in Kernel::all() {
                let mut q = QuantizedMatrix::default();
                q.fill(&Team::new(2), kernel, range, x.view());
                for i in 0..5 {
                    let half = 0.501 * f64::from(q.row_scales[i].scale) + 1e-5;
                    for (v, x) in values(&q, i, columns).iter().zip(x.row(i)) {
                        assert!((v - f64::from(*x)).abs() <= half, "{}", kernel.name());
                    }
                }
                all.push(values(&q, 4, columns));
            }
            assert!(all.iter().all(|v| *v == all[0]));
        }
    }
}

/// Row by row, by the definition.
pub(crate) fn naive(row: &[f32], within: ActivationRange) -> (Vec<u8>, RowScale) {
    let ends = |without: &[usize]| {
        let inside = (0..row.len()).filter(|i| !without.contains(i));
        inside.fold((f32::MAX, f32::MIN), |(low, high), i| {
            (low.min(row[i]), high.max(row[i]))
        })
    };
    let (mut low, high) = ends(&[]);
    let mut range = high - low;
    let mut farthest: Vec<usize> = (0..row.len()).collect();
    farthest.sort_by(|&i, &j| {
        let order = row[j].abs().total_cmp(&row[i].abs());
        order.then((i % CLASSES, i).cmp(&(j % CLASSES, j)))
    });
    farthest.truncate(OUTLIERS);
    let (inner_low, inner_high) = ends(&farthest);
    let allowed = within.outliers && row.len() >= CLASSES && range > TINY;
    if allowed && inner_high - inner_low < WORTHWHILE * range {
        (low, range) = (inner_low, inner_high - inner_low);
    } else {
        farthest.clear();
    }
    let levels = f32::from(within.levels);
    let (scale, inverse) = if range > TINY {
        (range / levels, levels / range)
    } else {
        (0.0, 0.0)
    };
    let byte = |x: f32| {
        let q = ((x - low) * inverse).clamp(0.0, levels);
        q.round_ties_even() as u8
    };
    let bytes: Vec<u8> = row.iter().map(|&x| byte(x)).collect();
    let mut outliers = [Outlier::default(); OUTLIERS];
    for (outlier, column) in outliers.iter_mut().zip(farthest) {
        let rest = row[column] - (low + scale * f32::from(bytes[column]));
        *outlier = Outlier { column, rest };
    }
    let row_scale = RowScale {
        scale,
        offset: low,
        outliers,
    };
    (bytes, row_scale)
}

#[test]
fn bytes_are_those_of_the_definition() {
    for columns in [
        0usize, 1, 2, 7, 8, 9, 15, 16, 17, 18, 31, 63, 64, 65, 768, 3073,
    ] {
        let mut x = random_matrix(16, columns, 35);
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
            // Outliers: two of a class, at both ends, alike, three of them, and just not worthwhile.
            let far = |at: &[usize], size: f32| if at.contains(&j) { size } else { 0.0 };
            x.row_mut(10)[j] += far(&[16, 32], 40.0);
            x.row_mut(11)[j] += far(&[0], 9.0) - far(&[columns - 1], 8.0);
            x.row_mut(12)[j] = far(&[3, 17], 5.0);
            x.row_mut(13)[j] += far(&[5, 21, 37], 30.0) - far(&[11], 60.0);
            x.row_mut(14)[j] = [0.0, 4.0][j % 2] + far(&[1], 1.0);
            x.row_mut(15)[j] = [0.0, 4.0][j % 2] + far(&[1], 1.01);
        }
        for kernel in Kernel::all() {
            for range in BOTH {
                let mut q = QuantizedMatrix::default();
                q.fill(&Team::new(2), kernel, range, x.view());
                for i in 0..x.rows() {
                    let (bytes, row_scale) = naive(x.row(i), range);
                    let what = format!("{} {columns} columns, row {i}", kernel.name());
                    assert_eq!(&q.data[i * q.stride..][..columns], bytes, "{what}");
                    assert_eq!(q.row_scales[i], row_scale, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_far_element_leaves_the_steps_of_the_others_fine() {
    let mut x = random_matrix(2, 768, 30);
    x.row_mut(1)[100] = 300.0;
    for kernel in Kernel::all() {
        let mut q = QuantizedMatrix::default();
        q.fill(&Team::new(1), kernel, ActivationRange::INT8, x.view());
        assert!(q.row_scales[1].scale <= q.row_scales[0].scale);
        assert!(q.row_scales[0].outliers.iter().all(|o| o.rest == 0.0));
        q.fill(&Team::new(1), kernel, ActivationRange::FULL, x.view());
        assert!(q.row_scales[1].scale > 100.0 * q.row_scales[0].scale);
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
                q.fill(&Team::new(1), kernel, ActivationRange::INT8, x.view());
                let bad =
                    |i: usize| q.row_scales[i].scale.is_nan() && q.row_scales[i].offset.is_nan();
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
        q.fill(&Team::new(1), kernel, ActivationRange::INT8, x.view());
        assert!(values(&q, 0, 20).iter().all(|&v| v == 3.5));
        assert!(values(&q, 1, 20).iter().all(|&v| v == 0.0));
        assert!(values(&q, 2, 20).iter().all(|&v| v.abs() < 1e-40));
        assert!(q.row_scales[3].scale.is_nan() && q.row_scales[4].scale.is_nan());
        assert!(q.row_scales[5].scale.is_finite());
        assert!(q.row_scales[6].scale.is_nan() && q.row_scales[6].offset.is_nan());
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
        assert!(relative < 0.009, "{n}: {relative}");
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
                // A lane that is light enough holds the nearest integers; a heavier one is as heavy as it may be, and
                // its integers have only come nearer to zero.
                for sign in [1, -1] {
                    let heavy = present().map(nearest).filter(|q| q.signum() == sign);
                    let sum: u32 = heavy.map(|q| u32::from(q.unsigned_abs())).sum();
                    prop_assert_eq!(lane_sum(eight, lane, sign), sum.min(LANE_SUM));
                }
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
    // All of a lane by the same amount: 227 is 3 · 57 + 56.
    let mut q = [90, 90, 1, 2, 90, 90, -3, -4];
    lighten_lanes(&mut q);
    assert_eq!(q, [56, 57, 1, 2, 57, 57, -3, -4]);
    let mut q = [0, 0, -127, -110, 0, 0, 127, -20];
    lighten_lanes(&mut q);
    assert_eq!(q, [0, 0, -117, -100, 0, 0, 127, -10]);
    // One that is used up leaves its part to the others.
    let mut q = [127, 127, 0, 0, 5, 4];
    lighten_lanes(&mut q);
    assert_eq!(lane_sum(&q, LANES[0], 1), LANE_SUM);
    assert!(q[4] == 0 && q[5] == 0 && q[0].abs_diff(q[1]) <= 1, "{q:?}");
    assert!(fits_int8(&[127, 100, -127, -100]) && !fits_int8(&[127, 100, 0, 0, 1]));
    assert!(fits_int8(&[127, 100, 0, 0, -127, -100]) && !fits_int8(&[-128, 0]));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn heavy_lanes_are_noticed(weights in vec(-127i8..=127, 8), near in -127i8..=127) {
        let mut eight: [i8; 8] = weights.try_into().unwrap();
        let is_light = |eight: &[i8]| {
            LANES.into_iter().all(|lane| [1, -1].into_iter().all(|sign| lane_sum(eight, lane, sign) <= LANE_SUM))
        };
        prop_assert_eq!(is_heavy(&eight), !is_light(&eight));
        // About the limit.
        (eight[0], eight[1], eight[4]) = (50, 50, 50);
        eight[5] = 77 + (near % 3);
        prop_assert_eq!(is_heavy(&eight), !is_light(&eight));
        eight.iter_mut().for_each(|w| *w = -*w);
        prop_assert_eq!(is_heavy(&eight), !is_light(&eight));
    }
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
