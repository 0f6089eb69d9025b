//! The values that an item has at a path.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::item::Item;

/// Bytes of the longest path.
const LONGEST_PATH: usize = 256;

/// Whether filters and fields can name this path: names with dots between them.
pub(crate) fn check_path(path: &str) -> Result<()> {
    if !(1..=LONGEST_PATH).contains(&path.len()) {
        let reason = format!(
            "It has {} bytes; a path has 1 to {LONGEST_PATH}.",
            path.len()
        );
        return Err(Error::invalid("", reason));
    }
    match path
        .split('.')
        .any(|name| name.trim_end_matches("[]").is_empty())
    {
        true => Err(Error::invalid("", "A name between two dots is empty.")),
        false => Ok(()),
    }
}

/// The values at a path: of the payload, or where that has none, of the item itself (`id`, `text`, `time`, `category`, `enabled`, `valid_from`,
/// `valid_until`, `threshold`, `reject`).
///
/// `a.b` goes into objects; of a list each element is a value, with or without `[]` behind the name. `null` is no value.
pub(crate) fn values<'a>(item: &'a Item, path: &str) -> Vec<Cow<'a, Value>> {
    let mut found = Vec::new();
    collect_from(&item.payload, path, &mut found);
    if found.is_empty() {
        found.extend(own(item, path).map(Cow::Owned));
    }
    found
}

fn collect_from<'a>(object: &'a Map<String, Value>, path: &str, found: &mut Vec<Cow<'a, Value>>) {
    // A name may itself have dots.
    if let Some(value) = object.get(path) {
        collect(value, None, found);
    }
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let plain = name.trim_end_matches("[]");
    if (rest.is_some() || plain != path)
        && let Some(value) = object.get(plain)
    {
        collect(value, rest, found);
    }
}

fn collect<'a>(value: &'a Value, rest: Option<&str>, found: &mut Vec<Cow<'a, Value>>) {
    match (value, rest) {
        (Value::Null, _) => {}
        (Value::Array(elements), _) => elements
            .iter()
            .for_each(|element| collect(element, rest, found)),
        (Value::Object(object), Some(rest)) => collect_from(object, rest, found),
        (value, None) => found.push(Cow::Borrowed(value)),
        (_, Some(_)) => {}
    }
}

/// A field of the item itself.
fn own(item: &Item, name: &str) -> Option<Value> {
    let time = |time: Option<crate::Timestamp>| time.map(|time| Value::from(time.to_string()));
    match name {
        "id" => Some(item.id.clone().into()),
        "text" => Some(item.text.clone().into()),
        "time" => time(item.time),
        "category" => item.category.clone().map(Value::from),
        "enabled" => item.enabled.map(Value::from),
        "valid_from" => time(item.valid_from),
        "valid_until" => time(item.valid_until),
        "threshold" => item.threshold.map(Value::from),
        "reject" => item.reject.map(Value::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(item: &Item, path: &str) -> Value {
        values(item, path)
            .into_iter()
            .map(Cow::into_owned)
            .collect()
    }

    #[test]
    fn paths_go_into_objects_and_lists() {
        let payload = json!({
            "a": {"b": [1, [2, null], {"c": true}], "d": null},
            "x.y": "dotted", "e": [], "time": "later", "list": [{"n": 1}, {"n": 2}, 3],
        });
        let Value::Object(payload) = payload else {
            panic!()
        };
        let mut item = Item::new("7", "x");
        item.payload = payload;
        item.time = Some("2024-03-05".parse().unwrap());
        item.category = Some("发票".into());
        for (path, expected) in [
            ("a.b", json!([1, 2, {"c": true}])),
            ("a.b[]", json!([1, 2, {"c": true}])),
            ("a.b.c", json!([true])),
            ("a.d", json!([])),
            ("x.y", json!(["dotted"])),
            ("e", json!([])),
            ("list.n", json!([1, 2])),
            ("list[].n", json!([1, 2])),
            ("none.of.it", json!([])),
            ("time", json!(["later"])),
            ("category", json!(["发票"])),
            ("id", json!(["7"])),
        ] {
            assert_eq!(found(&item, path), expected, "{path}");
        }
        item.payload.clear();
        assert_eq!(found(&item, "time"), json!(["2024-03-05T00:00:00Z"]));
    }

    #[test]
    fn paths_have_names() {
        for path in ["a", "a.b[]", "价格"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        for path in ["", ".", "a..b", "a.", "[]", &"a".repeat(257)] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}
