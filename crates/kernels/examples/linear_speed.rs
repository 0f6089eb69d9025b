//! Speed of the matrix products of BERT-base's layers.
//!
//! `cargo run --release -p yuyi-kernels --example linear_speed -- [f32|f16|int8|int4…] [tokens…]`

use std::time::Instant;
use yuyi_kernels::{
    Kernel, Matrix, PackedLinear, QuantizedMatrix, RowWeights, Source, Team, WeightFormat, linear,
    usable_cores,
};

/// Layers of distinct weights, so that they come from memory as in a real pass.
const LAYERS: usize = 12;

fn main() {
    let tokens: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let tokens = if tokens.is_empty() {
        vec![16, 32, 128, 512]
    } else {
        tokens
    };
    let formats = [
        ("f32", WeightFormat::F32),
        ("f16", WeightFormat::F16),
        ("int8", WeightFormat::Int8),
        ("int4", WeightFormat::Int4),
    ];
    let named = |name: &str| std::env::args().any(|a| a == name);
    let all = !formats.iter().any(|(name, _)| named(name));
    if let Ok(kernel) = Kernel::detect() {
        for (_, format) in formats.iter().filter(|(name, _)| all || named(name)) {
            measure(kernel, usable_cores(), *format, &tokens);
        }
    }
}

fn measure(kernel: Kernel, threads: usize, format: WeightFormat, tokens: &[usize]) {
    let team = Team::new(threads);
    let shapes = [[2304, 768], [768, 768], [3072, 768], [768, 3072]];
    let layers: Vec<Vec<PackedLinear>> = (0..LAYERS)
        .map(|_| {
            shapes
                .iter()
                .map(|&s| layer(&team, kernel, format, s))
                .collect()
        })
        .collect();
    for &n in tokens {
        let mut inputs: Vec<Matrix> = shapes.iter().map(|s| Matrix::zeros(n, s[1])).collect();
        inputs
            .iter_mut()
            .for_each(|m| (0..n).for_each(|i| m.row_mut(i).fill(0.5)));
        let mut outputs: Vec<Matrix> = shapes.iter().map(|s| Matrix::zeros(n, s[0])).collect();
        let (mut bytes, mut times) = (QuantizedMatrix::default(), Vec::new());
        for _ in 0..(2000 / n).clamp(5, 30) {
            let start = Instant::now();
            for layer in &layers {
                for ((l, x), y) in layer.iter().zip(&inputs).zip(&mut outputs) {
                    linear(&team, x.view(), l, None, &mut bytes, y.view_mut());
                }
            }
            times.push(start.elapsed().as_secs_f64());
        }
        times.sort_by(f64::total_cmp);
        let seconds = times[times.len() / 2];
        let flops = 2.0
            * LAYERS as f64
            * n as f64
            * shapes.iter().map(|s| s[0] * s[1]).sum::<usize>() as f64;
        println!(
            "{:11} {threads} threads {format:?} {n:4} tokens {:8.2} ms {:7.1} GFLOP/s",
            kernel.name(),
            seconds * 1e3,
            flops / seconds / 1e9
        );
    }
}

fn layer(team: &Team, kernel: Kernel, format: WeightFormat, shape: [usize; 2]) -> PackedLinear {
    let bias = vec![0.0; shape[0]];
    let packed = PackedLinear::pack(
        team,
        kernel,
        (format, Source::Floats),
        shape,
        &bias,
        |_, row| {
            if let RowWeights::Floats(row) = row {
                row.fill(0.25);
            }
            Ok::<_, std::convert::Infallible>(())
        },
    );
    match packed {
        Ok(layer) => layer,
        Err(never) => match never {},
    }
}
