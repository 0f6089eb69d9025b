//! Products of integers against a naive reference: equal where the epilogue is exact, elsewhere within its rounding.
//!
//! The reference knows nothing of tiles and panels: it takes what bytes and scales stand for, sums the integers exactly
//! and computes the rest in f64.

use super::*;
use crate::kernel::KernelPath;
use crate::quantize::tests::naive;
use crate::quantize::{INT8_LIMIT, LANE_SUM, fits_int8, quantize_int4, quantize_int8};
use crate::row_scale::{OUTLIERS, Outlier};
use crate::testing::bell_shaped;
use proptest::prelude::*;

const FORMATS: [WeightFormat; 2] = [WeightFormat::Int8, WeightFormat::Int4];

/// The weights of one output: runs of `inputs / scales.len()` of them share a scale.
#[derive(Clone)]
struct Weights {
    q: Vec<i8>,
    scales: Vec<f32>,
}

impl Weights {
    /// As they are; the scales are 1.
    fn of_integers(format: WeightFormat, q: Vec<i8>) -> Self {
        let scales = match format {
            WeightFormat::Int4 => vec![1.0; q.len() / BLOCK],
            _ => vec![1.0],
        };
        Self { q, scales }
    }

    fn quantised(format: WeightFormat, weights: &[f32]) -> Self {
        if format == WeightFormat::Int8 {
            let mut q = vec![0; weights.len()];
            let scale = quantize_int8(weights, &mut q);
            return Self {
                q,
                scales: vec![scale],
            };
        }
        let mut bytes = vec![0; weights.len() / 2];
        let mut scales = vec![f16::ZERO; weights.len() / BLOCK];
        quantize_int4(weights, &mut bytes, &mut scales);
        let value = |nibble: u8| nibble as i8 - 8;
        let block = |bytes: &[u8]| {
            let low = bytes.iter().map(|b| value(b & 15));
            low.chain(bytes.iter().map(|b| value(b >> 4)))
                .collect::<Vec<_>>()
        };
        Self {
            q: bytes.chunks(BLOCK / 2).flat_map(block).collect(),
            scales: scales.iter().map(|s| s.to_f32()).collect(),
        }
    }

    fn give(&self, to: RowWeights<'_>) {
        match to {
            RowWeights::Int8(q, scale) => {
                q.copy_from_slice(&self.q);
                *scale = self.scales[0];
            }
            RowWeights::Int4(bytes, scales) => {
                for (bytes, q) in bytes.chunks_mut(BLOCK / 2).zip(self.q.chunks(BLOCK)) {
                    for (i, byte) in bytes.iter_mut().enumerate() {
                        *byte = (q[i] + 8) as u8 | ((q[i + BLOCK / 2] + 8) as u8) << 4;
                    }
                }
                for (to, &scale) in scales.iter_mut().zip(&self.scales) {
                    *to = f16::from_f32(scale);
                }
            }
            RowWeights::Floats(_) => panic!("integers were promised"),
        }
    }

    /// What weight `i` stands for.
    fn value(&self, i: usize) -> f64 {
        let run = self.q.len() / self.scales.len();
        f64::from(self.q[i]) * f64::from(self.scales[i / run])
    }

    fn runs(&self) -> impl Iterator<Item = (&[i8], f64)> {
        let run = self.q.len().div_ceil(self.scales.len().max(1)).max(1);
        let scales = self.scales.iter().map(|&s| f64::from(s));
        self.q.chunks(run).zip(scales)
    }
}

/// The bytes of activations that meet weights of a format.
fn steps(format: WeightFormat) -> ActivationRange {
    match format {
        WeightFormat::Int4 => ActivationRange::FULL,
        _ => ActivationRange::INT8,
    }
}

/// A row of activations: offset + scale · q, and something more in a few columns.
struct Row {
    q: Vec<u8>,
    scale: f64,
    offset: f64,
    outliers: [Outlier; OUTLIERS],
}

impl Row {
    fn quantised(x: &[f32], format: WeightFormat) -> Self {
        let (q, row_scale) = naive(x, steps(format));
        Self {
            q,
            scale: f64::from(row_scale.scale),
            offset: f64::from(row_scale.offset),
            outliers: row_scale.outliers,
        }
    }

