//! What callers ask of a folder: reads on connections of their own, and jobs of the writer.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::EmbeddedStore;
use super::index::Index;
use super::items::{item_of_key, key_of_id, vectors_of_key};
use super::shared::{Shared, TRIES};
use super::writer::Changes;
use super::{damage, lexicon, questions, reindex, select, write};
use crate::batch::Batch;
use crate::caller::Caller;
use crate::collection::{Collection, NewCollection, Space, WordRules};
use crate::error::Result;
use crate::filter::Filter;
use crate::finder::find;
use crate::item::{Item, VectorItem};
use crate::narrow::cost;
use crate::questions::{Answering, AskedQuestion, Batch as Questions, Hits, OpenQuestion, Placed};
use crate::store::{
    CommitWatch, Created, Hit, Page, ReindexItem, ReindexVectors, Scroll, Search, Store,
};
use crate::stored::Stored;
use crate::words::Analyzer;

impl EmbeddedStore {
    /// Cuts all texts of a collection by other rules, and lets their words take the place of the old ones.
    fn cut_anew(&self, name: &str, number: i64, rules: &WordRules) -> Result<()> {
        let analyzer = Analyzer::new(rules);
        let (mut behind, mut attempt) = (0, 0);
        loop {
            let cut = self.read(name, |connection| {
                lexicon::cut(connection, (name, number), &analyzer, behind)
            })?;
            if let Some((last, _)) = cut.last() {
                behind = *last;
                self.write(name, move |connection, _, name| {
                    lexicon::put(connection, name, number, &cut)
                })?;
                continue;
            }
            let read = || {
                self.read(name, |connection| {
                    lexicon::prepare(connection, &self.shared, name, number)
                })
            };
            let ready = (attempt < TRIES).then(read).transpose()?;
            let (rules, shared) = (rules.clone(), Arc::clone(&self.shared));
            let is_done = self.write(name, move |connection, changes, name| {
                let (of, by) = ((name, number), (&rules, behind));
                lexicon::end(connection, changes, &shared, of, by, ready)
            })?;
            if is_done {
                return Ok(());
            }
            attempt += 1;
        }
    }

    /// Writes items; `number`: of the collection, if it must be that one.
    fn put(
        &self,
        name: &str,
        number: Option<i64>,
        fingerprint: &str,
        items: Vec<VectorItem>,
    ) -> Result<()> {
        let get = move |connection: &Connection, name: &str| {
            let stored = Stored::get(connection, name)?;
            number.map_or(Ok(()), |number| stored.check_number(number))?;
            Ok(stored)
        };
        let stored = self.read(name, |connection| get(connection, name))?;
        // Before the vectors are looked at, whose dimension would be wrong too.
        stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare(stored, items)?;
        let fingerprint = fingerprint.to_owned();
        self.write(name, move |connection, changes, name| {
            get(connection, name)?;
            write::upsert(connection, changes, batch, &fingerprint)
        })
    }

    /// Reads the items of some ids.
    fn of_ids<T>(
        &self,
        name: &str,
        ids: &[&str],
        read: impl Fn(&Connection, &Stored, i64) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(key) = key_of_id(connection, &stored, id)? {
                    found.push(read(connection, &stored, key)?);
                }
            }
            Ok(found)
        })
    }

    /// A collection as callers see it, and what is damaged of it.
    fn describe(&self, connection: &Connection, stored: &Stored) -> Result<Collection> {
        let found = match self.shared.damages.of(&stored.name) {
            Some(reason) => Err(reason),
            None => match stored.collection(connection) {
                Err(error) => Err(damage::reason_of(error)?),
                Ok(collection) => Ok(collection),
            },
        };
        Ok(found.unwrap_or_else(|reason| Collection {
            // Nobody goes on with it.
            reindex: None,
            damaged: Some(reason),
            ..stored.describe(0)
        }))
    }
}

fn create(
    connection: &Connection,
    changes: &mut Changes,
    shared: &Shared,
    new: &NewCollection,
) -> Result<Created> {
    let Some(stored) = Stored::find(connection, &new.name)? else {
        let stored = Stored::insert(connection, new)?;
        let index = Index::new(shared.kernel, new.space.dimension, stored.generation);
        changes.replace(shared.owner(&stored), index);
        return Ok(Created::New(stored.collection(connection)?));
    };
    let there = stored.collection(connection)?;
    new.check_same(&there)?;
    Ok(Created::Existing(there))
}

