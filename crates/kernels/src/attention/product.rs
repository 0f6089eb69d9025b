//! The products inside a head, whose matrices are in scratch and not in panels.

use crate::isa::Isa;
use crate::tile::{RowBlocks, Tile};

/// What a product multiplies.
#[derive(Clone, Copy)]
pub(super) enum Numbers {
    /// f32, a step being one element of A.
    F32,
    /// u8 times i8 of at most 64, a step being four elements of A; the result is i32. Rows and steps are as `Tiles::tile_dot`
    /// wants them.
    Integers,
}

/// C [rows, width] = A [rows, steps] · B [steps, width], where B and C have rows of whole vectors and an element of
/// either takes four bytes. Strides are in bytes.
pub(super) struct HeadProduct {
    pub(super) numbers: Numbers,
    pub(super) a: *const u8,
    pub(super) a_stride: usize,
    pub(super) b: *const u8,
    pub(super) b_stride: usize,
    pub(super) c: *mut u8,
    pub(super) c_stride: usize,
    pub(super) width: usize,
    pub(super) steps: usize,
}

impl HeadProduct {
    /// # Safety
    /// The CPU has I, and the matrices are as the fields say.
    #[inline(always)]
    pub(super) unsafe fn run<I: Isa>(&self, rows: usize) {
        let (most_rows, unit, most_vectors) = match self.numbers {
            Numbers::F32 => (I::TILE_ROWS, 1, I::TILE_VECTORS),
            Numbers::Integers => (I::DOT_ROWS, I::DOT_ROW_UNIT, I::DOT_VECTORS),
        };
        let mut column = 0;
        while column < self.width {
            // Four vectors are 2 + 2, not 3 + 1: a tile of one vector waits for its broadcasts.
            let left = (self.width - column) / I::LANES;
            let vectors = left.div_ceil(left.div_ceil(most_vectors));
            let blocks = RowBlocks::new(rows, most_rows, unit);
            for (first, count) in (0..blocks.count).map(|i| blocks.get(i)) {
                // SAFETY: row `first` and the columns from `column` are inside the matrices.
                unsafe {
                    let tile = Tile {
                        a: self.a.add(first * self.a_stride),
                        a_stride: self.a_stride,
                        b: self.b.add(column * 4),
                        b_stride: self.b_stride,
                        c: self.c.add(first * self.c_stride + column * 4),
                        c_stride: self.c_stride,
                        steps: self.steps,
                        accumulate: false,
                        widened: std::ptr::null_mut(),
                        prefetch: self.b,
                        prefetch_stride: 0,
                    };
                    match self.numbers {
                        Numbers::F32 => I::tile_f32(&tile, count, vectors),
                        Numbers::Integers => I::tile_dot_narrow(&tile, count, vectors),
                    }
                }
            }
            column += vectors * I::LANES;
        }
    }
}
