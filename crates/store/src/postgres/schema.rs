//! How the database gets its tables, and those of older versions become the newest, step by step. What they are stands in [`tables`](super::tables).

use tokio_postgres::types::Type;

use super::client::Client;
use super::errors::damaged;
use super::lexicon::{cut_next_anew, cut_next_with_parts};
use super::pool::{Access, Pool};
use crate::error::{Error, Result};

/// Number of the lock that those who migrate take: "yuyi".
const LOCK: i64 = 0x7975_7969;

/// What collections were asked: tables of all of them, since most keep nothing. An index holds no question as long as one may be, so it holds digests.
const QUESTIONS: &str = "CREATE TABLE yuyi.questions (
    key bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    collection bigint NOT NULL REFERENCES yuyi.collections (number) ON DELETE CASCADE,
    question text COLLATE \"C\" NOT NULL,
    digest bytea NOT NULL,
    count bigint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    reason text NOT NULL,
    nearest text,
    similarity double precision,
    cluster bigint,
    vector bytea,
    UNIQUE (collection, digest)
);
CREATE INDEX ON yuyi.questions (collection, last, key);
CREATE TABLE yuyi.hits (
    key bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    collection bigint NOT NULL REFERENCES yuyi.collections (number) ON DELETE CASCADE,
    item text COLLATE \"C\" NOT NULL,
    question text NOT NULL,
    similarity double precision NOT NULL,
    time bigint NOT NULL
);
CREATE INDEX ON yuyi.hits (collection, item, key);
CREATE TABLE yuyi.hit_counts (
    collection bigint NOT NULL REFERENCES yuyi.collections (number) ON DELETE CASCADE,
    item text COLLATE \"C\" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (collection, item)
)";

