//! The metrics beside those of scikit-learn and SciPy, on data that `scripts/make_metric_fixtures` wrote.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Fixtures {
    pairs: Vec<PairCase>,
    searches: Vec<SearchCase>,
}

#[derive(Deserialize)]
struct PairCase {
    name: String,
    score: Vec<f64>,
    label: Vec<u8>,
    grade: Vec<f64>,
    counts: Vec<u32>,
    expected: ExpectedOfPairs,
}

#[derive(Deserialize)]
struct ExpectedOfPairs {
    pearson: f64,
    spearman: f64,
    auc: f64,
    average_precision: f64,
    roc: Vec<(f64, f64, Option<f64>)>,
    best_f1: [f64; 4],
    wished: f64,
    at_precision: [f64; 4],
    ece: f64,
}

#[derive(Deserialize)]
struct SearchCase {
    ranks: Vec<usize>,
    relevant: usize,
    expected: ExpectedOfSearch,
}

#[derive(Deserialize)]
struct ExpectedOfSearch {
    ndcg_10: f64,
    recall_3: f64,
    reciprocal_rank: f64,
}

fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("fixtures.json")).unwrap()
}

#[track_caller]
fn near(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-9,
        "{what}: {found}, expected {expected}"
    );
}

impl PairCase {
    fn ranking(&self) -> Ranking {
        let positive: Vec<bool> = self.label.iter().map(|&label| label == 1).collect();
        Ranking::new(&self.score, &positive)
    }
}

#[test]
fn correlations_are_scipys() {
    for case in fixtures().pairs {
        let found = Correlation::new(&case.score, &case.grade);
        near(
            found.pearson(&case.counts).unwrap(),
            case.expected.pearson,
            &case.name,
        );
        near(
            found.spearman(&case.counts).unwrap(),
            case.expected.spearman,
            &case.name,
        );
    }
}

#[test]
fn rankings_are_scikit_learns() {
    for case in fixtures().pairs {
        let (ranking, counts, expected) = (case.ranking(), &case.counts, &case.expected);
        near(ranking.auc(counts).unwrap(), expected.auc, &case.name);
        near(
            ranking.average_precision(counts).unwrap(),
            expected.average_precision,
            &case.name,
        );
        same_threshold(
            ranking.best_f1(counts).unwrap(),
            expected.best_f1,
            &case.name,
        );
        let found = ranking
            .threshold_for_precision(counts, expected.wished)
            .unwrap();
        same_threshold(found, expected.at_precision, &case.name);
    }
}

fn same_threshold(found: Threshold, expected: [f64; 4], what: &str) {
    let found = [found.threshold, found.precision, found.recall, found.f1];
    for (found, expected) in found.into_iter().zip(expected) {
        near(found, expected, what);
    }
}

#[test]
fn the_roc_curve_is_scikit_learns() {
    for case in fixtures().pairs {
        let mut found = case.ranking().roc(&case.counts).unwrap();
        // scikit-learn sees the sample alone, we visit also scores that are not in it.
        let same = |a: &mut RocPoint, b: &mut RocPoint| {
            a.true_positive_rate == b.true_positive_rate
                && a.false_positive_rate == b.false_positive_rate
        };
        found.dedup_by(same);
        assert_eq!(found.len(), case.expected.roc.len(), "{}", case.name);
        for (point, &(false_positives, true_positives, threshold)) in
            found.iter().zip(&case.expected.roc)
        {
            near(point.false_positive_rate, false_positives, &case.name);
            near(point.true_positive_rate, true_positives, &case.name);
            match threshold {
                Some(threshold) => near(point.threshold, threshold, &case.name),
                None => assert_eq!(point.threshold, f64::INFINITY),
            }
        }
    }
}

#[test]
fn the_calibration_error_is_as_defined() {
    for case in fixtures().pairs {
        let found = Reliability::new(&case.score, &case.grade);
        near(
            found.ece(&case.counts).unwrap(),
            case.expected.ece,
            &case.name,
        );
        let n: u64 = found.bins(&case.counts).iter().map(|bin| bin.count).sum();
        let drawn: u32 = case.counts.iter().sum();
        assert_eq!(n, u64::from(drawn), "{}", case.name);
    }
}

#[test]
fn searches_are_scikit_learns() {
    for case in fixtures().searches {
        near(
            ndcg_at(10, &case.ranks, case.relevant).unwrap(),
            case.expected.ndcg_10,
            "nDCG",
        );
        near(
            recall_at(3, &case.ranks, case.relevant).unwrap(),
            case.expected.recall_3,
            "recall",
        );
        near(
            reciprocal_rank(&case.ranks),
            case.expected.reciprocal_rank,
            "reciprocal rank",
        );
    }
}

#[test]
fn what_was_not_returned_counts_as_not_found() {
    assert_eq!(recall_at(10, &[], 1), Some(0.0));
    assert_eq!(reciprocal_rank(&[]), 0.0);
    assert_eq!(ndcg_at(10, &[], 1), Some(0.0));
    assert_eq!((recall_at(10, &[], 0), ndcg_at(10, &[], 0)), (None, None));
}

