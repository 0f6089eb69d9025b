//! How the tables of older versions of the database become those of the newest, step by step. What they are stands in [`tables`](super::tables).

use rusqlite::{Connection, TransactionBehavior};

use super::lexicon::cut_all_anew;
use super::sql::damaged;
use super::tables::Tables;
use crate::error::{Error, Result};

/// "yuyi": what tells the file from other databases.
const APPLICATION: i64 = 0x7975_7969;

/// A step from a version of the schema to the next.
pub(super) type Migration = fn(&Connection) -> Result<()>;

/// All steps, in order. What was released is never changed; a change is a step behind the last.
pub(super) const MIGRATIONS: &[Migration] = &[
    first,
    with_events,
    add_questions,
    order_events,
    // Texts were cut anew by the next two; the last one cuts all.
    nothing,
    nothing,
    // With the parts of the collections' own words, those too that are themselves such words.
    cut_all_anew,
];

fn nothing(_: &Connection) -> Result<()> {
    Ok(())
}

fn first(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE store (
             name TEXT PRIMARY KEY,
             value ANY NOT NULL
         ) STRICT, WITHOUT ROWID;
         INSERT INTO store VALUES ('id', randomblob(16));
         CREATE TABLE collections (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             name TEXT NOT NULL UNIQUE,
             role TEXT NOT NULL,
             unanswered INTEGER NOT NULL,
             fields TEXT NOT NULL,
             words TEXT NOT NULL,
             space INTEGER NOT NULL,
             count INTEGER NOT NULL DEFAULT 0,
             generation INTEGER NOT NULL DEFAULT 0,
             next_key INTEGER NOT NULL DEFAULT 1
         ) STRICT;
         CREATE TABLE spaces (
             collection INTEGER NOT NULL,
             number INTEGER NOT NULL,
             space TEXT NOT NULL,
             PRIMARY KEY (collection, number)
         ) STRICT, WITHOUT ROWID;",
    )?;
    Ok(())
}

/// Events of users, and an order of items by their times.
fn with_events(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("SELECT number FROM collections")?;
    let numbers = statement.query_map([], |row| row.get(0))?;
    for number in numbers {
        Tables::of(number?).create_events(connection)?;
    }
    Ok(())
}

/// What collections were asked: tables of all of them, since most keep nothing.
fn add_questions(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE questions (
             key INTEGER PRIMARY KEY AUTOINCREMENT,
             collection INTEGER NOT NULL,
             question TEXT NOT NULL,
             count INTEGER NOT NULL,
             first INTEGER NOT NULL,
             last INTEGER NOT NULL,
             reason TEXT NOT NULL,
             nearest TEXT,
             similarity REAL,
             cluster INTEGER,
             vector BLOB,
             UNIQUE (collection, question)
         ) STRICT;
         CREATE INDEX questions_by_age ON questions (collection, last, key);
         CREATE TABLE hits (
             key INTEGER PRIMARY KEY AUTOINCREMENT,
             collection INTEGER NOT NULL,
             item TEXT NOT NULL,
             question TEXT NOT NULL,
             similarity REAL NOT NULL,
             time INTEGER NOT NULL
         ) STRICT;
         CREATE INDEX hits_by_item ON hits (collection, item, key);
         CREATE TABLE hit_counts (
             collection INTEGER NOT NULL,
             item TEXT NOT NULL,
             count INTEGER NOT NULL,
             PRIMARY KEY (collection, item)
         ) STRICT, WITHOUT ROWID;",
    )?;
    Ok(())
}

/// Events in the orders in which those of a user and those of an item are read.
fn order_events(connection: &Connection) -> Result<()> {
    let mut statement = connection.prepare("SELECT number FROM collections")?;
    let numbers = statement.query_map([], |row| row.get(0))?;
    for number in numbers {
        Tables::of(number?).order_events(connection)?;
    }
    Ok(())
}

