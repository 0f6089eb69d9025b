//! Quality of lists of recommendations.

use std::collections::HashSet;

use serde::Serialize;

use crate::metrics::{Estimate, Sampling, intervals, ndcg_at, reciprocal_rank};

/// Users from which on intervals are given: drawn from fewer they are too narrow to mean anything.
pub const ENOUGH_USERS: usize = 10;

/// What was recommended to a user, and what the user then wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecommendedList {
    /// Items in the order in which they were shown, by their numbers.
    pub items: Vec<usize>,
    /// Places, from 1, of those that were wanted.
    pub ranks: Vec<usize>,
    /// How many items were wanted, shown or not.
    pub wanted: usize,
    /// One without the mean similarity of the items with each other; `None`: there are not two.
    pub diversity: Option<f64>,
    /// The mean of −log₂ of the share of users who knew an item; `None`: there is no item.
    pub novelty: Option<f64>,
}

impl RecommendedList {
    /// A list of which `is_wanted` says what was wanted; `similarity` is that of two items, `known` the share of the users who knew one, above 0.
    pub fn new(
        items: Vec<usize>,
        wanted: usize,
        is_wanted: impl Fn(usize) -> bool,
        similarity: impl Fn(usize, usize) -> f64,
        known: impl Fn(usize) -> f64,
    ) -> Self {
        let places = items.iter().enumerate();
        let ranks = places.filter(|(_, item)| is_wanted(**item));
        let ranks = ranks.map(|(place, _)| place + 1).collect();
        let pairs = items.iter().enumerate().flat_map(|(i, &a)| {
            let others = items[..i].iter();
            others.map(move |&b| (a, b))
        });
        let alike = mean(pairs.map(|(a, b)| similarity(a, b)));
        let surprise = items.iter().map(|&item| -known(item).log2());
        Self {
            ranks,
            wanted,
            diversity: alike.map(|alike| 1.0 - alike),
            novelty: mean(surprise),
            items,
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut n, mut sum) = (0.0, 0.0);
    for value in values {
        n += 1.0;
        sum += value;
    }
    (n > 0.0).then(|| sum / n)
}

/// What is said of recommendations. Means are over the users who wanted something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecommendationQuality {
    /// Users who wanted something.
    pub users: usize,
    /// Share of them who were shown something that they wanted.
    pub hit_rate: Estimate,
    /// Normalised discounted cumulative gain.
    pub ndcg: Estimate,
    /// Mean of one over the place of the first item that was wanted.
    pub mrr: Estimate,
    /// Share of all items that somebody was shown; without an interval, since users who are drawn again show fewer items than there are.
    pub coverage: Estimate,
    /// Mean of how unlike the items of a list are, one without their similarity.
    pub diversity: Estimate,
    /// Mean of −log₂ of the share of users who knew an item.
    pub novelty: Estimate,
}

/// The place of the coverage among the metrics.
const COVERAGE: usize = 3;

/// Everything about the first `k` of each list, among `catalogue` items; without intervals where there are less than [`ENOUGH_USERS`].
pub fn recommendation_quality(
    lists: &[RecommendedList],
    k: usize,
    catalogue: usize,
    sampling: Sampling,
) -> RecommendationQuality {
    let lists: Vec<&RecommendedList> = lists.iter().filter(|list| list.wanted > 0).collect();
    let of_users: Vec<[Option<f64>; 5]> = lists.iter().map(|list| of_list(list, k)).collect();
    let statistics = |counts: &[u32]| -> [Option<f64>; 6] {
        let mean = |i: usize| weighted(of_users.iter().map(|values| values[i]), counts);
        let shown = lists.iter().zip(counts).filter(|(_, count)| **count > 0);
        let shown: HashSet<usize> = shown
            .flat_map(|(list, _)| list.items.iter().take(k).copied())
            .collect();
        let coverage = (catalogue > 0).then(|| shown.len() as f64 / catalogue as f64);
        [mean(0), mean(1), mean(2), coverage, mean(3), mean(4)]
    };
    let users = lists.len();
    let mut drawn = intervals(users, rounds(users, sampling), sampling.seed, statistics);
    drawn[COVERAGE] = None;
    let values = statistics(&vec![1; lists.len()]);
    let [hit_rate, ndcg, mrr, coverage, diversity, novelty] =
        std::array::from_fn(|i| Estimate::new(values[i], drawn[i]));
    RecommendationQuality {
        users: lists.len(),
        hit_rate,
        ndcg,
        mrr,
        coverage,
        diversity,
        novelty,
    }
}

/// How much better lists are than others for the same users, user by user. Where an interval holds no 0, that is no chance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecommendationLead {
    /// The mean difference of what is 1 for a user who was shown something that was wanted, and else 0.
    pub hit_rate: Estimate,
    /// The mean difference of the normalised discounted cumulative gain.
    pub ndcg: Estimate,
}