    /// The product and how far a path may be from it, which is the rounding of its f32 operations: each is off by at most
    /// half an ε of what it yields, and what they yield is at most the sum of all terms' absolute values. There is an
    /// addition a block, and six operations about them (the sum of weights and its scale, ·scale of the row, ·scale of the
    /// output, ·offset and + bias) and one an outlier; a path without fused multiply-adds has half as many more.
    fn product(&self, weights: &Weights, bias: f32) -> Value {
        let (mut sum, mut sum_of_weights, mut size) = (0.0, 0.0, 0.0);
        for (i, (w, scale)) in weights.runs().enumerate() {
            let q = &self.q[i * w.len()..][..w.len()];
            let dot: i32 = q
                .iter()
                .zip(w)
                .map(|(&a, &w)| i32::from(a) * i32::from(w))
                .sum();
            let ones: i32 = w.iter().map(|&w| i32::from(w)).sum();
            sum += f64::from(dot) * scale;
            size += (f64::from(dot) * scale).abs();
            sum_of_weights += f64::from(ones) * scale;
        }
        let (x, w, b) = (self.scale, sum_of_weights, f64::from(bias));
        let offset = if w == 0.0 { 0.0 } else { self.offset * w };
        let beyond = self.outliers.iter().filter(|o| o.rest != 0.0);
        let beyond: Vec<f64> = beyond
            .map(|o| f64::from(o.rest) * weights.value(o.column))
            .collect();
        let size = x * size + offset.abs() + b.abs() + beyond.iter().map(|y| y.abs()).sum::<f64>();
        let operations = (weights.scales.len() + OUTLIERS) as f64 + 4.0;
        Value {
            exact: x * sum + offset + b + beyond.iter().sum::<f64>(),
            error: f64::from(f32::EPSILON) * operations * size + f64::from(f32::MIN_POSITIVE),
        }
    }
}

#[derive(Clone, Copy)]
struct Value {
    exact: f64,
    error: f64,
}

fn pack_integers(
    kernel: Kernel,
    format: WeightFormat,
    weights: &[Weights],
    inputs: usize,
    bias: &[f32],
) -> PackedLinear {
    let shape = [weights.len(), inputs];
    let source = (format, Source::Quantized);
    PackedLinear::pack(&Team::new(2), kernel, source, shape, bias, |o, row| {
        weights[o].give(row);
        Ok::<_, ()>(())
    })
    .unwrap()
}

fn multiply(x: &Matrix, layer: &PackedLinear, threads: usize) -> Matrix {
    let mut out = Matrix::zeros(x.rows(), layer.outputs());
    run(threads, x, layer, None, &mut out);
    out
}

fn first_rows(x: &Matrix, rows: usize) -> Matrix {
    let mut part = Matrix::zeros(rows, x.columns());
    (0..rows).for_each(|i| part.row_mut(i).copy_from_slice(x.row(i)));
    part
}

/// Rows of many kinds, in turn.
fn awkward_rows(rows: usize, inputs: usize, seed: u64) -> Matrix {
    let mut x = random_matrix(rows, inputs, seed);
    for i in 0..rows {
        for (j, v) in x.row_mut(i).iter_mut().enumerate() {
            *v = match i % 11 {
                0..=2 => *v,
                3 => *v + 1000.0,
                4 => [1.0, -1.0][j % 2],
                5 => -2.75,
                6 => *v * 1e-41,
                7 => *v * 1e34,
                8 if j == 0 => 1e6,
                8 => *v,
                9 => 0.0,
                _ if [inputs / 3, inputs / 2].contains(&j) => *v * 200.0,
                _ => *v,
            };
        }
    }
    x
}

/// Outputs of many kinds, in turn.
fn awkward_weights(format: WeightFormat, outputs: usize, inputs: usize, seed: u64) -> Vec<Weights> {
    let row = |o: usize| {
        let floats = bell_shaped(inputs, seed + o as u64);
        let weight = |(j, w): (usize, f32)| match o % 8 {
            0..=3 => w,
            4 => [1.0, -1.0][j % 2],
            5 => 0.0,
            6 if j == 1 => 40.0,
            6 => w,
            _ => w * 1e-3,
        };
        let floats: Vec<f32> = floats.into_iter().enumerate().map(weight).collect();
        Weights::quantised(format, &floats)
    };
    (0..outputs).map(row).collect()
}

const ROWS_TO_TRY: [usize; 12] = [0, 1, 2, 7, 8, 9, 16, 17, 127, 128, 129, 257];
const OUTPUTS_TO_TRY: [usize; 8] = [1, 15, 16, 17, 47, 48, 49, 97];

/// Multiplications of a product that is still worth trying at every shape.
const SMALL: usize = 2 << 20;

