//! Vectors in other forms than the model's: fewer numbers, another length.

use yuyi_encoder::Encoded;

/// The first `dimensions` numbers of a unit vector, scaled to length 1 again. Numbers that are all zero have no direction
/// and stay what they are.
pub fn shorten(vector: &[f32], dimensions: usize) -> Vec<f32> {
    let mut short = vector[..dimensions.min(vector.len())].to_vec();
    if short.len() < vector.len() {
        let squares = short.iter().map(|&x| f64::from(x).powi(2));
        let length = squares.sum::<f64>().sqrt();
        if length > 0.0 {
            let scaled = |x: &mut f32| *x = (f64::from(*x) / length) as f32;
            short.iter_mut().for_each(scaled);
        }
    }
    short
}

/// The first `dimensions` numbers of a vector, as long as the model gave it before it was scaled to 1.
pub fn unscaled(encoded: &Encoded, dimensions: usize) -> Vec<f32> {
    let numbers = encoded.vector.iter().take(dimensions);
    numbers.map(|x| x * encoded.length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_vectors_are_unit_vectors() {
        let short = shorten(&[0.36, 0.48, 0.8], 2);
        assert!(
            (short[0] - 0.6).abs() < 1e-6 && (short[1] - 0.8).abs() < 1e-6,
            "{short:?}"
        );
        assert_eq!(shorten(&[0.6, 0.8], 2), [0.6, 0.8]);
        assert_eq!(shorten(&[0.6, 0.8], 3), [0.6, 0.8]);
        assert_eq!(shorten(&[0.0, 1.0], 1), [0.0]);
    }

    #[test]
    fn the_length_comes_back() {
        let encoded = Encoded {
            vector: vec![0.6, 0.8],
            length: 5.0,
            tokens: 1,
            truncated: false,
            unknown: 0,
            states: None,
        };
        assert_eq!(unscaled(&encoded, 2), [3.0, 4.0]);
        assert_eq!(unscaled(&encoded, 1), [3.0]);
    }
}
