//! The first look at the pairs of a block: integer products of codes against the bound.

use super::LEFT_ROWS;
use crate::aligned::{AlignedBuffer, odd_stride};
use crate::codes::{Codes, RowFacts, STEP, rounding};
use crate::isa::Isa;
use crate::kernel::Operation;
use crate::scratch::Scratch;
use crate::team::Team;
use crate::tile::{ROW_UNIT, RowBlocks, Tile};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Most rows of a panel.
const MOST_COLUMNS: usize = 48;

/// Rows of the left side of a block: their codes one row after the other, as tiles read them, and what the bounds need of each.
///
/// Each [`LEFT_ROWS`] of them lie in the order of their scales, so that those of a tile have nearly the same and one threshold says enough
/// of all.
#[derive(Default)]
pub(super) struct LeftCodes {
    rows: Range<usize>,
    /// Which row lies where.
    order: Vec<usize>,
    bytes: AlignedBuffer<u8>,
    stride: usize,
    /// ‖x − x̂‖ of each row.
    errors: Vec<f32>,
    /// No less than ‖x̂‖.
    reaches: Vec<f32>,
    /// 1 / scale; infinite for rows of zeros.
    inverse_scales: Vec<f32>,
}

impl LeftCodes {
    /// Takes the rows out of their panels, unless these are the ones that are here. The threads of the team share them.
    pub(super) fn load(&mut self, team: &Team, codes: &Codes, rows: Range<usize>) {
        if self.rows == rows {
            return;
        }
        self.rows = rows.clone();
        self.order.clear();
        self.order.extend(rows.clone());
        for rows in self.order.chunks_mut(LEFT_ROWS) {
            rows.sort_by(|&a, &b| codes.facts(a).scale.total_cmp(&codes.facts(b).scale));
        }
        let order = &self.order;
        let facts = |f: fn(&RowFacts) -> f32| order.iter().map(|&i| f(codes.facts(i))).collect();
        self.errors = facts(|row| row.error);
        self.reaches = facts(|row| row.norm + row.error);
        self.inverse_scales = facts(|row| 1.0 / row.scale);
        let bytes = codes.steps() * STEP;
        self.stride = odd_stride::<u8>(bytes);
        let room = rows.len().next_multiple_of(ROW_UNIT) * self.stride;
        self.bytes.ensure(room);
        let parts = self.bytes.chunks_mut(ROW_UNIT * self.stride);
        let parts = Mutex::new(order.chunks(ROW_UNIT).zip(parts));
        team.run(|_| {
            loop {
                let next = parts.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((rows, part)) = next else { return };
                for (&row, to) in rows.iter().zip(part.chunks_mut(self.stride)) {
                    codes.copy_row(row, codes.bias(), &mut to[..bytes]);
                }
            }
        });
    }
}

/// Some rows of the left side with some of the right: which pairs may reach a bound.
///
/// A pair may unless scale · scale · Σ q·q + its error < bound. The error is at most ‖δ‖ ‖y‖ + ‖x̂‖ ‖ε‖ (`codes.rs`); for all rows y of a
/// panel it is taken with the largest ‖y‖ and ‖ε‖ among them, so that a row x has one threshold in a panel, and that of a pair is
/// `threshold / scale` of y: one multiply-add and one comparison for a register of pairs.
pub(super) struct CodeBlock<'a> {
    left: &'a LeftCodes,
    codes: &'a Codes,
    /// Rows of the left side, counted from the first of `left`.
    rows: Range<usize>,
    /// Rows of the right side.
    columns: Range<usize>,
    bound: f32,
    scratch: &'a mut Scratch,
    candidates: &'a mut Vec<[usize; 2]>,
}

/// What a pair of a panel is compared with.
#[repr(align(64))]
struct Panel {
    /// 1 / scale of each row.
    inverse_scales: [f32; MOST_COLUMNS],
    /// What its sums are too large by; infinite for rows that are not wanted.
    excess: [f32; MOST_COLUMNS],
    /// First row and end.
    rows: Range<usize>,
}

