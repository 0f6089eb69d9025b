//! How near a quantised folder is to the original.

use crate::error::Error;
use crate::{
    CrossEncoder, EncodeOptions, Encoder, Folder, LoadOptions, Pair, PairTruncation, SpecDefaults,
};
use std::fmt;

/// Sentences by which a quantised folder is compared with the original, a line each.
const SENTENCES: &str = include_str!("sentences.txt");

/// How near the answers of a quantised folder are to the original's. Its text is a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Agreement {
    /// Of a model of vectors: cosines between the two vectors of a sentence.
    Vectors {
        /// Sentences that were compared.
        sentences: usize,
        /// Mean of the cosines.
        mean: f64,
        /// The least of them.
        least: f64,
    },
    /// Of a reranker: differences between the two logits of a pair.
    Scores {
        /// Pairs that were compared.
        pairs: usize,
        /// Mean of the absolute differences.
        mean: f64,
        /// The largest of them.
        largest: f64,
        /// The original's largest logit less its smallest, by which the differences are to be judged.
        spread: f64,
    },
}

impl Agreement {
    /// Of two folders of vectors; one model after the other, so that only one is in memory. Nothing is assumed of the copy, which may
    /// be opened by whoever knows nothing of the original.
    pub(super) fn of_vectors(
        original: &Folder,
        defaults: &SpecDefaults,
        copy: &Folder,
    ) -> Result<Self, Error> {
        let sentences: Vec<&str> = SENTENCES.lines().collect();
        let vectors = |folder: &Folder, defaults: &SpecDefaults| {
            let options = LoadOptions {
                defaults: defaults.clone(),
                ..LoadOptions::default()
            };
            Encoder::load(folder, &options)?.encode(&sentences, &EncodeOptions::default())
        };
        let original = vectors(original, defaults)?;
        let quantised = vectors(copy, &SpecDefaults::default())?;
        let pairs = original.iter().zip(&quantised);
        let cosines: Vec<f64> = pairs
            .map(|(a, b)| {
                let numbers = a.vector.iter().zip(&b.vector);
                numbers.map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
            })
            .collect();
        Ok(Self::Vectors {
            sentences: cosines.len(),
            mean: mean(&cosines),
            least: cosines.iter().copied().fold(1.0, f64::min),
        })
    }

    /// Of two folders of rerankers, likewise. Each sentence is a query of itself and of the next one.
    pub(super) fn of_scores(folders: [&Folder; 2]) -> Result<Self, Error> {
        let sentences: Vec<&str> = SENTENCES.lines().collect();
        let logits = |folder: &Folder| {
            let model = CrossEncoder::load(folder, &LoadOptions::default())?;
            let pair = |query: &[u32], document: &str| {
                let document = model.document(document)?;
                Ok(model.pair(query, &document, PairTruncation::LongestFirst))
            };
            let next = sentences.iter().cycle().skip(1);
            let mut pairs: Vec<Pair> = Vec::new();
            for (one, next) in sentences.iter().zip(next) {
                let query = model.query(one)?;
                pairs.extend([pair(&query, one)?, pair(&query, next)?]);
            }
            let scored = model.score_pairs(&pairs)?;
            Ok::<Vec<f64>, Error>(scored.iter().map(|of| f64::from(of.logit)).collect())
        };
        let (original, quantised) = (logits(folders[0])?, logits(folders[1])?);
        let pairs = original.iter().zip(&quantised);
        let differences: Vec<f64> = pairs.map(|(a, b)| (a - b).abs()).collect();
        let highest = original.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let lowest = original.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(Self::Scores {
            pairs: differences.len(),
            mean: mean(&differences),
            largest: differences.iter().copied().fold(0.0, f64::max),
            spread: highest - lowest,
        })
    }
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vectors {
                sentences,
                mean,
                least,
            } => write!(
                f,
                "Cosine to the original's vectors over {sentences} sentences: mean {mean:.5}, least {least:.5}."
            ),
            Self::Scores {
                pairs,
                mean,
                largest,
                spread,
            } => write!(
                f,
                "Difference from the original's logits over {pairs} pairs: mean {mean:.4}, largest {largest:.4}, \
                 where the logits spread over {spread:.2}."
            ),
        }
    }
}
