//! Quality of the scores of labelled pairs.

use serde::{Deserialize, Serialize};

use crate::metrics::{
    Correlation, Estimate, Ranking, Reliability, Sampling, Threshold, interval, intervals,
};

/// Scores of pairs beside their grades, lists of one length.
#[derive(Clone, Copy, Debug)]
pub struct PairScores<'a> {
    /// As a model or method gives them: in [-1, 1] but for logits.
    pub raw: &'a [f64],
    /// What those are.
    pub scale: RawScale,
    /// The scores that people see, in [0, 1].
    pub similarity: &'a [f64],
    /// What people said, in [0, 1].
    pub grade: &'a [f64],
}

/// What the scores are that a model or method gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawScale {
    /// Cosines, of a model.
    Cosine,
    /// Logits, of a reranker.
    Logit,
    /// Those of a literal method.
    Literal,
}

/// A threshold among raw scores; its name in a report says which they are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum BestRaw {
    /// Of a model.
    #[serde(rename = "best_cosine")]
    Cosine(Estimate),
    /// Of a reranker.
    #[serde(rename = "best_logit")]
    Logit(Estimate),
    /// Of a literal method.
    #[serde(rename = "best_score")]
    Literal(Estimate),
}

/// What is said of the scores of labelled pairs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Number of pairs.
    pub pairs: usize,
    /// How many of them count as the same.
    pub same: usize,
    /// Rank correlation of score and grade.
    pub spearman: Estimate,
    /// Linear correlation of raw score and grade.
    pub pearson: Estimate,
    /// How often a pair that is the same scores above one that is not.
    pub auc: Estimate,
    /// Area under precision over recall.
    pub average_precision: Estimate,
    /// The greatest F1 that a threshold has.
    pub best_f1: Estimate,
    /// That threshold, a raw score.
    #[serde(flatten)]
    pub best_raw: BestRaw,
    /// The same, and what it achieves.
    #[serde(skip)]
    pub best: Option<Threshold>,
    /// Expected calibration error of similarity.
    pub ece: Estimate,
}

/// A raw score by the name of its scale.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RawScore {
    /// Of a model.
    Cosine(f64),
    /// Of a reranker.
    Logit(f64),
    /// Of a literal method.
    Score(f64),
}

impl RawScore {
    /// A score of that scale.
    pub fn of(scale: RawScale, score: f64) -> Self {
        match scale {
            RawScale::Cosine => Self::Cosine(score),
            RawScale::Logit => Self::Logit(score),
            RawScale::Literal => Self::Score(score),
        }
    }

    /// The number.
    pub fn value(self) -> f64 {
        match self {
            Self::Cosine(score) | Self::Logit(score) | Self::Score(score) => score,
        }
    }
}

/// A threshold on both scales, and what it achieves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairThreshold {
    /// In similarity.
    pub similarity: f64,
    /// As a raw score.
    #[serde(flatten)]
    pub raw: RawScore,
    /// Share of the accepted pairs that are the same.
    pub precision: f64,
    /// Share of the same pairs that are accepted.
    pub recall: f64,
}

impl Quality {
    /// The threshold of the best F1; `similarity` makes one of a raw score.
    pub fn threshold(&self, similarity: impl Fn(f64) -> f64) -> Option<PairThreshold> {
        let scale = match self.best_raw {
            BestRaw::Cosine(_) => RawScale::Cosine,
            BestRaw::Logit(_) => RawScale::Logit,
            BestRaw::Literal(_) => RawScale::Literal,
        };
        self.best.map(|best| PairThreshold {
            similarity: similarity(best.threshold),
            raw: RawScore::of(scale, best.threshold),
            precision: best.precision,
            recall: best.recall,
        })
    }
}

impl PairScores<'_> {
    /// Places of the pairs that a threshold of `least`, a raw score, puts on the wrong side, the worst first: those that are
    /// the same (by a grade of `same_from` and more) and score below it, or those that are not and reach it.
    pub fn misjudged(&self, least: f64, same_from: f64, same: bool) -> Vec<usize> {
        let is_wrong = |&i: &usize| {
            let is_same = self.grade[i] >= same_from;
            is_same == same && (self.raw[i] >= least) != same
        };
        let mut wrong: Vec<usize> = (0..self.raw.len()).filter(is_wrong).collect();
        let excess = |i: usize| self.similarity[i] - self.grade[i];
        wrong.sort_by(|&i, &j| {
            let by_excess = excess(j).total_cmp(&excess(i));
            if same { by_excess.reverse() } else { by_excess }
        });
        wrong
    }
}

/// Scores and grades, sorted for every metric.
pub struct ScoredPairs {
    n: usize,
    scale: RawScale,
    same: usize,
    correlation: Correlation,
    /// By raw score: without a calibration many similarities are 0.
    pub ranking: Ranking,
    /// By similarity.
    pub reliability: Reliability,
}

impl ScoredPairs {
    /// Sorts; a pair whose grade is at least `same_from` counts as the same.
    ///
    /// # Panics
    /// When the lists are not of one length.
    pub fn new(scores: PairScores<'_>, same_from: f64) -> Self {
        let PairScores {
            raw,
            scale,
            similarity,
            grade,
        } = scores;
        let same: Vec<bool> = grade.iter().map(|&grade| grade >= same_from).collect();
        Self {
            n: raw.len(),
            scale,
            same: same.iter().filter(|&&same| same).count(),
            correlation: Correlation::new(raw, grade),
            ranking: Ranking::new(raw, &same),
            reliability: Reliability::new(similarity, grade),
        }
    }

