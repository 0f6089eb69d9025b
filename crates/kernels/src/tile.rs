//! What the inner loops of every matrix product compute; the loops themselves are in `isa/`.
//!
//! A tile is R rows by V vectors of the result, held in registers while the loop runs
//! over the inner dimension: V loads of B and R broadcasts of A feed R · V multiply-adds.
//! A step takes four bytes of each row of A: one f32, or four u8 that meet four i8 of B.
//!
//! Each element of an f32 result is one chain of multiply-adds in ascending order, whatever R and V
//! are and wherever the loop is interrupted: that is why a row's bytes do not depend on its
//! neighbours. Integer sums are exact in any order.

/// Rows that go through a panel together: 128 rows of partial sums stay in the second-level cache,
/// and a half-precision or 4-bit panel is widened once for all of them.
pub(crate) const GROUP_ROWS: usize = 128;

/// Bytes of weights that are worked on at a time, as a tile reads them: with the rows of the tile and the next bytes
/// on their way, they fit a first-level cache of 32 KiB.
pub(crate) const CHUNK_BYTES: usize = 16 << 10;

/// Where tiles read rows of bytes there is memory for whole multiples of this many, since the tiles of some paths read so many at once
/// (`Tiles::DOT_ROW_UNIT`, of which it is a multiple).
pub(crate) const ROW_UNIT: usize = 16;

/// Values of a 4-bit block.
pub const BLOCK: usize = 32;

/// Steps of such a block.
pub(crate) const BLOCK_STEPS: usize = BLOCK / 4;

/// One tile: C [rows, vectors] = (C if `accumulate`) + A · B.
#[derive(Clone, Copy)]
pub(crate) struct Tile {
    /// First row of A.
    pub(crate) a: *const u8,
    /// Bytes from row to row of A.
    pub(crate) a_stride: usize,
    /// B: `vectors` registers a step.
    pub(crate) b: *const u8,
    /// Bytes from step to step of B.
    pub(crate) b_stride: usize,
    /// First row of C, 32-bit elements.
    pub(crate) c: *mut u8,
    /// Bytes from row to row of C.
    pub(crate) c_stride: usize,
    /// Number of steps.
    pub(crate) steps: usize,
    /// Go on from what C holds instead of from zero.
    pub(crate) accumulate: bool,
    /// Where a tile that keeps the widened B (`HalfTiles`) leaves it.
    pub(crate) widened: *mut f32,
    /// Memory to bring near while computing, any address…
    pub(crate) prefetch: *const u8,
    /// …and how far to move on a step.
    pub(crate) prefetch_stride: usize,
}

impl Tile {
    /// Element `column` of row `r` of C.
    ///
    /// # Safety
    /// It is inside C.
    #[inline(always)]
    pub(crate) unsafe fn c_at<T>(&self, r: usize, column: usize) -> *mut T {
        // SAFETY: inside C by the caller's promise.
        unsafe { self.c.add(r * self.c_stride).cast::<T>().add(column) }
    }
}

/// Cuts `rows` into blocks (first, count) of at most `most`, as equal as they can be: 17 rows in
/// blocks of up to 8 are 6 + 6 + 5, not 8 + 8 + 1, so that no block is too short to hide latency.
/// Blocks begin at multiples of `unit`, of which `most` is one.
///
/// A plain loop over a number, not a closure: a closure would be compiled without the
/// features of the kernel around it unless it happens to be inlined.
#[derive(Clone, Copy)]
pub(crate) struct RowBlocks {
    rows: usize,
    unit: usize,
    pub(crate) count: usize,
}

impl RowBlocks {
    #[inline(always)]
    pub(crate) fn new(rows: usize, most: usize, unit: usize) -> Self {
        Self {
            rows,
            unit,
            count: rows.div_ceil(most),
        }
    }

    /// First row of block `i` and how many it has.
    #[inline(always)]
    pub(crate) fn get(self, i: usize) -> (usize, usize) {
        let units = self.rows.div_ceil(self.unit);
        let cut = |i: usize| (i * units / self.count * self.unit).min(self.rows);
        (cut(i), cut(i + 1) - cut(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_blocks_are_even_and_cover_everything() {
        for (rows, (most, unit)) in (0..100).flat_map(|rows| [(8, 1), (32, 16)].map(|m| (rows, m)))
        {
            let mut next = 0;
            let blocks = RowBlocks::new(rows, most, unit);
            for (first, count) in (0..blocks.count).map(|i| blocks.get(i)) {
                assert_eq!(first, next);
                assert!(first.is_multiple_of(unit) && (1..=most).contains(&count));
                next += count;
            }
            assert_eq!(next, rows);
        }
    }
}
