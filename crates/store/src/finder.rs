//! How the items nearest to a query are found, for every engine: what it asks of one, and what it makes of the answers.
//!
//! An engine finds *rows*: texts of items, by their vectors or by their words. Where several texts of an item are among them the best counts, and
//! more rows are asked for until there are enough items. Of equal items the smaller id is first.

use std::collections::{HashMap, HashSet};

use crate::caller::Caller;
use crate::error::Result;
use crate::event::{Near, TextItem};
use crate::filter::Filter;
use crate::item::{Item, make_unit};
use crate::key::VectorKey;
use crate::ranking::{Fusion, Worth};
use crate::store::{Hit, Query, Search};

/// How many rows are looked at first.
#[derive(Clone, Copy)]
struct Look {
    /// At least.
    least: usize,
    /// For each item that is wanted.
    for_each: usize,
}

impl Look {
    /// For `limit` items among so many rows.
    fn first(self, limit: usize, rows: usize) -> usize {
        let wanted = limit.saturating_mul(self.for_each);
        self.least.max(wanted).min(rows)
    }
}

const LOOK: Look = Look {
    least: 256,
    for_each: 4,
};

/// Where items near to several vectors are looked for, whose vectors are all to be read.
const LOOK_NEAR: Look = Look {
    least: 64,
    for_each: 2,
};

/// Items that are read before the first question whether there is room; where they are small, more and more before each further one.
const READ: usize = 16;

/// Bytes of items beyond which no more are read at once.
const READ_BYTES: usize = 256 << 10;

/// The best rows by their words, with their BM25, in any order, and what that is worth.
pub(crate) type ByWords = (Vec<(VectorKey, f64)>, Worth);

/// A collection as of one moment.
pub(crate) trait Rows {
    /// Some of the rows.
    type Only;

    /// Rows that were found to be near to some vectors.
    type Near;

    /// Elements of a vector.
    fn dimension(&self) -> usize;

    /// Number of rows.
    fn rows(&self) -> usize;

    /// The rows of the items that a filter means.
    fn only(&self, filter: &Filter) -> Result<Self::Only>;

    /// About the `k` rows that are nearest to each of some unit vectors, without those of some items, whose keys are in ascending order. Fewer than `k`: these are
    /// all.
    fn nearest_each(
        &self,
        vectors: &[&[f32]],
        only: Option<&Self::Only>,
        without: &[i64],
        k: usize,
    ) -> Result<Self::Near>;

    /// What was found for each of these vectors, with exact cosines, in any order.
    fn with_cosines(
        &self,
        vectors: &[&[f32]],
        near: Self::Near,
    ) -> Result<Vec<Vec<(VectorKey, f64)>>>;

    /// The `k` rows that are best by BM25.
    fn best_by_words(&self, text: &str, only: Option<&Self::Only>, k: usize) -> Result<ByWords>;

    /// Says that nearest and best rows were asked for, so that those who write need not wait while what was found is read. If more are to be asked for after all, that
    /// may fail, and the search begins anew.
    fn let_go(&self) {}

    /// The keys of those of some ids that are there, in ascending order.
    fn keys(&self, ids: &[&str]) -> Result<Vec<i64>>;

    /// The vectors of the texts of items, without those of their wordings.
    fn text_vectors(&self, keys: &[i64]) -> Result<HashMap<i64, Vec<f32>>>;

    /// The ids of items.
    fn ids(&self, keys: &[i64]) -> Result<HashMap<i64, String>>;

    /// Items.
    fn items(&self, keys: &[i64]) -> Result<HashMap<i64, Item>>;

