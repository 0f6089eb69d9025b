//! Rows of the tables: collections, items, words, vectors.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::errors::damaged;
use super::tables::Tables;
use crate::batch::Prepared;
use crate::collection::{Collection, FieldValue, NewCollection, Space, WordRules};
use crate::encoding::{to_json, vector_elements, vector_to_bytes};
use crate::error::{Error, Result};
use crate::item::Item;
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::time::Timestamp;
use crate::words::Lexicon;

/// A collection with what only this engine keeps of it.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) stored: Stored,
    /// Number of texts.
    pub(super) docs: i64,
    /// Words in them.
    pub(super) length: i64,
    /// Number of the tables of words.
    pub(super) lexicon: i64,
    /// Other words, for which the texts are being cut.
    pub(super) next: Option<NextWords>,
}

/// Words that are to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NextWords {
    /// Of their tables.
    pub(super) number: i64,
    pub(super) rules: WordRules,
    /// Texts that are cut.
    pub(super) docs: i64,
    /// Words in them.
    pub(super) length: i64,
}

const COLUMNS: &str = "number, name, role, unanswered, fields, words, space, spaces, count, generation, next_key, docs, length, lexicon, next_words";

impl Counted {
    fn read(row: &Row) -> Result<Self> {
        let text = |i: usize| row.get::<_, String>(i);
        let stored = Stored {
            number: row.get(0),
            name: text(1),
            role: from_json(&text(2))?,
            unanswered: row.get(3),
            fields: from_json(&text(4))?,
            words: Lexicon::read(row.get(5)).map_err(damaged)?,
            space: row.get(6),
            spaces: from_json(&text(7))?,
            count: row.get::<_, i64>(8) as u64,
            generation: row.get::<_, i64>(9) as u64,
            next_key: row.get(10),
        };
        match stored.spaces.contains_key(&stored.space) {
            true => Ok(Self {
                stored,
                docs: row.get(11),
                length: row.get(12),
                lexicon: row.get(13),
                next: row
                    .get::<_, Option<String>>(14)
                    .map(|json| from_json(&json))
                    .transpose()?,
            }),
            false => Err(damaged(format!(
                "the collection {:?} has no vectors",
                stored.name
            ))),
        }
    }

    /// The collection of a name; `lock`: nobody else writes to it until the end of the transaction.
    pub(super) fn find(client: &mut Client, name: &str, lock: bool) -> Result<Option<Self>> {
        if !may_be_there(name) {
            return Ok(None);
        }
        let lock = if lock { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT {COLUMNS} FROM yuyi.collections WHERE name = $1{lock}");
        let rows = client.query_typed(&sql, &[(&name, Type::TEXT)])?;
        rows.first().map(Self::read).transpose()
    }

    pub(super) fn get(client: &mut Client, name: &str, lock: bool) -> Result<Self> {
        let none = || Error::CollectionNotFound {
            name: name.to_owned(),
        };
        Self::find(client, name, lock)?.ok_or_else(none)
    }

    pub(super) fn all(client: &mut Client) -> Result<Vec<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM yuyi.collections ORDER BY name");
        client
            .query_typed(&sql, &[])?
            .iter()
            .map(Self::read)
            .collect()
    }

    pub(super) fn insert(client: &mut Client, new: &NewCollection) -> Result<bool> {
        let spaces = HashMap::from([(1, &new.space)]);
        let sql = "INSERT INTO yuyi.collections (name, role, unanswered, fields, words, space, spaces)
                   VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (name) DO NOTHING RETURNING number";
        let (role, fields) = (to_json(&new.role)?, to_json(&new.fields)?);
        let (words, spaces) = (to_json(&WordRules::default())?, to_json(&spaces)?);
        let rows = client.query_typed(
            sql,
            &[
                (&new.name, Type::TEXT),
                (&role, Type::TEXT),
                (&new.unanswered, Type::BOOL),
                (&fields, Type::TEXT),
                (&words, Type::TEXT),
                (&spaces, Type::TEXT),
            ],
        )?;
        let Some(row) = rows.first() else {
            return Ok(false);
        };
        let tables = Tables::of(row.get(0), 1);
        tables.create(client)?;
        tables.create_words(client)?;
        tables.create_vectors(client, 1, new.space.dimension)?;
        Ok(true)
    }

    pub(super) fn tables(&self) -> Tables {
        Tables::of(self.stored.number, self.lexicon)
    }

    /// Writes down what changed.
    pub(super) fn touch(&mut self, client: &mut Client) -> Result<()> {
        let stored = &mut self.stored;
        stored.generation += 1;
        let (words, spaces) = (to_json(&*stored.words.rules)?, to_json(&stored.spaces)?);
        let next = self.next.as_ref().map(to_json).transpose()?;
        let sql = "UPDATE yuyi.collections SET words = $2, space = $3, spaces = $4, count = $5, generation = $6, next_key = $7, docs = $8,
                   length = $9, lexicon = $10, next_words = $11 WHERE number = $1";
        client.execute_typed(
            sql,
            &[
                (&stored.number, Type::INT8),
                (&words, Type::TEXT),
                (&stored.space, Type::INT8),
                (&spaces, Type::TEXT),
                (&(stored.count as i64), Type::INT8),
                (&(stored.generation as i64), Type::INT8),
                (&stored.next_key, Type::INT8),
                (&self.docs, Type::INT8),
                (&self.length, Type::INT8),
                (&self.lexicon, Type::INT8),
                (&next, Type::TEXT),
            ],
        )?;
        Ok(())
    }

