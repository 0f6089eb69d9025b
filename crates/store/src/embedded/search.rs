//! The items nearest to a query.
//!
//! Codes are scanned for a few hundred rows that may be the best, whose vectors are then read and multiplied in floats: the cosines are those
//! that any other part of the program finds for the same vectors. Where several texts of an item are among them the nearest counts, and more
//! rows are asked for until there are enough items.

use std::collections::HashMap;

use rusqlite::Connection;
use yuyi_kernels::{Team, as_cosine, dot};

use super::codes_file::Owner;
use super::collections::Stored;
use super::index::{Index, Rows};
use super::items::{id_of_key, item_of_key, vectors_of_key};
use super::load::Vectors;
use super::schema::VectorKey;
use super::select::matching;
use crate::error::Result;
use crate::item::make_unit;
use crate::ranking::Fusion;
use crate::store::{Hit, Query, Search};
use crate::words::Analyzer;

/// Rows whose vectors are read at least.
const LOOK: usize = 256;

/// And for each item that is wanted.
const LOOK_FOR_EACH: usize = 4;

/// What a search works with, all of one moment.
pub(super) struct Searcher<'a> {
    pub(super) connection: &'a Connection,
    pub(super) stored: &'a Stored,
    pub(super) owner: &'a Owner,
    pub(super) index: &'a Index,
    pub(super) team: &'a Team,
}

/// An item in a list.
#[derive(Clone, Debug)]
struct Ranked {
    key: i64,
    id: String,
    /// Cosine or BM25.
    value: f64,
    wording: usize,
}

