//! What failures of the server mean.

use std::path::PathBuf;

use postgres::error::SqlState;

use crate::error::Error;

pub(super) fn unavailable(reason: impl ToString) -> Error {
    Error::Unavailable {
        reason: reason.to_string(),
    }
}

/// The database contradicts itself.
pub(super) fn damaged(reason: impl ToString) -> Error {
    Error::Damaged {
        file: PathBuf::from("PostgreSQL"),
        reason: reason.to_string(),
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        let Some(server) = error.as_db_error() else {
            let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
            let reason = format!("{error}{}", source.unwrap_or_default());
            return match error.is_closed() || is_of_the_network(&error) {
                true => unavailable(reason),
                false => Self::Failed { reason },
            };
        };
        let reason = server.message().to_owned();
        let code = server.code();
        let class = code.code().get(..2).unwrap_or_default();
        if *code == SqlState::DISK_FULL {
            Self::Full { reason }
        } else if passes(code) || matches!(class, "08" | "53" | "57" | "40") {
            unavailable(reason)
        } else if matches!(class, "28" | "3D" | "3F") || *code == SqlState::INSUFFICIENT_PRIVILEGE {
            Self::UnusableServer { reason }
        } else if class == "XX" && *code != SqlState::INTERNAL_ERROR {
            damaged(reason)
        } else {
            Self::Failed { reason }
        }
    }
}

/// Locks, a standby that was asked to write, and a table that went with its collection.
fn passes(code: &SqlState) -> bool {
    [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::UNDEFINED_TABLE,
        SqlState::QUERY_CANCELED,
    ]
    .contains(code)
}

/// No connection, or one that ended.
fn is_of_the_network(error: &postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<std::io::Error>() {
            return true;
        }
        source = inner.source();
    }
    let text = error.to_string();
    text.starts_with("error connecting")
        || text.starts_with("timeout")
        || text.starts_with("unexpected message")
}
