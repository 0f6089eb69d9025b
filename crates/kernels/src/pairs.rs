//! All pairs of vectors whose dot product reaches a bound.
//!
//! The pairs of n vectors are n² / 2, so they are computed in blocks of 2,048 by 2,048, one after the other, each by all threads of a team:
//! memory is bounded by what one block can find, a caller can tell progress, stop, and go on with the block that comes next.
//!
//! Without codes each product is computed as it is reported. With codes (`codes.rs`) their integer products come first, which are several
//! times as fast: a pair is looked at again, in floats, unless the bound of its error says that it cannot reach the bound asked for. So what
//! is found is the same to the bit. Only few rows are looked at, so their floats may lie where memory is cheaper, in a file say (`floats.rs`).

mod block;
mod floats;

pub use self::floats::Floats;

use self::block::{CodeBlock, LeftCodes};
use self::floats::Again;
use crate::codes::Codes;
use crate::dot::{DotBlock, DotSink, RowDots};
use crate::isa::DotTile;
use crate::kernel::Kernel;
use crate::matrix::MatrixView;
use crate::team::{Team, Worker};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Rows of either side of a block.
const BLOCK_ROWS: usize = 2048;

/// Rows that a thread takes at a time of the left side of a block: with those of the right they stay in a second-level cache of 1 MiB.
const LEFT_ROWS: usize = 256;

/// Rows that it takes of the right side.
const RIGHT_ROWS: usize = 512;

/// Two rows whose dot product reaches the bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Row of the left side.
    pub left: usize,
    /// Row of the right side; within one set it is the larger of the two.
    pub right: usize,
    /// Their [`dot`](crate::dot()) product.
    pub score: f32,
}

/// A search for all pairs of rows whose dot product is at least a bound.
///
/// ```
/// use std::ops::ControlFlow;
/// use yuyi_kernels::{Kernel, PairSearch, Team, Vectors};
///
/// let vectors = Vectors::from_rows([[1.0, 0.0], [0.6, 0.8], [0.8, 0.6]]);
/// let mut search = PairSearch::within(Kernel::of_process(), vectors.view(), None, 0.9);
/// let mut found = Vec::new();
/// let Ok(ended) = search.run(&Team::new(1), 0, |block, pairs| {
///     // Here a long job would note that all blocks up to this one are done.
///     assert!(block < 1);
///     found.extend(pairs.iter().map(|pair| (pair.left, pair.right)));
///     ControlFlow::<()>::Continue(())
/// });
/// assert!(ended.is_continue());
/// assert_eq!(found, [(1, 2)]);
/// ```
pub struct PairSearch<'a, F = MatrixView<'a>> {
    kernel: Kernel,
    sides: [F; 2],
    codes: Option<[&'a Codes; 2]>,
    /// Both sides are the same rows, of which each pair is wanted once.
    within: bool,
    bound: f32,
    block_rows: usize,
    left: LeftCodes,
}

impl<'a, F: Floats> PairSearch<'a, F> {
    /// Pairs of one set: i and j with i < j.
    ///
    /// # Panics
    /// When there are codes, but not of as many rows of that length, or for another path; when there are none of rows that are not in memory.
    pub fn within(kernel: Kernel, vectors: F, codes: Option<&'a Codes>, bound: f32) -> Self {
        Self {
            within: true,
            ..Self::between(kernel, [vectors; 2], codes.map(|codes| [codes; 2]), bound)
        }
    }

