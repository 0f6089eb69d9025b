//! Removing what a filter means: whoever does so holds the collection, for which those who write wait.

use std::cell::RefCell;

use tokio_postgres::types::Type;

use super::PostgresStore;
use super::client::Client;
use super::rows::Counted;
use super::search::Searcher;
use crate::caller::Caller;
use crate::error::Result;
use crate::filter::Filter;
use crate::narrow::{Meant, while_others_write};

impl PostgresStore {
    /// Removes the items that a filter means; how many they were.
    pub(super) fn delete_meant(
        &self,
        name: &str,
        filter: &Filter,
        caller: Caller<'_>,
    ) -> Result<u64> {
        let find = |before: Option<&Meant>| {
            self.read_for(name, caller, |searcher| searcher.meant(filter, before))
        };
        while_others_write(find, |meant, may_refuse| {
            self.commit(name, |client| {
                self.delete_now(client, name, (filter, meant), may_refuse)
            })
        })
    }

    /// Removes the items that a filter means; how many they were. `before`: those that it meant a moment ago; where that is not near and this `may_refuse`, nothing is
    /// removed.
    fn delete_now(
        &self,
        client: &mut Client,
        name: &str,
        (filter, before): (&Filter, &Meant),
        may_refuse: bool,
    ) -> Result<Option<u64>> {
        let mut counted = Counted::get(client, name, true)?;
        if may_refuse && !before.is_near(&counted.stored) {
            return Ok(None);
        }
        let searcher = Searcher {
            client: RefCell::new(&mut *client),
            counted: &counted,
            caller: Caller::PATIENT,
            words_at_once: self.primary.options().words_at_once,
        };
        let meant = searcher.meant(filter, Some(before))?;
        let keys = searcher.those_there(&meant.keys)?;
        counted.forget_hits(client, &keys)?;
        counted.remove(client, &keys)?;
        counted.touch(client)?;
        Ok(Some(keys.len() as u64))
    }
}

impl Searcher<'_> {
    /// What a filter means. `before`: what it meant a moment ago, where that is known.
    fn meant(&self, filter: &Filter, before: Option<&Meant>) -> Result<Meant> {
        Meant::find(self, &self.counted.stored, filter, before)
    }

    /// Those of some items that are there.
    fn those_there(&self, keys: &[i64]) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} WHERE key = ANY($1) ORDER BY key",
            self.counted.tables().items
        );
        let there = self.query(&sql, &[(&keys, Type::INT8_ARRAY)])?;
        Ok(there.iter().map(|row| row.get(0)).collect())
    }
}
