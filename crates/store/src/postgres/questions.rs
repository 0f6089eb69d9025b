//! Rows of what a FAQ was asked. They name the collection, and go with it.

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::client::Client;
use super::errors::damaged;
use super::rows::{Counted, may_be_there};
use crate::encoding::{vector_elements, vector_to_bytes};
use crate::error::{Error, Result};
use crate::questions::{
    Batch, Hits, KeptHit, MOST_HITS, MOST_QUESTIONS, NearestEntry, Open, OpenQuestion, Placed, unit,
};
use crate::time::Timestamp;

/// What stays of the hits of some items, newest first, beyond so many.
const TRIM_HITS: &str = "DELETE FROM yuyi.hits WHERE key IN (SELECT key FROM
    (SELECT key, row_number() OVER (PARTITION BY item ORDER BY key DESC) AS place FROM yuyi.hits WHERE collection = $1 AND item = ANY($2)) ranked
    WHERE place > $3)";

const TRIM_QUESTIONS: &str = "DELETE FROM yuyi.questions WHERE key IN
    (SELECT key FROM yuyi.questions WHERE collection = $1 ORDER BY last DESC, key DESC OFFSET $2)";

impl Counted {
    /// Writes down what was asked, and lets go of the oldest.
    pub(super) fn keep_questions(&self, client: &mut Client, batch: &Batch) -> Result<()> {
        let collection = self.stored.number;
        if !batch.open.is_empty() {
            self.keep_open(client, &batch.open)?;
            let most = MOST_QUESTIONS as i64;
            client.execute_typed(
                TRIM_QUESTIONS,
                &[(&collection, Type::INT8), (&most, Type::INT8)],
            )?;
        }
        let asked: Vec<&str> = batch.answered.keys().map(String::as_str).collect();
        // Some may have been removed meanwhile.
        let items: Vec<String> = self
            .keys_of(client, &asked)?
            .into_iter()
            .map(|(_, id)| id)
            .collect();
        if items.is_empty() {
            return Ok(());
        }
        self.keep_hits(client, batch, &items)?;
        let most = MOST_HITS as i64;
        client.execute_typed(
            TRIM_HITS,
            &[
                (&collection, Type::INT8),
                (&items, Type::TEXT_ARRAY),
                (&most, Type::INT8),
            ],
        )?;
        Ok(())
    }

