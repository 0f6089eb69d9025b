//! The nearest of many pairs.

use std::cmp::Ordering;

use super::Pair;

/// As many pairs as are wanted, the nearest of all that were seen, in bounded memory.
#[derive(Debug)]
pub struct BestPairs {
    most: usize,
    pairs: Vec<Pair>,
    /// Pairs were left out.
    truncated: bool,
}

impl BestPairs {
    /// None yet, and never more than `most`.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            pairs: Vec::new(),
            truncated: false,
        }
    }

    /// Sees further pairs.
    pub fn see(&mut self, pairs: &[Pair]) {
        for part in pairs.chunks(self.most.max(1)) {
            self.pairs.extend_from_slice(part);
            if self.pairs.len() >= 2 * self.most.max(1) {
                self.cut();
            }
        }
    }

    /// Bytes that they take.
    pub fn bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<Pair>()
    }

    fn cut(&mut self) {
        if self.pairs.len() > self.most {
            self.pairs.select_nth_unstable_by(self.most, nearest_first);
            self.pairs.truncate(self.most);
            self.truncated = true;
        }
    }

    /// The pairs by their nodes, the smaller one of each on the left; and where some were left out, the similarity of the farthest that is there.
    pub fn finish(mut self) -> (Vec<Pair>, Option<f64>) {
        self.cut();
        for pair in &mut self.pairs {
            (pair.left, pair.right) = (pair.left.min(pair.right), pair.left.max(pair.right));
        }
        self.pairs
            .sort_unstable_by_key(|pair| (pair.left, pair.right));
        let all = self.pairs.iter().map(|pair| pair.similarity);
        let lowest = all.min_by(f64::total_cmp).filter(|_| self.truncated);
        (self.pairs, lowest)
    }
}

/// Of equals, the one whose nodes come first.
fn nearest_first(a: &Pair, b: &Pair) -> Ordering {
    let nodes = |pair: &Pair| (pair.left.min(pair.right), pair.left.max(pair.right));
    b.similarity
        .total_cmp(&a.similarity)
        .then_with(|| nodes(a).cmp(&nodes(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The same as sorting all.
        #[test]
        fn the_nearest_are_kept(similarities in prop::collection::vec(0u8..20, 0..60), most in 1usize..20) {
            let pair = |(i, s): (usize, &u8)| Pair { left: i as u32 + 1, right: i as u32, similarity: f64::from(*s) };
            let all: Vec<Pair> = similarities.iter().enumerate().map(pair).collect();
            let mut best = BestPairs::new(most);
            all.chunks(7).for_each(|part| best.see(part));
            let (kept, lowest) = best.finish();
            let mut sorted = all.clone();
            sorted.sort_by(nearest_first);
            sorted.truncate(most);
            let farthest = sorted.last().map(|pair| pair.similarity);
            let mut expected: Vec<u32> = sorted.iter().map(|pair| pair.right).collect();
            expected.sort_unstable();
            prop_assert_eq!(kept.iter().map(|pair| pair.left).collect::<Vec<_>>(), expected);
            prop_assert_eq!(lowest, farthest.filter(|_| all.len() > most));
        }
    }
}
