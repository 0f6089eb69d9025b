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
        let nearest = self.ranked(&cosines).into_iter().take(limit);
        let with_all = |found: FaqMatch| {
            let wordings = self.entries[found.entry].clone();
            (found.entry, cosines[wordings].to_vec())
        };
        nearest.map(with_all).collect()
    }

    /// The cosines of a question and all wordings.
    fn cosines(&self, question: &[f32]) -> Vec<f64> {
        let mut products = vec![0.0; self.wordings.rows()];
        let wordings = self.wordings.view();
        dot_each(Kernel::of_process(), question, wordings, &mut products);
        products.into_iter().map(as_cosine).collect()
    }

    fn ranked(&self, cosines: &[f64]) -> Vec<FaqMatch> {
        let nearest = |wordings: &Range<usize>| {
            let cosines = cosines[wordings.clone()].iter().copied();
            cosines.fold(-1.0, f64::max)
        };
        let entries = self.entries.iter().map(nearest).enumerate();
        let mut found: Vec<FaqMatch> = entries
            .map(|(entry, cosine)| FaqMatch { entry, cosine })
            .collect();
        found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        found
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
    }
}
