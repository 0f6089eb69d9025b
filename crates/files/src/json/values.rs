//! The values of a whole text of JSON, with their lines.

use anyhow::bail;
use serde_json::Value;

use super::super::Columns;
use super::super::wrapper::blank;
use super::is_list;
use super::strict::Strict;

/// The values of a text, those of arrays one by one; with `is_more`, several stand one after another.
pub(super) fn values(
    text: &str,
    is_more: bool,
    columns: &Columns,
) -> anyhow::Result<Vec<(u64, Value)>> {
    // Lists that follow each other are rows where a row has several cells.
    let mut first = Cursor::at(text, 0);
    let is_of_rows = is_more
        && columns.needed.len() > 1
        && first.value().is_ok_and(|(_, value)| is_list(&value))
        && first.is_at('[');
    let mut cursor = Cursor::at(text, 0);
    let mut found = Vec::new();
    loop {
        match (cursor.is_at('['), is_of_rows) {
            _ if cursor.rest().is_empty() => return Ok(found),
            (true, false) => found.extend(cursor.array()?),
            _ => found.push(cursor.value()?),
        }
    }
}

/// A place in a text of JSON.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn at(text: &'a str, at: usize) -> Self {
        let line = line_of(text, at);
        Self { text, at, line }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn go(&mut self, bytes: usize) {
        self.line += newlines(&self.rest()[..bytes]);
        self.at += bytes;
    }

    /// Whether a character is what follows the blanks.
    fn is_at(&mut self, wanted: char) -> bool {
        self.go(blank(self.rest(), ""));
        self.rest().starts_with(wanted)
    }

    /// The next value, with its line.
    fn value(&mut self) -> anyhow::Result<(u64, Value)> {
        self.go(blank(self.rest(), ""));
        let line = self.line;
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<Strict>();
        let value = match values.next() {
            Some(Ok(Strict(value))) => value,
            Some(Err(error)) => bail!("the value in line {line} is not JSON: {error}"),
            None => bail!("the array has no end"),
        };
        self.go(values.byte_offset());
        Ok((line, value))
    }

    /// The values of the array that begins here, with their lines.
    pub(super) fn array(&mut self) -> anyhow::Result<Vec<(u64, Value)>> {
        self.go(1);
        let mut found = Vec::new();
        loop {
            self.go(blank(self.rest(), ","));
            if self.rest().starts_with(']') {
                self.go(1);
                return Ok(found);
            }
            found.push(self.value()?);
        }
    }
}

/// The line of a place in a text, from 1.
pub(super) fn line_of(text: &str, at: usize) -> u64 {
    1 + newlines(&text[..at])
}

fn newlines(text: &str) -> u64 {
    text.matches('\n').count() as u64
}
