//! Copies of a store, and whether it is sound.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, params};

use super::blob::{read_vector, write_words};
use super::items::{COLUMNS, read_item, sql_value};
use super::schema;
use super::sql::{FILE, damaged};
use crate::batch::field_values;
use crate::collection::{Collection, Field, FieldValue};
use crate::error::{Error, Result};
use crate::item::{Item, has_unit_length};
use crate::stored::Stored;
use crate::words::{Analyzer, Document};

/// How long another process may hold the database, which it does while it opens or closes it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes a copy of the database of a folder as it is now, of all collections or of one only; others read and write meanwhile, in this process or in another
/// one. What the copy holds.
pub(super) fn backup(folder: &Path, only: Option<&str>, to: &Path) -> Result<Vec<Collection>> {
    let length = to.metadata().map(|metadata| metadata.len());
    if length.as_ref().is_ok_and(|&length| length > 0) {
        let reason = format!(
            "{} is there already, and a backup replaces nothing.",
            to.display()
        );
        return Err(Error::invalid("file", reason));
    }
    let copied = copy(folder, to).and_then(|()| complete(only, to));
    if copied.is_err() && length.is_err() {
        // Half a copy is none.
        let _ = std::fs::remove_file(to);
    }
    copied
}

/// The copy, of one moment: what is written meanwhile is not in it.
fn copy(folder: &Path, to: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(PATIENCE)?;
    let target = to
        .to_str()
        .ok_or_else(|| Error::invalid("file", "Its name is not UTF-8."))?;
    connection.execute("VACUUM INTO ?1", [target])?;
    Ok(())
}

/// Brings a copy to the newest schema, leaves one collection in it if only that is wanted, and sees that it is sound: a backup is needed when it is
/// too late to make another one.
fn complete(only: Option<&str>, to: &Path) -> Result<Vec<Collection>> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(to, flags)?;
    // No other file beside it, whose name nobody knows of.
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;")?;
    schema::migrate(&mut connection, schema::MIGRATIONS)?;
    if let Some(name) = only {
        leave_only(&connection, name)?;
    }
    if let Some(problem) = check(&connection)?.first() {
        return Err(damaged(problem.trim_end_matches('.')));
    }
    let all = Stored::all(&connection)?;
    let all = all.iter().map(|stored| stored.collection(&connection));
    let all = all.collect::<Result<_>>()?;
    drop(connection);
    // SQLite leaves it to the system when the copy reaches the disk.
    let synced = std::fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| Error::Unavailable {
        reason: error.to_string(),
    })?;
    Ok(all)
}

fn leave_only(connection: &Connection, name: &str) -> Result<()> {
    let wanted = Stored::get(connection, name)?.number;
    connection.execute_batch("BEGIN")?;
    for stored in Stored::all(connection)? {
        if stored.number != wanted {
            stored.remove(connection)?;
        }
    }
    // What was removed is in the file until then, also for whoever is not to have it.
    connection.execute_batch("COMMIT; VACUUM;")?;
    Ok(())
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
    let (bytes, collection) = (4 * stored.current().dimension, stored.number);
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
            "events of no kind",
            format!(
                "SELECT count(*) FROM {} WHERE kind NOT BETWEEN 0 AND 3",
                tables.events
            ),
        ),
        (
            "vectors of another length",
            format!("SELECT count(*) FROM {vectors} WHERE length(vector) <> {bytes}"),
        ),
        (
            "questions with a vector of another length",
            format!(
                "SELECT count(*) FROM questions WHERE collection = {collection} AND length(vector) <> {bytes}"
            ),
        ),
        (
            "answered questions of items that are gone",
            format!(
                "SELECT count(*) FROM hit_counts WHERE collection = {collection} AND item NOT IN (SELECT id FROM {items})"
            ),
        ),
        (
            "answered questions that are not counted",
            format!(
                "SELECT count(*) FROM (SELECT item, count(*) AS kept FROM hits WHERE collection = {collection} GROUP BY item) kept
                 WHERE kept.kept > coalesce((SELECT count FROM hit_counts WHERE collection = {collection} AND item = kept.item), 0)"
            ),
        ),
    ];
    let mut found = Vec::new();
    for (what, sql) in expected {
        found.push((what, number(sql)?));
    }
    let odd = odd_items(connection, stored)?;
    found.push(("items that cannot be read", odd.unreadable));
    found.push((
        "items with words that are not those of their texts",
        odd.words,
    ));
    found.push((
        "values of fields that the index has not",
        odd.values_missing,
    ));
    let rows = number(format!("SELECT count(*) FROM {}", tables.fields))?;
    if odd.unreadable == 0 {
        // Else they may be those of the items that cannot be read.
        found.push((
            "values in the index of fields that no item has",
            rows - odd.values_found,
        ));
    }
    found.push((
        "vectors that are not of unit length",
        odd_vectors(connection, stored)?,
    ));
    found.retain(|(_, count)| *count > 0);
    let name = &stored.name;
    let told = found
        .into_iter()
        .map(|(what, count)| format!("The collection {name:?} has {count} {what}."));
    Ok(told.collect())
}

