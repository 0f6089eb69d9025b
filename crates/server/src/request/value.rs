//! JSON that is kept as it is: payloads, filters, vectors.

use serde_json::{Map, Number, Value};

use crate::ApiError;
use crate::request::Source;
use crate::request::fields::{half_a_character, wrong_type};
use crate::request::json::Json;
use crate::shown::Shown;

/// A document as others know it; `path` is where it stands.
///
/// # Errors
/// When a text in it holds half a character, which cannot be kept.
pub(crate) fn value(json: Json, path: &str) -> Result<Value, ApiError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => flag.into(),
        // All that were read are of 64 bits, or finite.
        Json::Integer(number) => Number::from_i128(number).map_or(Value::Null, Value::Number),
        Json::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Json::String(text) => text.into(),
        Json::Broken(_) => return Err(half_a_character(path)),
        Json::Array(list) => {
            let each = list.into_iter().enumerate();
            let values = each.map(|(i, json)| value(json, &format!("{path}[{i}]")));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        Json::Object(fields) => Value::Object(object(fields, path)?),
    })
}

fn object(fields: Vec<(String, Json)>, path: &str) -> Result<Map<String, Value>, ApiError> {
    let field = |(name, json): (String, Json)| {
        let path = format!("{path}.{}", Shown(&name));
        Ok((name, value(json, &path)?))
    };
    fields.into_iter().map(field).collect()
}

/// An object of anything, which may be absent: an empty one then.
pub(crate) fn payload(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Map<String, Value>, ApiError> {
    match source.fields.optional(name) {
        None => Ok(Map::new()),
        Some((Json::Object(fields), path)) => object(fields, &path),
        Some((other, path)) => Err(wrong_type(&path, "an object", &other)),
    }
}

/// A vector, which may be absent.
pub(crate) fn vector(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Vec<f32>>, ApiError> {
    let found = source.fields.optional(name);
    found.map(|(json, path)| numbers(json, &path)).transpose()
}

/// A list of vectors, which may be absent.
pub(crate) fn vectors(
    source: &mut Source<'_>,
    name: &'static str,
) -> Result<Option<Vec<Vec<f32>>>, ApiError> {
    let Some((json, path)) = source.fields.optional(name) else {
        return Ok(None);
    };
    let Json::Array(list) = json else {
        return Err(wrong_type(&path, "a list of vectors", &json));
    };
    let each = list.into_iter().enumerate();
    let vectors = each.map(|(i, json)| numbers(json, &format!("{path}[{i}]")));
    vectors.collect::<Result<_, _>>().map(Some)
}

fn numbers(json: Json, path: &str) -> Result<Vec<f32>, ApiError> {
    let Json::Array(list) = json else {
        return Err(wrong_type(path, "a list of numbers", &json));
    };
    let number = |(i, json): (usize, Json)| match json {
        Json::Integer(number) => Ok(number as f32),
        Json::Float(number) => Ok(number as f32),
        other => Err(wrong_type(&format!("{path}[{i}]"), "a number", &other)),
    };
    list.into_iter().enumerate().map(number).collect()
}
