//! Rows by pgvector and by terms (those in [`by_words`](super::by_words)).
//!
//! Below [`GRAPH_ROWS`] rows the server compares all vectors, above it follows an HNSW graph, and goes on along it where a filter leaves too few
//! (pgvector's iterative scans); where the graph gives less than there is, it compares all after all. Either way it compares `halfvec`s; the first few
//! hundred come with their f32, and it is these that are multiplied, so cosines are those of the embedded engine.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use tokio_postgres::types::{ToSql, Type};
use yuyi_kernels::{Kernel, as_cosine, dot};

use super::client::Client;
use super::graph::{self, GRAPH_ROWS};
use super::looks::Statement;
use super::rows::{Counted, from_json, written};
use crate::caller::Caller;
use crate::collection::Field;
use crate::error::Result;
use crate::filter::Filter;
use crate::finder::{ByWords, Rows};
use crate::item::Item;
use crate::key::VectorKey;
use crate::narrow::{Among, FieldIndex, Look, Plan, matching};
use crate::store::{Filling, Scroll};

/// Most rows that pgvector keeps at hand while it follows a graph.
const MOST_AT_HAND: usize = 1000;

/// A filter that leaves less than one in so many rows is not worth a graph, most of which would be followed for nothing.
const SPARSE: usize = 20;

/// Items that are read at a time, at most.
const CHUNK: usize = 2000;

/// What a search works with, all of one moment.
pub(super) struct Searcher<'a> {
    pub(super) client: RefCell<&'a mut Client>,
    pub(super) counted: &'a Counted,
    /// Who waits for it.
    pub(super) caller: Caller<'a>,
    /// [`PostgresOptions::words_at_once`](super::PostgresOptions::words_at_once).
    pub(super) words_at_once: usize,
}