    /// Pairs of a row of the left set and one of the right.
    ///
    /// # Panics
    /// When the rows of the two sets are not of one length, and as [`PairSearch::within`].
    pub fn between(
        kernel: Kernel,
        sides: [F; 2],
        codes: Option<[&'a Codes; 2]>,
        bound: f32,
    ) -> Self {
        assert!(
            codes.is_some() || sides.iter().all(|side| side.in_memory().is_some()),
            "codes of rows that are not in memory"
        );
        assert_eq!(
            sides[0].columns(),
            sides[1].columns(),
            "lengths of the vectors"
        );
        for (side, codes) in sides.iter().zip(codes.iter().flatten()) {
            assert_eq!(
                (codes.rows(), codes.dimension(), codes.kernel()),
                (side.rows(), side.columns(), kernel),
                "codes of these vectors"
            );
        }
        Self {
            kernel,
            sides,
            codes,
            within: false,
            bound,
            block_rows: BLOCK_ROWS,
            left: LeftCodes::default(),
        }
    }

    /// Number of blocks. Which pairs a block has depends on the numbers of rows alone.
    pub fn blocks(&self) -> usize {
        let [left, right] = self.sides.map(|side| side.rows().div_ceil(self.block_rows));
        if self.within {
            left * (left + 1) / 2
        } else {
            left * right
        }
    }

    /// Searches the blocks from `first` on, in order, and hands the pairs of each to `take` with its number, ordered by row; it stops where `take`
    /// breaks. To go on later, begin with the block after the last that was taken.
    ///
    /// # Errors
    /// When rows cannot be had; in memory they always can.
    pub fn run<B>(
        &mut self,
        team: &Team,
        first: usize,
        mut take: impl FnMut(usize, &[Pair]) -> ControlFlow<B>,
    ) -> Result<ControlFlow<B>, F::Error> {
        let mut pairs = Vec::new();
        for block in first..self.blocks() {
            pairs.clear();
            self.find(team, block, &mut pairs)?;
            if let ControlFlow::Break(end) = take(block, &pairs) {
                return Ok(ControlFlow::Break(end));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Appends the pairs of a block, ordered by row.
    ///
    /// # Errors
    /// When rows cannot be had; in memory they always can.
    ///
    /// # Panics
    /// When there is no such block.
    pub fn find(
        &mut self,
        team: &Team,
        block: usize,
        pairs: &mut Vec<Pair>,
    ) -> Result<(), F::Error> {
        assert!(block < self.blocks(), "block {block} of {}", self.blocks());
        let [left, right] = self.ranges(block);
        if let Some([codes, _]) = self.codes {
            self.left.load(team, codes, left.clone());
        }
        let parts = right.len().div_ceil(RIGHT_ROWS);
        let items = left.len().div_ceil(LEFT_ROWS) * parts;
        let next = AtomicUsize::new(0);
        let found = Mutex::new(Ok(Vec::new()));
        team.run(|worker| {
            let mut own = Found::default();
            let mut searched = Ok(());
            while searched.is_ok() {
                let item = next.fetch_add(1, Relaxed);
                if item >= items {
                    break;
                }
                let part = [
                    stretch(&left, item / parts, LEFT_ROWS),
                    stretch(&right, item % parts, RIGHT_ROWS),
                ];
                if !(self.within && part[1].end <= part[0].start + 1) {
                    searched = self.find_part(worker, part, &mut own);
                }
            }
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            match (searched, &mut *found) {
                (Ok(()), Ok(found)) => found.append(&mut own.pairs),
                (Err(error), found) => *found = Err(error),
                (Ok(()), Err(_)) => {}
            }
        });
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut found = found?;
        found.sort_unstable_by_key(|pair: &Pair| (pair.left, pair.right));
        pairs.append(&mut found);
        Ok(())
    }

    /// The rows of a block.
    fn ranges(&self, mut block: usize) -> [Range<usize>; 2] {
        let [lefts, rights] = self.sides.map(|side| side.rows().div_ceil(self.block_rows));
        let (mut i, mut j) = (block / rights, block % rights);
        if self.within {
            // Row i of the triangle has the blocks from the diagonal on.
            i = 0;
            while block >= lefts - i {
                block -= lefts - i;
                i += 1;
            }
            j = i + block;
        }
        let rows =
            |side: usize, i: usize| stretch(&(0..self.sides[side].rows()), i, self.block_rows);
        [rows(0, i), rows(1, j)]
    }

    /// The pairs of a part of a block.
    fn find_part(
        &self,
        worker: &mut Worker<'_>,
        part: [Range<usize>; 2],
        own: &mut Found,
    ) -> Result<(), F::Error> {
        let Some([_, codes]) = self.codes else {
            let sink = Above {
                bound: self.bound,
                within: self.within,
                pairs: std::mem::take(&mut own.pairs),
            };
            let views = self.sides.each_ref().map(Floats::in_memory);
            if let [Some(left), Some(right)] = views {
                own.pairs = pairs_above(self.kernel, [left, right], part, sink);
            }
            return Ok(());
        };
        own.candidates.clear();
        find_candidates(
            self.kernel,
            CodeBlock::new(
                &self.left,
                codes,
                part,
                self.bound,
                worker.scratch,
                &mut own.candidates,
            ),
        );
        if self.within {
            own.candidates.retain(|[left, right]| left < right);
        }
        self.look_again(own)
    }

    /// Computes the products of the candidates.
    fn look_again(&self, own: &mut Found) -> Result<(), F::Error> {
        own.candidates.sort_unstable();
        own.again.load(self.sides, &own.candidates)?;
        let views = self.sides.each_ref().map(Floats::in_memory);
        let rows = own.again.rows(views);
        for of_row in own.candidates.chunk_by(|a, b| a[0] == b[0]) {
            let left = of_row[0][0];
            own.rights.clear();
            let places = of_row.iter().map(|&[_, right]| rows.place(1, right));
            own.rights.extend(places);
            own.scores.resize(of_row.len(), 0.0);
            dots_of_row(
                self.kernel,
                rows.views[0].row(rows.place(0, left)),
                rows.views[1],
                &own.rights,
                &mut own.scores,
            );
            for (&[_, right], &score) in of_row.iter().zip(&own.scores) {
                if score >= self.bound {
                    own.pairs.push(Pair { left, right, score });
                }
            }
        }
        Ok(())
    }

    /// The same search in blocks of so many rows of either side: smaller ones are done sooner, so that others have their turn between
    /// them, and take longer together.
    ///
    /// # Panics
    /// When they have no rows.
    pub fn in_blocks_of(self, block_rows: usize) -> Self {
        assert!(block_rows > 0, "blocks of no rows");
        Self { block_rows, ..self }
    }
}

// A search is compiled where its kind of floats is known, perhaps without optimisation; what computes is compiled here.

#[inline(never)]
fn find_candidates(kernel: Kernel, block: CodeBlock<'_>) {
    kernel.run(block);
}

#[inline(never)]
fn pairs_above(
    kernel: Kernel,
    sides: [MatrixView<'_>; 2],
    part: [Range<usize>; 2],
    sink: Above,
) -> Vec<Pair> {
    kernel.run(DotBlock::new(sides, part, sink)).pairs
}

#[inline(never)]
fn dots_of_row(
    kernel: Kernel,
    row: &[f32],
    rows: MatrixView<'_>,
    numbers: &[usize],
    scores: &mut [f32],
) {
    kernel.run(RowDots::new(row, rows, Some(numbers), scores));
}

/// Stretch `i` of a range that is cut into such of `most`.
fn stretch(range: &Range<usize>, i: usize, most: usize) -> Range<usize> {
    let first = range.start + i * most;
    first..range.end.min(first + most)
}

/// What a thread has found, and the memory it needs for it.
#[derive(Default)]
struct Found {
    pairs: Vec<Pair>,
    candidates: Vec<[usize; 2]>,
    rights: Vec<usize>,
    scores: Vec<f32>,
    again: Again,
}

/// Keeps the products that reach the bound.
struct Above {
    bound: f32,
    within: bool,
    pairs: Vec<Pair>,
}

impl DotSink for Above {
    #[inline(always)]
    fn take(&mut self, [i, j]: [usize; 2], [rows, columns]: [usize; 2], tile: &DotTile) {
        // Mostly there are none, which is known at once for the whole tile.
        let mut any = false;
        for score in tile.as_flattened() {
            any |= *score >= self.bound;
        }
        if any {
            self.keep([i, j], [rows, columns], tile);
        }
    }
}

impl Above {
    #[cold]
    fn keep(&mut self, [i, j]: [usize; 2], [rows, columns]: [usize; 2], tile: &DotTile) {
        for (left, row) in (i..i + rows).zip(tile) {
            for (right, &score) in (j..j + columns).zip(row) {
                if score >= self.bound && (left < right || !self.within) {
                    self.pairs.push(Pair { left, right, score });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
