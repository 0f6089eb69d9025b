//! Jaccard index of the characters of two texts.

use std::collections::BTreeSet;

/// |A ∩ B| / |A ∪ B| of sets of characters; of two empty ones 1.
pub(super) fn jaccard(a: &BTreeSet<char>, b: &BTreeSet<char>) -> f64 {
    let shared = a.intersection(b).count();
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
        let of = |a: &str, b: &str| jaccard(&a.chars().collect(), &b.chars().collect());
        assert_eq!(of("今天天气", "天气好"), 2.0 / 4.0);
        assert_eq!(of("aab", "ba"), 1.0);
        assert_eq!(of("a", "b"), 0.0);
        assert_eq!(of("", "b"), 0.0);
        assert_eq!(of("", ""), 1.0);
    }
}
