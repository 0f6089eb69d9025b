//! Groups of remarks that follow each other.

use super::state::State;
use super::{Order, Pair, Remarks, held_back};

/// Members up to which a group may get another representative: all of them are compared with it.
const MOST_MEMBERS: usize = 32;

/// The group that the last remark belongs to.
#[derive(Debug, Default)]
pub(super) struct Adjacent {
    /// The representative is the first; empty: none.
    group: Vec<u32>,
    /// How many of the order were placed.
    placed: usize,
}

impl Adjacent {
    /// Remarks up to this one, which are near none before them: each begins a group.
    pub(super) fn skip_to(&mut self, node: u32, order: &Order, states: &[State]) {
        while let Some(&next) = order.new.get(self.placed).filter(|&&next| next < node) {
            self.begin(next, states);
            self.placed += 1;
        }
    }

    /// A remark that repeats an old one is no one's representative.
    fn begin(&mut self, node: u32, states: &[State]) {
        self.group.clear();
        if states[node as usize].repeats.is_none() {
            self.group.push(node);
        }
    }

    /// The next remark, with the earlier ones that it is near to, in order.
    pub(super) fn place<E>(
        &mut self,
        node: u32,
        near: &[Pair],
        threshold: f64,
        remarks: &Remarks,
        states: &mut [State],
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        self.placed += 1;
        let similarity = |other: u32| {
            let place = near.binary_search_by_key(&other, |pair| pair.left).ok()?;
            Some(near[place].similarity).filter(|similarity| *similarity >= threshold)
        };
        let representative = self.group.first().copied();
        let is_old = states[node as usize].repeats.is_some();
        let nearest = representative.filter(|_| !is_old);
        let Some((to, reached)) = nearest.and_then(|to| Some((to, similarity(to)?))) else {
            self.begin(node, states);
            return Ok(());
        };
        look()?;
        if let Some(why) = held_back(remarks.said(to), remarks.said(node)) {
            states[node as usize].held = Some((to, reached, why));
            self.begin(node, states);
            return Ok(());
        }
        states[node as usize].repeats = Some((to, reached));
        self.group.push(node);
        let is_longer = remarks.length(node) > remarks.length(to);
        if is_longer && self.may_stand_for_all(node, similarity, remarks, look)? {
            self.let_stand_for_all(node, similarity, states);
        }
        Ok(())
    }

    /// Whether all members are near the newest, and nothing of them would be lost.
    fn may_stand_for_all<E>(
        &self,
        node: u32,
        similarity: impl Fn(u32) -> Option<f64>,
        remarks: &Remarks,
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<bool, E> {
        if self.group.len() > MOST_MEMBERS {
            return Ok(false);
        }
        for &member in &self.group {
            if member == node {
                continue;
            }
            look()?;
            let is_held = held_back(remarks.said(node), remarks.said(member)).is_some();
            if similarity(member).is_none() || is_held {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn let_stand_for_all(
        &mut self,
        node: u32,
        similarity: impl Fn(u32) -> Option<f64>,
        states: &mut [State],
    ) {
        self.group.retain(|&member| member != node);
        for &member in &self.group {
            let near = similarity(member).map(|similarity| (node, similarity));
            states[member as usize].repeats = near;
        }
        states[node as usize].repeats = None;
        self.group.insert(0, node);
    }
}
