//! Speed of the search for near vectors, beside what memory and the CPU can do in the same minute.
//!
//! `cargo run --release -p yuyi-kernels --example search_speed -- [rows] [dimension…]`
//!
//! A scan should reach 80 % of the bandwidth with which memory is read, all pairs 70 % of the path's arithmetic peak. Sets smaller than the
//! third-level cache are read faster than memory. `YUYI_KERNEL` chooses the path.

mod peak;

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::Instant;
use yuyi_kernels::{Codes, Kernel, MatrixView, PairSearch, Team, Vectors, scan, usable_cores};

/// Rows of either side for all pairs of floats: some 20 ms, as the measurement of the peak takes, since on a machine that does other work
/// the shorter measurement finds the quieter moment.
const FLOAT_ROWS: [usize; 2] = [4 << 10, 2 << 10];

/// Rows of either side for all pairs with codes.
const CODE_ROWS: [usize; 2] = [16 << 10, 8 << 10];

/// Above it hardly any pair of random vectors is.
const BOUND: f32 = 0.9;

fn main() {
    let numbers: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let rows = numbers.first().copied().unwrap_or(500_000);
    let dimensions = match numbers.get(1..) {
        Some(dimensions) if !dimensions.is_empty() => dimensions,
        _ => &[384, 768],
    };
    let kernel = match Kernel::detect() {
        Ok(kernel) => kernel,
        Err(reason) => return eprintln!("{reason}"),
    };
    let threads = usable_cores();
    println!("{}, {threads} threads", kernel.name());
    for &dimension in dimensions {
        measure(kernel, threads, rows, dimension);
    }
}

fn measure(kernel: Kernel, threads: usize, rows: usize, dimension: usize) {
    let team = Team::new(threads);
    let vectors = random_units(rows, dimension);
    let codes = Codes::encode(&team, kernel, vectors.view());
    println!("{rows} vectors of {dimension}");
    let query = vectors.row(rows / 2).to_vec();
    let floats = size_of_val(vectors.as_slice());
    scans(threads, vectors.as_slice(), "f32", floats, || {
        scan(&team, kernel, &query, vectors.view(), None, 10).len()
    });
    scans(
        threads,
        vectors.as_slice(),
        "codes",
        rows * dimension,
        || codes.scan(&team, &query, None, 10).len(),
    );
    pairs(kernel, threads, &team, vectors.view());
}

/// All pairs of some of the vectors with some others, with and without codes.
fn pairs(kernel: Kernel, threads: usize, team: &Team, vectors: MatrixView<'_>) {
    for (name, [lefts, rights]) in [("f32", FLOAT_ROWS), ("codes", CODE_ROWS)] {
        let lefts = lefts.min(vectors.rows() / 2);
        let rights = rights.min(vectors.rows() - lefts);
        let sides = [0..lefts, lefts..lefts + rights].map(|rows| vectors.part(rows));
        let codes = sides.map(|side| Codes::encode(team, kernel, side));
        let with_codes = name == "codes";
        let products = (lefts * rights * vectors.columns()) as f64;
        let peak = || peak::products(kernel, threads, with_codes);
        all_pairs(name, products, peak, || {
            let codes = with_codes.then_some([&codes[0], &codes[1]]);
            let mut search = PairSearch::between(kernel, sides, codes, BOUND);
            let mut found = 0;
            let Ok(end) = search.run(team, 0, |_, pairs| {
                found += pairs.len();
                ControlFlow::<()>::Continue(())
            });
            assert!(end.is_continue());
            found
        });
    }
}

/// Best times of a scan and, in between, of reading memory.
fn scans(
    threads: usize,
    memory: &[f32],
    name: &str,
    bytes: usize,
    mut scan: impl FnMut() -> usize,
) {
    let (mut reading, mut scanning) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..7 {
        reading = reading.min(seconds(|| read(threads, memory)));
        scanning = scanning.min(seconds(&mut scan));
    }
    let bandwidth = size_of_val(memory) as f64 / reading / 1e9;
    let reached = bytes as f64 / scanning / 1e9;
    println!(
        "  scan {name:5} {:8.2} ms {reached:7.1} GB/s of {bandwidth:.1}: {:.0} %",
        scanning * 1e3,
        100.0 * reached / bandwidth
    );
}

fn all_pairs(
    name: &str,
    products: f64,
    mut peak: impl FnMut() -> f64,
    mut search: impl FnMut() -> usize,
) {
    let (mut most, mut time) = (0.0f64, f64::INFINITY);
    for _ in 0..15 {
        most = most.max(peak());
        time = time.min(seconds(&mut search));
    }
    let reached = products / time;
    println!(
        "  pairs {name:5} {:7.1} ms {:7.1} G products/s of {:.1}: {:.0} %",
        time * 1e3,
        reached / 1e9,
        most / 1e9,
        100.0 * reached / most
    );
}

fn seconds<T>(mut work: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64()
}

/// Reads all of it, on so many threads.
fn read(threads: usize, memory: &[f32]) -> u32 {
    let part = |i: usize| &memory[i * memory.len() / threads..(i + 1) * memory.len() / threads];
    std::thread::scope(|scope| {
        let sums: Vec<_> = (0..threads)
            .map(|i| scope.spawn(move || peak::sum(part(i))))
            .collect();
        sums.into_iter()
            .filter_map(|sum| sum.join().ok())
            .fold(0, u32::wrapping_add)
    })
}

/// Random unit vectors.
fn random_units(rows: usize, dimension: usize) -> Vectors {
    let mut vectors = Vectors::zeros(rows, dimension);
    let mut state = 1u64;
    for i in 0..rows {
        let row = vectors.row_mut(i);
        for x in &mut *row {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            *x = (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0;
        }
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        row.iter_mut().for_each(|x| *x /= norm);
    }
    vectors
}
