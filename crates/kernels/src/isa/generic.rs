//! Plain Rust that the compiler turns into whatever vectors the target's baseline has.

mod tile;

use super::{DotColumns, DotRows, DotTile, Simd, TileState, Tiles, Tuning, dot_tile, float_tile};
use crate::tile::Tile;
use half::f16;

/// Any CPU.
#[derive(Clone, Copy)]
pub(crate) struct Generic;

/// Eight lanes: two registers of the 128-bit baselines (SSE2, NEON).
pub(super) const LANES: usize = 8;
type V = [f32; LANES];

#[inline(always)]
fn zip(a: V, b: V, f: impl Fn(f32, f32) -> f32) -> V {
    std::array::from_fn(|i| f(a[i], b[i]))
}

/// a·b + c. A fused instruction is part of ARM64's baseline; on x86-64's it would be a
/// library call a hundred times slower, so there the product is rounded first.
#[inline(always)]
pub(super) fn mul_add(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(target_arch = "aarch64") {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

// The unsafe functions below are safe but for their pointers, which are good by the trait's contract.
impl Simd for Generic {
    type F32 = V;
    const LANES: usize = LANES;
    #[inline(always)]
    unsafe fn splat(x: f32) -> V {
        [x; LANES]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> V {
        // SAFETY: good for LANES elements by the trait's contract.
        unsafe { p.cast::<V>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, x: V) {
        // SAFETY: good for LANES elements by the trait's contract.
        unsafe { p.cast::<V>().write_unaligned(x) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> V {
        // SAFETY: only the first n elements are read.
        std::array::from_fn(|i| if i < n { unsafe { *p.add(i) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, x: V, n: usize) {
        for (i, v) in x.into_iter().enumerate().take(n) {
            // SAFETY: only the first n elements are written.
            unsafe { *p.add(i) = v }
        }
    }
    #[inline(always)]
    unsafe fn load_f16(p: *const u16) -> V {
        // SAFETY: good for LANES elements by the trait's contract.
        std::array::from_fn(|i| f16::from_bits(unsafe { *p.add(i) }).to_f32())
    }
    #[inline(always)]
    unsafe fn add(a: V, b: V) -> V {
        zip(a, b, |x, y| x + y)
    }
    #[inline(always)]
    unsafe fn sub(a: V, b: V) -> V {
        zip(a, b, |x, y| x - y)
    }
    #[inline(always)]
    unsafe fn mul(a: V, b: V) -> V {
        zip(a, b, |x, y| x * y)
    }
    #[inline(always)]
    unsafe fn div(a: V, b: V) -> V {
        zip(a, b, |x, y| x / y)
    }
    #[inline(always)]
    unsafe fn max(a: V, b: V) -> V {
        zip(a, b, |x, y| if x > y { x } else { y })
    }
    #[inline(always)]
    unsafe fn min(a: V, b: V) -> V {
        zip(a, b, |x, y| if x < y { x } else { y })
    }
    #[inline(always)]
    unsafe fn fma(a: V, b: V, c: V) -> V {
        std::array::from_fn(|i| mul_add(a[i], b[i], c[i]))
    }
    #[inline(always)]
    unsafe fn scale_by_power(x: V, n: V) -> V {
        zip(x, n, |x, n| {
            x * f32::from_bits(((n as i32 + 127) as u32) << 23)
        })
    }
    #[inline(always)]
    unsafe fn round(x: V) -> V {
        x.map(f32::round_ties_even)
    }
    #[inline(always)]
    unsafe fn not_less(a: V, b: V) -> u32 {
        let less = |i: usize| a[i] < b[i];
        (0..LANES).fold(0, |bits, i| bits | u32::from(!less(i)) << i)
    }
    #[inline(always)]
    unsafe fn sum(x: V) -> f32 {
        ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]))
    }
    #[inline(always)]
    unsafe fn largest(x: V) -> f32 {
        x.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
    #[inline(always)]
    unsafe fn prefetch(_: *const u8) {}
    #[inline(always)]
    unsafe fn prefetch_write(_: *const u8) {}
    #[inline(always)]
    unsafe fn load_i32(p: *const i32) -> V {
        // SAFETY: good for LANES elements by the trait's contract.
        unsafe { p.cast::<[i32; LANES]>().read_unaligned() }.map(|x| x as f32)
    }
    #[inline(always)]
    unsafe fn largest_i32(p: *const i32, stride: usize, rows: usize) -> V {
        let mut largest = [i32::MIN; LANES];
        for row in 0..rows {
            // SAFETY: good for LANES elements of each row by the trait's contract.
            let row = unsafe { p.add(row * stride).cast::<[i32; LANES]>().read_unaligned() };
            for (largest, x) in largest.iter_mut().zip(row) {
                *largest = x.max(*largest);
            }
        }
        largest.map(|x| x as f32)
    }
    #[inline(always)]
    unsafe fn load_i8(p: *const i8, byte: usize) -> V {
        // SAFETY: good for 4 · LANES bytes by the trait's contract.
        std::array::from_fn(|i| f32::from(unsafe { *p.add(4 * i + byte) }))
    }
    #[inline(always)]
    unsafe fn store_u8(p: *mut u8, x: V) {
        let bytes = x.map(|x| x.round_ties_even() as u8);
        // SAFETY: good for LANES elements by the trait's contract.
        unsafe { p.cast::<[u8; LANES]>().write_unaligned(bytes) }
    }
    #[inline(always)]
    unsafe fn store_i8(p: *mut i8, x: V) {
        let bytes = x.map(|x| x.round_ties_even() as i8);
        // SAFETY: good for LANES elements by the trait's contract.
        unsafe { p.cast::<[i8; LANES]>().write_unaligned(bytes) }
    }
    #[inline(always)]
    unsafe fn store_i8_words(p: *mut u32, x: [V; 4]) {
        let word = |lane: usize| {
            let byte = |i: usize| (x[i][lane].round_ties_even() as i8).cast_unsigned();
            u32::from_le_bytes(std::array::from_fn(byte))
        };
        // SAFETY: good for LANES words by the trait's contract.
        unsafe {
            p.cast::<[u32; LANES]>()
                .write_unaligned(std::array::from_fn(word))
        }
    }
    #[inline(always)]
    unsafe fn unpack_nibbles(from: *const u8, low: *mut i8, high: *mut i8) {
        for i in 0..4 * LANES {
            // SAFETY: good for 4 · LANES elements by the trait's contract.
            unsafe {
                let x = *from.add(i);
                *low.add(i) = (x & 15) as i8 - 8;
                *high.add(i) = (x >> 4) as i8 - 8;
            }
        }
    }
}

impl Tiles for Generic {
    // Two 128-bit registers a vector: 4 × 1 × 2 accumulators of the 16 that SSE2 has.
    const TILE_ROWS: usize = 4;
    const TILE_VECTORS: usize = 1;
    const DOT_ROWS: usize = 4;
    const BLOCK_ROWS: usize = 4;
    const DOT_VECTORS: usize = 1;
    // Four 128-bit registers a pair.
    const PAIR_ROWS: usize = 1;
    const PAIR_COLUMNS: usize = 2;
    #[inline(always)]
    unsafe fn tile_f32(tile: &Tile, rows: usize, _: usize) {
        // SAFETY: passed on from the caller.
        unsafe { float_tile::run::<Self, 1>(tile, rows) }
    }
    #[inline(always)]
    unsafe fn tile_dot(tile: &Tile, rows: usize) {
        // SAFETY: passed on from the caller.
        unsafe { tile::dot(tile, rows) }
    }
    #[inline(always)]
    unsafe fn tile_dot_narrow(tile: &Tile, rows: usize, _: usize) {
        // SAFETY: passed on from the caller.
        unsafe { tile::dot(tile, rows) }
    }
    #[inline(always)]
    unsafe fn tile_codes(tile: &Tile, rows: usize) {
        // SAFETY: passed on from the caller.
        unsafe { tile::dot(tile, rows) }
    }
    #[inline(always)]
    unsafe fn tile_code_row(tile: &Tile) {
        // SAFETY: passed on from the caller.
        unsafe { tile::dot(tile, 1) }
    }
    #[inline(always)]
    unsafe fn tile_pairs(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile) {
        // SAFETY: passed on from the caller.
        unsafe { dot_tile::run::<Self, 1, 2>(a, b, n, out) }
    }
    #[inline(always)]
    unsafe fn tile_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize) {
        // SAFETY: passed on from the caller.
        unsafe { tile::blocks(tile, rows, scales, scale_stride) }
    }
}

impl TileState for Generic {}

impl Tuning for Generic {}
