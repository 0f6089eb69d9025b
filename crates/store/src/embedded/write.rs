//! What the jobs of the writer do to items.

use std::collections::HashMap;

use rusqlite::Connection;

use super::collections::Stored;
use super::items::{field_values, insert_item, insert_vectors, key_of_id, remove_item};
use super::select::matching;
use super::writer::Changes;
use crate::collection::FieldValue;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::item::{Item, VectorItem};
use crate::words::{Analyzer, Document};

/// Items that are ready to be written, as their collection was when they were made so.
pub(super) struct Batch {
    stored: Stored,
    items: Vec<Prepared>,
}

struct Prepared {
    item: Item,
    vectors: Vec<Vec<f32>>,
    documents: Vec<Document>,
    fields: Vec<(i64, FieldValue)>,
}

impl Batch {
    /// Checks items and cuts their words: what takes long and needs no transaction. Of several with one id the last stays.
    pub(super) fn prepare(stored: Stored, items: Vec<VectorItem>) -> Result<Self> {
        let analyzer = Analyzer::new(&stored.words);
        let mut last = HashMap::new();
        for (i, item) in items.iter().enumerate() {
            last.insert(item.item.id.clone(), i);
        }
        let mut prepared = Vec::with_capacity(last.len());
        for (i, item) in items.into_iter().enumerate() {
            let is_last = last.get(&item.item.id) == Some(&i);
            let item = prepare(&stored, &analyzer, item)
                .map_err(|error| error.within(&format!("items[{i}]")))?;
            if is_last {
                prepared.push(item);
            }
        }
        Ok(Self {
            stored,
            items: prepared,
        })
    }

    /// The same for the collection as it is now: meanwhile it may have got other words, or be another one of the same name.
    fn refresh(self, connection: &Connection) -> Result<Self> {
        let stored = Stored::get(connection, &self.stored.name)?;
        let is_same = stored.number == self.stored.number && stored.words == self.stored.words;
        if is_same {
            return Ok(Self { stored, ..self });
        }
        let items = self.items.into_iter().map(|prepared| VectorItem {
            item: prepared.item,
            vectors: prepared.vectors,
        });
        Self::prepare(stored, items.collect())
    }

    /// Writes the items.
    pub(super) fn write(
        self,
        connection: &Connection,
        changes: &mut Changes,
        fingerprint: &str,
    ) -> Result<()> {
        let Self { mut stored, items } = self.refresh(connection)?;
        check_fingerprint(&stored, fingerprint)?;
        for Prepared {
            item,
            vectors,
            documents,
            fields,
        } in items
        {
            if let Some(old) = key_of_id(connection, &stored, &item.id)? {
                let documents = remove_item(connection, &stored, old)?;
                changes.remove(stored.number, old, documents);
                stored.count = stored.count.saturating_sub(1);
            }
            let key = stored.next_key;
            insert_item(connection, &stored, key, &item, &documents, &fields)?;
            insert_vectors(connection, &stored, stored.space, key, &vectors)?;
            changes.add(stored.number, key, vectors, documents);
            stored.next_key += 1;
            stored.count += 1;
        }
        finish(connection, changes, &mut stored)
    }
}

fn prepare(stored: &Stored, analyzer: &Analyzer, mut item: VectorItem) -> Result<Prepared> {
    item.prepare(stored.current().dimension)?;
    let VectorItem { item, vectors } = item;
    Ok(Prepared {
        documents: item.texts().map(|text| analyzer.document(text)).collect(),
        fields: field_values(&stored.fields, &item)?,
        item,
        vectors,
    })
}

/// Whether vectors of a model may stand in a collection.
pub(super) fn check_fingerprint(stored: &Stored, fingerprint: &str) -> Result<()> {
    let space = stored.current();
    match space.fingerprint == fingerprint {
        true => Ok(()),
        false => Err(Error::ModelMismatch {
            name: stored.name.clone(),
            has: space.to_string(),
            given: match fingerprint {
                "" => "no model".to_owned(),
                other => other.to_owned(),
            },
        }),
    }
}

/// Writes down that a collection changed.
pub(super) fn finish(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
) -> Result<()> {
    stored.touch(connection)?;
    changes.generation(stored.number, stored.generation);
    Ok(())
}

/// Removes the items of these ids; how many were there.
pub(super) fn delete(
    connection: &Connection,
    changes: &mut Changes,
    name: &str,
    ids: &[String],
) -> Result<u64> {
    let mut stored = Stored::get(connection, name)?;
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        keys.extend(key_of_id(connection, &stored, id)?);
    }
    keys.sort_unstable();
    keys.dedup();
    delete_keys(connection, changes, &mut stored, &keys)
}

/// Removes the items that a filter means; how many they were.
pub(super) fn delete_matching(
    connection: &Connection,
    changes: &mut Changes,
    name: &str,
    filter: &Filter,
) -> Result<u64> {
    let mut stored = Stored::get(connection, name)?;
    let keys = matching(connection, &stored, filter)?;
    delete_keys(connection, changes, &mut stored, &keys)
}

fn delete_keys(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &[i64],
) -> Result<u64> {
    for &key in keys {
        let documents = remove_item(connection, stored, key)?;
        changes.remove(stored.number, key, documents);
    }
    stored.count = stored.count.saturating_sub(keys.len() as u64);
    if !keys.is_empty() {
        finish(connection, changes, stored)?;
    }
    Ok(keys.len() as u64)
}
