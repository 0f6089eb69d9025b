//! How texts are ranked by their words (BM25), and how two rankings become one.

use serde::Deserialize;

use crate::words::Document;

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

/// What the words of a question are worth in a collection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Worth {
    /// The BM25 that no text reaches.
    most: f64,
    /// That of a text which is the question.
    own: f64,
}

impl Worth {
    /// Of a question with words of these weights, in their order, where texts have so many words in the mean.
    pub(crate) fn of(
        question: &Document,
        weights: impl IntoIterator<Item = f64>,
        mean_length: f64,
    ) -> Self {
        let (mut most, mut own) = (0.0, 0.0);
        // As texts are added up, so that a text which is the question has what it has, to the last bit.
        for (&(_, count), weight) in question.terms.iter().zip(weights) {
            most += weight;
            own += weight * saturation(count, question.length, mean_length);
        }
        Self { most, own }
    }

    /// What a BM25 is in parts of the most, in [0, 1). A text that says a word more often than the question does is no better an answer, so none has more than
    /// one which is the question.
    pub(crate) fn part(self, bm25: f64) -> f64 {
        match self.most > 0.0 {
            true => (bm25.min(self.own) / self.most).clamp(0.0, 1.0),
            false => 0.0,
        }
    }
}

/// How the rankings by vectors and by words become one: from a weighted sum of what both say (a convex combination, Bruch, Gai and Ingber 2023).
///
/// An item's part by vectors is how far its cosine c stands above e, that of the last of the first `depth` by vectors, of what is possible: (c − e) / (1 − e), and 0 below e. Where there
/// are fewer, in a small collection or behind a narrow filter, e is `base`: the last of few may be the very one that is looked for. Its
/// part by words is its BM25, or that of a text which is the question where it has more, in parts of the most that a text could have, to a power, and 0 outside of the list by words. The score is
/// weight · by vectors + (1 − weight) · by words, so it lies in [0, 1]; of it the root is told that takes the power back, which leaves the order as it is:
/// a text that was found by its words alone has nearly its part of them, and not a thousandth.
///
/// Sizes decide and not ranks: where one list has nothing that stands out, its noise moves little, and what the other has found stays first. That cosines are
/// counted from the end of their list makes up for models whose cosines all lie close together.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// The weight of the part by vectors, in [0, 1]; the part by words has the rest.
    pub dense_weight: f64,
    /// The power of the part by words; above 1, a text that has some of the words has less than in proportion.
    pub words_power: f64,
    /// Items of each list that take part.
    pub depth: usize,
    /// The cosine from which on a text counts as near where fewer than `depth` are compared.
    pub base: f64,
}

/// Round values for vectors of which nothing is known; whoever has a model fits them to its vectors.
impl Default for Fusion {
    fn default() -> Self {
        Self {
            dense_weight: 0.4,
            words_power: 2.0,
            depth: 100,
            base: 0.0,
        }
    }
}

impl Fusion {
    /// The cosine from which the part by vectors is counted. `cosines`: of the list by vectors, the nearest first.
    pub(crate) fn end(&self, mut cosines: impl Iterator<Item = f64>) -> f64 {
        cosines.nth(self.depth.max(1) - 1).unwrap_or(self.base)
    }

    /// The scores of items, in their order: of each the cosine and the part by words. `end`: see [`Fusion::end`].
    pub(crate) fn fuse(&self, items: &[(f64, f64)], end: f64) -> Vec<f64> {
        let weight = self.dense_weight.clamp(0.0, 1.0);
        let power = self.words_power.max(0.0);
        let score = |&(cosine, words): &(f64, f64)| {
            let words = words.clamp(0.0, 1.0).powf(power);
            let sum = weight * above(cosine, end) + (1.0 - weight) * words;
            sum.powf(1.0 / power.max(1.0))
        };
        items.iter().map(score).collect()
    }
}

