//! Graphs of large collections (HNSW), without which a search compares all vectors.
//!
//! A graph is built while others read and write. One that a failure has left half built is of no use and is begun anew.

use tokio_postgres::types::Type;

use super::client::Client;
use super::pool::{Access, Pool};
use super::rows::Counted;
use crate::error::Result;

/// Rows from which on a graph is faster than comparing all, by enough that writing to it is worth its time.
///
/// Measured with vectors of 384 elements around centres, 256 rows asked for, in one run on two cores (PostgreSQL 18, pgvector 0.8.5, medians of 60 queries,
/// each asked of both in turn): comparing all takes 1.1 times what the graph takes among 5,000 rows, 0.9 times among 10,000, 2.4 among 20,000, 3.4 among 50,000
/// and 4.9 among 100,000; recall@10 is 0.997 or more. Building it takes 0.2 to 0.35 s for 1000 rows.
pub(super) const GRAPH_ROWS: usize = 20_000;

/// Most elements of a vector that a graph takes.
pub(super) const GRAPH_DIMENSION: usize = 4000;

/// Whether the vectors of a space are to have a graph.
pub(super) fn is_wanted(counted: &Counted, space: i64) -> bool {
    let dimension = counted.stored.spaces[&space].dimension;
    counted.docs as usize >= GRAPH_ROWS && dimension <= GRAPH_DIMENSION
}

/// Builds the graphs that are missing; how many.
pub(super) fn build_missing(pool: &Pool) -> Result<u64> {
    let missing = |client: &mut Client| {
        let all = Counted::all(client)?;
        let of = |counted: &Counted| missing_of(client, counted, counted.stored.space).transpose();
        all.iter().filter_map(of).collect::<Result<Vec<Graph>>>()
    };
    let graphs = pool.transaction(Access::Read, missing)?;
    graphs.iter().try_for_each(|graph| graph.build(pool))?;
    Ok(graphs.len() as u64)
}

/// A graph that nobody builds.
pub(super) struct Graph {
    name: String,
    /// Of the vectors.
    table: String,
    is_broken: bool,
}

impl Graph {
    /// Builds it, which takes minutes where there are millions.
    pub(super) fn build(&self, pool: &Pool) -> Result<()> {
        let Self { name, table, .. } = self;
        if self.is_broken {
            pool.alone(&format!("DROP INDEX CONCURRENTLY IF EXISTS yuyi.{name}"))?;
        }
        pool.alone(&format!(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} USING hnsw (half halfvec_ip_ops) WITH (m = 16, ef_construction = 128)"
        ))
    }
}

/// The graph that the vectors of a space are to have, if it is not there and nobody builds it.
pub(super) fn missing_of(
    client: &mut Client,
    counted: &Counted,
    space: i64,
) -> Result<Option<Graph>> {
    if !is_wanted(counted, space) {
        return Ok(None);
    }
    let tables = counted.tables();
    let (name, table) = (tables.graph(space), tables.vectors(space));
    let sql = "SELECT (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('yuyi.' || $1)),
                      EXISTS (SELECT FROM pg_stat_progress_create_index WHERE relid = to_regclass($2))";
    let rows = client.query_typed(sql, &[(&name, Type::TEXT), (&table, Type::TEXT)])?;
    let state: Option<(Option<bool>, bool)> = rows.first().map(|row| (row.get(0), row.get(1)));
    Ok(match state {
        Some((is_valid @ (None | Some(false)), false)) => Some(Graph {
            name,
            table,
            is_broken: is_valid.is_some(),
        }),
        _ => None,
    })
}
