//! What callers ask of a server: reads of one moment, and transactions that hold the row of a collection.

use std::collections::HashMap;
use std::time::Duration;

use tokio_postgres::types::Type;

use super::client::Client;
use super::pool::Access;
use super::rows::{Counted, from_json};
use super::search::distinct;
use super::{PostgresStore, Reads, graph, lease, search, standby};
use crate::batch::Batch;
use crate::caller::Caller;
use crate::collection::{Collection, NewCollection, Space, WordRules};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::finder::find;
use crate::item::{Item, VectorItem};
use crate::narrow::{cost, matching};
use crate::questions::{Answering, AskedQuestion, Batch as Questions, Hits, OpenQuestion, Placed};
use crate::store::{
    CommitWatch, Created, Hit, Page, ReindexItem, ReindexVectors, Scroll, Search, Store,
};

impl PostgresStore {
    /// Writes items; `number`: of the collection, if it must be that one.
    fn put(
        &self,
        name: &str,
        number: Option<i64>,
        fingerprint: &str,
        items: Vec<VectorItem>,
    ) -> Result<()> {
        let check =
            |counted: &Counted| number.map_or(Ok(()), |number| counted.stored.check_number(number));
        let known = |client: &mut Client| Counted::get(client, name, false);
        let counted = self.primary.transaction(Access::Read, known)?;
        check(&counted)?;
        counted.stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare(counted.stored, items)?;
        self.write(name, |client, counted| {
            check(counted)?;
            put(client, counted, batch, fingerprint)
        })
    }
}

/// Writes items in the place of those of their ids.
fn put(client: &mut Client, counted: &mut Counted, batch: Batch, fingerprint: &str) -> Result<()> {
    counted.stored.check_fingerprint(fingerprint)?;
    let batch = batch.refresh(counted.stored.clone())?;
    let ids: Vec<&str> = batch.items.iter().map(|item| &*item.item.id).collect();
    let there: Vec<i64> = counted
        .keys_of(client, &ids)?
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    counted.remove(client, &there)?;
    counted.add(client, &batch.items)
}

impl Store for PostgresStore {
    fn create(&self, new: &NewCollection) -> Result<Created> {
        new.check()?;
        self.commit(&new.name, |client| {
            let is_new = Counted::insert(client, new)?;
            let there = Counted::get(client, &new.name, false)?.collection(client)?;
            if is_new {
                return Ok(Created::New(there));
            }
            new.check_same(&there)?;
            Ok(Created::Existing(there))
        })
    }

    fn watch_commits(&self, watch: CommitWatch) {
        // One that came before stays.
        let _ = self.commits.set(watch);
    }

    fn list(&self) -> Result<Vec<Collection>> {
        self.read_all(|client| {
            let all = Counted::all(client)?;
            all.iter()
                .map(|counted| counted.collection(client))
                .collect()
        })
    }

    fn collection(&self, name: &str) -> Result<Collection> {
        self.read_all(|client| Counted::get(client, name, false)?.collection(client))
    }

    fn drop_collection(&self, name: &str) -> Result<()> {
        self.primary.transaction(Access::Write, |client| {
            let mut counted = Counted::get(client, name, true)?;
            let tables = counted.tables();
            counted.abandon_words(client)?;
            for &space in counted.stored.spaces.keys() {
                tables.drop_vectors(client, space)?;
            }
            tables.drop_words(client)?;
            tables.drop(client)?;
            let number = counted.stored.number;
            client.execute_typed(
                "DELETE FROM yuyi.collections WHERE number = $1",
                &[(&number, Type::INT8)],
            )?;
            Ok(())
        })
    }

    fn set_words(&self, name: &str, rules: &WordRules) -> Result<()> {
        rules.check()?;
        let number = self.write(name, |client, counted| counted.begin_words(client, rules))?;
        while !self.write(name, |client, counted| {
            counted.go_on_with_words(client, number)
        })? {}
        Ok(())
    }

    fn upsert(&self, name: &str, fingerprint: &str, items: Vec<VectorItem>) -> Result<()> {
        self.put(name, None, fingerprint, items)
    }

    fn upsert_to(&self, collection: &Collection, items: Vec<VectorItem>) -> Result<()> {
        let (name, fingerprint) = (&collection.name, &collection.space.fingerprint);
        self.put(name, Some(collection.number), fingerprint, items)
    }

    fn get(&self, name: &str, ids: &[&str]) -> Result<Vec<Item>> {
        let found = self.get_with_vectors(name, ids)?;
        Ok(found.into_iter().map(|found| found.item).collect())
    }

