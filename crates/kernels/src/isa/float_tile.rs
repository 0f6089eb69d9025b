//! The inner loop of the products of floats, by what every instruction set has.

use super::Simd;
use crate::tile::Tile;

/// f32 times f32, by what every instruction set has.
///
/// # Safety
/// The CPU has I; A has `rows` (1..=4) rows of `steps` f32, B as many rows of V vectors and C `rows`
/// rows of V vectors, C being disjoint from the others.
#[inline(always)]
pub(super) unsafe fn run<I: Simd, const V: usize>(tile: &Tile, rows: usize) {
    // SAFETY: passed on from the caller.
    unsafe {
        match rows {
            1 => f32_rows::<I, 1, V>(tile),
            2 => f32_rows::<I, 2, V>(tile),
            3 => f32_rows::<I, 3, V>(tile),
            4 => f32_rows::<I, 4, V>(tile),
            _ => debug_assert_eq!(rows, 0, "a portable tile has at most 4 rows"),
        }
    }
}

/// # Safety
/// As [`run`].
#[inline(always)]
unsafe fn f32_rows<I: Simd, const R: usize, const V: usize>(tile: &Tile) {
    // SAFETY: every address below is inside A, B or C as the caller describes them.
    unsafe {
        let mut acc = [[I::splat(0.0); V]; R];
        if tile.accumulate {
            for (r, row) in acc.iter_mut().enumerate() {
                for (v, x) in row.iter_mut().enumerate() {
                    *x = I::load(tile.c_at::<f32>(r, v * I::LANES));
                }
            }
        }
        let (mut b, mut ahead) = (tile.b, tile.prefetch);
        for k in 0..tile.steps {
            I::prefetch(ahead);
            I::prefetch(ahead.wrapping_add(64));
            ahead = ahead.wrapping_add(tile.prefetch_stride);
            let mut w = [I::splat(0.0); V];
            for (v, x) in w.iter_mut().enumerate() {
                *x = I::load(b.cast::<f32>().add(v * I::LANES));
            }
            for (r, row) in acc.iter_mut().enumerate() {
                let a = I::splat(*tile.a.add(r * tile.a_stride).cast::<f32>().add(k));
                for (v, x) in row.iter_mut().enumerate() {
                    *x = I::fma(a, w[v], *x);
                }
            }
            b = b.wrapping_add(tile.b_stride);
        }
        for (r, row) in acc.iter().enumerate() {
            for (v, &x) in row.iter().enumerate() {
                I::store(tile.c_at(r, v * I::LANES), x);
            }
        }
    }
}
