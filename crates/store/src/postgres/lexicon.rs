//! The words of a collection's texts: for each word and block of items which texts have it ([`postings`]), and for each text which words it has, by which it is found
//! again when it goes.
//!
//! Other words are set beside the old ones, as new vectors are: their tables are filled a batch at a time, between which others write, and then take
//! the place of the old ones at once. Keys ascend, so what is written meanwhile lies before the batches to come; what is removed is removed from both.

use std::collections::{BTreeMap, HashSet};

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::client::Client;
use super::postings::{self, Posting, block_of, place_of};
use super::rows::{Counted, NextWords, from_json};
use super::tables::Tables;
use crate::collection::WordRules;
use crate::error::{Error, Result};
use crate::item::Item;
use crate::key::VectorKey;
use crate::words::{Analyzer, Document, Lexicon};

/// Items whose words are cut anew at a time.
const CHUNK: usize = 1000;

/// Texts whose words are removed at a time.
const REMOVED: usize = 5000;

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
        self.stored.words = Lexicon::new(next.rules);
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

/// A collection whose words are kept as they were before there were rows for blocks of items, with its row held. It asks for no more of the tables than the oldest
/// have, and finds also those that an older program makes meanwhile.
const KEPT_OTHERWISE: &str = "SELECT number, words, lexicon, next_words FROM yuyi.collections
    WHERE NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass(format('yuyi.terms_%s_%s', number, lexicon)) AND attname = 'postings')
    ORDER BY number LIMIT 1 FOR UPDATE";

/// The next collection that is noted to have been cut by an older program, with its row held.
const CUT_OTHERWISE: &str = "SELECT number, words, lexicon, next_words
    FROM yuyi.collections JOIN yuyi.cut_otherwise USING (number)
    ORDER BY number LIMIT 1 FOR UPDATE OF collections";

/// Cuts the texts of the next collection whose words are kept otherwise, by the rules that it has; whether there was none left.
pub(super) fn cut_next_anew(client: &mut Client) -> Result<bool> {
    let Some(old) = OldWords::next(client, KEPT_OTHERWISE)? else {
        return Ok(true);
    };
    old.cut_anew(client)?;
    Ok(false)
}

/// Cuts the texts of the next collection that has, or is about to get, words of its own and was cut without their parts or some of them; whether there was none left.
pub(super) fn cut_next_with_parts(client: &mut Client) -> Result<bool> {
    let Some(old) = OldWords::next(client, CUT_OTHERWISE)? else {
        client.batch_execute("DROP TABLE yuyi.cut_otherwise")?;
        return Ok(true);
    };
    let number = old.number;
    if old.rules != WordRules::default() || old.under_way.is_some() {
        old.cut_anew(client)?;
    }
    client.execute_typed(
        "DELETE FROM yuyi.cut_otherwise WHERE number = $1",
        &[(&number, Type::INT8)],
    )?;
    Ok(false)
}

/// A collection whose words an older program wrote.
struct OldWords {
    number: i64,
    rules: WordRules,
    lexicon: i64,
    under_way: Option<NextWords>,
}

impl OldWords {
    /// The one that a statement finds.
    fn next(client: &mut Client, sql: &str) -> Result<Option<Self>> {
        let found = client.query_typed(sql, &[])?;
        let Some(row) = found.first() else {
            return Ok(None);
        };
        let under_way: Option<String> = row.get(3);
        Ok(Some(Self {
            number: row.get(0),
            rules: from_json(&row.get::<_, String>(1))?,
            lexicon: row.get(2),
            under_way: under_way.map(|json| from_json(&json)).transpose()?,
        }))
    }

    /// Cuts its texts by the rules that it has.
    fn cut_anew(self, client: &mut Client) -> Result<()> {
        // Those who cut texts by other rules meanwhile are told, and begin again.
        if let Some(next) = &self.under_way {
            Tables::of(self.number, next.number).drop_words(client)?;
        }
        let last = self
            .under_way
            .map_or(self.lexicon, |next| next.number.max(self.lexicon));
        let tables = Tables::of(self.number, last + 1);
        tables.create_words(client)?;
        let mut new = NextWords {
            number: last + 1,
            rules: self.rules,
            docs: 0,
            length: 0,
        };
        while !new.cut_some(client, &tables)? {}
        Tables::of(self.number, self.lexicon).drop_words(client)?;
        client.execute_typed(
            "UPDATE yuyi.collections SET lexicon = $2, docs = $3, length = $4, next_words = NULL WHERE number = $1",
            &[
                (&self.number, Type::INT8),
                (&new.number, Type::INT8),
                (&new.docs, Type::INT8),
                (&new.length, Type::INT8),
            ],
        )?;
        Ok(())
    }
}

/// Rows of words, by the word and the block.
type Lists = BTreeMap<(i64, i64), Vec<u8>>;

/// Rows as the server takes them.
#[derive(Default)]
struct Columns<'a> {
    terms: Vec<i64>,
    blocks: Vec<i64>,
    texts: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn of(lists: &'a Lists) -> Self {
        let mut columns = Self::default();
        for ((term, block), texts) in lists {
            columns.terms.push(*term);
            columns.blocks.push(*block);
            columns.texts.push(texts);
        }
        columns
    }

    /// Which rows they are: `$1::bigint[], $2::bigint[]`.
    fn places(&self) -> [(&(dyn ToSql + Sync), Type); 2] {
        [
            (&self.terms, Type::INT8_ARRAY),
            (&self.blocks, Type::INT8_ARRAY),
        ]
    }

    /// The same with what stands in them: `$3::bytea[]`.
    fn values(&self) -> [(&(dyn ToSql + Sync), Type); 3] {
        let [terms, blocks] = self.places();
        [terms, blocks, (&self.texts, Type::BYTEA_ARRAY)]
    }
}

