//! Collections as lines of JSON: an item each, with the names of [`Item`]'s fields; collections without a model have `vectors` beside them.

use std::io::Write;

use serde::Serialize;

use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::item::{Item, VectorItem};
use crate::store::{Scroll, Store};

/// Items that are written together, and their bytes.
const BATCH: usize = 1000;
const BATCH_BYTES: usize = 4 << 20;

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
        bytes: Some(BATCH_BYTES),
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