impl Store for EmbeddedStore {
    fn create(&self, new: &NewCollection) -> Result<Created> {
        new.check()?;
        let (name, shared) = (new.name.clone(), Arc::clone(&self.shared));
        let new = new.clone();
        self.write(&name, move |connection, changes, _| {
            create(connection, changes, &shared, &new)
        })
    }

    fn watch_commits(&self, watch: CommitWatch) {
        // One that came before stays.
        let _ = self.commits.set(watch);
    }

    fn list(&self) -> Result<Vec<Collection>> {
        self.read_any(|connection| {
            let all = Stored::all(connection)?;
            let described = all.iter().map(|stored| self.describe(connection, stored));
            described.collect()
        })
    }

    fn collection(&self, name: &str) -> Result<Collection> {
        self.read(name, |connection| {
            Stored::get(connection, name)?.collection(connection)
        })
    }

    fn drop_collection(&self, name: &str) -> Result<()> {
        let is_whole = self.read_any(|connection| {
            let stored = Stored::get(connection, name)?;
            damage::is_whole(connection, &stored)
        })?;
        let wanted = name.to_owned();
        let removed = self.writer.run(move |connection, changes| {
            let stored = Stored::get(connection, &wanted)?;
            match is_whole {
                true => stored.remove(connection)?,
                false => damage::disown(connection, &stored)?,
            }
            changes.drop(stored.number);
            Ok(stored)
        });
        let (stored, _) = self.locate(removed)?;
        // With an index they are gone already.
        self.shared.owner(&stored).forget();
        self.shared.damages.forget(name);
        Ok(())
    }

    fn set_words(&self, name: &str, rules: &WordRules) -> Result<()> {
        rules.check()?;
        // The table is one, and the last to ask has the last word.
        let _turn = self
            .rewording
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let number = self.write(name, |connection, _, name| lexicon::begin(connection, name))?;
        let done = self.cut_anew(name, number, rules);
        if done.is_err() {
            let abandon = move |connection: &Connection, _: &mut Changes, name: &str| {
                lexicon::abandon(connection, name, number)
            };
            // Where that fails too, the next one makes the table anew.
            let _ = self.write(name, abandon);
        }
        done
    }

    fn upsert(&self, name: &str, fingerprint: &str, items: Vec<VectorItem>) -> Result<()> {
        self.put(name, None, fingerprint, items)
    }

    fn upsert_to(&self, collection: &Collection, items: Vec<VectorItem>) -> Result<()> {
        let (name, fingerprint) = (&collection.name, &collection.space.fingerprint);
        self.put(name, Some(collection.number), fingerprint, items)
    }

    fn get(&self, name: &str, ids: &[&str]) -> Result<Vec<Item>> {
        self.of_ids(name, ids, item_of_key)
    }

    fn get_with_vectors(&self, name: &str, ids: &[&str]) -> Result<Vec<VectorItem>> {
        self.of_ids(name, ids, |connection, stored, key| {
            Ok(VectorItem {
                item: item_of_key(connection, stored, key)?,
                vectors: vectors_of_key(connection, stored, key)?,
            })
        })
    }

    fn delete(&self, name: &str, ids: &[&str]) -> Result<u64> {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        self.write(name, move |connection, changes, name| {
            write::delete(connection, changes, name, &ids)
        })
    }

    fn delete_matching_for(&self, name: &str, filter: &Filter, caller: Caller<'_>) -> Result<u64> {
        self.delete_meant(name, filter, caller)
    }

