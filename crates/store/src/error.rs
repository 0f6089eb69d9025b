//! Why a store does not do what it was asked.

use std::path::{Path, PathBuf};

/// Why a store does not do what it was asked. Nothing that was acknowledged before is lost. Nothing of the call is kept, with one exception: a write that was
/// [`Unconfirmed`](Self::Unconfirmed) may be there.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was given breaks a rule.
    #[error("{field}: {reason}")]
    Invalid {
        /// Its path, such as `items[3].id` or `filter.must[0].match`.
        field: String,
        /// A sentence for people.
        reason: String,
    },
    /// No collection has that name.
    #[error("There is no collection {name:?}.")]
    CollectionNotFound {
        /// The name asked for.
        name: String,
    },
    /// A collection of that name is there and differs in more than its model.
    #[error(
        "The collection {name:?} is there already, and differs in {what}. Drop it first, or choose another name."
    )]
    CollectionDiffers {
        /// Its name.
        name: String,
        /// Which of its properties.
        what: &'static str,
    },
    /// Vectors of one model were brought to a collection of another.
    #[error(
        "The collection {name:?} has vectors of {has}; these are of {given}. Use that model, in the number format of its vectors (--precision), or move the collection by reindexing it."
    )]
    ModelMismatch {
        /// The collection.
        name: String,
        /// The model of the collection.
        has: String,
        /// The model of the vectors.
        given: String,
    },
    /// A collection cannot be moved to the vectors of two models at once.
    #[error(
        "The collection {name:?} is being moved to {to} already. Let that end, or give it up first."
    )]
    Reindexing {
        /// The collection.
        name: String,
        /// The model that it moves to.
        to: String,
    },
    /// There is no move to go on with.
    #[error("The collection {name:?} is not being moved to another model.")]
    NotReindexing {
        /// The collection.
        name: String,
    },
    /// The new vectors of a move are not all there.
    #[error("{left} items of the collection {name:?} have no new vectors yet.")]
    ReindexUnfinished {
        /// The collection.
        name: String,
        /// Items without them.
        left: u64,
    },
    /// The collection was not made to keep what is asked of it.
    #[error(
        "The collection {name:?} does not keep what it is asked. Make one with `\"unanswered\": true` (--unanswered), and import its items there."
    )]
    KeepsNoQuestions {
        /// The collection.
        name: String,
    },
    /// No questions without an answer are known by that.
    #[error(
        "The collection {name:?} has no open questions {id:?}. They were answered or dismissed, or are the oldest and gone."
    )]
    QuestionsNotFound {
        /// The collection.
        name: String,
        /// What was asked for.
        id: String,
    },
    /// Another process has the folder.
    #[error("The data folder {} is in use by another process. Stop that one, or give this one a folder of its own.", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be made, read or written to.
    #[error("The data folder {} cannot be used: {reason}.", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The database server cannot be used as it is.
    #[error("The PostgreSQL server cannot be used: {reason}.")]
    UnusableServer {
        /// A sentence without its full stop: what it lacks.
        reason: String,
    },
    /// A newer program wrote the folder.
    #[error("The data folder {} was written by a newer version of yuyi (schema {found}; this one knows {known}). Nothing was changed. Use that version.", folder.display())]
    TooNew {
        /// The folder.
        folder: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// The file is no database of ours, or its contents contradict each other.
    #[error("{} is damaged ({reason}). Nothing was changed. Restore it from a backup.", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What contradicts what.
        reason: String,
    },
    /// What is kept of one collection contradicts itself or cannot be read; the others answer.
    #[error(
        "The collection {name:?} is damaged ({reason}). Others are not, and nothing was changed. `yuyi collection check` tells more; restore a backup, or drop the collection and import it again."
    )]
    CollectionDamaged {
        /// Its name.
        name: String,
        /// What contradicts what.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "The disk is full, or a quota or limit of file sizes is reached ({reason}). Nothing that was acknowledged is lost. Make room and try again."
    )]
    Full {
        /// What the system said.
        reason: String,
    },
    /// The store does not answer now.
    #[error("The store does not answer: {reason}.")]
    Unavailable {
        /// What it said.
        reason: String,
    },
    /// No server of a database takes a connection now.
    #[error("The store does not answer: {reason}.")]
    Unreachable {
        /// Which servers those are, and what each of them said.
        reason: String,
    },
    /// The server was to commit a write and did not answer: all of the write is there or nothing.
    #[error(
        "The store did not answer whether the write is kept ({reason}). Send it again; what is there already is not written twice."
    )]
    Unconfirmed {
        /// What happened to the connection.
        reason: String,
    },
    /// The caller has no room for what was found.
    #[error("What was found takes more memory than there is.")]
    NoRoom,
    /// Nobody waits for the answer any more.
    #[error("Nobody waits for the answer any more.")]
    Unwanted,
    /// The store was closed.
    #[error("The store is closed.")]
    Closed,
    /// Something failed that no rule foresees; the same call fails again.
    #[error("The store failed: {reason}.")]
    Failed {
        /// What it said.
        reason: String,
    },
}

