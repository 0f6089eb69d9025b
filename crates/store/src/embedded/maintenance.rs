//! Copies of a store, and whether it is sound.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::sql::FILE;
use crate::error::{Error, Result};
use crate::stored::Stored;

/// Writes a copy of the database as it is now; others read and write meanwhile.
pub(super) fn backup(folder: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        let reason = format!(
            "{} is there already, and a backup replaces nothing.",
            to.display()
        );
        return Err(Error::invalid("file", reason));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    let target = to
        .to_str()
        .ok_or_else(|| Error::invalid("file", "Its name is not UTF-8."))?;
    connection.execute("VACUUM INTO ?1", [target])?;
    // SQLite leaves it to the system when the copy reaches the disk.
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| Error::Unavailable {
        reason: error.to_string(),
    })
}

/// What is wrong with the database, a sentence each; it reads all of it.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        problems.push(line?);
    }
    problems.retain(|line| line != "ok");
    if problems.is_empty() {
        for stored in Stored::all(connection)? {
            problems.extend(check_collection(connection, &stored)?);
        }
    }
    Ok(problems)
}

fn check_collection(connection: &Connection, stored: &Stored) -> Result<Vec<String>> {
    let tables = stored.tables();
    let number = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
    let (items, words) = (&tables.items, &tables.words);
    let vectors = tables.vectors(stored.space);
    let bytes = 4 * stored.current().dimension;
    let expected = [
        (
            "items that are not counted",
            format!("SELECT abs(count(*) - {}) FROM {items}", stored.count),
        ),
        (
            "items without words",
            format!("SELECT count(*) FROM {items} WHERE key NOT IN (SELECT key FROM {words})"),
        ),
        (
            "words without an item",
            format!("SELECT count(*) FROM {words} WHERE key NOT IN (SELECT key FROM {items})"),
        ),
        (
            "items with a key that is still to come",
            format!(
                "SELECT count(*) FROM {items} WHERE key >= {}",
                stored.next_key
            ),
        ),
        (
            "vectors without an item",
            format!(
                "SELECT count(*) FROM {vectors} WHERE key >> 10 NOT IN (SELECT key FROM {items})"
            ),
        ),
        (
            "vectors too few or too many",
            format!(
                "SELECT abs((SELECT count(*) FROM {vectors}) - count(*) - coalesce(sum(json_array_length(wordings)), 0)) FROM {items}"
            ),
        ),
        (
            "vectors of another length",
            format!("SELECT count(*) FROM {vectors} WHERE length(vector) <> {bytes}"),
        ),
    ];
    let mut problems = Vec::new();
    for (what, sql) in expected {
        let found = number(sql)?;
        if found > 0 {
            problems.push(format!(
                "The collection {:?} has {found} {what}.",
                stored.name
            ));
        }
    }
    Ok(problems)
}
