//! Instruction sets behind one interface, so that an operation is written once.

use crate::tile::{CHUNK_BYTES, GROUP_ROWS, Tile};

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod amx_tile;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx2_dots;
#[cfg(target_arch = "x86_64")]
mod avx2_tile;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx512_dots;
#[cfg(target_arch = "x86_64")]
mod avx512_tile;
mod dot_tile;
mod generic;
mod generic_tile;

#[cfg(target_arch = "x86_64")]
pub(crate) use amx::available as amx_available;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) use avx512::{Amx, Avx512};
pub(crate) use dot_tile::{DotColumns, DotRows, DotTile, MOST_COLUMNS};
pub(crate) use generic::Generic;

/// Parts of a sum over a row: element i belongs to part i mod 16, whatever the width of a register is.
pub(crate) const PARTS: usize = 16;

/// Vectors of f32 and what the kernels do with them.
///
/// # Safety
/// Every function is unsafe: the CPU must have the set's instructions, and pointers
/// must be good for [`Isa::LANES`] elements (or as many as the function says).
pub(crate) trait Isa: Copy + 'static {
    /// A register of f32.
    type F32: Copy;
    /// Floats in it.
    const LANES: usize;
    /// Rows of the tile of a matrix product (see `tile.rs` for the register arithmetic).
    const TILE_ROWS: usize;
    /// Vectors in a row of that tile.
    const TILE_VECTORS: usize;

    /// Bytes of rows of floats that go through a panel together, if they are more than a few.
    const ROW_BYTES: usize = usize::MAX;
    /// Rows up to which half-precision weights are widened in the tile itself, each time anew; for more rows the first tile keeps
    /// them for the others. Without such tiles 0: the weights are widened beforehand.
    const F16_ROWS: usize = 0;
    /// Rows of the tile of an integer product.
    const DOT_ROWS: usize;
    /// Integer tiles, also those by blocks, read and write whole multiples of this many rows; what is beyond those asked for is of no
    /// account.
    const DOT_ROW_UNIT: usize = 1;
    /// The tile of an integer product takes whole multiples of this many steps: bytes of A past the inner dimension meet zeros of B.
    const DOT_STEPS: usize = 2;
    /// Bytes of the weights of a product of floats that are worked on at a time, as the tile reads them.
    const FLOAT_CHUNK: usize = CHUNK_BYTES;
    /// Bytes of the weights of an integer product that are worked on at a time.
    const DOT_CHUNK: usize = CHUNK_BYTES;
    /// Rows that go through a panel of an integer product together; at least as many as of a product of floats.
    const DOT_GROUP: usize = GROUP_ROWS;
    /// Rows of the tile of a product by 4-bit blocks.
    const BLOCK_ROWS: usize;
    /// Vectors in a row of both.
    const DOT_VECTORS: usize;
    /// Rows of a tile of dot products, at most [`MOST_ROWS`].
    const PAIR_ROWS: usize;
    /// Columns of it, at most [`MOST_COLUMNS`].
    const PAIR_COLUMNS: usize;
    /// What [`Isa::tile_codes`] wants to be added to each byte of A.
    const CODE_BIAS: u8 = 128;

    /// All lanes `x`.
    unsafe fn splat(x: f32) -> Self::F32;
    /// Unaligned load.
    unsafe fn load(p: *const f32) -> Self::F32;
    /// Unaligned store.
    unsafe fn store(p: *mut f32, x: Self::F32);
    /// The first `n < LANES` elements, the rest zero; reads nothing beyond them.
    unsafe fn load_partial(p: *const f32, n: usize) -> Self::F32;
    /// Stores the first `n < LANES` elements.
    unsafe fn store_partial(p: *mut f32, x: Self::F32, n: usize);
    /// LANES half-precision numbers, widened exactly.
    unsafe fn load_f16(p: *const u16) -> Self::F32;
    /// a + b
    unsafe fn add(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a − b
    unsafe fn sub(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b
    unsafe fn mul(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a / b
    unsafe fn div(a: Self::F32, b: Self::F32) -> Self::F32;
    /// The larger; `b` where either is NaN.
    unsafe fn max(a: Self::F32, b: Self::F32) -> Self::F32;
    /// The smaller; `b` where either is NaN.
    unsafe fn min(a: Self::F32, b: Self::F32) -> Self::F32;
    /// a · b + c, rounded once where the CPU can.
    unsafe fn fma(a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// x · 2^n, where n holds whole numbers in −126..=127.
    unsafe fn scale_by_power(x: Self::F32, n: Self::F32) -> Self::F32;
    /// The nearest whole number, halves to even.
    unsafe fn round(x: Self::F32) -> Self::F32;
    /// Which lanes of a are not less than those of b (a NaN is not), the first lane in the lowest bit.
    unsafe fn not_less(a: Self::F32, b: Self::F32) -> u32;
    /// Sum of the lanes: the upper half is added to the lower, until one is left.
    unsafe fn sum(x: Self::F32) -> f32;
    /// Largest lane.
    unsafe fn largest(x: Self::F32) -> f32;
    /// LANES i32 as f32, each the nearest.
    unsafe fn load_i32(p: *const i32) -> Self::F32;
    /// The largest of `rows` i32 in each lane, `stride` i32 apart, as f32, each the nearest.
    unsafe fn largest_i32(p: *const i32, stride: usize, rows: usize) -> Self::F32;
    /// LANES i8 as f32: byte `byte` (0..=3) of each four from `p` on, all of which may be read.
    unsafe fn load_i8(p: *const i8, byte: usize) -> Self::F32;
    /// The nearest whole numbers, halves to even, as u8; what is not in 0..=255 becomes any byte.
    unsafe fn store_u8(p: *mut u8, x: Self::F32);
    /// The nearest whole numbers, halves to even, as i8; lanes are in −128..=127 or NaN, which becomes any byte.
    unsafe fn store_i8(p: *mut i8, x: Self::F32);
    /// As [`Isa::store_i8`] for four vectors at once: the bytes of lane 0 of each, then those of lane 1, and so on.
    unsafe fn store_i8_words(p: *mut u32, x: [Self::F32; 4]);
    /// Splits 4 · LANES bytes into nibbles, each minus 8: the low ones go to `low`, the high ones to `high`.
    unsafe fn unpack_nibbles(from: *const u8, low: *mut i8, high: *mut i8);
    /// A tile of f32 with `rows` (1..=TILE_ROWS) rows and `vectors` (1..=TILE_VECTORS) vectors.
    unsafe fn tile_f32(tile: &Tile, rows: usize, vectors: usize);
    /// As [`Isa::tile_f32`], with B in half precision and all vectors; called for at most F16_ROWS rows of a product.
    unsafe fn tile_f16(_tile: &Tile, _rows: usize) {
        unreachable!("a set without this tile has F16_ROWS = 0")
    }
    /// As [`Isa::tile_f16`], for any number of rows of a product; the widened B stays in [`Tile::widened`].
    /// [`Tile::widened`] is good for all steps and vectors.
    unsafe fn tile_f16_keeping(_tile: &Tile, _rows: usize) {
        unreachable!("a set without this tile has F16_ROWS = 0")
    }
    /// Prepares this thread for [`Isa::tile_dot`] and [`Isa::tile_dot_narrow`], until [`Isa::close`].
    unsafe fn open_dots() {}
    /// Prepares this thread for [`Isa::tile_blocks`], until [`Isa::close`].
    unsafe fn open_blocks() {}
    /// Ends what either began.
    unsafe fn close() {}
    /// A tile of u8 · i8 summed into i32 with `rows` (1..=DOT_ROWS) rows and DOT_VECTORS vectors.
    unsafe fn tile_dot(tile: &Tile, rows: usize);
    /// As [`Isa::tile_dot`] with `vectors` (1..=DOT_VECTORS), for weights that are at most 64 and otherwise any.
    unsafe fn tile_dot_narrow(tile: &Tile, rows: usize, vectors: usize);
    /// As [`Isa::tile_dot`] for any bytes of B but −128: A holds as many signed bytes, −127..=127, each plus CODE_BIAS, and C becomes the
    /// exact sums of A as it is times B.
    unsafe fn tile_codes(tile: &Tile, rows: usize);
    /// As [`Isa::tile_codes`] with one row, which is read and written alone; [`Isa::open_dots`] is not needed.
    unsafe fn tile_code_row(tile: &Tile);
    /// As [`Isa::tile_dot`] with `rows` (1..=BLOCK_ROWS), in blocks of eight steps: each block's sum times its scale (f16, one a column,
    /// `scale_stride` bytes from block to block) is added to an f32 result. The tile's prefetch moves on a block.
    unsafe fn tile_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize);
    /// Dot products of the first PAIR_ROWS rows at `a` with the first PAIR_COLUMNS at `b`, each of `n` elements, summed in [`PARTS`] parts.
    unsafe fn tile_pairs(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile);
    /// Dot products of the row at `a` with all rows at `b`, as [`Isa::tile_pairs`] has them.
    #[inline(always)]
    unsafe fn tile_row(a: *const f32, b: &DotColumns, n: usize) -> [f32; MOST_COLUMNS] {
        // SAFETY: passed on from the caller.
        unsafe {
            let [sums] = dot_tile::part_sums::<Self, 1, MOST_COLUMNS>(&[a], b, n);
            dot_tile::totals::<Self, MOST_COLUMNS>(&sums)
        }
    }
    /// Hints that the cache line at `p` will be read soon; any address is allowed.
    unsafe fn prefetch(p: *const u8);
    /// As [`Isa::prefetch`], for a line that will be written.
    unsafe fn prefetch_write(p: *const u8);
}

/// Calls `$full` for each whole vector of `$n` elements with its offset, then `$rest` with the offset and count left, if any.
macro_rules! for_each_vector {
    ($isa:ty, $n:expr, |$i:ident| $full:expr, |$j:ident, $left:ident| $rest:expr) => {{
        let n = $n;
        let mut $i = 0;
        while $i + <$isa>::LANES <= n {
            $full;
            $i += <$isa>::LANES;
        }
        if $i < n {
            let ($j, $left) = ($i, n - $i);
            $rest
        }
    }};
}
pub(crate) use for_each_vector;
