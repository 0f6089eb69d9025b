//! How well a search finds what it should.
//!
//! Each function is about one query: `ranks` are the places, from 1, at which its relevant entries came, in any order; those
//! that were not returned are left out. A set of queries has the mean.

/// Share of the `relevant` entries that are among the first `k`; `None` where nothing is relevant.
pub fn recall_at(k: usize, ranks: &[usize], relevant: usize) -> Option<f64> {
    let found = ranks.iter().filter(|&&rank| rank <= k).count();
    (relevant > 0).then(|| found as f64 / relevant as f64)
}

/// One over the place of the first relevant entry; 0 when none was returned.
pub fn reciprocal_rank(ranks: &[usize]) -> f64 {
    let first = ranks.iter().min();
    first.map_or(0.0, |&rank| 1.0 / rank as f64)
}

/// Discounted cumulative gain of the first `k`, a relevant entry counting 1 over log₂(1 + place), as a share of the most
/// there can be (Järvelin and Kekäläinen, 2002); `None` where nothing is relevant.
pub fn ndcg_at(k: usize, ranks: &[usize], relevant: usize) -> Option<f64> {
    let gain = |rank: usize| 1.0 / (1.0 + rank as f64).log2();
    let found: f64 = ranks
        .iter()
        .filter(|&&rank| rank <= k)
        .map(|&rank| gain(rank))
        .sum();
    let most: f64 = (1..=relevant.min(k)).map(gain).sum();
    (most > 0.0).then(|| found / most)
}
