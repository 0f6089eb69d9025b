//! What is to be compared.

use yuyi_files::Transcript;
use yuyi_tasks::dedup::{Mode, Options, Order, Pair, Remarks};

/// Remarks and old ones, and how they are compared.
pub struct Job {
    pub remarks: Remarks,
    pub order: Order,
    pub options: Options,
    /// From which similarity on pairs are told.
    pub above: f64,
}

impl Job {
    pub fn new(
        minutes: &Transcript,
        old: Option<&Transcript>,
        options: Options,
        above: f64,
    ) -> Self {
        fn texts(minutes: &Transcript) -> impl Iterator<Item = &str> {
            minutes.turns.iter().map(|turn| &*turn.text)
        }
        let remarks = Remarks::new(texts(minutes), old.into_iter().flat_map(texts));
        Self {
            order: remarks.order(options.mode),
            remarks,
            options,
            above,
        }
    }

    /// The nodes that are compared, in the order of their vectors.
    pub fn nodes(&self) -> impl Iterator<Item = u32> {
        self.order.old.iter().chain(&self.order.new).copied()
    }

    /// What tells these remarks from others: a digest of what they say, and of which are old.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.remarks.old() as u64).to_le_bytes());
        for node in 0..self.remarks.nodes() as u32 {
            let said = self.remarks.said(node).as_bytes();
            hasher.update(&(said.len() as u64).to_le_bytes());
            hasher.update(said);
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Pairs of a file as the search found them: on the left the one that may stand for both.
    pub fn oriented(&self, pairs: &[Pair]) -> Vec<Pair> {
        let length = |node: u32| self.remarks.said(node).chars().count();
        let is_old = |node: u32| (node as usize) < self.remarks.old();
        let turn = |pair: &Pair| {
            let Pair { left, right, .. } = *pair;
            let is_turned =
                self.mode() == Mode::All && !is_old(left) && length(right) > length(left);
            match is_turned {
                true => Pair {
                    left: right,
                    right: left,
                    ..*pair
                },
                false => *pair,
            }
        };
        pairs.iter().map(turn).collect()
    }

    /// What is compared.
    pub fn mode(&self) -> Mode {
        self.options.mode
    }
}
