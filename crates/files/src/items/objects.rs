//! Items of objects of JSON: as an export writes them, or with names of others.

use std::sync::Arc;

use serde_json::{Map, Value};
use yuyi_store::{Error, Item, Result, VectorItem};

use super::cells::{number_of, span_of, time_of, until_of, words_of, yes_or_no};
use super::{FURTHER, invalid};
use crate::cell::several;
use crate::names::{self, VALIDITY};

/// Fields of an item that hold times, but for its end.
const TIMES: [&str; 2] = ["time", "valid_from"];

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
    let is_faq = ["answer", "wordings"]
        .iter()
        .any(|name| !object[*name].is_null());
    let mut payload = Map::new();
    for (name, value) in rest {
        let (name, value) = (field(name, is_faq), value.clone());
        match name {
            // As good as absent.
            "vector" | "vectors" if value.is_null() => None,
            "vector" | "vectors" if object.contains_key("vectors") => {
                return Err(invalid(
                    "vector",
                    "It stands beside vectors; send one of the two.",
                ));
            }
            "vector" => object.insert("vectors".to_owned(), Value::Array(vec![value])),
            "payload" | "vectors" => object.insert(name.to_owned(), value),
            VALIDITY if value.is_string() => {
                object.extend(span(value.as_str().unwrap_or_default().trim())?);
                None
            }
            own if FURTHER.contains(&own) => object.insert(name.to_owned(), read(own, value)?),
            _ => payload.insert(name.to_owned(), value),
        };
    }
    // What is null is not there; within a payload it stays.
    payload.retain(|_, value| !value.is_null());
    object.retain(|_, value| !value.is_null());
    let payload = joined(object.remove("payload"), payload)?;
    object.insert("payload".to_owned(), Value::Object(payload));
    let vectors = object.remove("vectors").map(serde_json::from_value);
    let vectors = vectors
        .transpose()
        .map_err(|error| no_item("vectors", error))?;
    let item = serde_json::from_value(Value::Object(object.clone()));
    Ok(VectorItem {
        vectors: vectors.unwrap_or_default(),
        item: item.map_err(|error| at_fault(object, error))?,
    })
}

fn no_item(field: &str, error: serde_json::Error) -> Error {
    // Of a time that is told in our words.
    let told = error.to_string();
    if let Some(no_time) = told.strip_suffix('.') {
        return invalid(field, format!("{no_time}."));
    }
    match field {
        "" => invalid(field, format!("This is no item: {error}.")),
        field => invalid(field, format!("It is not what an item has here: {error}.")),
    }
}

/// What is wrong with the first field that is not what an item has there.
fn at_fault(object: Map<String, Value>, error: serde_json::Error) -> Error {
    let alone = |(name, value): (String, Value)| {
        let mut item = Map::from_iter([("text".to_owned(), Value::from(""))]);
        item.insert(name.clone(), value);
        let read: serde_json::Result<Item> = serde_json::from_value(Value::Object(item));
        Some(no_item(&name, read.err()?))
    };
    object
        .into_iter()
        .find_map(alone)
        .unwrap_or_else(|| no_item("", error))
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

/// Wordings, which may stand in one text as in a cell, or in objects as FastGPT has them.
fn wordings(value: Value) -> Value {
    let text = |value: Value| match value {
        Value::Object(mut index) if index.get("text").is_some_and(Value::is_string) => {
            index.remove("text").unwrap_or_default()
        }
        other => other,
    };
    match value {
        Value::String(texts) => several(&texts).map(Value::from).collect(),
        Value::Array(all) => all.into_iter().map(text).collect(),
        other => other,
    }
}

/// The field of an item that a key is of, in a FAQ also by what others call it; elsewhere the key.
fn field(key: &str, is_faq: bool) -> &str {
    let is_own = || {
        [&FURTHER[..], &["payload", "vector", "vectors"]]
            .concat()
            .contains(&key)
    };
    match is_faq && !is_own() {
        true => names::field(&names::plain(key)).unwrap_or(key),
        false => key,
    }
}

/// A value of a further field; a text is read as that of a cell.
fn read(field: &str, value: Value) -> Result<Value> {
    let Value::String(text) = &value else {
        return Ok(value);
    };
    let cell = text.trim();
    match field {
        "not_words" | "related" => Ok(words_of(cell).into()),
        "enabled" | "reject" | "threshold" if cell.is_empty() => Ok(Value::Null),
        "enabled" | "reject" => yes_or_no(cell)
            .map(Value::from)
            .map_err(|error| invalid(field, error)),
        "threshold" => number_of(cell)
            .map(Value::from)
            .map_err(|error| invalid(field, error)),
        // What is no time is told with the item.
        time if TIMES.contains(&time) => {
            let time = time_of(cell).map(|time| time.to_string().into());
            Ok(time.unwrap_or(value))
        }
        "valid_until" => Ok(match until_of(cell) {
            Ok(until) => until.map(|until| until.to_string()).into(),
            Err(_) => value,
        }),
        _ => Ok(value),
    }
}

/// From when and until when an entry answers, by one text.
fn span(cell: &str) -> Result<Vec<(String, Value)>> {
    let (from, until) = match cell {
        "" => (None, None),
        cell => span_of(cell).map_err(|error| invalid(VALIDITY, error))?,
    };
    let named = [("valid_from", from), ("valid_until", until)];
    let given = named
        .into_iter()
        .filter_map(|(name, time)| Some((name, time?)));
    Ok(given
        .map(|(name, time)| (name.to_owned(), time.to_string().into()))
        .collect())
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
