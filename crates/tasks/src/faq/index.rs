//! Search among the wordings of a FAQ.

use crate::cosine;

/// The unit vectors of all wordings of a FAQ, by entry.
#[derive(Clone, Debug)]
pub struct FaqIndex<'v> {
    wordings: Vec<Vec<&'v [f32]>>,
}

/// An entry that a search found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaqMatch {
    /// Its place among the entries of the FAQ.
    pub entry: usize,
    /// Cosine of the question and the wording of the entry that is nearest to it.
    pub cosine: f64,
}

impl<'v> FaqIndex<'v> {
    /// The index of entries, each with the unit vectors of its wordings, at least one.
    pub fn new<W>(entries: impl IntoIterator<Item = W>) -> Self
    where
        W: IntoIterator<Item = &'v [f32]>,
    {
        let wordings = entries.into_iter().map(|entry| entry.into_iter().collect());
        Self {
            wordings: wordings.collect(),
        }
    }

    /// All entries, the nearest to a question first; those that are equally near in their order.
    pub fn rank(&self, question: &[f32]) -> Vec<FaqMatch> {
        let found = self.wordings.iter().enumerate();
        let mut found: Vec<FaqMatch> = found
            .map(|(entry, wordings)| FaqMatch {
                entry,
                cosine: nearest(question, wordings),
            })
            .collect();
        found.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        found
    }
}

/// Cosine of a question and the wording that is nearest to it.
fn nearest(question: &[f32], wordings: &[&[f32]]) -> f64 {
    let cosines = wordings.iter().map(|wording| cosine(question, wording));
    cosines.fold(-1.0, f64::max)
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
    }
}
