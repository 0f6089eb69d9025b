//! The pairs of remarks that are near to each other.

use yuyi_kernels::{
    Codes, Floats, Kernel, MatrixView, Pair as Found, PairSearch, Team, Vectors, as_cosine,
    dot_each,
};

use super::{Mode, Order};
use crate::Calibration;

/// Remarks of a block of neighbours.
const NEIGHBOURS: usize = 64;

/// How far below the bound products are looked at: a similarity is computed in double precision.
const SLACK: f64 = 1e-5;

/// Two nodes that are near to each other. The left one is old, or the longer, or in neighbourhoods the earlier.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The node that may stand for both.
    pub left: u32,
    /// The other.
    pub right: u32,
    /// Of the two, in [0, 1].
    pub similarity: f64,
}

/// A search for the pairs that a mode compares, block by block in this order, whose similarity reaches a bound.
///
/// For all pairs these are all there are. In neighbourhoods those within a run of remarks, each of which is near an earlier one of the run: no
/// group of any threshold above the bound reaches over the end of a run.
///
/// The vectors may lie elsewhere than in memory ([`Floats`]), of which a million take 1.5 GB.
pub struct Search<'a, F: Floats = MatrixView<'a>> {
    order: &'a Order,
    mode: Mode,
    calibration: &'a Calibration,
    above: f64,
    new: F,
    /// Old ones with the others.
    between: PairSearch<'a, F>,
    within: PairSearch<'a, F>,
    /// Row that the run of neighbours begins with.
    run: usize,
    /// The rows of the run, and the one behind it.
    run_rows: Vectors,
    row: Vectors,
    products: Vec<f32>,
    found: Vec<Found>,
}

impl<'a, F: Floats> Search<'a, F> {
    /// A search among unit vectors of the old nodes and of the others, rows in the order of `order`. `codes` of them make it several times as fast.
    ///
    /// # Panics
    /// When there are not as many rows as nodes, and as [`PairSearch::between`].
    pub fn new(
        (order, mode): (&'a Order, Mode),
        sides: [F; 2],
        codes: Option<[&'a Codes; 2]>,
        calibration: &'a Calibration,
        above: f64,
    ) -> Self {
        assert_eq!(
            sides.each_ref().map(Floats::rows),
            [order.old.len(), order.new.len()],
            "rows of vectors"
        );
        let kernel = Kernel::of_process();
        let bound = match above > 0.0 {
            true => (calibration.cosine(above) - SLACK) as f32,
            false => f32::NEG_INFINITY,
        };
        let new = sides[1];
        let of_new = codes.map(|[_, new]| new);
        Self {
            order,
            mode,
            calibration,
            above,
            new,
            between: PairSearch::between(kernel, sides, codes, bound),
            within: PairSearch::within(kernel, new, of_new, bound),
            run: 0,
            run_rows: Vectors::new(new.columns()),
            row: Vectors::new(new.columns()),
            products: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The same in blocks of so many rows.
    pub fn in_blocks_of(self, rows: usize) -> Self {
        Self {
            between: self.between.in_blocks_of(rows),
            within: self.within.in_blocks_of(rows),
            ..self
        }
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.between.blocks()
            + match self.mode {
                Mode::All => self.within.blocks(),
                Mode::Adjacent => self.new.rows().div_ceil(NEIGHBOURS),
            }
    }

    /// Appends the pairs of a block. All blocks are searched in order, or for all pairs from one on whose predecessors were searched before.
    ///
    /// # Errors
    /// When vectors cannot be had; in memory they always can.
    ///
    /// # Panics
    /// When there is no such block.
    pub fn find(
        &mut self,
        team: &Team,
        block: usize,
        pairs: &mut Vec<Pair>,
    ) -> Result<(), F::Error> {
        let old = self.between.blocks();
        self.found.clear();
        match (block.checked_sub(old), self.mode) {
            (None, _) => self.between.find(team, block, &mut self.found)?,
            (Some(block), Mode::All) => self.within.find(team, block, &mut self.found)?,
            (Some(block), Mode::Adjacent) => return self.neighbours(block, pairs),
        }
        let lefts = match block < old {
            true => &self.order.old,
            false => &self.order.new,
        };
        for found in &self.found {
            let similarity = self.calibration.similarity(as_cosine(found.score));
            if similarity >= self.above {
                pairs.push(Pair {
                    left: lefts[found.left],
                    right: self.order.new[found.right],
                    similarity,
                });
            }
        }
        Ok(())
    }

    /// The pairs of some rows with the earlier ones of their run.
    fn neighbours(&mut self, block: usize, pairs: &mut Vec<Pair>) -> Result<(), F::Error> {
        let first = block * NEIGHBOURS;
        for row in first..self.new.rows().min(first + NEIGHBOURS) {
            let before = pairs.len();
            self.row.truncate(0);
            self.new.copy(&[row], &mut self.row)?;
            self.products.resize(self.run_rows.rows(), 0.0);
            dot_each(
                Kernel::of_process(),
                self.row.row(0),
                self.run_rows.view(),
                &mut self.products,
            );
            for (i, &product) in self.products.iter().enumerate() {
                let similarity = self.calibration.similarity(as_cosine(product));
                if similarity >= self.above {
                    pairs.push(Pair {
                        left: self.order.new[self.run + i],
                        right: self.order.new[row],
                        similarity,
                    });
                }
            }
            if pairs.len() == before {
                self.run = row;
                self.run_rows.truncate(0);
            }
            self.run_rows.push(self.row.row(0));
        }
        Ok(())
    }
}
