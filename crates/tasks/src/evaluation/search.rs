//! Quality of the answers to labelled questions.

use serde::{Deserialize, Serialize};

use crate::metrics::{
    Estimate, Interval, Sampling, interval, intervals, ndcg_at, recall_at, reciprocal_rank,
};

/// What a search gave for a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Places, from 1, of the entries that answer it.
    pub ranks: Vec<usize>,
    /// How many entries answer it; 0: it should find nothing.
    pub relevant: usize,
    /// Similarity of the first entry.
    pub similarity: f64,
}

impl Answer {
    fn is_right(&self) -> bool {
        self.ranks.contains(&1)
    }
}

/// The threshold at which answering serves best, and what it achieves. Similarities of `similarity` and more are answered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AnswerThreshold {
    /// The least similarity that is answered.
    #[serde(rename = "threshold")]
    pub similarity: f64,
    /// Between which similarities it lies in 95 % of the bootstrap samples, where that was asked for and is defined.
    #[serde(rename = "threshold_interval")]
    pub similarity_interval: Option<Interval>,
    /// Share of the answers that are right.
    pub precision: f64,
    /// Share of the questions with an answer that are answered rightly.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Share of the questions without an answer that get none; `None` where there is no such question.
    pub refused: Option<f64>,
}

/// What is said of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchQuality {
    /// Questions that have an answer.
    pub answerable: usize,
    /// Questions that should find nothing.
    pub unanswerable: usize,
    /// Share of the entries that answer a question among the first one, …
    pub recall_at_1: Estimate,
    /// … three, …
    pub recall_at_3: Estimate,
    /// … and ten.
    pub recall_at_10: Estimate,
    /// Mean of one over the place of the first right entry.
    pub mrr: Estimate,
    /// Normalised discounted cumulative gain of the first ten.
    pub ndcg_at_10: Estimate,
    /// When to answer.
    pub best: Option<AnswerThreshold>,
}

/// Everything about the answers; recall and the like are means over the questions that have one.
pub fn search_quality(answers: &[Answer], sampling: Sampling) -> SearchQuality {
    let answerable: Vec<[f64; 5]> = answers.iter().filter_map(metrics).collect();
    let means = |counts: &[u32]| -> [Option<f64>; 5] {
        std::array::from_fn(|i| mean(answerable.iter().map(|m| m[i]), counts))
    };
    let drawn = intervals(answerable.len(), sampling.rounds, sampling.seed, means);
    let values = means(&vec![1; answerable.len()]);
    let [recall_at_1, recall_at_3, recall_at_10, mrr, ndcg_at_10] =
        std::array::from_fn(|i| Estimate::new(values[i], drawn[i]));
    SearchQuality {
        answerable: answerable.len(),
        unanswerable: answers.len() - answerable.len(),
        recall_at_1,
        recall_at_3,
        recall_at_10,
        mrr,
        ndcg_at_10,
        best: answer_threshold(answers, sampling),
    }
}

fn metrics(answer: &Answer) -> Option<[f64; 5]> {
    let Answer {
        ranks, relevant, ..
    } = answer;
    Some([
        recall_at(1, ranks, *relevant)?,
        recall_at(3, ranks, *relevant)?,
        recall_at(10, ranks, *relevant)?,
        reciprocal_rank(ranks),
        ndcg_at(10, ranks, *relevant)?,
    ])
}

fn mean(values: impl Iterator<Item = f64>, counts: &[u32]) -> Option<f64> {
    let (mut n, mut sum) = (0.0, 0.0);
    for (value, &count) in values.zip(counts) {
        n += f64::from(count);
        sum += f64::from(count) * value;
    }
    (n > 0.0).then(|| sum / n)
}

/// The threshold of the greatest F1 of answering, the highest of several, with its interval. `None` where no question has
/// an answer or none is answered rightly.
pub fn answer_threshold(answers: &[Answer], sampling: Sampling) -> Option<AnswerThreshold> {
    let mut sorted: Vec<&Answer> = answers.iter().collect();
    sorted.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
    let best = threshold_of(&sorted, &vec![1; sorted.len()])?;
    let Sampling { rounds, seed } = sampling;
    let drawn = |counts: &[u32]| Some(threshold_of(&sorted, counts)?.similarity);
    Some(AnswerThreshold {
        similarity_interval: interval(sorted.len(), rounds, seed, drawn),
        ..best
    })
}

