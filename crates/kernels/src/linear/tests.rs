//! Products of floats against the naive product, and what holds for every format.

mod integers;

use super::*;
use crate::kernel::Kernel;
use crate::matrix::Matrix;
use crate::packed::{LinearShape, RowWeights, Source};
use crate::testing::{random, random_matrix};
use half::f16;

fn fill_floats(row: RowWeights<'_>, from: &[f32]) {
    match row {
        RowWeights::Floats(to) => to.copy_from_slice(from),
        _ => panic!("floats were promised"),
    }
}

fn run(
    threads: usize,
    x: &Matrix,
    layer: &PackedLinear,
    activation: Option<Activation>,
    out: &mut Matrix,
) {
    let bytes = &mut QuantizedMatrix::default();
    linear(
        &Team::new(threads),
        x.view(),
        layer,
        activation,
        bytes,
        out.view_mut(),
    );
}

fn pack(
    kernel: Kernel,
    format: WeightFormat,
    outputs: usize,
    inputs: usize,
    weights: &[f32],
    bias: &[f32],
) -> PackedLinear {
    let shape = LinearShape::from([outputs, inputs]);
    pack_shaped(kernel, format, shape, inputs, weights, bias)
}

fn pack_shaped(
    kernel: Kernel,
    format: WeightFormat,
    shape: LinearShape,
    inputs: usize,
    weights: &[f32],
    bias: &[f32],
) -> PackedLinear {
    PackedLinear::pack(
        &Team::new(2),
        kernel,
        (format, Source::Floats),
        shape,
        bias,
        |o, row| {
            fill_floats(row, &weights[o * inputs..][..inputs]);
            Ok::<_, ()>(())
        },
    )
    .unwrap()
}

/// Weights that are exact in half precision.
fn half_weights(n: usize, seed: u64) -> Vec<f32> {
    random(n, seed)
        .iter()
        .map(|&x| f16::from_f32(x).to_f32())
        .collect()
}

fn product(
    kernel: Kernel,
    threads: usize,
    format: WeightFormat,
    x: &Matrix,
    outputs: usize,
) -> Matrix {
    let inputs = x.columns();
    let layer = pack(
        kernel,
        format,
        outputs,
        inputs,
        &half_weights(outputs * inputs, 7),
        &random(outputs, 8),
    );
    let mut out = Matrix::zeros(x.rows(), outputs);
    run(threads, x, &layer, None, &mut out);
    out
}

#[test]
fn equals_the_naive_product_at_awkward_shapes() {
    for kernel in Kernel::all() {
        for (rows, inputs, outputs) in [
            (0, 5, 3),
            (1, 1, 1),
            (1, 0, 4),
            (2, 3, 5),
            (7, 33, 47),
            (8, 48, 48),
            (9, 49, 49),
            (13, 100, 23),
            (16, 97, 24),
            (17, 768, 25),
            (127, 31, 96),
            (128, 16, 97),
            (129, 5, 7),
            (257, 85, 49),
            (3, 3073, 50),
            // Several pieces of a panel, from the fewest rows that keep what the first tile has widened.
            (17, 769, 49),
            (33, 3073, 50),
            (65, 3072, 25),
            (129, 1537, 48),
        ] {
            for format in [WeightFormat::F32, WeightFormat::F16] {
                let x = random_matrix(rows, inputs, 9);
                compare(
                    kernel,
                    &x,
                    outputs,
                    &product(kernel, 2, format, &x, outputs),
                );
            }
        }
    }
}

fn compare(kernel: Kernel, x: &Matrix, outputs: usize, got: &Matrix) {
    let (weights, bias) = (half_weights(outputs * x.columns(), 7), random(outputs, 8));
    for i in 0..x.rows() {
        for o in 0..outputs {
            let w = &weights[o * x.columns()..][..x.columns()];
            let dot: f64 = x
                .row(i)
                .iter()
                .zip(w)
                .map(|(&a, &b)| f64::from(a) * f64::from(b))
                .sum();
            let (want, got) = (dot + f64::from(bias[o]), f64::from(got.row(i)[o]));
            let bound = 1e-5 * (x.columns() as f64).sqrt().max(1.0);
            assert!(
                (got - want).abs() < bound,
                "{} row {i} output {o}: {got} {want}",
                kernel.name()
            );
        }
    }
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.iter()
        .map(|x| x.to_bits())
        .eq(b.iter().map(|x| x.to_bits()))
}

