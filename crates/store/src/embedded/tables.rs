//! The tables of the database.
//!
//! A collection has tables of its own, so that dropping one is dropping tables, and what is read together lies together:
//!
//! | table | row |
//! |---|---|
//! | `items_C` | an item: its key, id, text and the rest |
//! | `words_C` | the words of its texts, in the form of `blob.rs` |
//! | `words_C_next` | the same by other rules, while texts are cut by these; what a kill leaves of it is of no use |
//! | `fields_C` | a value of a declared field |
//! | `events_C` | what a user did with an item |
//! | `vectors_C_S` | a vector of space S: little-endian f32 |
//!
//! Beside them stand `questions`, `hits` and `hit_counts`, with what collections were asked: their rows name the collection.
//!
//! C is the collection's number and S that of the space; both are never used again. Keys of items ascend and are never used again either: an item
//! that is written anew has a new key. So whatever is known of a key, such as its codes, stays true.

use rusqlite::Connection;

use crate::error::Result;

/// The tables of all collections, in which rows name theirs.
pub(super) const COMMON: [&str; 3] = ["questions", "hits", "hit_counts"];

/// Names of a collection's tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) items: String,
    pub(super) words: String,
    pub(super) fields: String,
    pub(super) events: String,
    number: i64,
}

impl Tables {
    pub(super) fn of(number: i64) -> Self {
        Self {
            items: format!("items_{number}"),
            words: format!("words_{number}"),
            fields: format!("fields_{number}"),
            events: format!("events_{number}"),
            number,
        }
    }

    /// Words by other rules.
    pub(super) fn next_words(&self) -> String {
        format!("{}_next", self.words)
    }

    pub(super) fn create_next_words(&self, connection: &Connection) -> Result<()> {
        self.drop_next_words(connection)?;
        let next = self.next_words();
        connection.execute_batch(&format!(
            "CREATE TABLE {next} (key INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;"
        ))?;
        Ok(())
    }

    pub(super) fn drop_next_words(&self, connection: &Connection) -> Result<()> {
        let next = self.next_words();
        connection.execute_batch(&format!("DROP TABLE IF EXISTS {next};"))?;
        Ok(())
    }

    /// Lets words by other rules take the place of the old ones, of the same items.
    pub(super) fn take_next_words(&self, connection: &Connection) -> Result<()> {
        let (words, next) = (&self.words, self.next_words());
        connection.execute_batch(&format!(
            "DELETE FROM {next} WHERE key NOT IN (SELECT key FROM {words});
             DROP TABLE {words};
             ALTER TABLE {next} RENAME TO {words};"
        ))?;
        Ok(())
    }

    /// The vectors of a space.
    pub(super) fn vectors(&self, space: i64) -> String {
        format!("vectors_{}_{space}", self.number)
    }

    pub(super) fn create(&self, connection: &Connection) -> Result<()> {
        let Self {
            items,
            words,
            fields,
            ..
        } = self;
        connection.execute_batch(&format!(
            "CREATE TABLE {items} (
                 key INTEGER PRIMARY KEY,
                 id TEXT NOT NULL UNIQUE,
                 text TEXT NOT NULL,
                 wordings TEXT,
                 answer TEXT,
                 payload TEXT,
                 time INTEGER,
                 entry TEXT
             ) STRICT;
             CREATE TABLE {words} (key INTEGER PRIMARY KEY, words BLOB NOT NULL) STRICT;
             CREATE TABLE {fields} (
                 field INTEGER NOT NULL,
                 value ANY NOT NULL,
                 key INTEGER NOT NULL,
                 PRIMARY KEY (field, value, key)
             ) STRICT, WITHOUT ROWID;"
        ))?;
        self.create_events(connection)?;
        self.order_events(connection)
    }

    pub(super) fn create_events(&self, connection: &Connection) -> Result<()> {
        let (items, events, number) = (&self.items, &self.events, self.number);
        connection.execute_batch(&format!(
            "CREATE TABLE {events} (
                 user_id TEXT NOT NULL,
                 item TEXT NOT NULL,
                 kind INTEGER NOT NULL,
                 time INTEGER NOT NULL,
                 weight REAL NOT NULL,
                 PRIMARY KEY (user_id, item, kind)
             ) STRICT, WITHOUT ROWID;
             CREATE INDEX latest_{number} ON {events} (time DESC);
             CREATE INDEX newest_{number} ON {items} (time);"
        ))?;
        Ok(())
    }

    /// Whoever reads what a user did lately, or who did something with an item, reads these and nothing else.
    pub(super) fn order_events(&self, connection: &Connection) -> Result<()> {
        let (events, number) = (&self.events, self.number);
        connection.execute_batch(&format!(
            "CREATE INDEX by_user_{number} ON {events} (user_id, time DESC, item, kind, weight);
             CREATE INDEX by_item_{number} ON {events} (item, time DESC, user_id, kind);"
        ))?;
        Ok(())
    }

    pub(super) fn create_vectors(&self, connection: &Connection, space: i64) -> Result<()> {
        let vectors = self.vectors(space);
        connection.execute_batch(&format!(
            "CREATE TABLE {vectors} (key INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;"
        ))?;
        Ok(())
    }

    pub(super) fn drop_vectors(&self, connection: &Connection, space: i64) -> Result<()> {
        let vectors = self.vectors(space);
        connection.execute_batch(&format!("DROP TABLE IF EXISTS {vectors};"))?;
        Ok(())
    }

    pub(super) fn drop(&self, connection: &Connection) -> Result<()> {
        self.drop_next_words(connection)?;
        for table in [&self.items, &self.words, &self.fields, &self.events] {
            connection.execute_batch(&format!("DROP TABLE IF EXISTS {table};"))?;
        }
        self.clear_common(connection)
    }

    /// The rows of the list of tables that are of this collection.
    pub(super) fn listed(&self) -> String {
        let Self {
            items,
            words,
            fields,
            events,
            number,
        } = self;
        let next = self.next_words();
        format!(
            "tbl_name IN ('{items}', '{words}', '{next}', '{fields}', '{events}') OR tbl_name GLOB 'vectors_{number}_*'"
        )
    }

    /// The names of those that there are in one of the databases of a connection.
    pub(super) fn there(&self, connection: &Connection, database: &str) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT name FROM {database}.sqlite_schema WHERE type = 'table' AND ({})",
            self.listed()
        );
        let mut statement = connection.prepare(&sql)?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Takes the tables out of the list of tables, without a look at their pages.
    pub(super) fn disown(&self, connection: &Connection) -> Result<()> {
        let version: i64 =
            connection.pragma_query_value(None, "schema_version", |row| row.get(0))?;
        // The last two let this connection and all others read the list anew.
        let disowned = connection.execute_batch(&format!(
            "PRAGMA writable_schema = ON;
             DELETE FROM sqlite_schema WHERE {};
             PRAGMA schema_version = {};
             PRAGMA writable_schema = RESET;",
            self.listed(),
            version + 1
        ));
        if disowned.is_err() {
            connection.execute_batch("PRAGMA writable_schema = RESET;")?;
        }
        Ok(disowned?)
    }

    /// Removes the rows of the tables that all collections have.
    pub(super) fn clear_common(&self, connection: &Connection) -> Result<()> {
        for table in COMMON {
            let sql = format!("DELETE FROM {table} WHERE collection = ?1");
            connection.execute(&sql, [self.number])?;
        }
        Ok(())
    }
}
