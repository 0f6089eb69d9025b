//! Pairs to groups.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use yuyi_language::numbers;

use super::adjacent::Adjacent;
use super::state::State;
use super::{
    Group, Groups, HeldBack, Member, Mode, Options, Order, Pair, Remarks, Vote, held_back,
};

/// Representatives that may hold a remark back before only those are looked at that tell the same numbers: where thousands of remarks
/// differ in a number alone, each would be held against all.
const MOST_HELD: u8 = 8;

/// Looks at a remark at most.
const MOST_LOOKS: u8 = 64;

/// Groups that come about as pairs are found. The memory is in proportion to the remarks, however many pairs there are.
///
/// For all pairs: remarks come longest first, so when a remark has met all that are longer it is known whether it repeats one of them or is
/// a representative. Each repeats the nearest representative of those that reach the threshold, and of equals the longer.
pub struct Grouping<'a> {
    remarks: &'a Remarks,
    order: &'a Order,
    options: Options,
    states: Vec<State>,
    adjacent: Adjacent,
    /// What the numbers of nodes come to, for those that were asked for.
    figures: HashMap<u32, u64>,
}

impl<'a> Grouping<'a> {
    /// No groups yet.
    pub fn new(remarks: &'a Remarks, order: &'a Order, options: Options) -> Self {
        Self {
            remarks,
            order,
            options,
            states: vec![State::default(); remarks.nodes()],
            adjacent: Adjacent::default(),
            figures: HashMap::new(),
        }
    }

    /// The groups of pairs that were found before, in any order. Those below the threshold that they were searched with are not among
    /// them, so the groups are right for higher ones only.
    pub fn again(
        remarks: &Remarks,
        order: &Order,
        options: Options,
        mut pairs: Vec<Pair>,
    ) -> Groups {
        let mut places = vec![0; remarks.nodes()];
        for (place, &node) in order.old.iter().chain(&order.new).enumerate() {
            places[node as usize] = place;
        }
        let place = |node: u32| places[node as usize];
        pairs.retain(|pair| pair.similarity >= options.threshold);
        for pair in &mut pairs {
            if place(pair.left) > place(pair.right) {
                std::mem::swap(&mut pair.left, &mut pair.right);
            }
        }
        let is_old = |pair: &Pair| (pair.left as usize) < remarks.old();
        pairs.sort_unstable_by_key(|pair| {
            let (left, right) = (place(pair.left), place(pair.right));
            match options.mode {
                Mode::Adjacent if !is_old(pair) => (true, right, left),
                _ => (!is_old(pair), left, right),
            }
        });
        let mut grouping = Grouping::new(remarks, order, options);
        let looked: Result<(), std::convert::Infallible> = grouping.take(&pairs, &mut || Ok(()));
        match looked {
            Ok(()) => grouping.finish(),
            Err(never) => match never {},
        }
    }

    /// Takes the pairs of the next block, or of several. `look` is called before two texts are compared, which takes the most time.
    ///
    /// # Errors
    /// That of `look`.
    pub fn take<E>(
        &mut self,
        pairs: &[Pair],
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        let is_old = |pair: &Pair| (pair.left as usize) < self.remarks.old();
        let olds = pairs.iter().take_while(|pair| is_old(pair)).count();
        let (old, new) = pairs.split_at(olds);
        for pair in old {
            self.meet(pair, look)?;
        }
        match self.options.mode {
            Mode::All => new.iter().try_for_each(|pair| self.meet(pair, look)),
            Mode::Adjacent => self.go_on(new, look),
        }
    }

    /// A pair whose left node has met all that come before it.
    fn meet<E>(&mut self, pair: &Pair, look: &mut impl FnMut() -> Result<(), E>) -> Result<(), E> {
        let Pair {
            left,
            right,
            similarity,
        } = *pair;
        let is_nearer = |known: Option<f64>| known.is_none_or(|known| similarity > known);
        let state = self.states[right as usize];
        let is_represented = self.states[left as usize].repeats.is_some();
        let repeats = state.repeats.map(|(_, similarity)| similarity);
        if similarity < self.options.threshold || is_represented || !is_nearer(repeats) {
            return Ok(());
        }
        match self.differ(left, right, look)? {
            Some(None) => self.states[right as usize].repeats = Some((left, similarity)),
            Some(Some(why)) => {
                let state = &mut self.states[right as usize];
                state.holds = state.holds.saturating_add(1);
                if is_nearer(state.held.map(|(_, similarity, _)| similarity)) {
                    state.held = Some((left, similarity, why));
                }
            }
            None => {}
        }
        Ok(())
    }

