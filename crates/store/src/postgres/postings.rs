//! Which texts have a word, as bytes.
//!
//! Items lie in *blocks* of 1,024 by their keys. The texts of a block that have a word are one row, so that a search reads a thousandth of the rows that there would
//! be of common words, a few bytes for each text. A block's texts are written one behind the other, each by itself: the server appends to a row without reading it here.
//!
//! A text: two bytes, little-endian, of which the lowest bit says that the word's count is not 1, the next that it is the text of a wording, and ten which item of the block
//! it is of; then, each where it is said, which wording and what count; and the number of words in the text. These are varints.

use super::errors::damaged;
use crate::encoding::{read_varint, write_varint};
use crate::error::Result;
use crate::item::MOST_WORDINGS;
use crate::key::VectorKey;

/// Bits of an item's key that tell which of a block it is.
const PLACE_BITS: u32 = 10;

/// Items of a block.
pub(super) const BLOCK: usize = 1 << PLACE_BITS;

/// Numbers below the last of which the two bytes of a text are.
const HEADS: u16 = 1 << (PLACE_BITS + 2);

/// The block of an item.
pub(super) fn block_of(item: i64) -> i64 {
    item >> PLACE_BITS
}

/// Which item of its block one is.
pub(super) fn place_of(item: i64) -> usize {
    (item & (BLOCK as i64 - 1)) as usize
}

/// A text that has a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Posting {
    /// Which item of the block it is of.
    pub(super) place: usize,
    /// Which of the item's texts it is.
    pub(super) wording: usize,
    /// How often it has the word.
    pub(super) count: u32,
    /// Number of its words.
    pub(super) length: u32,
}

impl Posting {
    /// The key of the text.
    pub(super) fn key(&self, block: i64) -> VectorKey {
        VectorKey::new(block << PLACE_BITS | self.place as i64, self.wording)
    }

    /// Writes it behind others.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        let (is_wording, is_more) = (self.wording != 0, self.count != 1);
        let head = (self.place as u16) << 2 | u16::from(is_wording) << 1 | u16::from(is_more);
        to.extend(head.to_le_bytes());
        if is_wording {
            write_varint(to, self.wording as u64);
        }
        if is_more {
            write_varint(to, self.count.into());
        }
        write_varint(to, self.length.into());
    }

    /// The first of some, which are then those behind it.
    #[inline]
    fn read(from: &mut &[u8]) -> Option<Self> {
        let (head, rest) = from.split_first_chunk::<2>()?;
        *from = rest;
        let head = u16::from_le_bytes(*head);
        if head >= HEADS {
            return None;
        }
        let mut number = |is_there: bool, otherwise: u64| match is_there {
            true => read_varint(from),
            false => Some(otherwise),
        };
        let wording = number(head & 2 != 0, 0)?;
        let count = number(head & 1 != 0, 1)?;
        let length = number(true, 0)?;
        Some(Self {
            place: usize::from(head >> 2),
            wording: usize::try_from(wording)
                .ok()
                .filter(|&wording| wording <= MOST_WORDINGS)?,
            count: u32::try_from(count).ok()?,
            length: u32::try_from(length).ok()?,
        })
    }
}

/// How many texts a row has.
///
/// # Errors
/// [`Damaged`](crate::Error::Damaged) where nobody wrote it so.
pub(super) fn count(row: &[u8]) -> Result<u64> {
    let (mut rest, mut count) = (row, 0);
    while !rest.is_empty() {
        Posting::read(&mut rest)
            .ok_or_else(|| damaged("which texts have a word cannot be read"))?;
        count += 1;
    }
    Ok(count)
}

/// The texts of a row that can be read.
pub(super) fn each(row: &[u8]) -> impl Iterator<Item = Posting> + '_ {
    let mut rest = row;
    std::iter::from_fn(move || Posting::read(&mut rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn posting() -> impl Strategy<Value = Posting> {
        let wording = prop_oneof![Just(0), 0..=MOST_WORDINGS];
        let count = prop_oneof![Just(1), any::<u32>()];
        (0..BLOCK, wording, count, any::<u32>()).prop_map(|(place, wording, count, length)| {
            Posting {
                place,
                wording,
                count,
                length,
            }
        })
    }

    #[test]
    fn a_short_text_takes_three_bytes() {
        let mut row = Vec::new();
        let posting = Posting {
            place: BLOCK - 1,
            wording: 0,
            count: 1,
            length: 100,
        };
        posting.write(&mut row);
        assert_eq!(row.len(), 3);
        assert_eq!(posting.key(7), VectorKey::new(8 * BLOCK as i64 - 1, 0));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(postings in prop::collection::vec(posting(), 0..9), block in 0i64..1 << 40) {
            let mut row = Vec::new();
            postings.iter().for_each(|posting| posting.write(&mut row));
            prop_assert_eq!(each(&row).collect::<Vec<_>>(), &postings[..]);
            prop_assert_eq!(count(&row), Ok(postings.len() as u64));
            if !row.is_empty() {
                prop_assert!(count(&row[..row.len() - 1]).is_err());
            }
            for posting in &postings {
                let item = posting.key(block).item();
                prop_assert_eq!((block_of(item), place_of(item)), (block, posting.place));
            }
        }

        #[test]
        fn anything_may_be_read(row: Vec<u8>) {
            let texts = each(&row).count() as u64;
            prop_assert!(count(&row).unwrap_or(texts) == texts);
        }
    }
}
