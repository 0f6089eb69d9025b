//! Vectors of fewer numbers than the model gives.

use crate::ApiError;
use crate::request::Source;
use crate::request::fields::wrong_type;
use crate::request::json::Json;

/// How many numbers of a vector a request wants.
#[derive(Debug)]
pub(crate) struct Dimensions(Option<Json>);

impl Dimensions {
    /// The field of a request. Its value is checked when the model is known.
    pub(crate) fn take(source: &mut Source<'_>, name: &'static str) -> Result<Self, ApiError> {
        match source.fields.optional(name) {
            None => Ok(Self(None)),
            Some((value @ (Json::Integer(_) | Json::Float(_)), _)) => Ok(Self(Some(value))),
            Some((other, path)) => Err(wrong_type(&path, "a whole number", &other)),
        }
    }

    /// Length of the vectors to answer with, for a model whose vectors have `most` numbers.
    pub(crate) fn of(&self, most: usize) -> Result<usize, ApiError> {
        let refused = |value: String| Err(ApiError::InvalidDimensions { value, most });
        match &self.0 {
            Some(Json::Integer(n)) => match usize::try_from(*n) {
                Ok(n) if (1..=most).contains(&n) => Ok(n),
                _ => refused(n.to_string()),
            },
            // 2.0 is a whole number to a schema of JSON.
            Some(Json::Float(x)) if x.fract() == 0.0 && (1.0..=most as f64).contains(x) => {
                Ok(*x as usize)
            }
            Some(Json::Float(x)) => refused(x.to_string()),
            _ => Ok(most),
        }
    }
}

/// The first `dimensions` numbers, scaled to length 1 again.
pub(crate) fn shorten(mut vector: Vec<f32>, dimensions: usize) -> Vec<f32> {
    if dimensions < vector.len() {
        vector.truncate(dimensions);
        let squares = vector.iter().map(|&x| f64::from(x).powi(2));
        let length = squares.sum::<f64>().sqrt();
        // Numbers that are all zero have no direction and stay what they are.
        if length > 0.0 {
            vector
                .iter_mut()
                .for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
    }
    vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_vectors_are_unit_vectors() {
        let short = shorten(vec![0.36, 0.48, 0.8], 2);
        assert!(
            (short[0] - 0.6).abs() < 1e-6 && (short[1] - 0.8).abs() < 1e-6,
            "{short:?}"
        );
        assert_eq!(shorten(vec![0.6, 0.8], 2), [0.6, 0.8]);
        assert_eq!(shorten(vec![0.0, 1.0], 1), [0.0]);
    }
}
