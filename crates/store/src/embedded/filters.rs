//! Filters that were asked for lately, with the rows that each means.
//!
//! Callers ask with few filters again and again (of a customer, of a kind), and finding the rows of a filter in the database takes longer than searching among
//! them. What was found once is kept in step with what is written, as the index itself is, by whoever writes to that.

use std::sync::{Arc, Mutex, PoisonError};

use super::index::{At, Rows};
use crate::collection::Field;
use crate::error::Result;
use crate::filter::Filter;
use crate::item::Item;

/// Filters that are kept: a bit a row each, 125 KB among a million.
const KEPT: usize = 16;

/// Items that are written before a filter is forgotten which nobody asks for: each of them is asked whether it is meant.
const PATIENCE: usize = 50_000;

/// Values of the longest filter that is kept: those who write do not go through lists of thousands.
const LONGEST: usize = 64;

#[derive(Default)]
pub(super) struct Filters(Mutex<Vec<Known>>);

struct Known {
    /// As it was asked with.
    filter: Filter,
    /// What it means on the fields of the collection.
    meant: Filter,
    rows: Arc<Rows>,
    /// Items that were written since it was asked for.
    written: usize,
}

impl Filters {
    /// The rows that a filter means on the fields of the collection, which `find` finds where they are not known; `None`: it would rather not.
    pub(super) fn rows(
        &self,
        filter: &Filter,
        fields: &[Field],
        find: impl FnOnce() -> Result<Option<Rows>>,
    ) -> Result<Option<Arc<Rows>>> {
        if filter.values() > LONGEST {
            return Ok(find()?.map(Arc::new));
        }
        if let Some(rows) = self.take(filter) {
            return Ok(Some(rows));
        }
        // Others do not wait for it.
        let Some(rows) = find()?.map(Arc::new) else {
            return Ok(None);
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|one| one.filter == *filter) {
            known.truncate(KEPT - 1);
            known.insert(
                0,
                Known {
                    filter: filter.clone(),
                    meant: filter.on(fields).into_owned(),
                    rows: Arc::clone(&rows),
                    written: 0,
                },
            );
        }
        Ok(Some(rows))
    }

    /// Whether the rows of a filter are known.
    pub(super) fn know(&self, filter: &Filter) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|one| one.filter == *filter)
    }

    /// The rows of a filter that is known, which comes to the front.
    fn take(&self, filter: &Filter) -> Option<Arc<Rows>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|one| one.filter == *filter)?;
        known[..=place].rotate_right(1);
        known[0].written = 0;
        Some(Arc::clone(&known[0].rows))
    }

    /// Takes an item into account that was written, with its rows.
    pub(super) fn add(&mut self, item: &Item, rows: &[At]) {
        let known = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for one in known.iter_mut() {
            one.written += 1;
            if one.meant.matches(item) {
                let set = Arc::make_mut(&mut one.rows);
                rows.iter().for_each(|&at| set.insert(at));
            }
        }
        known.retain(|one| one.written < PATIENCE);
    }

    /// Forgets all, since rows lie elsewhere.
    pub(super) fn clear(&mut self) {
        self.0
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
