//! AVX2 with FMA and F16C: 16 registers of eight floats.

mod dots;

use super::{DotColumns, DotRows, DotTile, Simd, TileState, Tiles, Tuning, avx2_tile, float_tile};
use crate::tile::Tile;
use std::arch::x86_64::*;

/// x86-64 with AVX2, FMA and F16C.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// A mask whose first `n` lanes are set.
///
/// # Safety
/// The CPU has AVX2.
#[inline(always)]
unsafe fn mask(n: usize) -> __m256i {
    // SAFETY: the features are the caller's promise.
    unsafe {
        let lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), lane)
    }
}

/// `[0]` of the sums of a folded register.
///
/// # Safety
/// The CPU has AVX.
#[inline(always)]
unsafe fn fold(x: __m256, f: impl Fn(__m128, __m128) -> __m128) -> f32 {
    // SAFETY: the features are the caller's promise.
    unsafe {
        let h = f(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
        let h = f(h, _mm_movehl_ps(h, h));
        _mm_cvtss_f32(f(h, _mm_shuffle_ps::<1>(h, h)))
    }
}

// SAFETY of every block below: the CPU has the instructions and the pointers are good, by the trait's contract.
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each block passes on the promises of its function; said once, above"
)]
impl Simd for Avx2 {
    type F32 = __m256;
    const LANES: usize = 8;
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, x: __m256) {
        unsafe { _mm256_storeu_ps(p, x) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> __m256 {
        unsafe { _mm256_maskload_ps(p, mask(n)) }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, x: __m256, n: usize) {
        unsafe { _mm256_maskstore_ps(p, mask(n), x) }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u16) -> __m256 {
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(p.cast())) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn scale_by_power(x: __m256, n: __m256) -> __m256 {
        unsafe {
            let e = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(e)))
        }
    }
    #[inline(always)]
    unsafe fn round(x: __m256) -> __m256 {
        unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    unsafe fn not_less(a: __m256, b: __m256) -> u32 {
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(a, b)) as u32 }
    }
    #[inline(always)]
    unsafe fn sum(x: __m256) -> f32 {
        unsafe { fold(x, |a, b| _mm_add_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn largest(x: __m256) -> f32 {
        unsafe { fold(x, |a, b| _mm_max_ps(a, b)) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    // Measured: with panels this narrow the hints cost more (a tenth at 16 tokens) than they save.
    unsafe fn prefetch_write(_: *const u8) {}
    #[inline(always)]
    unsafe fn load_i32(p: *const i32) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(_mm256_loadu_si256(p.cast())) }
    }
    #[inline(always)]
    unsafe fn largest_i32(p: *const i32, stride: usize, rows: usize) -> __m256 {
        unsafe {
            let mut largest = _mm256_set1_epi32(i32::MIN);
            for row in 0..rows {
                let row = _mm256_loadu_si256(p.add(row * stride).cast());
                largest = _mm256_max_epi32(largest, row);
            }
            _mm256_cvtepi32_ps(largest)
        }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8, byte: usize) -> __m256 {
        unsafe {
            let to_the_top = _mm_cvtsi32_si128(24 - 8 * byte as i32);
            let x = _mm256_sll_epi32(_mm256_loadu_si256(p.cast()), to_the_top);
            _mm256_cvtepi32_ps(_mm256_srai_epi32::<24>(x))
        }
    }
    #[inline(always)]
    unsafe fn store_u8(p: *mut u8, x: __m256) {
        unsafe {
            let i = _mm256_cvtps_epi32(x);
            let half = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256::<1>(i));
            _mm_storel_epi64(p.cast(), _mm_packus_epi16(half, half));
        }
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, x: __m256) {
        unsafe {
            let i = _mm256_cvtps_epi32(x);
            let half = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256::<1>(i));
            _mm_storel_epi64(p.cast(), _mm_packs_epi16(half, half));
        }
    }
    #[inline(always)]
    unsafe fn store_i8_words(p: *mut u32, x: [__m256; 4]) {
        unsafe {
            let low = _mm256_set1_epi32(0xFF);
            let byte = |i: usize| _mm256_and_si256(_mm256_cvtps_epi32(x[i]), low);
            let pair = _mm256_or_si256(byte(0), _mm256_slli_epi32::<8>(byte(1)));
            let high = _mm256_or_si256(byte(2), _mm256_slli_epi32::<8>(byte(3)));
            let words = _mm256_or_si256(pair, _mm256_slli_epi32::<16>(high));
            _mm256_storeu_si256(p.cast(), words);
        }
    }
    #[inline(always)]
    unsafe fn unpack_nibbles(from: *const u8, low: *mut i8, high: *mut i8) {
        unsafe {
            let x = _mm256_loadu_si256(from.cast());
            let (mask, eight) = (_mm256_set1_epi8(15), _mm256_set1_epi8(8));
            let l = _mm256_and_si256(x, mask);
            let h = _mm256_and_si256(_mm256_srli_epi16::<4>(x), mask);
            _mm256_storeu_si256(low.cast(), _mm256_sub_epi8(l, eight));
            _mm256_storeu_si256(high.cast(), _mm256_sub_epi8(h, eight));
        }
    }
}

