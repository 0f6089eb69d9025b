//! What users did with items, as rows.

use std::collections::{HashMap, HashSet};

use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::PostgresStore;
use super::client::Client;
use super::errors::damaged;
use super::rows::{Counted, from_json, may_be_there};
use super::search::Searcher;
use crate::caller::Caller;
use crate::error::Result;
use crate::event::{
    AskedCoClicks, CoClicked, Event, EventKind, EventStore, LATELY, MOST_EVENTS, Near, PastEvent,
    PopularItem, Recorded, Remembered, TextItem, check_all,
};
use crate::filter::{Asking, Filter};
use crate::finder::{Rows, find_near};
use crate::item::Item;
use crate::narrow::{matching, plan};
use crate::time::Timestamp;

/// Newest items that are read at a time.
const CHUNK: usize = 500;

/// Newest items that are read before a filter is asked which ones it means at all.
const NEWEST_READS: usize = 5_000;

/// What the newest items come first by.
const BY_TIME: &str = "time DESC NULLS LAST, key DESC";

impl EventStore for PostgresStore {
    fn add_events(&self, name: &str, events: Vec<Event>) -> Result<Recorded> {
        check_all(&events)?;
        let events = latest(events);
        self.with_locked(name, |client, counted| add(client, counted, &events))
    }

    fn forget_user(&self, name: &str, user: &str) -> Result<u64> {
        self.with_locked(name, |client, counted| {
            if !may_be_there(user) {
                return Ok(0);
            }
            let sql = format!("DELETE FROM {} WHERE user_id = $1", counted.tables().events);
            client.execute_typed(&sql, &[(&user, Type::TEXT)])
        })
    }

    fn history(&self, name: &str, user: &str, vectors: usize) -> Result<Vec<PastEvent>> {
        self.read(name, |searcher| {
            let events = events_of(searcher, user)?;
            let mut remembered = Remembered::new(vectors);
            let keys = events.iter().filter_map(|(event, key)| {
                let key = (*key)?;
                remembered.is_wanted(key, event.kind).then_some(key)
            });
            let wanted: Vec<i64> = keys.collect();
            let vectors = searcher.text_vectors(&wanted)?;
            let past = events.into_iter().map(|(event, key)| PastEvent {
                vector: key.and_then(|key| vectors.get(&key).cloned()),
                ..event
            });
            Ok(past.collect())
        })
    }

    fn popular(&self, name: &str, limit: usize) -> Result<Vec<PopularItem>> {
        self.read(name, |searcher| {
            let events = searcher.counted.tables().events;
            let sql = format!(
                "SELECT item, count(DISTINCT user_id) AS users FROM
                     (SELECT user_id, item, time FROM {events} WHERE kind <> $1 ORDER BY time DESC, user_id, item, kind LIMIT $2) lately
                 GROUP BY item ORDER BY users DESC, max(time) DESC, item LIMIT $3"
            );
            let (skip, lately) = (EventKind::Skip.number(), LATELY as i64);
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = searcher.query(
                &sql,
                &[
                    (&skip, Type::INT8),
                    (&lately, Type::INT8),
                    (&limit, Type::INT8),
                ],
            )?;
            let popular = rows.iter().map(|row| PopularItem {
                item: row.get(0),
                users: row.get::<_, i64>(1) as u64,
            });
            Ok(popular.collect())
        })
    }

    fn co_clicks(&self, name: &str, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>> {
        self.read(name, |searcher| co_clicks(searcher, asked))
    }

    fn newest(
        &self,
        name: &str,
        filter: Option<&Filter>,
        limit: usize,
        caller: Caller<'_>,
    ) -> Result<Vec<Item>> {
        let filter = filter.filter(|filter| !filter.is_empty());
        self.read_for(name, caller, |searcher| newest(searcher, filter, limit))
    }

    fn text_items(&self, name: &str, ids: &[&str]) -> Result<Vec<TextItem>> {
        self.read(name, |searcher| {
            let keys = searcher.keys_by_id(ids)?;
            let all: Vec<i64> = keys.values().copied().collect();
            let items = searcher.items(&all)?;
            let vectors = searcher.text_vectors(&all)?;
            let found = |id: &&str| {
                let key = keys.get(*id)?;
                Some(TextItem {
                    item: items.get(key)?.clone(),
                    vector: vectors.get(key)?.clone(),
                })
            };
            Ok(ids.iter().filter_map(found).collect())
        })
    }

    fn near(&self, name: &str, near: &Near<'_>, caller: Caller<'_>) -> Result<Vec<TextItem>> {
        self.read_for(name, caller, |searcher| find_near(searcher, near, caller))
    }
}

impl PostgresStore {
    /// Writes beside the items of a collection, whose row nobody else changes meanwhile: so two that write in another order do not wait for each other, and
    /// nobody drops the collection.
    fn with_locked<T>(
        &self,
        name: &str,
        work: impl FnOnce(&mut Client, &Counted) -> Result<T>,
    ) -> Result<T> {
        self.commit(name, |client| {
            let counted = Counted::get(client, name, true)?;
            work(client, &counted)
        })
    }
}

impl Searcher<'_> {
    /// The keys of ids that are there.
    fn keys_by_id(&self, ids: &[&str]) -> Result<HashMap<String, i64>> {
        let found = self.counted.keys_of(*self.client.borrow_mut(), ids)?;
        Ok(found.into_iter().map(|(key, id)| (id, key)).collect())
    }
}

