//! Search among the wordings of a FAQ.

use std::ops::Range;

use yuyi_kernels::{Kernel, Vectors, as_cosine, dot_each};

/// The unit vectors of all wordings of a FAQ, by entry.
#[derive(Clone, Debug)]
pub struct FaqIndex {
    wordings: Vectors,
    /// The rows of each entry's wordings.
    entries: Vec<Range<usize>>,
}

/// An entry that a search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaqMatch {
    /// Its place among the entries of the FAQ.
    pub entry: usize,
    /// Cosine of the question and the wording of the entry that is nearest to it.
    pub cosine: f64,
}

impl FaqMatch {
    /// The nearest first, and of equally near ones the first.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let by_cosine = other.cosine.total_cmp(&self.cosine);
        by_cosine.then(self.entry.cmp(&other.entry))
    }
}

impl FaqIndex {
    /// The index of entries, each with the unit vectors of its wordings, at least one.
    ///
    /// # Panics
    /// When the vectors are not of one dimension.
    pub fn new<'v, W>(entries: impl IntoIterator<Item = W>) -> Self
    where
        W: IntoIterator<Item = &'v [f32]>,
    {
        let mut rows = Vec::new();
        let add = |entry: W| {
            let first = rows.len();
            rows.extend(entry);
            first..rows.len()
        };
        let entries = entries.into_iter().map(add).collect();
        Self {
            wordings: Vectors::from_rows(rows),
            entries,
        }
    }

    /// All entries, the nearest to a question first; those that are equally near in their order.
    ///
    /// # Panics
    /// When the question's vector has another dimension.
    pub fn rank(&self, question: &[f32]) -> Vec<FaqMatch> {
        self.ranked(&self.cosines(question))
    }

    /// The `limit` entries that are nearest to a question, in the order of [`rank`](Self::rank), each with the cosines of all of its wordings.
    ///
    /// # Panics
    /// When the question's vector has another dimension.
    pub fn nearest(&self, question: &[f32], limit: usize) -> Vec<(usize, Vec<f64>)> {
        let cosines = self.cosines(question);
        let mut nearest = self.each(&cosines);
        if limit < nearest.len() {
            nearest.select_nth_unstable_by(limit, FaqMatch::order);
            nearest.truncate(limit);
        }
        nearest.sort_unstable_by(FaqMatch::order);
        let nearest = nearest.into_iter();
        let with_all = |found: FaqMatch| {
            let wordings = self.entries[found.entry].clone();
            (found.entry, cosines[wordings].to_vec())
        };
        nearest.map(with_all).collect()
    }

    /// The place, from 1, of the nearest of some entries among all: one behind those that are nearer to a question. With its cosine; `None` where there are none of them.
    ///
    /// # Panics
    /// When the question's vector has another dimension, or an entry is not there.
    pub fn standing(&self, question: &[f32], entries: &[usize]) -> Option<(usize, f64)> {
        let all = self.each(&self.cosines(question));
        let of_these = entries.iter().map(|&entry| all[entry].cosine);
        let best = of_these.max_by(f64::total_cmp)?;
        let nearer = all.iter().filter(|found| found.cosine > best).count();
        Some((nearer + 1, best))
    }

    /// The unit vector of a wording.
    ///
    /// # Panics
    /// When it is not there.
    pub fn vector(&self, entry: usize, wording: usize) -> &[f32] {
        let rows = self.entries[entry].clone();
        let row = rows.start + wording;
        assert!(rows.contains(&row), "the entry has no such wording");
        self.wordings.row(row)
    }

    /// The cosines of a question and all wordings.
    fn cosines(&self, question: &[f32]) -> Vec<f64> {
        let mut products = vec![0.0; self.wordings.rows()];
        let wordings = self.wordings.view();
        dot_each(Kernel::of_process(), question, wordings, &mut products);
        products.into_iter().map(as_cosine).collect()
    }

    fn ranked(&self, cosines: &[f64]) -> Vec<FaqMatch> {
        let mut found = self.each(cosines);
        found.sort_unstable_by(FaqMatch::order);
        found
    }

    /// All entries in their order, with the cosines of all wordings.
    fn each(&self, cosines: &[f64]) -> Vec<FaqMatch> {
        let nearest = |wordings: &Range<usize>| {
            let cosines = cosines[wordings.clone()].iter().copied();
            cosines.fold(-1.0, f64::max)
        };
        let entries = self.entries.iter().map(nearest).enumerate();
        entries
            .map(|(entry, cosine)| FaqMatch { entry, cosine })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_as_near_as_its_nearest_wording() {
        let (east, north, between): (&[f32], &[f32], &[f32]) =
            (&[1.0, 0.0], &[0.0, 1.0], &[0.6, 0.8]);
        let index = FaqIndex::new([vec![east], vec![north, between], vec![east]]);
        let places = |question| -> Vec<usize> {
            let found = index.rank(question).into_iter();
            found.map(|found| found.entry).collect()
        };
        assert_eq!(places(east), [0, 2, 1]);
        assert_eq!(places(north), [1, 0, 2]);
        let nearest = index.rank(between)[0];
        assert_eq!(nearest.entry, 1);
        assert!((nearest.cosine - 1.0).abs() < 1e-6);
        let [(entry, ref cosines)] = index.nearest(north, 1)[..] else {
            panic!("one was asked for")
        };
        assert_eq!((entry, cosines.len(), cosines[0]), (1, 2, 1.0));
        assert_eq!(index.vector(1, 1), between);
        assert_eq!(index.standing(east, &[1]).unwrap().0, 3);
        assert_eq!(index.standing(east, &[2, 1]), Some((1, 1.0)));
        assert_eq!(index.standing(east, &[]), None);
        let few: Vec<usize> = index.nearest(east, 2).iter().map(|found| found.0).collect();
        assert_eq!(few, [0, 2]);
    }
}
