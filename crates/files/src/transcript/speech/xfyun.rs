//! Results of 讯飞 for recordings: an order whose result is a text of JSON, in which each sentence is a text of JSON once more, with its words one by one.

use anyhow::{Context, bail};
use serde_json::Value;

use super::{MILLISECOND, Object, Said, each, has_inside, joined, list, moment, text};

/// Lists of sentences: as they were smoothed, and as they were said.
const LISTS: [&str; 2] = ["lattice", "lattice2"];

/// What an order has its result in.
const RESULT: &str = "orderResult";

/// Who speaks where speakers were not told apart.
const NOBODY: &str = "0";

/// Why nothing is read of an order.
const UNFINISHED: &str =
    "it is an order of 讯飞 without a result. Ask for it again when its status is 4";

/// Whether an object is such a result, or that of the API before it.
pub(super) fn is(object: &Object) -> bool {
    let is_result = LISTS
        .iter()
        .any(|key| has_inside(object, key, "json_1best"));
    let is_before = || {
        let data = text_of(object, "data");
        data.trim_start().starts_with('[') && data.contains("\"onebest\"")
    };
    is_result || object.contains_key(RESULT) || is_before()
}

/// # Errors
/// When the order is not finished, or its texts are no JSON.
pub(super) fn said(object: &Object) -> anyhow::Result<Vec<Said>> {
    let inner: Value;
    let result = match object.get(RESULT) {
        None => Some(object),
        Some(Value::String(text)) if !text.trim().is_empty() => {
            inner = parsed(text)?;
            inner.as_object()
        }
        Some(result) => result.as_object(),
    };
    let Some(result) = result else {
        bail!(UNFINISHED);
    };
    let lists = LISTS.iter().map(|key| list(result, key));
    let sentences = lists.into_iter().find(|list| !list.is_empty());
    match sentences {
        Some(sentences) => sentences.iter().map(sentence).collect(),
        None => before(result),
    }
}

/// A sentence with its words, of which the first candidate counts.
fn sentence(value: &Value) -> anyhow::Result<Said> {
    let inner = match value.get("json_1best") {
        Some(Value::String(inner)) => parsed(inner)?,
        Some(inner) => inner.clone(),
        None => Value::Null,
    };
    let said = inner.get("st").unwrap_or(&Value::Null);
    let words = each(said, "rt").flat_map(|part| each(part, "ws"));
    let words = words.filter_map(|word| each(word, "cw").next());
    let all = joined(words.map(|word| text(word, "w")));
    let start = moment(said.get("bg"), MILLISECOND);
    let start = start.or_else(|| moment(value.get("begin"), MILLISECOND));
    Ok(Said::of(speaker(said.get("rl")), start, &all))
}

/// The sentences of the API before, which are objects in a text.
fn before(result: &Object) -> anyhow::Result<Vec<Said>> {
    let data = match text_of(result, "data") {
        "" => bail!(UNFINISHED),
        data => parsed(data)?,
    };
    let said = |value: &Value| {
        let start = moment(value.get("bg"), MILLISECOND);
        Said::of(speaker(value.get("speaker")), start, text(value, "onebest"))
    };
    Ok(data.as_array().into_iter().flatten().map(said).collect())
}

fn speaker(value: Option<&Value>) -> Option<&Value> {
    value.filter(|speaker| match speaker {
        Value::Number(number) => number.to_string() != NOBODY,
        other => other.as_str() != Some(NOBODY),
    })
}

fn text_of<'o>(object: &'o Object, key: &str) -> &'o str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn parsed(inner: &str) -> anyhow::Result<Value> {
    serde_json::from_str(inner)
        .context("it is a result of 讯飞 whose inner text is no JSON; it may have been cut off")
}
