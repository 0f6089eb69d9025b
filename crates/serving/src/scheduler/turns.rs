//! Whose turn it is.
//!
//! A request that fits one turn as a whole stands in a queue of its own, which alternates with that of all others: a pair would
//! otherwise wait until each of fifty long requests has had its turn. Every second turn stays with the others, so a stream of short
//! requests cannot keep them waiting for ever. Batches alternate, too: one that begins with a short request takes no long text along,
//! which would hold up the answer as long as a batch of long ones does.

use std::collections::VecDeque;

/// Tells requests apart, in the order in which they came.
pub(super) type RequestId = u64;

/// Requests with jobs that nobody has taken, in the order of their turns.
pub(super) struct TurnOrder {
    short: VecDeque<RequestId>,
    long: VecDeque<RequestId>,
    /// Whose turn is next.
    next: Length,
    /// Which began the last batch; `None`: the next request begins one.
    began: Option<Length>,
    /// The one before.
    before: Length,
}

impl Default for TurnOrder {
    fn default() -> Self {
        Self {
            short: VecDeque::new(),
            long: VecDeque::new(),
            next: Length::Short,
            began: None,
            before: Length::Long,
        }
    }
}

/// How long a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Length {
    /// All of it is one turn.
    Short,
    Long,
}

impl Length {
    fn other(self) -> Self {
        match self {
            Self::Short => Self::Long,
            Self::Long => Self::Short,
        }
    }
}

impl TurnOrder {
    pub(super) fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    /// Begins a batch, where both wait with the one that did not begin the last.
    pub(super) fn begin_batch(&mut self) {
        if let Some(began) = self.began.take() {
            self.before = began;
        }
        self.next = self.before.other();
    }

    /// The request whose turn it is, and its length; it waits no longer.
    pub(super) fn pop(&mut self) -> Option<(RequestId, Length)> {
        let first = self.next;
        self.next = first.other();
        let found = [first, first.other()]
            .into_iter()
            .find_map(|length| Some((self.queue(length).pop_front()?, length)))?;
        self.began.get_or_insert(found.1);
        Some(found)
    }

    /// Lets a request wait behind all others of its length.
    pub(super) fn push_back(&mut self, id: RequestId, length: Length) {
        self.queue(length).push_back(id);
    }

    /// Gives a request the next turn of its length.
    pub(super) fn push_front(&mut self, id: RequestId, length: Length) {
        self.queue(length).push_front(id);
    }

    /// Those whose turns come before that of a new request of that length, until it has had so many turns: for each, how many of
    /// them.
    pub(super) fn before(
        &self,
        length: Length,
        turns: usize,
    ) -> impl Iterator<Item = (RequestId, usize)> {
        // Beside every short request that goes before, one of the others has its turn.
        let long = match length {
            Length::Short => self.short.len() + 1,
            Length::Long => self.long.len(),
        };
        let short = self.short.iter().map(|&id| (id, 1));
        short.chain(self.long.iter().take(long).map(move |&id| (id, turns)))
    }

    fn queue(&mut self, length: Length) -> &mut VecDeque<RequestId> {
        match length {
            Length::Short => &mut self.short,
            Length::Long => &mut self.long,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_requests_alternate_and_one_that_is_empty_is_passed_over() {
        let mut turns = TurnOrder::default();
        (1..4).for_each(|id| turns.push_back(id, Length::Long));
        (4..6).for_each(|id| turns.push_back(id, Length::Short));
        turns.begin_batch();
        let order: Vec<_> = std::iter::from_fn(|| turns.pop())
            .map(|(id, _)| id)
            .collect();
        assert_eq!(order, [4, 1, 5, 2, 3]);
        assert!(turns.is_empty());
    }

    #[test]
    fn each_length_begins_every_second_batch() {
        let mut turns = TurnOrder::default();
        let mut began = Vec::new();
        for id in 0..4 {
            turns.push_back(id, Length::Long);
            turns.push_back(id, Length::Short);
            turns.begin_batch();
            began.push(turns.pop().unwrap().1);
            turns.pop();
        }
        assert_eq!(
            began,
            [Length::Short, Length::Long, Length::Short, Length::Long]
        );
        // Whoever comes while only the others had something to do is next.
        let mut turns = TurnOrder::default();
        for id in 0..3 {
            turns.push_back(id, Length::Long);
            turns.begin_batch();
            assert_eq!(turns.pop(), Some((id, Length::Long)));
        }
        turns.push_back(3, Length::Long);
        turns.push_back(4, Length::Short);
        turns.begin_batch();
        assert_eq!(turns.pop(), Some((4, Length::Short)));
    }

    #[test]
    fn a_short_request_waits_for_one_of_the_others_beside_each_short_one() {
        let mut turns = TurnOrder::default();
        (1..9).for_each(|id| turns.push_back(id, Length::Long));
        turns.push_back(9, Length::Short);
        let before = |length, wanted| turns.before(length, wanted).collect::<Vec<_>>();
        assert_eq!(before(Length::Short, 1), [(9, 1), (1, 1), (2, 1)]);
        assert_eq!(before(Length::Long, 3).len(), 9);
        assert_eq!(before(Length::Long, 3)[1], (1, 3));
    }
}
