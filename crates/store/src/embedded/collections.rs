//! Rows of the table of collections.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::sql::damaged;
use super::tables::Tables;
use crate::collection::{Collection, NewCollection, Space, WordRules};
use crate::encoding::to_json;
use crate::error::{Error, Result};
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::words::Lexicon;

const COLUMNS: &str =
    "number, name, role, unanswered, fields, words, space, count, generation, next_key";

impl Stored {
    /// The collection of a name.
    pub(super) fn find(connection: &Connection, name: &str) -> Result<Option<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM collections WHERE name = ?1");
        let mut statement = connection.prepare_cached(&sql)?;
        let found = statement
            .query_row([name], |row| Ok(Self::read(row)))
            .optional()?;
        found
            .transpose()?
            .map(|stored| stored.with_spaces(connection))
            .transpose()
    }

    /// The same; that there is none is an error.
    pub(super) fn get(connection: &Connection, name: &str) -> Result<Self> {
        let none = || Error::CollectionNotFound {
            name: name.to_owned(),
        };
        Self::find(connection, name)?.ok_or_else(none)
    }

    /// All, by name.
    pub(super) fn all(connection: &Connection) -> Result<Vec<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM collections ORDER BY name");
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map([], |row| Ok(Self::read(row)))?;
        rows.map(|row| row??.with_spaces(connection)).collect()
    }

    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            number: row.get(0)?,
            name: row.get(1)?,
            role: from_json(&format!("{:?}", row.get::<_, String>(2)?))?,
            unanswered: row.get(3)?,
            fields: from_json(&row.get::<_, String>(4)?)?,
            words: Lexicon::read(row.get_ref(5)?.as_str()?).map_err(damaged)?,
            space: row.get(6)?,
            spaces: BTreeMap::new(),
            count: row.get::<_, i64>(7)? as u64,
            generation: row.get::<_, i64>(8)? as u64,
            next_key: row.get(9)?,
        })
    }

    fn with_spaces(mut self, connection: &Connection) -> Result<Self> {
        let mut statement =
            connection.prepare_cached("SELECT number, space FROM spaces WHERE collection = ?1")?;
        let mut rows = statement.query([self.number])?;
        while let Some(row) = rows.next()? {
            self.spaces
                .insert(row.get(0)?, from_json(&row.get::<_, String>(1)?)?);
        }
        match self.spaces.contains_key(&self.space) {
            true => Ok(self),
            false => Err(damaged(format!(
                "the collection {:?} has no vectors",
                self.name
            ))),
        }
    }

    /// Adds a collection with its tables; it has no items.
    pub(super) fn insert(connection: &Connection, new: &NewCollection) -> Result<Self> {
        let role = to_json(&new.role)?;
        connection.execute(
            "INSERT INTO collections (name, role, unanswered, fields, words, space) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            params![new.name, role.trim_matches('"'), new.unanswered, to_json(&new.fields)?, to_json(&WordRules::default())?],
        )?;
        let number = connection.last_insert_rowid();
        Tables::of(number).create(connection)?;
        add_space(connection, number, 1, &new.space)?;
        Self::get(connection, &new.name)
    }

    pub(super) fn tables(&self) -> Tables {
        Tables::of(self.number)
    }

    /// Writes down what changes with items, and that something changed.
    pub(super) fn touch(&mut self, connection: &Connection) -> Result<()> {
        self.generation += 1;
        let mut statement = connection
            .prepare_cached("UPDATE collections SET count = ?2, generation = ?3, next_key = ?4, space = ?5 WHERE number = ?1")?;
        statement.execute(params![
            self.number,
            self.count as i64,
            self.generation as i64,
            self.next_key,
            self.space
        ])?;
        Ok(())
    }

    pub(super) fn set_words(&mut self, connection: &Connection, rules: &WordRules) -> Result<()> {
        connection.execute(
            "UPDATE collections SET words = ?2 WHERE number = ?1",
            params![self.number, to_json(rules)?],
        )?;
        self.words = Lexicon::new(rules.clone());
        Ok(())
    }

    /// Removes the collection with its tables.
    pub(super) fn remove(&self, connection: &Connection) -> Result<()> {
        let tables = self.tables();
        for &space in self.spaces.keys() {
            tables.drop_vectors(connection, space)?;
        }
        tables.drop(connection)?;
        self.unlist(connection)
    }

    /// Takes it out of the list of collections.
    pub(super) fn unlist(&self, connection: &Connection) -> Result<()> {
        connection.execute("DELETE FROM spaces WHERE collection = ?1", [self.number])?;
        connection.execute("DELETE FROM collections WHERE number = ?1", [self.number])?;
        Ok(())
    }

    /// The last item that has vectors in a space; 0: none has.
    pub(super) fn reached(&self, connection: &Connection, space: i64) -> Result<i64> {
        let sql = format!("SELECT max(key) FROM {}", self.tables().vectors(space));
        let last: Option<i64> = connection.query_row(&sql, [], |row| row.get(0))?;
        Ok(last.map_or(0, |key| VectorKey(key).item()))
    }

    /// As callers see it.
    pub(super) fn collection(&self, connection: &Connection) -> Result<Collection> {
        let done = match self.pending() {
            None => 0,
            Some((number, _)) => {
                let reached = self.reached(connection, number)?;
                let sql = format!(
                    "SELECT count(*) FROM {} WHERE key <= ?1",
                    self.tables().words
                );
                connection.query_row(&sql, [reached], |row| row.get::<_, i64>(0))?
            }
        };
        Ok(self.describe(done as u64))
    }
}

/// Gives a collection a space without vectors.
pub(super) fn add_space(
    connection: &Connection,
    collection: i64,
    number: i64,
    space: &Space,
) -> Result<()> {
    Tables::of(collection).create_vectors(connection, number)?;
    let sql = "INSERT INTO spaces (collection, number, space) VALUES (?1, ?2, ?3)";
    connection.execute(sql, params![collection, number, to_json(space)?])?;
    Ok(())
}

/// Takes one away with its vectors.
pub(super) fn remove_space(connection: &Connection, collection: i64, number: i64) -> Result<()> {
    Tables::of(collection).drop_vectors(connection, number)?;
    connection.execute(
        "DELETE FROM spaces WHERE collection = ?1 AND number = ?2",
        [collection, number],
    )?;
    Ok(())
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(damaged)
}