/// What is not as it was written, as far as the items tell.
#[derive(Default)]
struct Odd {
    /// Items whose JSON is none, or that break a rule.
    unreadable: i64,
    /// Others whose words are not those of their texts.
    words: i64,
    /// Values of their declared fields that the index has.
    values_found: i64,
    /// And those that it has not.
    values_missing: i64,
}

fn odd_items(connection: &Connection, stored: &Stored) -> Result<Odd> {
    let tables = stored.tables();
    let sql = format!(
        "SELECT {COLUMNS}, words FROM {} LEFT JOIN {} USING (key)",
        tables.items, tables.words
    );
    let analyzer = Analyzer::new(&stored.words);
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let sql = format!(
        "SELECT count(*) FROM {} WHERE field = ?1 AND value = ?2 AND key = ?3",
        tables.fields
    );
    let mut index = connection.prepare(&sql)?;
    let mut odd = Odd::default();
    while let Some(row) = rows.next()? {
        match sound_item(row, &stored.fields) {
            Ok((key, item, values)) => {
                let documents: Vec<Document> =
                    item.texts().map(|text| analyzer.document(text)).collect();
                let words: Option<Vec<u8>> = row.get("words")?;
                odd.words += i64::from(words.is_some_and(|words| words != write_words(&documents)));
                for (field, value) in values {
                    let entry = params![field, sql_value(&value), key];
                    let entries: i64 = index.query_row(entry, |row| row.get(0))?;
                    odd.values_found += entries;
                    odd.values_missing += 1 - entries;
                }
            }
            Err(_) => odd.unreadable += 1,
        }
    }
    Ok(odd)
}

/// Values of declared fields, with the number of each field.
type Values = Vec<(i64, FieldValue)>;

/// An item that breaks no rule, with its key and the values of its declared fields.
fn sound_item(row: &Row<'_>, fields: &[Field]) -> Result<(i64, Item, Values)> {
    let (key, item) = read_item(row)?;
    item.check()?;
    let values = field_values(fields, &item)?;
    Ok((key, item, values))
}

/// How many vectors are not what was written, as far as their length tells.
fn odd_vectors(connection: &Connection, stored: &Stored) -> Result<i64> {
    let dimension = stored.current().dimension;
    let sql = format!(
        "SELECT vector FROM {}",
        stored.tables().vectors(stored.space)
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut count, mut vector) = (0, Vec::with_capacity(dimension));
    while let Some(row) = rows.next()? {
        let read = read_vector(row.get_ref(0)?.as_blob()?, dimension, &mut vector);
        let is_sound = read.is_ok() && has_unit_length(&vector);
        count += i64::from(!is_sound);
    }
    Ok(count)
}
