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
        source.loosen_number(name);
        match source.fields.optional(name) {
            None => Ok(Self(None)),
            Some((value @ (Json::Integer(_) | Json::Float(_)), _)) => Ok(Self(Some(value))),
            Some((other, path)) => Err(wrong_type(&path, "a whole number", &other)),
        }
    }

    /// This, or where it is absent the other, which clients send by another name.
    pub(crate) fn or(self, other: Self) -> Self {
        match self.0 {
            Some(_) => self,
            None => other,
        }
    }

    /// The same, where a whole number that no vector can be cut to means all, as in Ollama.
    pub(crate) fn at_most(&self, most: usize) -> Result<usize, ApiError> {
        match &self.0 {
            Some(Json::Float(x)) if x.fract() != 0.0 => self.of(most),
            _ => Ok(self.of(most).unwrap_or(most)),
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
