//! How much of a score comes from each word.
//!
//! For mean pooling a cosine is the sum of what each token adds, but those parts are all alike: every last hidden state
//! has most of the whole text in it, of function words most of all. What the cosine loses without a word is
//! what people mean by its weight, and says the same for every pooling.

use super::{Side, WordWeight};
use crate::cosine;

/// The words of a side with their weights, against the vector of the other side.
pub(super) fn of_words(side: &Side<'_>, other: &[f32]) -> Vec<WordWeight> {
    let outline = side.outline;
    let drops = drops(side, other);
    let mut weights = vec![0.0; outline.words.len()];
    for (group, drop) in outline.groups.iter().zip(drops) {
        let words = &outline.words[group.clone()];
        let characters: usize = words.iter().map(|word| word.place.len()).sum();
        for (weight, word) in weights[group.clone()].iter_mut().zip(words) {
            *weight = drop * word.place.len() as f64 / characters as f64;
        }
    }
    let all: f64 = weights.iter().sum();
    let words = outline.words.iter().zip(weights);
    words
        .map(|(word, weight)| WordWeight {
            text: word.text.clone(),
            start: word.place.start,
            end: word.place.end,
            weight: if all > 0.0 { weight / all } else { 0.0 },
        })
        .collect()
}

/// What the cosine loses without each group of words, and at least nothing.
fn drops(side: &Side<'_>, other: &[f32]) -> Vec<f64> {
    if side.without.is_empty() {
        return vec![1.0; side.outline.groups.len()];
    }
    let whole = cosine(side.vector, other);
    let drop = |without: &&[f32]| (whole - cosine(without, other)).max(0.0);
    side.without.iter().map(drop).collect()
}
