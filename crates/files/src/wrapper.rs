//! Objects around the array that a JSON file is about: `{"data": […]}`, as services and exports write them.

use anyhow::bail;
use serde_json::{Map, Value};

/// How deep the array may lie.
const DEEPEST: usize = 3;

/// What such an array is usually called; one of these wins over others.
const USUAL: [&str; 12] = [
    "data",
    "pairs",
    "items",
    "rows",
    "records",
    "results",
    "list",
    "texts",
    "sentences",
    "faq",
    "questions",
    "examples",
];

/// Where the array of rows begins in a text that is one object which holds it; `None`: the text is something else, or the object is a row.
///
/// # Errors
/// When there are several such arrays, and their names do not tell which one is meant.
pub(super) fn array(text: &str, is_row: &dyn Fn(&Value) -> bool) -> anyhow::Result<Option<usize>> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    // What is broken, or goes on behind the object, is for the reader of rows to tell.
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Ok(None);
    };
    let root = Value::Object(object);
    match &root {
        Value::Object(object) if !is_row(&root) => {
            Ok(path(object, is_row, DEEPEST)?.and_then(|path| place(text, &path)))
        }
        _ => Ok(None),
    }
}

/// The names that lead to the array.
fn path(
    object: &Map<String, Value>,
    is_row: &dyn Fn(&Value) -> bool,
    depth: usize,
) -> anyhow::Result<Option<Vec<String>>> {
    let is_rows = |value: &Value| match value {
        Value::Array(list) => list.first().is_some_and(is_row),
        _ => false,
    };
    let arrays = object.iter().filter(|(_, value)| is_rows(value));
    let names: Vec<&String> = arrays.map(|(name, _)| name).collect();
    match names[..] {
        [] => {}
        [name] => return Ok(Some(vec![name.clone()])),
        _ => {
            let mut usual = names.iter().filter(|name| USUAL.contains(&name.as_str()));
            if let (Some(name), None) = (usual.next(), usual.next()) {
                return Ok(Some(vec![(*name).clone()]));
            }
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            bail!(
                "it holds several lists: {}. Write the one that is meant to a file of its own",
                names.join(", ")
            );
        }
    }
    if depth > 1 {
        for (name, value) in object {
            let Value::Object(inner) = value else {
                continue;
            };
            if let Some(mut rest) = path(inner, is_row, depth - 1)? {
                rest.insert(0, name.clone());
                return Ok(Some(rest));
            }
        }
    }
    Ok(None)
}

/// Where the value begins that names lead to.
fn place(text: &str, path: &[String]) -> Option<usize> {
    let mut at = 0;
    for name in path {
        at += blank(&text[at..], "");
        at += text[at..].starts_with('{').then_some(1)?;
        loop {
            at += blank(&text[at..], ",");
            let (key, behind) = value(&text[at..])?;
            at += behind;
            at += blank(&text[at..], ":");
            if key.as_str() == Some(name) {
                break;
            }
            at += value(&text[at..])?.1;
        }
    }
    Some(at)
}

/// The value that a text begins with, and its length.
fn value(text: &str) -> Option<(Value, usize)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    Some((value, values.byte_offset()))
}

/// Bytes of blanks and separators that a text begins with.
pub(super) fn blank(text: &str, separators: &str) -> usize {
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() || separators.contains(c));
    text.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Option<&str>, String> {
        let is_row = |value: &Value| value.get("a").is_some();
        let place = array(text, &is_row).map_err(|error| error.to_string())?;
        Ok(place.map(|place| text[place..].split_inclusive(']').next().unwrap()))
    }

    #[test]
    fn the_array_is_found_wherever_it_lies() {
        let rows = r#"[{"a":1}, {"a":2}]"#;
        for text in [
            format!("{{\"data\": {rows}}}"),
            format!(" {{\n\"code\": 0, \"msg\": \"[{{\", \"whatever\" : {rows} , \"n\": [1]}}\n"),
            format!("{{\"meta\": {{\"data\": [1]}}, \"result\": {{\"items\": {rows}}}}}"),
            format!("{{\"other\": [{{\"a\":0}}], \"data\": {rows}}}"),
        ] {
            assert_eq!(found(&text).unwrap(), Some(rows), "{text}");
        }
    }

    #[test]
    fn what_is_no_wrapper_is_left() {
        for text in [
            "",
            "[{\"a\":1}]",
            "{\"a\": [{\"a\":1}]}",
            "{\"a\":1}\n{\"a\":2}",
            "{\"data\": []}",
            "{\"data\": [{\"b\":1}]}",
            "{\"data\": [{\"a\":1}]",
        ] {
            assert_eq!(found(text), Ok(None), "{text}");
        }
        let several = r#"{"train": [{"a":1}], "test": [{"a":2}]}"#;
        let error = found(several).unwrap_err();
        assert!(error.starts_with("it holds several lists: "), "{error}");
        assert!(error.contains("train") && error.contains("test"), "{error}");
    }
}
