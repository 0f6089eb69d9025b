//! Rows of what a FAQ was asked.

use rusqlite::{Connection, Row, params};

use super::blob::read_vector;
use super::items::key_of_id;
use crate::encoding::vector_to_bytes;
use crate::error::{Error, Result};
use crate::questions::{
    Batch, Hits, KeptHit, MOST_HITS, MOST_QUESTIONS, NearestEntry, Open, OpenQuestion, Placed, unit,
};
use crate::stored::Stored;
use crate::time::Timestamp;

/// Writes down what was asked, and lets go of the oldest.
pub(super) fn keep(connection: &Connection, stored: &Stored, batch: &Batch) -> Result<()> {
    for open in &batch.open {
        keep_open(connection, stored, open)?;
    }
    if !batch.open.is_empty() {
        let sql = "DELETE FROM questions WHERE key IN
             (SELECT key FROM questions WHERE collection = ?1 ORDER BY last DESC, key DESC LIMIT -1 OFFSET ?2)";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![stored.number, MOST_QUESTIONS as i64])?;
    }
    for (item, hits) in &batch.answered {
        // It may have been removed meanwhile.
        if key_of_id(connection, stored, item)?.is_some() {
            keep_hits(connection, stored, item, hits)?;
        }
    }
    Ok(())
}

fn keep_open(connection: &Connection, stored: &Stored, open: &Open) -> Result<()> {
    let sql = "INSERT INTO questions (collection, question, count, first, last, reason, nearest, similarity, vector)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (collection, question) DO UPDATE SET
         count = count + excluded.count, first = min(first, excluded.first), last = max(last, excluded.last), reason = excluded.reason,
         nearest = excluded.nearest, similarity = excluded.similarity, vector = coalesce(vector, excluded.vector)";
    let nearest = open.nearest.as_ref();
    connection.prepare_cached(sql)?.execute(params![
        stored.number,
        open.question,
        open.count,
        open.first.micros(),
        open.last.micros(),
        open.reason,
        nearest.map(|nearest| &nearest.item),
        nearest.map(|nearest| nearest.similarity),
        open.vector.as_deref().map(vector_to_bytes),
    ])?;
    Ok(())
}

fn keep_hits(connection: &Connection, stored: &Stored, item: &str, hits: &[KeptHit]) -> Result<()> {
    let count = "INSERT INTO hit_counts (collection, item, count) VALUES (?1, ?2, ?3)
         ON CONFLICT (collection, item) DO UPDATE SET count = count + excluded.count";
    let mut statement = connection.prepare_cached(count)?;
    statement.execute(params![stored.number, item, hits.len() as i64])?;
    let insert = "INSERT INTO hits (collection, item, question, similarity, time) VALUES (?1, ?2, ?3, ?4, ?5)";
    for hit in &hits[hits.len().saturating_sub(MOST_HITS)..] {
        let mut statement = connection.prepare_cached(insert)?;
        statement.execute(params![
            stored.number,
            item,
            hit.question,
            hit.similarity,
            hit.time.micros()
        ])?;
    }
    let trim = "DELETE FROM hits WHERE collection = ?1 AND item = ?2 AND key <=
         (SELECT key FROM hits WHERE collection = ?1 AND item = ?2 ORDER BY key DESC LIMIT 1 OFFSET ?3)";
    let mut statement = connection.prepare_cached(trim)?;
    statement.execute(params![stored.number, item, MOST_HITS as i64])?;
    Ok(())
}

/// The questions without an answer, in the order of their keys.
pub(super) fn open(connection: &Connection, stored: &Stored) -> Result<Vec<OpenQuestion>> {
    let sql = "SELECT key, question, count, first, last, reason, nearest, similarity, cluster, vector FROM questions
         WHERE collection = ?1 ORDER BY key";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([stored.number])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_open(row, stored.current().dimension)?);
    }
    Ok(found)
}

fn read_open(row: &Row<'_>, dimension: usize) -> Result<OpenQuestion> {
    let nearest = row
        .get::<_, Option<String>>(6)?
        .zip(row.get::<_, Option<f64>>(7)?);
    let vector = match row.get_ref(9)?.as_blob_or_null()? {
        None => None,
        Some(blob) => {
            let mut vector = Vec::new();
            read_vector(blob, dimension, &mut vector)?;
            Some(vector)
        }
    };
    Ok(OpenQuestion {
        key: row.get(0)?,
        question: row.get(1)?,
        count: row.get::<_, i64>(2)? as u64,
        first: Timestamp::from_micros(row.get(3)?),
        last: Timestamp::from_micros(row.get(4)?),
        reason: row.get(5)?,
        nearest: nearest.map(|(item, similarity)| NearestEntry { item, similarity }),
        cluster: row.get(8)?,
        vector,
    })
}

