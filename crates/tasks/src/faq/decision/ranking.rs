//! The order in which wordings may answer.

use std::collections::HashSet;

use super::{NEAREST, Near};

/// Wordings in the order in which they may answer.
pub(in crate::faq) struct Ranking {
    /// The nearest one first; where a reranker ordered the entries, the wordings of its first entry first.
    pub(in crate::faq) wordings: Vec<Near>,
    /// The nearest one.
    pub(in crate::faq) nearest: Option<Near>,
}

impl Ranking {
    /// The nearest first; of equally near ones the order stays.
    pub(super) fn by_similarity(mut wordings: Vec<Near>) -> Self {
        wordings.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        Self {
            nearest: wordings.first().copied(),
            wordings,
        }
    }

    /// By how likely their entries answer; of equally likely ones the nearer entry counts. Entries that are asked for word for word stand in front.
    pub(super) fn by_chance(
        self,
        chance: impl Fn(usize) -> f64,
        is_literal: impl Fn(&Near) -> bool,
    ) -> Self {
        let near = &self.wordings;
        let literal = near.iter().filter(|near| is_literal(near));
        let literal: HashSet<usize> = literal.map(|near| near.candidate).collect();
        let mut order: Vec<usize> = entries(near).map(|near| near.candidate).collect();
        order.sort_by(|a, b| {
            let by_words = literal.contains(b).cmp(&literal.contains(a));
            by_words.then_with(|| chance(*b).total_cmp(&chance(*a)))
        });
        let of = |candidate| near.iter().filter(move |near| near.candidate == candidate);
        Self {
            wordings: order.into_iter().flat_map(of).copied().collect(),
            nearest: self.nearest,
        }
    }

    /// The wordings that decide whether anything answers: the first, and the nearest where that is another.
    pub(super) fn front(&self) -> impl Iterator<Item = Near> {
        let first = self.wordings.first().copied();
        let nearest = self.nearest.filter(|_| self.nearest != first);
        first.into_iter().chain(nearest)
    }

    /// The entries that are told of a question.
    pub(super) fn told(&self) -> Vec<Near> {
        entries(&self.wordings).take(NEAREST).collect()
    }
}

/// The first wording of each entry.
pub(in crate::faq) fn entries(wordings: &[Near]) -> impl Iterator<Item = Near> {
    let mut seen = HashSet::new();
    let first = wordings
        .iter()
        .filter(move |near| seen.insert(near.candidate));
    first.copied()
}
