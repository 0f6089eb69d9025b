//! Rows that are embedded and written together.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use yuyi::Model;
use yuyi_files::{Repeated, SeenIds};
use yuyi_store::{Collection, Store, VectorItem};

use super::super::create::tell_new;
use super::super::embedding::fill;
use super::Target;
use super::refused::RefusedRows;
use crate::input::{ItemRow, Origin};
use crate::terminal::remark;

/// What became of rows.
#[derive(Default)]
pub(super) struct Tally {
    /// Rows that are items, and are there.
    pub rows: usize,
    /// Items that are new or changed.
    pub written: usize,
    /// Items that were there, and the same.
    pub unchanged: usize,
    pub refused: usize,
    /// Items with a text that was cut.
    pub truncated: usize,
    /// Where the rows stand, by digests of their ids.
    seen: SeenIds<u64>,
}

impl Tally {
    fn see(&mut self, id: &str, line: u64) {
        // Two of a million ids are one with a probability of 1 in 30 million, and then a remark is wrong.
        let digest = BuildHasherDefault::<DefaultHasher>::default().hash_one(id);
        self.seen.see(digest, id, line);
    }

    /// Rows that took the place of an earlier one, whose id they have.
    pub(super) fn replaced(&self) -> u64 {
        self.seen.repeated().map_or(0, |(count, _)| count)
    }

    /// Says on standard error where rows had one id.
    pub(super) fn tell_replaced(&self) {
        if let Some((replaced, Repeated { id, at, first })) = self.seen.repeated() {
            remark!(
                "Rows that have the id of an earlier one and took its place: {replaced}, the first at {at} ({id:?}, as {first}). Rows without an id have that of their text."
            );
        }
    }
}

/// Brings rows into a collection.
pub(super) struct Importer<'a> {
    store: &'a dyn Store,
    target: Target,
    refused: Option<RefusedRows>,
    tally: Tally,
}

impl<'a> Importer<'a> {
    pub(super) fn new(store: &'a dyn Store, target: Target, refused: Option<RefusedRows>) -> Self {
        Self {
            store,
            target,
            refused,
            tally: Tally::default(),
        }
    }

    pub(super) fn collection(&self) -> &Collection {
        &self.target.collection
    }

    /// Whether rows that are refused are passed over.
    pub(super) fn skips(&self) -> bool {
        self.refused.is_some()
    }

    /// Makes the collection, if that is still to be done.
    pub(super) fn make(&mut self) -> anyhow::Result<()> {
        if let Some(new) = &self.target.new {
            self.target.collection = self.store.create(new)?.into_collection();
            self.target.new = None;
            tell_new(&self.target.collection);
        }
        Ok(())
    }

    /// The rows to come are those of a file.
    pub(super) fn begin(&mut self, file: Origin) {
        self.tally.seen.begin(file);
    }

    /// Writes rows; they are durable when this returns.
    pub(super) fn bring(&mut self, rows: Vec<ItemRow>, origin: &Origin) -> anyhow::Result<()> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            match (row.item, &mut self.refused) {
                (Ok(item), _) => {
                    self.tally.see(&item.item.id, row.line);
                    items.push(item);
                }
                (Err(refused), file) => {
                    self.tally.refused += 1;
                    if let Some(file) = file {
                        file.write(origin, row.line, &refused)?;
                    }
                }
            }
        }
        let rows = items.len();
        let items = last_of_each(items);
        let distinct = items.len();
        let mut changed = self.changed(items)?;
        let count = changed.len();
        if count > 0 {
            let Target {
                collection, model, ..
            } = &self.target;
            let cut = fill(collection, model.as_ref(), &mut changed)?;
            self.make()?;
            self.store.upsert_to(&self.target.collection, changed)?;
            self.tally.truncated += cut;
        }
        self.tally.rows += rows;
        self.tally.written += count;
        self.tally.unchanged += distinct - count;
        Ok(())
    }

    /// The items that are not there as they are: an import that was interrupted passes quickly over what it has brought.
    fn changed(&self, items: Vec<VectorItem>) -> anyhow::Result<Vec<VectorItem>> {
        if self.target.new.is_some() {
            return Ok(items);
        }
        let ids: Vec<&str> = items.iter().map(|item| item.item.id.as_str()).collect();
        let name = &self.target.collection.name;
        let there = match self.target.model {
            // Vectors of the model follow from the texts.
            Some(_) => self.store.get(name, &ids)?.into_iter().map(bare).collect(),
            None => self.store.get_with_vectors(name, &ids)?,
        };
        let there: HashMap<&str, &VectorItem> = there
            .iter()
            .map(|item| (item.item.id.as_str(), item))
            .collect();
        let is_changed = |item: &VectorItem| there.get(item.item.id.as_str()) != Some(&item);
        let changed: Vec<bool> = items.iter().map(is_changed).collect();
        let items = items.into_iter().zip(changed);
        Ok(items
            .filter_map(|(item, is_changed)| is_changed.then_some(item))
            .collect())
    }

    /// What was done, with the model; and whether the refused rows are in their file.
    pub(super) fn finish(self) -> (Tally, Option<Model>, anyhow::Result<()>) {
        let written = self.refused.map_or(Ok(()), RefusedRows::finish);
        (self.tally, self.target.model, written)
    }
}

fn bare(item: yuyi_store::Item) -> VectorItem {
    VectorItem {
        item,
        vectors: Vec::new(),
    }
}

/// Of several items with one id the last.
fn last_of_each(items: Vec<VectorItem>) -> Vec<VectorItem> {
    let mut last = HashMap::new();
    for (i, item) in items.iter().enumerate() {
        last.insert(item.item.id.clone(), i);
    }
    let items = items.into_iter().enumerate();
    let items = items.filter(|(i, item)| last.get(&item.item.id) == Some(i));
    items.map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use yuyi_store::Item;

    #[test]
    fn the_last_of_an_id_stays() {
        let items = [("a", "1"), ("b", "2"), ("a", "3")];
        let items = items.map(|(id, text)| bare(Item::new(id, text)));
        let left = last_of_each(items.to_vec());
        let texts: Vec<&str> = left.iter().map(|item| item.item.text.as_str()).collect();
        assert_eq!(texts, ["2", "3"]);
    }
}