/// Writes down clusters and vectors of questions that have none; vectors of another model are passed over.
pub(super) fn place(
    connection: &Connection,
    stored: &Stored,
    fingerprint: &str,
    placed: Vec<Placed>,
) -> Result<()> {
    let space = stored.current();
    let is_current = space.fingerprint == fingerprint;
    let sql = "UPDATE questions SET cluster = coalesce(cluster, ?3), vector = coalesce(vector, ?4) WHERE key = ?2 AND collection = ?1";
    for one in placed {
        let vector = one
            .vector
            .filter(|_| is_current)
            .and_then(|vector| unit(vector, space.dimension));
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![
            stored.number,
            one.key,
            one.cluster,
            vector.as_deref().map(vector_to_bytes)
        ])?;
    }
    Ok(())
}

/// Removes the questions of a cluster; how many they were.
///
/// # Errors
/// [`QuestionsNotFound`](Error::QuestionsNotFound) where there are none.
pub(super) fn dismiss(connection: &Connection, stored: &Stored, cluster: i64) -> Result<u64> {
    let sql = "DELETE FROM questions WHERE collection = ?1 AND cluster = ?2";
    let gone = connection
        .prepare_cached(sql)?
        .execute([stored.number, cluster])?;
    match gone {
        0 => Err(Error::QuestionsNotFound {
            name: stored.name.clone(),
            id: cluster.to_string(),
        }),
        gone => Ok(gone as u64),
    }
}

/// What an item answered.
pub(super) fn hits(
    connection: &Connection,
    stored: &Stored,
    item: &str,
    limit: usize,
) -> Result<Hits> {
    let sql = "SELECT coalesce(sum(count), 0) FROM hit_counts WHERE collection = ?1 AND item = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let count: i64 = statement.query_row(params![stored.number, item], |row| row.get(0))?;
    let sql = "SELECT question, similarity, time FROM hits WHERE collection = ?1 AND item = ?2 ORDER BY key DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![stored.number, item, limit as i64], |row| {
        Ok(KeptHit {
            question: row.get(0)?,
            similarity: row.get(1)?,
            time: Timestamp::from_micros(row.get(2)?),
        })
    })?;
    Ok(Hits {
        count: count as u64,
        newest: rows.collect::<rusqlite::Result<_>>()?,
    })
}

/// How often each item answered, of those that did.
pub(super) fn hit_counts(connection: &Connection, stored: &Stored) -> Result<Vec<(String, u64)>> {
    let sql = "SELECT item, count FROM hit_counts WHERE collection = ?1 ORDER BY item";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([stored.number], |row| {
        Ok((row.get(0)?, row.get::<_, i64>(1)? as u64))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets what items answered that are about to be removed.
pub(super) fn forget_hits(connection: &Connection, stored: &Stored, keys: &[i64]) -> Result<()> {
    if !stored.unanswered {
        return Ok(());
    }
    let items = stored.tables().items;
    for table in ["hits", "hit_counts"] {
        let sql = format!(
            "DELETE FROM {table} WHERE collection = ?1 AND item = (SELECT id FROM {items} WHERE key = ?2)"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        for key in keys {
            statement.execute([stored.number, *key])?;
        }
    }
    Ok(())
}

/// The same of all items.
pub(super) fn forget_all_hits(connection: &Connection, stored: &Stored) -> Result<()> {
    for table in ["hits", "hit_counts"] {
        let sql = format!("DELETE FROM {table} WHERE collection = ?1");
        connection.prepare_cached(&sql)?.execute([stored.number])?;
    }
    Ok(())
}

/// Drops the vectors of questions: the collection has those of another model now.
pub(super) fn drop_vectors(connection: &Connection, stored: &Stored) -> Result<()> {
    let sql = "UPDATE questions SET vector = NULL WHERE collection = ?1";
    connection.prepare_cached(sql)?.execute([stored.number])?;
    Ok(())
}