impl<'a> CodeBlock<'a> {
    /// # Panics
    /// When the rows are not loaded or not there.
    pub(super) fn new(
        left: &'a LeftCodes,
        codes: &'a Codes,
        [rows, columns]: [Range<usize>; 2],
        bound: f32,
        scratch: &'a mut Scratch,
        candidates: &'a mut Vec<[usize; 2]>,
    ) -> Self {
        assert!(left.rows.start <= rows.start && rows.end <= left.rows.end);
        let is_cut =
            |row: usize| row == left.rows.end || (row - left.rows.start).is_multiple_of(LEFT_ROWS);
        assert!(
            is_cut(rows.start) && is_cut(rows.end),
            "rows that lie together"
        );
        assert!(columns.end <= codes.rows());
        assert_eq!(left.stride, odd_stride::<u8>(codes.steps() * STEP));
        let rows = rows.start - left.rows.start..rows.end - left.rows.start;
        assert!(rows.end.next_multiple_of(ROW_UNIT) * left.stride <= left.bytes.len());
        Self {
            left,
            codes,
            rows,
            columns,
            bound,
            scratch,
            candidates,
        }
    }
}

impl Operation for CodeBlock<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(mut self) {
        const { assert!(ROW_UNIT.is_multiple_of(I::DOT_ROW_UNIT)) }
        const { assert!(I::DOT_VECTORS * I::LANES <= MOST_COLUMNS) }
        assert!(self.codes.are_for::<I>(), "codes for another path");
        let width = I::DOT_VECTORS * I::LANES;
        self.scratch.output.ensure(I::DOT_ROWS * width);
        // Registers of thresholds may begin with any row.
        self.scratch.sums.ensure(self.rows.len() + I::LANES);
        self.scratch.sums.fill(f32::INFINITY);
        let blocks = RowBlocks::new(self.rows.len(), I::DOT_ROWS, I::DOT_ROW_UNIT);
        // SAFETY: the CPU has I by the caller's promise; all rows and panels are there, as `new` has seen.
        unsafe {
            I::open_dots();
            for panel in self.columns.start / width..self.columns.end.div_ceil(width) {
                let limits = self.limits(panel, width);
                for block in 0..blocks.count {
                    self.multiply::<I>(panel, blocks, block);
                    if self.may_reach::<I>(&limits, blocks, block) {
                        self.compare::<I>(&limits, blocks, block);
                    }
                }
            }
            I::close();
        }
    }
}

