//! The values that an item has at a path.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::item::Item;

/// Bytes of the longest path.
const LONGEST_PATH: usize = 256;

/// Whether filters and fields can name this path: names with dots between them.
///
/// # Errors
/// What is wrong with it.
pub fn check_path(path: &str) -> Result<()> {
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

/// Values of an item.
pub(crate) type Values<'a> = Vec<Cow<'a, Value>>;

/// The values at a path: of the payload, or where that has none, of the item itself (`id`, `text`, `time`, `category`, `enabled`, `valid_from`,
/// `valid_until`, `threshold`, `reject`).
///
/// `a.b` goes into objects; of a list each element is a value, with or without `[]` behind the name. `null` is no value.
pub(crate) fn values<'a>(item: &'a Item, path: &str) -> Values<'a> {
    Path::new(path).values(item)
}

/// A path that many items are asked for.
pub(crate) struct Path<'p> {
    path: &'p str,
    /// Its first name, without `[]`.
    first: &'p str,
    /// What is looked for in the objects there.
    rest: Option<&'p str>,
    /// The field of the item itself.
    own: Option<fn(&Item) -> Option<Value>>,
}

impl<'p> Path<'p> {
    pub(crate) fn new(path: &'p str) -> Self {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        Self {
            path,
            first: first.trim_end_matches("[]"),
            rest,
            own: own(path),
        }
    }

    /// As [`values`].
    pub(crate) fn values<'a>(&self, item: &'a Item) -> Values<'a> {
        let mut found = Vec::new();
        self.collect_from(&item.payload, &mut found);
        if found.is_empty() {
            let own = self.own.and_then(|own| own(item));
            found.extend(own.map(Cow::Owned));
        }
        found
    }

    fn collect_from<'a>(&self, object: &'a Map<String, Value>, found: &mut Values<'a>) {
        // A name may itself have dots.
        if let Some(value) = object.get(self.path) {
            collect(value, None, found);
        }
        if (self.rest.is_some() || self.first != self.path)
            && let Some(value) = object.get(self.first)
        {
            collect(value, self.rest, found);
        }
    }
}

fn collect<'a>(value: &'a Value, rest: Option<&str>, found: &mut Values<'a>) {
    match (value, rest) {
        (Value::Null, _) => {}
        (Value::Array(elements), _) => elements
            .iter()
            .for_each(|element| collect(element, rest, found)),
        (Value::Object(object), Some(rest)) => Path::new(rest).collect_from(object, found),
        (value, None) => found.push(Cow::Borrowed(value)),
        (_, Some(_)) => {}
    }
}

/// The field of the item itself that has a name.
fn own(name: &str) -> Option<fn(&Item) -> Option<Value>> {
    fn time(time: Option<crate::Timestamp>) -> Option<Value> {
        time.map(|time| time.to_string().into())
    }
    match name {
        "id" => Some(|item| Some(item.id.clone().into())),
        "text" => Some(|item| Some(item.text.clone().into())),
        "time" => Some(|item| time(item.time)),
        "category" => Some(|item| item.category.clone().map(Value::from)),
        "enabled" => Some(|item| item.enabled.map(Value::from)),
        "valid_from" => Some(|item| time(item.valid_from)),
        "valid_until" => Some(|item| time(item.valid_until)),
        "threshold" => Some(|item| item.threshold.map(Value::from)),
        "reject" => Some(|item| item.reject.map(Value::from)),
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