/// How far a cosine is above `end`, in parts of what is possible, in [0, 1]. Where nothing is possible, because all are the same as the question, all have 1.
fn above(cosine: f64, end: f64) -> f64 {
    if end >= 1.0 {
        return f64::from(u8::from(cosine >= end));
    }
    ((cosine - end) / (1.0 - end)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn no_text_has_more_of_the_words_than_the_question_itself() {
        let question = Document {
            terms: vec![(1, 1), (2, 1)],
            length: 3,
        };
        let worth = Worth::of(&question, [2.0, 1.0], 6.0);
        let own = 2.0 * saturation(1, 3, 6.0) + saturation(1, 3, 6.0);
        assert_eq!(worth.part(own), own / 3.0);
        let again_and_again = 2.0 * saturation(4, 12, 6.0) + saturation(3, 12, 6.0);
        assert!(again_and_again > own);
        assert_eq!(worth.part(again_and_again), worth.part(own));
        assert!(worth.part(0.9 * own) < worth.part(own));
        assert_eq!(Worth::of(&Document::default(), [], 6.0).part(1.0), 0.0);
    }

    #[test]
    fn both_parts_count_by_their_weights() {
        let fusion = Fusion {
            dense_weight: 0.75,
            words_power: 2.0,
            ..Fusion::default()
        };
        let items = [(0.9, 0.4), (0.8, 0.0), (0.7, 0.6), (1.0, 1.0)];
        let wanted: [f64; 4] = [0.75 * 0.5 + 0.25 * 0.16, 0.0, 0.25 * 0.36, 1.0];
        for (score, wanted) in fusion.fuse(&items, 0.8).into_iter().zip(wanted) {
            assert!((score - wanted.sqrt()).abs() < 1e-12, "{score} {wanted}");
        }
        let only = |dense_weight| {
            let fusion = Fusion {
                dense_weight,
                ..fusion
            };
            fusion.fuse(&[(0.9, 0.4)], 0.8)[0]
        };
        // By words alone it is the part of the words.
        assert!((only(1.0) - 0.5f64.sqrt()).abs() < 1e-12 && (only(0.0) - 0.4).abs() < 1e-12);
        // A weight of no sense is the nearest that has one.
        assert_eq!((only(7.0), only(-1.0)), (only(1.0), only(0.0)));
    }

    /// The constants that the built-in model is served with.
    fn shipped() -> Fusion {
        let defaults = include_str!("../../../models/builtin/defaults.json");
        let defaults: serde_json::Value = serde_json::from_str(defaults).unwrap();
        serde_json::from_value(defaults["fusion"].clone()).unwrap()
    }

    #[test]
    fn noise_of_one_list_does_not_bury_the_best_of_the_other() {
        for fusion in [Fusion::default(), shipped()] {
            noise_does_not_bury(fusion);
        }
    }

    fn noise_does_not_bury(fusion: Fusion) {
        // One stands out by its vector; the words know many that have a tenth of the question's.
        let mut items = vec![(0.95, 0.0)];
        items.extend((0..50).map(|i| (0.801 + f64::from(i) * 1e-4, 0.1)));
        let scores = fusion.fuse(&items, 0.8);
        assert!(scores[1..].iter().all(|&score| score < scores[0]));
        // One has all the words; the vectors hardly tell the others apart.
        let mut items = vec![(0.79, 0.8)];
        items.extend((0..50).map(|i| (0.801 + f64::from(i) * 1e-4, 0.05)));
        let scores = fusion.fuse(&items, 0.8);
        assert!(scores[1..].iter().all(|&score| score < scores[0]));
    }

    #[test]
    fn the_end_is_that_of_the_depth_or_the_base() {
        let fusion = Fusion {
            depth: 2,
            base: 0.3,
            ..Fusion::default()
        };
        let cosines = [0.9, 0.8, 0.7];
        let ends = (0..4).map(|n| fusion.end(cosines.into_iter().take(n)));
        assert_eq!(ends.collect::<Vec<f64>>(), [0.3, 0.3, 0.8, 0.8]);
    }

    #[test]
    fn the_same_text_has_one_by_vectors_also_where_all_are_the_same() {
        let fusion = Fusion {
            dense_weight: 1.0,
            ..Fusion::default()
        };
        assert_eq!(fusion.fuse(&[(1.0, 0.0), (0.5, 0.0)], 1.0), [1.0, 0.0]);
        assert_eq!(fusion.fuse(&[(1.0, 0.0), (0.5, 0.0)], 0.5), [1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn a_score_lies_between_0_and_1_and_grows_with_both(
            (a, b, end) in (-1.0..=1.0f64, -1.0..=1.0f64, -1.0..=1.0f64),
            (p, q) in (0.0..=1.0f64, 0.0..=1.0f64),
            (dense_weight, words_power) in (0.0..=1.0f64, 0.0..5.0f64),
        ) {
            let fusion = Fusion { dense_weight, words_power, ..Fusion::default() };
            let scores = fusion.fuse(&[(a.min(b), p.min(q)), (a.max(b), p.max(q))], end);
            prop_assert!(scores.is_sorted());
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
}