    /// The cosines of all rows of some items.
    fn cosines(&self, vector: &[f32], keys: &[i64]) -> Result<Vec<(VectorKey, f64)>>;
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

/// An item of one or both lists.
struct Candidate {
    key: i64,
    id: String,
    /// The cosine of the nearest of its texts, and which it is.
    nearest: Option<(f64, usize)>,
    bm25: Option<f64>,
}

impl Candidate {
    /// Its cosine, and its part by words.
    fn parts(&self, worth: Worth) -> (f64, f64) {
        let cosine = self.nearest.map_or(-1.0, |(cosine, _)| cosine);
        (cosine, self.bm25.map_or(0.0, |bm25| worth.part(bm25)))
    }
}

/// What a hit has besides its item.
struct Found {
    key: i64,
    score: f64,
    cosine: Option<f64>,
    bm25: Option<f64>,
    wording: usize,
}

/// Answers a search.
pub(crate) fn find<R: Rows>(rows: &R, search: &Search<'_>, caller: Caller<'_>) -> Result<Vec<Hit>> {
    let vector = search.query.vector();
    let vector = vector.map(|vector| unit(vector, rows)).transpose()?;
    if search.limit == 0 || rows.rows() == 0 {
        return Ok(Vec::new());
    }
    let filter = search.filter.filter(|filter| !filter.is_empty());
    let only = filter.map(|filter| rows.only(filter)).transpose()?;
    let finder = Finder {
        rows,
        only: only.as_ref(),
        without: &[],
        vector: vector.as_deref().unwrap_or_default(),
        limit: search.limit,
        look: LOOK,
    };
    let found = match search.query {
        Query::Dense { .. } => finder.dense()?,
        Query::Lexical { text, .. } => finder.lexical(text)?,
        Query::Hybrid { text, fusion, .. } => finder.hybrid(text, fusion)?,
    };
    finder.hits(found, caller)
}

/// The items that are near to one of several vectors.
pub(crate) fn find_near<R: Rows>(
    rows: &R,
    near: &Near<'_>,
    caller: Caller<'_>,
) -> Result<Vec<TextItem>> {
    let vectors = near.vectors.iter().map(|vector| unit(vector, rows));
    let vectors: Vec<Vec<f32>> = vectors.collect::<Result<_>>()?;
    if near.limit == 0 || rows.rows() == 0 {
        return Ok(Vec::new());
    }
    let filter = near.filter.filter(|filter| !filter.is_empty());
    let only = filter.map(|filter| rows.only(filter)).transpose()?;
    let without = rows.keys(near.without)?;
    let looked_for: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
    let k = LOOK_NEAR.first(near.limit, rows.rows());
    let found = rows.nearest_each(&looked_for, only.as_ref(), &without, k)?;
    rows.let_go();
    let found = rows.with_cosines(&looked_for, found)?;
    let (mut keys, mut known) = (Vec::new(), HashSet::new());
    for (vector, found) in looked_for.into_iter().zip(found) {
        let finder = Finder {
            rows,
            only: only.as_ref(),
            without: &without,
            vector,
            limit: near.limit,
            look: LOOK_NEAR,
        };
        let nearest = finder.keys_near(found)?;
        keys.extend(nearest.into_iter().filter(|key| known.insert(*key)));
    }
    let mut items = read_items(rows, &keys, caller)?;
    let mut vectors = rows.text_vectors(&keys)?;
    let found = |key: i64| {
        Some(TextItem {
            item: items.remove(&key)?,
            vector: vectors.remove(&key)?,
        })
    };
    Ok(keys.into_iter().filter_map(found).collect())
}

/// A vector of a question, of length one.
fn unit(vector: &[f32], rows: &impl Rows) -> Result<Vec<f32>> {
    let mut vector = vector.to_vec();
    make_unit(&mut vector, rows.dimension()).map_err(|error| error.within("vector"))?;
    Ok(vector)
}

/// Items, as long as there is room for them.
fn read_items(rows: &impl Rows, keys: &[i64], caller: Caller<'_>) -> Result<HashMap<i64, Item>> {
    let mut items = HashMap::with_capacity(keys.len());
    let (mut rest, mut step) = (keys, READ);
    while !rest.is_empty() {
        let (some, behind) = rest.split_at(step.min(rest.len()));
        caller.stay()?;
        let read = rows.items(some)?;
        let bytes = read.values().map(Item::bytes).sum();
        caller.take(bytes)?;
        items.extend(read);
        step = if bytes < READ_BYTES { 4 * step } else { READ };
        rest = behind;
    }
    Ok(items)
}

struct Finder<'a, R: Rows> {
    rows: &'a R,
    only: Option<&'a R::Only>,
    /// Keys of items that are passed over, in ascending order.
    without: &'a [i64],
    /// Empty: there is none.
    vector: &'a [f32],
    limit: usize,
    /// Rows that are looked at first.
    look: Look,
}

