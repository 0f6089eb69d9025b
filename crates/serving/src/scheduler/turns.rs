//! Whose turn it is.
//!
//! A request that fits one turn as a whole stands in a lane of its own, which alternates with the lane of all others: a pair would
//! otherwise wait until each of fifty long requests has had its turn. Every second turn stays with the others, so a stream of short
//! requests cannot keep them waiting for ever. Batches alternate, too: one that begins with a short request takes no long text along,
//! which would hold up the answer as long as a batch of long ones does.

use std::collections::VecDeque;

/// Tells requests apart, in the order in which they came.
pub(super) type RequestId = u64;

/// Requests with jobs that nobody has taken, in the order of their turns.
pub(super) struct Turns {
    short: VecDeque<RequestId>,
    long: VecDeque<RequestId>,
    /// The lane of the next turn.
    next: Lane,
    /// The lane that began the last batch; `None`: the next request begins one.
    began: Option<Lane>,
    /// The one before.
    before: Lane,
}

impl Default for Turns {
    fn default() -> Self {
        Self {
            short: VecDeque::new(),
            long: VecDeque::new(),
            next: Lane::Short,
            began: None,
            before: Lane::Long,
        }
    }
}

/// Where a request waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lane {
    /// All of it is one turn.
    Short,
    Long,
}

impl Lane {
    fn other(self) -> Self {
        match self {
            Self::Short => Self::Long,
            Self::Long => Self::Short,
        }
    }
}

impl Turns {
    pub(super) fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    /// Begins a batch, where both lanes wait with the one that did not begin the last.
    pub(super) fn begin_batch(&mut self) {
        if let Some(began) = self.began.take() {
            self.before = began;
        }
        self.next = self.before.other();
    }

    /// The request whose turn it is, and its lane; it waits no longer.
    pub(super) fn pop(&mut self) -> Option<(RequestId, Lane)> {
        let first = self.next;
        self.next = first.other();
        let found = [first, first.other()]
            .into_iter()
            .find_map(|lane| Some((self.lane(lane).pop_front()?, lane)))?;
        self.began.get_or_insert(found.1);
        Some(found)
    }

    /// Lets a request wait behind all others of its lane.
    pub(super) fn push_back(&mut self, id: RequestId, lane: Lane) {
        self.lane(lane).push_back(id);
    }

    /// Gives a request the next turn of its lane.
    pub(super) fn push_front(&mut self, id: RequestId, lane: Lane) {
        self.lane(lane).push_front(id);
    }

    /// Those whose turns come before that of a new request of a lane, until it has had so many turns: for each, how many of
    /// them.
    pub(super) fn before(
        &self,
        lane: Lane,
        turns: usize,
    ) -> impl Iterator<Item = (RequestId, usize)> {
        // Beside every short request that goes before, one of the others has its turn.
        let long = match lane {
            Lane::Short => self.short.len() + 1,
            Lane::Long => self.long.len(),
        };
        let short = self.short.iter().map(|&id| (id, 1));
        short.chain(self.long.iter().take(long).map(move |&id| (id, turns)))
    }

    fn lane(&mut self, lane: Lane) -> &mut VecDeque<RequestId> {
        match lane {
            Lane::Short => &mut self.short,
            Lane::Long => &mut self.long,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lanes_alternate_and_one_that_is_empty_is_passed_over() {
        let mut turns = Turns::default();
        (1..4).for_each(|id| turns.push_back(id, Lane::Long));
        (4..6).for_each(|id| turns.push_back(id, Lane::Short));
        turns.begin_batch();
        let order: Vec<_> = std::iter::from_fn(|| turns.pop())
            .map(|(id, _)| id)
            .collect();
        assert_eq!(order, [4, 1, 5, 2, 3]);
        assert!(turns.is_empty());
    }

    #[test]
    fn each_lane_begins_every_second_batch() {
        let mut turns = Turns::default();
        let mut began = Vec::new();
        for id in 0..4 {
            turns.push_back(id, Lane::Long);
            turns.push_back(id, Lane::Short);
            turns.begin_batch();
            began.push(turns.pop().unwrap().1);
            turns.pop();
        }
        assert_eq!(began, [Lane::Short, Lane::Long, Lane::Short, Lane::Long]);
        // Whoever comes while only the others had something to do is next.
        let mut turns = Turns::default();
        for id in 0..3 {
            turns.push_back(id, Lane::Long);
            turns.begin_batch();
            assert_eq!(turns.pop(), Some((id, Lane::Long)));
        }
        turns.push_back(3, Lane::Long);
        turns.push_back(4, Lane::Short);
        turns.begin_batch();
        assert_eq!(turns.pop(), Some((4, Lane::Short)));
    }

    #[test]
    fn a_short_request_waits_for_one_of_the_others_beside_each_short_one() {
        let mut turns = Turns::default();
        (1..9).for_each(|id| turns.push_back(id, Lane::Long));
        turns.push_back(9, Lane::Short);
        let before = |lane, turns_wanted| turns.before(lane, turns_wanted).collect::<Vec<_>>();
        assert_eq!(before(Lane::Short, 1), [(9, 1), (1, 1), (2, 1)]);
        assert_eq!(before(Lane::Long, 3).len(), 9);
        assert_eq!(before(Lane::Long, 3)[1], (1, 3));
    }
}