    fn keep_open(&self, client: &mut Client, open: &[Open]) -> Result<()> {
        let sql = "INSERT INTO yuyi.questions AS known (collection, question, count, first, last, reason, nearest, similarity, vector, digest)
             SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::float8[], $9::bytea[], $10::bytea[])
             ON CONFLICT (collection, digest) DO UPDATE SET count = known.count + excluded.count, first = least(known.first, excluded.first),
             last = greatest(known.last, excluded.last), reason = excluded.reason, nearest = excluded.nearest, similarity = excluded.similarity,
             vector = coalesce(known.vector, excluded.vector)";
        let questions: Vec<&str> = open.iter().map(|one| &*one.question).collect();
        let counts: Vec<i64> = open.iter().map(|one| one.count).collect();
        let first: Vec<i64> = open.iter().map(|one| one.first.micros()).collect();
        let last: Vec<i64> = open.iter().map(|one| one.last.micros()).collect();
        let reasons: Vec<&str> = open.iter().map(|one| &*one.reason).collect();
        let near = |one: &Open| one.nearest.clone();
        let nearest: Vec<Option<String>> = open
            .iter()
            .map(|one| near(one).map(|near| near.item))
            .collect();
        let similarities: Vec<Option<f64>> = open
            .iter()
            .map(|one| near(one).map(|near| near.similarity))
            .collect();
        let vectors: Vec<Option<Vec<u8>>> = open
            .iter()
            .map(|one| one.vector.as_deref().map(vector_to_bytes))
            .collect();
        let digest = |one: &Open| blake3::hash(one.question.as_bytes()).as_bytes().to_vec();
        let digests: Vec<Vec<u8>> = open.iter().map(digest).collect();
        client.execute_typed(
            sql,
            &[
                (&self.stored.number, Type::INT8),
                (&questions, Type::TEXT_ARRAY),
                (&counts, Type::INT8_ARRAY),
                (&first, Type::INT8_ARRAY),
                (&last, Type::INT8_ARRAY),
                (&reasons, Type::TEXT_ARRAY),
                (&nearest, Type::TEXT_ARRAY),
                (&similarities, Type::FLOAT8_ARRAY),
                (&vectors, Type::BYTEA_ARRAY),
                (&digests, Type::BYTEA_ARRAY),
            ],
        )?;
        Ok(())
    }

    fn keep_hits(&self, client: &mut Client, batch: &Batch, items: &[String]) -> Result<()> {
        let (mut of, mut questions, mut similarities, mut times) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut counts: Vec<i64> = Vec::new();
        for item in items {
            let hits = batch.answered.get(item).map_or(&[][..], Vec::as_slice);
            counts.push(hits.len() as i64);
            for hit in &hits[hits.len().saturating_sub(MOST_HITS)..] {
                of.push(item);
                questions.push(&*hit.question);
                similarities.push(hit.similarity);
                times.push(hit.time.micros());
            }
        }
        let collection = &self.stored.number;
        let sql = "INSERT INTO yuyi.hit_counts AS known SELECT $1, * FROM unnest($2::text[], $3::bigint[])
             ON CONFLICT (collection, item) DO UPDATE SET count = known.count + excluded.count";
        client.execute_typed(
            sql,
            &[
                (collection, Type::INT8),
                (&items, Type::TEXT_ARRAY),
                (&counts, Type::INT8_ARRAY),
            ],
        )?;
        let sql = "INSERT INTO yuyi.hits (collection, item, question, similarity, time)
             SELECT $1, * FROM unnest($2::text[], $3::text[], $4::float8[], $5::bigint[])";
        client.execute_typed(
            sql,
            &[
                (collection, Type::INT8),
                (&of, Type::TEXT_ARRAY),
                (&questions, Type::TEXT_ARRAY),
                (&similarities, Type::FLOAT8_ARRAY),
                (&times, Type::INT8_ARRAY),
            ],
        )?;
        Ok(())
    }

    /// The questions without an answer, in the order of their keys.
    pub(super) fn open_questions(&self, client: &mut Client) -> Result<Vec<OpenQuestion>> {
        let sql = "SELECT key, question, count, first, last, reason, nearest, similarity, cluster, vector FROM yuyi.questions
             WHERE collection = $1 ORDER BY key";
        let rows = client.query_typed(sql, &[(&self.stored.number, Type::INT8)])?;
        rows.iter().map(|row| self.read_open(row)).collect()
    }

    fn read_open(&self, row: &Row) -> Result<OpenQuestion> {
        let nearest = row
            .get::<_, Option<String>>(6)
            .zip(row.get::<_, Option<f64>>(7));
        let vector = row.get::<_, Option<&[u8]>>(9);
        let read = |bytes: &[u8]| {
            let elements = vector_elements(bytes, self.stored.current().dimension);
            let elements = elements.ok_or_else(|| {
                damaged(format!("a vector of a question has {} bytes", bytes.len()))
            })?;
            Ok::<_, Error>(elements.collect())
        };
        Ok(OpenQuestion {
            key: row.get(0),
            question: row.get(1),
            count: row.get::<_, i64>(2) as u64,
            first: Timestamp::from_micros(row.get(3)),
            last: Timestamp::from_micros(row.get(4)),
            reason: row.get(5),
            nearest: nearest.map(|(item, similarity)| NearestEntry { item, similarity }),
            cluster: row.get(8),
            vector: vector.map(read).transpose()?,
        })
    }

    /// Writes down clusters and vectors of questions that have none; vectors of another model are passed over.
    pub(super) fn place_questions(
        &self,
        client: &mut Client,
        fingerprint: &str,
        placed: Vec<Placed>,
    ) -> Result<()> {
        let space = self.stored.current();
        let is_current = space.fingerprint == fingerprint;
        let keys: Vec<i64> = placed.iter().map(|one| one.key).collect();
        let clusters: Vec<Option<i64>> = placed.iter().map(|one| one.cluster).collect();
        let vectors: Vec<Option<Vec<u8>>> = placed
            .into_iter()
            .map(|one| {
                let vector = one.vector.filter(|_| is_current)?;
                unit(vector, space.dimension)
                    .as_deref()
                    .map(vector_to_bytes)
            })
            .collect();
        let sql = "UPDATE yuyi.questions AS known SET cluster = coalesce(known.cluster, new.cluster), vector = coalesce(known.vector, new.vector)
             FROM unnest($2::bigint[], $3::bigint[], $4::bytea[]) AS new (key, cluster, vector) WHERE known.key = new.key AND known.collection = $1";
        client.execute_typed(
            sql,
            &[
                (&self.stored.number, Type::INT8),
                (&keys, Type::INT8_ARRAY),
                (&clusters, Type::INT8_ARRAY),
                (&vectors, Type::BYTEA_ARRAY),
            ],
        )?;
        Ok(())
    }

    /// Removes the questions of a cluster; how many they were.
    ///
    /// # Errors
    /// [`QuestionsNotFound`](Error::QuestionsNotFound) where there are none.
    pub(super) fn dismiss_questions(&self, client: &mut Client, cluster: i64) -> Result<u64> {
        let sql = "DELETE FROM yuyi.questions WHERE collection = $1 AND cluster = $2";
        match client.execute_typed(
            sql,
            &[(&self.stored.number, Type::INT8), (&cluster, Type::INT8)],
        )? {
            0 => Err(Error::QuestionsNotFound {
                name: self.stored.name.clone(),
                id: cluster.to_string(),
            }),
            gone => Ok(gone),
        }
    }

    /// What an item answered.
    pub(super) fn hits(&self, client: &mut Client, item: &str, limit: usize) -> Result<Hits> {
        if !may_be_there(item) {
            return Ok(Hits::default());
        }
        let of = [
            (&self.stored.number as _, Type::INT8),
            (&item as _, Type::TEXT),
        ];
        let sql = "SELECT count FROM yuyi.hit_counts WHERE collection = $1 AND item = $2";
        let count = client
            .query_typed(sql, &of)?
            .first()
            .map_or(0, |row| row.get::<_, i64>(0));
        let sql = format!(
            "SELECT question, similarity, time FROM yuyi.hits WHERE collection = $1 AND item = $2 ORDER BY key DESC LIMIT {limit}"
        );
        let rows = client.query_typed(&sql, &of)?;
        let hit = |row: &Row| KeptHit {
            question: row.get(0),
            similarity: row.get(1),
            time: Timestamp::from_micros(row.get(2)),
        };
        Ok(Hits {
            count: count as u64,
            newest: rows.iter().map(hit).collect(),
        })
    }

    /// How often each item answered, of those that did.
    pub(super) fn hit_counts(&self, client: &mut Client) -> Result<Vec<(String, u64)>> {
        let sql = "SELECT item, count FROM yuyi.hit_counts WHERE collection = $1 ORDER BY item";
        let rows = client.query_typed(sql, &[(&self.stored.number, Type::INT8)])?;
        Ok(rows
            .iter()
            .map(|row| (row.get(0), row.get::<_, i64>(1) as u64))
            .collect())
    }

    /// Forgets what items answered that are about to be removed.
    pub(super) fn forget_hits(&self, client: &mut Client, keys: &[i64]) -> Result<()> {
        if !self.stored.unanswered || keys.is_empty() {
            return Ok(());
        }
        let items = self.tables().items;
        for table in ["hits", "hit_counts"] {
            let sql = format!(
                "DELETE FROM yuyi.{table} WHERE collection = $1 AND item IN (SELECT id FROM {items} WHERE key = ANY($2))"
            );
            client.execute_typed(
                &sql,
                &[(&self.stored.number, Type::INT8), (&keys, Type::INT8_ARRAY)],
            )?;
        }
        Ok(())
    }

    /// Drops the vectors of questions: the collection has those of another model now.
    pub(super) fn drop_question_vectors(&self, client: &mut Client) -> Result<()> {
        let sql = "UPDATE yuyi.questions SET vector = NULL WHERE collection = $1";
        client.execute_typed(sql, &[(&self.stored.number, Type::INT8)])?;
        Ok(())
    }
}