    fn get_with_vectors(&self, name: &str, ids: &[&str]) -> Result<Vec<VectorItem>> {
        self.read(name, |searcher| {
            let client = &mut **searcher.client.borrow_mut();
            let keys = searcher.counted.keys_of(client, ids)?;
            let all: Vec<i64> = keys.iter().map(|(key, _)| *key).collect();
            let items = searcher.counted.items(client, &all)?;
            let vectors = searcher.counted.vectors(client, &all)?;
            let found = |id: &&str| {
                let key = keys.iter().find(|(_, other)| other == id)?.0;
                let own = vectors.iter().filter(|(vector, _)| vector.item() == key);
                Some(VectorItem {
                    item: items.get(&key)?.clone(),
                    vectors: own.map(|(_, vector)| vector.clone()).collect(),
                })
            };
            Ok(ids.iter().filter_map(found).collect())
        })
    }

    fn delete(&self, name: &str, ids: &[&str]) -> Result<u64> {
        self.write(name, |client, counted| {
            let there: Vec<i64> = counted
                .keys_of(client, &distinct(ids))?
                .into_iter()
                .map(|(key, _)| key)
                .collect();
            counted.forget_hits(client, &there)?;
            counted.remove(client, &there)?;
            Ok(there.len() as u64)
        })
    }

    fn delete_matching_for(&self, name: &str, filter: &Filter, caller: Caller<'_>) -> Result<u64> {
        self.delete_meant(name, filter, caller)
    }

    fn scroll(&self, name: &str, scroll: &Scroll) -> Result<Page> {
        self.read(name, |searcher| {
            let dimension = searcher.counted.stored.current().dimension;
            let mut page = scroll.begin_page(dimension);
            search::fill(searcher, scroll, &mut page)?;
            let mut of: HashMap<i64, Vec<Vec<f32>>> = Default::default();
            if scroll.with_vectors {
                let keys: Vec<i64> = page.items.iter().map(|(key, _)| *key).collect();
                for (key, vector) in searcher
                    .counted
                    .vectors(&mut searcher.client.borrow_mut(), &keys)?
                {
                    of.entry(key.item()).or_default().push(vector);
                }
            }
            let with_vectors = |(key, item)| VectorItem {
                item,
                vectors: of.remove(&key).unwrap_or_default(),
            };
            Ok(Page {
                items: page.items.into_iter().map(with_vectors).collect(),
                next: page.next,
            })
        })
    }

    fn filter_cost(&self, name: &str, filter: &Filter) -> Result<Duration> {
        self.read(name, |searcher| {
            let stored = &searcher.counted.stored;
            Ok(cost(&stored.fields, stored.count, filter))
        })
    }

    fn count_for(&self, name: &str, filter: Option<&Filter>, caller: Caller<'_>) -> Result<u64> {
        self.read_for(name, caller, |searcher| {
            match filter.filter(|filter| !filter.is_empty()) {
                None => Ok(searcher.counted.stored.count),
                Some(filter) => Ok(matching(searcher, filter)?.len() as u64),
            }
        })
    }

    fn search_for(&self, name: &str, search: &Search<'_>, caller: Caller<'_>) -> Result<Vec<Hit>> {
        self.read_for(name, caller, |searcher| find(searcher, search, caller))
    }

    fn begin_reindex(&self, name: &str, to: &Space) -> Result<()> {
        self.write(name, |client, counted| {
            if let Some(number) = counted.stored.begin_move(to)? {
                counted
                    .tables()
                    .create_vectors(client, number, to.dimension)?;
                counted.stored.spaces.insert(number, to.clone());
            }
            Ok(())
        })
    }

    fn reindex_todo(&self, name: &str, to: &Space, limit: usize) -> Result<Vec<ReindexItem>> {
        self.read(name, |searcher| {
            let space = searcher.counted.stored.on_the_way_to(to)?;
            let client = &mut **searcher.client.borrow_mut();
            let reached = searcher.counted.reached(client, space)?;
            let sql = format!(
                "SELECT key, item FROM {} WHERE key > $1 ORDER BY key LIMIT $2",
                searcher.counted.tables().items
            );
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = client.query_typed(&sql, &[(&reached, Type::INT8), (&limit, Type::INT8)])?;
            let item = |row: &tokio_postgres::Row| {
                let item: Item = from_json(&row.get::<_, String>(1))?;
                Ok(ReindexItem {
                    key: row.get(0),
                    texts: item.texts().map(str::to_owned).collect(),
                })
            };
            rows.iter().map(item).collect()
        })
    }

    fn put_reindexed(&self, name: &str, to: &Space, vectors: Vec<ReindexVectors>) -> Result<()> {
        self.write(name, |client, counted| {
            let number = counted.stored.on_the_way_to(to)?;
            let keys: Vec<i64> = vectors.iter().map(|new| new.key).collect();
            let items = counted.items(client, &keys)?;
            let mut ready = Vec::with_capacity(vectors.len());
            for (i, new) in vectors.into_iter().enumerate() {
                if let Some(item) = items.get(&new.key) {
                    ready.push(
                        new.prepare(item.texts().len(), to.dimension)
                            .map_err(|error| error.within(&format!("vectors[{i}]")))?,
                    );
                }
            }
            counted.add_vectors(
                client,
                number,
                ready.iter().map(|new| (new.key, &new.vectors[..])),
            )
        })
    }