/// All steps, in order. What was released is never changed; a change is a step behind the last.
const MIGRATIONS: &[Step] = &[
    Step::Sql("CREATE TABLE yuyi.collections (
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
    length bigint NOT NULL DEFAULT 0,
    lexicon bigint NOT NULL DEFAULT 1,
    next_words text
)"),
    Step::Sql("CREATE TABLE yuyi.moves (
    collection bigint PRIMARY KEY REFERENCES yuyi.collections (number) ON DELETE CASCADE,
    holder text NOT NULL,
    until timestamptz NOT NULL
)"),
    // Events of users, and the times of items. PostgreSQL reads no JSON with a character of code 0, and knows no year 0.
    Step::Sql("DO $$
DECLARE c bigint;
BEGIN
    FOR c IN SELECT number FROM yuyi.collections LOOP
        EXECUTE format('CREATE TABLE yuyi.events_%s (
            user_id text COLLATE \"C\" NOT NULL,
            item text COLLATE \"C\" NOT NULL,
            kind bigint NOT NULL,
            time bigint NOT NULL,
            weight double precision NOT NULL,
            PRIMARY KEY (user_id, item, kind))', c);
        EXECUTE format('CREATE INDEX ON yuyi.events_%s (time DESC, user_id, item, kind)', c);
        EXECUTE format('ALTER TABLE yuyi.items_%s ADD COLUMN time bigint', c);
        EXECUTE format('UPDATE yuyi.items_%s SET time = (extract(epoch FROM timed.at::timestamptz) * 1000000)::bigint
            FROM (SELECT key, regexp_replace(item, ''(?<!\\\\)((\\\\\\\\)*)\\\\u0000'', ''\\1'', ''g'')::json ->> ''time'' AS at
                  FROM yuyi.items_%s WHERE item LIKE ''%%\"time\":%%'') timed
            WHERE timed.key = items_%s.key AND timed.at !~ ''^0000''', c, c, c);
        EXECUTE format('CREATE INDEX ON yuyi.items_%s (time DESC NULLS LAST, key DESC)', c);
    END LOOP;
END $$"),
    Step::Sql(QUESTIONS),
    // Events in the orders in which those of a user and those of an item are read.
    Step::Sql("DO $$
DECLARE c bigint;
BEGIN
    FOR c IN SELECT number FROM yuyi.collections LOOP
        EXECUTE format('CREATE INDEX ON yuyi.events_%s (user_id, time DESC, item, kind)', c);
        EXECUTE format('CREATE INDEX ON yuyi.events_%s (item, time DESC, user_id, kind)', c);
    END LOOP;
END $$"),
    // Texts were cut anew here where a collection has words of its own; the next step cuts all.
    Step::Sql(""),
    // Which texts have a word, a row for a block of items; before, there was one for each text.
    Step::Pieces(cut_next_anew),
    // Texts are cut anew, with the parts of the collections' own words: which are still to be cut is noted, so that what is done stays done.
    Step::Sql("CREATE TABLE yuyi.cut_otherwise AS SELECT number FROM yuyi.collections"),
    Step::Pieces(cut_next_with_parts),
    // And again, with those parts too that are themselves such words.
    Step::Sql("CREATE TABLE yuyi.cut_otherwise AS SELECT number FROM yuyi.collections"),
    Step::Pieces(cut_next_with_parts),
];

/// A step from a version of the schema to the next.
enum Step {
    Sql(&'static str),
    /// One piece after the other, each in a transaction of its own, so that what is done stays done and few others wait; each time it says whether no piece was left.
    Pieces(fn(&mut Client) -> Result<bool>),
}

/// Brings the database to the newest version. Many may do so at once: one after the other does a part of it, until they find it done.
///
/// # Errors
/// Where the server or its pgvector is too old, rights are missing, or a newer program wrote the database.
pub(super) fn migrate(pool: &Pool) -> Result<()> {
    while !migrate_some(pool)? {}
    Ok(())
}

/// Goes on with it in one transaction; whether that was all.
fn migrate_some(pool: &Pool) -> Result<bool> {
    pool.transaction(Access::Write, |client| {
        client.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&LOCK, Type::INT8)])?;
        let server = Server::ask(client)?;
        server.check()?;
        if server.installed.is_none() {
            may(
                client.batch_execute("CREATE EXTENSION IF NOT EXISTS vector"),
                "let an administrator run CREATE EXTENSION vector in this database",
            )?;
        }
        // Whoever finds the schema or the tables need not be allowed to make them.
        if is_missing(client, "to_regnamespace('yuyi')")? {
            may(
                client.batch_execute("CREATE SCHEMA yuyi"),
                "its user needs the right CREATE on the database, or to own the schema yuyi",
            )?;
        }
        if is_missing(client, "to_regclass('yuyi.version')")? {
            may(
                client.batch_execute("CREATE TABLE yuyi.version (version bigint NOT NULL)"),
                "its user needs the right CREATE on the schema yuyi",
            )?;
        }
        let found = version(client)?;
        step_up(client, found)
    })
}

/// Says what to do where rights are missing.
fn may<T>(done: Result<T>, advice: &str) -> Result<T> {
    done.map_err(|error| match error {
        Error::UnusableServer { reason } => Error::UnusableServer {
            reason: format!("{reason}; {advice}"),
        },
        other => other,
    })
}

fn is_missing(client: &mut Client, object: &str) -> Result<bool> {
    let answer = client.ask(&format!("SELECT {object} IS NULL"))?;
    Ok(answer.as_deref() == Some("t"))
}

fn version(client: &mut Client) -> Result<i64> {
    let rows = client.query_typed("SELECT coalesce(max(version), 0) FROM yuyi.version", &[])?;
    Ok(rows.first().map_or(0, |row| row.get(0)))
}

/// Takes steps up to the end of the transaction; whether these were all.
fn step_up(client: &mut Client, found: i64) -> Result<bool> {
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(Error::UnusableServer {
            reason: format!(
                "its tables were written by a newer version of yuyi (schema {found}; this one knows {known}). Nothing was changed. Use that version"
            ),
        });
    }
    for (i, step) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let is_done = match step {
            Step::Sql(sql) => client.batch_execute(sql).map(|()| true)?,
            Step::Pieces(next) => next(client)?,
        };
        if !is_done {
            return Ok(false);
        }
        client.execute_typed(
            "INSERT INTO yuyi.version VALUES ($1)",
            &[(&(i as i64 + 1), Type::INT8)],
        )?;
    }
    Ok(true)
}

/// What a server has.
struct Server {
    /// Such as 150018.
    number: i64,
    version: String,
    /// The version of pgvector in this database.
    installed: Option<String>,
    /// And on the server.
    available: Option<String>,
}

impl Server {
    fn ask(client: &mut Client) -> Result<Self> {
        let sql = "SELECT current_setting('server_version_num')::bigint, current_setting('server_version'),
                          (SELECT extversion FROM pg_extension WHERE extname = 'vector'),
                          (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')";
        let rows = client.query_typed(sql, &[])?;
        let row = rows.first().ok_or_else(|| damaged("it has no version"))?;
        Ok(Self {
            number: row.get(0),
            version: row.get(1),
            installed: row.get(2),
            available: row.get(3),
        })
    }

    /// PostgreSQL 15 and pgvector 0.8.
    fn check(&self) -> Result<()> {
        let unusable = |reason: String| Err(Error::UnusableServer { reason });
        if self.number < 150_000 {
            let version = &self.version;
            return unusable(format!(
                "it is PostgreSQL {version}, and 15 or newer is needed"
            ));
        }
        let major = self.number / 10_000;
        let package = format!("Debian: apt install postgresql-{major}-pgvector");
        match (self.installed.as_deref(), self.available.as_deref()) {
            (Some(version), _) if is_new_enough(version) => Ok(()),
            (None, Some(version)) if is_new_enough(version) => Ok(()),
            (Some(old), Some(new)) if is_new_enough(new) => unusable(format!(
                "pgvector in this database is version {old}, and 0.8 or newer is needed. Run ALTER EXTENSION vector UPDATE"
            )),
            (None, None) => unusable(format!(
                "it has no pgvector. Install version 0.8 or newer on the server ({package}) and try again"
            )),
            (Some(old), _) | (None, Some(old)) => unusable(format!(
                "its pgvector is version {old}, and 0.8 or newer is needed ({package})"
            )),
        }
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or_default());
    let mut next = || parts.next().unwrap_or_default();
    (next(), next()) >= (0, 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(number: i64, installed: Option<&str>, available: Option<&str>) -> String {
        let server = Server {
            number,
            version: format!("{}.{}", number / 10_000, number % 10_000),
            installed: installed.map(String::from),
            available: available.map(String::from),
        };
        server
            .check()
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(refused(150_018, None, Some("0.10.0")), "");
        assert_eq!(refused(180_004, Some("0.8.5"), None), "");
        assert!(
            refused(140_022, Some("0.8.5"), None).contains("PostgreSQL 14.22, and 15 or newer")
        );
        assert!(refused(150_018, None, None).contains("apt install postgresql-15-pgvector"));
        assert!(refused(160_000, None, Some("0.7.4")).contains("postgresql-16-pgvector"));
        assert!(refused(160_000, Some("0.5.1"), Some("0.7.4")).contains("version 0.5.1"));
        let update = refused(160_000, Some("0.7.4"), Some("0.8.0"));
        assert!(update.contains("ALTER EXTENSION vector UPDATE"), "{update}");
    }

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
