//! A stretch of rows.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use yuyi_kernels::{Codes, EncodedRow, Kernel, RowSet, Team};

use super::RowVector;
use super::postings::Postings;
use crate::key::VectorKey;
use crate::words::{Document, Term};

/// Rows of a full part: 50 MB of codes at 384 dimensions.
pub(super) const PART_ROWS: usize = 1 << 17;

/// From so many rows on a part has memory for all that it may get. Its pages cost nothing before they are written to; growing step by step would leave holes.
const LARGE_ROWS: usize = PART_ROWS / 8;

/// Fewer removed rows are left where they are.
const FEW: usize = 1024;

/// Rows in the order of their keys.
pub(in crate::embedded) struct Part {
    keys: Vec<VectorKey>,
    codes: Codes,
    /// Words of each row.
    lengths: Vec<u32>,
    postings: Postings,
    live: RowSet,
    live_rows: usize,
    /// How many of the rows are in its file.
    saved: AtomicUsize,
}

impl Part {
    pub(super) fn new(kernel: Kernel, dimension: usize) -> Self {
        Self {
            keys: Vec::new(),
            codes: Codes::new(kernel, dimension),
            lengths: Vec::new(),
            postings: Postings::default(),
            live: RowSet::default(),
            live_rows: 0,
            saved: AtomicUsize::new(0),
        }
    }

    pub(in crate::embedded) fn is_full(&self) -> bool {
        self.keys.len() >= PART_ROWS
    }

    /// Whether no row is left.
    pub(super) fn is_empty(&self) -> bool {
        self.live_rows == 0
    }

    /// Whether most rows were removed.
    pub(super) fn is_sparse(&self) -> bool {
        let removed = self.keys.len() - self.live_rows;
        removed > self.live_rows && (removed > FEW || self.live_rows == 0)
    }

    /// Keys of all rows, those that were removed included.
    pub(in crate::embedded) fn keys(&self) -> &[VectorKey] {
        &self.keys
    }

    /// Whether its file has all rows.
    pub(in crate::embedded) fn is_saved(&self) -> bool {
        self.saved.load(Relaxed) == self.keys.len()
    }

    pub(in crate::embedded) fn set_saved(&self) {
        self.saved.store(self.keys.len(), Relaxed);
    }

    pub(super) fn last_key(&self) -> Option<VectorKey> {
        self.keys.last().copied()
    }

    pub(super) fn bytes(&self) -> usize {
        let rows = self.keys.capacity() * (size_of::<VectorKey>() + size_of::<u32>());
        self.codes.bytes() + rows + self.postings.bytes()
    }

    pub(super) fn push(&mut self, key: VectorKey, vector: RowVector<'_>, document: &Document) {
        debug_assert!(self.last_key() < Some(key), "keys ascend");
        let row = self.keys.len();
        match vector {
            RowVector::Floats(vector) => self.codes.push(vector),
            RowVector::Encoded(encoded) => self.codes.push_encoded(encoded),
        }
        self.keys.push(key);
        self.lengths.push(document.length);
        self.postings.push(row as u32, document);
        self.live.insert(row);
        self.live_rows += 1;
        if self.keys.len() == LARGE_ROWS {
            self.reserve_all();
        }
        if self.is_full() {
            self.postings.seal();
        }
    }

    fn reserve_all(&mut self) {
        let more = PART_ROWS - self.keys.len();
        self.codes.reserve(more);
        self.keys.reserve_exact(more);
        self.lengths.reserve_exact(more);
    }

    /// Whether the row was there.
    pub(super) fn remove(&mut self, key: VectorKey, document: &Document) -> bool {
        let Ok(row) = self.keys.binary_search(&key) else {
            return false;
        };
        let was_there = self.live.contains(row);
        if was_there {
            self.live.remove(row);
            self.live_rows -= 1;
            self.postings.forget(document);
            // A row that is no number is never among the best.
            self.codes.set(row, &vec![f32::NAN; self.codes.dimension()]);
        }
        was_there
    }