/// What of a failure helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Another input.
    Input,
    /// Something that is there.
    NotFound,
    /// Another state of the collection.
    Conflict,
    /// Time: the same call may succeed later.
    Transient,
    /// Whoever runs the store.
    Permanent,
}

/// What calls of a store answer.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A rule that `field` breaks.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        let (field, reason) = (field.into(), reason.into());
        Self::Invalid { field, reason }
    }

    /// That the id of a new item is another's.
    pub(crate) fn id_is_taken() -> Self {
        Self::invalid(
            "id",
            "An entry has it already. Choose another one, or add the questions to that entry.",
        )
    }

    /// The same, its field seen from further outside: `id` within `items[3]` is `items[3].id`. Other errors stay as they are.
    pub fn within(self, outer: &str) -> Self {
        match self {
            Self::Invalid { field, reason } => {
                let dot = if field.is_empty() || field.starts_with('[') {
                    ""
                } else {
                    "."
                };
                Self::invalid(format!("{outer}{dot}{field}"), reason)
            }
            other => other,
        }
    }

    /// What helps.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. } => ErrorKind::Input,
            Self::CollectionNotFound { .. } | Self::QuestionsNotFound { .. } => ErrorKind::NotFound,
            Self::CollectionDiffers { .. }
            | Self::ModelMismatch { .. }
            | Self::Reindexing { .. }
            | Self::NotReindexing { .. }
            | Self::KeepsNoQuestions { .. }
            | Self::ReindexUnfinished { .. } => ErrorKind::Conflict,
            Self::Full { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable { .. }
            | Self::Unconfirmed { .. }
            | Self::NoRoom
            | Self::Unwanted
            | Self::Closed => ErrorKind::Transient,
            Self::Locked { .. }
            | Self::Unusable { .. }
            | Self::UnusableServer { .. }
            | Self::TooNew { .. }
            | Self::Damaged { .. }
            | Self::CollectionDamaged { .. }
            | Self::Failed { .. } => ErrorKind::Permanent,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind() == ErrorKind::Transient
    }

    pub(crate) fn unusable(folder: &Path, reason: impl ToString) -> Self {
        Self::Unusable {
            folder: folder.to_owned(),
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_seen_from_outside() {
        let id = Error::invalid("id", "It is empty.");
        assert_eq!(
            id.within("items[3]").to_string(),
            "items[3].id: It is empty."
        );
        let first = Error::invalid("[0]", "x").within("must").within("filter");
        assert_eq!(first, Error::invalid("filter.must[0]", "x"));
        assert_eq!(Error::Closed.within("items"), Error::Closed);
    }

    #[test]
    fn only_what_passes_is_worth_another_try() {
        let full = Error::Full {
            reason: "no space left on device".into(),
        };
        assert!(full.is_retryable() && Error::Closed.is_retryable());
        let other = Error::unusable(Path::new("data"), "permission denied");
        assert!(!other.is_retryable() && other.kind() == ErrorKind::Permanent);
        let none = Error::CollectionNotFound { name: "faq".into() };
        assert_eq!(none.kind(), ErrorKind::NotFound);
    }
}
