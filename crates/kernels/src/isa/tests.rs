//! Tests of the tiles of every set.

use super::*;
use crate::kernel::{Kernel, Operation};
use crate::testing::random;
use crate::tile::{BLOCK_STEPS, Tile};
use half::f16;

struct RunTile(Tile, usize, usize);
impl RunTile {
    /// # Safety
    /// The tile describes its matrices truly, with so many rows and vectors.
    unsafe fn new(tile: Tile, rows: usize, vectors: usize) -> Self {
        Self(tile, rows, vectors)
    }
}
impl Operation for RunTile {
    type Output = ();
    #[inline(always)]
    unsafe fn run<I: Isa>(self) {
        // SAFETY: by the promise of `new`.
        unsafe { I::tile_f32(&self.0, self.1, self.2) }
    }
}

/// Most rows of a tile of `kernel`.
fn most_rows(kernel: Kernel) -> usize {
    if kernel.lanes() == 16 { 8 } else { 4 }
}

/// Most vectors of a tile of `kernel`.
fn most_vectors(kernel: Kernel) -> usize {
    if kernel.name() == "generic" { 1 } else { 3 }
}

#[test]
fn equals_the_naive_product_and_ignores_where_k_is_cut() {
    for kernel in Kernel::all() {
        for rows in 1..=most_rows(kernel) {
            for vectors in 1..=most_vectors(kernel) {
                for k in [0usize, 1, 2, 7, 64, 131] {
                    check(kernel, rows, vectors, k);
                }
            }
        }
    }
}

fn check(kernel: Kernel, rows: usize, vectors: usize, k: usize) {
    let n = vectors * kernel.lanes();
    let (a, b) = (random(rows * k.max(1), 1), random(k.max(1) * n, 2));
    let run = |split: usize| {
        let mut c = vec![f32::NAN; rows * n];
        for (from, to, accumulate) in [(0, split, false), (split, k, true)] {
            let tile = Tile {
                a: a[from.min(a.len())..].as_ptr().cast(),
                a_stride: 4 * k,
                b: b[(from * n).min(b.len())..].as_ptr().cast(),
                b_stride: 4 * n,
                c: c.as_mut_ptr().cast(),
                c_stride: 4 * n,
                steps: to - from,
                accumulate,
                widened: std::ptr::null_mut(),
                prefetch: b.as_ptr().cast(),
                prefetch_stride: 0,
            };
            // SAFETY: the matrices have so many rows, steps and vectors.
            kernel.run(unsafe { RunTile::new(tile, rows, vectors) });
        }
        c
    };
    let whole = run(k);
    for r in 0..rows {
        for j in 0..n {
            let want: f64 = (0..k)
                .map(|i| f64::from(a[r * k + i]) * f64::from(b[i * n + j]))
                .sum();
            let got = f64::from(whole[r * n + j]);
            assert!(
                (got - want).abs() < 1e-4,
                "{} {rows}x{n}x{k}: {got} {want}",
                kernel.name()
            );
        }
    }
    assert!(
        run(k / 2)
            .iter()
            .zip(&whole)
            .all(|(x, y)| x.to_bits() == y.to_bits())
    );
}

/// A tile of half-precision weights with so many rows; those that the set does not have are not run.
struct RunHalf(Tile, usize);
impl RunHalf {
    /// # Safety
    /// As [`RunTile::new`], with all vectors.
    unsafe fn new(tile: Tile, rows: usize) -> Self {
        Self(tile, rows)
    }
}
impl Operation for RunHalf {
    type Output = bool;
    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> bool {
        if let Some(tiles) = I::HALF_TILES {
            let run = if self.0.widened.is_null() {
                tiles.widening
            } else {
                tiles.keeping
            };
            // SAFETY: by the promise of `new`.
            unsafe { run(&self.0, self.1) }
        }
        I::HALF_TILES.is_some()
    }
}

