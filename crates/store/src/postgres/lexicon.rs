//! The words of a collection's texts, as rows of terms.
//!
//! Other words are set beside the old ones, as new vectors are: their tables are filled a batch at a time, between which others write, and then take
//! the place of the old ones at once. Keys ascend, so what is written meanwhile lies before the batches to come; what is removed is removed from both.

use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::rows::{Counted, NextWords, from_json};
use super::tables::Tables;
use crate::collection::WordRules;
use crate::error::{Error, Result};
use crate::item::Item;
use crate::key::VectorKey;
use crate::words::{Analyzer, Document};

/// Items whose words are cut anew at a time.
const CHUNK: usize = 1000;

/// The words of an item's texts.
fn documents(analyzer: &Analyzer, item: &Item) -> Vec<Document> {
    item.texts().map(|text| analyzer.document(text)).collect()
}

impl Counted {
    /// Adds the words of items' texts.
    pub(super) fn add_words<'a>(
        &mut self,
        client: &mut Client,
        items: impl Iterator<Item = (i64, &'a [Document])>,
    ) -> Result<()> {
        let (docs, length) = insert(client, &self.tables(), items)?;
        self.docs += docs;
        self.length += length;
        Ok(())
    }

    /// Removes the words of texts.
    pub(super) fn remove_words(&mut self, client: &mut Client, keys: &[i64]) -> Result<()> {
        let (docs, length) = delete(client, &self.tables(), keys)?;
        self.docs -= docs;
        self.length -= length;
        if let Some(next) = &mut self.next {
            let tables = Tables::of(self.stored.number, next.number);
            let (docs, length) = delete(client, &tables, keys)?;
            next.docs -= docs;
            next.length -= length;
        }
        Ok(())
    }

    /// Gives up words that are not there yet.
    pub(super) fn abandon_words(&mut self, client: &mut Client) -> Result<()> {
        match self.next.take() {
            None => Ok(()),
            Some(next) => Tables::of(self.stored.number, next.number).drop_words(client),
        }
    }

    /// Begins to cut all texts for other words; the number by which that goes on.
    pub(super) fn begin_words(&mut self, client: &mut Client, rules: &WordRules) -> Result<i64> {
        let last = self.next.as_ref().map_or(self.lexicon, |next| next.number);
        self.abandon_words(client)?;
        let number = last.max(self.lexicon) + 1;
        Tables::of(self.stored.number, number).create_words(client)?;
        self.next = Some(NextWords {
            number,
            rules: rules.clone(),
            docs: 0,
            length: 0,
        });
        Ok(number)
    }

    /// Cuts the texts of some more items. Where there are no more, the words take the place of the old ones; whether they do.
    pub(super) fn go_on_with_words(&mut self, client: &mut Client, number: i64) -> Result<bool> {
        let mine = self.next.take().filter(|next| next.number == number);
        let Some(mut next) = mine else {
            let reason = "other words were set meanwhile".to_owned();
            return Err(Error::Unavailable { reason });
        };
        let tables = Tables::of(self.stored.number, number);
        let is_last = next.cut_some(client, &tables)?;
        if !is_last {
            self.next = Some(next);
            return Ok(false);
        }
        self.tables().drop_words(client)?;
        self.stored.words = next.rules;
        (self.lexicon, self.docs, self.length) = (number, next.docs, next.length);
        Ok(true)
    }
}

impl NextWords {
    /// Cuts the texts behind those that are cut; whether these were the last.
    fn cut_some(&mut self, client: &mut Client, tables: &Tables) -> Result<bool> {
        let analyzer = Analyzer::new(&self.rules);
        let last = client.query_typed(&format!("SELECT max(key) FROM {}", tables.docs), &[])?;
        let last: Option<i64> = last.first().and_then(|row| row.get(0));
        let reached = last.map_or(0, |key| VectorKey(key).item());
        let sql = format!(
            "SELECT key, item FROM {} WHERE key > $1 ORDER BY key LIMIT {CHUNK}",
            tables.items
        );
        let rows = client.query_typed(&sql, &[(&reached, Type::INT8)])?;
        let mut cut = Vec::with_capacity(rows.len());
        for row in &rows {
            let item: Item = from_json(&row.get::<_, String>(1))?;
            cut.push((row.get(0), documents(&analyzer, &item)));
        }
        let items = cut.iter().map(|(key, documents)| (*key, &documents[..]));
        let (docs, length) = insert(client, tables, items)?;
        self.docs += docs;
        self.length += length;
        Ok(rows.len() < CHUNK)
    }
}

