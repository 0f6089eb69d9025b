//! One vector against many: the rows with the largest dot products.
//!
//! A scan reads every row once and does little with it, so memory is its limit. The threads take stretches of rows in turn; each keeps the
//! best of its own, and what is best of all does not depend on who read which.

mod top;

pub use self::top::Hit;
pub(crate) use self::top::Top;

use crate::dot::RowDots;
use crate::kernel::Kernel;
use crate::matrix::MatrixView;
use crate::row_set::RowSet;
use crate::team::Team;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Bytes that a thread reads at a time: many times what it costs to take them, and a small part of what there is to be shared.
const STRETCH_BYTES: usize = 256 << 10;

/// The `k` rows with the largest [`dot`](crate::dot) products with `query`, the largest first; of equal ones the lower row. With `only`, of
/// the rows in it; a row whose product is no number is never among them.
///
/// # Panics
/// When `query` is not as long as a row.
pub fn scan(
    team: &Team,
    kernel: Kernel,
    query: &[f32],
    rows: MatrixView<'_>,
    only: Option<&RowSet>,
    k: usize,
) -> Vec<Hit> {
    assert_eq!(query.len(), rows.columns(), "length of the query");
    let stretch = (STRETCH_BYTES / size_of_val(query).max(1)).max(1);
    best(team, rows.rows(), k, stretch, |range, buffers, top| {
        let chosen = buffers.choose(only, range.clone());
        let scores = &mut buffers.scores;
        match chosen {
            true => {
                scores.resize(buffers.chosen.len(), 0.0);
                kernel.run(RowDots::new(query, rows, Some(&buffers.chosen), scores));
                let hits = buffers.chosen.iter().zip(&*scores);
                hits.for_each(|(&row, &score)| top.offer(row, score));
            }
            false => {
                scores.resize(range.len(), 0.0);
                kernel.run(RowDots::new(query, rows.part(range.clone()), None, scores));
                let hits = range.zip(&*scores);
                hits.for_each(|(row, &score)| top.offer(row, score));
            }
        }
    })
}

/// What a thread keeps from stretch to stretch.
#[derive(Default)]
pub(crate) struct Buffers {
    pub(crate) scores: Vec<f32>,
    pub(crate) chosen: Vec<usize>,
}

impl Buffers {
    /// Lists the rows of a range that are in `only`; false where all are wanted.
    fn choose(&mut self, only: Option<&RowSet>, range: Range<usize>) -> bool {
        self.chosen.clear();
        if let Some(only) = only {
            self.chosen.extend(only.rows_in(range));
        }
        only.is_some()
    }
}

/// The best `k` hits of `rows` rows, which the threads of the team take `stretch` at a time: `score` offers those of a range.
pub(crate) fn best(
    team: &Team,
    rows: usize,
    k: usize,
    stretch: usize,
    score: impl Fn(Range<usize>, &mut Buffers, &mut Top) + Sync,
) -> Vec<Hit> {
    let score = |range, buffers: &mut Buffers, tops: &mut [Top]| {
        score(range, buffers, &mut tops[0]);
    };
    let mut all = best_of_each(team, rows, (1, k), stretch, score);
    all.pop().unwrap_or_default()
}

/// As [`best`], of each of several lists, which a stretch is scored for while it is at hand.
pub(crate) fn best_of_each(
    team: &Team,
    rows: usize,
    (lists, k): (usize, usize),
    stretch: usize,
    score: impl Fn(Range<usize>, &mut Buffers, &mut [Top]) + Sync,
) -> Vec<Vec<Hit>> {
    let k = k.min(rows);
    if k == 0 || lists == 0 {
        return vec![Vec::new(); lists];
    }
    let tops = || -> Vec<Top> { (0..lists).map(|_| Top::new(k)).collect() };
    let all = Mutex::new(tops());
    in_stretches(
        team,
        rows,
        stretch,
        || (Buffers::default(), tops()),
        |range, (buffers, tops)| score(range, buffers, tops),
        |(_, tops)| {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter_mut()
                .zip(tops)
                .for_each(|(all, top)| all.merge(top));
        },
    );
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.into_iter().map(Top::into_hits).collect()
}

/// Cuts `rows` rows into stretches, which the threads of the team take in turn. Each begins with what `start` makes and leaves it to `end`.
pub(crate) fn in_stretches<T>(
    team: &Team,
    rows: usize,
    stretch: usize,
    start: impl Fn() -> T + Sync,
    work: impl Fn(Range<usize>, &mut T) + Sync,
    end: impl Fn(T) + Sync,
) {
    let next = AtomicUsize::new(0);
    team.run(|_| {
        let mut own = start();
        loop {
            let first = next.fetch_add(stretch, Relaxed);
            if first >= rows {
                return end(own);
            }
            work(first..rows.min(first + stretch), &mut own);
        }
    });
}

#[cfg(test)]
mod tests;
