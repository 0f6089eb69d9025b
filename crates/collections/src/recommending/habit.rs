//! How old items are when a user does something with them.

use yuyi_store::{Result, TextItem, Timestamp};
use yuyi_tasks::recommend::Freshness;

use super::Shelf;
use super::history::History;

/// Items of a history, the latest, whose ages are looked at.
const LOOKED_AT: usize = 32;

/// A user's habit, as of the latest that the user did.
pub(super) struct Habit {
    freshness: Freshness,
    now: Timestamp,
}

impl Habit {
    /// `None`: too little is known, as where items have no times.
    ///
    /// # Errors
    /// Of the shelf.
    pub(super) fn of(shelf: &dyn Shelf, history: &History<'_>) -> Result<Option<Self>> {
        let done = history.done();
        let Some((_, now)) = done.first().copied() else {
            return Ok(None);
        };
        let done = &done[..done.len().min(LOOKED_AT)];
        let ids: Vec<&str> = done.iter().map(|(item, _)| *item).collect();
        let items = shelf.text_items(&ids)?;
        let age = |(id, time): &(&str, Timestamp)| {
            let item = items.iter().find(|one| one.item.id == *id)?;
            age(item, *time)
        };
        let freshness = Freshness::of(done.iter().filter_map(age));
        Ok(freshness.map(|freshness| Self { freshness, now }))
    }

    /// How much an item's age speaks for it; nothing where it has no time.
    pub(super) fn speaks(&self, item: &TextItem) -> f64 {
        age(item, self.now).map_or(0.0, |age| self.freshness.speaks(age))
    }
}

/// In microseconds.
fn age(item: &TextItem, at: Timestamp) -> Option<f64> {
    let time = item.item.time?;
    Some(at.micros() as f64 - time.micros() as f64)
}
