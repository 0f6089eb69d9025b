//! What failures of the server mean.

use std::path::PathBuf;

use tokio_postgres::error::SqlState;

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

/// A table is not there: it went with its collection, or with the vectors or words that others have replaced.
const GONE: &str = "a table is not there";

/// Whether the same is worth another try, since what was read is no longer there under the name that it had.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Unavailable { reason } if reason.starts_with(GONE))
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(server) = error.as_db_error() else {
            return of_connection(&error);
        };
        let reason = server.message().to_owned();
        let code = server.code();
        let class = code.code().get(..2).unwrap_or_default();
        if *code == SqlState::UNDEFINED_TABLE {
            unavailable(format!("{GONE}: {reason}"))
        } else if *code == SqlState::DISK_FULL {
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

/// Locks, a standby that was asked to write, a caller that fell silent.
fn passes(code: &SqlState) -> bool {
    [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::QUERY_CANCELED,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ]
    .contains(code)
}

/// What was not said by the server.
fn of_connection(error: &tokio_postgres::Error) -> Error {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    let reason = format!("{error}{}", source.unwrap_or_default());
    let text = error.to_string();
    if text.starts_with("invalid configuration") || is_refused_by_tls(error) {
        return Error::UnusableServer { reason };
    }
    match error.is_closed() || is_of_the_network(error) {
        true => unavailable(reason),
        false => Error::Failed { reason },
    }
}

/// The first of the errors behind one that are of the system.
fn of_system(error: &tokio_postgres::Error) -> Option<&std::io::Error> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        source = inner.source();
    }
    None
}

/// No encryption, or not with a certificate that is trusted: an end of the connection amid the handshake is something else.
fn is_refused_by_tls(error: &tokio_postgres::Error) -> bool {
    let is_tls = error
        .to_string()
        .starts_with("error performing TLS handshake");
    let is_refused = |system: &std::io::Error| system.kind() == std::io::ErrorKind::InvalidData;
    is_tls && of_system(error).is_none_or(is_refused)
}

/// No connection, or one that ended.
fn is_of_the_network(error: &tokio_postgres::Error) -> bool {
    let text = error.to_string();
    of_system(error).is_some()
        || text.starts_with("error connecting")
        || text.starts_with("timeout")
        || text.starts_with("unexpected message")
}
