//! The left side of a product.

use super::STEP;
use crate::kernel::Kernel;
use crate::matrix::MatrixView;
use crate::quantize::{ActivationRange, QuantizedMatrix};
use crate::row_scale::RowScale;
use crate::team::Team;
use crate::tile::ROW_UNIT;

/// The rows of x as the tile reads them: floats, or the bytes that they were quantised to.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    rows: usize,
    /// All rows; of bytes as many as fill up a [`ROW_UNIT`].
    data: &'a [u8],
    /// Bytes from row to row.
    stride: usize,
    /// Bytes: what those of each row stand for.
    row_scales: &'a [RowScale],
}

impl<'a> Input<'a> {
    pub(super) fn floats(x: MatrixView<'a>) -> Self {
        Self {
            rows: x.rows(),
            data: x.as_bytes(),
            stride: x.stride() * size_of::<f32>(),
            row_scales: &[],
        }
    }

    /// Quantises x into `bytes`.
    pub(super) fn bytes(
        bytes: &'a mut QuantizedMatrix,
        team: &Team,
        kernel: Kernel,
        range: ActivationRange,
        x: MatrixView<'_>,
    ) -> Self {
        bytes.fill(team, kernel, range, x);
        assert!(x.rows().next_multiple_of(ROW_UNIT) * bytes.stride() <= bytes.data().len());
        Self {
            rows: x.rows(),
            data: bytes.data(),
            stride: bytes.stride(),
            row_scales: bytes.row_scales(),
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Whether each row has so many steps of the tile.
    pub(super) fn has_steps(&self, steps: usize) -> bool {
        let row = steps * STEP;
        self.rows == 0
            || (row <= self.stride && (self.rows - 1) * self.stride + row <= self.data.len())
    }

    /// Bytes from row to row.
    pub(super) fn stride(&self) -> usize {
        self.stride
    }

    /// Where a row begins.
    pub(super) fn row(&self, row: usize) -> *const u8 {
        self.data.as_ptr().wrapping_add(row * self.stride)
    }

    /// What the bytes of a row stand for; nothing is known of floats.
    pub(super) fn row_scale(&self, row: usize) -> RowScale {
        self.row_scales.get(row).copied().unwrap_or_default()
    }
}
