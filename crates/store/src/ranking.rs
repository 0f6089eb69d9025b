//! How texts are ranked by their words (BM25), and how two rankings become one.

use std::collections::HashMap;

/// How soon further occurrences of a word stop to count: Lucene's value.
pub(crate) const K1: f64 = 1.2;

/// How far long texts are held back: Lucene's value.
pub(crate) const B: f64 = 0.75;

/// What a word that `with` of `documents` texts have is worth: ln(1 + (N − n + ½) / (n + ½)).
pub(crate) fn inverse_frequency(documents: u64, with: u64) -> f64 {
    let (documents, with) = (documents as f64, with as f64);
    (1.0 + (documents - with + 0.5) / (with + 0.5)).ln()
}

/// What a word that stands `count` times in a text of `length` words adds, in parts of its [`inverse_frequency`]; below 1.
pub(crate) fn saturation(count: u32, length: u32, mean_length: f64) -> f64 {
    let count = f64::from(count);
    count / (count + K1 * (1.0 - B + B * f64::from(length) / mean_length))
}

/// How the rankings by vectors and by words become one: reciprocal rank fusion (Cormack, Clarke and Büttcher 2009), weighted.
///
/// An item at rank r of a list (from 1) gets weight · (k + 1) / (k + r) of it, and both are added. The weights add up to 1, so a score lies in
/// (0, 1], and only the first of both lists has 1. Ranks decide and not scores: what BM25 gives has no scale that could be
/// compared with a cosine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fusion {
    /// How fast the ranks lose: large ones make lists longer.
    pub k: f64,
    /// The part of the list by vectors, in [0, 1]; the other list has the rest.
    pub dense_weight: f64,
    /// Items of each list that take part.
    pub depth: usize,
}

impl Default for Fusion {
    fn default() -> Self {
        Self {
            k: 60.0,
            dense_weight: 0.5,
            depth: 100,
        }
    }
}

impl Fusion {
    /// The items of both lists with their scores, in no order.
    pub(crate) fn fuse(&self, dense: &[i64], lexical: &[i64]) -> Vec<(i64, f64)> {
        let weight = self.dense_weight.clamp(0.0, 1.0);
        let mut scores: HashMap<i64, f64> = HashMap::new();
        for (list, weight) in [(dense, weight), (lexical, 1.0 - weight)] {
            for (i, &item) in list.iter().enumerate() {
                let part = weight * (self.k + 1.0) / (self.k + 1.0 + i as f64);
                *scores.entry(item).or_default() += part;
            }
        }
        let one = |(item, score): (i64, f64)| (item, score.min(1.0));
        scores.into_iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_are_worth_more_and_repeating_them_less_and_less() {
        assert!(inverse_frequency(1000, 1) > inverse_frequency(1000, 10));
        assert!(inverse_frequency(10, 10) > 0.0);
        let parts: Vec<f64> = (1..5).map(|n| saturation(n, 10, 10.0)).collect();
        assert!(parts.is_sorted() && parts[3] < 1.0);
        assert!(parts[1] - parts[0] > parts[3] - parts[2]);
        assert!(saturation(1, 5, 10.0) > saturation(1, 20, 10.0));
        // 1 / (1 + 1.2 · 1)
        assert!((saturation(1, 10, 10.0) - 1.0 / 2.2).abs() < 1e-12);
    }

    #[test]
    fn the_first_of_both_has_one_and_nothing_has_more() {
        let fused = Fusion::default().fuse(&[1, 2, 3], &[1, 4]);
        let score = |item| fused.iter().find(|(key, _)| *key == item).unwrap().1;
        assert_eq!(score(1), 1.0);
        assert!((score(4) - 0.5 * 61.0 / 62.0).abs() < 1e-12);
        assert_eq!(score(2), score(4));
        assert!(score(3) > 0.0 && fused.len() == 4);
        let only_words = Fusion {
            dense_weight: 0.0,
            ..Fusion::default()
        };
        let fused = only_words.fuse(&[1], &[2]);
        assert!(fused.contains(&(2, 1.0)) && fused.contains(&(1, 0.0)));
    }
}
