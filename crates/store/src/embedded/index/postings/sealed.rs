//! Lists that stay as they are, one behind the other.

use super::List;
use crate::words::Term;

/// The lists of some words, in the order of the words.
#[derive(Default)]
pub(super) struct Sealed {
    terms: Vec<Term>,
    /// Where each list ends in `bytes`.
    ends: Vec<usize>,
    /// Rows of each that were not removed.
    live: Vec<u32>,
    bytes: Vec<u8>,
}

impl Sealed {
    /// The lists of words in ascending order.
    pub(super) fn of(lists: Vec<(Term, List)>) -> Self {
        let bytes: usize = lists.iter().map(|(_, list)| list.bytes.len()).sum();
        let mut sealed = Self {
            terms: Vec::with_capacity(lists.len()),
            ends: Vec::with_capacity(lists.len()),
            live: Vec::with_capacity(lists.len()),
            bytes: Vec::with_capacity(bytes),
        };
        for (term, list) in lists {
            sealed.bytes.extend(list.bytes);
            sealed.terms.push(term);
            sealed.ends.push(sealed.bytes.len());
            sealed.live.push(list.live);
        }
        sealed
    }

    fn place(&self, term: Term) -> Option<usize> {
        self.terms.binary_search(&term).ok()
    }

    fn list(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[place]]
    }

    /// Rows of a word that were not removed, and its list.
    pub(super) fn get(&self, term: Term) -> Option<(u32, &[u8])> {
        let place = self.place(term)?;
        Some((self.live[place], self.list(place)))
    }

    /// The number of rows of a word that were not removed.
    pub(super) fn live_mut(&mut self, term: Term) -> Option<&mut u32> {
        let place = self.place(term)?;
        Some(&mut self.live[place])
    }

    /// All words with their lists.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Term, &[u8])> {
        let lists = (0..self.terms.len()).map(|place| self.list(place));
        self.terms.iter().copied().zip(lists)
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let of_each = size_of::<Term>() + size_of::<usize>() + size_of::<u32>();
        self.terms.len() * of_each + self.bytes.len()
    }
}