    /// The last item that has vectors in a space; 0: none has.
    pub(super) fn reached(&self, client: &mut Client, space: i64) -> Result<i64> {
        let sql = format!("SELECT max(key) FROM {}", self.tables().vectors(space));
        let rows = client.query_typed(&sql, &[])?;
        let last: Option<i64> = rows.first().and_then(|row| row.get(0));
        Ok(last.map_or(0, |key| VectorKey(key).item()))
    }

    /// The number of the space that a move fills, which has vectors of all items.
    ///
    /// # Errors
    /// [`ReindexUnfinished`](Error::ReindexUnfinished) where it has not.
    pub(super) fn check_moved(&self, client: &mut Client, to: &Space) -> Result<i64> {
        let number = self.stored.on_the_way_to(to)?;
        let reached = self.reached(client, number)?;
        let items = self.tables().items;
        let sql = format!("SELECT count(*) FROM {items} WHERE key > $1");
        let rows = client.query_typed(&sql, &[(&reached, Type::INT8)])?;
        match rows.first().map_or(0, |row| row.get::<_, i64>(0)) {
            0 => Ok(number),
            left => Err(Error::ReindexUnfinished {
                name: self.stored.name.clone(),
                left: left as u64,
            }),
        }
    }

    /// As callers see it.
    pub(super) fn collection(&self, client: &mut Client) -> Result<Collection> {
        let done: i64 = match self.stored.pending() {
            None => 0,
            Some((space, _)) => {
                let reached = self.reached(client, space)?;
                let sql = format!(
                    "SELECT count(*) FROM {} WHERE key <= $1",
                    self.tables().items
                );
                let rows = client.query_typed(&sql, &[(&reached, Type::INT8)])?;
                rows.first().map_or(0, |row| row.get(0))
            }
        };
        Ok(self.stored.describe(done as u64))
    }

