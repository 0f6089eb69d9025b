//! Whether a similarity means what it says.

use serde::Serialize;

/// Number of bins of equal width.
const BINS: usize = 10;

/// Similarities beside grades, both in [0, 1]: in ten bins of equal width of similarity.
pub struct Reliability {
    similarity: Vec<f64>,
    grade: Vec<f64>,
    bin: Vec<u8>,
}

/// What lies in a bin of similarity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Least similarity of the bin.
    pub low: f64,
    /// The bin ends below it; the last one contains its end.
    pub high: f64,
    /// How many observations there are.
    pub count: u64,
    /// Mean of their similarities; 0 in an empty bin.
    pub mean_similarity: f64,
    /// Mean of their grades; 0 in an empty bin.
    pub mean_grade: f64,
}

impl Reliability {
    /// Sorts into bins; values outside [0, 1] go to the outer ones.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn new(similarity: &[f64], grade: &[f64]) -> Self {
        assert_eq!(similarity.len(), grade.len(), "each score has one grade");
        let bin = |&s: &f64| (s * BINS as f64).clamp(0.0, (BINS - 1) as f64) as u8;
        Self {
            similarity: similarity.to_vec(),
            grade: grade.to_vec(),
            bin: similarity.iter().map(bin).collect(),
        }
    }

    /// The ten bins of a sample, empty ones included.
    pub fn bins(&self, counts: &[u32]) -> [Bin; BINS] {
        let mut bins: [Bin; BINS] = std::array::from_fn(|i| Bin {
            low: i as f64 / BINS as f64,
            high: (i + 1) as f64 / BINS as f64,
            ..Bin::default()
        });
        let values = self.similarity.iter().zip(&self.grade);
        for (((similarity, grade), &bin), &count) in values.zip(&self.bin).zip(counts) {
            let bin = &mut bins[usize::from(bin)];
            bin.count += u64::from(count);
            bin.mean_similarity += f64::from(count) * similarity;
            bin.mean_grade += f64::from(count) * grade;
        }
        for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
            bin.mean_similarity /= bin.count as f64;
            bin.mean_grade /= bin.count as f64;
        }
        bins
    }

    /// Expected calibration error of a sample: |mean similarity − mean grade| of the bins, weighted by count. `None` of nothing.
    pub fn ece(&self, counts: &[u32]) -> Option<f64> {
        let bins = self.bins(counts);
        let n: u64 = bins.iter().map(|bin| bin.count).sum();
        let gap = |bin: &Bin| bin.count as f64 * (bin.mean_similarity - bin.mean_grade).abs();
        (n > 0)
            .then(|| bins.iter().map(gap).sum::<f64>() / n as f64)
            .filter(|error| error.is_finite())
    }
}
