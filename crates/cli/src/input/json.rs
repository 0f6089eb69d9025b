//! JSON: an object a line, or an array of objects, perhaps in an object.

use std::io::BufRead;
use std::sync::Arc;

use anyhow::bail;
use serde_json::{Map, Value};

use super::lines::Lines;
use super::wrapper::{self, blank};
use super::{Columns, Fault, Record, Records, Row, names};

/// Rows of lines that are JSON objects; empty lines are skipped.
pub(super) fn lines(reader: Box<dyn BufRead>, columns: Columns) -> Records {
    let filled = |line: &anyhow::Result<(u64, String)>| !matches!(line, Ok((_, text)) if text.trim().is_empty());
    let record = move |line: anyhow::Result<(u64, String)>| {
        let (line, text) = line?;
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(record(value, line, &columns))
    };
    Box::new(Lines::new(reader).filter(filled).map(record))
}

/// Rows of a file that is an array of objects, an object that holds one, or objects one after another. It is read whole.
pub(super) fn whole(mut reader: Box<dyn BufRead>, columns: Columns) -> anyhow::Result<Records> {
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    let text = text.trim_start_matches('\u{feff}');
    let from = match wrapper::array(text, &|value| is_row(value, &columns))? {
        Some(place) => place,
        None => text.len() - text.trim_start().len(),
    };
    let in_array = text[from..].starts_with('[');
    let mut at = from + usize::from(in_array);
    let (mut records, mut line, mut counted) = (Vec::new(), 1, 0);
    loop {
        at += blank(&text[at..], if in_array { "," } else { "" });
        line += text[counted..at].matches('\n').count() as u64;
        counted = at;
        let rest = &text[at..];
        if rest.is_empty() && !in_array || in_array && rest.starts_with(']') {
            return Ok(Box::new(records.into_iter().map(Ok)));
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => records.push(record(value, line, &columns)),
            Some(Err(error)) => bail!("the value in line {line} is not JSON: {error}"),
            None => bail!("the array has no end"),
        }
        at += values.byte_offset();
    }
}

/// Whether a value is a row by itself: an object that has the needed columns, or what stands for one.
fn is_row(value: &Value, columns: &Columns) -> bool {
    match value {
        Value::Object(object) => {
            let keys = keys(object, columns);
            let needed = &keys[..columns.needed.len()];
            needed.iter().all(|key| object.contains_key(key))
        }
        other => by_place(other, columns).is_some(),
    }
}

/// The object that a row without names stands for: a list of the columns in their order, or a text where only one is needed.
fn by_place(value: &Value, columns: &Columns) -> Option<Map<String, Value>> {
    let names = columns.needed.iter().chain(columns.optional);
    let cells = match value {
        Value::String(_) if columns.needed.len() == 1 => std::slice::from_ref(value),
        Value::Array(cells) if !cells.iter().any(|cell| cell.is_array() || cell.is_object()) => {
            cells
        }
        _ => return None,
    };
    let is_whole = (columns.needed.len()..=names.clone().count()).contains(&cells.len());
    let named = names.map(ToString::to_string).zip(cells.iter().cloned());
    (is_whole && columns.chosen.is_empty()).then(|| named.collect())
}

/// A value as a record; one that is no object has a fault.
fn record(value: Value, line: u64, columns: &Columns) -> Record {
    let object = match value {
        Value::Object(object) => Some(object),
        other => by_place(&other, columns),
    };
    let Some(mut object) = object else {
        return no_object(line, columns);
    };
    let keys = keys(&object, columns);
    let mut fault = None;
    let needed = columns.needed.iter().zip(&keys).map(|(&column, key)| {
        let value = object.get(key).cloned();
        let read = match columns.number == Some(column) {
            true => number(value, column, line),
            false => text_of(value, column, line),
        };
        read.unwrap_or_else(|error| {
            fault.get_or_insert(Fault::unread(error.to_string()));
            String::new()
        })
    });
    let mut cells: Vec<String> = needed.collect();
    let others = &keys[columns.needed.len()..];
    cells.extend(others.iter().map(|key| other(&object, key)));
    let further = columns.further.iter();
    cells.extend(further.map(|column| other(&object, column)));
    for key in &keys {
        object.remove(key);
    }
    let rest = object
        .into_iter()
        .map(|(key, value)| (Arc::from(key), value));
    Record {
        row: Row { line, cells },
        rest: rest.collect(),
        fault,
    }
}

/// In the place of a value that is no object.
fn no_object(line: u64, columns: &Columns) -> Record {
    Record {
        row: Row {
            line,
            cells: vec![String::new(); columns.needed.len()],
        },
        rest: Vec::new(),
        fault: Some(Fault::unread(format!("line {line} is not a JSON object"))),
    }
}

/// The keys of the needed and the optional columns: their own names, those that the user says, or what others call them.
fn keys(object: &Map<String, Value>, columns: &Columns) -> Vec<String> {
    let own = columns.needed.iter().chain(columns.optional);
    if !columns.chosen.is_empty() {
        let chosen = columns.chosen.iter().cloned();
        return chosen
            .chain(own.skip(columns.chosen.len()).map(ToString::to_string))
            .collect();
    }
    let given: Vec<&String> = object.keys().collect();
    let plain: Vec<String> = given.iter().map(|key| names::plain(key)).collect();
    let has_side = object.contains_key("sentence_a") || object.contains_key("sentence_b");
    let sides = names::pair(&plain).filter(|_| !has_side);
    let mut taken = Vec::new();
    own.map(|&column| {
        let found = match column {
            own if object.contains_key(own) => None,
            "sentence_a" => sides.map(|(a, _)| a),
            "sentence_b" => sides.map(|(_, b)| b),
            other => names::place(&plain, other, &taken),
        };
        taken.extend(found.or_else(|| given.iter().position(|key| *key == column)));
        found.map_or(column, |place| given[place]).to_owned()
    })
    .collect()
}

fn text_of(value: Option<Value>, column: &str, line: u64) -> anyhow::Result<String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(_) => bail!("line {line}: {column} is not text"),
        None => bail!("line {line} has no {column}"),
    }
}

/// A number as it is written, also in quotes or as a truth value.
fn number(value: Option<Value>, column: &str, line: u64) -> anyhow::Result<String> {
    match value {
        Some(Value::String(text)) => Ok(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(yes)) => Ok(u8::from(yes).to_string()),
        Some(_) => bail!("line {line}: {column} is neither a number nor yes or no"),
        None => bail!("line {line} has no {column}"),
    }
}

fn other(object: &Map<String, Value>, column: &str) -> String {
    match object.get(column) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        // As a cell has several texts.
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => {
            let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            texts.join("|")
        }
        Some(other) => other.to_string(),
    }
}
