//! Sizes that were measured.

use super::Simd;
use crate::tile::{CHUNK_BYTES, GROUP_ROWS};

/// How much of a product is worked on at a time.
pub(crate) trait Tuning: Simd {
    /// Bytes of rows of floats that go through a panel together, if they are more than a few.
    const ROW_BYTES: usize = usize::MAX;
    /// Bytes of the weights of a product of floats that are worked on at a time, as the tile reads them.
    const FLOAT_CHUNK: usize = CHUNK_BYTES;
    /// Bytes of the weights of an integer product that are worked on at a time.
    const DOT_CHUNK: usize = CHUNK_BYTES;
    /// Rows that go through a panel of an integer product together; at least as many as of a product of floats.
    const DOT_GROUP: usize = GROUP_ROWS;
    /// Bytes of rows of the left side of dot products that stay in the first-level cache while all rows of the right side pass by.
    const PAIR_BYTES: usize = 18 << 10;
}
