//! Which rows of many are meant.

use std::ops::Range;

/// Rows of a word.
const WORD: usize = u64::BITS as usize;

/// A set of rows, a bit each: those that a scan is to consider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSet {
    words: Vec<u64>,
}

impl RowSet {
    /// The rows below `rows` for which `wanted` is true.
    pub fn from_fn(rows: usize, mut wanted: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::default();
        (0..rows)
            .filter(|&row| wanted(row))
            .for_each(|row| set.insert(row));
        set
    }

    /// Adds a row.
    pub fn insert(&mut self, row: usize) {
        if self.words.len() <= row / WORD {
            self.words.resize(row / WORD + 1, 0);
        }
        self.words[row / WORD] |= 1 << (row % WORD);
    }

    /// Takes a row out.
    pub fn remove(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / WORD) {
            *word &= !(1 << (row % WORD));
        }
    }

    /// Takes all rows of another set out.
    pub fn remove_all(&mut self, others: &Self) {
        for (word, others) in self.words.iter_mut().zip(&others.words) {
            *word &= !others;
        }
    }

    /// Whether a row is in the set.
    pub fn contains(&self, row: usize) -> bool {
        self.words
            .get(row / WORD)
            .is_some_and(|word| word >> (row % WORD) & 1 == 1)
    }

    /// Number of rows in the set.
    pub fn len(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// Whether no row is in the set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The rows in the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows_in(0..self.words.len() * WORD)
    }

    /// The rows of a range that are in the set, in order.
    pub(crate) fn rows_in(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let words = range.start / WORD..self.words.len().min(range.end.div_ceil(WORD));
        words
            .flat_map(|at| Bits(self.words[at]).map(move |bit| at * WORD + bit))
            .filter(move |row| range.contains(row))
    }
}

impl FromIterator<usize> for RowSet {
    fn from_iter<T: IntoIterator<Item = usize>>(rows: T) -> Self {
        let mut set = Self::default();
        rows.into_iter().for_each(|row| set.insert(row));
        set
    }
}

/// The bits of a word that are set.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        (self.0 != 0).then(|| {
            let bit = self.0.trailing_zeros() as usize;
            self.0 &= self.0 - 1;
            bit
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_put_in() {
        let mut set: RowSet = [0, 5, 63, 64, 200].into_iter().collect();
        assert!(set.contains(63) && set.contains(64) && !set.contains(65) && !set.contains(9999));
        set.remove(64);
        set.remove(9999);
        let others: RowSet = [5, 64, 700].into_iter().collect();
        let mut without = set.clone();
        without.remove_all(&others);
        assert_eq!(without.iter().collect::<Vec<_>>(), [0, 63, 200]);
        assert_eq!((set.len(), set.is_empty()), (4, false));
        assert_eq!(set.rows_in(0..1000).collect::<Vec<_>>(), [0, 5, 63, 200]);
        assert_eq!(set.rows_in(5..200).collect::<Vec<_>>(), [5, 63]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63, 200]);
        assert_eq!(set.rows_in(6..6).count(), 0);
        assert_eq!(set.rows_in(500..600).count(), 0);
        assert_eq!(RowSet::from_fn(201, |i| set.contains(i)), set);
        assert!(RowSet::default().is_empty());
    }
}
