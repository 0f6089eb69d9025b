//! Which rows have a word.
//!
//! A word's list has its rows in ascending order: how far each is from the one before, doubled, plus 1 where the count, which then follows, is
//! not 1; all as varints. So a posting of a common word takes a byte or two.
//!
//! Most words of a collection are rare, and what stands around a list of one row would be larger than the list. So when no more rows come, the lists are put
//! behind each other in the order of their words (`sealed.rs`).

mod sealed;

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use self::sealed::Sealed;
use crate::encoding::{read_varint, write_varint};
use crate::words::{Document, Term};

#[derive(Default)]
pub(super) struct Postings {
    /// Those of rows that came since the others were sealed.
    lists: HashMap<Term, List, BuildHasherDefault<TermHasher>>,
    sealed: Sealed,
}

#[derive(Default)]
struct List {
    bytes: Vec<u8>,
    /// The last row.
    last: u32,
    /// Rows that were not removed.
    live: u32,
}

impl Postings {
    /// Adds a row behind all others.
    pub(super) fn push(&mut self, row: u32, document: &Document) {
        for &(term, count) in &document.terms {
            self.lists.entry(term).or_default().push(row, count);
        }
    }

    /// Makes the lists small: no more rows come.
    pub(super) fn seal(&mut self) {
        let mut lists: Vec<(Term, List)> = self.lists.drain().collect();
        lists.sort_unstable_by_key(|(term, _)| *term);
        self.lists.shrink_to_fit();
        self.sealed = Sealed::of(lists);
    }

    /// Says that a row with these words is not there any more.
    pub(super) fn forget(&mut self, document: &Document) {
        for &(term, _) in &document.terms {
            let sealed = self.sealed.live_mut(term);
            let open = self.lists.get_mut(&term).map(|list| &mut list.live);
            if let Some(live) = sealed.or(open) {
                *live = live.saturating_sub(1);
            }
        }
    }

    /// Rows that have a word, those that were removed not counted.
    pub(super) fn live(&self, term: Term) -> u32 {
        let open = self.lists.get(&term).map_or(0, |list| list.live);
        self.sealed.get(term).map_or(open, |(live, _)| live)
    }

    /// Calls `found` with each row that has a word, those that were removed included, and how often.
    pub(super) fn each(&self, term: Term, found: impl FnMut(u32, u32)) {
        let open = self.lists.get(&term).map(|list| &list.bytes[..]);
        let sealed = self.sealed.get(term).map(|(_, bytes)| bytes);
        each(sealed.or(open).unwrap_or_default(), found);
    }

    /// The same postings with other numbers for the rows, in the same order; those without one are left out.
    pub(super) fn renumbered(&self, number: impl Fn(u32) -> Option<u32>) -> Self {
        let open = self
            .lists
            .iter()
            .map(|(&term, list)| (term, &list.bytes[..]));
        let mut new = Self::default();
        for (term, bytes) in self.sealed.iter().chain(open) {
            let mut other = List::default();
            each(bytes, |row, count| {
                if let Some(row) = number(row) {
                    other.push(row, count);
                }
            });
            if other.live > 0 {
                new.lists.insert(term, other);
            }
        }
        new
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let lists = self.lists.values().map(|list| list.bytes.capacity());
        let table = self.lists.capacity() * size_of::<(Term, List)>();
        lists.sum::<usize>() + table + self.sealed.bytes()
    }
}

impl List {
    fn push(&mut self, row: u32, count: u32) {
        let step = u64::from(row - self.last) << 1 | u64::from(count != 1);
        write_varint(&mut self.bytes, step);
        if count != 1 {
            write_varint(&mut self.bytes, count.into());
        }
        self.last = row;
        self.live += 1;
    }
}

/// Calls `found` with each row of a list, and how often it has the word.
fn each(mut bytes: &[u8], mut found: impl FnMut(u32, u32)) {
    let mut row = 0;
    while let Some(step) = read_varint(&mut bytes) {
        row += (step >> 1) as u32;
        let count = match step & 1 {
            0 => Some(1),
            _ => read_varint(&mut bytes),
        };
        found(row, count.unwrap_or(1) as u32);
    }
}

/// Words are digests already.
#[derive(Default)]
struct TermHasher(u64);

impl Hasher for TermHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u64(&mut self, term: u64) {
        self.0 = term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(terms: &[(Term, u32)]) -> Document {
        Document {
            terms: terms.to_vec(),
            length: 0,
        }
    }

    fn rows(postings: &Postings, term: Term) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        postings.each(term, |row, count| found.push((row, count)));
        found
    }

    #[test]
    fn rows_come_back_in_order_and_get_other_numbers() {
        let mut postings = Postings::default();
        postings.push(0, &document(&[(7, 1), (9, 300)]));
        postings.push(1, &document(&[(7, 2)]));
        postings.push(130_000, &document(&[(7, 1), (9, 1), (u64::MAX, 1)]));
        let mut sealed = Postings::default();
        postings
            .renumbered(Some)
            .lists
            .into_iter()
            .for_each(|(term, list)| {
                sealed.lists.insert(term, list);
            });
        sealed.seal();
        assert!(sealed.lists.is_empty() && sealed.bytes() < postings.bytes());
        for mut postings in [postings, sealed] {
            assert_eq!(rows(&postings, 7), [(0, 1), (1, 2), (130_000, 1)]);
            assert_eq!(rows(&postings, 9), [(0, 300), (130_000, 1)]);
            assert_eq!(rows(&postings, u64::MAX), [(130_000, 1)]);
            assert_eq!(rows(&postings, 8), []);
            postings.forget(&document(&[(7, 1), (9, 300)]));
            let live = [7, 9, 8, u64::MAX].map(|term| postings.live(term));
            assert_eq!(live, [2, 1, 0, 1]);
            let renumbered = postings.renumbered(|row| row.checked_sub(1).map(|row| row.min(1)));
            assert_eq!(rows(&renumbered, 7), [(0, 2), (1, 1)]);
            assert_eq!((renumbered.live(7), renumbered.live(9)), (2, 1));
        }
    }
}
