//! AVX-512 (F, BW, VL, DQ, VNNI): 32 registers of sixteen floats; with or without the tiles of AMX.

mod dots;

use super::{
    Avx2, DotColumns, DotRows, DotTile, HalfTiles, Simd, TileState, Tiles, Tuning, amx, amx_tile,
    avx512_tile,
};
use crate::tile::{BLOCK_STEPS, GROUP_ROWS, RowBlocks, Tile};
use std::arch::x86_64::*;

/// x86-64 with AVX-512 and VNNI, and if `TILES` with AMX, which then multiplies the integers.
#[derive(Clone, Copy)]
pub(crate) struct WithTiles<const TILES: bool>;

/// x86-64 with AVX-512 and VNNI.
pub(crate) type Avx512 = WithTiles<false>;

/// The same with AMX.
pub(crate) type Amx = WithTiles<true>;

/// Vectors in a row of a tile: 48 columns, which divide every width of the BERT family.
const VECTORS: usize = 3;

/// A mask whose first `n < 16` lanes are set.
#[inline(always)]
fn mask(n: usize) -> __mmask16 {
    (1u16 << n) - 1
}

/// Stores the sixteen bytes that packing left in the first words of the four 128-bit lanes.
///
/// # Safety
/// The CPU has AVX-512 and `p` is good for sixteen bytes.
#[inline(always)]
unsafe fn store_packed(p: *mut u8, bytes: __m512i) {
    // SAFETY: the caller's promise.
    unsafe {
        let order = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
        let bytes = _mm512_permutexvar_epi32(order, bytes);
        _mm_storeu_si128(p.cast(), _mm512_castsi512_si128(bytes));
    }
}

/// See [`HalfTiles::widening`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile_f16(tile: &Tile, rows: usize) {
    // SAFETY: passed on from the caller.
    unsafe { avx512_tile::run_f16(tile, rows, VECTORS) }
}

/// See [`HalfTiles::keeping`].
///
/// # Safety
/// As there.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
unsafe fn tile_f16_keeping(tile: &Tile, rows: usize) {
    // SAFETY: passed on from the caller.
    unsafe { avx512_tile::run_f16_keeping(tile, rows, VECTORS) }
}

/// As [`avx512_tile::run_blocks`], for any number of rows.
///
/// # Safety
/// As there.
#[inline(always)]
unsafe fn run_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
    let cut = RowBlocks::new(rows, avx512_tile::BLOCK_ROWS, 1);
    // Each brings its share of the next bytes near.
    let share = tile.prefetch_stride.div_ceil(cut.count.max(1));
    let bytes = tile.steps / BLOCK_STEPS * share;
    for i in 0..cut.count {
        let (first, count) = cut.get(i);
        // SAFETY: passed on from the caller; the rows from `first` on are inside A and C.
        unsafe {
            let part = Tile {
                a: tile.a.add(first * tile.a_stride),
                c: tile.c.add(first * tile.c_stride),
                prefetch: tile.prefetch.wrapping_add(i * bytes),
                prefetch_stride: share,
                ..*tile
            };
            avx512_tile::run_blocks(&part, count, scales, scale_stride);
        }
    }
}

