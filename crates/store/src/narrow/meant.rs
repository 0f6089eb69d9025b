//! What a filter means, found while others write, and brought up to date where they may not.
//!
//! Finding it may take seconds, for which nobody who writes waits: it is found beside them, and what is new is looked at again and again until that is little. Only
//! that little is asked by whoever holds what others wait for.

use std::sync::Arc;

use super::{Among, FieldIndex, asked, matching};
use crate::error::Result;
use crate::filter::Filter;
use crate::stored::Stored;

/// New items that are asked while others wait: some milliseconds with the longest filter.
const FEW: i64 = 256;

/// How often what is new is looked at, before those who write wait for it.
const TRIES: usize = 3;

/// What a filter means as of one moment.
///
/// It can be brought up to date instead of being found anew: an item is never changed under its key, and new ones have higher keys than all before.
pub(crate) struct Meant {
    /// The number of the collection.
    collection: i64,
    /// The key that the next item was to have.
    next_key: i64,
    /// Those that were there, in ascending order.
    pub(crate) keys: Vec<i64>,
}

impl Meant {
    /// Finds it. `before`: what was meant a moment ago, where that is known; items that are gone since may be among them.
    pub(crate) fn find(
        index: &impl FieldIndex,
        stored: &Stored,
        filter: &Filter,
        before: Option<&Self>,
    ) -> Result<Self> {
        let keys = match before.filter(|before| before.collection == stored.number) {
            Some(before) => {
                let new = asked(index, filter, Among::From(before.next_key))?;
                [&before.keys[..], &new].concat()
            }
            None => matching(index, filter)?,
        };
        Ok(Self {
            collection: stored.number,
            next_key: stored.next_key,
            keys,
        })
    }

    /// Whether little has been written since, so that others may wait while it is asked.
    pub(crate) fn is_near(&self, stored: &Stored) -> bool {
        self.collection == stored.number && stored.next_key - self.next_key <= FEW
    }
}

/// Finds what is meant while others write, and then acts on it while they may not. `act` is told whether it may refuse, with `None`, where much was written since:
/// then that is looked at first.
pub(crate) fn while_others_write<T>(
    find: impl Fn(Option<&Meant>) -> Result<Meant>,
    act: impl Fn(&Arc<Meant>, bool) -> Result<Option<T>>,
) -> Result<T> {
    let (mut before, mut tries) = (None::<Arc<Meant>>, 0..TRIES);
    loop {
        let now = Arc::new(find(before.as_deref())?);
        let may_refuse = tries.next().is_some();
        if let Some(done) = act(&now, may_refuse)? {
            return Ok(done);
        }
        before = Some(now);
    }
}
