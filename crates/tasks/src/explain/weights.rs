//! How much of a score comes from each word.
//!
//! For mean pooling a cosine is the sum of what each token adds, but those parts are all alike: every last hidden state
//! has most of the whole text in it, of function words most of all. What the cosine loses without a word is
//! what people mean by its weight, and says the same for every pooling.

use std::ops::Range;

use super::{Side, WordWeight};
use crate::cosine;

/// The words of a side with their weights, against the vector of the other side.
pub(super) fn of_words(side: &Side<'_>, other: &[f32]) -> Vec<WordWeight> {
    let outline = side.outline;
    let groups = outline.groups.len().min(side.without.len());
    let (without, further) = side.without.split_at(groups);
    let drops = match without {
        [] => vec![1.0; outline.groups.len()],
        _ => drops(side.vector, other, without),
    };
    let mut weights = vec![0.0; outline.words.len()];
    for (group, drop) in outline.groups.iter().zip(&drops) {
        share(&mut weights, side, group, *drop);
    }
    let mut further = further.iter();
    for apart in outline.apart(&drops) {
        let vectors: Vec<&[f32]> = further.by_ref().take(apart.parts.len()).copied().collect();
        let of_parts = self::drops(side.vector, other, &vectors);
        let all: f64 = of_parts.iter().sum();
        for (part, of_part) in apart.parts.iter().zip(of_parts).filter(|_| all > 0.0) {
            share(&mut weights, side, part, drops[apart.group] * of_part / all);
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

/// Words that were left out together share their drop by length.
fn share(weights: &mut [f64], side: &Side<'_>, group: &Range<usize>, drop: f64) {
    let words = &side.outline.words[group.clone()];
    let characters: usize = words.iter().map(|word| word.place.len()).sum();
    for (weight, word) in weights[group.clone()].iter_mut().zip(words) {
        *weight = drop * word.place.len() as f64 / characters as f64;
    }
}

/// What the cosine of a text's `vector` with the other text's loses without some of its words, and at least nothing.
pub(super) fn drops(vector: &[f32], other: &[f32], without: &[&[f32]]) -> Vec<f64> {
    let whole = cosine(vector, other);
    let drop = |without: &&[f32]| (whole - cosine(without, other)).max(0.0);
    without.iter().map(drop).collect()
}