// SAFETY of every block below: the CPU has the instructions and the pointers are good, by the trait's contract.
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each block passes on the promises of its function; said once, above"
)]
impl<const TILES: bool> Simd for WithTiles<TILES> {
    type F32 = __m512;
    const LANES: usize = 16;
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, x: __m512) {
        unsafe { _mm512_storeu_ps(p, x) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps(mask(n), p) }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, x: __m512, n: usize) {
        unsafe { _mm512_mask_storeu_ps(p, mask(n), x) }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u16) -> __m512 {
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(p.cast())) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn scale_by_power(x: __m512, n: __m512) -> __m512 {
        unsafe { _mm512_scalef_ps(x, n) }
    }
    #[inline(always)]
    unsafe fn round(x: __m512) -> __m512 {
        unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    unsafe fn not_less(a: __m512, b: __m512) -> u32 {
        unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(a, b)) }
    }
    #[inline(always)]
    unsafe fn sum(x: __m512) -> f32 {
        // Halved as in the other sets, so that the bits are theirs.
        unsafe {
            let high = _mm512_extractf32x8_ps::<1>(x);
            Avx2::sum(_mm256_add_ps(_mm512_castps512_ps256(x), high))
        }
    }
    #[inline(always)]
    unsafe fn largest(x: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(x) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn prefetch_write(p: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn load_i32(p: *const i32) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(_mm512_loadu_si512(p.cast())) }
    }
    #[inline(always)]
    unsafe fn largest_i32(p: *const i32, stride: usize, rows: usize) -> __m512 {
        unsafe {
            let mut largest = _mm512_set1_epi32(i32::MIN);
            for row in 0..rows {
                let row = _mm512_loadu_si512(p.add(row * stride).cast());
                largest = _mm512_max_epi32(largest, row);
            }
            _mm512_cvtepi32_ps(largest)
        }
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8, byte: usize) -> __m512 {
        unsafe {
            let to_the_top = _mm_cvtsi32_si128(24 - 8 * byte as i32);
            let x = _mm512_sll_epi32(_mm512_loadu_si512(p.cast()), to_the_top);
            _mm512_cvtepi32_ps(_mm512_srai_epi32::<24>(x))
        }
    }
    #[inline(always)]
    unsafe fn store_u8(p: *mut u8, x: __m512) {
        // By packing: `vpmovusdb` to memory, which the compiler makes of the obvious way, is slow on Zen 4.
        unsafe {
            let i = _mm512_cvtps_epi32(x);
            let words = _mm512_packus_epi32(i, i);
            store_packed(p, _mm512_packus_epi16(words, words));
        }
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, x: __m512) {
        // By packing, as above.
        unsafe {
            let i = _mm512_cvtps_epi32(x);
            let words = _mm512_packs_epi32(i, i);
            store_packed(p.cast(), _mm512_packs_epi16(words, words));
        }
    }
    #[inline(always)]
    unsafe fn store_i8_words(p: *mut u32, x: [__m512; 4]) {
        unsafe {
            let low = _mm512_set1_epi32(0xFF);
            let byte = |i: usize| _mm512_and_si512(_mm512_cvtps_epi32(x[i]), low);
            let pair = _mm512_or_si512(byte(0), _mm512_slli_epi32::<8>(byte(1)));
            let high = _mm512_or_si512(byte(2), _mm512_slli_epi32::<8>(byte(3)));
            let words = _mm512_or_si512(pair, _mm512_slli_epi32::<16>(high));
            _mm512_storeu_si512(p.cast(), words);
        }
    }
    #[inline(always)]
    unsafe fn unpack_nibbles(from: *const u8, low: *mut i8, high: *mut i8) {
        unsafe {
            let x = _mm512_loadu_si512(from.cast());
            let (mask, eight) = (_mm512_set1_epi8(15), _mm512_set1_epi8(8));
            let l = _mm512_and_si512(x, mask);
            let h = _mm512_and_si512(_mm512_srli_epi16::<4>(x), mask);
            _mm512_storeu_si512(low.cast(), _mm512_sub_epi8(l, eight));
            _mm512_storeu_si512(high.cast(), _mm512_sub_epi8(h, eight));
        }
    }
}

