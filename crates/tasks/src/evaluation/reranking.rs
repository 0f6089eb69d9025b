//! What a FAQ answers to labelled questions where a reranker orders the first entries that a search found.

use serde::{Deserialize, Serialize};

use super::questions::Question;
use super::search::{Answer, SearchQuality, search_quality};
use crate::faq::FaqIndex;
use crate::metrics::Sampling;

/// What a search hands on of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstStage {
    /// The first entries, the nearest first, each with the wording that is nearest to the question.
    pub first: Vec<(usize, usize)>,
    /// Places, from 1, of the entries that answer it and are not among the first.
    pub behind: Vec<usize>,
}

impl FirstStage {
    /// The first entries of a question by a search among all.
    ///
    /// # Panics
    /// When its vector has another dimension.
    pub fn of(index: &FaqIndex, question: &Question<'_>, candidates: usize) -> Self {
        let nearest = index.nearest(question.vector, candidates).into_iter();
        let first = nearest.map(|(entry, cosines)| {
            let wordings = cosines.into_iter().enumerate();
            let nearest = wordings.max_by(|(i, a), (j, b)| a.total_cmp(b).then(j.cmp(i)));
            (entry, nearest.map_or(0, |(wording, _)| wording))
        });
        let ranked = index.rank(question.vector);
        let behind = ranked.iter().zip(1..).skip(candidates);
        let behind = behind.filter(|(found, _)| question.relevant.contains(&found.entry));
        Self {
            first: first.collect(),
            behind: behind.map(|(_, rank)| rank).collect(),
        }
    }
}

/// A question with what a search and a reranker made of it.
#[derive(Clone, Copy, Debug)]
pub struct RerankedQuestion<'a> {
    /// What the search found.
    pub found: &'a FirstStage,
    /// What the reranker gives for each of the first entries, larger for a better answer.
    pub logits: &'a [f64],
    /// Places of the entries that answer it; none: it should find nothing.
    pub relevant: &'a [usize],
}

/// The quality of the answers after a reranker. A right entry comes behind others of its logit, and behind the first ones the order of the search stays. Thresholds are
/// in the sigmoid of the logit of the entry that comes first.
pub fn reranked_questions(questions: &[RerankedQuestion<'_>], sampling: Sampling) -> SearchQuality {
    let answers: Vec<Answer> = questions.iter().map(answer).collect();
    search_quality(&answers, sampling)
}

fn answer(question: &RerankedQuestion<'_>) -> Answer {
    let is_right = |entry: usize| question.relevant.contains(&entry);
    let first = question.found.first.iter().map(|(entry, _)| *entry);
    let mut first: Vec<(usize, f64)> = first.zip(question.logits.iter().copied()).collect();
    first.sort_by(|a, b| {
        let by_logit = b.1.total_cmp(&a.1);
        by_logit.then(is_right(a.0).cmp(&is_right(b.0)))
    });
    let best = first.first().map_or(f64::NEG_INFINITY, |(_, logit)| *logit);
    let ranks = first
        .iter()
        .zip(1..)
        .filter(|((entry, _), _)| is_right(*entry));
    let ranks = ranks.map(|(_, rank)| rank);
    Answer {
        ranks: ranks.chain(question.found.behind.iter().copied()).collect(),
        relevant: question.relevant.len(),
        similarity: 1.0 / (1.0 + (-best).exp()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quality(logits: &[f64], behind: &[usize], relevant: &[usize]) -> SearchQuality {
        let found = FirstStage {
            first: vec![(4, 0), (2, 0), (0, 1)],
            behind: behind.to_vec(),
        };
        let question = RerankedQuestion {
            found: &found,
            logits,
            relevant,
        };
        reranked_questions(&[question], Sampling { rounds: 0, seed: 1 })
    }

    #[test]
    fn the_first_entries_change_places_and_the_others_stay_behind_them() {
        let logits = [-1.0, 0.0, 2.0];
        let moved = quality(&logits, &[], &[0]);
        assert_eq!(moved.recall_at_1.value, Some(1.0));
        let best = moved.best.unwrap();
        assert!((best.similarity - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-12);
        let behind = quality(&logits, &[4], &[1]);
        assert_eq!(behind.mrr.value, Some(0.25));
        let both = quality(&logits, &[4], &[4, 1]);
        assert_eq!(
            (both.mrr.value, both.recall_at_3.value),
            (Some(1.0 / 3.0), Some(0.5))
        );
        let equal = quality(&[1.0, 1.0, 1.0], &[], &[4]);
        assert_eq!(equal.mrr.value, Some(1.0 / 3.0), "equals do not flatter");
    }

    #[test]
    fn a_search_hands_on_the_nearest_wordings_and_where_the_others_are() {
        let (east, north): (&[f32], &[f32]) = (&[1.0, 0.0], &[0.0, 1.0]);
        let between: &[f32] = &[0.6, 0.8];
        let index = FaqIndex::new([vec![north], vec![north, between], vec![east]]);
        let question = Question {
            vector: east,
            relevant: &[0, 2],
        };
        let found = FirstStage::of(&index, &question, 2);
        assert_eq!(found.first, [(2, 0), (1, 1)]);
        assert_eq!(found.behind, [3]);
        assert!(FirstStage::of(&index, &question, 9).behind.is_empty());
    }
}
