//! What a collection has in memory: codes of its vectors and postings of its words, which are scanned, never asked of the database.
//!
//! A *row* is a text of an item: its vector as codes (a byte an element, see `kernels`) and its words. Rows lie in the order of their keys, which
//! ascend, in *parts* of 131,072: growing copies one part at most, a full one is written to its file once, and numbers of rows in postings are
//! small. A row that is removed stays where it is and is passed over; a part half of whose rows are is written anew.
//!
//! Codes say which rows may be among the best; how near these are is found from the vectors in the database (`search.rs`).

mod part;
mod postings;

pub(super) use self::part::Part;

use yuyi_kernels::{EncodedRow, Kernel, RowSet, Team};

use crate::best::Best;
use crate::caller::Caller;
use crate::error::Result;
use crate::key::VectorKey;
use crate::ranking::{inverse_frequency, saturation};
use crate::words::{Document, Term};

/// The rows of a collection.
pub(super) struct Index {
    parts: Vec<Part>,
    kernel: Kernel,
    dimension: usize,
    /// Rows that are there.
    rows: u64,
    /// Words in them.
    words: u64,
    /// Of the database, when it had these rows.
    pub(super) generation: u64,
}

/// Some rows of an index, part by part; those that were removed since may be among them.
#[derive(Clone, Default)]
pub(super) struct Rows {
    parts: Vec<RowSet>,
}

impl Rows {
    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(RowSet::len).sum()
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, at: At) {
        if self.parts.len() <= at.part {
            self.parts.resize_with(at.part + 1, RowSet::default);
        }
        self.parts[at.part].insert(at.row);
    }

    /// Those of a part, if there are any.
    fn of_part(&self, part: usize) -> Option<&RowSet> {
        self.parts.get(part).filter(|rows| !rows.is_empty())
    }
}

/// Where a row lies, until its part is written anew.
#[derive(Clone, Copy)]
pub(super) struct At {
    part: usize,
    row: usize,
}

