//! Items of a collection as rows.

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::blob::{read_vector, read_words, write_words};
use super::collections::from_json;
use crate::batch::field_values;
use crate::collection::FieldValue;
use crate::encoding::{to_json, vector_to_bytes};
use crate::error::Result;
use crate::item::Item;
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::time::Timestamp;
use crate::words::Document;

/// Columns of an item, as [`read_item`] takes them.
pub(super) const COLUMNS: &str = "key, id, text, wordings, answer, payload, time, entry";

/// What only entries of a FAQ have: one column.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_words: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reject: Option<bool>,
}

impl Entry {
    fn of(item: &Item) -> Self {
        Self {
            category: item.category.clone(),
            not_words: item.not_words.clone(),
            related: item.related.clone(),
            enabled: item.enabled,
            valid_from: item.valid_from,
            valid_until: item.valid_until,
            threshold: item.threshold,
            reject: item.reject,
        }
    }
}

/// An item with its key.
pub(super) fn read_item(row: &Row<'_>) -> Result<(i64, Item)> {
    let text = |i| row.get::<_, Option<String>>(i);
    let entry: Entry = text(7)?.map_or(Ok(Entry::default()), |json| from_json(&json))?;
    let item = Item {
        id: row.get(1)?,
        text: row.get(2)?,
        wordings: text(3)?.map_or(Ok(Vec::new()), |json| from_json(&json))?,
        answer: text(4)?,
        payload: text(5)?.map_or(Ok(Default::default()), |json| from_json(&json))?,
        time: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_micros),
        category: entry.category,
        not_words: entry.not_words,
        related: entry.related,
        enabled: entry.enabled,
        valid_from: entry.valid_from,
        valid_until: entry.valid_until,
        threshold: entry.threshold,
        reject: entry.reject,
    };
    Ok((row.get(0)?, item))
}

/// The item of a key, which is there.
pub(super) fn item_of_key(connection: &Connection, stored: &Stored, key: i64) -> Result<Item> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE key = ?1",
        stored.tables().items
    );
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([key], |row| Ok(read_item(row)))??.1)
}

/// The key of an id.
pub(super) fn key_of_id(connection: &Connection, stored: &Stored, id: &str) -> Result<Option<i64>> {
    let sql = format!("SELECT key FROM {} WHERE id = ?1", stored.tables().items);
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([id], |row| row.get(0)).optional()?)
}

/// The keys of those of some ids that are there, in their order.
pub(super) fn keys_of_ids(
    connection: &Connection,
    stored: &Stored,
    ids: &[&str],
) -> Result<Vec<i64>> {
    let sql = format!("SELECT key FROM {} WHERE id = ?1", stored.tables().items);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut keys = Vec::with_capacity(ids.len());
    for id in ids {
        keys.extend(
            statement
                .query_row([id], |row| row.get::<_, i64>(0))
                .optional()?,
        );
    }
    Ok(keys)
}

/// Keeps the keys of items that are there.
pub(super) fn retain_there(
    connection: &Connection,
    stored: &Stored,
    keys: &mut Vec<i64>,
) -> Result<()> {
    let sql = format!("SELECT 1 FROM {} WHERE key = ?1", stored.tables().items);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut there = Vec::with_capacity(keys.len());
    for &key in keys.iter() {
        if statement.exists([key])? {
            there.push(key);
        }
    }
    *keys = there;
    Ok(())
}

/// The id of a key, which is there.
pub(super) fn id_of_key(connection: &Connection, stored: &Stored, key: i64) -> Result<String> {
    let sql = format!("SELECT id FROM {} WHERE key = ?1", stored.tables().items);
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([key], |row| row.get(0))?)
}

/// Adds an item under a new key, without its vectors.
pub(super) fn insert_item(
    connection: &Connection,
    stored: &Stored,
    key: i64,
    item: &Item,
    documents: &[Document],
    fields: &[(i64, FieldValue)],
) -> Result<()> {
    let tables = stored.tables();
    let wordings = (!item.wordings.is_empty())
        .then(|| to_json(&item.wordings))
        .transpose()?;
    let payload = (!item.payload.is_empty())
        .then(|| to_json(&item.payload))
        .transpose()?;
    let entry = Entry::of(item);
    let entry = (entry != Entry::default())
        .then(|| to_json(&entry))
        .transpose()?;
    let sql = format!(
        "INSERT INTO {} ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        tables.items
    );
    let time = item.time.map(Timestamp::micros);
    connection.prepare_cached(&sql)?.execute(params![
        key,
        item.id,
        item.text,
        wordings,
        item.answer,
        payload,
        time,
        entry
    ])?;
    let sql = format!("INSERT INTO {} (key, words) VALUES (?1, ?2)", tables.words);
    connection
        .prepare_cached(&sql)?
        .execute(params![key, write_words(documents)])?;
    let sql = format!(
        "INSERT INTO {} (field, value, key) VALUES (?1, ?2, ?3)",
        tables.fields
    );
    for (field, value) in fields {
        connection
            .prepare_cached(&sql)?
            .execute(params![field, sql_value(value), key])?;
    }
    Ok(())
}