    /// Leaves out what was removed.
    pub(super) fn compact(&mut self) {
        let kept: Vec<usize> = (0..self.keys.len())
            .filter(|&row| self.live.contains(row))
            .collect();
        let mut codes = Codes::new(self.codes.kernel(), self.codes.dimension());
        codes.reserve(kept.len());
        kept.iter()
            .for_each(|&row| codes.push_encoded(&self.codes.encoded(row)));
        let number = |row: u32| {
            kept.binary_search(&(row as usize))
                .ok()
                .map(|row| row as u32)
        };
        *self = Self {
            keys: kept.iter().map(|&row| self.keys[row]).collect(),
            lengths: kept.iter().map(|&row| self.lengths[row]).collect(),
            postings: self.postings.renumbered(number),
            live: (0..kept.len()).collect(),
            live_rows: kept.len(),
            codes,
            saved: AtomicUsize::new(0),
        };
    }

    /// Calls `found` with each row of some items, whose keys are in ascending order.
    pub(super) fn rows_of(&self, items: &[i64], mut found: impl FnMut(usize)) {
        let mut from = 0;
        for &item in items {
            from += behind(&self.keys[from..], item);
            while self.keys.get(from).is_some_and(|key| key.item() == item) {
                if self.live.contains(from) {
                    found(from);
                }
                from += 1;
            }
        }
    }

    /// The keys of those of some rows that were not removed.
    pub(super) fn keys_of<'a>(&'a self, rows: &'a RowSet) -> impl Iterator<Item = VectorKey> + 'a {
        let live = rows.iter().filter(|&row| self.live.contains(row));
        live.map(|row| self.keys[row])
    }

    /// Calls `found` with the `k` rows whose codes are nearest to each of some queries, with the number of the query: of those in `only`, and of none in `without`.
    pub(super) fn nearest_each(
        &self,
        team: &Team,
        queries: &[&[f32]],
        (only, without): (Option<&RowSet>, Option<&RowSet>),
        k: usize,
        mut found: impl FnMut(usize, VectorKey, f32),
    ) {
        let left = without.map(|without| {
            let mut left = only.unwrap_or(&self.live).clone();
            left.remove_all(without);
            left
        });
        let hits = self
            .codes
            .scan_each(team, queries, left.as_ref().or(only), k);
        for (query, hits) in hits.into_iter().enumerate() {
            hits.iter()
                .for_each(|hit| found(query, self.keys[hit.row], hit.score));
        }
    }

    /// Rows that have a word.
    pub(super) fn rows_with(&self, term: Term) -> u32 {
        self.postings.live(term)
    }

    /// Calls `found` with each row that has one of the words and what they are worth together: the weight of each times `score` of its count and
    /// the row's length. `scores` is memory to work in.
    pub(super) fn score_words(
        &self,
        weights: &[(Term, f64)],
        only: Option<&RowSet>,
        scores: &mut Vec<f64>,
        score: impl Fn(u32, u32) -> f64,
        mut found: impl FnMut(VectorKey, f64),
    ) {
        scores.clear();
        scores.resize(self.keys.len(), 0.0);
        for &(term, weight) in weights {
            self.postings.each(term, |row, count| {
                let row = row as usize;
                scores[row] += weight * score(count, self.lengths[row]);
            });
        }
        for (row, &score) in scores.iter().enumerate() {
            let is_meant =
                |row| self.live.contains(row) && only.is_none_or(|only| only.contains(row));
            if score > 0.0 && is_meant(row) {
                found(self.keys[row], score);
            }
        }
    }

    /// What is kept of a row's vector.
    pub(in crate::embedded) fn encoded(&self, row: usize) -> EncodedRow {
        self.codes.encoded(row)
    }
}

/// How many of some keys lie before those of an item. It looks near the beginning first: what is asked for one after the other lies close together, and a search
/// from the middle would fetch distant memory for each.
fn behind(keys: &[VectorKey], item: i64) -> usize {
    let is_before = |key: &VectorKey| key.item() < item;
    let mut step = 1;
    while keys.get(step - 1).is_some_and(is_before) {
        step *= 2;
    }
    let from = step / 2;
    from + keys[from..keys.len().min(step)].partition_point(is_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_from_the_front() {
        for rows in 0..40 {
            let keys: Vec<VectorKey> = (0..rows)
                .map(|i| VectorKey::new(i / 2 * 3, i as usize % 2))
                .collect();
            for item in 0..70 {
                let expected = keys.partition_point(|key| key.item() < item);
                assert_eq!(behind(&keys, item), expected, "{item} of {rows}");
            }
        }
    }
}
