//! What becomes of the sums of a product, and of x·Wᵀ + b.

use super::sums::{OutlierColumn, RowTerms, Sums};
use super::{Product, STEP};
use crate::aligned::of_line;
use crate::gelu::Activation;
use crate::isa::{Isa, Simd, for_each_vector};
use crate::row_scale::{OUTLIERS, RowScale};
use std::ops::Range;

/// What is done with the result of a product.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    pub(super) activation: Option<Activation>,
    pub(super) merge: Merge,
}

/// How the result meets what is in its place.
#[derive(Clone, Copy)]
pub(super) enum Merge {
    /// It replaces it.
    Write,
    /// It is added to it.
    Add,
    /// It is multiplied by it.
    Multiply,
}

impl Finish {
    /// What is done in a panel of this part of the layer: the second part of a gated one multiplies what the first has left.
    #[inline(always)]
    pub(super) fn of_part(self, part: usize) -> Self {
        match part {
            0 => self,
            _ => Self {
                activation: None,
                merge: Merge::Multiply,
            },
        }
    }

    /// Whether results replace what is in their place, which is `WRITES` of the functions that store them: decided once for a panel,
    /// and not again with each vector.
    #[inline(always)]
    pub(super) fn writes(self) -> bool {
        matches!(self.merge, Merge::Write)
    }

    /// # Safety
    /// The CPU has I, and `to` is good for LANES elements.
    #[inline(always)]
    pub(super) unsafe fn store<I: Simd, const WRITES: bool>(self, y: I::F32, to: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe {
            let y = self.activate::<I>(y);
            let y = match self.merge {
                Merge::Add if !WRITES => I::add(I::load(to), y),
                Merge::Multiply if !WRITES => I::mul(I::load(to), y),
                _ => y,
            };
            I::store(to, y);
        }
    }

    /// As [`Finish::store`] of the first `left` elements.
    ///
    /// # Safety
    /// The CPU has I, and `to` is good for `left` elements, fewer than LANES.
    #[inline(always)]
    pub(super) unsafe fn store_partial<I: Simd, const WRITES: bool>(
        self,
        y: I::F32,
        to: *mut f32,
        left: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let y = self.activate::<I>(y);
            let y = match self.merge {
                Merge::Add if !WRITES => I::add(I::load_partial(to, left), y),
                Merge::Multiply if !WRITES => I::mul(I::load_partial(to, left), y),
                _ => y,
            };
            I::store_partial(to, y, left);
        }
    }

    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn activate<I: Simd>(self, y: I::F32) -> I::F32 {
        match self.activation {
            // SAFETY: the features are the caller's promise.
            Some(activation) => unsafe { activation.apply::<I>(y) },
            None => y,
        }
    }
}

/// How a panel's sums become columns of the result, as far as it is the same for all of its rows: to learn it takes three divisions by
/// the parts of the layer.
struct PanelEnd {
    panel: usize,
    finish: Finish,
    columns: Range<usize>,
    /// Biases, scales and sums of weights.
    vectors: [*const f32; 3],
}

