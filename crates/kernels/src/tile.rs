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
    /// Where [`Isa::tile_f16_keeping`] leaves the widened B.
    pub(crate) widened: *mut f32,
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
mod tests;