    fn filter_cost(&self, name: &str, filter: &Filter) -> Result<Duration> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            Ok(match self.shared.knows(&stored, filter) {
                true => Duration::ZERO,
                false => cost(&stored.fields, stored.count, filter),
            })
        })
    }

    fn scroll(&self, name: &str, scroll: &Scroll) -> Result<Page> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            let mut page = scroll.begin_page(stored.current().dimension);
            select::fill(connection, &stored, scroll.begin(), &mut page)?;
            let mut items = Vec::with_capacity(page.items.len());
            for (key, item) in page.items {
                let vectors = match scroll.with_vectors {
                    true => vectors_of_key(connection, &stored, key)?,
                    false => Vec::new(),
                };
                items.push(VectorItem { item, vectors });
            }
            Ok(Page {
                items,
                next: page.next,
            })
        })
    }

    fn count_for(&self, name: &str, filter: Option<&Filter>, caller: Caller<'_>) -> Result<u64> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            match filter.filter(|filter| !filter.is_empty()) {
                None => Ok(stored.count),
                Some(filter) => {
                    let keys = select::matching(connection, &stored, filter, caller)?;
                    Ok(keys.len() as u64)
                }
            }
        })
    }

    fn search_for(&self, name: &str, search: &Search<'_>, caller: Caller<'_>) -> Result<Vec<Hit>> {
        let text = search.query.text();
        self.search_indexed(name, (text, search.filter, caller), |searcher| {
            find(searcher, search, caller)
        })
    }

    fn begin_reindex(&self, name: &str, to: &Space) -> Result<()> {
        let to = to.clone();
        self.write(name, move |connection, _, name| {
            reindex::begin(connection, name, &to)
        })
    }

    fn reindex_todo(&self, name: &str, to: &Space, limit: usize) -> Result<Vec<ReindexItem>> {
        self.read(name, |connection| {
            reindex::todo(connection, (name, to), limit)
        })
    }

    fn put_reindexed(&self, name: &str, to: &Space, vectors: Vec<ReindexVectors>) -> Result<()> {
        let to = to.clone();
        self.write(name, move |connection, _, name| {
            reindex::put(connection, (name, &to), vectors)
        })
    }

    fn finish_reindex(&self, name: &str, to: &Space) -> Result<()> {
        for attempt in 0..=TRIES {
            let read = || {
                self.read(name, |connection| {
                    reindex::prepare_move(connection, &self.shared, (name, to))
                })
            };
            let ready = (attempt < TRIES).then(read).transpose()?;
            let (to, shared) = (to.clone(), Arc::clone(&self.shared));
            let is_done = self.write(name, move |connection, changes, name| {
                reindex::finish_move(connection, changes, &shared, (name, &to), ready)
            })?;
            if is_done {
                break;
            }
        }
        Ok(())
    }

    fn abandon_reindex(&self, name: &str) -> Result<()> {
        self.write(name, |connection, _, name| {
            reindex::abandon(connection, name)
        })
    }

    fn keep_questions(
        &self,
        name: &str,
        fingerprint: &str,
        asked: Vec<AskedQuestion>,
    ) -> Result<()> {
        let fingerprint = fingerprint.to_owned();
        self.write(name, move |connection, _, name| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            let batch = Questions::prepare(&stored, &fingerprint, asked);
            questions::keep(connection, &stored, &batch)
        })
    }

    fn open_questions(&self, name: &str) -> Result<Vec<OpenQuestion>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::open(connection, &stored)
        })
    }

    fn place_questions(&self, name: &str, fingerprint: &str, placed: Vec<Placed>) -> Result<()> {
        let fingerprint = fingerprint.to_owned();
        self.write(name, move |connection, _, name| {
            let stored = Stored::get(connection, name)?;
            questions::place(connection, &stored, &fingerprint, placed)
        })
    }

    fn dismiss_questions(&self, name: &str, cluster: i64) -> Result<u64> {
        self.write(name, move |connection, _, name| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::dismiss(connection, &stored, cluster)
        })
    }

    fn answer_questions(
        &self,
        name: &str,
        fingerprint: &str,
        item: VectorItem,
        answering: Answering,
    ) -> Result<u64> {
        let stored = self
            .read(name, |connection| Stored::get(connection, name))?
            .keeping_questions()?;
        stored.check_fingerprint(fingerprint)?;
        let batch = Batch::prepare_one(stored, item)?;
        let fingerprint = fingerprint.to_owned();
        self.write(name, move |connection, changes, _| {
            write::answer(connection, changes, (batch, &fingerprint), answering)
        })
    }

    fn hits(&self, name: &str, id: &str, limit: usize) -> Result<Hits> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::hits(connection, &stored, id, limit)
        })
    }

    fn hit_counts(&self, name: &str) -> Result<Vec<(String, u64)>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?.keeping_questions()?;
            questions::hit_counts(connection, &stored)
        })
    }

    fn ping(&self) -> Result<()> {
        self.read_any(|connection| Ok(connection.query_row("SELECT 1 FROM store", [], |_| Ok(()))?))
    }
}