#[test]
fn bytes_do_not_depend_on_neighbours_threads_or_storage() {
    use WeightFormat::{F16, F32, Int4, Int8};
    for (kernel, inputs) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| [320, 3072].map(|inputs| (kernel, inputs)))
    {
        let x = random_matrix(150, inputs, 11);
        for (format, other) in [(F32, F16), (Int8, Int8), (Int4, Int4)] {
            let all = product(kernel, 2, format, &x, 50);
            for rows in [1usize, 2, 3, 8, 9, 17, 100] {
                let mut part = Matrix::zeros(rows, inputs);
                (0..rows).for_each(|i| part.row_mut(i).copy_from_slice(x.row(149 - i)));
                for (threads, format) in [(1, format), (3, other)] {
                    let got = product(kernel, threads, format, &part, 50);
                    for i in 0..rows {
                        assert!(
                            same_bits(got.row(i), all.row(149 - i)),
                            "{} {format:?} {rows} rows of {inputs}, {threads} threads",
                            kernel.name()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_bad_row_does_not_spoil_the_others() {
    for (kernel, format) in kernels_and_formats() {
        let mut x = random_matrix(20, 64, 12);
        let clean = product(kernel, 2, format, &x, 50);
        for (i, bad) in [f32::NAN, f32::INFINITY, f32::MAX, 1e-42]
            .into_iter()
            .enumerate()
        {
            x.row_mut(i * 5)[i] = bad;
        }
        let got = product(kernel, 2, format, &x, 50);
        assert!(got.row(0).iter().all(|v| v.is_nan()));
        assert!(got.row(5).iter().all(|v| !v.is_finite()));
        for i in (0..20).filter(|i| i % 5 != 0) {
            assert!(same_bits(got.row(i), clean.row(i)));
        }
    }
}

fn kernels_and_formats() -> impl Iterator<Item = (Kernel, WeightFormat)> {
    use WeightFormat::{F16, F32, Int4, Int8};
    let kernels = Kernel::all().into_iter();
    kernels.flat_map(|kernel| [F32, F16, Int8, Int4].map(|format| (kernel, format)))
}

#[test]
fn the_activation_follows_the_bias() {
    for (kernel, format) in kernels_and_formats() {
        let x = random_matrix(3, 32, 13);
        let (weights, bias) = (half_weights(5 * 32, 7), random(5, 8));
        let layer = pack(kernel, format, 5, 32, &weights, &bias);
        let (mut plain, mut curve) = (Matrix::zeros(3, 5), Matrix::zeros(3, 5));
        run(1, &x, &layer, None, &mut plain);
        run(1, &x, &layer, Some(Activation::GeluTanh), &mut curve);
        for (p, b) in (0..3).flat_map(|i| plain.row(i).iter().zip(curve.row(i))) {
            let p = f64::from(*p);
            let want = 0.5 * p * (1.0 + (0.797_884_56 * (p + 0.044_715 * p.powi(3))).tanh());
            assert!((f64::from(*b) - want).abs() < 1e-6 * p.abs().max(1.0));
        }
    }
}

#[test]
fn an_error_while_filling_is_passed_on() {
    for (kernel, format) in kernels_and_formats() {
        let storage = (format, Source::Floats);
        let fill = |o, _: RowWeights<'_>| if o == 6 { Err("row 6") } else { Ok(()) };
        let packed = PackedLinear::pack(&Team::new(2), kernel, storage, [9, 32], &[0.0; 9], fill);
        assert_eq!(packed.err(), Some("row 6"));
    }
}

const FORMATS: [WeightFormat; 4] = [
    WeightFormat::F32,
    WeightFormat::F16,
    WeightFormat::Int8,
    WeightFormat::Int4,
];

/// Rows, inputs (whole blocks of 4 bits) and outputs that are not whole panels.
const SHAPES: [(usize, usize, usize); 7] = [
    (0, 32, 6),
    (1, 32, 2),
    (2, 64, 96),
    (17, 64, 98),
    (33, 768, 50),
    (129, 96, 300),
    (3, 3072, 34),
];

#[test]
fn an_added_product_is_the_sum_to_the_bit() {
    for (kernel, format) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| FORMATS.map(|format| (kernel, format)))
    {
        for (rows, inputs, outputs) in SHAPES {
            let x = random_matrix(rows, inputs, 61);
            let weights = half_weights(outputs * inputs, 62);
            let layer = pack(
                kernel,
                format,
                outputs,
                inputs,
                &weights,
                &random(outputs, 63),
            );
            let mut alone = Matrix::zeros(rows, outputs);
            run(2, &x, &layer, None, &mut alone);
            let before = random_matrix(rows, outputs, 64);
            let mut sum = random_matrix(rows, outputs, 64);
            let bytes = &mut QuantizedMatrix::default();
            linear_add(&Team::new(3), x.view(), &layer, bytes, sum.view_mut());
            for i in 0..rows {
                let want = before.row(i).iter().zip(alone.row(i)).map(|(a, b)| a + b);
                assert!(
                    sum.row(i).iter().zip(want).all(|(got, want)| *got == want),
                    "{} {format:?} {rows} {inputs} {outputs}",
                    kernel.name()
                );
            }
        }
    }
}

/// What a gated layer says of itself: the activated first half of the outputs times the second.
#[test]
fn a_gated_product_is_that_of_its_halves_to_the_bit() {
    for (kernel, format) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| FORMATS.map(|format| (kernel, format)))
    {
        for ((rows, inputs, outputs), activation) in SHAPES.into_iter().zip([
            Some(Activation::Gelu),
            None,
            Some(Activation::Silu),
            Some(Activation::GeluTanh),
            Some(Activation::Silu),
            Some(Activation::Gelu),
            None,
        ]) {
            let x = random_matrix(rows, inputs, 65);
            let weights = half_weights(outputs * inputs, 66);
            let bias = random(outputs, 67);
            let half = outputs / 2;
            let part = |which: usize, activation| {
                let weights = &weights[which * half * inputs..][..half * inputs];
                let layer = pack(
                    kernel,
                    format,
                    half,
                    inputs,
                    weights,
                    &bias[which * half..][..half],
                );
                let mut out = Matrix::zeros(rows, half);
                run(2, &x, &layer, activation, &mut out);
                out
            };
            let shape = LinearShape::gated([outputs, inputs]);
            let gated = pack_shaped(kernel, format, shape, inputs, &weights, &bias);
            let predicted = PackedLinear::bytes_of(kernel, format, shape);
            assert_eq!((gated.outputs(), gated.bytes()), (half, predicted));
            let mut got = random_matrix(rows, half, 68);
            run(3, &x, &gated, activation, &mut got);
            let (first, second) = (part(0, activation), part(1, None));
            for i in 0..rows {
                let want = first.row(i).iter().zip(second.row(i)).map(|(a, b)| a * b);
                assert!(
                    got.row(i).iter().zip(want).all(|(got, want)| *got == want),
                    "{} {format:?} {rows} {inputs} {outputs}",
                    kernel.name()
                );
            }
        }
    }
}

#[test]
fn a_nan_passes_a_gate() {
    for (kernel, format) in Kernel::all()
        .into_iter()
        .flat_map(|kernel| FORMATS.map(|format| (kernel, format)))
    {
        let (weights, bias) = (half_weights(64 * 32, 69), random(64, 70));
        let shape = LinearShape::gated([64, 32]);
        let layer = pack_shaped(kernel, format, shape, 32, &weights, &bias);
        let mut x = random_matrix(3, 32, 71);
        x.row_mut(1)[5] = f32::NAN;
        let mut out = Matrix::zeros(3, 32);
        run(1, &x, &layer, Some(Activation::Silu), &mut out);
        assert!(out.row(1).iter().all(|y| y.is_nan()), "{format:?}");
        assert!(
            [0, 2]
                .iter()
                .all(|&i| out.row(i).iter().all(|y| y.is_finite()))
        );
    }
}
