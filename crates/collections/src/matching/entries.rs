//! Where the entries of a FAQ are, and which of them are near to a question.

use std::collections::BTreeMap;

use yuyi_store::{Caller, Collection, Filter, Hit, Item, Query, Result, Search, Store, VectorItem};
use yuyi_tasks::cosine;
use yuyi_tasks::faq::FaqIndex;

use super::LOOK;
use crate::space::mismatch;

/// Entries that are read at a time.
const READ: usize = 256;

/// An entry near to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct NearItem {
    /// The entry.
    pub item: Item,
    /// The cosine of the question and each of [`Item::texts`].
    pub cosines: Vec<f64>,
}

/// Entries of a FAQ that can be asked.
pub trait Entries {
    /// The `limit` entries that are nearest to a unit vector by the nearest of their texts, the nearest first and of equal ones the smaller id; fewer: these are all.
    ///
    /// # Errors
    /// Where they cannot be read, or the vector is of another dimension.
    fn nearest(&self, vector: &[f32], limit: usize) -> Result<Vec<NearItem>>;
}

/// The items of a collection, or those that a filter means.
#[derive(Clone, Copy)]
pub struct StoredEntries<'a> {
    /// Where they are kept.
    pub store: &'a dyn Store,
    /// As it was when the question was embedded.
    pub collection: &'a Collection,
    /// Only these.
    pub filter: Option<&'a Filter>,
    /// Who waits for the answer.
    pub caller: Caller<'a>,
}

impl std::fmt::Debug for StoredEntries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("StoredEntries");
        shown.field("collection", &self.collection.name);
        shown.field("filter", &self.filter).finish_non_exhaustive()
    }
}

impl Entries for StoredEntries<'_> {
    fn nearest(&self, vector: &[f32], limit: usize) -> Result<Vec<NearItem>> {
        let name = &self.collection.name;
        let search = Search {
            query: Query::Dense { vector },
            filter: self.filter,
            limit,
        };
        let hits = self.store.search_for(name, &search, self.caller);
        let near = hits.and_then(|hits| self.with_cosines(hits, vector));
        // Whichever vectors these are: those that are there now are there since before, or it is told.
        let now = self.store.collection(name)?.space;
        if now != self.collection.space {
            return Err(mismatch(self.collection, &now));
        }
        let mut near = near?;
        sort(&mut near);
        Ok(near)
    }
}

impl StoredEntries<'_> {
    /// Hits with the cosines of all of their texts. Of one text the search told it; those of several are read anew with their vectors, which takes most of the time where
    /// hundreds of entries are about as near.
    fn with_cosines(&self, hits: Vec<Hit>, question: &[f32]) -> Result<Vec<NearItem>> {
        let (mut near, mut several) = (Vec::with_capacity(hits.len()), Vec::new());
        for hit in hits {
            match hit.cosine.filter(|_| hit.item.texts().count() == 1) {
                Some(cosine) => near.push(NearItem {
                    item: hit.item,
                    cosines: vec![cosine],
                }),
                None => several.push(hit.item.id),
            }
        }
        if several.is_empty() {
            return Ok(near);
        }
        let several: Vec<&str> = several.iter().map(String::as_str).collect();
        let read = self.read(&several)?.into_iter();
        near.extend(read.map(|item| of(item, question)));
        Ok(near)
    }

    /// The items of these ids with their vectors, as long as somebody waits for them and there is room. For the first ones there is: a question with the usual limits looks
    /// at no more, and is answered beside those that take much.
    fn read(&self, ids: &[&str]) -> Result<Vec<VectorItem>> {
        let name = &self.collection.name;
        let (first, more) = ids.split_at(LOOK.min(ids.len()));
        let mut items = self.store.get_with_vectors(name, first)?;
        for ids in more.chunks(READ) {
            self.caller.go_on()?;
            let mut read = self.store.get_with_vectors(name, ids)?;
            self.caller.take(read.iter().map(VectorItem::bytes).sum())?;
            items.append(&mut read);
        }
        Ok(items)
    }
}

fn of(VectorItem { item, vectors }: VectorItem, question: &[f32]) -> NearItem {
    let cosines = vectors.iter().map(|vector| cosine(question, vector));
    NearItem {
        item,
        cosines: cosines.collect(),
    }
}

/// As a store orders hits. One of them may have been written anew since it was found.
fn sort(near: &mut [NearItem]) {
    let best = |near: &NearItem| near.cosines.iter().copied().fold(-1.0, f64::max);
    near.sort_by(|a, b| {
        let by_cosine = best(b).total_cmp(&best(a));
        by_cosine.then_with(|| a.item.id.cmp(&b.item.id))
    });
}

/// Entries in memory, such as those of a file.
#[derive(Clone, Debug)]
pub struct HeldEntries {
    /// In the order of their ids.
    items: Vec<Item>,
    index: FaqIndex,
}

impl HeldEntries {
    /// Items with the unit vectors of their texts. Of several with one id the last counts, as in a collection.
    ///
    /// # Panics
    /// When the vectors are not of one dimension.
    pub fn new(items: Vec<VectorItem>) -> Self {
        let by_id: BTreeMap<String, VectorItem> = items
            .into_iter()
            .map(|item| (item.item.id.clone(), item))
            .collect();
        let vectors = by_id
            .values()
            .map(|item| item.vectors.iter().map(Vec::as_slice));
        let index = FaqIndex::new(vectors);
        Self {
            items: by_id.into_values().map(|item| item.item).collect(),
            index,
        }
    }

    /// The entries, in the order of their ids.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The place of the entry of this id among [`HeldEntries::items`].
    pub fn place(&self, id: &str) -> Option<usize> {
        let found = self.items.binary_search_by(|item| item.id.as_str().cmp(id));
        found.ok()
    }

    /// The vectors of their texts, by the places of the entries.
    pub fn index(&self) -> &FaqIndex {
        &self.index
    }
}

impl Entries for HeldEntries {
    fn nearest(&self, vector: &[f32], limit: usize) -> Result<Vec<NearItem>> {
        let near = self.index.nearest(vector, limit).into_iter();
        let near = near.map(|(entry, cosines)| NearItem {
            item: self.items[entry].clone(),
            cosines,
        });
        Ok(near.collect())
    }
}