// SAFETY of every block below: the CPU has the instructions and the tiles describe their matrices truly, by the trait's contract.
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each block passes on the promises of its function; said once, above"
)]
impl<const TILES: bool> Tiles for WithTiles<TILES> {
    // See `avx512_tile.rs` for the registers. 48 columns divide every width of the BERT family, and 16 tokens are two
    // full tiles.
    const TILE_ROWS: usize = 8;
    const TILE_VECTORS: usize = VECTORS;
    // Two tiles: the conversions hide behind the multiply-adds; a third would repay widening once.
    const HALF_TILES: Option<HalfTiles> = Some(HalfTiles {
        few_rows: 2 * Self::TILE_ROWS,
        widening: tile_f16,
        keeping: tile_f16_keeping,
    });
    const DOT_ROWS: usize = if TILES { amx_tile::MOST_ROWS } else { 8 };
    const DOT_ROW_UNIT: usize = if TILES { amx::ROWS } else { 1 };
    const DOT_STEPS: usize = if TILES { amx_tile::STEPS } else { 2 };
    const BLOCK_ROWS: usize = if TILES {
        amx_tile::BLOCK_ROWS
    } else {
        avx512_tile::BLOCK_ROWS
    };
    const DOT_VECTORS: usize = VECTORS;
    // 24 accumulators, 4 columns and a row are 29 registers, and ten loads feed 24 products.
    const PAIR_ROWS: usize = 6;
    const PAIR_COLUMNS: usize = 4;
    #[inline(always)]
    unsafe fn tile_f32(tile: &Tile, rows: usize, vectors: usize) {
        unsafe { avx512_tile::run_f32(tile, rows, vectors) }
    }
    #[inline(always)]
    unsafe fn tile_dot(tile: &Tile, rows: usize) {
        unsafe { Self::tile_dot_narrow(tile, rows, Self::DOT_VECTORS) }
    }
    #[inline(always)]
    unsafe fn tile_dot_narrow(tile: &Tile, rows: usize, vectors: usize) {
        unsafe {
            // The weights lie as both want them.
            if TILES && rows > amx_tile::FEW_ROWS {
                amx_tile::run_dot(tile, rows, vectors)
            } else {
                avx512_tile::run_dot(tile, rows, vectors)
            }
        }
    }
    #[inline(always)]
    unsafe fn tile_codes(tile: &Tile, rows: usize) {
        // Nothing saturates here.
        unsafe { Self::tile_dot(tile, rows) }
    }
    #[inline(always)]
    unsafe fn tile_code_row(tile: &Tile) {
        unsafe { avx512_tile::run_dot(tile, 1, Self::DOT_VECTORS) }
    }
    #[inline(always)]
    unsafe fn tile_pairs(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile) {
        unsafe { dots::tile(a, b, n, out) }
    }
    #[inline(always)]
    unsafe fn tile_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
        unsafe {
            if TILES && rows > amx_tile::FEW_BLOCK_ROWS {
                amx_tile::run_blocks(tile, scales, scale_stride)
            } else {
                run_blocks(tile, rows, scales, scale_stride)
            }
        }
    }
}

// SAFETY of every block below: with `TILES` the CPU has tiles, by the trait's contract.
#[allow(
    clippy::undocumented_unsafe_blocks,
    reason = "each block passes on the promise of its function; said once, above"
)]
impl<const TILES: bool> TileState for WithTiles<TILES> {
    #[inline(always)]
    unsafe fn open_dots() {
        if TILES {
            unsafe { amx::open_dots() }
        }
    }
    #[inline(always)]
    unsafe fn open_blocks() {
        if TILES {
            unsafe { amx::open_blocks() }
        }
    }
    #[inline(always)]
    unsafe fn close() {
        if TILES {
            unsafe { amx::close() }
        }
    }
}

impl<const TILES: bool> Tuning for WithTiles<TILES> {
    // Twelve rows of 768, so that the rows of the right side come from the second level for every second tile only.
    const PAIR_BYTES: usize = 36 << 10;
    // Measured on 512 rows of 3,072 inputs: 110 ms with all of 128 rows, 85 ms with 32. AVX2 is not fast enough to notice.
    const ROW_BYTES: usize = 448 << 10;
    // 768 inputs in one piece, although it leaves a first-level cache of 32 KiB: the second level delivers a step's 192 bytes
    // long before its 24 products are done, and sums that are put down and taken up again cost more (measured: 32 texts of
    // 32 tokens in 170 ms instead of 175).
    const DOT_CHUNK: usize = if TILES { amx_tile::CHUNK } else { 40 << 10 };
    // As many inputs, for the same reason (measured on Zen 5: a tenth less time at 16 tokens, 4 % at 32 and 64, 1 to 2 % beyond).
    const FLOAT_CHUNK: usize = 144 << 10;
    // With the speed of AMX the weights come from the third-level cache too slowly to be read for every 128 rows.
    const DOT_GROUP: usize = if TILES { 2 * GROUP_ROWS } else { GROUP_ROWS };
}