/// Adds the words of items' texts; how many texts, and how many words.
fn insert<'a>(
    client: &mut Client,
    tables: &Tables,
    items: impl Iterator<Item = (i64, &'a [Document])>,
) -> Result<(i64, i64)> {
    let (mut keys, mut lengths, mut words) = (Vec::new(), Vec::new(), Vec::new());
    let mut lists = Lists::new();
    for (item, documents) in items {
        for (wording, document) in documents.iter().enumerate() {
            keys.push(VectorKey::new(item, wording).0);
            lengths.push(document.length as i32);
            let terms = document
                .terms
                .iter()
                .flat_map(|(term, _)| term.to_le_bytes());
            words.push(terms.collect::<Vec<u8>>());
            for &(term, count) in &document.terms {
                let posting = Posting {
                    place: place_of(item),
                    wording,
                    count,
                    length: document.length,
                };
                let list = lists.entry((term.cast_signed(), block_of(item)));
                posting.write(list.or_default());
            }
        }
    }
    let sql = format!(
        "INSERT INTO {} SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bytea[])",
        tables.docs
    );
    client.execute_typed(
        &sql,
        &[
            (&keys, Type::INT8_ARRAY),
            (&lengths, Type::INT4_ARRAY),
            (&words, Type::BYTEA_ARRAY),
        ],
    )?;
    append(client, tables, &lists)?;
    let length = lengths.iter().map(|&length| i64::from(length)).sum();
    Ok((keys.len() as i64, length))
}

/// Appends texts to rows of words.
fn append(client: &mut Client, tables: &Tables, lists: &Lists) -> Result<()> {
    let sql = format!(
        "INSERT INTO {} AS known SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
         ON CONFLICT (term, block) DO UPDATE SET postings = known.postings || EXCLUDED.postings",
        tables.terms
    );
    client.execute_typed(&sql, &Columns::of(lists).values())?;
    Ok(())
}

/// Removes the words of texts; how many texts had some, and how many words they had.
fn delete(client: &mut Client, tables: &Tables, keys: &[i64]) -> Result<(i64, i64)> {
    let sql = format!(
        "DELETE FROM {} WHERE key = ANY($1) RETURNING key, terms, length::bigint",
        tables.docs
    );
    let (mut docs, mut length) = (0, 0);
    for some in keys.chunks(REMOVED) {
        let gone = client.query_typed(&sql, &[(&some, Type::INT8_ARRAY)])?;
        docs += gone.len() as i64;
        length += gone.iter().map(|row| row.get::<_, i64>(2)).sum::<i64>();
        if !gone.is_empty() {
            take_out(client, tables, &gone)?;
        }
    }
    Ok((docs, length))
}

/// Takes texts, of which there are the keys and the words, out of the rows of their words.
fn take_out(client: &mut Client, tables: &Tables, texts: &[Row]) -> Result<()> {
    let (mut gone, mut of) = (HashSet::new(), Lists::new());
    for row in texts {
        let key = VectorKey(row.get(0));
        gone.insert(key);
        for &term in row.get::<_, &[u8]>(1).as_chunks::<8>().0 {
            of.entry((i64::from_le_bytes(term), block_of(key.item())))
                .or_default();
        }
    }
    let sql = format!(
        "SELECT term, block, postings FROM {} JOIN unnest($1::bigint[], $2::bigint[]) AS gone (term, block) USING (term, block)",
        tables.terms
    );
    let rows = client.query_typed(&sql, &Columns::of(&of).places())?;
    for row in &rows {
        let (term, block) = (row.get(0), row.get(1));
        let left = left_of(row.get(2), |posting| !gone.contains(&posting.key(block)))?;
        of.insert((term, block), left);
    }
    put(client, tables, of)
}

/// Those texts of a row of which that is said.
fn left_of(row: &[u8], stays: impl Fn(&Posting) -> bool) -> Result<Vec<u8>> {
    postings::count(row)?;
    let mut left = Vec::with_capacity(row.len());
    let there = postings::each(row).filter(stays);
    there.for_each(|posting| posting.write(&mut left));
    Ok(left)
}

/// Writes rows of words in the place of those that are there, and removes those that have no text any more.
fn put(client: &mut Client, tables: &Tables, mut lists: Lists) -> Result<()> {
    let empty: Lists = lists.extract_if(.., |_, texts| texts.is_empty()).collect();
    if !empty.is_empty() {
        let sql = format!(
            "DELETE FROM {} AS known USING unnest($1::bigint[], $2::bigint[]) AS empty (term, block)
             WHERE known.term = empty.term AND known.block = empty.block",
            tables.terms
        );
        client.execute_typed(&sql, &Columns::of(&empty).places())?;
    }
    if !lists.is_empty() {
        let sql = format!(
            "UPDATE {} AS known SET postings = fewer.postings
             FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS fewer (term, block, postings)
             WHERE known.term = fewer.term AND known.block = fewer.block",
            tables.terms
        );
        client.execute_typed(&sql, &Columns::of(&lists).values())?;
    }
    Ok(())
}
