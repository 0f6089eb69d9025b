//! Remarks as they are compared.

use std::cmp::Reverse;

use yuyi_language::is_blank;

use super::agreement::{agrees_with_somebody, denies, disagrees, means_oneself};
use super::{Mode, agrees, said};
use crate::numbering::numbers_of_points;

/// Remarks, and old ones that they are compared with and that stay. Both are *nodes*: the old ones come first, and the remark with
/// index i is node `old() + i`.
#[derive(Clone, Debug)]
pub struct Remarks {
    old: usize,
    said: Vec<Box<str>>,
    kinds: Vec<Kind>,
}

/// What a node is compared with. Old ones that agree or say nothing are compared with nothing either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Others.
    Remark,
    /// Others. It disagrees, and nobody votes for it.
    Refusal,
    /// Others. It agrees with somebody by name, and who agrees behind it agrees with what it follows.
    Assent,
    /// Nothing, since it says that the speaker does it (我来), which another speaker says of himself.
    Oneself,
    /// Nothing, since it only agrees.
    Vote,
    /// Nothing, since it is blank.
    Silence,
}

/// The nodes that are compared, in the order in which [`Search`](super::Search) and [`Grouping`](super::Grouping) take them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Of old ones.
    pub old: Vec<u32>,
    /// Of the others: as they were said, or for all pairs the longest first.
    pub new: Vec<u32>,
}

impl Remarks {
    /// The remarks, in the order in which they were said, and the old ones. Blank ones are kept and repeat nothing. The number of a point of a list is not said.
    ///
    /// # Panics
    /// When there are more than `u32` counts.
    pub fn new<T: AsRef<str>>(
        remarks: impl IntoIterator<Item = T>,
        old: impl IntoIterator<Item = T>,
    ) -> Self {
        let mut all = Self {
            old: 0,
            said: Vec::new(),
            kinds: Vec::new(),
        };
        all.push_list(old);
        all.old = all.said.len();
        all.push_list(remarks);
        assert!(u32::try_from(all.said.len()).is_ok(), "too many remarks");
        all
    }

    fn push_list<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        let texts: Vec<T> = texts.into_iter().collect();
        let numbers = numbers_of_points(&texts);
        for (text, number) in texts.iter().zip(numbers) {
            self.push(&text.as_ref()[number..]);
        }
    }

    fn push(&mut self, text: &str) {
        self.kinds.push(match text {
            text if is_blank(text) => Kind::Silence,
            text if agrees(text) => Kind::Vote,
            text if disagrees(text) => Kind::Refusal,
            text if agrees_with_somebody(text) => Kind::Assent,
            text if means_oneself(text) => Kind::Oneself,
            _ => Kind::Remark,
        });
        self.said.push(said(text).into());
    }

    /// How many old ones there are.
    pub fn old(&self) -> usize {
        self.old
    }

    /// How many there are, without the old ones.
    pub fn new_ones(&self) -> usize {
        self.said.len() - self.old
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.said.len()
    }

    /// What a node says, which is what is embedded and compared.
    pub fn said(&self, node: u32) -> &str {
        &self.said[node as usize]
    }

    /// Whether a node only agrees.
    pub fn is_vote(&self, node: u32) -> bool {
        self.kinds[node as usize] == Kind::Vote
    }

    /// Whether a node agrees with somebody by name, so that it is nothing to agree with.
    pub(super) fn is_assent(&self, node: u32) -> bool {
        self.kinds[node as usize] == Kind::Assent
    }

    /// Whether a node that only agrees is a vote for another, which may itself refuse.
    pub fn may_vote(&self, vote: u32, node: u32) -> bool {
        let refuses = self.kinds[node as usize] == Kind::Refusal;
        !refuses && !denies(self.said(node), self.said(vote))
    }

    /// The nodes that are compared.
    pub fn order(&self, mode: Mode) -> Order {
        let compared = |nodes: std::ops::Range<usize>| -> Vec<u32> {
            let nodes = nodes.map(|node| node as u32);
            let is_remark = |node: &u32| {
                let kind = self.kinds[*node as usize];
                matches!(kind, Kind::Remark | Kind::Refusal | Kind::Assent)
            };
            nodes.filter(is_remark).collect()
        };
        let mut new = compared(self.old..self.nodes());
        if mode == Mode::All {
            new.sort_by_cached_key(|&node| (Reverse(self.length(node)), node));
        }
        Order {
            old: compared(0..self.old),
            new,
        }
    }

    /// Characters of what a node says.
    pub(super) fn length(&self, node: u32) -> usize {
        self.said(node).chars().count()
    }
}
