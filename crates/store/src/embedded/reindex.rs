//! Vectors of another model.
//!
//! They are a second space of the collection, in a table of its own, which nobody asks until it is whole. Items that are written
//! meanwhile have new, larger keys, so what is left to do is always what lies behind the last key of the new table, after a kill too.

use rusqlite::{Connection, OptionalExtension, params};

use super::collections::{add_space, from_json, remove_space};
use super::items::insert_vectors;
use super::questions;
use super::ready::Ready;
use super::shared::Shared;
use super::writer::Changes;
use crate::collection::Space;
use crate::error::{Error, Result};
use crate::store::{ReindexItem, ReindexVectors};
use crate::stored::Stored;

/// Begins a move, or finds that it is the one that is under way.
pub(super) fn begin(connection: &Connection, name: &str, to: &Space) -> Result<()> {
    let stored = Stored::get(connection, name)?;
    match stored.begin_move(to)? {
        Some(number) => add_space(connection, stored.number, number, to),
        None => Ok(()),
    }
}

/// A collection by its name, and where it is to be on its way to.
type OnTheWay<'a> = (&'a str, &'a Space);

/// The collection, with the number of the space that is being filled.
fn under_way(connection: &Connection, (name, to): OnTheWay<'_>) -> Result<(Stored, i64)> {
    let stored = Stored::get(connection, name)?;
    let number = stored.on_the_way_to(to)?;
    Ok((stored, number))
}

/// What comes next.
pub(super) fn todo(
    connection: &Connection,
    moving: OnTheWay<'_>,
    limit: usize,
) -> Result<Vec<ReindexItem>> {
    let (stored, space) = under_way(connection, moving)?;
    let reached = stored.reached(connection, space)?;
    let sql = format!(
        "SELECT key, text, wordings FROM {} WHERE key > ?1 ORDER BY key LIMIT ?2",
        stored.tables().items
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params![reached, limit as i64])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let mut texts = vec![row.get(1)?];
        if let Some(wordings) = row.get::<_, Option<String>>(2)? {
            texts.extend(from_json::<Vec<String>>(&wordings)?);
        }
        items.push(ReindexItem {
            key: row.get(0)?,
            texts,
        });
    }
    Ok(items)
}

/// Keeps new vectors of items that are still there.
pub(super) fn put(
    connection: &Connection,
    moving: OnTheWay<'_>,
    vectors: Vec<ReindexVectors>,
) -> Result<()> {
    let (stored, number) = under_way(connection, moving)?;
    let sql = format!(
        "SELECT wordings FROM {} WHERE key = ?1",
        stored.tables().items
    );
    for (i, new) in vectors.into_iter().enumerate() {
        let mut statement = connection.prepare_cached(&sql)?;
        let wordings = statement
            .query_row([new.key], |row| row.get::<_, Option<String>>(0))
            .optional()?;
        let Some(wordings) = wordings else {
            continue;
        };
        let wordings: Vec<String> = wordings.map_or(Ok(Vec::new()), |json| from_json(&json))?;
        let new = new.prepare(wordings.len() + 1, moving.1.dimension);
        let new = new.map_err(|error| error.within(&format!("vectors[{i}]")))?;
        insert_vectors(connection, &stored, number, new.key, &new.vectors)?;
    }
    Ok(())
}

/// The number of the space that is being filled, which has vectors of all items.
///
/// # Errors
/// [`ReindexUnfinished`](Error::ReindexUnfinished) where it has not.
fn check_moved(connection: &Connection, moving: OnTheWay<'_>) -> Result<(Stored, i64)> {
    let (stored, space) = under_way(connection, moving)?;
    let reached = stored.reached(connection, space)?;
    let items = stored.tables().items;
    let sql = format!("SELECT count(*) FROM {items} WHERE key > ?1");
    match connection.query_row(&sql, [reached], |row| row.get::<_, i64>(0))? {
        0 => Ok((stored, space)),
        left => Err(Error::ReindexUnfinished {
            name: stored.name,
            left: left as u64,
        }),
    }
}

/// Reads the new space for memory, beside those who write.
pub(super) fn prepare_move(
    connection: &Connection,
    shared: &Shared,
    moving: OnTheWay<'_>,
) -> Result<Ready> {
    let (mut stored, space) = check_moved(connection, moving)?;
    stored.space = space;
    let words = stored.tables().words;
    Ready::load(connection, shared, &stored, &words)
}

/// Lets the new space answer, and drops the old one; false: others wrote since it was read for memory. With nothing ready it is read now, and others wait.
pub(super) fn finish_move(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    moving: OnTheWay<'_>,
    ready: Option<Ready>,
) -> Result<bool> {
    let (mut stored, space) = check_moved(connection, moving)?;
    if ready.as_ref().is_some_and(|ready| !ready.is_of(&stored)) {
        return Ok(false);
    }
    remove_space(connection, stored.number, stored.space)?;
    stored.spaces.remove(&stored.space);
    stored.space = space;
    questions::drop_vectors(connection, &stored)?;
    Ready::finish(ready, connection, changes, shared, &mut stored)?;
    Ok(true)
}

/// Drops the new space.
pub(super) fn abandon(connection: &Connection, name: &str) -> Result<()> {
    let stored = Stored::get(connection, name)?;
    let (space, _) = stored.under_way()?;
    remove_space(connection, stored.number, space)
}
