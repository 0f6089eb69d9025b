//! How often values lie where.

/// Counts of values up to each of some bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One for each bound, and one for what lies above all.
    counts: Vec<u64>,
    sum: f64,
}

impl Histogram {
    /// An empty one; `bounds` ascend.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    /// Counts a value.
    pub fn observe(&mut self, value: f64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts[at] += 1;
        self.sum += value;
    }

    /// The bounds, ascending.
    pub fn bounds(&self) -> &'static [f64] {
        self.bounds
    }

    /// How many values lie above the bound before and up to this one, for each bound; the last: above all bounds.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Sum of all values.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}