impl<R: Rows> Finder<'_, R> {
    fn dense(&self) -> Result<Vec<Found>> {
        let found = |ranked: Ranked| Found {
            key: ranked.key,
            score: ranked.value.max(0.0),
            cosine: Some(ranked.value),
            bm25: None,
            wording: ranked.wording,
        };
        let near = self.nearest(self.first(self.limit))?;
        self.rows.let_go();
        let list = self.by_vector(near, self.limit)?;
        Ok(list.into_iter().map(found).collect())
    }

    fn lexical(&self, text: &str) -> Result<Vec<Found>> {
        let (best, worth) = self.best(text, self.first(self.limit))?;
        self.rows.let_go();
        let list = self.by_words(text, best, self.limit)?;
        let keys: Vec<i64> = list.iter().map(|ranked| ranked.key).collect();
        let cosines = self.best_cosines(&keys)?;
        let found = |ranked: Ranked| {
            let cosine = cosines.get(&ranked.key);
            Found {
                key: ranked.key,
                score: worth.part(ranked.value),
                cosine: cosine.map(|(cosine, _)| *cosine),
                bm25: Some(ranked.value),
                wording: cosine.map_or(ranked.wording, |(_, wording)| *wording),
            }
        };
        Ok(list.into_iter().map(found).collect())
    }

    fn hybrid(&self, text: &str, fusion: Fusion) -> Result<Vec<Found>> {
        let depth = fusion.depth.max(self.limit);
        let near = self.nearest(self.first(depth))?;
        let (best, worth) = self.best(text, self.first(depth))?;
        self.rows.let_go();
        let dense = self.by_vector(near, depth)?;
        let lexical = self.by_words(text, best, depth)?;
        let end = fusion.end(dense.iter().map(|ranked| ranked.value));
        let candidates = self.candidates(dense, lexical)?;
        let parts: Vec<(f64, f64)> = candidates.iter().map(|one| one.parts(worth)).collect();
        let scores = fusion.fuse(&parts, end);
        let mut fused: Vec<(f64, Candidate)> = scores.into_iter().zip(candidates).collect();
        fused.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        fused.truncate(self.limit);
        let found = |(score, one): (f64, Candidate)| Found {
            key: one.key,
            score,
            cosine: one.nearest.map(|(cosine, _)| cosine),
            bm25: one.bm25,
            wording: one.nearest.map_or(0, |(_, wording)| wording),
        };
        Ok(fused.into_iter().map(found).collect())
    }

    /// The items of two lists, each once, all with their cosines.
    fn candidates(&self, dense: Vec<Ranked>, lexical: Vec<Ranked>) -> Result<Vec<Candidate>> {
        let mut words: HashMap<i64, Ranked> =
            lexical.into_iter().map(|one| (one.key, one)).collect();
        let mut candidates: Vec<Candidate> = dense
            .into_iter()
            .map(|one| Candidate {
                bm25: words.remove(&one.key).map(|ranked| ranked.value),
                key: one.key,
                id: one.id,
                nearest: Some((one.value, one.wording)),
            })
            .collect();
        let others: Vec<i64> = words.keys().copied().collect();
        let mut cosines = self.best_cosines(&others)?;
        candidates.extend(words.into_values().map(|one| Candidate {
            nearest: cosines.remove(&one.key),
            key: one.key,
            id: one.id,
            bm25: Some(one.value),
        }));
        Ok(candidates)
    }

    /// How many rows are looked at first for `limit` items.
    fn first(&self, limit: usize) -> usize {
        self.look.first(limit, self.rows.rows())
    }

    /// About the `k` rows that are nearest by their vectors.
    fn nearest(&self, k: usize) -> Result<R::Near> {
        (self.rows).nearest_each(&[self.vector], self.only, self.without, k)
    }

    /// The same with their cosines.
    fn near_cosines(&self, near: R::Near) -> Result<Vec<(VectorKey, f64)>> {
        let mut found = self.rows.with_cosines(&[self.vector], near)?;
        Ok(found.pop().unwrap_or_default())
    }

    /// The `k` rows that are best by their words.
    fn best(&self, text: &str, k: usize) -> Result<ByWords> {
        self.rows.best_by_words(text, self.only, k)
    }

    /// The `limit` items that are nearest by their vectors, of which the first look found these rows.
    fn by_vector(&self, near: R::Near, limit: usize) -> Result<Vec<Ranked>> {
        let nearest = self.enough_near(self.near_cosines(near)?, limit)?;
        self.rank(nearest, limit)
    }

    /// Enough rows that are near for `limit` items, of which the first look found these.
    fn enough_near(&self, found: Vec<(VectorKey, f64)>, limit: usize) -> Result<Nearest> {
        self.enough(limit, found, |k| self.near_cosines(self.nearest(k)?))
    }

    /// The items that are nearest by their vectors, of which the first look found these rows.
    fn keys_near(&self, found: Vec<(VectorKey, f64)>) -> Result<Vec<i64>> {
        let nearest = self.enough_near(found, self.limit)?;
        let mut items = nearest.first(self.limit);
        let is_same = |a: &(i64, (f64, usize)), b: &(i64, (f64, usize))| a.1.0 == b.1.0;
        // Ids are read only of those that nothing else tells apart.
        let same = items.chunk_by(is_same).filter(|same| same.len() > 1);
        let same: Vec<i64> = same.flatten().map(|(key, _)| *key).collect();
        if !same.is_empty() {
            let ids = self.rows.ids(&same)?;
            let by_id = |a: &(i64, _), b: &(i64, _)| ids.get(&a.0).cmp(&ids.get(&b.0));
            items
                .chunk_by_mut(is_same)
                .for_each(|same| same.sort_by(by_id));
        }
        items.truncate(self.limit);
        Ok(items.into_iter().map(|(key, _)| key).collect())
    }

    /// The `limit` items that are best by their words, of which the first look found these rows.
    fn by_words(
        &self,
        text: &str,
        best: Vec<(VectorKey, f64)>,
        limit: usize,
    ) -> Result<Vec<Ranked>> {
        let more = |k| Ok(self.best(text, k)?.0);
        let best = self.enough(limit, best, more)?;
        self.rank(best, limit)
    }

    /// Asks for more and more rows, until they are of enough items, or there are no more. The first were found already.
    fn enough(
        &self,
        limit: usize,
        mut found: Vec<(VectorKey, f64)>,
        more: impl Fn(usize) -> Result<Vec<(VectorKey, f64)>>,
    ) -> Result<Nearest> {
        let rows = self.rows.rows();
        let mut k = self.first(limit);
        loop {
            let mut nearest = Nearest::default();
            found
                .iter()
                .for_each(|&(key, value)| nearest.offer(key, value));
            if nearest.items.len() >= limit || found.len() < k || k == rows {
                return Ok(nearest);
            }
            k = k.saturating_mul(4).min(rows);
            found = more(k)?;
        }
    }

    /// The highest first.
    fn rank(&self, nearest: Nearest, limit: usize) -> Result<Vec<Ranked>> {
        let items = nearest.first(limit);
        let keys: Vec<i64> = items.iter().map(|(key, _)| *key).collect();
        let mut ids = self.rows.ids(&keys)?;
        let ranked = |(key, (value, wording))| {
            let id = ids.remove(&key)?;
            Some(Ranked {
                key,
                id,
                value,
                wording,
            })
        };
        let mut ranked: Vec<Ranked> = items.into_iter().filter_map(ranked).collect();
        ranked.sort_by(|a, b| b.value.total_cmp(&a.value).then_with(|| a.id.cmp(&b.id)));
        ranked.truncate(limit);
        Ok(ranked)
    }

    /// The cosine of the nearest text of each item, and which it is; nothing without a vector.
    fn best_cosines(&self, keys: &[i64]) -> Result<HashMap<i64, (f64, usize)>> {
        let mut nearest = Nearest::default();
        if !self.vector.is_empty() && !keys.is_empty() {
            let cosines = self.rows.cosines(self.vector, keys)?;
            cosines
                .into_iter()
                .for_each(|(key, cosine)| nearest.offer(key, cosine));
        }
        Ok(nearest.items)
    }

    fn hits(&self, found: Vec<Found>, caller: Caller<'_>) -> Result<Vec<Hit>> {
        let keys: Vec<i64> = found.iter().map(|found| found.key).collect();
        let mut items = read_items(self.rows, &keys, caller)?;
        let hit = |found: Found| {
            Some(Hit {
                item: items.remove(&found.key)?,
                score: found.score,
                cosine: found.cosine,
                bm25: found.bm25,
                wording: found.wording,
            })
        };
        Ok(found.into_iter().filter_map(hit).collect())
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

    /// The `limit` items of the highest values, the highest first, and those behind them that have the value of the last.
    fn first(self, limit: usize) -> Vec<(i64, (f64, usize))> {
        let mut items: Vec<(i64, (f64, usize))> = self.items.into_iter().collect();
        items.sort_unstable_by(|a, b| b.1.0.total_cmp(&a.1.0));
        if let Some(&(_, (worst, _))) = items.get(limit - 1) {
            items.truncate(items.partition_point(|(_, (value, _))| *value >= worst));
        }
        items
    }
}
