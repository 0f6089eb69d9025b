//! JSON lines.

use std::io::BufRead;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::{Columns, Lines, Row, Rows};

/// Rows of lines that are JSON objects; empty lines are skipped.
pub(super) fn rows(reader: Box<dyn BufRead>, columns: Columns) -> Rows {
    let filled = |line: &anyhow::Result<(u64, String)>| !matches!(line, Ok((_, text)) if text.trim().is_empty());
    let row = move |line: anyhow::Result<(u64, String)>| {
        let (line, text) = line?;
        let mut object: Map<String, Value> =
            serde_json::from_str(&text).map_err(|_| anyhow!("line {line} is not a JSON object"))?;
        let needed = columns.needed.iter().map(|&column| {
            let value = object.remove(column);
            if columns.number == Some(column) {
                number(value, column, line)
            } else {
                text_of(value, column, line)
            }
        });
        let mut cells = needed.collect::<anyhow::Result<Vec<String>>>()?;
        let optional = columns.optional.iter().copied();
        let others = optional.chain(columns.further.iter().map(String::as_str));
        cells.extend(others.map(|column| other(&object, column)));
        Ok(Row { line, cells })
    };
    Box::new(Lines::new(reader).filter(filled).map(row))
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