/// That of a sample, in which each of the answers, sorted by falling similarity, is so many times.
fn threshold_of(sorted: &[&Answer], counts: &[u32]) -> Option<AnswerThreshold> {
    let counted = || sorted.iter().zip(counts.iter().map(|&n| n as usize));
    let with_answer = counted().filter(|(answer, _)| answer.relevant > 0);
    let answerable: usize = with_answer.map(|(_, n)| n).sum();
    let all: usize = counted().map(|(_, n)| n).sum();
    let unanswerable = all - answerable;
    let (mut answered, mut right, mut misled) = (0, 0, 0);
    let mut best: Option<AnswerThreshold> = None;
    for (i, (answer, n)) in counted().enumerate() {
        answered += n;
        right += if answer.is_right() { n } else { 0 };
        misled += if answer.relevant == 0 { n } else { 0 };
        let next = sorted.get(i + 1);
        if next.is_some_and(|next| next.similarity == answer.similarity) {
            continue;
        }
        let f1 = 2.0 * right as f64 / (answered + answerable) as f64;
        if right > 0 && best.is_none_or(|best| f1 > best.f1) {
            best = Some(AnswerThreshold {
                similarity: answer.similarity,
                similarity_interval: None,
                precision: right as f64 / answered as f64,
                recall: right as f64 / answerable as f64,
                f1,
                refused: (unanswerable > 0).then(|| 1.0 - misled as f64 / unanswerable as f64),
            });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(ranks: &[usize], relevant: usize, similarity: f64) -> Answer {
        Answer {
            ranks: ranks.to_vec(),
            relevant,
            similarity,
        }
    }

    const SAMPLING: Sampling = Sampling {
        rounds: 100,
        seed: 3,
    };

    #[test]
    fn metrics_are_means_over_the_questions_with_an_answer() {
        let answers = [
            answer(&[1], 1, 0.9),
            answer(&[4], 1, 0.8),
            answer(&[], 0, 0.7),
        ];
        let quality = search_quality(&answers, SAMPLING);
        assert_eq!((quality.answerable, quality.unanswerable), (2, 1));
        assert_eq!(quality.recall_at_1.value, Some(0.5));
        assert_eq!(quality.recall_at_10.value, Some(1.0));
        assert_eq!(quality.mrr.value, Some(0.625));
        let ndcg = (1.0 + 1.0 / 5f64.log2()) / 2.0;
        assert!((quality.ndcg_at_10.value.unwrap() - ndcg).abs() < 1e-12);
        assert_eq!(
            (quality.recall_at_1.low, quality.recall_at_1.high),
            (Some(0.0), Some(1.0))
        );
    }

    #[test]
    fn the_threshold_weighs_wrong_answers_against_missing_ones() {
        let answers = [
            answer(&[1], 1, 0.9),
            answer(&[1], 1, 0.8),
            answer(&[], 0, 0.7),
            answer(&[2], 1, 0.6),
            answer(&[], 0, 0.5),
        ];
        let best = answer_threshold(&answers, SAMPLING).unwrap();
        assert_eq!(
            (best.similarity, best.precision, best.refused),
            (0.8, 1.0, Some(1.0))
        );
        assert!((best.recall - 2.0 / 3.0).abs() < 1e-12);
        let drawn = best.similarity_interval.unwrap();
        assert!(drawn.low <= 0.8 && 0.8 <= drawn.high, "{drawn:?}");
        // Two answers and three questions with one.
        assert!((best.f1 - 4.0 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn equal_scores_are_answered_together() {
        let answers = [answer(&[1], 1, 0.8), answer(&[], 0, 0.8)];
        let best = answer_threshold(&answers, SAMPLING).unwrap();
        assert_eq!((best.precision, best.refused), (0.5, Some(0.0)));
    }

    #[test]
    fn without_a_right_answer_there_is_no_threshold() {
        assert_eq!(answer_threshold(&[], SAMPLING), None);
        assert_eq!(answer_threshold(&[answer(&[2], 1, 0.9)], SAMPLING), None);
        assert_eq!(answer_threshold(&[answer(&[], 0, 0.9)], SAMPLING), None);
    }
}