impl Searcher<'_> {
    /// The rows that a statement gives, as long as the caller waits for them.
    pub(super) fn query(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<tokio_postgres::Row>> {
        let mut client = self.client.borrow_mut();
        client.query_for(self.caller, sql, values)
    }

    /// Whether to follow the graph for `k` rows of so many that a filter leaves.
    fn follows_graph(&self, k: usize, among: usize) -> bool {
        graph::is_wanted(self.counted, self.counted.stored.space)
            && k <= MOST_AT_HAND
            && among >= GRAPH_ROWS
            && among >= self.rows() / SPARSE
    }

    /// Shows the items from a key on, in the order of their keys.
    fn read_items_from(
        &self,
        first: i64,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT key, item FROM {} WHERE key >= $1 ORDER BY key LIMIT {CHUNK}",
            self.counted.tables().items
        );
        let mut next = first;
        loop {
            let rows = self.query(&sql, &[(&next, Type::INT8)])?;
            for row in &rows {
                let key: i64 = row.get(0);
                show(key, &from_json(&row.get::<_, String>(1))?)?;
                next = key + 1;
            }
            if rows.len() < CHUNK {
                return Ok(());
            }
        }
    }

    /// The keys that a statement finds, in ascending order, each once.
    fn keys_by(&self, write: impl FnOnce(&mut Statement<'_>) -> String) -> Result<Vec<i64>> {
        let (tables, fields) = (self.counted.tables(), &self.counted.stored.fields);
        let mut statement = Statement::new(&tables, fields);
        let found = write(&mut statement);
        let sql = format!("SELECT DISTINCT key FROM ({found}) AS found ORDER BY key");
        let rows = self.query(&sql, &statement.values())?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Lets the graph give as many rows as are wanted, also where some that it comes upon are not.
    fn widen(&self, k: usize) -> Result<()> {
        let at_hand = k.max(40);
        let sql = format!(
            "SET LOCAL hnsw.ef_search = {at_hand}; SET LOCAL hnsw.iterative_scan = relaxed_order; SET LOCAL hnsw.max_scan_tuples = 200000"
        );
        self.client.borrow_mut().batch_execute(&sql)
    }

    /// About the `k` rows that are nearest to a vector, with their cosines.
    fn nearest_to(
        &self,
        vector: &[f32],
        among: (Option<&Vec<i64>>, &[i64]),
        k: usize,
    ) -> Result<Vec<(VectorKey, f64)>> {
        let rows = among.0.map_or(Rows::rows(self), Vec::len);
        if self.follows_graph(k, rows) {
            self.widen(k)?;
            let found = self.first_by(NEAREST, vector, among, k)?;
            if found.len() >= k.min(rows) {
                return Ok(found);
            }
        }
        self.first_by(NEAREST_OF_ALL, vector, among, k)
    }

    /// The first `k` rows in the order of an expression, with their cosines.
    fn first_by(
        &self,
        order: &str,
        vector: &[f32],
        (only, without): (Option<&Vec<i64>>, &[i64]),
        k: usize,
    ) -> Result<Vec<(VectorKey, f64)>> {
        let table = self.counted.tables().vectors(self.counted.stored.space);
        let (limit, query) = (k as i64, written(vector));
        let filter = if only.is_some() {
            "WHERE item = ANY($3)"
        } else {
            "WHERE $3::bigint[] IS NULL"
        };
        let others = match without {
            [] => "cardinality($4::bigint[]) = 0",
            _ => "item <> ALL($4)",
        };
        let sql = format!(
            "SELECT key, vector FROM {table} {filter} AND {others} ORDER BY {order} LIMIT $2"
        );
        let rows = self.query(
            &sql,
            &[
                (&query, Type::TEXT),
                (&limit, Type::INT8),
                (&only, Type::INT8_ARRAY),
                (&without, Type::INT8_ARRAY),
            ],
        )?;
        let kernel = Kernel::of_process();
        let with_cosine = |row: &tokio_postgres::Row| {
            let (key, other) = self.counted.read_vector(row)?;
            Ok((key, as_cosine(dot(kernel, vector, &other))))
        };
        rows.iter().map(with_cosine).collect()
    }
}

/// What rows are ordered by: as a graph has it, and as no graph has it, where of equal ones the first are taken, as in the embedded engine.
const NEAREST: &str = "half <#> $1::text::halfvec";
const NEAREST_OF_ALL: &str = "(half <#> $1::text::halfvec) + 0, key";

impl FieldIndex for Searcher<'_> {
    fn fields(&self) -> &[Field] {
        &self.counted.stored.fields
    }

    fn caller(&self) -> Caller<'_> {
        self.caller
    }

    fn look(&self, look: &Look) -> Result<Vec<i64>> {
        self.keys_by(|statement| statement.look(look))
    }

    fn look_at_once(&self, plan: &Plan) -> Result<Option<Vec<i64>>> {
        self.keys_by(|statement| statement.plan(plan)).map(Some)
    }

    fn read_items(
        &self,
        among: Among<'_>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()> {
        let keys = match among {
            Among::From(first) => return self.read_items_from(first, show),
            Among::Keys(keys) => keys,
        };
        for some in keys.chunks(CHUNK) {
            let items = self.counted.items(*self.client.borrow_mut(), some)?;
            let mut there = some.iter().filter_map(|key| Some((*key, items.get(key)?)));
            there.try_for_each(|(key, item)| show(key, item))?;
        }
        Ok(())
    }
}

