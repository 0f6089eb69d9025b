//! Copies of a folder: one file, as of one moment, while others read and write.
//!
//! A copy is filled table by table, as SQLite's own VACUUM does it, of one collection after the other. What it holds is then checked, since a backup is needed when it is
//! too late to make another one. Where a collection cannot be read, or contradicts itself, the copy is made again without it: SQLite writes nothing more in a transaction
//! in which it has come upon damage.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::damage::{reason_of, told_of};
use super::maintenance::{check_collection, check_pages};
use super::schema;
use super::sql::{FILE, PAGE, damaged};
use super::tables::{COMMON, Tables};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::stored::Stored;

/// How long another process may hold the database, which it does while it opens or closes it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The tables that list the collections, beside [`COMMON`].
const LISTS: [&str; 3] = ["store", "collections", "spaces"];

/// What a backup holds.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The collections that are in it.
    pub held: Vec<Collection>,
    /// The names of those that are damaged and so are not in it, each with what was found.
    pub left_out: BTreeMap<String, String>,
}

/// Writes a copy of the database of a folder as it is now, of all collections or of one only, in this process or beside another one.
pub(super) fn backup(folder: &Path, only: Option<&str>, to: &Path) -> Result<Backup> {
    let length = to.metadata().map(|metadata| metadata.len());
    if length.as_ref().is_ok_and(|&length| length > 0) {
        let reason = format!(
            "{} is there already, and a backup replaces nothing.",
            to.display()
        );
        return Err(Error::invalid("file", reason));
    }
    let copied = sound_copy(folder, only, to);
    if copied.is_err() && length.is_err() {
        // Half a copy is none.
        let _ = fs::remove_file(to);
    }
    copied
}

/// A copy of what is sound.
///
/// # Errors
/// Also where nothing is.
fn sound_copy(folder: &Path, only: Option<&str>, to: &Path) -> Result<Backup> {
    let mut left_out = BTreeMap::new();
    let held = loop {
        let before = left_out.len();
        write_with(to, |file| file.set_len(0))?;
        copy(folder, only, to, &mut left_out)?;
        if left_out.len() > before {
            continue;
        }
        let held = complete(to, &mut left_out)?;
        if left_out.len() == before {
            break held;
        }
    };
    match (left_out.first_key_value(), only) {
        (Some((_, reason)), Some(name)) => Err(damaged(reason).of_collection(name)),
        (Some((name, reason)), None) if held.is_empty() => {
            Err(damaged(format!("the collection {name:?}: {reason}")))
        }
        _ => Ok(Backup { held, left_out }),
    }
}

/// Copies to an empty file all but the collections that are left out. Where others cannot be read they are noted, and the file is of no use.
fn copy(
    folder: &Path,
    only: Option<&str>,
    to: &Path,
    left_out: &mut BTreeMap<String, String>,
) -> Result<()> {
    let connection = open(to)?;
    connection.execute_batch(&format!(
        "PRAGMA main.page_size = {PAGE}; PRAGMA main.synchronous = OFF"
    ))?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute("ATTACH ?1 AS source", [address(&folder.join(FILE))])?;
    // All that is read is of one moment.
    connection.execute_batch("BEGIN")?;
    let version = schema::version(&connection, "source", schema::MIGRATIONS)?;
    if version == 0 {
        return match only {
            Some(name) => Err(not_found(name)),
            None => Ok(()),
        };
    }
    if !copy_tables(&connection, only, left_out)? {
        return Ok(());
    }
    schema::note(&connection, version)?;
    Ok(connection.execute_batch("COMMIT; DETACH source")?)
}

/// A copy that is being written: no other file is beside it, whose name nobody knows of. Nothing is made that is not there, not even what is attached.
fn open(copy: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(address(copy), flags)?;
    connection.execute_batch("PRAGMA main.journal_mode = MEMORY; PRAGMA temp_store = MEMORY")?;
    Ok(connection)
}

fn not_found(name: &str) -> Error {
    Error::CollectionNotFound { name: name.into() }
}

/// A file as SQLite is told of it, whatever its name is.
fn address(file: &Path) -> String {
    let mut address = String::from("file:");
    for &byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'.' | b'-' | b'_' => address.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => address.push(byte.into()),
            _ => address += &format!("%{byte:02X}"),
        }
    }
    address
}

