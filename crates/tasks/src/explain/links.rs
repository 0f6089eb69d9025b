//! Which words of two texts go together.
//!
//! The state of a word is the average of its tokens'. The states of a text have much in common, most of all in models
//! whose cosines crowd together, so the average over the words of its own text is taken away first; tried beside
//! raw cosines and other ways to centre, this alone linked 修改 to 忘, 世界 to 未来 and 吃 to 美味. The average of two
//! words leaves them opposite to each other, and both links with the same cosine: there it is taken over both texts. Two
//! words are linked when each is the other's best.

use std::ops::Range;

use serde::Serialize;

use super::Side;
use super::outline::OutlinedWord;

/// Least cosine of centred states at which words are linked.
const LEAST: f64 = 0.3;

/// Words of a text whose average says what they have in common.
const ENOUGH: usize = 3;

/// Two words that go together, by their places in the lists of the explanation.
///
/// The cosine is that of the words' last hidden states, each without what its text has in common, or both texts where one has two
/// words: from 0.3 to 1. Where a text has but one word, of the states as they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(as = WordLink, description = "Two words that go together.")
)]
pub struct Link {
    /// Place in `a`.
    pub a: usize,
    /// Place in `b`.
    pub b: usize,
    /// How alike the model reads them, beside the other words of their sentences.
    #[serde(rename = "similarity")]
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 1))]
    pub cosine: f64,
}

/// The links between two texts, in the order of A.
pub(super) fn between(a: &Side<'_>, b: &Side<'_>) -> Vec<Link> {
    let (mut of_a, mut of_b) = (word_states(a), word_states(b));
    match of_a.len().min(of_b.len()) {
        0 | 1 => {}
        ..ENOUGH => centre(of_a.iter_mut().chain(&mut of_b)),
        _ => {
            centre(of_a.iter_mut());
            centre(of_b.iter_mut());
        }
    }
    of_a.iter_mut()
        .chain(&mut of_b)
        .for_each(|state| to_unit(state));
    let cosines: Vec<Vec<f64>> = of_a
        .iter()
        .map(|a| of_b.iter().map(|b| dot(a, b)).collect())
        .collect();
    let best_of_b = |j: usize| best(cosines.iter().map(|row| row[j]));
    let link = |(i, row): (usize, &Vec<f64>)| {
        let j = best(row.iter().copied())?;
        let cosine = row[j].min(1.0);
        (cosine >= LEAST && best_of_b(j) == Some(i)).then_some(Link { a: i, b: j, cosine })
    };
    cosines.iter().enumerate().filter_map(link).collect()
}

/// The state of each word: the average over its tokens, each weighted by how much of it is the word's.
fn word_states(side: &Side<'_>) -> Vec<Vec<f64>> {
    let size = side.states().next().map_or(0, |(_, row)| row.len());
    let state = |word: &OutlinedWord| {
        let mut sum = vec![0.0; size];
        for (token, row) in side.states() {
            let shared = overlap(&token.characters, &word.place);
            if shared > 0 {
                let weight = shared as f64 / token.characters.len() as f64;
                let numbers = row.iter().map(|&x| f64::from(x));
                sum.iter_mut()
                    .zip(numbers)
                    .for_each(|(s, x)| *s += weight * x);
            }
        }
        // Divided by nothing: only the direction counts, but words must weigh the same in the average.
        to_unit(&mut sum);
        sum
    };
    side.outline.words.iter().map(state).collect()
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

/// Takes their average away.
fn centre<'a>(states: impl Iterator<Item = &'a mut Vec<f64>>) {
    let mut states: Vec<&mut Vec<f64>> = states.collect();
    let size = states.first().map_or(0, |state| state.len());
    for i in 0..size {
        let mean = states.iter().map(|state| state[i]).sum::<f64>() / states.len() as f64;
        states.iter_mut().for_each(|state| state[i] -= mean);
    }
}

/// Scales to length 1; what has no length stays.
fn to_unit(vector: &mut [f64]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Place of the largest number; of equal ones the first.
fn best(numbers: impl Iterator<Item = f64>) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (i, number) in numbers.enumerate() {
        if found.is_none_or(|(_, best)| number > best) {
            found = Some((i, number));
        }
    }
    found.map(|(i, _)| i)
}