/// Compares the first `k` of lists with those of others, of which each is for the user of the list at its place; intervals as in [`recommendation_quality`].
///
/// # Panics
/// When there are not as many of both, or what a user wanted is not as much in both.
pub fn recommendation_lead(
    lists: &[RecommendedList],
    others: &[RecommendedList],
    k: usize,
    sampling: Sampling,
) -> RecommendationLead {
    assert_eq!(lists.len(), others.len(), "a list of both for each user");
    let pairs = lists.iter().zip(others);
    let pairs = pairs.inspect(|(a, b)| assert_eq!(a.wanted, b.wanted, "lists for one user"));
    let pairs = pairs.filter(|(list, _)| list.wanted > 0);
    let differences: Vec<[Option<f64>; 2]> = pairs
        .map(|(list, other)| {
            let (a, b) = (of_list(list, k), of_list(other, k));
            [0, 1].map(|i| a[i].zip(b[i]).map(|(a, b)| a - b))
        })
        .collect();
    let statistics = |counts: &[u32]| -> [Option<f64>; 2] {
        [0, 1].map(|i| weighted(differences.iter().map(|values| values[i]), counts))
    };
    let users = differences.len();
    let drawn = intervals(users, rounds(users, sampling), sampling.seed, statistics);
    let values = statistics(&vec![1; users]);
    let [hit_rate, ndcg] = std::array::from_fn(|i| Estimate::new(values[i], drawn[i]));
    RecommendationLead { hit_rate, ndcg }
}

/// From few users none are drawn.
fn rounds(users: usize, sampling: Sampling) -> usize {
    match users {
        ..ENOUGH_USERS => 0,
        _ => sampling.rounds,
    }
}

fn of_list(list: &RecommendedList, k: usize) -> [Option<f64>; 5] {
    let ranks = list.ranks.iter().copied().filter(|&rank| rank <= k);
    let ranks: Vec<usize> = ranks.collect();
    [
        Some(f64::from(!ranks.is_empty())),
        ndcg_at(k, &ranks, list.wanted),
        Some(reciprocal_rank(&ranks)),
        list.diversity,
        list.novelty,
    ]
}

/// The mean of what is defined.
fn weighted(values: impl Iterator<Item = Option<f64>>, counts: &[u32]) -> Option<f64> {
    let (mut n, mut sum) = (0.0, 0.0);
    for (value, &count) in values.zip(counts) {
        if let Some(value) = value {
            n += f64::from(count);
            sum += f64::from(count) * value;
        }
    }
    (n > 0.0).then(|| sum / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLING: Sampling = Sampling {
        rounds: 50,
        seed: 1,
    };

    fn list(items: &[usize], wanted: &[usize]) -> RecommendedList {
        RecommendedList::new(
            items.to_vec(),
            wanted.len(),
            |item| wanted.contains(&item),
            |a, b| if a.abs_diff(b) == 1 { 1.0 } else { 0.0 },
            |item| 1.0 / (1 << item) as f64,
        )
    }

    #[test]
    fn lists_are_measured_by_what_was_wanted() {
        let lists = [
            list(&[3, 1, 2], &[1, 9]),
            list(&[1, 2], &[4]),
            list(&[7], &[]),
        ];
        let quality = recommendation_quality(&lists, 10, 20, SAMPLING);
        assert_eq!(quality.users, 2);
        assert_eq!(quality.hit_rate.value, Some(0.5));
        assert_eq!(quality.mrr.value, Some(0.25));
        let gain = |rank: f64| 1.0 / (1.0 + rank).log2();
        let ndcg = gain(2.0) / (gain(1.0) + gain(2.0)) / 2.0;
        assert!((quality.ndcg.value.unwrap() - ndcg).abs() < 1e-12);
        assert_eq!(quality.coverage.value, Some(3.0 / 20.0));
        // Two of three pairs are alike, and the one pair.
        let diversity = (1.0 / 3.0 + 0.0) / 2.0;
        assert!((quality.diversity.value.unwrap() - diversity).abs() < 1e-12);
        assert_eq!(quality.novelty.value, Some((2.0 + 1.5) / 2.0));
        assert_eq!(quality.hit_rate.low, None);
        let many: Vec<RecommendedList> = lists.iter().cloned().cycle().take(30).collect();
        let quality = recommendation_quality(&many, 10, 20, SAMPLING);
        assert!(quality.hit_rate.low < quality.hit_rate.value);
        assert_eq!((quality.coverage.low, quality.coverage.high), (None, None));
    }

    #[test]
    fn lists_are_compared_user_by_user() {
        let better: Vec<RecommendedList> = (0..20).map(|_| list(&[3, 1], &[3])).collect();
        let mut others: Vec<RecommendedList> = (0..20).map(|_| list(&[1, 3], &[3])).collect();
        let lead = recommendation_lead(&better, &others, 10, SAMPLING);
        assert_eq!(lead.hit_rate.value, Some(0.0));
        let gain = 1.0 - 1.0 / 3f64.log2();
        assert!((lead.ndcg.value.unwrap() - gain).abs() < 1e-12);
        // The same for all: nothing that is drawn differs.
        assert!((lead.ndcg.low.unwrap() - gain).abs() < 1e-12);
        others[4] = list(&[1], &[3]);
        let lead = recommendation_lead(&others, &better, 10, SAMPLING);
        assert_eq!(lead.hit_rate.value, Some(-1.0 / 20.0));
        assert!(lead.ndcg.high.unwrap() < 0.0);
        // Whoever wanted nothing says nothing.
        let nothing = [list(&[1], &[])];
        let lead = recommendation_lead(&nothing, &nothing, 10, SAMPLING);
        assert_eq!((lead.ndcg.value, lead.ndcg.low), (None, None));
    }

    #[test]
    fn the_first_k_count() {
        let quality = recommendation_quality(&[list(&[3, 1, 2], &[2])], 2, 3, SAMPLING);
        assert_eq!(
            (quality.hit_rate.value, quality.mrr.value),
            (Some(0.0), Some(0.0))
        );
        let none = recommendation_quality(&[], 2, 3, SAMPLING);
        assert_eq!((none.users, none.hit_rate.value), (0, None));
    }
}
