//! Levenshtein distance in characters.

use std::collections::HashMap;

/// Characters of a text that are compared; what follows is not looked at, since time grows with the square.
const MOST_CHARACTERS: usize = 10_000;

/// Rows of a word of the bit vectors.
const BITS: usize = u64::BITS as usize;

/// Nanoseconds that comparing two texts of so many characters takes at most, beside preparing them.
pub(super) fn time(a: usize, b: usize) -> u64 {
    /// Of 64 rows of a column.
    const BLOCK: u64 = 20;
    let (a, b) = (a.min(MOST_CHARACTERS), b.min(MOST_CHARACTERS));
    BLOCK * (a.min(b).div_ceil(BITS) * a.max(b)) as u64
}

/// The characters of a text that are compared.
pub(super) fn characters(text: &str) -> Vec<char> {
    text.chars().take(MOST_CHARACTERS).collect()
}

/// 1 − Levenshtein distance / characters of the longer text; of two empty texts 1.
pub(super) fn similarity(a: &[char], b: &[char]) -> f64 {
    // The shorter one makes the columns: a long text costs little beside a short one.
    let (shorter, longer) = match a.len() <= b.len() {
        true => (a, b),
        false => (b, a),
    };
    match longer.len() {
        0 => 1.0,
        length => 1.0 - distance(shorter, longer) as f64 / length as f64,
    }
}

/// Least number of characters to insert, delete or replace.
///
/// Myers' bit vectors in blocks, in Hyyrö's form (*A bit-vector algorithm for computing Levenshtein and Damerau edit
/// distances*, 2003): a column of the table is kept as its differences from row to row, one bit each, so 64 rows take
/// a dozen operations.
fn distance(a: &[char], b: &[char]) -> usize {
    if a.is_empty() {
        return b.len();
    }
    let blocks = a.len().div_ceil(BITS);
    let rows = rows_by_character(a, blocks);
    let nowhere = vec![0; blocks];
    let mut column = vec![Block::FIRST; blocks];
    let last_row = 1 << ((a.len() - 1) % BITS);
    let mut distance = a.len();
    for c in b {
        let equal = rows.get(c).unwrap_or(&nowhere);
        // The top row of the table grows by one from column to column.
        let mut carry = Carry {
            plus: true,
            minus: false,
        };
        for (i, block) in column.iter_mut().enumerate() {
            let bottom = if i + 1 == blocks {
                last_row
            } else {
                1 << (BITS - 1)
            };
            carry = block.advance(equal[i], carry, bottom);
        }
        distance = distance + usize::from(carry.plus) - usize::from(carry.minus);
    }
    distance
}

/// For each character of `a`, the rows at which it stands.
fn rows_by_character(a: &[char], blocks: usize) -> HashMap<char, Vec<u64>> {
    let mut rows: HashMap<char, Vec<u64>> = HashMap::new();
    for (i, &c) in a.iter().enumerate() {
        rows.entry(c).or_insert_with(|| vec![0; blocks])[i / BITS] |= 1 << (i % BITS);
    }
    rows
}

/// 64 rows of a column: where the distance grows and where it shrinks from a row to the next.
#[derive(Clone, Copy)]
struct Block {
    plus: u64,
    minus: u64,
}

/// How the distance in the row between two blocks changes from a column to the next.
#[derive(Clone, Copy)]
struct Carry {
    plus: bool,
    minus: bool,
}

impl Block {
    /// The first column: the distance grows in every row.
    const FIRST: Self = Self {
        plus: u64::MAX,
        minus: 0,
    };

    /// The next column; `equal` has the rows whose character is this column's. What it carries is read at the row
    /// `bottom`.
    fn advance(&mut self, equal: u64, carry: Carry, bottom: u64) -> Carry {
        let Self { plus, minus } = *self;
        let vertical = equal | minus;
        let equal = equal | u64::from(carry.minus);
        let diagonal = ((equal & plus).wrapping_add(plus) ^ plus) | equal;
        let right_plus = minus | !(diagonal | plus);
        let right_minus = plus & diagonal;
        let out = Carry {
            plus: right_plus & bottom != 0,
            minus: right_minus & bottom != 0,
        };
        let right_plus = right_plus << 1 | u64::from(carry.plus);
        let right_minus = right_minus << 1 | u64::from(carry.minus);
        self.plus = right_minus | !(vertical | right_plus);
        self.minus = right_plus & vertical;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_characters() {
        let of = |a: &str, b: &str| similarity(&characters(a), &characters(b));
        assert_eq!(of("能退货", "不能退货"), 0.75);
        assert_eq!(of("kitten", "sitting"), 1.0 - 3.0 / 7.0);
        assert_eq!(of("", "ab"), 0.0);
        assert_eq!(of("ab", ""), 0.0);
        assert_eq!(of("", ""), 1.0);
    }

    #[test]
    fn very_long_texts_are_compared_by_their_beginning() {
        let a = "字".repeat(MOST_CHARACTERS);
        let longer = characters(&format!("{a}甲乙丙"));
        assert_eq!(similarity(&characters(&a), &longer), 1.0);
    }

    proptest! {
        /// Lengths on both sides of one and two words of bits.
        #[test]
        fn is_the_levenshtein_distance(a in "[a-d]{0,140}", b in "[a-d]{0,140}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            let found = distance(&characters(&a), &characters(&b));
            prop_assert_eq!(found, strsim::levenshtein(&a, &b));
        }
    }
}
