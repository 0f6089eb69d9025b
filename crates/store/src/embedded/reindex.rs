//! Rows made anew: vectors of another model, and other words.
//!
//! The vectors of a new model are a second space of the collection, in a table of its own, which nobody asks until it is whole. Items that are written
//! meanwhile have new, larger keys, so what is left to do is always what lies behind the last key of the new table, after a kill too.

use rusqlite::{Connection, OptionalExtension, params};

use super::blob::write_words;
use super::collections::{add_space, from_json, remove_space};
use super::items::insert_vectors;
use super::load::load;
use super::shared::Shared;
use super::write::finish;
use super::writer::Changes;
use crate::collection::{Space, WordRules};
use crate::error::{Error, Result};
use crate::store::{ReindexItem, ReindexVectors};
use crate::stored::Stored;
use crate::words::Analyzer;

/// Begins a move, or finds that it is the one that is under way.
pub(super) fn begin(connection: &Connection, name: &str, to: &Space) -> Result<()> {
    let stored = Stored::get(connection, name)?;
    match stored.begin_move(to)? {
        Some(number) => add_space(connection, stored.number, number, to),
        None => Ok(()),
    }
}

/// The collection with the number of the space that is being filled, and the space.
fn under_way(connection: &Connection, name: &str) -> Result<(Stored, i64, Space)> {
    let stored = Stored::get(connection, name)?;
    let (number, space) = stored.under_way()?;
    Ok((stored, number, space))
}

/// What comes next.
pub(super) fn todo(connection: &Connection, name: &str, limit: usize) -> Result<Vec<ReindexItem>> {
    let (stored, space, _) = under_way(connection, name)?;
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
pub(super) fn put(connection: &Connection, name: &str, vectors: Vec<ReindexVectors>) -> Result<()> {
    let (stored, number, space) = under_way(connection, name)?;
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
        let new = new.prepare(wordings.len() + 1, space.dimension);
        let new = new.map_err(|error| error.within(&format!("vectors[{i}]")))?;
        insert_vectors(connection, &stored, number, new.key, &new.vectors)?;
    }
    Ok(())
}

/// Lets the new space answer, and drops the old one.
pub(super) fn finish_move(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    name: &str,
) -> Result<()> {
    let (mut stored, space, _) = under_way(connection, name)?;
    let reached = stored.reached(connection, space)?;
    let sql = format!(
        "SELECT count(*) FROM {} WHERE key > ?1",
        stored.tables().items
    );
    let left: i64 = connection.query_row(&sql, [reached], |row| row.get(0))?;
    if left > 0 {
        return Err(Error::ReindexUnfinished {
            name: name.to_owned(),
            left: left as u64,
        });
    }
    remove_space(connection, stored.number, stored.space)?;
    stored.spaces.remove(&stored.space);
    stored.space = space;
    finish(connection, changes, &mut stored)?;
    replace(connection, changes, shared, &stored)
}

/// Drops the new space.
pub(super) fn abandon(connection: &Connection, name: &str) -> Result<()> {
    let (stored, space, _) = under_way(connection, name)?;
    remove_space(connection, stored.number, space)
}

/// Cuts all texts of a collection by new rules.
pub(super) fn set_words(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    name: &str,
    rules: &WordRules,
) -> Result<()> {
    let mut stored = Stored::get(connection, name)?;
    stored.set_words(connection, rules)?;
    let analyzer = Analyzer::new(rules);
    let tables = stored.tables();
    let mut items = connection.prepare(&format!(
        "SELECT key, text, wordings FROM {} ORDER BY key",
        tables.items
    ))?;
    let mut update = connection.prepare(&format!(
        "UPDATE {} SET words = ?2 WHERE key = ?1",
        tables.words
    ))?;
    let mut rows = items.query([])?;
    while let Some(row) = rows.next()? {
        let mut documents = vec![analyzer.document(row.get_ref(1)?.as_str()?)];
        if let Some(wordings) = row.get::<_, Option<String>>(2)? {
            let wordings: Vec<String> = from_json(&wordings)?;
            documents.extend(wordings.iter().map(|text| analyzer.document(text)));
        }
        update.execute(params![row.get::<_, i64>(0)?, write_words(&documents)])?;
    }
    finish(connection, changes, &mut stored)?;
    replace(connection, changes, shared, &stored)
}

/// Reads the rows of a collection anew, as this transaction has them.
fn replace(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    stored: &Stored,
) -> Result<()> {
    let owner = shared.owner(stored);
    let index = load(connection, stored, &owner, shared.kernel)?;
    changes.replace(owner, index);
    Ok(())
}
