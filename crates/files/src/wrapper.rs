//! Objects around the array that a JSON file is about: `{"data": […]}`, as services and exports write them.

use anyhow::bail;
use serde_json::Value;

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

/// The array of rows in an object.
pub(super) struct Wrapped {
    /// Where it begins.
    pub place: usize,
    /// The names that lead to it.
    pub name: String,
    /// Those of others.
    pub others: Vec<String>,
}

/// The array of rows in a text that is one object which holds it; `None`: the text is something else, or the object is a row.
///
/// # Errors
/// When there are several such arrays, and their names do not tell which one is meant.
pub(super) fn array(
    text: &str,
    is_row: &dyn Fn(&Value) -> bool,
) -> anyhow::Result<Option<Wrapped>> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    // What is broken, or goes on behind the object, is for the reader of rows to tell.
    let Ok(root @ Value::Object(_)) = serde_json::from_str(text) else {
        return Ok(None);
    };
    if is_row(&root) {
        return Ok(None);
    }
    let mut paths = Vec::new();
    collect(&root, is_row, &mut Vec::new(), &mut paths);
    let Some(path) = chosen(&paths)? else {
        return Ok(None);
    };
    let others = paths.iter().filter(|other| *other != path);
    let others = others.map(|path| path.join(".")).collect();
    let name = path.join(".");
    Ok(place(text, path).map(|place| Wrapped {
        place,
        name,
        others,
    }))
}

/// Finds the names that lead to arrays of rows.
fn collect(
    value: &Value,
    is_row: &dyn Fn(&Value) -> bool,
    above: &mut Vec<String>,
    paths: &mut Vec<Vec<String>>,
) {
    let Value::Object(object) = value else {
        return;
    };
    for (name, value) in object {
        above.push(name.clone());
        match value {
            Value::Array(list) if list.first().is_some_and(is_row) => paths.push(above.clone()),
            inner if above.len() < DEEPEST => collect(inner, is_row, above, paths),
            _ => {}
        }
        above.pop();
    }
}

/// The array that is meant, which is the only one or the only one of a usual name.
fn chosen(paths: &[Vec<String>]) -> anyhow::Result<Option<&Vec<String>>> {
    if let [] | [_] = paths {
        return Ok(paths.first());
    }
    let is_usual = |path: &&Vec<String>| {
        let last = path.last();
        last.is_some_and(|name| USUAL.contains(&name.as_str()))
    };
    let mut usual = paths.iter().filter(is_usual);
    if let (Some(path), None) = (usual.next(), usual.next()) {
        return Ok(Some(path));
    }
    let names: Vec<String> = paths.iter().map(|path| path.join(".")).collect();
    bail!(
        "it holds several lists: {}. Write the one that is meant to a file of its own",
        names.join(", ")
    )
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
        let found = array(text, &is_row).map_err(|error| error.to_string())?;
        let begins = |found: Wrapped| text[found.place..].split_inclusive(']').next().unwrap();
        Ok(found.map(begins))
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
        for several in [
            r#"{"train": [{"a":1}], "test": [{"a":2}]}"#,
            r#"{"train": {"data": [{"a":1}]}, "test": {"data": [{"a":2}]}}"#,
            r#"{"data": [{"a":1}], "test": {"data": [{"a":2}]}}"#,
        ] {
            let error = found(several).unwrap_err();
            assert!(error.starts_with("it holds several lists: "), "{error}");
            assert!(error.contains("test"), "{error}");
        }
        let other = r#"{"data": [{"a":1}], "x": {"test": [{"a":2}]}}"#;
        let is_row = |value: &Value| value.get("a").is_some();
        let found = array(other, &is_row).unwrap().unwrap();
        assert_eq!(
            (found.name.as_str(), found.others),
            ("data", vec!["x.test".to_owned()])
        );
    }
}