#[test]
fn half_precision_has_the_bits_of_its_widened_form() {
    for kernel in Kernel::all() {
        let n = most_vectors(kernel) * kernel.lanes();
        for rows in 1..=most_rows(kernel) {
            for k in [0usize, 1, 2, 7, 131] {
                let a = random(rows * k.max(1), 3);
                let halves: Vec<f16> = random(k * n, 4).into_iter().map(f16::from_f32).collect();
                let wide: Vec<f32> = halves.iter().map(|x| x.to_f32()).collect();
                let start = random(rows * n, 5);
                let tile = |b: *const u8, element: usize, c: &mut Vec<f32>, widened| Tile {
                    a: a.as_ptr().cast(),
                    a_stride: 4 * k,
                    b,
                    b_stride: element * n,
                    c: c.as_mut_ptr().cast(),
                    c_stride: 4 * n,
                    steps: k,
                    accumulate: true,
                    widened,
                    prefetch: a.as_ptr().cast(),
                    prefetch_stride: 0,
                };
                let [mut want, mut plain, mut keeping] = [start.clone(), start.clone(), start];
                let of_f32 = tile(wide.as_ptr().cast(), 4, &mut want, std::ptr::null_mut());
                // SAFETY: the matrices have so many rows, steps and vectors.
                kernel.run(unsafe { RunTile::new(of_f32, rows, most_vectors(kernel)) });
                // One more than there is room for, which must stay.
                let mut kept = vec![f32::NAN; k * n + 1];
                let from = halves.as_ptr().cast();
                let plain_tile = tile(from, 2, &mut plain, std::ptr::null_mut());
                let keeping_tile = tile(from, 2, &mut keeping, kept.as_mut_ptr());
                // SAFETY: as above; there is room for all that is kept.
                let there = unsafe {
                    kernel.run(RunHalf::new(plain_tile, rows));
                    kernel.run(RunHalf::new(keeping_tile, rows))
                };
                if there {
                    let place = format!("{} {rows} rows, {k} steps", kernel.name());
                    assert_eq!(plain, want, "{place}");
                    assert_eq!(keeping, want, "{place}");
                    assert_eq!(kept[..k * n], wide, "{place}");
                    assert!(kept[k * n].is_nan(), "{place}");
                }
            }
        }
    }
}

/// The integer tiles of a kernel: their rows, the columns of both, and what one of them takes at once.
struct Sizes {
    dot_rows: usize,
    block_rows: usize,
    columns: usize,
    row_unit: usize,
    step_unit: usize,
}

struct SizesOf;
impl Operation for SizesOf {
    type Output = Sizes;
    #[inline(always)]
    unsafe fn run<I: Isa>(self) -> Sizes {
        Sizes {
            dot_rows: I::DOT_ROWS,
            block_rows: I::BLOCK_ROWS,
            columns: I::DOT_VECTORS * I::LANES,
            row_unit: I::DOT_ROW_UNIT,
            step_unit: I::DOT_STEPS,
        }
    }
}

struct RunIntegers<'a>(Tile, usize, Option<&'a [f16]>);
impl<'a> RunIntegers<'a> {
    /// # Safety
    /// As [`RunTile::new`], with all vectors and whole units of rows, and scales for all blocks if there are any.
    unsafe fn new(tile: Tile, rows: usize, scales: Option<&'a [f16]>) -> Self {
        Self(tile, rows, scales)
    }
}
impl Operation for RunIntegers<'_> {
    type Output = ();
    #[inline(always)]
    unsafe fn run<I: Isa>(self) {
        let stride = size_of::<f16>() * I::LANES * I::DOT_VECTORS;
        // SAFETY: by the promise of `new`.
        unsafe {
            match self.2 {
                None => {
                    I::open_dots();
                    I::tile_dot(&self.0, self.1);
                }
                Some(scales) => {
                    I::open_blocks();
                    I::tile_blocks(&self.0, self.1, scales.as_ptr().cast(), stride);
                }
            }
            I::close();
        }
    }
}

