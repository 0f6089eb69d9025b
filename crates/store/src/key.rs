//! The keys of items and of their vectors.

/// Bits of a vector's key that tell which of the item's texts it is of.
const WORDING_BITS: u32 = 10;
const _: () = assert!(crate::item::MOST_WORDINGS < 1 << WORDING_BITS);

/// The key of a vector: that of its item, then which of the texts. Ascending, as items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct VectorKey(pub(crate) i64);

impl VectorKey {
    pub(crate) fn new(item: i64, wording: usize) -> Self {
        Self(item << WORDING_BITS | wording as i64)
    }

    pub(crate) fn item(self) -> i64 {
        self.0 >> WORDING_BITS
    }

    pub(crate) fn wording(self) -> usize {
        (self.0 & ((1 << WORDING_BITS) - 1)) as usize
    }

    /// Bounds of an item's keys, both included.
    pub(crate) fn of_item(item: i64) -> [i64; 2] {
        [item << WORDING_BITS, ((item + 1) << WORDING_BITS) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_item_and_wording() {
        let key = VectorKey::new(70_000_000_000, 1000);
        assert_eq!((key.item(), key.wording()), (70_000_000_000, 1000));
        let [first, last] = VectorKey::of_item(5);
        assert!(VectorKey::new(5, 0).0 == first && VectorKey::new(5, 1000).0 <= last);
        assert!(VectorKey::new(6, 0).0 > last);
    }
}
