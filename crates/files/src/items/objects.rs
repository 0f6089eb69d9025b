//! Items of objects of JSON: as an export writes them, or with names of others.

use std::sync::Arc;

use serde_json::{Map, Value};
use yuyi_store::{Error, Result, VectorItem};

use super::cells::time_of;
use super::{FURTHER, invalid};
use crate::faq::several;

/// Fields of an item that hold times.
const TIMES: [&str; 3] = ["time", "valid_from", "valid_until"];

/// The item of an object: `values` are its text, answer, id and wordings, `rest` is what else it has. What is no field of an item is payload.
///
/// # Errors
/// [`Invalid`](Error::Invalid), by the field where that is known.
pub(super) fn item(values: Vec<Value>, rest: &[(Arc<str>, Value)]) -> Result<VectorItem> {
    let mut values = values.into_iter();
    let mut value = || values.next().unwrap_or_default();
    let mut object = Map::new();
    let fields = [
        ("text", value()),
        ("answer", answer(value())),
        ("id", id(value())?),
        ("wordings", wordings(value())),
    ];
    object.extend(fields.map(|(name, value)| (name.to_owned(), value)));
    let mut payload = Map::new();
    for (name, value) in rest {
        let (name, value) = (&**name, value.clone());
        match name {
            "vector" => object.insert("vectors".to_owned(), Value::Array(vec![value])),
            "payload" | "vectors" => object.insert(name.to_owned(), value),
            time if TIMES.contains(&time) => object.insert(name.to_owned(), as_time(value)),
            own if FURTHER.contains(&own) => object.insert(name.to_owned(), value),
            _ => payload.insert(name.to_owned(), value),
        };
    }
    // What is null is not there; within a payload it stays.
    payload.retain(|_, value| !value.is_null());
    object.retain(|_, value| !value.is_null());
    let payload = joined(object.remove("payload"), payload)?;
    object.insert("payload".to_owned(), Value::Object(payload));
    let vectors = object.remove("vectors").map(serde_json::from_value);
    Ok(VectorItem {
        vectors: vectors.transpose().map_err(no_item)?.unwrap_or_default(),
        item: serde_json::from_value(Value::Object(object)).map_err(no_item)?,
    })
}

fn no_item(error: serde_json::Error) -> Error {
    invalid("", format!("This is no item: {error}."))
}

/// An answer, which may be a number or a truth value.
fn answer(value: Value) -> Value {
    match value {
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        other => other,
    }
}

/// An id, which may be a whole number.
fn id(value: Value) -> Result<Value> {
    match value {
        Value::Number(number) if number.is_f64() => Err(invalid(
            "id",
            format!("{number} is no whole number that can be kept. Put it in quotes."),
        )),
        Value::Number(number) => Ok(number.to_string().into()),
        other => Ok(other),
    }
}

/// Wordings, which may stand in one text as in a cell.
fn wordings(value: Value) -> Value {
    match value {
        Value::String(texts) => several(&texts).map(Value::from).collect(),
        other => other,
    }
}

fn as_time(value: Value) -> Value {
    let time = value.as_str().and_then(|text| time_of(text).ok());
    time.map_or(value, |time| time.to_string().into())
}

/// The payload of an item, with what stood beside it.
fn joined(own: Option<Value>, beside: Map<String, Value>) -> Result<Map<String, Value>> {
    let mut payload = match own {
        None => Map::new(),
        Some(Value::Object(payload)) => payload,
        Some(_) => return Err(invalid("payload", "This is not an object.")),
    };
    for (name, value) in beside {
        if payload.contains_key(&name) {
            return Err(invalid(&format!("payload.{name}"), "It is there twice."));
        }
        payload.insert(name, value);
    }
    Ok(payload)
}