/// Copies all tables; whether all could be read. After the first that could not, the others are only read.
fn copy_tables(
    connection: &Connection,
    only: Option<&str>,
    left_out: &mut BTreeMap<String, String>,
) -> Result<bool> {
    let wanted = wanted(connection, only)?;
    let names = [&LISTS[..], &COMMON].concat().join("', '");
    let of_all = create(connection, &format!("tbl_name IN ('{names}')"))?;
    connection.execute_batch("INSERT INTO main.store SELECT * FROM source.store")?;
    let mut is_whole = true;
    for (number, name) in wanted {
        if left_out.contains_key(&name) {
            continue;
        }
        let done = match is_whole {
            true => copy_collection(connection, number, &of_all),
            false => read_collection(connection, number),
        };
        if let Err(error) = done {
            left_out.insert(name, reason_of(error)?);
            is_whole = false;
        }
    }
    if is_whole {
        // Numbers that were given are not given again.
        connection.execute_batch(
            "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM source.sqlite_sequence",
        )?;
    }
    Ok(is_whole)
}

/// The numbers and names of the collections that are to be copied.
fn wanted(connection: &Connection, only: Option<&str>) -> Result<Vec<(i64, String)>> {
    let sql =
        "SELECT number, name FROM source.collections WHERE ?1 IS NULL OR name = ?1 ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([only], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    match only.filter(|_| found.is_empty()) {
        Some(name) => Err(not_found(name)),
        None => Ok(found),
    }
}

/// Makes those tables of the source of which that is said, with their indexes; the names of the tables.
fn create(connection: &Connection, which: &str) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT type = 'table', name, sql FROM source.sqlite_schema WHERE sql IS NOT NULL AND ({which}) ORDER BY type DESC, rowid"
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let parts: Vec<(bool, String, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut tables = Vec::new();
    for (is_table, name, sql) in parts {
        connection.execute_batch(&sql)?;
        tables.extend(is_table.then_some(name));
    }
    Ok(tables)
}

/// Walks through the tables of a collection and their indexes.
fn read_collection(connection: &Connection, number: i64) -> Result<()> {
    let tables = Tables::of(number).there(connection, "source")?;
    match told_of(connection, "source.quick_check", &tables)? {
        Some(told) => Err(damaged(told)),
        None => Ok(()),
    }
}

fn copy_collection(connection: &Connection, number: i64, of_all: &[String]) -> Result<()> {
    let tables = Tables::of(number);
    for table in create(connection, &tables.listed())? {
        // With the same indexes on both sides SQLite copies rows and entries as they are.
        let sql = format!("INSERT INTO main.{table} SELECT * FROM source.{table}");
        connection.execute_batch(&sql)?;
    }
    for table in of_all.iter().filter(|table| *table != "store") {
        let column = match &**table {
            "collections" => "number",
            _ => "collection",
        };
        let sql =
            format!("INSERT INTO main.{table} SELECT * FROM source.{table} WHERE {column} = ?1");
        connection.execute(&sql, [number])?;
    }
    Ok(())
}

/// Brings a copy to the newest schema, and sees that it is sound. What it holds, of which those that are damaged are noted.
fn complete(copy: &Path, left_out: &mut BTreeMap<String, String>) -> Result<Vec<Collection>> {
    let mut connection = open(copy)?;
    schema::migrate(&mut connection, schema::MIGRATIONS)?;
    let pages = check_pages(&connection)?;
    let (before, mut held) = (left_out.len(), Vec::new());
    for stored in Stored::all(&connection)? {
        match problem(&connection, &stored, pages.is_empty())? {
            None => held.push(stored.collection(&connection)?),
            Some(reason) => drop(left_out.insert(stored.name, reason)),
        }
    }
    if let Some(problem) = pages.first().filter(|_| left_out.len() == before) {
        return Err(damaged(problem));
    }
    drop(connection);
    // SQLite was told to leave it to the system when the copy reaches the disk.
    write_with(copy, File::sync_all)?;
    Ok(held)
}

/// What is wrong with a collection, where something is.
fn problem(connection: &Connection, stored: &Stored, sound_pages: bool) -> Result<Option<String>> {
    if !sound_pages {
        let tables = stored.tables().there(connection, "main")?;
        if let Some(told) = told_of(connection, "integrity_check", &tables)? {
            return Ok(Some(told));
        }
    }
    match check_collection(connection, stored) {
        Ok(found) => Ok(found.first().map(|what| format!("it has {what}"))),
        Err(error) => reason_of(error).map(Some),
    }
}

/// Opens a file, which is made where there is none.
fn write_with(file: &Path, change: impl FnOnce(&File) -> std::io::Result<()>) -> Result<()> {
    let done = File::options()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|file| change(&file));
    done.map_err(|error| Error::Unavailable {
        reason: error.to_string(),
    })
}
