//! What a filter means, found while others write, and brought up to date where they may not.
//!
//! Finding it may take seconds, for which neither those who write nor other searches wait: a reader finds it, and finds what is new until that is little. Only
//! that little is asked by whoever holds what others wait for.

use std::sync::Arc;

use rusqlite::Connection;

use super::EmbeddedStore;
use super::index;
use super::items::{COLUMNS, read_item, retain_there};
use super::ready::TRIES;
use super::search::Searcher;
use super::select::matching;
use super::shared::Slot;
use super::write::delete_keys;
use super::writer::Changes;
use crate::caller::Caller;
use crate::error::Result;
use crate::filter::{Asking, Filter};
use crate::narrow::{ASKED, Meant};
use crate::stored::Stored;

/// New items that are asked while others wait: some milliseconds with the longest filter.
const FEW: i64 = 256;

impl EmbeddedStore {
    /// Searches a collection. What a filter means is found before, since whoever searches keeps those who write waiting.
    pub(super) fn search_indexed<T>(
        &self,
        name: &str,
        (filter, caller): (Option<&Filter>, Caller<'_>),
        search: impl Fn(&Searcher<'_>) -> Result<T>,
    ) -> Result<T> {
        let filter = filter.filter(|filter| !filter.is_empty());
        let (mut meant, mut attempt) = (None, 0);
        loop {
            if let Some(filter) = filter {
                meant = self.meant_if_unknown(name, (filter, caller), meant.as_ref())?;
            }
            caller.go_on()?;
            let may_wait = attempt < TRIES;
            let found = self.shared.read_indexed(name, |connection, stored, slot| {
                let rows = |filter| {
                    let known = (meant.as_ref(), may_wait);
                    rows_now(connection, stored, slot, filter, known)
                };
                let only = match filter.map(rows).transpose()? {
                    Some(None) => return Ok(None),
                    only => only.flatten(),
                };
                let searcher = Searcher {
                    connection,
                    stored,
                    slot,
                    team: &self.shared.team,
                    only,
                };
                search(&searcher).map(Some)
            });
            if let Some(found) = self.locate(found)? {
                return Ok(found);
            }
            attempt += 1;
        }
    }

    /// What a filter means, unless the index knows. `before`: what it meant a moment ago.
    fn meant_if_unknown(
        &self,
        name: &str,
        (filter, caller): (&Filter, Caller<'_>),
        before: Option<&Meant>,
    ) -> Result<Option<Meant>> {
        self.read(|connection| {
            let stored = Stored::get(connection, name)?;
            if self.shared.knows(&stored, filter) {
                return Ok(None);
            }
            meant(connection, &stored, (filter, caller), before).map(Some)
        })
    }

    /// Removes the items that a filter means; how many they were.
    pub(super) fn delete_meant(
        &self,
        name: &str,
        filter: &Filter,
        caller: Caller<'_>,
    ) -> Result<u64> {
        let (mut before, mut attempt) = (None::<Arc<Meant>>, 0);
        loop {
            // Others write meanwhile.
            let now = self.read(|connection| {
                let stored = Stored::get(connection, name)?;
                meant(connection, &stored, (filter, caller), before.as_deref())
            })?;
            let now = Arc::new(now);
            let (name, filter, known) = (name.to_owned(), filter.clone(), Arc::clone(&now));
            let deleted = self.write(move |connection, changes| {
                let may_wait = attempt < TRIES;
                delete_now(connection, changes, &name, (&filter, &known), may_wait)
            })?;
            if let Some(deleted) = deleted {
                return Ok(deleted);
            }
            (before, attempt) = (Some(now), attempt + 1);
        }
    }
}

/// What a filter means. `before`: what it meant a moment ago, where that is known.
fn meant(
    connection: &Connection,
    stored: &Stored,
    (filter, caller): (&Filter, Caller<'_>),
    before: Option<&Meant>,
) -> Result<Meant> {
    let keys = match before.filter(|before| before.collection == stored.number) {
        Some(before) => {
            let mut keys = before.keys.clone();
            add_new(connection, stored, (filter, caller), before, &mut keys)?;
            keys
        }
        None => matching(connection, stored, filter, caller)?,
    };
    Ok(Meant {
        collection: stored.number,
        next_key: stored.next_key,
        keys,
    })
}

/// The rows that a filter means. `meant`: what it meant a moment ago; where that is not near and this `may_wait`, nothing is found.
fn rows_now(
    connection: &Connection,
    stored: &Stored,
    slot: &Slot,
    filter: &Filter,
    (meant, may_wait): (Option<&Meant>, bool),
) -> Result<Option<Arc<index::Rows>>> {
    slot.filters.rows(filter, || {
        if may_wait && !meant.is_some_and(|meant| is_near(meant, stored)) {
            return Ok(None);
        }
        let keys = keys_now(connection, stored, filter, meant)?;
        Ok(Some(slot.index.rows_of(&keys)))
    })
}

/// Removes the items that a filter means; how many they were. `before`: those that it meant a moment ago; where that is not near and this `may_wait`, nothing is
/// removed.
fn delete_now(
    connection: &Connection,
    changes: &mut Changes,
    name: &str,
    (filter, before): (&Filter, &Meant),
    may_wait: bool,
) -> Result<Option<u64>> {
    let mut stored = Stored::get(connection, name)?;
    if may_wait && !is_near(before, &stored) {
        return Ok(None);
    }
    let mut keys = keys_now(connection, &stored, filter, Some(before))?;
    retain_there(connection, &stored, &mut keys)?;
    delete_keys(connection, changes, &mut stored, &keys).map(Some)
}

/// Whether little has been written since, so that others may wait while it is asked.
fn is_near(meant: &Meant, stored: &Stored) -> bool {
    meant.collection == stored.number && stored.next_key - meant.next_key <= FEW
}

/// The keys of what is meant now, among which may be those of items that are gone. Whoever calls keeps others waiting, so it takes no breaks.
fn keys_now(
    connection: &Connection,
    stored: &Stored,
    filter: &Filter,
    before: Option<&Meant>,
) -> Result<Vec<i64>> {
    let patient = (filter, Caller::PATIENT);
    Ok(meant(connection, stored, patient, before)?.keys)
}

/// Adds the keys of new items.
fn add_new(
    connection: &Connection,
    stored: &Stored,
    (filter, caller): (&Filter, Caller<'_>),
    before: &Meant,
    keys: &mut Vec<i64>,
) -> Result<()> {
    let asking = Asking::new(filter);
    let sql = format!(
        "SELECT {COLUMNS} FROM {} WHERE key >= ?1 ORDER BY key",
        stored.tables().items
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([before.next_key])?;
    let mut asked = 0usize;
    while let Some(row) = rows.next()? {
        if asked.is_multiple_of(ASKED) {
            caller.go_on()?;
        }
        asked += 1;
        let (key, item) = read_item(row)?;
        if asking.matches(&item) {
            keys.push(key);
        }
    }
    Ok(())
}
