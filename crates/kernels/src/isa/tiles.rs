//! The inner loops that an instruction set has for products, and the shapes of what they compute at once.

use super::Simd;
use super::dot_tile::{self, DotColumns, DotRows, DotTile, MOST_COLUMNS};
use crate::tile::Tile;

/// Tiles of products: of floats, of bytes, of bytes in 4-bit blocks, and of rows with rows.
///
/// # Safety
/// Every function is unsafe: the CPU must have the set's instructions, and a [`Tile`] must describe its matrices truly.
pub(crate) trait Tiles: Simd {
    /// Rows of the tile of a matrix product (see `tile.rs` for the register arithmetic).
    const TILE_ROWS: usize;
    /// Vectors in a row of that tile.
    const TILE_VECTORS: usize;
    /// Tiles that read half-precision weights, where there are any; otherwise the weights are widened beforehand.
    const HALF_TILES: Option<HalfTiles> = None;
    /// Rows of the tile of an integer product.
    const DOT_ROWS: usize;
    /// Integer tiles, also those by blocks, read and write whole multiples of this many rows; what is beyond those asked for is of no
    /// account.
    const DOT_ROW_UNIT: usize = 1;
    /// The tile of an integer product takes whole multiples of this many steps: bytes of A past the inner dimension meet zeros of B.
    const DOT_STEPS: usize = 2;
    /// Rows of the tile of a product by 4-bit blocks.
    const BLOCK_ROWS: usize;
    /// Vectors in a row of both.
    const DOT_VECTORS: usize;
    /// Rows of a tile of dot products, at most 6.
    const PAIR_ROWS: usize;
    /// Columns of it, at most 4.
    const PAIR_COLUMNS: usize;
    /// What [`Tiles::tile_codes`] wants to be added to each byte of A.
    const CODE_BIAS: u8 = 128;

    /// A tile of f32 with `rows` (1..=TILE_ROWS) rows and `vectors` (1..=TILE_VECTORS) vectors.
    unsafe fn tile_f32(tile: &Tile, rows: usize, vectors: usize);
    /// A tile of u8 · i8 summed into i32 with `rows` (1..=DOT_ROWS) rows and DOT_VECTORS vectors.
    unsafe fn tile_dot(tile: &Tile, rows: usize);
    /// As [`Tiles::tile_dot`] with `vectors` (1..=DOT_VECTORS), for weights that are at most 64 and otherwise any.
    unsafe fn tile_dot_narrow(tile: &Tile, rows: usize, vectors: usize);
    /// As [`Tiles::tile_dot`] for any bytes of B but −128: A holds as many signed bytes, −127..=127, each plus CODE_BIAS, and C becomes the
    /// exact sums of A as it is times B.
    unsafe fn tile_codes(tile: &Tile, rows: usize);
    /// As [`Tiles::tile_codes`] with one row, which is read and written alone; [`TileState::open_dots`] is not needed.
    unsafe fn tile_code_row(tile: &Tile);
    /// As [`Tiles::tile_dot`] with `rows` (1..=BLOCK_ROWS), in blocks of eight steps: each block's sum times its scale (f16, one a column,
    /// `scale_stride` bytes from block to block) is added to an f32 result. The tile's prefetch moves on a block.
    unsafe fn tile_blocks(tile: &Tile, rows: usize, scales: *const u8, scale_stride: usize);
    /// Dot products of the first PAIR_ROWS rows at `a` with the first PAIR_COLUMNS at `b`, each of `n` elements, summed in sixteen parts.
    unsafe fn tile_pairs(a: &DotRows, b: &DotColumns, n: usize, out: &mut DotTile);
    /// Dot products of the row at `a` with all rows at `b`, as [`Tiles::tile_pairs`] has them.
    #[inline(always)]
    unsafe fn tile_row(a: *const f32, b: &DotColumns, n: usize) -> [f32; MOST_COLUMNS] {
        // SAFETY: passed on from the caller.
        unsafe {
            let [sums] = dot_tile::part_sums::<Self, 1, MOST_COLUMNS>(&[a], b, n);
            dot_tile::totals::<Self, MOST_COLUMNS>(&sums)
        }
    }
}

/// Tiles of floats with B in half precision; all vectors of a tile.
///
/// Both are as unsafe as [`Tiles::tile_f32`].
#[derive(Clone, Copy)]
pub(crate) struct HalfTiles {
    /// Rows of a product up to which each tile widens the weights anew; for more rows the first tile keeps them for the others.
    pub(crate) few_rows: usize,
    /// The tile with so many rows.
    pub(crate) widening: unsafe fn(&Tile, usize),
    /// The same; the widened B stays in [`Tile::widened`], which is good for all steps and vectors.
    pub(crate) keeping: unsafe fn(&Tile, usize),
}

/// What a thread must have ready for tiles of integers.
///
/// # Safety
/// Every function is unsafe: the CPU must have the set's instructions.
pub(crate) trait TileState: Simd {
    /// Prepares this thread for [`Tiles::tile_dot`] and [`Tiles::tile_dot_narrow`], until [`TileState::close`].
    unsafe fn open_dots() {}
    /// Prepares this thread for [`Tiles::tile_blocks`], until [`TileState::close`].
    unsafe fn open_blocks() {}
    /// Ends what either began.
    unsafe fn close() {}
}