/// A [rows, 4 · steps] bytes and B [steps, columns, 4] integers; the four of a step in a column.
struct Integers {
    a: Vec<u8>,
    b: Vec<i8>,
    steps: usize,
    columns: usize,
}

impl Integers {
    fn sum(&self, row: usize, column: usize, steps: std::ops::Range<usize>) -> i32 {
        let a = &self.a[row * 4 * self.steps..][..4 * self.steps];
        let products = (4 * steps.start..4 * steps.end).map(|i| {
            let at = (i / 4 * self.columns + column) * 4 + i % 4;
            i32::from(a[i]) * i32::from(self.b[at])
        });
        products.sum()
    }

    /// The bits of C of a tile that is interrupted after `split` steps.
    fn run(&self, kernel: Kernel, rows: usize, split: usize, scales: Option<&[f16]>) -> Vec<u32> {
        // A tile may read and write whole units of rows.
        let whole = rows.next_multiple_of(kernel.run(SizesOf).row_unit);
        let mut a = self.a.clone();
        a.resize(whole * 4 * self.steps, 0xAB);
        let mut c = vec![0x7FC0_0000u32; whole * self.columns];
        for (from, to) in [(0, split), (split, self.steps)] {
            let tile = Tile {
                a: a[(4 * from).min(a.len())..].as_ptr(),
                a_stride: 4 * self.steps,
                b: self.b[from * 4 * self.columns..].as_ptr().cast(),
                b_stride: 4 * self.columns,
                c: c.as_mut_ptr().cast(),
                c_stride: 4 * self.columns,
                steps: to - from,
                accumulate: from > 0,
                widened: std::ptr::null_mut(),
                prefetch: self.b.as_ptr().cast(),
                prefetch_stride: 0,
            };
            let scales = scales.map(|s| &s[from / BLOCK_STEPS * self.columns..]);
            // SAFETY: the matrices have whole units of rows, and so many steps.
            kernel.run(unsafe { RunIntegers::new(tile, rows, scales) });
        }
        c.truncate(rows * self.columns);
        c
    }
}

fn bytes(n: usize, seed: u64) -> Vec<u8> {
    random(n, seed)
        .iter()
        .map(|x| (x * 128.0 + 128.0) as u8)
        .collect()
}

fn weights(n: usize, limit: f32, seed: u64) -> Vec<i8> {
    random(n, seed)
        .iter()
        .map(|x| (x * limit).floor() as i8)
        .collect()
}

#[test]
fn integer_tiles_sum_exactly_wherever_they_are_cut() {
    for kernel in Kernel::all() {
        let Sizes {
            dot_rows,
            columns,
            step_unit,
            ..
        } = kernel.run(SizesOf);
        let all_steps = [0, 1, 2, 19, 65].map(|units| units * step_unit);
        for (rows, steps) in (1..=dot_rows).flat_map(|r| all_steps.map(|s| (r, s))) {
            // Four of at most 32 are no more than a lane can hold.
            let (a, b) = (
                bytes(rows * 4 * steps, 3),
                weights(4 * steps * columns, 32.0, 4),
            );
            let integers = Integers {
                a,
                b,
                steps,
                columns,
            };
            for split in [steps, steps / step_unit / 2 * step_unit] {
                let c = integers.run(kernel, rows, split, None);
                for (i, &c) in c.iter().enumerate() {
                    let want = integers.sum(i / columns, i % columns, 0..steps);
                    assert_eq!(
                        c as i32,
                        want,
                        "{} {rows} rows, {steps} steps",
                        kernel.name()
                    );
                }
            }
        }
    }
}

