//! The tile of dot products for AVX2.

use super::super::dot_tile::{first, part_sums};
use super::super::{Avx2, DotColumns, DotRows, DotTile, Simd};
use std::arch::x86_64::*;

/// 3 × 2 dot products of two registers each, whose sums of lanes are added up together.
///
/// A function of its own: inlined into loops, the addresses of the rows would be computed anew in every step for want of registers.
///
/// # Safety
/// The CPU has AVX2 and FMA, and all rows have `n` elements.
#[inline(never)]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn tile(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile) {
    // SAFETY: passed on from the caller.
    unsafe {
        let [p, q, r] = part_sums::<Avx2, 3, 2>(&first(a), &first(b), n);
        let totals = totals([
            Avx2::add(p[0][0], p[0][1]),
            Avx2::add(p[1][0], p[1][1]),
            Avx2::add(q[0][0], q[0][1]),
            Avx2::add(q[1][0], q[1][1]),
            Avx2::add(r[0][0], r[0][1]),
            Avx2::add(r[1][0], r[1][1]),
        ]);
        for (row, totals) in out.iter_mut().zip(totals.as_chunks::<2>().0).take(3) {
            row[..2].copy_from_slice(totals);
        }
    }
}

/// The sums of the lanes of six registers, added in the order of `Simd::sum`, and two of no account. Zero has no sign.
///
/// # Safety
/// The CPU has AVX.
#[inline(always)]
unsafe fn totals([a, b, c, d, e, f]: [__m256; 6]) -> [f32; 8] {
    let mut totals = [0.0; 8];
    // SAFETY: the features are the caller's promise.
    unsafe {
        // Lane i and lane i + 4 of two registers.
        let (ae, bf) = (halves(a, e), halves(b, f));
        let (ca, db) = (halves(c, a), halves(d, b));
        // Lane i and lane i + 2, then lane i and lane i + 1.
        let ab = _mm256_add_ps(
            _mm256_shuffle_ps::<0x44>(ae, bf),
            _mm256_shuffle_ps::<0xEE>(ae, bf),
        );
        let cd = _mm256_add_ps(
            _mm256_shuffle_ps::<0x44>(ca, db),
            _mm256_shuffle_ps::<0xEE>(ca, db),
        );
        let all = _mm256_add_ps(
            _mm256_shuffle_ps::<0x88>(ab, cd),
            _mm256_shuffle_ps::<0xDD>(ab, cd),
        );
        _mm256_storeu_ps(totals.as_mut_ptr(), _mm256_add_ps(all, _mm256_setzero_ps()));
    }
    totals
}

/// Lower plus upper half of `a`, and beside it of `b`.
///
/// # Safety
/// The CPU has AVX.
#[inline(always)]
unsafe fn halves(a: __m256, b: __m256) -> __m256 {
    // SAFETY: the features are the caller's promise.
    unsafe {
        _mm256_add_ps(
            _mm256_permute2f128_ps::<0x20>(a, b),
            _mm256_permute2f128_ps::<0x31>(a, b),
        )
    }
}
