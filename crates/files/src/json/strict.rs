//! Values of JSON in which no object has a key twice: one of the two would be lost, and nobody knows which one is meant.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value.
pub(super) struct Strict(pub(super) Value);

/// Begins what is said of a key that is there twice.
const TWICE: &str = "the key ";

/// Why a line is no value.
pub(super) fn why(error: &serde_json::Error, line: u64) -> String {
    let told = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match told.strip_suffix(&place) {
        Some(twice) if twice.starts_with(TWICE) => format!("line {line}: {twice}"),
        _ => format!("line {line} is not a JSON object"),
    }
}

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let (mut fields, mut keys) = (Map::new(), HashSet::new());
        while let Some(key) = object.next_key::<String>()? {
            if !keys.insert(key.clone()) {
                let twice = format!("{TWICE}{key:?} stands twice in one object");
                return Err(A::Error::custom(twice));
            }
            let Strict(value) = object.next_value()?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let read: Result<Strict, _> = serde_json::from_str(text);
        read.map(|value| value.0).map_err(|error| why(&error, 7))
    }

    #[test]
    fn values_are_those_of_any_reader() {
        for text in [
            r#"{"b":[1,-2,18446744073709551615,1.5,1e300,null,true,"字\n"],"a":{"c":{}}}"#,
            "[]",
            "3",
        ] {
            assert_eq!(
                read(text),
                Ok(serde_json::from_str(text).unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_key_is_there_once() {
        let twice = "line 7: the key \"a\" stands twice in one object";
        for text in [r#"{"a":1,"b":2,"a":1}"#, r#"{"x":[{"a":null,"a":1}]}"#] {
            assert_eq!(read(text).unwrap_err(), twice, "{text}");
        }
        assert!(read(r#"{"a":{"a":1}}"#).is_ok());
        assert_eq!(read("{\"a").unwrap_err(), "line 7 is not a JSON object");
    }
}
