//! What the jobs of the writer do to items.

use std::mem;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::items::{
    count_items, insert_item, insert_vectors, key_of_id, remove_all, remove_item, retain_there,
};
use super::questions::{dismiss, forget_all_hits, forget_hits};
use super::writer::Changes;
use crate::batch::{Batch, Prepared};
use crate::error::{Error, Result};
use crate::questions::Answering;
use crate::stored::Stored;

/// How long a step of a removal of many items keeps others waiting, the commit not counted.
const STEP: Duration = Duration::from_millis(50);

/// Items that are removed between two looks at the clock.
const AT_ONCE: usize = 256;

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
fn delete_keys(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &[i64],
) -> Result<u64> {
    if keys.is_empty() {
        return Ok(0);
    }
    match are_all(connection, stored, keys)? {
        true => delete_all(connection, changes, stored)?,
        false => delete_each(connection, changes, stored, keys)?,
    }
    finish(connection, changes, stored)?;
    Ok(keys.len() as u64)
}

/// Removes the items of these keys at once, where they are all that there are; how many they were. Keys of items that are gone may be taken out.
pub(super) fn delete_if_all(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &mut Vec<i64>,
) -> Result<u64> {
    if (keys.len() as u64) < stored.count {
        return Ok(0);
    }
    retain_there(connection, stored, keys)?;
    if keys.is_empty() || !are_all(connection, stored, keys)? {
        return Ok(0);
    }
    delete_all(connection, changes, stored)?;
    finish(connection, changes, stored)?;
    Ok(mem::take(keys).len() as u64)
}

/// Removes those of the items of these keys that are there: the first ones, until others have waited for a [`STEP`]. How many were there, and how many of the keys
/// were looked at.
pub(super) fn delete_some(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &[i64],
) -> Result<(u64, usize)> {
    let start = Instant::now();
    let (mut gone, mut looked_at) = (0, 0);
    for some in keys.chunks(AT_ONCE) {
        let mut there = some.to_vec();
        retain_there(connection, stored, &mut there)?;
        delete_each(connection, changes, stored, &there)?;
        gone += there.len() as u64;
        looked_at += some.len();
        if start.elapsed() >= STEP {
            break;
        }
    }
    if gone > 0 {
        finish(connection, changes, stored)?;
    }
    Ok((gone, looked_at))
}

/// Whether items that are there are all. The count of the collection says that they may be, and the items that they are.
fn are_all(connection: &Connection, stored: &Stored, keys: &[i64]) -> Result<bool> {
    let count = keys.len() as u64;
    Ok(count == stored.count && count == count_items(connection, stored)?)
}

/// Empties the tables, in a small part of the time that a million items take one by one: others wait meanwhile.
fn delete_all(connection: &Connection, changes: &mut Changes, stored: &mut Stored) -> Result<()> {
    forget_all_hits(connection, stored)?;
    remove_all(connection, stored)?;
    changes.clear(stored.number);
    stored.count = 0;
    Ok(())
}

fn delete_each(
    connection: &Connection,
    changes: &mut Changes,
    stored: &mut Stored,
    keys: &[i64],
) -> Result<()> {
    forget_hits(connection, stored, keys)?;
    for &key in keys {
        let documents = remove_item(connection, stored, key)?;
        changes.remove(stored.number, key, documents);
    }
    stored.count = stored.count.saturating_sub(keys.len() as u64);
    Ok(())
}