#[test]
fn equals_the_reference_at_awkward_shapes_and_values() {
    let int8 = [0, 1, 3, 4, 5, 8, 31, 32, 33, 96, 768, 3073].map(|n| (WeightFormat::Int8, n));
    let int4 = [0, 32, 64, 96, 768, 3072].map(|n| (WeightFormat::Int4, n));
    for (format, inputs) in int8.into_iter().chain(int4) {
        let x = awkward_rows(257, inputs, 41);
        let weights = awkward_weights(format, 97, inputs, 42);
        let bias = random(97, 43);
        let expected = expected(&x, format, &weights, &bias);
        for outputs in OUTPUTS_TO_TRY {
            for kernel in Kernel::all() {
                let (weights, bias) = (&weights[..outputs], &bias[..outputs]);
                let layer = pack_integers(kernel, format, weights, inputs, bias);
                let worth = |&rows: &usize| rows * inputs * outputs <= SMALL || outputs == 49;
                for rows in ROWS_TO_TRY.into_iter().filter(worth) {
                    let got = multiply(&first_rows(&x, rows), &layer, 1 + rows % 2);
                    compare(&got, &expected, &format!("{} {format:?}", kernel.name()));
                }
            }
        }
    }
}

fn expected(
    x: &Matrix,
    format: WeightFormat,
    weights: &[Weights],
    bias: &[f32],
) -> Vec<Vec<Value>> {
    let row = |i| {
        let row = Row::quantised(x.row(i), format);
        let outputs = weights.iter().zip(bias);
        outputs.map(|(w, &b)| row.product(w, b)).collect()
    };
    (0..x.rows()).map(row).collect()
}

/// `expected` may have more rows and outputs.
fn compare(got: &Matrix, expected: &[Vec<Value>], what: &str) {
    let shape = [got.rows(), got.columns()];
    for (i, expected) in (0..got.rows()).zip(expected) {
        for (o, (&got, want)) in got.row(i).iter().zip(expected).enumerate() {
            let difference = (f64::from(got) - want.exact).abs();
            assert!(
                difference <= want.error,
                "{what} {shape:?}: row {i} output {o} is {got}, not {}: off by {difference:e}, allowed {:e}",
                want.exact,
                want.error
            );
        }
    }
}

/// All paths sum the same integers. Those with fused multiply-adds do the same f32 operations after that too, so their
/// bytes are the same, and a vector that one machine stored fits another's.
#[test]
fn paths_with_fused_multiply_adds_have_the_same_bytes() {
    let fused = |kernel: &Kernel| kernel.path() != KernelPath::Generic;
    let kernels: Vec<Kernel> = Kernel::all().into_iter().filter(fused).collect();
    if kernels.len() < 2 {
        println!("not run: this CPU has only one path with fused multiply-adds");
    }
    for format in FORMATS {
        let x = awkward_rows(40, 768, 44);
        let (weights, bias) = (awkward_weights(format, 50, 768, 45), random(50, 46));
        let of = |&kernel: &Kernel| {
            multiply(&x, &pack_integers(kernel, format, &weights, 768, &bias), 2)
        };
        let results: Vec<Matrix> = kernels.iter().map(of).collect();
        for result in &results {
            for i in 0..40 {
                assert!(
                    same_bits(result.row(i), results[0].row(i)),
                    "{format:?} {i}"
                );
            }
        }
    }
}

/// Integers from 0 to the last level with both ends present (the upper one too often to be an outlier) stand for
/// themselves (scale 1, offset 0), and with weights that do so too and no bias the result is the sum itself.
fn rows_of_bytes(format: WeightFormat, rows: usize, inputs: usize, seed: u64) -> Matrix {
    let mut x = random_matrix(rows, inputs, seed);
    let top = f32::from(steps(format).levels);
    for i in 0..rows {
        x.row_mut(i)
            .iter_mut()
            .for_each(|v| *v = ((*v + 1.0) * 0.5 * top).floor());
        x.row_mut(i)[inputs.saturating_sub(OUTLIERS + 1)..].fill(top);
        x.row_mut(i)[0] = 0.0;
    }
    x
}