/// Of each user, item and kind the event that is kept: a statement may write a row once only.
fn latest(events: Vec<Event>) -> Vec<Event> {
    let mut kept: HashMap<(String, String, EventKind), Event> = HashMap::new();
    for event in events {
        let key = (event.user.clone(), event.item.clone(), event.kind);
        match kept.get(&key) {
            Some(there) if event.order(there).is_le() => {}
            _ => {
                kept.insert(key, event);
            }
        }
    }
    kept.into_values().collect()
}

fn add(client: &mut Client, counted: &Counted, events: &[Event]) -> Result<Recorded> {
    let table = counted.tables().events;
    let users: Vec<&str> = events.iter().map(|event| &*event.user).collect();
    let items: Vec<&str> = events.iter().map(|event| &*event.item).collect();
    let kinds: Vec<i64> = events.iter().map(|event| event.kind.number()).collect();
    let times: Vec<i64> = events.iter().map(|event| event.time.micros()).collect();
    let weights: Vec<f64> = events.iter().map(|event| event.weight).collect();
    let sql = format!(
        "INSERT INTO {table} AS old SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::double precision[])
         ON CONFLICT (user_id, item, kind) DO UPDATE SET time = EXCLUDED.time, weight = EXCLUDED.weight
         WHERE (EXCLUDED.time, EXCLUDED.weight) > (old.time, old.weight)"
    );
    let new = client.execute_typed(
        &sql,
        &[
            (&users, Type::TEXT_ARRAY),
            (&items, Type::TEXT_ARRAY),
            (&kinds, Type::INT8_ARRAY),
            (&times, Type::INT8_ARRAY),
            (&weights, Type::FLOAT8_ARRAY),
        ],
    )?;
    make_room(client, &table, &users)?;
    let known = counted.keys_of(client, &items)?;
    let known: HashSet<&str> = known.iter().map(|(_, id)| &**id).collect();
    let mut recorded = Recorded {
        new,
        ..Recorded::default()
    };
    let missing = items.iter().filter(|id| !known.contains(**id));
    missing.for_each(|id| recorded.miss(id));
    Ok(recorded)
}

/// Removes the oldest events of users who have too many.
fn make_room(client: &mut Client, table: &str, users: &[&str]) -> Result<()> {
    let sql = format!(
        "SELECT user_id FROM {table} WHERE user_id = ANY($1) GROUP BY user_id HAVING count(*) > $2"
    );
    let most = MOST_EVENTS as i64;
    let limits: &[(&(dyn ToSql + Sync), Type)] = &[(&users, Type::TEXT_ARRAY), (&most, Type::INT8)];
    for row in client.query_typed(&sql, limits)? {
        let user: String = row.get(0);
        let sql = format!(
            "DELETE FROM {table} WHERE user_id = $1 AND (item, kind) IN
             (SELECT item, kind FROM {table} WHERE user_id = $1 ORDER BY time DESC, item, kind OFFSET $2)"
        );
        client.execute_typed(&sql, &[(&user, Type::TEXT), (&most, Type::INT8)])?;
    }
    Ok(())
}

/// The events of a user, the latest first, with the keys of the items that are there.
fn events_of(searcher: &Searcher<'_>, user: &str) -> Result<Vec<(PastEvent, Option<i64>)>> {
    if !may_be_there(user) {
        return Ok(Vec::new());
    }
    let tables = searcher.counted.tables();
    let sql = format!(
        "SELECT e.item, e.kind, e.weight, e.time, i.key FROM {} e LEFT JOIN {} i ON i.id = e.item
         WHERE e.user_id = $1 ORDER BY e.time DESC, e.item, e.kind",
        tables.events, tables.items
    );
    let rows = searcher.query(&sql, &[(&user, Type::TEXT)])?;
    let event = |row: &Row| {
        let number = row.get(1);
        let kind = EventKind::of_number(number);
        let event = PastEvent {
            item: row.get(0),
            kind: kind.ok_or_else(|| damaged(format!("no event has the kind {number}")))?,
            weight: row.get(2),
            time: Timestamp::from_micros(row.get(3)),
            vector: None,
        };
        Ok((event, row.get(4)))
    };
    rows.iter().map(event).collect()
}

