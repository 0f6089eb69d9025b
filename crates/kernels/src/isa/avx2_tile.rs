//! The integer inner loops for AVX2, which has no instruction that sums u8 · i8 products without saturating.
//!
//! `vpmaddubsw` adds two products u8 · i8 in i16 and cuts what does not fit. It cannot saturate here because the weights
//! are made so (`quantize.rs`): of each four of them that meet in one i16 lane, those of one sign sum up to 227 at most,
//! activations are at most 144, and 144 · 227 < 2¹⁵. So two steps can even be added in i16 before they are widened, which
//! saves every second `vpmaddwd`. In a 4-bit block the weights are −8..=7 and all eight steps fit: 8 · 2 · 255 · 8 < 2¹⁵.

use crate::tile::{BLOCK_STEPS, Tile};
use std::arch::x86_64::*;

/// Bytes of a register.
const REGISTER: usize = 32;

/// Vectors of a tile: 4 · 2 accumulators, 4 of weights, 2 broadcasts, the ones and a temporary are all 16 registers.
pub(crate) const VECTORS: usize = 2;

/// Four u8 of row `r`, in every lane, `offset` bytes from its start.
///
/// # Safety
/// The CPU has AVX2 and the bytes are inside A.
#[inline(always)]
unsafe fn broadcast(t: &Tile, r: usize, offset: usize) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        _mm256_set1_epi32(
            t.a.add(r * t.a_stride + offset)
                .cast::<i32>()
                .read_unaligned(),
        )
    }
}

/// u8 times i8 summed into i32, for R rows.
///
/// # Safety
/// The CPU has AVX2, `t` describes its matrices truly, `steps` is even, and the weights cannot saturate.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn dot<const R: usize>(t: &Tile) {
    // SAFETY: every address is inside A, B or C as the caller describes them.
    unsafe {
        let mut acc = [[_mm256_setzero_si256(); VECTORS]; R];
        if t.accumulate {
            for (r, row) in acc.iter_mut().enumerate() {
                for (v, x) in row.iter_mut().enumerate() {
                    *x = _mm256_loadu_si256(t.c_at::<__m256i>(r, v));
                }
            }
        }
        let ones = _mm256_set1_epi16(1);
        let (mut b, mut ahead) = (t.b, t.prefetch);
        for pair in 0..t.steps / 2 {
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
            _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(64).cast());
            ahead = ahead.wrapping_add(2 * t.prefetch_stride);
            let weights = |step: usize, v: usize| {
                _mm256_loadu_si256(b.add(step * t.b_stride + v * REGISTER).cast())
            };
            let (w0, w1) = (
                [weights(0, 0), weights(0, 1)],
                [weights(1, 0), weights(1, 1)],
            );
            for (r, row) in acc.iter_mut().enumerate() {
                let (a0, a1) = (broadcast(t, r, pair * 8), broadcast(t, r, pair * 8 + 4));
                for (v, x) in row.iter_mut().enumerate() {
                    let sum = _mm256_add_epi16(
                        _mm256_maddubs_epi16(a0, w0[v]),
                        _mm256_maddubs_epi16(a1, w1[v]),
                    );
                    *x = _mm256_add_epi32(*x, _mm256_madd_epi16(sum, ones));
                }
            }
            b = b.wrapping_add(2 * t.b_stride);
        }
        for (r, row) in acc.iter().enumerate() {
            for (v, &x) in row.iter().enumerate() {
                _mm256_storeu_si256(t.c_at::<__m256i>(r, v), x);
            }
        }
    }
}

/// u8 times i8 of at most 64 summed into i32, for `rows` (1..=4) rows of V vectors.
///
/// # Safety
/// As [`dot`]; of the weights only their size is asked.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn narrow_rows<const V: usize>(t: &Tile, rows: usize) {
    // SAFETY: passed on from the caller.
    unsafe {
        match rows {
            1 => narrow::<1, V>(t),
            2 => narrow::<2, V>(t),
            3 => narrow::<3, V>(t),
            _ => narrow::<4, V>(t),
        }
    }
}

/// Two products of 255 · 64 fit i16, four may not: every step is widened by itself.
///
/// # Safety
/// As [`narrow_rows`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn narrow<const R: usize, const V: usize>(t: &Tile) {
    debug_assert!(!t.accumulate);
    // SAFETY: every address is inside A, B or C as the caller describes them.
    unsafe {
        let mut acc = [[_mm256_setzero_si256(); V]; R];
        let ones = _mm256_set1_epi16(1);
        let mut b = t.b;
        for step in 0..t.steps {
            let mut w = [_mm256_setzero_si256(); V];
            for (v, w) in w.iter_mut().enumerate() {
                *w = _mm256_loadu_si256(b.add(v * REGISTER).cast());
            }
            for (r, row) in acc.iter_mut().enumerate() {
                let a = broadcast(t, r, step * 4);
                for (v, x) in row.iter_mut().enumerate() {
                    let pairs = _mm256_maddubs_epi16(a, w[v]);
                    *x = _mm256_add_epi32(*x, _mm256_madd_epi16(pairs, ones));
                }
            }
            b = b.wrapping_add(t.b_stride);
        }
        for (r, row) in acc.iter().enumerate() {
            for (v, &x) in row.iter().enumerate() {
                _mm256_storeu_si256(t.c_at::<__m256i>(r, v), x);
            }
        }
    }
}

