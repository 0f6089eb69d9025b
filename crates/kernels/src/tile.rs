//! The inner loops of every matrix product.
//!
//! A tile is R rows by V vectors of the result, held in registers while the loop runs
//! over the inner dimension: V loads of B and R broadcasts of A feed R · V multiply-adds.
//! A step takes four bytes of each row of A: one f32, or four u8 that meet four i8 of B.
//!
//! Each element of an f32 result is one chain of multiply-adds in ascending order, whatever R and V
//! are and wherever the loop is interrupted: that is why a row's bytes do not depend on its
//! neighbours. Integer sums are exact in any order.

use crate::isa::Isa;

/// Rows that go through a panel together: 128 rows of partial sums stay in the second-level cache,
/// and a half-precision or 4-bit panel is widened once for all of them.
pub(crate) const GROUP_ROWS: usize = 128;

/// Bytes of weights that are worked on at a time, as a tile reads them: with the rows of the tile and the next bytes
/// on their way, they fit a first-level cache of 32 KiB.
pub(crate) const CHUNK_BYTES: usize = 16 << 10;

/// Steps of a 4-bit block of 32.
pub(crate) const BLOCK_STEPS: usize = 8;

/// One tile: C [rows, vectors] = (C if `accumulate`) + A · B.
#[derive(Clone, Copy)]
pub(crate) struct Tile {
    /// First row of A.
    pub(crate) a: *const u8,
    /// Bytes from row to row of A.
    pub(crate) a_stride: usize,
    /// B: `vectors` registers a step.
    pub(crate) b: *const u8,
    /// Bytes from step to step of B.
    pub(crate) b_stride: usize,
    /// First row of C, 32-bit elements.
    pub(crate) c: *mut u8,
    /// Bytes from row to row of C.
    pub(crate) c_stride: usize,
    /// Number of steps.
    pub(crate) steps: usize,
    /// Go on from what C holds instead of from zero.
    pub(crate) accumulate: bool,
    /// Memory to bring near while computing, any address…
    pub(crate) prefetch: *const u8,
    /// …and how far to move on a step.
    pub(crate) prefetch_stride: usize,
}

impl Tile {
    /// f32 times f32, by what every instruction set has.
    ///
    /// # Safety
    /// The CPU has I; A has `rows` (1..=4) rows of `steps` f32, B as many rows of V vectors and C `rows`
    /// rows of V vectors, C being disjoint from the others.
    #[inline(always)]
    pub(crate) unsafe fn run_f32<I: Isa, const V: usize>(&self, rows: usize) {
        debug_assert!(rows <= I::TILE_ROWS);
        // SAFETY: passed on from the caller.
        unsafe {
            match rows {
                1 => self.f32_rows::<I, 1, V>(),
                2 => self.f32_rows::<I, 2, V>(),
                3 => self.f32_rows::<I, 3, V>(),
                4 => self.f32_rows::<I, 4, V>(),
                _ => debug_assert_eq!(rows, 0, "a portable tile has at most 4 rows"),
            }
        }
    }

    /// # Safety
    /// As [`Self::run_f32`].
    #[inline(always)]
    unsafe fn f32_rows<I: Isa, const R: usize, const V: usize>(&self) {
        // SAFETY: every address below is inside A, B or C as the caller describes them.
        unsafe {
            let mut acc = [[I::splat(0.0); V]; R];
            if self.accumulate {
                for (r, row) in acc.iter_mut().enumerate() {
                    for (v, x) in row.iter_mut().enumerate() {
                        *x = I::load(self.c_at::<f32>(r, v * I::LANES));
                    }
                }
            }
            let (mut b, mut ahead) = (self.b, self.prefetch);
            for k in 0..self.steps {
                I::prefetch(ahead);
                I::prefetch(ahead.wrapping_add(64));
                ahead = ahead.wrapping_add(self.prefetch_stride);
                let mut w = [I::splat(0.0); V];
                for (v, x) in w.iter_mut().enumerate() {
                    *x = I::load(b.cast::<f32>().add(v * I::LANES));
                }
                for (r, row) in acc.iter_mut().enumerate() {
                    let a = I::splat(*self.a.add(r * self.a_stride).cast::<f32>().add(k));
                    for (v, x) in row.iter_mut().enumerate() {
                        *x = I::fma(a, w[v], *x);
                    }
                }
                b = b.wrapping_add(self.b_stride);
            }
            for (r, row) in acc.iter().enumerate() {
                for (v, &x) in row.iter().enumerate() {
                    I::store(self.c_at(r, v * I::LANES), x);
                }
            }
        }
    }

