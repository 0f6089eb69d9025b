//! Rows by their codes and words.
//!
//! Codes are scanned for a few hundred rows that may be the best, whose vectors are then read and multiplied in floats: the cosines are those
//! that any other part of the program finds for the same vectors.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use yuyi_kernels::{Team, as_cosine, dot};

use super::index::{self, Index};
use super::items::{id_of_key, item_of_key, keys_of_ids, vectors_of_key};
use super::load::Vectors;
use super::shared::Slot;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::finder::Rows;
use crate::item::Item;
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::words::Analyzer;

/// What a search works with, all of one moment.
pub(super) struct Searcher<'a> {
    pub(super) connection: &'a Connection,
    pub(super) stored: &'a Stored,
    pub(super) slot: &'a Slot,
    pub(super) team: &'a Team,
    /// The rows that the filter of the search means, if it has one: whoever searches keeps those who write waiting, and does not look for them.
    pub(super) only: Option<Arc<index::Rows>>,
}

impl Searcher<'_> {
    fn index(&self) -> &Index {
        &self.slot.index
    }

    fn cosine(&self, a: &[f32], b: &[f32]) -> f64 {
        as_cosine(dot(self.index().kernel(), a, b))
    }

    /// Rows that were found for vectors with their cosines, each read once, in the order in which they lie.
    fn with_cosines(
        &self,
        vectors: &[&[f32]],
        rows: &[Vec<VectorKey>],
    ) -> Result<Vec<Vec<(VectorKey, f64)>>> {
        let each = rows.iter().enumerate();
        let mut wanted: Vec<(VectorKey, usize)> = each
            .flat_map(|(of, keys)| keys.iter().map(move |&key| (key, of)))
            .collect();
        wanted.sort_unstable();
        let mut found = vec![Vec::new(); vectors.len()];
        let mut read = Vectors::new(self.connection, self.stored, &self.slot.owner)?;
        for same in wanted.chunk_by(|a, b| a.0 == b.0) {
            let row = read.get(same[0].0)?;
            for &(key, of) in same {
                found[of].push((key, self.cosine(vectors[of], row)));
            }
        }
        Ok(found)
    }
}

impl Rows for Searcher<'_> {
    type Only = Arc<index::Rows>;

    fn dimension(&self) -> usize {
        self.slot.owner.dimension
    }

    fn rows(&self) -> usize {
        self.index().rows()
    }

    fn only(&self, _filter: &Filter) -> Result<Arc<index::Rows>> {
        let not_found = || Error::Failed {
            reason: "it was not found what a filter means".into(),
        };
        self.only.clone().ok_or_else(not_found)
    }

    fn nearest_each(
        &self,
        vectors: &[&[f32]],
        only: Option<&Arc<index::Rows>>,
        without: &[i64],
        k: usize,
    ) -> Result<Vec<Vec<(VectorKey, f64)>>> {
        let index = self.index();
        let only = only.map(|only| &**only);
        let others = (!without.is_empty()).then(|| index.rows_of(without));
        let with_them = k.saturating_add(others.as_ref().map_or(0, index::Rows::len));
        let rows = match only {
            // So few that codes need not choose.
            Some(only) if only.len() < with_them => {
                let mut keys = index.keys_of(only);
                keys.retain(|key| without.binary_search(&key.item()).is_err());
                vec![keys; vectors.len()]
            }
            _ => index.nearest_each(self.team, vectors, (only, others.as_ref()), k),
        };
        self.with_cosines(vectors, &rows)
    }

    fn best_by_words(
        &self,
        text: &str,
        only: Option<&Arc<index::Rows>>,
        k: usize,
    ) -> Result<(Vec<(VectorKey, f64)>, f64)> {
        let query = Analyzer::new(&self.stored.words).document(text);
        let weights = self.index().weigh(&query);
        let most = weights.iter().map(|(_, weight)| weight).sum();
        let only = only.map(|only| &**only);
        Ok((self.index().best_by_words(&weights, only, k), most))
    }

    fn keys(&self, ids: &[&str]) -> Result<Vec<i64>> {
        let mut keys = keys_of_ids(self.connection, self.stored, ids)?;
        keys.sort_unstable();
        Ok(keys)
    }

    fn text_vectors(&self, keys: &[i64]) -> Result<HashMap<i64, Vec<f32>>> {
        let mut vectors = Vectors::new(self.connection, self.stored, &self.slot.owner)?;
        let vector = |&key| Ok((key, vectors.get(VectorKey::new(key, 0))?.to_vec()));
        keys.iter().map(vector).collect()
    }

    fn ids(&self, keys: &[i64]) -> Result<HashMap<i64, String>> {
        let id = |&key| Ok((key, id_of_key(self.connection, self.stored, key)?));
        keys.iter().map(id).collect()
    }

    fn items(&self, keys: &[i64]) -> Result<HashMap<i64, Item>> {
        let item = |&key| Ok((key, item_of_key(self.connection, self.stored, key)?));
        keys.iter().map(item).collect()
    }

    fn cosines(&self, vector: &[f32], keys: &[i64]) -> Result<Vec<(VectorKey, f64)>> {
        let mut found = Vec::new();
        for &key in keys {
            let rows = vectors_of_key(self.connection, self.stored, key)?;
            let with_cosine = |(wording, row): (usize, &Vec<f32>)| {
                (VectorKey::new(key, wording), self.cosine(vector, row))
            };
            found.extend(rows.iter().enumerate().map(with_cosine));
        }
        Ok(found)
    }
}