/// Brings the database to the newest version, each step whole or not at all.
///
/// # Errors
/// Where the file is no database of ours, or a newer program wrote it; then nothing was changed.
pub(super) fn migrate(connection: &mut Connection, steps: &[Migration]) -> Result<()> {
    let found = version(connection, "main", steps)?;
    for (i, step) in steps.iter().enumerate().skip(found.max(0) as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step(&transaction)?;
        note(&transaction, i as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Notes in the main database of a connection that it is one of ours, of that version.
pub(super) fn note(connection: &Connection, version: i64) -> Result<()> {
    connection.pragma_update(Some("main"), "application_id", APPLICATION)?;
    connection.pragma_update(Some("main"), "user_version", version)?;
    Ok(())
}

/// The version of one of the databases of a connection; 0: there is nothing in it.
///
/// # Errors
/// As above.
pub(super) fn version(connection: &Connection, database: &str, steps: &[Migration]) -> Result<i64> {
    let number =
        |name| connection.pragma_query_value(Some(database), name, |row| row.get::<_, i64>(0));
    let (application, found) = (number("application_id")?, number("user_version")?);
    let tables = format!("SELECT count(*) FROM {database}.sqlite_schema");
    let tables: i64 = connection.query_row(&tables, [], |row| row.get(0))?;
    if application != APPLICATION && (tables > 0 || found != 0) {
        return Err(damaged("it is no database of yuyi"));
    }
    let known = steps.len() as i64;
    if found > known {
        return Err(Error::TooNew {
            folder: Default::default(),
            found,
            known,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    }

    fn second(connection: &Connection) -> Result<()> {
        connection
            .execute_batch("ALTER TABLE collections ADD COLUMN note TEXT NOT NULL DEFAULT 'old'")?;
        Ok(())
    }

    fn broken(connection: &Connection) -> Result<()> {
        connection.execute_batch(
            "CREATE TABLE half (x INTEGER) STRICT; CREATE TABLE half (x INTEGER) STRICT;",
        )?;
        Ok(())
    }

    #[test]
    fn an_old_schema_becomes_the_new_one_with_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let insert = "INSERT INTO collections (name, role, unanswered, fields, words, space) VALUES ('a', 'x', 0, '[]', '{}', 1)";
        connection.execute(insert, []).unwrap();
        let newer: Vec<Migration> = MIGRATIONS
            .iter()
            .copied()
            .chain([second as Migration])
            .collect();
        migrate(&mut connection, &newer).unwrap();
        assert_eq!(version(&connection), newer.len() as i64);
        let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
        let row: (String, String) = connection
            .query_row("SELECT name, note FROM collections", [], read)
            .unwrap();
        assert_eq!(row, ("a".to_owned(), "old".to_owned()));
        // Again: nothing is left to do.
        migrate(&mut connection, &newer).unwrap();

        let error = migrate(&mut connection, MIGRATIONS).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooNew { found, known, .. } if found == known + 1
            ),
            "{error}"
        );
    }

    #[test]
    fn collections_of_before_can_take_events() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &MIGRATIONS[..1]).unwrap();
        let old = "INSERT INTO collections (name, role, unanswered, fields, words, space) VALUES ('a', 'x', 0, '[]', '{}', 1);
                   CREATE TABLE items_1 (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, wordings TEXT, answer TEXT,
                       payload TEXT, time INTEGER, entry TEXT) STRICT;
                   INSERT INTO items_1 (key, id, text, time) VALUES (1, 'i', 't', 5);";
        connection.execute_batch(old).unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let event = "INSERT INTO events_1 VALUES ('u', 'i', 0, 7, 1.0)";
        connection.execute(event, []).unwrap();
        let plan = "EXPLAIN QUERY PLAN SELECT id FROM items_1 ORDER BY time DESC, key DESC";
        let plan: String = connection.query_row(plan, [], |row| row.get(3)).unwrap();
        assert!(plan.contains("newest_1"), "{plan}");
        for (index, sql) in [
            (
                "by_user_1",
                "SELECT item, kind, weight, time FROM events_1 WHERE user_id = 'u' ORDER BY time DESC, item, kind",
            ),
            (
                "by_item_1",
                "SELECT user_id FROM events_1 WHERE item = 'i' AND kind <> 3 ORDER BY time DESC, user_id, kind",
            ),
        ] {
            let mut plan = connection
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap();
            let steps = plan.query_map([], |row| row.get(3)).unwrap();
            let steps: Vec<String> = steps.map(|step| step.unwrap()).collect();
            // In order, and from the index alone.
            assert!(
                steps.len() == 1 && steps[0].contains(&format!("COVERING INDEX {index}")),
                "{steps:?}"
            );
        }
    }

    #[test]
    fn a_collection_that_is_damaged_keeps_no_other_from_the_newest_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, &MIGRATIONS[..5]).unwrap();
        for number in 1..=2 {
            Tables::of(number).create(&connection).unwrap();
            let old = format!(
                "INSERT INTO collections (name, role, unanswered, fields, words, space) VALUES ('{number}', 'x', 0, '[]', '{{\"words\":[\"电子发票\"],\"synonyms\":[]}}', 1);
                 INSERT INTO items_{number} (key, id, text) VALUES (1, 'i', '电子发票');
                 INSERT INTO words_{number} VALUES (1, x'00');"
            );
            connection.execute_batch(&old).unwrap();
        }
        connection.execute_batch("DROP TABLE items_1").unwrap();
        migrate(&mut connection, MIGRATIONS).unwrap();
        let is_old = |number: i64| {
            let sql = format!("SELECT words = x'00' FROM words_{number}");
            connection.query_row(&sql, [], |row| row.get::<_, bool>(0))
        };
        assert_eq!((is_old(1), is_old(2)), (Ok(true), Ok(false)));
        let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%_next'";
        let left: i64 = connection.query_row(left, [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn a_step_that_fails_leaves_what_was_there() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps: Vec<Migration> = MIGRATIONS
            .iter()
            .copied()
            .chain([broken as Migration])
            .collect();
        assert!(migrate(&mut connection, &steps).is_err());
        assert_eq!(version(&connection), MIGRATIONS.len() as i64);
        let half: i64 = connection
            .query_row(
                "SELECT count(*) FROM sqlite_schema WHERE name = 'half'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(half, 0);
    }

    #[test]
    fn a_database_of_others_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE notes (x)").unwrap();
        let error = migrate(&mut connection, MIGRATIONS).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
}