    /// One of each pair: the data as they are.
    pub fn all(&self) -> Vec<u32> {
        vec![1; self.n]
    }

    /// Everything, with intervals.
    pub fn quality(&self, sampling: Sampling) -> Quality {
        let Sampling { rounds, seed } = sampling;
        let all = self.all();
        let statistics = |counts: &[u32]| {
            let best = self.ranking.best_f1(counts);
            [
                self.correlation.spearman(counts),
                self.correlation.pearson(counts),
                self.ranking.auc(counts),
                self.ranking.average_precision(counts),
                best.map(|t| t.f1),
                best.map(|t| t.threshold),
                self.reliability.ece(counts),
            ]
        };
        let drawn = intervals(self.n, rounds, seed, statistics);
        let values = statistics(&all);
        let estimate = |i: usize| Estimate::new(values[i], drawn[i]);
        Quality {
            pairs: self.n,
            same: self.same,
            spearman: estimate(0),
            pearson: estimate(1),
            auc: estimate(2),
            average_precision: estimate(3),
            best_f1: estimate(4),
            best_raw: match self.scale {
                RawScale::Cosine => BestRaw::Cosine(estimate(5)),
                RawScale::Logit => BestRaw::Logit(estimate(5)),
                RawScale::Literal => BestRaw::Literal(estimate(5)),
            },
            best: self.ranking.best_f1(&all),
            ece: estimate(6),
        }
    }

    /// How much higher the Spearman correlation of these scores is than that of `other` ones of the same pairs. Both are
    /// computed of the same samples, so what makes a sample hard for both does not widen the interval.
    pub fn spearman_above(&self, other: &Self, sampling: Sampling) -> Estimate {
        let difference = |counts: &[u32]| {
            Some(self.correlation.spearman(counts)? - other.correlation.spearman(counts)?)
        };
        let Sampling { rounds, seed } = sampling;
        let drawn = interval(self.n, rounds, seed, difference);
        Estimate::new(difference(&self.all()), drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling {
        rounds: 200,
        seed: 1,
    };

    /// Grades 0, ½, 1 in turn; scores near them, and similarities that say half of what is so.
    fn pairs(noise: f64) -> ScoredPairs {
        let grade: Vec<f64> = (0..90).map(|i| f64::from(i % 3) / 2.0).collect();
        let score =
            |(i, grade): (usize, &f64)| 0.6 + 0.3 * grade + noise * ((i * 37 % 90) as f64 / 90.0);
        let cosine: Vec<f64> = grade.iter().enumerate().map(score).collect();
        let similarity: Vec<f64> = grade.iter().map(|grade| grade / 2.0).collect();
        let scores = PairScores {
            raw: &cosine,
            scale: RawScale::Cosine,
            similarity: &similarity,
            grade: &grade,
        };
        ScoredPairs::new(scores, 0.75)
    }

    #[test]
    fn perfect_scores_are_perfect_in_every_metric_but_calibration() {
        let quality = pairs(0.0).quality(SAMPLING);
        assert_eq!((quality.pairs, quality.same), (90, 30));
        for perfect in [
            quality.spearman,
            quality.auc,
            quality.average_precision,
            quality.best_f1,
        ] {
            assert!((perfect.value.unwrap() - 1.0).abs() < 1e-12);
            assert!((perfect.low.unwrap() - 1.0).abs() < 1e-12);
        }
        assert_eq!(quality.best.unwrap().threshold, 0.6 + 0.3);
        // 0, ¼ and ½ away, a third each.
        assert!((quality.ece.value.unwrap() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn intervals_contain_the_value_and_differences_are_paired() {
        let (good, bad) = (pairs(0.1), pairs(0.7));
        let quality = bad.quality(SAMPLING);
        let spearman = quality.spearman;
        assert!(spearman.low < spearman.value && spearman.value < spearman.high);
        let above = good.spearman_above(&bad, SAMPLING);
        assert!(above.low.unwrap() > 0.0, "{above:?}");
        let same = good.spearman_above(&good, SAMPLING);
        assert_eq!((same.low, same.high), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn one_class_has_no_ranking_and_no_interval_around_it() {
        let scores = PairScores {
            raw: &[0.1, 0.9, 0.5],
            scale: RawScale::Literal,
            similarity: &[0.1, 0.9, 0.5],
            grade: &[0.0, 0.2, 0.4],
        };
        let quality = ScoredPairs::new(scores, 0.75).quality(SAMPLING);
        assert_eq!((quality.auc, quality.best), (Estimate::default(), None));
        assert!(quality.spearman.value.is_some() && quality.ece.value.is_some());
    }

    #[test]
    fn the_worst_of_the_misjudged_come_first() {
        let scores = PairScores {
            raw: &[0.9, 0.8, 0.2, 0.4, 0.95],
            scale: RawScale::Cosine,
            similarity: &[0.9, 0.8, 0.1, 0.4, 1.0],
            grade: &[0.0, 0.25, 1.0, 1.0, 1.0],
        };
        assert_eq!(scores.misjudged(0.5, 0.75, false), [0, 1]);
        assert_eq!(scores.misjudged(0.5, 0.75, true), [2, 3]);
    }

    #[test]
    fn without_samples_there_are_no_intervals() {
        let sampling = Sampling { rounds: 0, seed: 1 };
        let quality = pairs(0.1).quality(sampling);
        assert!(quality.auc.value.is_some() && quality.auc.interval().is_none());
    }
}
