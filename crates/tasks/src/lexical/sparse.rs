//! Vectors of which most numbers are 0.

use std::collections::HashMap;

/// A vector without negative numbers: its terms with what each weighs.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    numbers: HashMap<Box<str>, f64>,
    length: f64,
}

impl Vector {
    pub(super) fn new(numbers: HashMap<Box<str>, f64>) -> Self {
        let length = sum(numbers.values().map(|x| x * x)).sqrt();
        Self { numbers, length }
    }

    /// Cosine with another one, in [0, 1]; 0 where one has no length.
    pub(super) fn cosine(&self, other: &Self) -> f64 {
        let (few, many) = match self.numbers.len() <= other.numbers.len() {
            true => (&self.numbers, &other.numbers),
            false => (&other.numbers, &self.numbers),
        };
        let products = few
            .iter()
            .filter_map(|(term, x)| many.get(term).map(|y| x * y));
        let lengths = (self.length * other.length).max(f64::MIN_POSITIVE);
        (sum(products) / lengths).min(1.0)
    }
}

/// The sum in the order of size: a hash map has no order, and a score must not change from call to call.
fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    // Not `sum`, which answers -0 where there is nothing to add.
    numbers.iter().fold(0.0, |sum, x| sum + x)
}