#[test]
fn what_is_not_defined_is_none() {
    let counts = [1; 3];
    for positive in [[true; 3], [false; 3]] {
        let ranking = Ranking::new(&[0.1, 0.5, 0.9], &positive);
        assert_eq!(ranking.auc(&counts), None);
        assert_eq!(ranking.average_precision(&counts), None);
        assert_eq!(ranking.best_f1(&counts), None);
        assert_eq!(ranking.threshold_for_precision(&counts, 0.5), None);
        assert_eq!(ranking.roc(&counts), None);
    }
    for constant in [[0.1; 3], [1e9 + 0.1; 3], [0.0; 3]] {
        assert_eq!(pearson(&constant, &[1.0, 2.0, 3.0]), None);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &constant), None);
    }
    assert_eq!((pearson(&[], &[]), spearman(&[1.0], &[1.0])), (None, None));
    assert_eq!(pearson(&[f64::NAN, 1.0], &[0.0, 1.0]), None);
    assert_eq!(Reliability::new(&[], &[]).ece(&[]), None);
    assert_eq!(Reliability::new(&[f64::NAN], &[0.0]).ece(&[1]), None);
    assert_eq!(Ranking::new(&[], &[]).auc(&[]), None);
}

#[test]
fn constant_scores_rank_like_chance() {
    let ranking = Ranking::new(&[0.5; 4], &[true, false, false, false]);
    assert_eq!(ranking.auc(&[1; 4]), Some(0.5));
    assert_eq!(ranking.average_precision(&[1; 4]), Some(0.25));
}

#[test]
fn a_precision_that_nothing_has_gives_no_threshold() {
    let ranking = Ranking::new(&[0.9, 0.1], &[false, true]);
    assert_eq!(ranking.threshold_for_precision(&[1; 2], 0.8), None);
    assert_eq!(
        ranking
            .threshold_for_precision(&[1; 2], 0.5)
            .unwrap()
            .threshold,
        0.1
    );
}

#[test]
fn every_score_of_the_sample_is_a_threshold() {
    let ranking = Ranking::new(&[0.9, 0.5, 0.5, 0.1], &[true, true, false, false]);
    let curve = ranking.thresholds(&[1; 4]).unwrap();
    let at: Vec<f64> = curve.iter().map(|t| t.threshold).collect();
    assert_eq!(at, [0.9, 0.5, 0.1]);
    assert_eq!((curve[1].recall, curve[2].precision), (1.0, 0.5));
    // 0.9 is not drawn, and without it nothing is accepted there.
    assert_eq!(ranking.thresholds(&[0, 1, 1, 1]).unwrap().len(), 2);
}

#[test]
fn the_last_bin_contains_its_end() {
    let bins = Reliability::new(&[0.0, 0.1, 1.0, 0.999], &[0.0, 0.5, 1.0, 1.0]).bins(&[1; 4]);
    let counts: Vec<u64> = bins.iter().map(|bin| bin.count).collect();
    assert_eq!(counts, [1, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!((bins[1].low, bins[1].mean_grade), (0.1, 0.5));
}

proptest! {
    #[test]
    fn counting_an_observation_twice_is_having_it_twice(
        data in proptest::collection::vec((0u8..8, any::<bool>(), 0u8..4, 0u32..4), 1..40),
    ) {
        let score: Vec<f64> = data.iter().map(|d| f64::from(d.0) / 8.0).collect();
        let positive: Vec<bool> = data.iter().map(|d| d.1).collect();
        let grade: Vec<f64> = data.iter().map(|d| f64::from(d.2) / 3.0).collect();
        let counts: Vec<u32> = data.iter().map(|d| d.3).collect();
        let repeat = |i: usize| std::iter::repeat_n(i, counts[i] as usize);
        let drawn: Vec<usize> = (0..data.len()).flat_map(repeat).collect();
        let once = vec![1; drawn.len()];
        let scores: Vec<f64> = drawn.iter().map(|&i| score[i]).collect();
        let positives: Vec<bool> = drawn.iter().map(|&i| positive[i]).collect();
        let grades: Vec<f64> = drawn.iter().map(|&i| grade[i]).collect();
        let (counted, repeated) = (Ranking::new(&score, &positive), Ranking::new(&scores, &positives));
        same(counted.auc(&counts), repeated.auc(&once))?;
        same(counted.average_precision(&counts), repeated.average_precision(&once))?;
        same(counted.best_f1(&counts).map(|t| t.f1), repeated.best_f1(&once).map(|t| t.f1))?;
        same(Correlation::new(&score, &grade).spearman(&counts), spearman(&scores, &grades))?;
        same(Correlation::new(&score, &grade).pearson(&counts), pearson(&scores, &grades))?;
        same(Reliability::new(&score, &grade).ece(&counts), Reliability::new(&scores, &grades).ece(&once))?;
    }
}

fn same(a: Option<f64>, b: Option<f64>) -> Result<(), TestCaseError> {
    match (a, b) {
        (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9, "{a} {b}"),
        _ => prop_assert_eq!(a, b),
    }
    Ok(())
}
