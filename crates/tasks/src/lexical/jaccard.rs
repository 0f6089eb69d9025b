//! Jaccard index of the characters of two texts.

use std::collections::BTreeSet;

/// |A ∩ B| / |A ∪ B| of the sets of characters; of two empty texts 1.
pub(super) fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b): (BTreeSet<char>, BTreeSet<char>) = (a.chars().collect(), b.chars().collect());
    let shared = a.intersection(&b).count();
    match a.len() + b.len() - shared {
        0 => 1.0,
        all => shared as f64 / all as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_character_once() {
        assert_eq!(jaccard("今天天气", "天气好"), 2.0 / 4.0);
        assert_eq!(jaccard("aab", "ba"), 1.0);
        assert_eq!(jaccard("a", "b"), 0.0);
        assert_eq!(jaccard("", "b"), 0.0);
        assert_eq!(jaccard("", ""), 1.0);
    }
}
