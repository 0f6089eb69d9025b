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
use super::rows::{Counted, from_json, written};
use crate::caller::Caller;
use crate::collection::{Field, FieldType, FieldValue};
use crate::error::Result;
use crate::filter::{Asking, Filter};
use crate::finder::Rows;
use crate::item::Item;
use crate::key::VectorKey;
use crate::narrow::{FieldIndex, Limit, Meant, matching, narrow};

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
}

impl Searcher<'_> {
    pub(super) fn query(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<tokio_postgres::Row>> {
        self.client.borrow_mut().query_typed(sql, values)
    }

    /// Whether to follow the graph for `k` rows of so many that a filter leaves.
    fn follows_graph(&self, k: usize, among: usize) -> bool {
        graph::is_wanted(self.counted, self.counted.stored.space)
            && k <= MOST_AT_HAND
            && among >= GRAPH_ROWS
            && among >= self.rows() / SPARSE
    }

    /// Shows the items from a key on, in the order of their keys.
    pub(super) fn read_items_from(
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

    /// What a filter means, to be brought up to date later.
    pub(super) fn meant(&self, filter: &Filter) -> Result<Meant> {
        Ok(Meant {
            collection: self.counted.stored.number,
            next_key: self.counted.stored.next_key,
            keys: matching(self, filter)?,
        })
    }

    /// The items that are meant now: those of them that were meant before and are there, and those that are new.
    pub(super) fn matching_since(&self, filter: &Filter, before: &Meant) -> Result<Vec<i64>> {
        if before.collection != self.counted.stored.number {
            return matching(self, filter);
        }
        let sql = format!(
            "SELECT key FROM {} WHERE key = ANY($1) ORDER BY key",
            self.counted.tables().items
        );
        let there = self.query(&sql, &[(&before.keys, Type::INT8_ARRAY)])?;
        let mut keys: Vec<i64> = there.iter().map(|row| row.get(0)).collect();
        let asking = Asking::new(filter);
        self.read_items_from(before.next_key, &mut |key, item| {
            if asking.matches(item) {
                keys.push(key);
            }
            Ok(())
        })?;
        Ok(keys)
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

/// What rows are ordered by: as a graph has it, and as no graph has it.
const NEAREST: &str = "half <#> $1::text::halfvec";
const NEAREST_OF_ALL: &str = "(half <#> $1::text::halfvec) + 0";

/// A keyword as it is kept: PostgreSQL's text has no NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

impl FieldIndex for Searcher<'_> {
    fn fields(&self) -> &[Field] {
        &self.counted.stored.fields
    }

    fn caller(&self) -> Caller<'_> {
        self.caller
    }

    fn keys(&self, field: usize, limits: &[Limit]) -> Result<Vec<i64>> {
        let column = match self.fields()[field].kind {
            FieldType::Keyword => "keyword",
            FieldType::Number => "number",
            FieldType::Time => "time",
        };
        let mut sql = format!(
            "SELECT DISTINCT key FROM {} WHERE field = $1",
            self.counted.tables().fields
        );
        let field = field as i64;
        let mut values: Vec<(Box<dyn ToSql + Sync>, Type)> = vec![(Box::new(field), Type::INT8)];
        for (sign, value) in limits {
            let place = values.len() + 1;
            match value {
                FieldValue::Keyword(text) => {
                    values.push((Box::new(without_nul(text)), Type::TEXT));
                    sql += &format!(" AND left(keyword, 200) {sign} left(${place}, 200)");
                }
                FieldValue::Number(number) => values.push((Box::new(*number), Type::FLOAT8)),
                FieldValue::Time(time) => values.push((Box::new(time.micros()), Type::INT8)),
            }
            sql += &format!(" AND {column} {sign} ${place}");
        }
        sql += " ORDER BY key";
        let values: Vec<(&(dyn ToSql + Sync), Type)> = values
            .iter()
            .map(|(value, kind)| (&**value, kind.clone()))
            .collect();
        Ok(self
            .query(&sql, &values)?
            .iter()
            .map(|row| row.get(0))
            .collect())
    }

    /// By one statement, however many there are.
    fn keys_of_any(&self, field: usize, values: &[FieldValue]) -> Result<Vec<i64>> {
        let (mut keywords, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for value in values {
            match value {
                FieldValue::Keyword(text) => keywords.push(without_nul(text)),
                FieldValue::Number(number) => numbers.push(*number),
                FieldValue::Time(time) => times.push(time.micros()),
            }
        }
        let starts: Vec<String> = keywords
            .iter()
            .map(|text| text.chars().take(200).collect())
            .collect();
        let kind = self.fields()[field].kind;
        let field = field as i64;
        let mut given: Vec<(&(dyn ToSql + Sync), Type)> = vec![(&field, Type::INT8)];
        let condition = match kind {
            FieldType::Keyword => {
                given.extend([
                    (&keywords as _, Type::TEXT_ARRAY),
                    (&starts as _, Type::TEXT_ARRAY),
                ]);
                "left(keyword, 200) = ANY ($3) AND keyword = ANY ($2)"
            }
            FieldType::Number => {
                given.push((&numbers, Type::FLOAT8_ARRAY));
                "number = ANY ($2)"
            }
            FieldType::Time => {
                given.push((&times, Type::INT8_ARRAY));
                "time = ANY ($2)"
            }
        };
        let sql = format!(
            "SELECT DISTINCT key FROM {} WHERE field = $1 AND {condition} ORDER BY key",
            self.counted.tables().fields
        );
        let rows = self.query(&sql, &given)?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    fn all_keys(&self) -> Result<Vec<i64>> {
        let sql = format!(
            "SELECT key FROM {} ORDER BY key",
            self.counted.tables().items
        );
        Ok(self
            .query(&sql, &[])?
            .iter()
            .map(|row| row.get(0))
            .collect())
    }

    fn read_items(
        &self,
        keys: Option<&[i64]>,
        show: &mut dyn FnMut(i64, &Item) -> Result<()>,
    ) -> Result<()> {
        if let Some(keys) = keys {
            for some in keys.chunks(CHUNK) {
                let items = self.counted.items(*self.client.borrow_mut(), some)?;
                let mut there = some.iter().filter_map(|key| Some((*key, items.get(key)?)));
                there.try_for_each(|(key, item)| show(key, item))?;
            }
            return Ok(());
        }
        self.read_items_from(0, show)
    }
}

impl Rows for Searcher<'_> {
    /// Keys of items.
    type Only = Vec<i64>;

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
        let nearest = |vector: &&[f32]| self.nearest_to(vector, (only, without), k);
        vectors.iter().map(nearest).collect()
    }

    fn best_by_words(
        &self,
        text: &str,
        only: Option<&Vec<i64>>,
        k: usize,
    ) -> Result<(Vec<(VectorKey, f64)>, f64)> {
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

/// Items of a page: those behind an id that a filter means. Where the filter asks for what has no index, items are read and asked until they are enough.
pub(super) fn page(
    searcher: &Searcher<'_>,
    filter: Option<&Filter>,
    after: &str,
    limit: usize,
) -> Result<Vec<(i64, Item)>> {
    let set = filter.map(|filter| narrow(searcher, filter)).transpose()?;
    let set = set.flatten();
    let all_are_meant = filter.is_none() || set.as_ref().is_some_and(|set| set.exact);
    let chunk = if all_are_meant {
        limit.min(CHUNK)
    } else {
        CHUNK
    };
    let among = set.map(|set| set.keys);
    let asking = filter.filter(|_| !all_are_meant).map(Asking::new);
    let condition = match among {
        Some(_) => "AND key = ANY($2)",
        None => "AND $2::bigint[] IS NULL",
    };
    let sql = format!(
        "SELECT key, item FROM {} WHERE id > $1 {condition} ORDER BY id LIMIT {chunk}",
        searcher.counted.tables().items
    );
    // No id here has a NUL, so those behind one that has are those behind what stands before it.
    let after = after.split('\0').next().unwrap_or_default();
    let (mut found, mut last) = (Vec::new(), after.to_owned());
    loop {
        let rows = searcher.query(&sql, &[(&last, Type::TEXT), (&among, Type::INT8_ARRAY)])?;
        for row in &rows {
            let item: Item = from_json(&row.get::<_, String>(1))?;
            last.clone_from(&item.id);
            if asking.as_ref().is_none_or(|asking| asking.matches(&item)) {
                found.push((row.get(0), item));
            }
        }
        if rows.len() < chunk || found.len() >= limit {
            found.truncate(limit);
            return Ok(found);
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
