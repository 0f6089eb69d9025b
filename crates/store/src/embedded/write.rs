//! What the jobs of the writer do to items.

use rusqlite::Connection;

use super::items::{insert_item, insert_vectors, key_of_id, remove_item};
use super::questions::{dismiss, forget_hits};
use super::writer::Changes;
use crate::batch::{Batch, Prepared};
use crate::error::{Error, Result};
use crate::questions::Answering;
use crate::stored::Stored;

/// Writes items.
pub(super) fn upsert(
    connection: &Connection,
    changes: &mut Changes,
    batch: Batch,
    fingerprint: &str,
) -> Result<()> {
    let now = Stored::get(connection, &batch.stored.name)?;
    let Batch { mut stored, items } = batch.refresh(now)?;
    stored.check_fingerprint(fingerprint)?;
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
        changes.add(stored.number, (key, item), vectors, documents);
        stored.next_key += 1;
        stored.count += 1;
    }
    finish(connection, changes, &mut stored)
}

/// Writes an item, and removes the questions of the cluster that it answers.
pub(super) fn answer(
    connection: &Connection,
    changes: &mut Changes,
    (batch, fingerprint): (Batch, &str),
    answering: Answering,
) -> Result<u64> {
    let stored = Stored::get(connection, &batch.stored.name)?;
    let gone = dismiss(connection, &stored, answering.cluster)?;
    for item in &batch.items {
        if !answering.replaces && key_of_id(connection, &stored, &item.item.id)?.is_some() {
            return Err(Error::id_is_taken());
        }
    }
    upsert(connection, changes, batch, fingerprint)?;
    Ok(gone)
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

/// Removes the items of these keys, which are there; how many they are.
pub(super) fn delete_keys(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &[i64],
) -> Result<u64> {
    forget_hits(connection, stored, keys)?;
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
