//! Vectors of which most numbers are 0.

use std::collections::HashMap;
use std::hash::Hash;

/// Cosine of two vectors without negative numbers, in [0, 1]; 0 where one has no length.
pub(super) fn cosine<T: Eq + Hash>(a: &HashMap<T, f64>, b: &HashMap<T, f64>) -> f64 {
    // In the same order of terms whichever is first, so that the sum has the same rounding.
    let (few, many) = match a.len() <= b.len() {
        true => (a, b),
        false => (b, a),
    };
    let product = |(term, x): (&T, &f64)| many.get(term).map(|y| x * y);
    sum(few.iter().filter_map(product)) / (length(a) * length(b)).max(f64::MIN_POSITIVE)
}

fn length<T>(vector: &HashMap<T, f64>) -> f64 {
    sum(vector.values().map(|x| x * x)).sqrt()
}

/// The sum in the order of size: a hash map has no order, and a score must not change from call to call.
fn sum(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    // Not `sum`, which answers -0 where there is nothing to add.
    numbers.iter().fold(0.0, |sum, x| sum + x)
}