    /// What two nodes differ in; `None`: it is not looked at.
    #[expect(
        clippy::option_option,
        reason = "not looked at, or looked at and nothing found"
    )]
    fn differ<E>(
        &mut self,
        left: u32,
        right: u32,
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Option<HeldBack>>, E> {
        let texts = [left, right].map(|node| self.remarks.said(node));
        if texts[0] == texts[1] {
            return Ok(Some(None));
        }
        let State { holds, looks, .. } = self.states[right as usize];
        if looks == MOST_LOOKS || (holds >= MOST_HELD && self.figures(left) != self.figures(right))
        {
            return Ok(None);
        }
        look()?;
        self.states[right as usize].looks += 1;
        Ok(Some(held_back(texts[0], texts[1])))
    }

    /// What the numbers of a node come to: the same for two that tell the same ones.
    fn figures(&mut self, node: u32) -> u64 {
        let remarks = self.remarks;
        *self.figures.entry(node).or_insert_with(|| {
            let told = numbers(remarks.said(node)).into_iter();
            let mut told: Vec<String> = told.map(|number| number.normal_form()).collect();
            told.sort_unstable();
            told.dedup();
            let mut hasher = DefaultHasher::new();
            told.hash(&mut hasher);
            hasher.finish()
        })
    }

    /// Pairs of neighbours, by their right nodes.
    fn go_on<E>(
        &mut self,
        pairs: &[Pair],
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        for near in pairs.chunk_by(|a, b| a.right == b.right) {
            let node = near[0].right;
            self.adjacent.skip_to(node, self.order, &self.states);
            let (remarks, states) = (self.remarks, &mut self.states);
            let threshold = self.options.threshold;
            self.adjacent
                .place(node, near, threshold, remarks, states, look)?;
        }
        Ok(())
    }

    /// The groups, when all pairs were taken.
    pub fn finish(self) -> Groups {
        let Self {
            remarks, states, ..
        } = self;
        let old = remarks.old();
        let mut members: BTreeMap<u32, Vec<Member>> = BTreeMap::new();
        let (mut kept, mut duplicates, mut votes) = (Vec::new(), 0, Vec::new());
        let mut answered: Option<u32> = None;
        for (index, state) in states[old..].iter().enumerate() {
            let node = (old + index) as u32;
            if remarks.is_vote(node) {
                match answered.filter(|&to| remarks.may_vote(node, to)) {
                    Some(to) => votes.push(vote(index, to, old)),
                    // It is told nowhere else.
                    None => kept.push(index),
                }
                continue;
            }
            let near = match (state.repeats, state.held) {
                (Some((to, similarity)), _) => Some((to, similarity, None)),
                (None, Some((to, similarity, why))) => Some((to, similarity, Some(why))),
                (None, None) => None,
            };
            if let Some((to, similarity, held_back)) = near {
                members.entry(to).or_default().push(Member {
                    index,
                    similarity,
                    held_back,
                });
            }
            let stands = state.repeats.map_or(node, |(to, _)| to);
            match state.repeats {
                Some(_) => duplicates += 1,
                None => kept.push(index),
            }
            if !remarks.is_assent(node) {
                answered = Some(stands);
            }
        }
        let groups = members.into_iter().map(|(node, members)| {
            let place = (node as usize).checked_sub(old);
            Group {
                representative: place,
                against: place.is_none().then_some(node as usize),
                members,
            }
        });
        Groups {
            groups: groups.collect(),
            kept,
            duplicates,
            votes,
        }
    }
}

/// The vote of a remark for a node.
fn vote(index: usize, to: u32, old: usize) -> Vote {
    let answers = (to as usize).checked_sub(old);
    Vote {
        index,
        answers,
        for_against: answers.is_none().then_some(to as usize),
        speaker: None,
    }
}