/// What a row's vector is given as.
pub(super) enum RowVector<'a> {
    Floats(&'a [f32]),
    Encoded(&'a EncodedRow),
}

impl Index {
    pub(super) fn new(kernel: Kernel, dimension: usize, generation: u64) -> Self {
        Self {
            parts: Vec::new(),
            kernel,
            dimension,
            rows: 0,
            words: 0,
            generation,
        }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows as usize
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.parts.iter().map(Part::bytes).sum()
    }

    /// Adds a row behind all others: its key is larger than theirs.
    pub(super) fn push(
        &mut self,
        key: VectorKey,
        vector: RowVector<'_>,
        document: &Document,
    ) -> At {
        if self.parts.last().is_none_or(Part::is_full) {
            self.parts.push(Part::new(self.kernel, self.dimension));
        }
        self.rows += 1;
        self.words += u64::from(document.length);
        let last = self.parts.len() - 1;
        let part = &mut self.parts[last];
        part.push(key, vector, document);
        At {
            part: last,
            row: part.keys().len() - 1,
        }
    }

    /// Removes the rows of an item, whose words are `documents`.
    pub(super) fn remove(&mut self, item: i64, documents: &[Document]) {
        for (wording, document) in documents.iter().enumerate() {
            let key = VectorKey::new(item, wording);
            let at = self
                .parts
                .partition_point(|part| part.last_key() < Some(key));
            if self
                .parts
                .get_mut(at)
                .is_some_and(|part| part.remove(key, document))
            {
                self.rows -= 1;
                self.words -= u64::from(document.length);
            }
        }
    }

    /// Gives back the memory of rows that were removed, where they are many; whether rows lie elsewhere now.
    pub(super) fn tidy(&mut self) -> bool {
        let is_untidy = self
            .parts
            .iter()
            .any(|part| part.is_sparse() || part.is_empty());
        if is_untidy {
            let sparse = self.parts.iter_mut().filter(|part| part.is_sparse());
            sparse.for_each(Part::compact);
            self.parts.retain(|part| !part.is_empty());
        }
        is_untidy
    }

    /// The rows of items whose keys are in ascending order.
    pub(super) fn rows_of(&self, items: &[i64]) -> Rows {
        let mut items = items;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let mut rows = RowSet::default();
            let last = part.last_key().map_or(i64::MIN, VectorKey::item);
            let here = items.partition_point(|&item| item <= last);
            part.rows_of(&items[..here], |row| rows.insert(row));
            parts.push(rows);
            // An item whose texts lie in two parts is looked for in both.
            items = &items[here - usize::from(here > 0 && items[here - 1] == last)..];
        }
        Rows { parts }
    }

    /// The keys of those of some rows that were not removed.
    pub(super) fn keys_of(&self, rows: &Rows) -> Vec<VectorKey> {
        let of_part = |(part, rows)| Part::keys_of(part, rows);
        let parts = self.parts.iter().zip(&rows.parts);
        parts.flat_map(of_part).collect()
    }

    /// The `k` rows whose codes are nearest to each of some queries, in one pass over the codes: of those in `only`, and of none in `without`. What is best of equal
    /// ones is not said.
    ///
    /// # Errors
    /// [`Unwanted`](crate::Error::Unwanted), which is looked for before each part: some milliseconds.
    pub(super) fn nearest_each(
        &self,
        (team, caller): (&Team, Caller<'_>),
        queries: &[&[f32]],
        (only, without): (Option<&Rows>, Option<&Rows>),
        k: usize,
    ) -> Result<Vec<Vec<VectorKey>>> {
        let mut best: Vec<Best<VectorKey>> = queries.iter().map(|_| Best::new(k)).collect();
        for (i, part) in self.parts.iter().enumerate() {
            let rows = only.and_then(|only| only.of_part(i));
            if rows.is_some() || only.is_none() {
                caller.stay()?;
                let without = without.and_then(|without| without.of_part(i));
                part.nearest_each(team, queries, (rows, without), k, |query, key, score| {
                    best[query].offer(f64::from(score), key)
                });
            }
        }
        let keys = |best: Best<VectorKey>| best.into_sorted().into_iter().map(|(_, key)| key);
        Ok(best.into_iter().map(|best| keys(best).collect()).collect())
    }

    /// What the words of a query are worth here, in their order.
    pub(super) fn weigh(&self, query: &Document) -> Vec<(Term, f64)> {
        let weigh = |&(term, _): &(Term, u32)| {
            let with: u64 = self
                .parts
                .iter()
                .map(|part| u64::from(part.rows_with(term)))
                .sum();
            (term, inverse_frequency(self.rows, with))
        };
        query.terms.iter().map(weigh).collect()
    }

    /// Words of a row in the mean.
    pub(super) fn mean_length(&self) -> f64 {
        self.words as f64 / (self.rows as f64).max(1.0)
    }

    /// The `k` rows that are best by BM25, with it, of those in `only` that have one of the words.
    ///
    /// # Errors
    /// As above.
    pub(super) fn best_by_words(
        &self,
        caller: Caller<'_>,
        weights: &[(Term, f64)],
        only: Option<&Rows>,
        k: usize,
    ) -> Result<Vec<(VectorKey, f64)>> {
        let mean = self.mean_length();
        let mut best = Best::new(k);
        let mut scores = Vec::new();
        for (i, part) in self.parts.iter().enumerate() {
            let rows = only.and_then(|only| only.of_part(i));
            if rows.is_some() || only.is_none() {
                caller.stay()?;
                let score = |count, length| saturation(count, length, mean);
                part.score_words(weights, rows, &mut scores, score, |key, score| {
                    best.offer(score, key)
                });
            }
        }
        let found = best.into_sorted().into_iter();
        Ok(found.map(|(score, key)| (key, score)).collect())
    }
}

#[cfg(test)]
mod tests;
