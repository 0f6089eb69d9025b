//! Rows by their codes and words.
//!
//! Codes are scanned for a few hundred rows that may be the best, whose vectors are then read and multiplied in floats: the cosines are those
//! that any other part of the program finds for the same vectors.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use yuyi_kernels::{Kernel, Team, as_cosine, dot};

use super::codes_file::Owner;
use super::index;
use super::items::{id_of_key, item_of_key, keys_of_ids, vectors_of_key};
use super::load::Vectors;
use super::shared::Held;
use crate::caller::Caller;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::finder::{ByWords, Rows};
use crate::item::Item;
use crate::key::VectorKey;
use crate::ranking::Worth;
use crate::stored::Stored;
use crate::words::Document;

/// What a search works with, all of one moment.
pub(super) struct Searcher<'a, 'h> {
    pub(super) connection: &'a Connection,
    pub(super) stored: &'a Stored,
    pub(super) held: &'a Held<'h>,
    /// Whose the vectors are that it finds.
    pub(super) owner: Owner,
    /// Rows of the index.
    pub(super) rows: usize,
    pub(super) team: &'a Team,
    /// Who waits for it.
    pub(super) caller: Caller<'a>,
    /// The words of the question, if it has some: cut before, for the same reason as the next.
    pub(super) words: &'a Document,
    /// The rows that the filter of the search means, if it has one: whoever searches keeps those who write waiting, and does not look for them.
    pub(super) only: Option<Arc<index::Rows>>,
}

impl Searcher<'_, '_> {
    fn vectors(&self) -> Result<Vectors<'_>> {
        Vectors::new(self.connection, self.stored, &self.owner)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    as_cosine(dot(Kernel::of_process(), a, b))
}

impl Rows for Searcher<'_, '_> {
    type Only = Arc<index::Rows>;
    type Near = Vec<Vec<VectorKey>>;

    fn dimension(&self) -> usize {
        self.owner.dimension
    }

    fn rows(&self) -> usize {
        self.rows
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
    ) -> Result<Vec<Vec<VectorKey>>> {
        let only = only.map(|only| &**only);
        self.held.look(|slot| {
            let index = &slot.index;
            let others = (!without.is_empty()).then(|| index.rows_of(without));
            let with_them = k.saturating_add(others.as_ref().map_or(0, index::Rows::len));
            match only {
                // So few that codes need not choose.
                Some(only) if only.len() < with_them => {
                    let mut keys = index.keys_of(only);
                    keys.retain(|key| without.binary_search(&key.item()).is_err());
                    Ok(vec![keys; vectors.len()])
                }
                _ => {
                    let by = (self.team, self.caller);
                    index.nearest_each(by, vectors, (only, others.as_ref()), k)
                }
            }
        })
    }

    /// Each vector is read once, in the order in which they lie.
    fn with_cosines(
        &self,
        vectors: &[&[f32]],
        near: Vec<Vec<VectorKey>>,
    ) -> Result<Vec<Vec<(VectorKey, f64)>>> {
        let each = near.iter().enumerate();
        let mut wanted: Vec<(VectorKey, usize)> = each
            .flat_map(|(of, keys)| keys.iter().map(move |&key| (key, of)))
            .collect();
        wanted.sort_unstable();
        let mut found = vec![Vec::new(); vectors.len()];
        let mut read = self.vectors()?;
        for same in wanted.chunk_by(|a, b| a.0 == b.0) {
            let row = read.get(same[0].0)?;
            for &(key, of) in same {
                found[of].push((key, cosine(vectors[of], row)));
            }
        }
        Ok(found)
    }

    fn best_by_words(
        &self,
        _text: &str,
        only: Option<&Arc<index::Rows>>,
        k: usize,
    ) -> Result<ByWords> {
        let query = self.words;
        let only = only.map(|only| &**only);
        self.held.look(|slot| {
            let index = &slot.index;
            let weights = index.weigh(query);
            let best = index.best_by_words(self.caller, &weights, only, k)?;
            let weights = weights.into_iter().map(|(_, weight)| weight);
            Ok((best, Worth::of(query, weights, index.mean_length())))
        })
    }

    fn let_go(&self) {
        self.held.let_go();
    }

    fn keys(&self, ids: &[&str]) -> Result<Vec<i64>> {
        let mut keys = keys_of_ids(self.connection, self.stored, ids)?;
        keys.sort_unstable();
        Ok(keys)
    }

    fn text_vectors(&self, keys: &[i64]) -> Result<HashMap<i64, Vec<f32>>> {
        let mut vectors = self.vectors()?;
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
                (VectorKey::new(key, wording), cosine(vector, row))
            };
            found.extend(rows.iter().enumerate().map(with_cosine));
        }
        Ok(found)
    }
}
