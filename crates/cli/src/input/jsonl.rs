//! JSON lines.

use std::io::BufRead;

use anyhow::{anyhow, bail};
use serde_json::{Map, Value};

use super::{Lines, Row, Rows};

/// Rows of lines that are JSON objects; empty lines are skipped.
pub(super) fn rows(reader: Box<dyn BufRead>, columns: &'static [&'static str]) -> Rows {
    let filled = |line: &anyhow::Result<(u64, String)>| !matches!(line, Ok((_, text)) if text.trim().is_empty());
    let row = |line: anyhow::Result<(u64, String)>| {
        let (line, text) = line?;
        let mut object: Map<String, Value> =
            serde_json::from_str(&text).map_err(|_| anyhow!("line {line} is not a JSON object"))?;
        let cells: anyhow::Result<_> = columns
            .iter()
            .map(|column| take(&mut object, column, line))
            .collect();
        Ok(Row {
            line,
            cells: cells?,
        })
    };
    Box::new(Lines::new(reader).filter(filled).map(row))
}

fn take(object: &mut Map<String, Value>, column: &str, line: u64) -> anyhow::Result<String> {
    match object.remove(column) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => bail!("line {line}: {column} is not text"),
        None => bail!("line {line} has no {column}"),
    }
}