/// Cuts the texts of all collections that have words of their own by the rules that they have, since texts are no longer cut as they were. It asks
/// for no more of the tables than the oldest have.
pub(super) fn cut_all_anew(client: &mut Client) -> Result<()> {
    let sql = "SELECT number, words, lexicon, next_words FROM yuyi.collections FOR UPDATE";
    for row in &client.query_typed(sql, &[])? {
        let (number, lexicon): (i64, i64) = (row.get(0), row.get(2));
        let rules: WordRules = from_json(&row.get::<_, String>(1))?;
        let under_way: Option<String> = row.get(3);
        let under_way: Option<NextWords> = under_way.map(|json| from_json(&json)).transpose()?;
        // Those who cut texts by other rules meanwhile are told, and begin again.
        if let Some(next) = &under_way {
            Tables::of(number, next.number).drop_words(client)?;
        }
        if rules == WordRules::default() && under_way.is_none() {
            continue;
        }
        let last = under_way.map_or(lexicon, |next| next.number.max(lexicon));
        let tables = Tables::of(number, last + 1);
        tables.create_words(client)?;
        let mut new = NextWords {
            number: last + 1,
            rules,
            docs: 0,
            length: 0,
        };
        while !new.cut_some(client, &tables)? {}
        Tables::of(number, lexicon).drop_words(client)?;
        client.execute_typed(
            "UPDATE yuyi.collections SET lexicon = $2, docs = $3, length = $4, next_words = NULL WHERE number = $1",
            &[
                (&number, Type::INT8),
                (&new.number, Type::INT8),
                (&new.docs, Type::INT8),
                (&new.length, Type::INT8),
            ],
        )?;
    }
    Ok(())
}

/// Removes the words of texts; how many texts had some, and how many words they had.
fn delete(client: &mut Client, tables: &Tables, keys: &[i64]) -> Result<(i64, i64)> {
    let texts = &[(&keys as &(dyn ToSql + Sync), Type::INT8_ARRAY)];
    let (terms, docs) = (&tables.terms, &tables.docs);
    client.execute_typed(&format!("DELETE FROM {terms} WHERE key = ANY($1)"), texts)?;
    let sql = format!("DELETE FROM {docs} WHERE key = ANY($1) RETURNING length::bigint");
    let lengths = client.query_typed(&sql, texts)?;
    let length = lengths.iter().map(|row| row.get::<_, i64>(0)).sum();
    Ok((lengths.len() as i64, length))
}

/// Adds the words of items' texts; how many texts, and how many words.
fn insert<'a>(
    client: &mut Client,
    tables: &Tables,
    items: impl Iterator<Item = (i64, &'a [Document])>,
) -> Result<(i64, i64)> {
    let (mut keys, mut lengths) = (Vec::new(), Vec::new());
    let (mut terms, mut of, mut counts, mut of_lengths) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (item, documents) in items {
        for (wording, document) in documents.iter().enumerate() {
            let key = VectorKey::new(item, wording).0;
            keys.push(key);
            lengths.push(document.length as i32);
            for &(term, count) in &document.terms {
                terms.push(term.cast_signed());
                of.push(key);
                counts.push(count as i32);
                of_lengths.push(document.length as i32);
            }
        }
    }
    let sql = format!(
        "INSERT INTO {} SELECT * FROM unnest($1::bigint[], $2::integer[])",
        tables.docs
    );
    client.execute_typed(
        &sql,
        &[(&keys, Type::INT8_ARRAY), (&lengths, Type::INT4_ARRAY)],
    )?;
    let sql = format!(
        "INSERT INTO {} SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[])",
        tables.terms
    );
    client.execute_typed(
        &sql,
        &[
            (&terms, Type::INT8_ARRAY),
            (&of, Type::INT8_ARRAY),
            (&counts, Type::INT4_ARRAY),
            (&of_lengths, Type::INT4_ARRAY),
        ],
    )?;
    let length = lengths.iter().map(|&length| i64::from(length)).sum();
    Ok((keys.len() as i64, length))
}
