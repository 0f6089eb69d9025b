//! One vector against rows of codes.

use super::{Codes, RowFacts, STEP, encode_row, rounding};
use crate::aligned::AlignedBuffer;
use crate::dot::RowDots;
use crate::isa::Isa;
use crate::kernel::Operation;
use crate::matrix::MatrixView;
use crate::row_set::RowSet;
use crate::scan::{Hit, best, best_of_each, in_stretches};
use crate::team::Team;
use crate::tile::Tile;
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Bytes that a thread reads at a time.
const STRETCH_BYTES: usize = 256 << 10;

/// Rows that a thread takes at a time for the exact look.
const EXACT_ROWS: usize = 64;

/// Codes of a query as the tile reads them.
struct Query {
    bytes: AlignedBuffer<u8>,
    facts: RowFacts,
}

impl Query {
    fn new(codes: &Codes, vector: &[f32]) -> Self {
        assert_eq!(vector.len(), codes.dimension, "length of the query");
        let bias = codes.shape.bias;
        let mut row = Vec::new();
        let facts = encode_row(vector, bias, &mut row);
        let mut bytes = AlignedBuffer::zeroed(codes.shape.steps * STEP);
        bytes.fill(bias);
        for (to, code) in bytes.iter_mut().zip(row) {
            *to = code.cast_unsigned().wrapping_add(bias);
        }
        Self { bytes, facts }
    }

    /// How far the score of a row may be from the exact dot product.
    fn margin(&self, row: &RowFacts, dimension: usize) -> f32 {
        // Rounding of the score itself and of the exact product.
        let rounding = rounding(dimension) * self.facts.norm * row.norm;
        self.facts.error * row.norm + (self.facts.norm + self.facts.error) * row.error + rounding
    }
}

impl Codes {
    /// The `k` rows with the largest scores with `query`, the largest first; of equal ones the lower row. With `only`, of the rows in it. A
    /// score is the dot product of what the codes of both stand for, the same bits on every path; a row that was not finite has none.
    ///
    /// # Panics
    /// When `query` is not as long as a row.
    pub fn scan(&self, team: &Team, query: &[f32], only: Option<&RowSet>, k: usize) -> Vec<Hit> {
        let mut hits = self.scan_each(team, &[query], only, k);
        hits.pop().unwrap_or_default()
    }

    /// What [`scan`](Self::scan) finds for each of several queries, in one pass over the codes: they are read from memory once.
    ///
    /// # Panics
    /// When a query is not as long as a row.
    pub fn scan_each(
        &self,
        team: &Team,
        queries: &[&[f32]],
        only: Option<&RowSet>,
        k: usize,
    ) -> Vec<Vec<Hit>> {
        let queries: Vec<Query> = queries.iter().map(|one| Query::new(self, one)).collect();
        let lists = (queries.len(), k);
        best_of_each(
            team,
            self.rows,
            lists,
            self.stretch(),
            |range, buffers, tops| {
                for (query, top) in queries.iter().zip(tops) {
                    self.score(query, only, range.clone(), &mut buffers.scores);
                    for (row, &score) in range.clone().zip(&buffers.scores) {
                        if top.may_take(score) && only.is_none_or(|only| only.contains(row)) {
                            top.offer(row, score);
                        }
                    }
                }
            },
        )
    }

    /// What [`scan`](crate::scan) finds among `vectors`, of which these are the codes: two looks at the codes say which rows can be among
    /// the best, and only those are read. As exact as a scan of the floats, at half its traffic or less.
    ///
    /// # Panics
    /// When `query` is not as long as a row, or there are not as many rows of vectors.
    pub fn scan_exact(
        &self,
        team: &Team,
        query: &[f32],
        vectors: MatrixView<'_>,
        only: Option<&RowSet>,
        k: usize,
    ) -> Vec<Hit> {
        assert_eq!(
            (vectors.rows(), vectors.columns()),
            (self.rows, self.dimension),
            "shape of the vectors"
        );
        if k == 0 {
            return Vec::new();
        }
        let candidates = self.candidates(team, &Query::new(self, query), only, k);
        best(
            team,
            candidates.len(),
            k,
            EXACT_ROWS,
            |range, buffers, top| {
                let (rows, scores) = (&candidates[range], &mut buffers.scores);
                scores.resize(rows.len(), 0.0);
                let dots = RowDots::new(query, vectors, Some(rows), scores);
                self.kernel.run(dots);
                for (&row, &score) in rows.iter().zip(&*scores) {
                    top.offer(row, score);
                }
            },
        )
    }

