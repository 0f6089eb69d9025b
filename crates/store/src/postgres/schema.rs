//! The tables of the database, as in the embedded engine: a collection C has `items_C`, `docs_C`, `terms_C`, `fields_C` and for each space S `vectors_C_S`.
//!
//! | table | row |
//! |---|---|
//! | `items_C` | an item: its key, id, and all of it as JSON (as text: what was written comes back as it was) |
//! | `docs_C` | a text: the key of its vector, number of words |
//! | `terms_C` | a word of a text: its number, the key, how often, and the text's number of words again |
//! | `fields_C` | a value of a declared field |
//! | `vectors_C_S` | a vector: its key, the item's, little-endian f32, and the same as `halfvec` for the search |

use postgres::Client;
use postgres::types::Type;

use super::pool::{Access, Pool};
use crate::error::{Error, Result};

/// Number of the lock that those who migrate take: "yuyi".
const LOCK: i64 = 0x7975_7969;

/// All steps, in order. What was released is never changed; a change is a step behind the last.
const MIGRATIONS: &[&str] = &["CREATE TABLE yuyi.collections (
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text COLLATE \"C\" NOT NULL UNIQUE,
    role text NOT NULL,
    unanswered boolean NOT NULL,
    fields text NOT NULL,
    words text NOT NULL,
    space bigint NOT NULL,
    spaces text NOT NULL,
    count bigint NOT NULL DEFAULT 0,
    generation bigint NOT NULL DEFAULT 0,
    next_key bigint NOT NULL DEFAULT 1,
    docs bigint NOT NULL DEFAULT 0,
    length bigint NOT NULL DEFAULT 0
)"];

/// Brings the database to the newest version. Many may do so at once: one does, the others wait and find it done.
///
/// # Errors
/// Where the server or its pgvector is too old, or a newer program wrote the database.
pub(super) fn migrate(pool: &Pool) -> Result<()> {
    pool.transaction(Access::Write, |client| {
        client.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
        check_server(client)?;
        client.batch_execute(
            "CREATE SCHEMA IF NOT EXISTS yuyi;
             CREATE TABLE IF NOT EXISTS yuyi.version (version bigint NOT NULL)",
        )?;
        let rows = client.query_typed("SELECT coalesce(max(version), 0) FROM yuyi.version", &[])?;
        let found: i64 = rows.first().map_or(0, |row| row.get(0));
        let known = MIGRATIONS.len() as i64;
        if found > known {
            return Err(Error::TooNew {
                folder: "PostgreSQL".into(),
                found,
                known,
            });
        }
        for (i, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
            client.batch_execute(step)?;
            client.execute_typed(
                "INSERT INTO yuyi.version VALUES ($1)",
                &[(&(i as i64 + 1), Type::INT8)],
            )?;
        }
        Ok(())
    })
}

/// PostgreSQL 15 and pgvector 0.8.
fn check_server(client: &mut Client) -> Result<()> {
    let unusable = |reason: String| Err(Error::UnusableServer { reason });
    let rows = client.query_typed(
        "SELECT current_setting('server_version_num')::bigint, current_setting('server_version')",
        &[],
    )?;
    let (number, version): (i64, String) = rows
        .first()
        .map_or((0, String::new()), |row| (row.get(0), row.get(1)));
    if number < 150_000 {
        return unusable(format!(
            "it is PostgreSQL {version}, and 15 or newer is needed"
        ));
    }
    let sql = "SELECT (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
                      (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')";
    let rows = client.query_typed(sql, &[])?;
    let (installed, available): (Option<String>, Option<String>) = rows
        .first()
        .map_or((None, None), |row| (row.get(0), row.get(1)));
    match installed.as_deref().or(available.as_deref()) {
        None => {
            let major = number / 10_000;
            return unusable(format!(
                "it has no pgvector. Install version 0.8 or newer on the server (Debian: apt install postgresql-{major}-pgvector) and try again"
            ));
        }
        Some(version) if !is_new_enough(version) => {
            return unusable(format!(
                "its pgvector is version {version}, and 0.8 or newer is needed"
            ));
        }
        Some(_) => {}
    }
    if installed.is_none() {
        client.batch_execute("CREATE EXTENSION IF NOT EXISTS vector")?;
    }
    Ok(())
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or_default());
    let (major, minor) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    (major, minor) >= (0, 8)
}

/// Names of a collection's tables.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) items: String,
    pub(super) docs: String,
    pub(super) terms: String,
    pub(super) fields: String,
    number: i64,
}

impl Tables {
    pub(super) fn of(number: i64) -> Self {
        Self {
            items: format!("yuyi.items_{number}"),
            docs: format!("yuyi.docs_{number}"),
            terms: format!("yuyi.terms_{number}"),
            fields: format!("yuyi.fields_{number}"),
            number,
        }
    }

    /// The vectors of a space.
    pub(super) fn vectors(&self, space: i64) -> String {
        format!("yuyi.vectors_{}_{space}", self.number)
    }

    /// The graph of a space.
    pub(super) fn graph(&self, space: i64) -> String {
        format!("graph_{}_{space}", self.number)
    }

    pub(super) fn create(&self, client: &mut Client) -> Result<()> {
        let Self {
            items,
            docs,
            terms,
            fields,
            ..
        } = self;
        client.batch_execute(&format!(
            "CREATE TABLE {items} (
                 key bigint PRIMARY KEY,
                 id text COLLATE \"C\" NOT NULL UNIQUE,
                 item text NOT NULL
             );
             CREATE TABLE {docs} (key bigint PRIMARY KEY, length integer NOT NULL);
             CREATE TABLE {terms} (
                 term bigint NOT NULL,
                 key bigint NOT NULL,
                 count integer NOT NULL,
                 length integer NOT NULL,
                 PRIMARY KEY (term, key)
             );
             CREATE INDEX ON {terms} (key);
             CREATE TABLE {fields} (
                 field bigint NOT NULL,
                 keyword text COLLATE \"C\",
                 number double precision,
                 time bigint,
                 key bigint NOT NULL
             );
             CREATE INDEX ON {fields} (key);
             CREATE INDEX ON {fields} (field, left(keyword, 200)) WHERE keyword IS NOT NULL;
             CREATE INDEX ON {fields} (field, number) WHERE number IS NOT NULL;
             CREATE INDEX ON {fields} (field, time) WHERE time IS NOT NULL;"
        ))?;
        Ok(())
    }

    pub(super) fn create_vectors(
        &self,
        client: &mut Client,
        space: i64,
        dimension: usize,
    ) -> Result<()> {
        let vectors = self.vectors(space);
        client.batch_execute(&format!(
            "CREATE TABLE {vectors} (
                 key bigint PRIMARY KEY,
                 item bigint NOT NULL,
                 vector bytea STORAGE EXTERNAL NOT NULL,
                 half halfvec({dimension}) NOT NULL
             );
             CREATE INDEX ON {vectors} (item);"
        ))?;
        Ok(())
    }

    pub(super) fn drop_vectors(&self, client: &mut Client, space: i64) -> Result<()> {
        client.batch_execute(&format!("DROP TABLE {}", self.vectors(space)))?;
        Ok(())
    }

    pub(super) fn drop(&self, client: &mut Client) -> Result<()> {
        let Self {
            items,
            docs,
            terms,
            fields,
            ..
        } = self;
        client.batch_execute(&format!("DROP TABLE {items}, {docs}, {terms}, {fields}"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (version, expected) in [
            ("0.8.5", true),
            ("0.10", true),
            ("1.0", true),
            ("0.7.4", false),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
