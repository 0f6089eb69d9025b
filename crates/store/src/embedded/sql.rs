//! The database file: how it is opened, and what its failures mean.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::ffi;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::{Error, Result};

/// The database of a data folder.
pub(super) const FILE: &str = "collections.sqlite";

/// Bytes of a page: a leaf holds five vectors of 384 elements, where one of 4096 would hold two and waste a quarter.
pub(super) const PAGE: u32 = 8192;

/// Pages that the log may have before it is moved into the database: 32 MB, so that a page which many batches touch is moved once.
const LOG_PAGES: u32 = 4096;

/// Prepared statements that a connection keeps.
const STATEMENTS: usize = 256;

/// What the writer keeps in memory, and a reader, in KiB.
const WRITER_CACHE: i64 = 32 << 10;
const READER_CACHE: i64 = 4 << 10;

/// The connection that writes. A commit is durable: the log is flushed to the disk at each.
pub(super) fn open_writer(folder: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    // SQLite opens for reading what it may not write.
    if connection.is_readonly("main")? {
        return Err(Error::unusable(folder, "it is read-only"));
    }
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = {LOG_PAGES};
         PRAGMA journal_size_limit = {};
         PRAGMA cache_size = -{WRITER_CACHE};
         PRAGMA temp_store = MEMORY;",
        u64::from(2 * LOG_PAGES * PAGE),
    ))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// A connection that reads, beside the writer.
pub(super) fn open_reader(folder: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{READER_CACHE}; PRAGMA temp_store = MEMORY;"
    ))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Begins the reason of a failure to write, of which SQLite tells no more.
const UNWRITTEN: &str = "it cannot be written to";

/// Begins the reason of a failure to read, which a disk has behind it that has lost something.
pub(super) const UNREAD: &str = "it cannot be read";

const READING: [i32; 3] = [
    ffi::SQLITE_IOERR_READ,
    ffi::SQLITE_IOERR_DATA,
    ffi::SQLITE_IOERR_CORRUPTFS,
];

/// Failures that a disk without room may be behind: SQLite tells that apart by one of the system's errors, and a quota and a limit of the size of files have
/// others.
const WRITING: [i32; 5] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_FSYNC,
    ffi::SQLITE_IOERR_TRUNCATE,
    ffi::SQLITE_IOERR_SHMSIZE,
    ffi::SQLITE_IOERR_SHMMAP,
];

/// Why no more bytes can be written behind those of the database, if that is for lack of room.
fn lack_of_room(folder: &Path) -> Option<io::Error> {
    let length = |name: &str| fs::metadata(folder.join(name)).map_or(0, |file| file.len());
    let longest = length(FILE).max(length(&format!("{FILE}-wal")));
    let probe = folder.join("probe");
    let tried = File::create(&probe).and_then(|mut file| {
        file.seek(SeekFrom::Start(longest))?;
        file.write_all(&[0; PAGE as usize])?;
        file.sync_all()
    });
    // What stays of it is overwritten by the next one.
    let _ = fs::remove_file(&probe);
    tried.err().filter(|error| {
        matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
        )
    })
}

impl From<rusqlite::Error> for Error {
    /// Without the folder, which [`Error::in_folder`] adds.
    fn from(error: rusqlite::Error) -> Self {
        let reason = error.to_string();
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            _ if extended.is_some_and(|code| WRITING.contains(&code)) => Self::Unavailable {
                reason: format!("{UNWRITTEN}: {reason}"),
            },
            _ if extended.is_some_and(|code| READING.contains(&code)) => Self::Unavailable {
                reason: format!("{UNREAD}: {reason}"),
            },
            Some(ErrorCode::DiskFull) => Self::Full { reason },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(reason),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::unusable(Path::new(""), reason)
            }
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory,
            ) => Self::Unavailable { reason },
            Some(_) => Self::Failed { reason },
            // A value that is not what the schema says.
            None => damaged(reason),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for Error {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        damaged(error)
    }
}

/// The database contradicts itself.
pub(super) fn damaged(reason: impl ToString) -> Error {
    Error::Damaged {
        file: PathBuf::from(FILE),
        reason: reason.to_string(),
    }
}

impl Error {
    /// The same, where the folder was not known yet.
    pub(super) fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::Unavailable { reason } if reason.starts_with(UNWRITTEN) => {
                match lack_of_room(folder) {
                    Some(error) => Self::Full {
                        reason: error.to_string(),
                    },
                    None => Self::Unavailable { reason },
                }
            }
            Self::Damaged { file, reason } if file.is_relative() && !file.starts_with(folder) => {
                Self::Damaged {
                    file: folder.join(file),
                    reason,
                }
            }
            Self::Unusable {
                folder: none,
                reason,
            } if none.as_os_str().is_empty() => Self::unusable(folder, reason),
            Self::TooNew { found, known, .. } => Self::TooNew {
                folder: folder.to_owned(),
                found,
                known,
            },
            other => other,
        }
    }
}
