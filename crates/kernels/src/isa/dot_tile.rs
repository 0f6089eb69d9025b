//! Dot products of a few rows with a few others, by what every instruction set has.
//!
//! Both sides are rows as they lie in memory, so nothing is packed: a step loads sixteen consecutive elements of each row and multiplies
//! every pair. The sixteen lanes of a pair are added only at the end, in the one order of `sum.rs`.

use super::{PARTS, Simd};

/// Most rows of the left side of a tile.
pub(crate) const MOST_ROWS: usize = 6;

/// Most rows of the right side, which are the columns of the result.
pub(crate) const MOST_COLUMNS: usize = 4;

/// Where the rows of the left side begin; what a tile does not use may be any of them.
pub(crate) type DotRows = [*const f32; MOST_ROWS];

/// Where those of the right side begin.
pub(crate) type DotColumns = [*const f32; MOST_COLUMNS];

/// The products, row by row; those beyond the tile of the path may be anything.
pub(crate) type DotTile = [[f32; MOST_COLUMNS]; MOST_ROWS];

/// The sums of a pair in registers: one of sixteen lanes, or two of eight.
type Parts<F> = [F; 2];

/// The parts of R · C dot products.
///
/// # Safety
/// The CPU has I, and each row has `n` elements.
#[inline(always)]
pub(super) unsafe fn part_sums<I: Simd, const R: usize, const C: usize>(
    a: &[*const f32; R],
    b: &[*const f32; C],
    n: usize,
) -> [[Parts<I::F32>; C]; R] {
    const { assert!(I::LANES == PARTS || 2 * I::LANES == PARTS) }
    // SAFETY: the loads stay inside the rows.
    unsafe {
        let zero = I::splat(0.0);
        let mut sums = [[[zero; 2]; C]; R];
        // A bound that the loop meets exactly: with `k + PARTS <= n` it has two instructions more, which take places of multiply-adds.
        let (mut k, whole) = (0, n / PARTS * PARTS);
        while k < whole {
            for half in 0..PARTS / I::LANES {
                let at = k + half * I::LANES;
                let mut y = [zero; C];
                for (y, b) in y.iter_mut().zip(b) {
                    *y = I::load(b.add(at));
                }
                for (row, a) in sums.iter_mut().zip(a) {
                    let x = I::load(a.add(at));
                    for (sum, &y) in row.iter_mut().zip(&y) {
                        sum[half] = I::fma(x, y, sum[half]);
                    }
                }
            }
            k += PARTS;
        }
        for half in 0..PARTS / I::LANES {
            let at = k + half * I::LANES;
            if at < n {
                for (row, a) in sums.iter_mut().zip(a) {
                    let x = up_to::<I>(a.add(at), n - at);
                    for (sum, b) in row.iter_mut().zip(b) {
                        sum[half] = I::fma(x, up_to::<I>(b.add(at), n - at), sum[half]);
                    }
                }
            }
        }
        sums
    }
}

/// The sums of a row of pairs. Zero has no sign, since whether a sum that vanishes is negative would depend on how rows end.
///
/// # Safety
/// The CPU has I.
#[inline(always)]
pub(super) unsafe fn totals<I: Simd, const C: usize>(sums: &[Parts<I::F32>; C]) -> [f32; C] {
    let mut totals = [0.0; C];
    for (total, &[low, high]) in totals.iter_mut().zip(sums) {
        // SAFETY: the features are the caller's promise.
        unsafe {
            let all = if I::LANES == PARTS {
                low
            } else {
                I::add(low, high)
            };
            *total = I::sum(all) + 0.0;
        }
    }
    totals
}

/// The tile of R rows and C columns.
///
/// # Safety
/// As [`part_sums`].
#[inline(always)]
pub(super) unsafe fn run<I: Simd, const R: usize, const C: usize>(
    a: &DotRows,
    b: &DotColumns,
    n: usize,
    out: &mut DotTile,
) {
    // SAFETY: passed on from the caller.
    unsafe {
        let sums = part_sums::<I, R, C>(&first(a), &first(b), n);
        for (to, sums) in out.iter_mut().zip(&sums) {
            to[..C].copy_from_slice(&totals::<I, C>(sums));
        }
    }
}

/// The first R or C of the addresses.
#[inline(always)]
pub(super) fn first<const N: usize, const M: usize>(rows: &[*const f32; M]) -> [*const f32; N] {
    const { assert!(N <= M) }
    let mut some = [rows[0]; N];
    some.copy_from_slice(&rows[..N]);
    some
}

/// The first `left` elements at `p`, or a whole vector of them.
///
/// # Safety
/// The CPU has I, and there are as many.
#[inline(always)]
unsafe fn up_to<I: Simd>(p: *const f32, left: usize) -> I::F32 {
    // SAFETY: by the caller's promise.
    unsafe {
        if left >= I::LANES {
            I::load(p)
        } else {
            I::load_partial(p, left)
        }
    }
}