impl Searcher<'_> {
    pub(super) fn search(&self, search: &Search<'_>) -> Result<Vec<Hit>> {
        let vector = search.query.vector().map(|vector| {
            let mut vector = vector.to_vec();
            make_unit(&mut vector, self.owner.dimension).map_err(|error| error.within("vector"))?;
            Ok::<_, crate::Error>(vector)
        });
        let vector = vector.transpose()?;
        if search.limit == 0 {
            return Ok(Vec::new());
        }
        let only = match search.filter.filter(|filter| !filter.is_empty()) {
            None => None,
            Some(filter) => Some(self.index.rows_of(&matching(
                self.connection,
                self.stored,
                filter,
            )?)),
        };
        let vector = vector.as_deref().unwrap_or_default();
        match search.query {
            Query::Dense { .. } => self.dense_hits(vector, only.as_ref(), search.limit),
            Query::Lexical { text, .. } => {
                self.lexical_hits(text, vector, only.as_ref(), search.limit)
            }
            Query::Hybrid { text, fusion, .. } => {
                self.hybrid_hits(text, vector, fusion, only.as_ref(), search.limit)
            }
        }
    }

    fn dense_hits(&self, vector: &[f32], only: Option<&Rows>, limit: usize) -> Result<Vec<Hit>> {
        let list = self.dense(vector, only, limit)?;
        let hit = |ranked: &Ranked| {
            Ok(Hit {
                item: item_of_key(self.connection, self.stored, ranked.key)?,
                score: ranked.value.max(0.0),
                cosine: Some(ranked.value),
                bm25: None,
                wording: ranked.wording,
            })
        };
        list.iter().map(hit).collect()
    }

    fn lexical_hits(
        &self,
        text: &str,
        vector: &[f32],
        only: Option<&Rows>,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let (list, most) = self.lexical(text, only, limit)?;
        let hit = |ranked: &Ranked| {
            let cosine = self.cosine(vector, ranked.key)?;
            Ok(Hit {
                item: item_of_key(self.connection, self.stored, ranked.key)?,
                score: (ranked.value / most).min(1.0),
                cosine: cosine.map(|(cosine, _)| cosine),
                bm25: Some(ranked.value),
                wording: cosine.map_or(ranked.wording, |(_, wording)| wording),
            })
        };
        list.iter().map(hit).collect()
    }

    fn hybrid_hits(
        &self,
        text: &str,
        vector: &[f32],
        fusion: Fusion,
        only: Option<&Rows>,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let depth = fusion.depth.max(limit);
        let dense = self.dense(vector, only, depth)?;
        let (lexical, _) = self.lexical(text, only, depth)?;
        let keys = |list: &[Ranked]| list.iter().map(|ranked| ranked.key).collect::<Vec<_>>();
        let ids: HashMap<i64, &str> = dense
            .iter()
            .chain(&lexical)
            .map(|ranked| (ranked.key, &*ranked.id))
            .collect();
        let words: HashMap<i64, f64> = lexical
            .iter()
            .map(|ranked| (ranked.key, ranked.value))
            .collect();
        let mut fused = fusion.fuse(&keys(&dense), &keys(&lexical));
        fused.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| ids[&a.0].cmp(ids[&b.0])));
        fused.truncate(limit);
        let hit = |(key, score)| {
            let (cosine, wording) = self.cosine(vector, key)?.unwrap_or_default();
            Ok(Hit {
                item: item_of_key(self.connection, self.stored, key)?,
                score,
                cosine: Some(cosine),
                bm25: words.get(&key).copied(),
                wording,
            })
        };
        fused.into_iter().map(hit).collect()
    }

    /// Rows that are looked at first.
    fn first_look(&self, limit: usize) -> usize {
        LOOK.max(limit.saturating_mul(LOOK_FOR_EACH))
            .min(self.index.rows())
    }

    /// The `limit` items that are nearest by their vectors.
    fn dense(&self, vector: &[f32], only: Option<&Rows>, limit: usize) -> Result<Vec<Ranked>> {
        let mut vectors = Vectors::new(self.connection, self.stored, self.owner)?;
        let mut k = self.first_look(limit);
        loop {
            let rows = match only {
                // So few that codes need not choose.
                Some(only) if only.keys.len() <= k => only.keys.clone(),
                _ => self.index.nearest(self.team, vector, only, k),
            };
            let mut nearest = Nearest::default();
            for &key in &rows {
                let row = vectors.get(key)?;
                nearest.offer(key, as_cosine(dot(self.index.kernel(), vector, row)));
            }
            if nearest.items.len() >= limit || rows.len() < k || k == self.index.rows() {
                return self.rank(nearest, limit);
            }
            k = k.saturating_mul(4).min(self.index.rows());
        }
    }

    /// The `limit` items that are best by their words, and what a text could have at most.
    fn lexical(&self, text: &str, only: Option<&Rows>, limit: usize) -> Result<(Vec<Ranked>, f64)> {
        let query = Analyzer::new(&self.stored.words).document(text);
        let weights = self.index.weigh(&query);
        let most = weights.iter().map(|(_, weight)| weight).sum();
        let mut k = self.first_look(limit);
        loop {
            let rows = self.index.best_by_words(&weights, only, k);
            let mut best = Nearest::default();
            rows.iter().for_each(|&(key, value)| best.offer(key, value));
            if best.items.len() >= limit || rows.len() < k || k == self.index.rows() {
                return Ok((self.rank(best, limit)?, most));
            }
            k = k.saturating_mul(4).min(self.index.rows());
        }
    }

    /// The highest first, of equal ones the smaller id.
    fn rank(&self, nearest: Nearest, limit: usize) -> Result<Vec<Ranked>> {
        let mut items: Vec<(i64, (f64, usize))> = nearest.items.into_iter().collect();
        items.sort_unstable_by(|a, b| b.1.0.total_cmp(&a.1.0));
        if let Some(&(_, (worst, _))) = items.get(limit - 1) {
            items.truncate(items.partition_point(|(_, (value, _))| *value >= worst));
        }
        let ranked = |&(key, (value, wording)): &(i64, (f64, usize))| {
            let id = id_of_key(self.connection, self.stored, key)?;
            Ok(Ranked {
                key,
                id,
                value,
                wording,
            })
        };
        let mut ranked = items.iter().map(ranked).collect::<Result<Vec<_>>>()?;
        ranked.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.id.cmp(&b.id)));
        ranked.truncate(limit);
        Ok(ranked)
    }

    /// The cosine of the nearest text of an item, and which it is; `None` without a vector.
    fn cosine(&self, vector: &[f32], key: i64) -> Result<Option<(f64, usize)>> {
        if vector.is_empty() {
            return Ok(None);
        }
        let mut nearest = Nearest::default();
        for (wording, row) in vectors_of_key(self.connection, self.stored, key)?
            .iter()
            .enumerate()
        {
            let cosine = as_cosine(dot(self.index.kernel(), vector, row));
            nearest.offer(VectorKey::new(key, wording), cosine);
        }
        Ok(nearest.items.remove(&key))
    }
}

/// The best text of each item, with its value; of equal ones the first.
#[derive(Default)]
struct Nearest {
    items: HashMap<i64, (f64, usize)>,
}

impl Nearest {
    fn offer(&mut self, key: VectorKey, value: f64) {
        let best = self
            .items
            .entry(key.item())
            .or_insert((value, key.wording()));
        let is_better = value > best.0 || (value == best.0 && key.wording() < best.1);
        if is_better {
            *best = (value, key.wording());
        }
    }
}
