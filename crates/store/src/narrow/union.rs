//! Keys from many lists, or of many rows.

/// Keys in any order before they are put in order, where there are few in all.
const LOOSE: usize = 1 << 14;

/// Keys that are gathered in little more memory than those that differ take: they are put in order, each once, whenever they are twice as many as before.
#[derive(Default)]
pub(crate) struct Union {
    keys: Vec<i64>,
    /// So many of them, at the front, are in ascending order, each once.
    settled: usize,
}

impl Union {
    /// Adds a key.
    pub(crate) fn add(&mut self, key: i64) {
        self.keys.push(key);
        self.settle_much();
    }

    /// Adds a list in ascending order, each once.
    pub(crate) fn add_list(&mut self, keys: Vec<i64>) {
        if self.keys.is_empty() {
            self.settled = keys.len();
            self.keys = keys;
            return;
        }
        self.keys.extend(keys);
        self.settle_much();
    }

    /// The keys in ascending order, each once.
    pub(crate) fn into_keys(mut self) -> Vec<i64> {
        self.settle();
        self.keys
    }

    fn settle_much(&mut self) {
        if self.keys.len() - self.settled > self.settled.max(LOOSE) {
            self.settle();
        }
    }

    fn settle(&mut self) {
        // Runs that are in order already are merged.
        self.keys.sort();
        self.keys.dedup();
        self.settled = self.keys.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lists_become_one_in_little_memory() {
        let mut union = Union::default();
        for i in 0..1_000 {
            union.add_list((0..30_000).map(|key| 2 * key + i % 2).collect());
            assert!(union.keys.len() <= 2 * 60_000, "{}", union.keys.len());
        }
        assert!(union.into_keys().into_iter().eq(0..60_000));
    }

    #[test]
    fn keys_come_in_any_order_and_again() {
        let mut union = Union::default();
        for i in 0..1_000_000 {
            union.add((i * 7_919) % 50_000);
            assert!(union.keys.len() <= 2 * 50_000 + 1, "{}", union.keys.len());
        }
        assert!(union.into_keys().into_iter().eq(0..50_000));
    }
}