#[test]
fn block_tiles_scale_exact_sums_wherever_they_are_cut() {
    for kernel in Kernel::all() {
        let Sizes {
            block_rows,
            columns,
            ..
        } = kernel.run(SizesOf);
        for (rows, blocks) in (1..=block_rows).flat_map(|r| [0usize, 1, 2, 13].map(|b| (r, b))) {
            let steps = blocks * BLOCK_STEPS;
            let (a, b) = (
                bytes(rows * 4 * steps, 5),
                weights(4 * steps * columns, 8.0, 6),
            );
            let scales: Vec<f16> = random(blocks * columns, 7)
                .iter()
                .map(|&s| f16::from_f32(s))
                .collect();
            let integers = Integers {
                a,
                b,
                steps,
                columns,
            };
            let whole = integers.run(kernel, rows, steps, Some(&scales));
            for (i, &c) in whole.iter().enumerate() {
                let (want, size) = scaled(&integers, &scales, i / columns, i % columns);
                let difference = (f64::from(f32::from_bits(c)) - want).abs();
                let allowed = f64::from(f32::EPSILON) * blocks as f64 * size;
                assert!(
                    difference <= allowed,
                    "{} {rows} rows, {blocks} blocks",
                    kernel.name()
                );
            }
            let cut = integers.run(kernel, rows, blocks / 2 * BLOCK_STEPS, Some(&scales));
            assert!(
                cut == whole,
                "{} {rows} rows, {blocks} blocks",
                kernel.name()
            );
        }
    }
}

/// Each block's sum times its scale, summed, and the same with absolute values.
fn scaled(integers: &Integers, scales: &[f16], row: usize, column: usize) -> (f64, f64) {
    let block = |b: usize| {
        let steps = b * BLOCK_STEPS..(b + 1) * BLOCK_STEPS;
        let scale = f64::from(scales[b * integers.columns + column].to_f32());
        f64::from(integers.sum(row, column, steps)) * scale
    };
    let blocks = (0..integers.steps / BLOCK_STEPS).map(block);
    blocks.fold((0.0, 0.0), |(sum, size), x| (sum + x, size + x.abs()))
}

/// The heaviest weights that there may be against the largest activations, through every row of the tile.
#[test]
fn integer_tiles_do_not_saturate() {
    for kernel in Kernel::all() {
        let Sizes {
            dot_rows,
            block_rows,
            columns,
            ..
        } = kernel.run(SizesOf);
        let steps = 2 * BLOCK_STEPS;
        let lanes: [[i8; 8]; 4] = [
            [64, 64, 64, 64, 0, 0, 0, 0],
            [32; 8],
            [-64, 0, 0, -64, -64, 0, 0, -64],
            [-1, 63, 64, -64, 0, 64, 0, 0],
        ];
        let dot = |i: usize| lanes[i / 4 % columns % 4][i / (4 * columns) % 2 * 4 + i % 4];
        let block = |i: usize| {
            if (i / 4 % columns).is_multiple_of(2) {
                -8
            } else {
                7
            }
        };
        let scales = vec![f16::ONE; columns * steps / BLOCK_STEPS];
        let integers = |rows: usize, weight: &dyn Fn(usize) -> i8| Integers {
            a: vec![255; rows * 4 * steps],
            b: (0..4 * steps * columns).map(weight).collect(),
            steps,
            columns,
        };
        let tile = integers(dot_rows, &dot);
        for (i, c) in tile
            .run(kernel, dot_rows, steps, None)
            .into_iter()
            .enumerate()
        {
            let want = tile.sum(i / columns, i % columns, 0..steps);
            assert_eq!(c as i32, want, "{}", kernel.name());
        }
        let tile = integers(block_rows, &block);
        for (i, c) in tile
            .run(kernel, block_rows, steps, Some(&scales))
            .into_iter()
            .enumerate()
        {
            let want = tile.sum(i / columns, i % columns, 0..steps);
            assert_eq!(f32::from_bits(c), want as f32, "{}", kernel.name());
        }
    }
}