/// i8 of −127..=127 times i8 of −127..=127 summed into i32, for R rows.
///
/// The sign of A goes over to B, so that `vpmaddubsw` has an unsigned side: two products of 127 · 127 fit i16. Four may not, so every step
/// is widened by itself.
///
/// # Safety
/// The CPU has AVX2, and `t` describes its matrices truly.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn signed<const R: usize>(t: &Tile) {
    // SAFETY: every address is inside A, B or C as the caller describes them.
    unsafe {
        let mut acc = [[_mm256_setzero_si256(); VECTORS]; R];
        if t.accumulate {
            for (r, row) in acc.iter_mut().enumerate() {
                for (v, x) in row.iter_mut().enumerate() {
                    *x = _mm256_loadu_si256(t.c_at::<__m256i>(r, v));
                }
            }
        }
        let ones = _mm256_set1_epi16(1);
        let (mut b, mut ahead) = (t.b, t.prefetch);
        for step in 0..t.steps {
            _mm_prefetch::<_MM_HINT_T0>(ahead.cast());
            ahead = ahead.wrapping_add(t.prefetch_stride);
            let mut w = [_mm256_setzero_si256(); VECTORS];
            for (v, w) in w.iter_mut().enumerate() {
                *w = _mm256_loadu_si256(b.add(v * REGISTER).cast());
            }
            for (r, row) in acc.iter_mut().enumerate() {
                let a = broadcast(t, r, step * 4);
                let size = _mm256_abs_epi8(a);
                for (v, x) in row.iter_mut().enumerate() {
                    let pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(w[v], a));
                    *x = _mm256_add_epi32(*x, _mm256_madd_epi16(pairs, ones));
                }
            }
            b = b.wrapping_add(t.b_stride);
        }
        for (r, row) in acc.iter().enumerate() {
            for (v, &x) in row.iter().enumerate() {
                _mm256_storeu_si256(t.c_at::<__m256i>(r, v), x);
            }
        }
    }
}

/// Blocks of eight steps, each block's sum times its scale added to an f32 result, for R rows.
///
/// # Safety
/// As [`dot`], with whole blocks, weights of −8..=7, and a scale for every column of every block.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn blocks<const R: usize>(t: &Tile, scales: *const u8, scale_stride: usize) {
    // SAFETY: every address is inside A, B, C or the scales as the caller describes them.
    unsafe {
        let mut result = [[_mm256_setzero_ps(); VECTORS]; R];
        if t.accumulate {
            for (r, row) in result.iter_mut().enumerate() {
                for (v, x) in row.iter_mut().enumerate() {
                    *x = _mm256_loadu_ps(t.c_at::<f32>(r, 8 * v));
                }
            }
        }
        let ones = _mm256_set1_epi16(1);
        let (mut b, mut ahead) = (t.b, t.prefetch);
        for block in 0..t.steps / BLOCK_STEPS {
            let mut sums = [[_mm256_setzero_si256(); VECTORS]; R];
            for step in 0..BLOCK_STEPS {
                _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(step * 36).cast());
                let mut w = [_mm256_setzero_si256(); VECTORS];
                for (v, w) in w.iter_mut().enumerate() {
                    *w = _mm256_loadu_si256(b.add(v * REGISTER).cast());
                }
                for (r, row) in sums.iter_mut().enumerate() {
                    let a = broadcast(t, r, 4 * (block * BLOCK_STEPS + step));
                    for (v, x) in row.iter_mut().enumerate() {
                        *x = _mm256_add_epi16(*x, _mm256_maddubs_epi16(a, w[v]));
                    }
                }
                b = b.wrapping_add(t.b_stride);
            }
            ahead = ahead.wrapping_add(t.prefetch_stride);
            let scale = scales.wrapping_add(block * scale_stride);
            for v in 0..VECTORS {
                let scale = _mm256_cvtph_ps(_mm_loadu_si128(scale.add(16 * v).cast()));
                for (r, row) in result.iter_mut().enumerate() {
                    let sum = _mm256_cvtepi32_ps(_mm256_madd_epi16(sums[r][v], ones));
                    row[v] = _mm256_fmadd_ps(sum, scale, row[v]);
                }
            }
        }
        for (r, row) in result.iter().enumerate() {
            for (v, &x) in row.iter().enumerate() {
                _mm256_storeu_ps(t.c_at::<f32>(r, 8 * v), x);
            }
        }
    }
}
