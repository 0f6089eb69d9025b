//! The tile of dot products for AVX-512.

use super::super::dot_tile::{first, part_sums};
use super::super::{Avx512, DotColumns, DotRows, DotTile};
use std::arch::x86_64::*;

/// 6 × 4 dot products, whose sums of lanes are added up together.
///
/// A function of its own: inlined into loops, the ten addresses of the rows would be computed anew in every step for want of registers.
///
/// # Safety
/// The CPU has AVX-512, and all rows have `n` elements.
#[inline(never)]
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) unsafe fn tile(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile) {
    // SAFETY: passed on from the caller; the result is 24 floats.
    unsafe {
        let [p, q, r, s, t, u] = part_sums::<Avx512, 6, 4>(&first(a), b, n);
        let zero = _mm512_setzero_ps();
        let four = last_sums([
            quarter_sums([p[0][0], q[0][0], r[0][0], s[0][0]]),
            quarter_sums([p[1][0], q[1][0], r[1][0], s[1][0]]),
            quarter_sums([p[2][0], q[2][0], r[2][0], s[2][0]]),
            quarter_sums([p[3][0], q[3][0], r[3][0], s[3][0]]),
        ]);
        let two = last_sums([
            quarter_sums([t[0][0], u[0][0], zero, zero]),
            quarter_sums([t[1][0], u[1][0], zero, zero]),
            quarter_sums([t[2][0], u[2][0], zero, zero]),
            quarter_sums([t[3][0], u[3][0], zero, zero]),
        ]);
        let to = out.as_flattened_mut().as_mut_ptr();
        _mm512_storeu_ps(to, _mm512_add_ps(four, zero));
        // Zero has no sign: see `dot_tile::totals`.
        let two = _mm512_castps512_ps256(_mm512_add_ps(two, zero));
        _mm256_storeu_ps(to.add(16), two);
    }
}

/// Of each register the sums of lanes that are a multiple of four apart, as `Simd::sum` adds them: those of the first in the first 128 bits,
/// and so on.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn quarter_sums([a, b, c, d]: [__m512; 4]) -> __m512 {
    // SAFETY: the features are the caller's promise.
    unsafe {
        // Lane i and lane i + 8.
        let ab = _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x44>(a, b),
            _mm512_shuffle_f32x4::<0xEE>(a, b),
        );
        let cd = _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x44>(c, d),
            _mm512_shuffle_f32x4::<0xEE>(c, d),
        );
        // Lane i and lane i + 4.
        _mm512_add_ps(
            _mm512_shuffle_f32x4::<0x88>(ab, cd),
            _mm512_shuffle_f32x4::<0xDD>(ab, cd),
        )
    }
}

/// The sums of each 128 bits of four registers: those of the first quarters, one a register, then those of the second.
///
/// # Safety
/// The CPU has AVX-512.
#[inline(always)]
unsafe fn last_sums([a, b, c, d]: [__m512; 4]) -> __m512 {
    // SAFETY: the features are the caller's promise.
    unsafe {
        // Lane i and lane i + 2, then lane i and lane i + 1.
        let ab = _mm512_add_ps(
            _mm512_shuffle_ps::<0x44>(a, b),
            _mm512_shuffle_ps::<0xEE>(a, b),
        );
        let cd = _mm512_add_ps(
            _mm512_shuffle_ps::<0x44>(c, d),
            _mm512_shuffle_ps::<0xEE>(c, d),
        );
        _mm512_add_ps(
            _mm512_shuffle_ps::<0x88>(ab, cd),
            _mm512_shuffle_ps::<0xDD>(ab, cd),
        )
    }
}