impl CodeBlock<'_> {
    /// The numbers of a panel, and into the scratch the thresholds of all rows.
    #[inline(always)]
    fn limits(&mut self, panel: usize, width: usize) -> Panel {
        let all = panel * width..(panel + 1) * width;
        let rows = all.start.max(self.columns.start)..all.end.min(self.columns.end);
        let mut limits = Panel {
            inverse_scales: [0.0; MOST_COLUMNS],
            excess: [f32::INFINITY; MOST_COLUMNS],
            rows: rows.clone(),
        };
        let (mut norm, mut error) = (0.0f32, 0.0f32);
        for row in rows {
            let facts = self.codes.facts(row);
            (norm, error) = (norm.max(facts.norm), error.max(facts.error));
            limits.inverse_scales[row - all.start] = 1.0 / facts.scale;
            limits.excess[row - all.start] = facts.excess as f32;
        }
        let bound = self.bound - 4.0 * f32::EPSILON * self.bound.abs();
        let error = error + rounding(self.codes.dimension()) * norm;
        let left = self.left.errors[self.rows.clone()]
            .iter()
            .zip(&self.left.reaches[self.rows.clone()])
            .zip(&self.left.inverse_scales[self.rows.clone()]);
        for (to, ((own, reach), inverse)) in self.scratch.sums.iter_mut().zip(left) {
            let threshold = (bound - own * norm - reach * error) * inverse;
            // Of a row that is not finite nothing is known.
            *to = if threshold.is_nan() {
                f32::NEG_INFINITY
            } else {
                threshold
            };
        }
        limits
    }

    /// The sums of a block of rows with a panel, into the scratch.
    ///
    /// # Safety
    /// The CPU has I, and its tiles are open.
    #[inline(always)]
    unsafe fn multiply<I: Isa>(&mut self, panel: usize, blocks: RowBlocks, block: usize) {
        let width = I::DOT_VECTORS * I::LANES;
        let (first, count) = blocks.get(block);
        let step = width * STEP;
        let data = self.codes.panel(panel);
        let (steps, ahead) = (self.codes.steps(), data.len() / blocks.count * block);
        // SAFETY: the row is inside the left side, with as many after it as a tile reads, the scratch has rows for them all, and a panel has
        // all steps.
        unsafe {
            let tile = Tile {
                a: self
                    .left
                    .bytes
                    .as_ptr()
                    .add((self.rows.start + first) * self.left.stride),
                a_stride: self.left.stride,
                b: data.as_ptr(),
                b_stride: step,
                c: self.scratch.output.as_mut_ptr().cast(),
                c_stride: step,
                steps,
                accumulate: false,
                widened: std::ptr::null_mut(),
                prefetch: data.as_ptr().wrapping_add(data.len() + ahead),
                prefetch_stride: step.div_ceil(blocks.count),
            };
            I::tile_codes(&tile, count);
        }
    }

    /// Whether any of a block's sums is not below the lowest threshold of its rows. Mostly none is, and to know that takes an instruction or two
    /// for a register of sums.
    ///
    /// # Safety
    /// As [`Self::compare`].
    #[inline(always)]
    unsafe fn may_reach<I: Isa>(&self, limits: &Panel, blocks: RowBlocks, block: usize) -> bool {
        let (first, count) = blocks.get(block);
        // SAFETY: whole registers of the thresholds, of the panel's numbers and of each row's sums.
        unsafe {
            let thresholds = self.scratch.sums.as_ptr().add(first);
            let mut lowest = I::load(thresholds);
            for row in (0..count).step_by(I::LANES) {
                lowest = I::min(lowest, I::load(thresholds.add(row)));
            }
            let zero = I::splat(0.0);
            let lowest = I::splat(-I::largest(I::sub(zero, lowest)));
            let mut bits = 0;
            for vector in 0..I::DOT_VECTORS {
                let at = vector * I::LANES;
                let sums = self.scratch.output.as_ptr().add(at).cast();
                let largest = I::largest_i32(sums, I::DOT_VECTORS * I::LANES, count);
                let limit = I::fma(
                    lowest,
                    I::load(limits.inverse_scales.as_ptr().add(at)),
                    I::load(limits.excess.as_ptr().add(at)),
                );
                bits |= I::not_less(largest, limit);
            }
            bits != 0
        }
    }

    /// Lists the pairs of a block whose sums are not below their thresholds.
    ///
    /// # Safety
    /// The CPU has I, and the sums of the block are in the scratch.
    #[inline(always)]
    unsafe fn compare<I: Isa>(&mut self, limits: &Panel, blocks: RowBlocks, block: usize) {
        let width = I::DOT_VECTORS * I::LANES;
        let (first, count) = blocks.get(block);
        for row in 0..count {
            let mut bits = 0;
            // SAFETY: whole registers of the row's sums and of the panel's numbers.
            unsafe {
                let threshold = I::splat(self.scratch.sums[first + row]);
                let sums = self.scratch.output.as_ptr().add(row * width);
                for vector in 0..I::DOT_VECTORS {
                    let at = vector * I::LANES;
                    let limit = I::fma(
                        threshold,
                        I::load(limits.inverse_scales.as_ptr().add(at)),
                        I::load(limits.excess.as_ptr().add(at)),
                    );
                    let sum = I::load_i32(sums.add(at).cast());
                    bits |= u64::from(I::not_less(sum, limit)) << at;
                }
            }
            if bits != 0 {
                self.list(limits, first + row, bits, width);
            }
        }
    }

    #[cold]
    fn list(&mut self, limits: &Panel, row: usize, mut bits: u64, width: usize) {
        let left = self.left.order[self.rows.start + row];
        let panel = limits.rows.start / width * width;
        while bits != 0 {
            let right = panel + bits.trailing_zeros() as usize;
            if limits.rows.contains(&right) {
                self.candidates.push([left, right]);
            }
            bits &= bits - 1;
        }
    }
}