/// Weights that use the whole range and pass `fits_int8`.
fn integer_weights(format: WeightFormat, inputs: usize, seed: u64) -> Weights {
    let floats = random(inputs, seed);
    let mut q: Vec<i8> = match format {
        WeightFormat::Int4 => floats.iter().map(|w| (w * 8.0).floor() as i8).collect(),
        _ => floats.iter().map(|w| (w * 128.0) as i8).collect(),
    };
    if format == WeightFormat::Int8 {
        for at in (0..inputs).step_by(8) {
            let eight = &mut q[at..inputs.min(at + 8)];
            while !fits_int8(eight) {
                eight.iter_mut().for_each(|w| *w -= w.signum());
            }
        }
    }
    Weights::of_integers(format, q)
}

fn assert_exact(x: &Matrix, weights: &[Weights], format: WeightFormat, threads: usize) {
    let bias = vec![0.0; weights.len()];
    for kernel in Kernel::all() {
        let layer = pack_integers(kernel, format, weights, x.columns(), &bias);
        let got = multiply(x, &layer, threads);
        for i in 0..x.rows() {
            for (o, w) in weights.iter().enumerate() {
                let products = x
                    .row(i)
                    .iter()
                    .zip(&w.q)
                    .map(|(&x, &w)| x as i32 * i32::from(w));
                let want = products.sum::<i32>() as f32;
                let got = got.row(i)[o];
                assert_eq!(got, want, "{} {format:?} row {i} output {o}", kernel.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_exact_on_every_path(
        rows in 1usize..20, inputs in 2usize..200, outputs in 1usize..100, threads in 1usize..4, seed: u64,
    ) {
        for format in FORMATS {
            let inputs = if format == WeightFormat::Int4 { inputs.next_multiple_of(BLOCK) } else { inputs };
            let x = rows_of_bytes(format, rows, inputs, seed);
            let weights: Vec<Weights> =
                (0..outputs).map(|o| integer_weights(format, inputs, seed ^ (1 + o as u64))).collect();
            assert_exact(&x, &weights, format, threads);
        }
    }
}

#[test]
fn sums_over_many_chunks_are_exact() {
    for (format, inputs) in [(WeightFormat::Int8, 3073), (WeightFormat::Int4, 3072)] {
        let x = rows_of_bytes(format, 9, inputs, 51);
        let weights: Vec<Weights> = (0..49)
            .map(|o| integer_weights(format, inputs, 52 + o))
            .collect();
        assert_exact(&x, &weights, format, 2);
    }
}

/// The largest activation everywhere but in the last column, which is there to make them the end of the range.
fn saturated_row(format: WeightFormat, inputs: usize) -> Matrix {
    let mut x = Matrix::zeros(2, inputs);
    let top = f32::from(steps(format).levels);
    (0..2).for_each(|i| x.row_mut(i)[..inputs - 1].fill(top));
    x
}

/// Absolute values that a lane of one sign may hold at its limit, from all over them and at their ends, with three ways
/// to choose signs: the weights whose products with the largest activation come nearest to the end of i16.
#[test]
fn no_int8_lane_saturates() {
    let limit = u32::from(INT8_LIMIT.unsigned_abs());
    let values = || (0..=limit).filter(|w| w % 4 == 0 || *w > limit - 3);
    let mut weights = Vec::new();
    for (a, b, c) in
        values().flat_map(|a| values().flat_map(move |b| values().map(move |c| (a, b, c))))
    {
        let Some(d) = LANE_SUM.checked_sub(a + b + c).filter(|d| *d <= limit) else {
            continue;
        };
        let [a, b, c, d] = [a, b, c, d].map(|w| w as i8);
        let signs = if weights.len() % 2 == 0 { 1 } else { -1 };
        // One lane is inputs 0, 1, 4 and 5, the other the rest; the last input has no weight.
        weights.push(vec![a, b, -d, -c, c, d, -b, -a, 0]);
        weights.push(vec![-d, signs * c, a, b, -b, signs * a, c, d, 0]);
    }
    assert!(weights.len() > 20_000, "{}", weights.len());
    assert!(weights.iter().all(|w| fits_int8(w)));
    let weights: Vec<Weights> = weights
        .into_iter()
        .map(|q| Weights::of_integers(WeightFormat::Int8, q))
        .collect();
    let x = saturated_row(WeightFormat::Int8, 9);
    assert_exact(&x, &weights, WeightFormat::Int8, 2);
}

#[test]
fn no_4_bit_block_saturates() {
    let inputs = 3072 + BLOCK;
    let patterns: [fn(usize) -> i8; 6] = [
        |_| -8,
        |_| 7,
        |i| [-8, 7][i % 2],
        |i| [-8, 7][i / 4 % 2],
        |i| [7, -8][i / 16 % 2],
        |i| [-8, 7][i / 32 % 2],
    ];
    let weights =
        patterns.map(|p| Weights::of_integers(WeightFormat::Int4, (0..inputs).map(p).collect()));
    let x = saturated_row(WeightFormat::Int4, inputs);
    assert_exact(&x, &weights, WeightFormat::Int4, 1);
}

/// Within what the bytes and the weights lose: half a step of each activation and the known error of each weight.
#[test]
fn is_near_the_product_of_the_floats() {
    for (format, inputs, allowed) in [
        (WeightFormat::Int8, 33, 0.03),
        (WeightFormat::Int8, 768, 0.02),
        (WeightFormat::Int8, 3073, 0.02),
        (WeightFormat::Int4, 32, 0.12),
        (WeightFormat::Int4, 768, 0.1),
        (WeightFormat::Int4, 3072, 0.1),
    ] {
        let (rows, outputs) = (9, 33);
        let mut x = Matrix::zeros(rows, inputs);
        for i in 0..rows {
            x.row_mut(i)
                .copy_from_slice(&bell_shaped(inputs, 61 + i as u64));
        }
        let floats: Vec<Vec<f32>> = (0..outputs)
            .map(|o| bell_shaped(inputs, 71 + o as u64))
            .collect();
        let weights: Vec<Weights> = floats
            .iter()
            .map(|w| Weights::quantised(format, w))
            .collect();
        for kernel in Kernel::all() {
            let layer = pack_integers(kernel, format, &weights, inputs, &vec![0.0; outputs]);
            let got = multiply(&x, &layer, 2);
            let (mut errors, mut sizes) = (0.0, 0.0);
            for i in 0..rows {
                let half = 0.501 * Row::quantised(x.row(i), format).scale;
                for o in 0..outputs {
                    let (mut want, mut bound) = (0.0, 1e-4);
                    for (j, (&x, &w)) in x.row(i).iter().zip(&floats[o]).enumerate() {
                        let (x, w, q) = (f64::from(x), f64::from(w), weights[o].value(j));
                        want += x * w;
                        bound += half * q.abs() + x.abs() * (w - q).abs();
                    }
                    let error = (f64::from(got.row(i)[o]) - want).abs();
                    assert!(
                        error <= bound,
                        "{} {format:?}: {error} for {want}",
                        kernel.name()
                    );
                    errors += error * error;
                    sizes += want * want;
                }
            }
            let relative = (errors / sizes).sqrt();
            assert!(
                relative <= allowed,
                "{} {format:?} {inputs}: {relative}",
                kernel.name()
            );
        }
    }
}

#[test]
fn floats_are_packed_like_the_integers_that_they_become() {
    for (format, inputs) in [(WeightFormat::Int8, 45), (WeightFormat::Int4, 64)] {
        let (floats, bias) = (bell_shaped(50 * inputs, 81), random(50, 82));
        let weights: Vec<Weights> = floats
            .chunks(inputs)
            .map(|w| Weights::quantised(format, w))
            .collect();
        let x = awkward_rows(20, inputs, 83);
        for kernel in Kernel::all() {
            let from_floats = multiply(&x, &pack(kernel, format, 50, inputs, &floats, &bias), 2);
            let from_integers = multiply(
                &x,
                &pack_integers(kernel, format, &weights, inputs, &bias),
                2,
            );
            for i in 0..20 {
                assert!(same_bits(from_floats.row(i), from_integers.row(i)));
            }
        }
    }
}

/// Rows are shorter than what they are padded to; the rest of the buffer holds the last call's bytes.
#[test]
fn what_the_buffer_held_does_not_matter() {
    for (format, inputs) in [(WeightFormat::Int8, 5), (WeightFormat::Int4, 32)] {
        let weights = awkward_weights(format, 20, inputs, 91);
        let bias = random(20, 92);
        let x = random_matrix(3, inputs, 93);
        for kernel in Kernel::all() {
            let layer = pack_integers(kernel, format, &weights, inputs, &bias);
            let fresh = multiply(&x, &layer, 1);
            let mut bytes = QuantizedMatrix::default();
            let team = Team::new(1);
            bytes.fill(
                &team,
                kernel,
                steps(format),
                random_matrix(40, 500, 94).view(),
            );
            let mut again = Matrix::zeros(3, 20);
            linear(&team, x.view(), &layer, None, &mut bytes, again.view_mut());
            for i in 0..3 {
                assert!(same_bits(fresh.row(i), again.row(i)), "{}", kernel.name());
            }
        }
    }
}