    fn finish_reindex(&self, name: &str, to: &Space) -> Result<()> {
        // Among many vectors a search needs a graph from the first moment on.
        let whole = |client: &mut Client| {
            let counted = Counted::get(client, name, false)?;
            let space = counted.check_moved(client, to)?;
            graph::missing_of(client, &counted, space)
        };
        if let Some(graph) = self.primary.transaction(Access::Read, whole)? {
            graph.build(&self.primary)?;
        }
        self.write(name, |client, counted| {
            let number = counted.check_moved(client, to)?;
            let old = counted.stored.space;
            counted.tables().drop_vectors(client, old)?;
            counted.stored.spaces.remove(&old);
            counted.stored.space = number;
            counted.drop_question_vectors(client)?;
            counted.end_lease(client)
        })
    }

    fn abandon_reindex(&self, name: &str) -> Result<()> {
        self.write(name, |client, counted| {
            let (number, _) = counted.stored.under_way()?;
            counted.tables().drop_vectors(client, number)?;
            counted.stored.spaces.remove(&number);
            counted.end_lease(client)
        })
    }

    fn lease_reindex(&self, name: &str, holder: &str, time: Duration) -> Result<bool> {
        let lease = |client: &mut Client| lease::take(client, name, holder, time);
        self.primary.transaction(Access::Write, lease)
    }

    fn keep_questions(
        &self,
        name: &str,
        fingerprint: &str,
        asked: Vec<AskedQuestion>,
    ) -> Result<()> {
        self.with_questions(name, |client, counted| {
            let batch = Questions::prepare(&counted.stored, fingerprint, asked);
            counted.keep_questions(client, &batch)
        })
    }

    fn open_questions(&self, name: &str) -> Result<Vec<OpenQuestion>> {
        self.read(name, |searcher| {
            searcher.counted.stored.clone().keeping_questions()?;
            searcher
                .counted
                .open_questions(&mut searcher.client.borrow_mut())
        })
    }

    fn place_questions(&self, name: &str, fingerprint: &str, placed: Vec<Placed>) -> Result<()> {
        self.with_questions(name, |client, counted| {
            counted.place_questions(client, fingerprint, placed)
        })
    }

    fn dismiss_questions(&self, name: &str, cluster: i64) -> Result<u64> {
        self.with_questions(name, |client, counted| {
            counted.dismiss_questions(client, cluster)
        })
    }

    fn answer_questions(
        &self,
        name: &str,
        fingerprint: &str,
        item: VectorItem,
        answering: Answering,
    ) -> Result<u64> {
        let known = |client: &mut Client| Counted::get(client, name, false);
        let counted = self.primary.transaction(Access::Read, known)?;
        let stored = counted.stored.keeping_questions()?;
        stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare_one(stored, item)?;
        self.write(name, |client, counted| {
            let gone = counted.dismiss_questions(client, answering.cluster)?;
            let ids: Vec<&str> = batch.items.iter().map(|item| &*item.item.id).collect();
            if !answering.replaces && !counted.keys_of(client, &ids)?.is_empty() {
                return Err(Error::id_is_taken());
            }
            put(client, counted, batch, fingerprint)?;
            Ok(gone)
        })
    }

    fn hits(&self, name: &str, id: &str, limit: usize) -> Result<Hits> {
        self.read(name, |searcher| {
            searcher.counted.stored.clone().keeping_questions()?;
            let client = &mut **searcher.client.borrow_mut();
            searcher.counted.hits(client, id, limit)
        })
    }

    fn hit_counts(&self, name: &str) -> Result<Vec<(String, u64)>> {
        self.read(name, |searcher| {
            searcher.counted.stored.clone().keeping_questions()?;
            searcher
                .counted
                .hit_counts(&mut searcher.client.borrow_mut())
        })
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn ping(&self) -> Result<()> {
        self.read_all(|client| client.batch_execute("SELECT version FROM yuyi.version LIMIT 1"))
    }

    fn reach(&self) -> Result<()> {
        match self.primary.has_answered_lately() {
            true => Ok(()),
            false => self.ping(),
        }
    }

    fn stale(&self) -> Option<&dyn Store> {
        self.stale.as_deref().map(|stale| stale as &dyn Store)
    }

    fn lag(&self) -> Result<Option<Duration>> {
        let reads = self.stale.as_deref().map(|stale| &stale.reads);
        match reads {
            Some(Reads::Elsewhere(pool)) => standby::lag(&self.primary, pool).map(Some),
            _ => Ok(None),
        }
    }

    fn maintain(&self) -> Result<u64> {
        graph::build_missing(&self.primary)
    }
}
