//! Other words of a collection.
//!
//! All its texts are cut anew into a second table, some at a time, between which others write; the old words answer until all are cut, and then the table takes
//! their place. Keys ascend, so what is written meanwhile lies behind what is cut; what is removed meanwhile is left out in the end.

use rusqlite::{Connection, params};

use super::blob::write_words;
use super::collections::from_json;
use super::ready::Ready;
use super::shared::Shared;
use super::tables::Tables;
use super::writer::Changes;
use crate::collection::WordRules;
use crate::error::{Error, Result};
use crate::stored::Stored;
use crate::words::Analyzer;

/// Items that are cut between two writes.
const CHUNK: usize = 2000;

/// Words of some items, by their keys, in ascending order.
pub(super) type Cut = Vec<(i64, Vec<u8>)>;

/// The collection, if it is still the one that was begun with.
fn same(connection: &Connection, name: &str, number: i64) -> Result<Stored> {
    let stored = Stored::get(connection, name)?;
    stored.check_number(number).map(|()| stored)
}

/// Makes the second table; the number of the collection.
pub(super) fn begin(connection: &Connection, name: &str) -> Result<i64> {
    let stored = Stored::get(connection, name)?;
    stored.tables().create_next_words(connection)?;
    Ok(stored.number)
}

/// Cuts some items behind a key.
pub(super) fn cut(
    connection: &Connection,
    (name, number): (&str, i64),
    analyzer: &Analyzer,
    behind: i64,
) -> Result<Cut> {
    cut_of(
        &same(connection, name, number)?.tables(),
        connection,
        analyzer,
        behind,
    )
}

/// The same, of the tables of a collection.
fn cut_of(
    tables: &Tables,
    connection: &Connection,
    analyzer: &Analyzer,
    behind: i64,
) -> Result<Cut> {
    let items = &tables.items;
    let sql = format!(
        "SELECT key, text, wordings FROM {items} WHERE key > ?1 ORDER BY key LIMIT {CHUNK}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([behind])?;
    let mut cut = Vec::new();
    while let Some(row) = rows.next()? {
        let mut documents = vec![analyzer.document(row.get_ref(1)?.as_str()?)];
        if let Some(wordings) = row.get::<_, Option<String>>(2)? {
            let wordings: Vec<String> = from_json(&wordings)?;
            documents.extend(wordings.iter().map(|text| analyzer.document(text)));
        }
        cut.push((row.get(0)?, write_words(&documents)));
    }
    Ok(cut)
}

/// Writes the words of items to the second table.
pub(super) fn put(
    connection: &Connection,
    name: &str,
    number: i64,
    cut: &[(i64, Vec<u8>)],
) -> Result<()> {
    put_in(&same(connection, name, number)?.tables(), connection, cut)
}

fn put_in(tables: &Tables, connection: &Connection, cut: &[(i64, Vec<u8>)]) -> Result<()> {
    let next = tables.next_words();
    let sql = format!("INSERT OR REPLACE INTO {next} (key, words) VALUES (?1, ?2)");
    let mut statement = connection.prepare_cached(&sql)?;
    for (key, words) in cut {
        statement.execute(params![key, words])?;
    }
    Ok(())
}

/// Reads the new words for memory, beside those who write. Those of items that were removed meanwhile are left out.
pub(super) fn prepare(
    connection: &Connection,
    shared: &Shared,
    name: &str,
    number: i64,
) -> Result<Ready> {
    let stored = same(connection, name, number)?;
    let (words, next) = (stored.tables().words, stored.tables().next_words());
    let words = format!("(SELECT n.key, n.words FROM {words} w JOIN {next} n ON n.key = w.key)");
    Ready::load(connection, shared, &stored, &words)
}

/// Lets the second table take the place of the first, which has the same items; false: others wrote since it was read for memory. With nothing ready, what is left is cut
/// and read now, and others wait.
pub(super) fn end(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    (name, number): (&str, i64),
    (rules, behind): (&WordRules, i64),
    ready: Option<Ready>,
) -> Result<bool> {
    let mut stored = same(connection, name, number)?;
    if ready.as_ref().is_some_and(|ready| !ready.is_of(&stored)) {
        return Ok(false);
    }
    let (analyzer, mut last) = (Analyzer::new(rules), behind);
    while let Some(next) = cut_and_put(connection, (name, number), &analyzer, last)? {
        last = next;
    }
    if ready.is_some() && last > behind {
        // They came before it was read for memory, and are not in it.
        return Ok(false);
    }
    stored.tables().take_next_words(connection)?;
    stored.set_words(connection, rules)?;
    Ready::finish(ready, connection, changes, shared, &mut stored)?;
    Ok(true)
}

/// The last key that was cut; `None`: there were none left.
fn cut_and_put(
    connection: &Connection,
    (name, number): (&str, i64),
    analyzer: &Analyzer,
    behind: i64,
) -> Result<Option<i64>> {
    let cut = cut(connection, (name, number), analyzer, behind)?;
    put(connection, name, number, &cut)?;
    Ok(cut.last().map(|(key, _)| *key))
}

/// Cuts the texts of all collections that have words of their own by the rules that they have, since texts are no longer cut as they were. It asks
/// for no more of the tables than the oldest have.
pub(super) fn cut_all_anew(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("SELECT number, words FROM collections")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    // No table can be dropped while one is read.
    let all: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    for (number, rules) in all {
        let rules: WordRules = from_json(&rules)?;
        if rules == WordRules::default() {
            continue;
        }
        let tables = Tables::of(number);
        match cut_one_anew(connection, &tables, &rules) {
            // One that is damaged keeps no other from the newest version.
            Err(Error::Damaged { .. } | Error::Failed { .. }) => {
                tables.drop_next_words(connection)?;
            }
            cut => cut?,
        }
    }
    Ok(())
}

fn cut_one_anew(connection: &Connection, tables: &Tables, rules: &WordRules) -> Result<()> {
    let analyzer = Analyzer::new(rules);
    tables.create_next_words(connection)?;
    let mut last = 0;
    loop {
        let cut = cut_of(tables, connection, &analyzer, last)?;
        let Some((key, _)) = cut.last() else {
            return tables.take_next_words(connection);
        };
        last = *key;
        put_in(tables, connection, &cut)?;
    }
}

/// Removes the second table.
pub(super) fn abandon(connection: &Connection, name: &str, number: i64) -> Result<()> {
    same(connection, name, number)?
        .tables()
        .drop_next_words(connection)
}