impl Product<'_> {
    /// Turns a panel's sums into its columns of the result: scales, bias and activation.
    ///
    /// # Safety
    /// The CPU has I, and the sums are of S's kind.
    #[inline(always)]
    pub(super) unsafe fn finish<I: Isa, S: Sums>(&mut self, panel: usize, rows: &Range<usize>) {
        let end = PanelEnd {
            panel,
            finish: self.finish.of_part(panel % self.layer.parts()),
            columns: self.layer.panel_columns(panel),
            vectors: self.layer.panel_vectors(panel).map(<[f32]>::as_ptr),
        };
        // SAFETY: passed on from the caller.
        unsafe {
            match end.finish.writes() {
                true => self.finish_rows::<I, S, true>(&end, rows),
                false => self.finish_rows::<I, S, false>(&end, rows),
            }
        }
    }

    /// As [`Self::finish`]; `WRITES` is what the panel's [`Finish`] says of itself.
    ///
    /// # Safety
    /// As [`Self::finish`].
    #[inline(always)]
    unsafe fn finish_rows<I: Isa, S: Sums, const WRITES: bool>(
        &self,
        end: &PanelEnd,
        rows: &Range<usize>,
    ) {
        for (i, row) in rows.clone().enumerate() {
            let row_scale = self.input.row_scale(row);
            // SAFETY: passed on from the caller.
            unsafe {
                // Two loops, so that rows without outliers do not pay for those with.
                if row_scale.has_outliers() {
                    self.finish_row::<I, S, WRITES, true>(end, (i, row), &row_scale);
                } else {
                    self.finish_row::<I, S, WRITES, false>(end, (i, row), &row_scale);
                }
            }
        }
    }

    /// Row `i` of the scratch into row `row` of the result.
    ///
    /// # Safety
    /// As [`Self::finish`].
    #[inline(always)]
    unsafe fn finish_row<I: Isa, S: Sums, const WRITES: bool, const HAS_OUTLIERS: bool>(
        &self,
        end: &PanelEnd,
        (i, row): (usize, usize),
        row_scale: &RowScale,
    ) {
        let (finish, [bias, scales, sums]) = (end.finish, end.vectors);
        let (width, columns) = (self.layer.width(), end.columns.clone());
        let outputs = columns.len();
        // SAFETY: the scratch row and the vectors have `width` elements; nobody else touches the panel's columns.
        unsafe {
            let terms = RowTerms {
                scale: I::splat(row_scale.scale),
                offset: I::splat(row_scale.offset),
                outliers: self.outlier_columns::<I>(end.panel, row_scale),
            };
            let from = self.scratch.output.as_ptr().add(i * width);
            let to = self.out.part(row, columns).as_mut_ptr();
            // The same row of the next panel: the rows lie pages apart, and stores would wait for each.
            for line in (0..width).step_by(of_line::<f32>()) {
                I::prefetch_write(to.wrapping_add(width + line).cast());
            }
            for_each_vector!(
                I,
                outputs,
                |j| {
                    let vectors = [bias.add(j), scales.add(j), sums.add(j)];
                    let y = S::dequantize::<I, HAS_OUTLIERS>(from.add(j), &terms, j, vectors);
                    finish.store::<I, WRITES>(y, to.add(j))
                },
                |j, left| {
                    let vectors = [bias.add(j), scales.add(j), sums.add(j)];
                    let y = S::dequantize::<I, HAS_OUTLIERS>(from.add(j), &terms, j, vectors);
                    finish.store_partial::<I, WRITES>(y, to.add(j), left)
                }
            );
        }
    }

    /// The weights of a row's outliers in a panel. They may only be read where the row has outliers: other formats have
    /// steps of another size, and a layer without inputs has none.
    ///
    /// # Safety
    /// The CPU has I.
    #[inline(always)]
    unsafe fn outlier_columns<I: Isa>(
        &self,
        panel: usize,
        row_scale: &RowScale,
    ) -> [OutlierColumn<I>; OUTLIERS] {
        let first = panel * self.layer.panel_bytes();
        let weights = self.layer.weights().as_ptr().wrapping_add(first);
        let mut columns = [OutlierColumn {
            weights,
            byte: 0,
            // SAFETY: the features are the caller's promise.
            rest: unsafe { I::splat(0.0) },
        }; OUTLIERS];
        for (k, column) in columns.iter_mut().enumerate() {
            let outlier = row_scale.outliers[k];
            let step = outlier.column / STEP * STEP * self.layer.width();
            column.weights = weights.wrapping_add(step);
            column.byte = outlier.column % STEP;
            // SAFETY: as above.
            column.rest = unsafe { I::splat(outlier.rest) };
        }
        columns
    }
}
