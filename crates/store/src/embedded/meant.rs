//! What a filter means, found while others write, and brought up to date where they may not.
//!
//! Finding it may take seconds, for which neither those who write nor other searches wait: a reader finds it, and finds what is new until that is little. Only
//! that little is asked by whoever holds what others wait for.

use std::sync::Arc;

use rusqlite::Connection;

use super::EmbeddedStore;
use super::index;
use super::search::Searcher;
use super::select::Select;
use super::shared::Slot;
use super::shared::TRIES;
use super::write::{delete_if_all, delete_some};
use super::writer::Changes;
use crate::caller::Caller;
use crate::error::Result;
use crate::filter::Filter;
use crate::narrow::{Meant, while_others_write};
use crate::stored::Stored;

impl EmbeddedStore {
    /// Searches a collection. The text of the question is cut, and it is found what a filter means, before, since whoever searches keeps those who write waiting.
    pub(super) fn search_indexed<T>(
        &self,
        name: &str,
        (text, filter, caller): (Option<&str>, Option<&Filter>, Caller<'_>),
        search: impl Fn(&Searcher<'_, '_>) -> Result<T>,
    ) -> Result<T> {
        let filter = filter.filter(|filter| !filter.is_empty());
        let (mut meant, mut attempt) = (None, 0);
        loop {
            if let Some(filter) = filter {
                meant = self.meant_if_unknown(name, (filter, caller), meant.as_ref())?;
            }
            caller.go_on()?;
            let may_wait = attempt < TRIES;
            let words = |stored: &Stored| {
                let cut = |text| stored.words.analyzer().document(text);
                let words = text.map(cut).unwrap_or_default();
                // A text may be long.
                caller.go_on().map(|()| words)
            };
            let found =
                self.shared
                    .read_prepared(name, words, |connection, stored, held, words| {
                        let rows = |filter| {
                            let known = (meant.as_ref(), may_wait);
                            held.look(|slot| rows_now(connection, stored, slot, filter, known))
                        };
                        let only = match filter.map(rows).transpose()? {
                            Some(None) => return Ok(None),
                            only => only.flatten(),
                        };
                        let rows = held.look(|slot| Ok(slot.index.rows()))?;
                        let searcher = Searcher {
                            connection,
                            stored,
                            held,
                            owner: self.shared.owner(stored),
                            rows,
                            team: &self.shared.team,
                            caller,
                            words,
                            only,
                        };
                        search(&searcher).map(Some)
                    });
            if let Some(found) = self.told_of(name, found)? {
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
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            if self.shared.knows(&stored, filter) {
                return Ok(None);
            }
            meant(connection, &stored, (filter, caller), before).map(Some)
        })
    }

    /// Removes the items that a filter means as of the moment at which the first of them go; how many they were.
    ///
    /// Many go in steps, between which others write: what they write meanwhile has a key of its own and stays.
    pub(super) fn delete_meant(
        &self,
        name: &str,
        filter: &Filter,
        caller: Caller<'_>,
    ) -> Result<u64> {
        let find = |before: Option<&Meant>| {
            self.read(name, |connection| {
                let stored = Stored::get(connection, name)?;
                meant(connection, &stored, (filter, caller), before)
            })
        };
        let mut deletion = while_others_write(find, |meant, may_refuse| {
            let (filter, meant) = (filter.clone(), Arc::clone(meant));
            self.write(name, move |connection, changes, name| {
                delete_now(connection, changes, name, (&filter, &meant), may_refuse)
            })
        })?;
        while !deletion.left.is_empty() {
            deletion = self.write(name, move |connection, changes, name| {
                deletion.go_on(connection, changes, name)
            })?;
        }
        Ok(deletion.gone)
    }
}

/// What a filter means. `before`: what it meant a moment ago, where that is known.
fn meant(
    connection: &Connection,
    stored: &Stored,
    (filter, caller): (&Filter, Caller<'_>),
    before: Option<&Meant>,
) -> Result<Meant> {
    let select = Select {
        connection,
        stored,
        caller,
    };
    Meant::find(&select, stored, filter, before)
}

/// The rows that a filter means. `meant`: what it meant a moment ago; where that is not near and this `may_wait`, nothing is found.
fn rows_now(
    connection: &Connection,
    stored: &Stored,
    slot: &Slot,
    filter: &Filter,
    (meant, may_wait): (Option<&Meant>, bool),
) -> Result<Option<Arc<index::Rows>>> {
    slot.filters.rows(filter, &stored.fields, || {
        if may_wait && !meant.is_some_and(|meant| meant.is_near(stored)) {
            return Ok(None);
        }
        let keys = keys_now(connection, stored, filter, meant)?;
        Ok(Some(slot.index.rows_of(&keys)))
    })
}

/// A removal of items step by step.
struct Deletion {
    /// The number of the collection.
    collection: i64,
    /// Keys of items that are still to be removed.
    left: Vec<i64>,
    /// How many were removed.
    gone: u64,
}

impl Deletion {
    /// Goes a step further. Of a collection that was dropped meanwhile nothing is left, whoever has its name now.
    fn go_on(mut self, connection: &Connection, changes: &mut Changes, name: &str) -> Result<Self> {
        match Stored::find(connection, name)? {
            Some(mut stored) if stored.number == self.collection => {
                let (gone, looked_at) = delete_some(connection, changes, &mut stored, &self.left)?;
                self.gone += gone;
                self.left.drain(..looked_at);
            }
            _ => self.left.clear(),
        }
        Ok(self)
    }
}

/// Begins to remove the items that a filter means. `before`: those that it meant a moment ago; where that is not near and this `may_refuse`, nothing is removed.
fn delete_now(
    connection: &Connection,
    changes: &mut Changes,
    name: &str,
    (filter, before): (&Filter, &Meant),
    may_refuse: bool,
) -> Result<Option<Deletion>> {
    let mut stored = Stored::get(connection, name)?;
    if may_refuse && !before.is_near(&stored) {
        return Ok(None);
    }
    let mut left = keys_now(connection, &stored, filter, Some(before))?;
    let gone = delete_if_all(connection, changes, &mut stored, &mut left)?;
    let deletion = Deletion {
        collection: stored.number,
        left,
        gone,
    };
    deletion.go_on(connection, changes, name).map(Some)
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