/// Removes an item with all that belongs to it; the words that it had.
pub(super) fn remove_item(
    connection: &Connection,
    stored: &Stored,
    key: i64,
) -> Result<Vec<Document>> {
    let tables = stored.tables();
    if !stored.fields.is_empty() {
        let item = item_of_key(connection, stored, key)?;
        let sql = format!(
            "DELETE FROM {} WHERE field = ?1 AND value = ?2 AND key = ?3",
            tables.fields
        );
        for (field, value) in field_values(&stored.fields, &item)? {
            connection
                .prepare_cached(&sql)?
                .execute(params![field, sql_value(&value), key])?;
        }
    }
    let documents = words_of_key(connection, stored, key)?;
    for table in [&tables.words, &tables.items] {
        let sql = format!("DELETE FROM {table} WHERE key = ?1");
        connection.prepare_cached(&sql)?.execute([key])?;
    }
    for &space in stored.spaces.keys() {
        let sql = format!(
            "DELETE FROM {} WHERE key BETWEEN ?1 AND ?2",
            tables.vectors(space)
        );
        connection
            .prepare_cached(&sql)?
            .execute(VectorKey::of_item(key))?;
    }
    Ok(documents)
}

/// How many items there are.
pub(super) fn count_items(connection: &Connection, stored: &Stored) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {}", stored.tables().items);
    let count: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Removes all items with all that belongs to them.
pub(super) fn remove_all(connection: &Connection, stored: &Stored) -> Result<()> {
    let tables = stored.tables();
    let vectors = stored.spaces.keys().map(|&space| tables.vectors(space));
    let others = [&tables.items, &tables.words, &tables.fields].map(String::clone);
    for table in vectors.chain(others) {
        connection.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

/// The words of an item's texts.
fn words_of_key(connection: &Connection, stored: &Stored, key: i64) -> Result<Vec<Document>> {
    let sql = format!("SELECT words FROM {} WHERE key = ?1", stored.tables().words);
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_row([key], |row| Ok(read_words(row.get_ref(0)?.as_blob()?)))?
}

/// Adds the vectors of an item's texts to a space.
pub(super) fn insert_vectors(
    connection: &Connection,
    stored: &Stored,
    space: i64,
    key: i64,
    vectors: &[Vec<f32>],
) -> Result<()> {
    let sql = format!(
        "INSERT OR REPLACE INTO {} (key, vector) VALUES (?1, ?2)",
        stored.tables().vectors(space)
    );
    let mut statement = connection.prepare_cached(&sql)?;
    for (wording, vector) in vectors.iter().enumerate() {
        statement.execute(params![
            VectorKey::new(key, wording).0,
            vector_to_bytes(vector)
        ])?;
    }
    Ok(())
}

/// The vectors of an item's texts, in order.
pub(super) fn vectors_of_key(
    connection: &Connection,
    stored: &Stored,
    key: i64,
) -> Result<Vec<Vec<f32>>> {
    let vectors = stored.tables().vectors(stored.space);
    let sql = format!("SELECT vector FROM {vectors} WHERE key BETWEEN ?1 AND ?2 ORDER BY key");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(VectorKey::of_item(key))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut vector = Vec::new();
        read_vector(
            row.get_ref(0)?.as_blob()?,
            stored.current().dimension,
            &mut vector,
        )?;
        found.push(vector);
    }
    Ok(found)
}

pub(super) fn sql_value(value: &FieldValue) -> SqlValue {
    match value {
        FieldValue::Keyword(text) => SqlValue::Text(text.clone()),
        FieldValue::Number(number) => SqlValue::Real(*number),
        FieldValue::Time(time) => SqlValue::Integer(time.micros()),
    }
}