// SAFETY of every block below: the CPU has the instructions and the tiles describe their matrices truly, by the trait's contract.
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each block passes on the promises of its function; said once, above"
)]
impl Tiles for Avx2 {
    // 4 × 3 accumulators + 3 weights + 1 broadcast = all 16 registers. The usual 6 × 2 tile needs
    // eight loads for its twelve products, this one seven, and 16 tokens fill it exactly.
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 3;
    // No HALF_TILES: with 12 multiply-adds a step the conversions would not hide.
    const DOT_ROWS: usize = 4;
    const BLOCK_ROWS: usize = 4;
    const DOT_VECTORS: usize = avx2_tile::VECTORS;
    // 3 × 2 pairs of two registers, and for either half 2 columns and a row: 15 registers, and five loads for six products.
    const PAIR_ROWS: usize = 3;
    const PAIR_COLUMNS: usize = 2;
    // Signed bytes as they are: unsigned ones of full size would saturate.
    const CODE_BIAS: u8 = 0;
    #[inline(always)]
    unsafe fn tile_f32(tile: &Tile, rows: usize, vectors: usize) {
        unsafe {
            match vectors {
                1 => float_tile::run::<Self, 1>(tile, rows),
                2 => float_tile::run::<Self, 2>(tile, rows),
                _ => float_tile::run::<Self, 3>(tile, rows),
            }
        }
    }
    #[inline(always)]
    unsafe fn tile_dot(tile: &Tile, rows: usize) {
        unsafe {
            match rows {
                1 => avx2_tile::dot::<1>(tile),
                2 => avx2_tile::dot::<2>(tile),
                3 => avx2_tile::dot::<3>(tile),
                _ => avx2_tile::dot::<4>(tile),
            }
        }
    }
    #[inline(always)]
    unsafe fn tile_dot_narrow(tile: &Tile, rows: usize, vectors: usize) {
        unsafe {
            match vectors {
                1 => avx2_tile::narrow_rows::<1>(tile, rows),
                _ => avx2_tile::narrow_rows::<2>(tile, rows),
            }
        }
    }
    #[inline(always)]
    unsafe fn tile_codes(tile: &Tile, rows: usize) {
        unsafe {
            match rows {
                1 => avx2_tile::signed::<1>(tile),
                2 => avx2_tile::signed::<2>(tile),
                3 => avx2_tile::signed::<3>(tile),
                _ => avx2_tile::signed::<4>(tile),
            }
        }
    }
    #[inline(always)]
    unsafe fn tile_code_row(tile: &Tile) {
        unsafe { avx2_tile::signed::<1>(tile) }
    }
    #[inline(always)]
    unsafe fn tile_pairs(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile) {
        unsafe { dots::tile(a, b, n, out) }
    }
    #[inline(always)]
    unsafe fn tile_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
        unsafe {
            match rows {
                1 => avx2_tile::blocks::<1>(tile, scales, scale_stride),
                2 => avx2_tile::blocks::<2>(tile, scales, scale_stride),
                3 => avx2_tile::blocks::<3>(tile, scales, scale_stride),
                _ => avx2_tile::blocks::<4>(tile, scales, scale_stride),
            }
        }
    }
}

impl TileState for Avx2 {}

impl Tuning for Avx2 {}
