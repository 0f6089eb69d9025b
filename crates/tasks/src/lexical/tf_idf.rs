//! TF-IDF vectors and their cosine.

use std::collections::{HashMap, HashSet};

use yuyi_language::{bare, dictionary_words};

use super::sparse::Vector;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Runs of so many characters, from the shortest to the longest.
    Runs {
        /// Characters of the shortest run.
        shortest: usize,
        /// Characters of the longest run.
        longest: usize,
    },
    /// Words, as jieba cuts them.
    Words,
}

impl Terms {
    /// Runs of one and two characters: most words of Chinese have one or two.
    pub const CHARACTERS: Self = Self::Runs {
        shortest: 1,
        longest: 2,
    };

    /// How often each term occurs in a bare text.
    fn counts(self, text: &str) -> HashMap<&str, f64> {
        let mut counts = HashMap::new();
        let mut count = |term| *counts.entry(term).or_insert(0.0) += 1.0;
        match self {
            Self::Words => dictionary_words(text).for_each(count),
            Self::Runs { shortest, longest } => {
                let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
                let borders: Vec<usize> = std::iter::once(0).chain(ends).collect();
                for length in shortest.max(1)..=longest {
                    for run in borders.windows(length + 1) {
                        count(&text[run[0]..run[length]]);
                    }
                }
            }
        }
        counts
    }
}

/// How much each term counts.
///
/// The weight of a term is its count times ln((1 + n) / (1 + d)) + 1, where d of n texts have it, as scikit-learn's
/// `TfidfVectorizer` weights by default; but a term that no text has counts as well, with d = 0.
#[derive(Clone, Debug)]
pub struct TfIdf {
    terms: Terms,
    /// `None`: every term counts the same.
    rarity: Option<Rarity>,
}

#[derive(Clone, Debug)]
struct Rarity {
    weights: HashMap<String, f64>,
    /// Of a term that no text has.
    unseen: f64,
}

impl TfIdf {
    /// Every term counts the same.
    pub fn unweighted(terms: Terms) -> Self {
        Self {
            terms,
            rarity: None,
        }
    }

    /// Terms count by how rare they are in `texts`. A text that is there twice counts twice.
    pub fn of_texts<'a>(terms: Terms, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut having, mut count) = (HashMap::<String, usize>::new(), 0);
        for text in texts {
            count += 1;
            let bare = bare(text);
            let found: HashSet<&str> = terms.counts(&bare).into_keys().collect();
            for term in found {
                match having.get_mut(term) {
                    Some(texts) => *texts += 1,
                    None => {
                        having.insert(term.to_owned(), 1);
                    }
                }
            }
        }
        let weight = |texts: usize| ((1 + count) as f64 / (1 + texts) as f64).ln() + 1.0;
        let weights = having
            .into_iter()
            .map(|(term, texts)| (term, weight(texts)));
        let rarity = Rarity {
            weights: weights.collect(),
            unseen: weight(0),
        };
        Self {
            terms,
            rarity: Some(rarity),
        }
    }

    /// The vector of a bare text.
    pub(super) fn vector(&self, text: &str) -> Vector {
        let weight = |term: &str| match &self.rarity {
            Some(rarity) => *rarity.weights.get(term).unwrap_or(&rarity.unseen),
            None => 1.0,
        };
        let counts = self.terms.counts(text).into_iter();
        Vector::new(
            counts
                .map(|(term, n)| (term.into(), n * weight(term)))
                .collect(),
        )
    }
}
