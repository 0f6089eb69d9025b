//! An index that is read while others write, and takes the place of the one that they write to: only if they have not written since.

use rusqlite::Connection;

use super::codes_file::Owner;
use super::index::Index;
use super::load::load;
use super::shared::Shared;
use super::write::finish;
use super::writer::Changes;
use crate::error::Result;
use crate::stored::Stored;

pub(super) struct Ready {
    owner: Owner,
    index: Index,
    /// Of the collection, when it was read.
    generation: u64,
}

impl Ready {
    /// Reads the index of the space that `stored` says; `words` is a table of words, or what stands for one.
    pub(super) fn load(
        connection: &Connection,
        shared: &Shared,
        stored: &Stored,
        words: &str,
    ) -> Result<Self> {
        let owner = shared.owner(stored);
        let index = load(connection, stored, (&owner, words), shared.kernel)?;
        Ok(Self {
            owner,
            index,
            generation: stored.generation,
        })
    }

    /// Whether it has the rows of a collection as it is now.
    pub(super) fn is_of(&self, stored: &Stored) -> bool {
        self.owner.collection == stored.number && self.generation == stored.generation
    }

    /// Ends a transaction with the index that was read, or with one that is read now.
    pub(super) fn finish(
        ready: Option<Self>,
        connection: &Connection,
        changes: &mut Changes,
        shared: &Shared,
        stored: &mut Stored,
    ) -> Result<()> {
        let ready = match ready {
            Some(ready) => ready,
            None => Self::load(connection, shared, stored, &stored.tables().words)?,
        };
        finish(connection, changes, stored)?;
        ready.replace(changes, stored);
        Ok(())
    }

    /// Puts it in its place, together with what the transaction has changed.
    fn replace(mut self, changes: &mut Changes, stored: &Stored) {
        self.index.generation = stored.generation;
        changes.replace(self.owner, self.index);
    }
}