    /// Element `column` of row `r` of C.
    ///
    /// # Safety
    /// It is inside C.
    #[inline(always)]
    pub(crate) unsafe fn c_at<T>(&self, r: usize, column: usize) -> *mut T {
        // SAFETY: inside C by the caller's promise.
        unsafe { self.c.add(r * self.c_stride).cast::<T>().add(column) }
    }
}

/// Cuts `rows` into blocks (first, count) of at most `most`, as equal as they can be: 17 rows in
/// blocks of up to 8 are 6 + 6 + 5, not 8 + 8 + 1, so that no block is too short to hide latency.
/// Blocks begin at multiples of `unit`, of which `most` is one.
///
/// A plain loop over a number, not a closure: a closure would be compiled without the
/// features of the kernel around it unless it happens to be inlined.
#[derive(Clone, Copy)]
pub(crate) struct RowBlocks {
    rows: usize,
    unit: usize,
    pub(crate) count: usize,
}

impl RowBlocks {
    #[inline(always)]
    pub(crate) fn new(rows: usize, most: usize, unit: usize) -> Self {
        Self {
            rows,
            unit,
            count: rows.div_ceil(most),
        }
    }

    /// First row of block `i` and how many it has.
    #[inline(always)]
    pub(crate) fn get(self, i: usize) -> (usize, usize) {
        let units = self.rows.div_ceil(self.unit);
        let cut = |i: usize| (i * units / self.count * self.unit).min(self.rows);
        (cut(i), cut(i + 1) - cut(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Kernel, Operation};
    use crate::testing::random;
    use half::f16;

    struct RunTile(Tile, usize, usize);
    impl Operation for RunTile {
        type Output = ();
        #[inline(always)]
        unsafe fn run<I: Isa>(self) {
            // SAFETY: the test sizes its buffers for the tile.
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
                    prefetch: b.as_ptr().cast(),
                    prefetch_stride: 0,
                };
                kernel.run(RunTile(tile, rows, vectors));
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
    impl Operation for RunIntegers<'_> {
        type Output = ();
        #[inline(always)]
        unsafe fn run<I: Isa>(self) {
            let stride = size_of::<f16>() * I::LANES * I::DOT_VECTORS;
            // SAFETY: the test sizes its buffers for the tile.
            unsafe {
                match self.2 {
                    None => {
                        I::open_dots();
                        I::tile_dot(&self.0, self.1);
                        I::close_dots();
                    }
                    Some(scales) => I::tile_blocks(&self.0, self.1, scales.as_ptr().cast(), stride),
                }
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
        fn run(
            &self,
            kernel: Kernel,
            rows: usize,
            split: usize,
            scales: Option<&[f16]>,
        ) -> Vec<u32> {
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
                    prefetch: self.b.as_ptr().cast(),
                    prefetch_stride: 0,
                };
                let scales = scales.map(|s| &s[from / BLOCK_STEPS * self.columns..]);
                kernel.run(RunIntegers(tile, rows, scales));
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
            for (rows, blocks) in (1..=block_rows).flat_map(|r| [0usize, 1, 2, 13].map(|b| (r, b)))
            {
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

    #[test]
    fn row_blocks_are_even_and_cover_everything() {
        for (rows, (most, unit)) in (0..100).flat_map(|rows| [(8, 1), (32, 16)].map(|m| (rows, m)))
        {
            let mut next = 0;
            let blocks = RowBlocks::new(rows, most, unit);
            for (first, count) in (0..blocks.count).map(|i| blocks.get(i)) {
                assert_eq!(first, next);
                assert!(first.is_multiple_of(unit) && (1..=most).contains(&count));
                next += count;
            }
            assert_eq!(next, rows);
        }
    }
}