impl Rows for Searcher<'_> {
    /// Keys of items.
    type Only = Vec<i64>;

    /// The server sends vectors with them.
    type Near = Vec<Vec<(VectorKey, f64)>>;

    fn dimension(&self) -> usize {
        self.counted.stored.current().dimension
    }

    fn rows(&self) -> usize {
        self.counted.docs as usize
    }

    fn only(&self, filter: &Filter) -> Result<Vec<i64>> {
        matching(self, filter)
    }

    fn nearest_each(
        &self,
        vectors: &[&[f32]],
        only: Option<&Vec<i64>>,
        without: &[i64],
        k: usize,
    ) -> Result<Vec<Vec<(VectorKey, f64)>>> {
        let nearest = |vector: &&[f32]| {
            // Others wait for the connection.
            self.caller.stay()?;
            self.nearest_to(vector, (only, without), k)
        };
        vectors.iter().map(nearest).collect()
    }

    fn with_cosines(&self, _vectors: &[&[f32]], near: Self::Near) -> Result<Self::Near> {
        Ok(near)
    }

    fn best_by_words(&self, text: &str, only: Option<&Vec<i64>>, k: usize) -> Result<ByWords> {
        self.caller.stay()?;
        self.rank_by_words(text, only, k)
    }

    fn keys(&self, ids: &[&str]) -> Result<Vec<i64>> {
        let found = self.counted.keys_of(*self.client.borrow_mut(), ids)?;
        let mut keys: Vec<i64> = found.into_iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    fn text_vectors(&self, keys: &[i64]) -> Result<HashMap<i64, Vec<f32>>> {
        let table = self.counted.tables().vectors(self.counted.stored.space);
        let of_texts: Vec<i64> = keys.iter().map(|&key| VectorKey::new(key, 0).0).collect();
        let sql = format!("SELECT key, vector FROM {table} WHERE key = ANY($1)");
        let rows = self.query(&sql, &[(&of_texts, Type::INT8_ARRAY)])?;
        let vector = |row: &tokio_postgres::Row| {
            let (key, vector) = self.counted.read_vector(row)?;
            Ok((key.item(), vector))
        };
        rows.iter().map(vector).collect()
    }

    fn ids(&self, keys: &[i64]) -> Result<HashMap<i64, String>> {
        let sql = format!(
            "SELECT key, id FROM {} WHERE key = ANY($1)",
            self.counted.tables().items
        );
        let rows = self.query(&sql, &[(&keys, Type::INT8_ARRAY)])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    fn items(&self, keys: &[i64]) -> Result<HashMap<i64, Item>> {
        self.counted.items(*self.client.borrow_mut(), keys)
    }

    fn cosines(&self, vector: &[f32], keys: &[i64]) -> Result<Vec<(VectorKey, f64)>> {
        let kernel = Kernel::of_process();
        let rows = self.counted.vectors(*self.client.borrow_mut(), keys)?;
        let with_cosine =
            |(key, other): (VectorKey, Vec<f32>)| (key, as_cosine(dot(kernel, vector, &other)));
        Ok(rows.into_iter().map(with_cosine).collect())
    }
}

/// Reads a page of items behind an id, in the order of their ids.
///
/// No more are asked for than the page can have by the bytes of their JSON, and one, which tells that there is another page.
pub(super) fn fill(searcher: &Searcher<'_>, scroll: &Scroll, page: &mut Filling) -> Result<()> {
    let chunk = scroll.limit.saturating_add(1).min(CHUNK);
    let most = scroll.bytes.and_then(|bytes| i64::try_from(bytes).ok());
    let most = most.unwrap_or(i64::MAX).max(1);
    let sql = format!(
        "SELECT key, item, octet_length(item)::bigint FROM (
             SELECT key, id, item, sum(octet_length(item)) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS held
             FROM (SELECT key, id, item FROM {} WHERE id > $1 ORDER BY id LIMIT {chunk}) AS first_ones
         ) AS page WHERE coalesce(held, 0) < $2 ORDER BY id",
        searcher.counted.tables().items
    );
    // No id here has a NUL, so those behind one that has are those behind what stands before it.
    let mut last = scroll
        .begin()
        .split('\0')
        .next()
        .unwrap_or_default()
        .to_owned();
    loop {
        let rows = searcher.query(&sql, &[(&last, Type::TEXT), (&most, Type::INT8)])?;
        let mut bytes = 0i64;
        for row in &rows {
            let item: Item = from_json(&row.get::<_, String>(1))?;
            bytes = bytes.saturating_add(row.get::<_, i64>(2));
            last.clone_from(&item.id);
            if !page.take(row.get(0), item) {
                return Ok(());
            }
        }
        if rows.len() < chunk && bytes < most {
            return Ok(());
        }
    }
}

/// Ids without those that come twice.
pub(super) fn distinct<'a>(ids: &[&'a str]) -> Vec<&'a str> {
    ids.iter()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}
