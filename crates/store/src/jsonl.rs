//! Collections as lines of JSON: an item each, with the names of [`Item`]'s fields; collections without a model have `vectors` beside them.
//! What was written is read back as it was.

use std::io::{BufRead, Write};

use serde::Serialize;
use serde_json::Value;

use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::item::{Item, VectorItem};
use crate::store::{Scroll, Store};

/// Items that are read or written together.
const BATCH: usize = 1000;

/// Bytes of the longest line.
const LONGEST_LINE: u64 = 64 << 20;

/// A line of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// The item, which keeps the rules and has an id; `vectors` are those of the line, if it has any.
    pub item: Result<VectorItem>,
}

/// Reads lines of JSON, one item each; blank lines are passed over. A line that is no item is an error of its own and does not end the rest.
///
/// # Errors
/// An iteration that ends with an error of the reader.
pub fn read(mut from: impl BufRead) -> impl Iterator<Item = std::io::Result<Line>> {
    let mut number = 0;
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            match std::io::Read::take(&mut from, LONGEST_LINE).read_until(b'\n', &mut line) {
                Err(error) => return Some(Err(error)),
                Ok(0) => return None,
                Ok(_) => number += 1,
            }
            let text = line
                .strip_prefix(b"\xef\xbb\xbf")
                .filter(|_| number == 1)
                .unwrap_or(&line);
            if !text.iter().all(u8::is_ascii_whitespace) {
                let item = parse(text);
                return Some(Ok(Line { number, item }));
            }
        }
    })
}

/// The item of a line, which keeps the rules and has an id, with the vectors that the line brings.
///
/// # Errors
/// [`Invalid`](Error::Invalid): where it is no item at all, without a field.
pub fn parse(line: &[u8]) -> Result<VectorItem> {
    let bad = |error: serde_json::Error| Error::invalid("", format!("This is no item: {error}."));
    let mut json: Value = serde_json::from_slice(line).map_err(bad)?;
    let vectors = json
        .as_object_mut()
        .and_then(|object| object.remove("vectors"));
    let vectors = vectors
        .map_or(Ok(Vec::new()), serde_json::from_value)
        .map_err(bad)?;
    let mut item: Item = serde_json::from_value(json).map_err(bad)?;
    item.identify();
    item.check()?;
    Ok(VectorItem { item, vectors })
}

/// The line of an item, without its end.
///
/// # Errors
/// [`Failed`](Error::Failed) where it is no JSON, which no item is.
pub fn line(item: &VectorItem) -> Result<String> {
    #[derive(Serialize)]
    struct Written<'a> {
        #[serde(flatten)]
        item: &'a Item,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        vectors: &'a [Vec<f32>],
    }
    let VectorItem { item, vectors } = item;
    serde_json::to_string(&Written { item, vectors }).map_err(|error| failed(&error))
}

/// Writes all items of a collection, in the order of their ids; how many they were.
///
/// # Errors
/// Of the store, or of the writer as [`Failed`](Error::Failed).
pub fn export(
    store: &dyn Store,
    name: &str,
    with_vectors: bool,
    to: &mut impl Write,
) -> Result<u64> {
    let mut scroll = Scroll {
        with_vectors,
        ..Scroll::first(BATCH)
    };
    let mut written = 0;
    loop {
        let page = store.scroll(name, &scroll)?;
        for item in &page.items {
            let line = line(item)?;
            writeln!(to, "{line}").map_err(|error| failed(&error))?;
            written += 1;
        }
        match page.next {
            None => return to.flush().map(|()| written).map_err(|error| failed(&error)),
            next => scroll.after = next,
        }
    }
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::Failed {
        reason: error.to_string(),
    }
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// Items that were written.
    pub written: u64,
    /// Lines that were refused: their number and why.
    pub refused: Vec<(u64, Error)>,
}

/// Brings lines into a collection, in batches that are durable one by one. `embed` fills in the vectors of a batch that has none. Lines that break a
/// rule are told and passed over.
///
/// # Errors
/// Of the store, of `embed`, or of the reader as [`Failed`](Error::Failed); what was written before stays.
pub fn import(
    store: &dyn Store,
    name: &str,
    lines: impl Iterator<Item = std::io::Result<Line>>,
    mut embed: impl FnMut(&mut [VectorItem]) -> Result<()>,
) -> Result<Imported> {
    let collection = store.collection(name)?;
    let mut done = Imported::default();
    let mut batch = Vec::new();
    let mut write = |batch: &mut Vec<VectorItem>, done: &mut Imported| {
        embed(batch)?;
        done.written += batch.len() as u64;
        store.upsert(name, &collection.space.fingerprint, std::mem::take(batch))
    };
    for line in lines {
        let line = line.map_err(|error| failed(&error))?;
        match line.item.and_then(|item| fits(item, &collection)) {
            Err(error) => done.refused.push((line.number, error)),
            Ok(item) => batch.push(item),
        }
        if batch.len() == BATCH {
            write(&mut batch, &mut done)?;
        }
    }
    if !batch.is_empty() {
        write(&mut batch, &mut done)?;
    }
    Ok(done)
}

/// The item, where the vectors that it brings and its declared fields fit the collection.
///
/// # Errors
/// [`Invalid`](Error::Invalid), by the field of the item.
pub fn fits(mut item: VectorItem, collection: &Collection) -> Result<VectorItem> {
    if !item.vectors.is_empty() {
        item.prepare(collection.space.dimension)?;
    }
    for field in &collection.fields {
        field.values(&item.item)?;
    }
    Ok(item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_item_or_an_error_of_its_own() {
        let file = "\u{feff}{\"id\":\"1\",\"text\":\"a\",\"vectors\":[[1,0]]}\r\n\n{\"text\":\" \"}\nnonsense\n{\"text\":\"b\"}";
        let lines: Vec<Line> = read(file.as_bytes()).map(|line| line.unwrap()).collect();
        let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3, 4, 5]);
        assert_eq!(lines[0].item.as_ref().unwrap().vectors, [[1.0, 0.0]]);
        let errors: Vec<String> = lines
            .iter()
            .filter_map(|line| Some(line.item.as_ref().err()?.to_string()))
            .collect();
        assert_eq!(errors.len(), 2);
        assert_eq!(errors[0], "text: It is empty or blank.");
        assert_eq!(lines[3].item.as_ref().unwrap().item.id.len(), 32);
    }
}