fn co_clicks(searcher: &Searcher<'_>, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>> {
    let events = searcher.counted.tables().events;
    // A row for each item, without another one: how many users it has.
    let sql = format!(
        "WITH users AS (
             SELECT place, asked.item, who.user_id FROM unnest($1::text[]) WITH ORDINALITY asked (item, place), LATERAL (
                 SELECT user_id FROM (
                     SELECT user_id, time FROM {events} e WHERE e.item = asked.item AND kind <> $2 AND user_id IS DISTINCT FROM $3
                     ORDER BY time DESC, user_id, kind LIMIT $4) latest
                 GROUP BY user_id ORDER BY max(time) DESC, user_id LIMIT $5) who)
         SELECT place, NULL::text COLLATE \"C\", count(*) FROM users GROUP BY place
         UNION ALL
         SELECT place, other, count(*) FROM users, LATERAL (
             SELECT DISTINCT latest.item AS other FROM (
                 SELECT e.item FROM {events} e WHERE e.user_id = users.user_id AND kind <> $2
                 ORDER BY time DESC, e.item, kind LIMIT $6) latest) others
         WHERE other <> users.item GROUP BY place, other ORDER BY 1, 2"
    );
    let bound = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (skip, rows) = (EventKind::Skip.number(), asked.events_of_users());
    let (users, latest) = (bound(asked.users), bound(asked.events));
    // What cannot be there is asked for by a name that nothing has.
    let items = asked.items.iter().map(|item| match may_be_there(item) {
        true => *item,
        false => "",
    });
    let items: Vec<&str> = items.collect();
    let without = asked.without.filter(|user| may_be_there(user));
    let rows = searcher.query(
        &sql,
        &[
            (&items, Type::TEXT_ARRAY),
            (&skip, Type::INT8),
            (&without, Type::TEXT),
            (&rows, Type::INT8),
            (&users, Type::INT8),
            (&latest, Type::INT8),
        ],
    )?;
    let mut found = vec![CoClicked::default(); asked.items.len()];
    for row in &rows {
        let place: i64 = row.get(0);
        let of = &mut found[place as usize - 1];
        let users = row.get::<_, i64>(2) as u64;
        match row.get::<_, Option<String>>(1) {
            None => of.users = users,
            Some(item) => of.items.push(PopularItem { item, users }),
        }
    }
    Ok(found)
}

fn newest(searcher: &Searcher<'_>, filter: Option<&Filter>, limit: usize) -> Result<Vec<Item>> {
    let sql = format!(
        "SELECT item FROM {} ORDER BY {BY_TIME} LIMIT $1 OFFSET $2",
        searcher.counted.tables().items
    );
    let meant = filter.map(|filter| filter.on(&searcher.counted.stored.fields));
    let asking = meant.as_deref().map(Asking::new);
    let (mut found, mut reads) = (Vec::new(), 0);
    while found.len() < limit {
        searcher.caller.go_on()?;
        let chunk = match filter {
            None => limit.min(CHUNK),
            Some(_) => CHUNK,
        };
        let (chunk, from) = (chunk as i64, reads as i64);
        let rows = searcher.query(&sql, &[(&chunk, Type::INT8), (&from, Type::INT8)])?;
        for row in &rows {
            let item: Item = from_json(&row.get::<_, String>(0))?;
            if asking.as_ref().is_none_or(|asking| asking.matches(&item)) {
                found.push(item);
            }
        }
        reads += rows.len();
        if rows.len() < chunk as usize {
            break;
        }
        // A filter that means few: they are gone through, not all items.
        if let Some(filter) = filter.filter(|_| reads >= NEWEST_READS && found.len() < limit)
            && plan(&searcher.counted.stored.fields, filter).is_some()
        {
            return newest_of(searcher, filter, limit);
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// The newest of the items that a filter means.
fn newest_of(searcher: &Searcher<'_>, filter: &Filter, limit: usize) -> Result<Vec<Item>> {
    let keys = matching(searcher, filter)?;
    let sql = format!(
        "SELECT item FROM {} WHERE key = ANY($1) ORDER BY {BY_TIME} LIMIT $2",
        searcher.counted.tables().items
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = searcher.query(&sql, &[(&keys, Type::INT8_ARRAY), (&limit, Type::INT8)])?;
    let item = |row: &Row| from_json(&row.get::<_, String>(0));
    rows.iter().map(item).collect()
}