    /// Rows that can be among the best k: whose score, were it too low by its margin, is no worse than the k-th best of those that are
    /// too high by theirs.
    fn candidates(
        &self,
        team: &Team,
        query: &Query,
        only: Option<&RowSet>,
        k: usize,
    ) -> Vec<usize> {
        let wanted = |row: usize| only.is_none_or(|only| only.contains(row));
        let margin = |row: usize| query.margin(self.facts(row), self.dimension);
        let floor = best(team, self.rows, k, self.stretch(), |range, buffers, top| {
            self.score(query, only, range.clone(), &mut buffers.scores);
            for (row, &score) in range.zip(&buffers.scores) {
                if wanted(row) {
                    top.offer(row, score - margin(row));
                }
            }
        });
        let floor = floor.get(k - 1).map_or(f32::NEG_INFINITY, |hit| hit.score);
        let found = Mutex::new(Vec::new());
        let start = || (Vec::new(), Vec::new());
        let look = |range: Range<usize>, (scores, rows): &mut (Vec<f32>, Vec<usize>)| {
            self.score(query, only, range.clone(), scores);
            for (row, &score) in range.zip(&*scores) {
                // A score that is no number may stand for any.
                let order = (score + margin(row)).partial_cmp(&floor);
                if wanted(row) && order != Some(Ordering::Less) {
                    rows.push(row);
                }
            }
        };
        let end = |(_, rows): (Vec<f32>, Vec<usize>)| {
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(rows);
        };
        in_stretches(team, self.rows, self.stretch(), start, look, end);
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rows that a thread takes at a time: whole panels.
    fn stretch(&self) -> usize {
        (STRETCH_BYTES / self.shape.bytes.max(1)).max(1) * self.shape.width
    }

    /// Scores of a range of rows that begins with a panel; those of panels without a row of `only` are anything.
    fn score(
        &self,
        query: &Query,
        only: Option<&RowSet>,
        rows: Range<usize>,
        scores: &mut Vec<f32>,
    ) {
        let panels = rows.start / self.shape.width..rows.end.div_ceil(self.shape.width);
        scores.resize(panels.len() * self.shape.width, 0.0);
        self.kernel
            .run(Scores::new(self, query, only, panels, scores));
    }
}

/// Most rows of a panel.
const MOST_ROWS: usize = 48;

/// The scores of a query with the rows of some panels.
struct Scores<'a> {
    codes: &'a Codes,
    query: &'a Query,
    only: Option<&'a RowSet>,
    panels: Range<usize>,
    out: &'a mut [f32],
}

impl<'a> Scores<'a> {
    fn new(
        codes: &'a Codes,
        query: &'a Query,
        only: Option<&'a RowSet>,
        panels: Range<usize>,
        out: &'a mut [f32],
    ) -> Self {
        assert!(panels.end * codes.shape.bytes <= codes.data.len());
        assert!(panels.end * codes.shape.width <= codes.facts.len());
        assert_eq!(query.bytes.len(), codes.shape.steps * STEP);
        assert_eq!(out.len(), panels.len() * codes.shape.width);
        Self {
            codes,
            query,
            only,
            panels,
            out,
        }
    }
}

impl Scores<'_> {
    /// The first panel from `panel` on that has a row which is wanted; behind the last one, their end.
    #[inline(always)]
    fn next_wanted(&self, mut panel: usize) -> usize {
        if let Some(only) = self.only {
            let width = self.codes.shape.width;
            let is_empty = |panel: usize| {
                only.rows_in(panel * width..(panel + 1) * width)
                    .next()
                    .is_none()
            };
            while panel < self.panels.end && is_empty(panel) {
                panel += 1;
            }
        }
        panel
    }
}

impl Operation for Scores<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<I: Isa>(self) {
        assert!(self.codes.are_for::<I>(), "codes for another path");
        let shape = self.codes.shape;
        let first = self.panels.start;
        let mut panel = self.next_wanted(first);
        while panel < self.panels.end {
            let rows = panel * shape.width..(panel + 1) * shape.width;
            let facts = &self.codes.facts[rows];
            // What is fetched ahead is what comes next: of panels that nobody wants nothing is read.
            let next = self.next_wanted(panel + 1);
            let out = &mut self.out[(panel - first) * shape.width..][..shape.width];
            let mut sums = [0i32; MOST_ROWS];
            for (sum, facts) in sums.iter_mut().zip(facts) {
                *sum = -facts.excess;
            }
            let data = self.codes.data[panel * shape.bytes..][..shape.bytes].as_ptr();
            let ahead = data.wrapping_add((next - panel) * shape.bytes);
            let tile = Tile {
                a: self.query.bytes.as_ptr(),
                a_stride: 0,
                b: data,
                b_stride: shape.width * STEP,
                c: sums.as_mut_ptr().cast(),
                c_stride: 0,
                steps: shape.steps,
                accumulate: true,
                widened: std::ptr::null_mut(),
                prefetch: ahead,
                prefetch_stride: shape.width * STEP,
            };
            const { assert!(I::DOT_VECTORS * I::LANES <= MOST_ROWS) }
            // SAFETY: the CPU has I by the caller's promise; the query and the panel have all steps, the sums a panel's rows.
            unsafe { I::tile_code_row(&tile) }
            for ((out, &sum), facts) in out.iter_mut().zip(&sums).zip(facts) {
                *out = sum as f32 * facts.scale * self.query.facts.scale;
            }
            panel = next;
        }
    }
}
