//! Collections whose tables are damaged: they say so and answer nothing else, and all others answer.
//!
//! What of a collection is read at the start, its words and what its codes are made of, is found damaged then. What is read later, such as a text, is found by
//! whoever asks for it. The tables that all collections have together, and those that tell which tables there are, have to be sound.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;

use super::sql::UNREAD;
use super::tables::Tables;
use crate::error::{Error, Result};
use crate::stored::Stored;

/// Collections that were found damaged at the start, with what was found.
#[derive(Default)]
pub(super) struct Damages(RwLock<BTreeMap<String, String>>);

impl Damages {
    /// Notes a collection that could not be read, and why.
    ///
    /// # Errors
    /// What says nothing of the collection.
    pub(super) fn note(&self, name: &str, error: Error) -> Result<()> {
        let reason = reason_of(error)?;
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(name.to_owned(), reason);
        Ok(())
    }

    /// What was found of a collection; `None`: nothing.
    pub(super) fn of(&self, name: &str) -> Option<String> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned()
    }

    /// Whether a collection may be asked.
    ///
    /// # Errors
    /// [`CollectionDamaged`](Error::CollectionDamaged).
    pub(super) fn check(&self, name: &str) -> Result<()> {
        match self.of(name) {
            None => Ok(()),
            Some(reason) => Err(Error::CollectionDamaged {
                name: name.to_owned(),
                reason,
            }),
        }
    }

    /// Forgets one that was dropped: another may have its name.
    pub(super) fn forget(&self, name: &str) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(name);
    }
}

/// What an error says of what was read.
///
/// # Errors
/// One that says nothing of it: a full disk, say.
pub(super) fn reason_of(error: Error) -> Result<String> {
    match error {
        // The last is what SQLite says of a table that is missing.
        Error::Damaged { reason, .. }
        | Error::CollectionDamaged { reason, .. }
        | Error::Failed { reason } => Ok(reason),
        // Where the disk has lost it, nothing better comes of another try.
        Error::Unavailable { reason } if reason.starts_with(UNREAD) => Ok(reason),
        other => Err(other),
    }
}

impl Error {
    /// The same, of a call that read this collection and nothing else of what may be damaged.
    pub(super) fn of_collection(self, name: &str) -> Self {
        match self {
            Self::Damaged { reason, .. } => Self::CollectionDamaged {
                name: name.to_owned(),
                reason,
            },
            other => other,
        }
    }
}

/// Whether all pages of a collection's tables and their indexes can be walked through. Where one cannot, dropping them fails in the middle, and takes with it whatever
/// else the transaction does.
pub(super) fn is_whole(connection: &Connection, stored: &Stored) -> Result<bool> {
    let tables = Tables::of(stored.number).there(connection, "main")?;
    Ok(told_of(connection, "quick_check", &tables)?.is_none())
}

/// What one of SQLite's checks tells of the first of some tables that is not sound; `None`: all are.
pub(super) fn told_of(
    connection: &Connection,
    check: &str,
    tables: &[String],
) -> Result<Option<String>> {
    for table in tables {
        let sql = format!("PRAGMA {check}({table})");
        match connection.query_row(&sql, [], |row| row.get::<_, String>(0)) {
            Ok(told) if told == "ok" => {}
            Ok(told) => return Ok(Some(told)),
            Err(error) => return reason_of(error.into()).map(Some),
        }
    }
    Ok(None)
}

/// Removes a collection whose tables cannot be walked through: nobody can tell which pages are theirs. They are taken out of the list of tables, and their pages stay
/// in the file unused, until it is written anew.
pub(super) fn disown(connection: &Connection, stored: &Stored) -> Result<()> {
    let tables = Tables::of(stored.number);
    tables.disown(connection)?;
    match tables.clear_common(connection) {
        // No other collection ever has the number that rows which stay have.
        Ok(()) | Err(Error::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    stored.unlist(connection)
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn what_a_disk_has_lost_is_damaged_and_what_it_has_no_room_for_is_not() {
        let failure = |code| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            reason_of(error.into())
        };
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_IOERR_READ] {
            assert!(failure(code).is_ok(), "{code}");
        }
        let others = [
            ffi::SQLITE_FULL,
            ffi::SQLITE_BUSY,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
        ];
        for code in others {
            assert!(failure(code).is_err(), "{code}");
        }
    }
}
