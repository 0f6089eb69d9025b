//! Whether a database is sound.

use rusqlite::{Connection, Row, params};

use super::blob::{read_vector, write_words};
use super::damage::reason_of;
use super::items::{COLUMNS, read_item, sql_value};
use crate::batch::field_values;
use crate::collection::{Field, FieldValue};
use crate::error::Result;
use crate::item::{Item, has_unit_length};
use crate::stored::Stored;
use crate::words::Document;

/// Problems of the file that are told; each may have thousands of others behind it.
const MOST_PROBLEMS: usize = 100;

/// What SQLite is let tell, among which may be a line for each page that is not used.
const MOST_LINES: u32 = 1_000_000;

/// What is wrong with the database, a sentence each; it reads all of it.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>> {
    let mut problems = check_pages(connection)?;
    let is_sound = problems.is_empty();
    for stored in Stored::all(connection)? {
        match check_collection(connection, &stored) {
            Ok(found) if is_sound => {
                let name = &stored.name;
                let told = |what| format!("The collection {name:?} has {what}.");
                problems.extend(found.into_iter().map(told));
            }
            Ok(_) => {}
            Err(error) => problems.push(told_damaged(&stored.name, &reason_of(error)?)),
        }
    }
    Ok(problems)
}

/// What contradicts itself among the pages of the file.
pub(super) fn check_pages(connection: &Connection) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MOST_LINES})"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        match line {
            Ok(line) => problems.push(line),
            // Of some damage it is told that way, and nothing of what comes behind it.
            Err(error) => problems.push(reason_of(error.into())?),
        }
    }
    // A collection that was dropped since it was damaged has left its pages. Nothing reads them.
    problems.retain(|line| line != "ok" && !line.ends_with(": never used"));
    problems.truncate(MOST_PROBLEMS);
    Ok(problems)
}

/// That a collection cannot be read.
pub(super) fn told_damaged(name: &str, reason: &str) -> String {
    format!("The collection {name:?} is damaged ({reason}).")
}

/// What a collection has that it should not: so many items without words, say.
pub(super) fn check_collection(connection: &Connection, stored: &Stored) -> Result<Vec<String>> {
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
    let told = found
        .into_iter()
        .map(|(what, count)| format!("{count} {what}"));
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
    let analyzer = stored.words.analyzer();
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