    /// The keys of ids, with the ids.
    pub(super) fn keys_of(&self, client: &mut Client, ids: &[&str]) -> Result<Vec<(i64, String)>> {
        let sql = format!(
            "SELECT key, id FROM {} WHERE id = ANY($1)",
            self.tables().items
        );
        let ids: Vec<&str> = ids.iter().copied().filter(|id| may_be_there(id)).collect();
        let rows = client.query_typed(&sql, &[(&ids, Type::TEXT_ARRAY)])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Items by their keys.
    pub(super) fn items(&self, client: &mut Client, keys: &[i64]) -> Result<HashMap<i64, Item>> {
        let sql = format!(
            "SELECT key, item FROM {} WHERE key = ANY($1)",
            self.tables().items
        );
        let rows = client.query_typed(&sql, &[(&keys, Type::INT8_ARRAY)])?;
        let item = |row: &Row| Ok((row.get(0), from_json(&row.get::<_, String>(1))?));
        rows.iter().map(item).collect()
    }

    /// The vectors of items, in the order of their keys.
    pub(super) fn vectors(
        &self,
        client: &mut Client,
        keys: &[i64],
    ) -> Result<Vec<(VectorKey, Vec<f32>)>> {
        let table = self.tables().vectors(self.stored.space);
        let sql = format!("SELECT key, vector FROM {table} WHERE item = ANY($1) ORDER BY key");
        let rows = client.query_typed(&sql, &[(&keys, Type::INT8_ARRAY)])?;
        rows.iter().map(|row| self.read_vector(row)).collect()
    }

    /// A row of key and vector.
    pub(super) fn read_vector(&self, row: &Row) -> Result<(VectorKey, Vec<f32>)> {
        let bytes: &[u8] = row.get(1);
        let elements = vector_elements(bytes, self.stored.current().dimension)
            .ok_or_else(|| damaged(format!("a vector has {} bytes", bytes.len())))?;
        Ok((VectorKey(row.get(0)), elements.collect()))
    }

    /// Removes items with all that belongs to them.
    pub(super) fn remove(&mut self, client: &mut Client, keys: &[i64]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let tables = self.tables();
        let items = &[(&keys as &(dyn ToSql + Sync), Type::INT8_ARRAY)];
        client.execute_typed(
            &format!("DELETE FROM {} WHERE key = ANY($1)", tables.items),
            items,
        )?;
        client.execute_typed(
            &format!("DELETE FROM {} WHERE key = ANY($1)", tables.fields),
            items,
        )?;
        let mut of_vectors: Vec<i64> = Vec::new();
        for &space in self.stored.spaces.keys() {
            let sql = format!(
                "DELETE FROM {} WHERE item = ANY($1) RETURNING key",
                tables.vectors(space)
            );
            let removed = client.query_typed(&sql, items)?;
            if space == self.stored.space {
                of_vectors = removed.iter().map(|row| row.get(0)).collect();
            }
        }
        self.remove_words(client, &of_vectors)?;
        self.stored.count = self.stored.count.saturating_sub(keys.len() as u64);
        Ok(())
    }

    /// Adds items, whose ids are free.
    pub(super) fn add(&mut self, client: &mut Client, items: &[Prepared]) -> Result<()> {
        let first = self.stored.next_key;
        let keys: Vec<i64> = (first..first + items.len() as i64).collect();
        let ids: Vec<&str> = items.iter().map(|item| &*item.item.id).collect();
        let json = items
            .iter()
            .map(|item| to_json(&item.item))
            .collect::<Result<Vec<_>>>()?;
        let times: Vec<Option<i64>> = items
            .iter()
            .map(|item| item.item.time.map(Timestamp::micros))
            .collect();
        let sql = format!(
            "INSERT INTO {} (key, id, item, time) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])",
            self.tables().items
        );
        client.execute_typed(
            &sql,
            &[
                (&keys, Type::INT8_ARRAY),
                (&ids, Type::TEXT_ARRAY),
                (&json, Type::TEXT_ARRAY),
                (&times, Type::INT8_ARRAY),
            ],
        )?;
        let documents = keys
            .iter()
            .zip(items)
            .map(|(&key, item)| (key, &item.documents[..]));
        self.add_words(client, documents)?;
        self.add_fields(
            client,
            keys.iter()
                .copied()
                .zip(items.iter().map(|item| &item.fields[..])),
        )?;
        let vectors = keys
            .iter()
            .zip(items)
            .map(|(&key, item)| (key, &item.vectors[..]));
        self.add_vectors(client, self.stored.space, vectors)?;
        self.stored.next_key += items.len() as i64;
        self.stored.count += items.len() as u64;
        Ok(())
    }

    fn add_fields<'a>(
        &self,
        client: &mut Client,
        items: impl Iterator<Item = (i64, &'a [(i64, FieldValue)])>,
    ) -> Result<()> {
        let (mut fields, mut keys) = (Vec::new(), Vec::new());
        let (mut keywords, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for (key, values) in items {
            for (field, value) in values {
                fields.push(*field);
                keys.push(key);
                let (mut keyword, mut number, mut time) = (None, None, None);
                match value {
                    FieldValue::Keyword(text) => keyword = Some(text.replace('\0', "\u{fffd}")),
                    FieldValue::Number(value) => number = Some(*value),
                    FieldValue::Time(value) => time = Some(value.micros()),
                }
                keywords.push(keyword);
                numbers.push(number);
                times.push(time);
            }
        }
        if fields.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO {} SELECT * FROM unnest($1::bigint[], $2::text[], $3::double precision[], $4::bigint[], $5::bigint[])",
            self.tables().fields
        );
        client.execute_typed(
            &sql,
            &[
                (&fields, Type::INT8_ARRAY),
                (&keywords, Type::TEXT_ARRAY),
                (&numbers, Type::FLOAT8_ARRAY),
                (&times, Type::INT8_ARRAY),
                (&keys, Type::INT8_ARRAY),
            ],
        )?;
        Ok(())
    }

    /// Adds the vectors of items to a space.
    pub(super) fn add_vectors<'a>(
        &self,
        client: &mut Client,
        space: i64,
        items: impl Iterator<Item = (i64, &'a [Vec<f32>])>,
    ) -> Result<()> {
        let (mut keys, mut of, mut bytes, mut halves) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (item, vectors) in items {
            for (wording, vector) in vectors.iter().enumerate() {
                keys.push(VectorKey::new(item, wording).0);
                of.push(item);
                bytes.push(vector_to_bytes(vector));
                halves.push(written(vector));
            }
        }
        let sql = format!(
            "INSERT INTO {} SELECT key, item, vector, half::halfvec FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::text[])
             AS new (key, item, vector, half) ON CONFLICT (key) DO UPDATE SET vector = EXCLUDED.vector, half = EXCLUDED.half",
            self.tables().vectors(space)
        );
        client.execute_typed(
            &sql,
            &[
                (&keys, Type::INT8_ARRAY),
                (&of, Type::INT8_ARRAY),
                (&bytes, Type::BYTEA_ARRAY),
                (&halves, Type::TEXT_ARRAY),
            ],
        )?;
        Ok(())
    }
}

/// Whether a name can be that of anything: PostgreSQL's text has no NUL, and refuses a question that has one.
pub(super) fn may_be_there(name: &str) -> bool {
    !name.contains('\0')
}

/// A vector as pgvector reads it.
pub(super) fn written(vector: &[f32]) -> String {
    let mut text = String::with_capacity(vector.len() * 12);
    for x in vector {
        text.push(if text.is_empty() { '[' } else { ',' });
        text += &x.to_string();
    }
    text.push(']');
    text
}

pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(damaged)
}
