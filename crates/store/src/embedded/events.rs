//! What users did with items, as rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Row, params};

use super::EmbeddedStore;
use super::items::{COLUMNS, item_of_key, key_of_id, read_item};
use super::load::Vectors;
use super::select::matching;
use super::sql::damaged;
use crate::caller::Caller;
use crate::error::Result;
use crate::event::{
    AskedCoClicks, CoClicked, Event, EventKind, EventStore, LATELY, MOST_EVENTS, Near, PastEvent,
    PopularItem, Recorded, Remembered, TextItem, check_all,
};
use crate::filter::{Asking, Filter};
use crate::finder::find_near;
use crate::item::Item;
use crate::key::VectorKey;
use crate::stored::Stored;
use crate::time::Timestamp;

/// Newest items that are read before a filter is asked which ones it means at all.
const NEWEST_READS: usize = 5_000;

impl EventStore for EmbeddedStore {
    fn add_events(&self, name: &str, events: Vec<Event>) -> Result<Recorded> {
        check_all(&events)?;
        self.write(name, move |connection, _, name| {
            add(connection, name, &events)
        })
    }

    fn forget_user(&self, name: &str, user: &str) -> Result<u64> {
        let user = user.to_owned();
        self.write(name, move |connection, _, name| {
            let stored = Stored::get(connection, name)?;
            let sql = format!("DELETE FROM {} WHERE user_id = ?1", stored.tables().events);
            Ok(connection.prepare_cached(&sql)?.execute([user])? as u64)
        })
    }

    fn history(&self, name: &str, user: &str, vectors: usize) -> Result<Vec<PastEvent>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            let owner = self.shared.owner(&stored);
            let mut past = events_of(connection, &stored, user)?;
            let mut read = Vectors::new(connection, &stored, &owner)?;
            let mut remembered = Remembered::new(vectors);
            // Of each item that was looked for the place of its vector, where it has one.
            let mut known: HashMap<String, Option<usize>> = HashMap::new();
            for place in 0..past.len() {
                let PastEvent { item, kind, .. } = &past[place];
                let from = match known.get(item) {
                    Some(from) => *from,
                    None if !remembered.has_room(*kind) => None,
                    None => {
                        let key = key_of_id(connection, &stored, item)?;
                        let key = key.filter(|key| remembered.is_wanted(*key, *kind));
                        known.insert(item.clone(), key.map(|_| place));
                        if let Some(key) = key {
                            past[place].vector = Some(read.get(VectorKey::new(key, 0))?.to_vec());
                        }
                        continue;
                    }
                };
                past[place].vector = from.and_then(|from| past[from].vector.clone());
            }
            Ok(past)
        })
    }

    fn popular(&self, name: &str, limit: usize) -> Result<Vec<PopularItem>> {
        self.read(name, |connection| {
            let events = Stored::get(connection, name)?.tables().events;
            let sql = format!(
                "SELECT item, count(DISTINCT user_id) AS users FROM
                     (SELECT user_id, item, time FROM {events} WHERE kind <> ?1 ORDER BY time DESC, user_id, item, kind LIMIT ?2)
                 GROUP BY item ORDER BY users DESC, max(time) DESC, item LIMIT ?3"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let values = params![EventKind::Skip.number(), LATELY as i64, limit];
            let rows = statement.query_map(values, |row| {
                Ok(PopularItem {
                    item: row.get(0)?,
                    users: row.get::<_, i64>(1)? as u64,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    fn co_clicks(&self, name: &str, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            co_clicks(connection, &stored.tables().events, asked)
        })
    }

    fn newest(
        &self,
        name: &str,
        filter: Option<&Filter>,
        limit: usize,
        caller: Caller<'_>,
    ) -> Result<Vec<Item>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            let filter = filter.filter(|filter| !filter.is_empty());
            newest(connection, &stored, (filter, caller), limit)
        })
    }

    fn text_items(&self, name: &str, ids: &[&str]) -> Result<Vec<TextItem>> {
        self.read(name, |connection| {
            let stored = Stored::get(connection, name)?;
            let owner = self.shared.owner(&stored);
            let mut vectors = Vectors::new(connection, &stored, &owner)?;
            let mut found = Vec::with_capacity(ids.len());
            for id in ids {
                if let Some(key) = key_of_id(connection, &stored, id)? {
                    found.push(TextItem {
                        item: item_of_key(connection, &stored, key)?,
                        vector: vectors.get(VectorKey::new(key, 0))?.to_vec(),
                    });
                }
            }
            Ok(found)
        })
    }

    fn near(&self, name: &str, near: &Near<'_>, caller: Caller<'_>) -> Result<Vec<TextItem>> {
        self.search_indexed(name, (None, near.filter, caller), |searcher| {
            find_near(searcher, near, caller)
        })
    }
}

fn add(connection: &Connection, name: &str, events: &[Event]) -> Result<Recorded> {
    let stored = Stored::get(connection, name)?;
    let table = stored.tables().events;
    let sql = format!(
        "INSERT INTO {table} (user_id, item, kind, time, weight) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (user_id, item, kind) DO UPDATE SET time = excluded.time, weight = excluded.weight
         WHERE (excluded.time, excluded.weight) > (time, weight)"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut recorded = Recorded::default();
    let mut users: Vec<&str> = Vec::new();
    for event in events {
        let kind = event.kind.number();
        let time = event.time.micros();
        let values = params![event.user, event.item, kind, time, event.weight];
        recorded.new += statement.execute(values)? as u64;
        if key_of_id(connection, &stored, &event.item)?.is_none() {
            recorded.miss(&event.item);
        }
        users.push(&event.user);
    }
    users.sort_unstable();
    users.dedup();
    for user in users {
        make_room(connection, &table, user)?;
    }
    Ok(recorded)
}

/// Removes the oldest events of a user who has too many.
fn make_room(connection: &Connection, table: &str, user: &str) -> Result<()> {
    let sql = format!("SELECT count(*) FROM {table} WHERE user_id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let count: i64 = statement.query_row([user], |row| row.get(0))?;
    if count <= MOST_EVENTS as i64 {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM {table} WHERE user_id = ?1 AND (item, kind) IN
         (SELECT item, kind FROM {table} WHERE user_id = ?1 ORDER BY time DESC, item, kind LIMIT -1 OFFSET ?2)"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.execute(params![user, MOST_EVENTS as i64])?;
    Ok(())
}

/// The events of a user, the latest first.
fn events_of(connection: &Connection, stored: &Stored, user: &str) -> Result<Vec<PastEvent>> {
    let sql = format!(
        "SELECT item, kind, weight, time FROM {} WHERE user_id = ?1 ORDER BY time DESC, item, kind",
        stored.tables().events
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([user])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(read_event(row)?);
    }
    Ok(events)
}

fn co_clicks(
    connection: &Connection,
    events: &str,
    asked: &AskedCoClicks<'_>,
) -> Result<Vec<CoClicked>> {
    let sql = format!(
        "SELECT user_id FROM {events} WHERE item = ?1 AND kind <> ?2 AND user_id IS NOT ?3 ORDER BY time DESC, user_id, kind LIMIT ?4"
    );
    let mut users_of = connection.prepare_cached(&sql)?;
    let sql = format!(
        "SELECT item FROM {events} WHERE user_id = ?1 AND kind <> ?2 ORDER BY time DESC, item, kind LIMIT ?3"
    );
    let mut items_of = connection.prepare_cached(&sql)?;
    let skip = EventKind::Skip.number();
    let latest = i64::try_from(asked.events).unwrap_or(i64::MAX);
    let mut known: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut found = Vec::with_capacity(asked.items.len());
    for &item in asked.items {
        let values = params![item, skip, asked.without, asked.events_of_users()];
        let mut rows = users_of.query(values)?;
        let mut users: Vec<String> = Vec::new();
        while let Some(row) = rows.next()?.filter(|_| users.len() < asked.users) {
            let user = row.get_ref(0)?.as_str()?;
            if !users.iter().any(|known| known == user) {
                users.push(user.to_owned());
            }
        }
        let mut with: BTreeMap<String, u64> = BTreeMap::new();
        for user in &users {
            if !known.contains_key(user) {
                let items = items_of.query_map(params![user, skip, latest], |row| row.get(0))?;
                known.insert(user.clone(), items.collect::<rusqlite::Result<_>>()?);
            }
            for other in known[user].iter().filter(|other| *other != item) {
                match with.get_mut(other) {
                    Some(users) => *users += 1,
                    None => _ = with.insert(other.clone(), 1),
                }
            }
        }
        let items = with.into_iter();
        found.push(CoClicked {
            users: users.len() as u64,
            items: items
                .map(|(item, users)| PopularItem { item, users })
                .collect(),
        });
    }
    Ok(found)
}

fn read_event(row: &Row<'_>) -> Result<PastEvent> {
    let number = row.get(1)?;
    let kind = EventKind::of_number(number);
    Ok(PastEvent {
        item: row.get(0)?,
        kind: kind.ok_or_else(|| damaged(format!("no event has the kind {number}")))?,
        weight: row.get(2)?,
        time: Timestamp::from_micros(row.get(3)?),
        vector: None,
    })
}

fn newest(
    connection: &Connection,
    stored: &Stored,
    (filter, caller): (Option<&Filter>, Caller<'_>),
    limit: usize,
) -> Result<Vec<Item>> {
    let meant = filter.map(|filter| filter.on(&stored.fields));
    let asking = meant.as_deref().map(Asking::new);
    let items = stored.tables().items;
    let sql = format!("SELECT {COLUMNS} FROM {items} ORDER BY time DESC, key DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let (mut found, mut reads) = (Vec::new(), 0);
    while found.len() < limit {
        let Some(row) = rows.next()? else {
            break;
        };
        let (_, item) = read_item(row)?;
        if asking.as_ref().is_none_or(|asking| asking.matches(&item)) {
            found.push(item);
        }
        reads += 1;
        // A filter that means few: they are gone through, not all items.
        if let Some(filter) = filter.filter(|_| reads == NEWEST_READS && found.len() < limit) {
            return newest_of(connection, stored, (filter, caller), limit);
        }
    }
    Ok(found)
}

/// The newest of the items that a filter means.
fn newest_of(
    connection: &Connection,
    stored: &Stored,
    (filter, caller): (&Filter, Caller<'_>),
    limit: usize,
) -> Result<Vec<Item>> {
    let sql = format!("SELECT time FROM {} WHERE key = ?1", stored.tables().items);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut timed: Vec<(Option<i64>, i64)> = Vec::new();
    for key in matching(connection, stored, filter, caller)? {
        timed.push((statement.query_row([key], |row| row.get(0))?, key));
    }
    timed.sort_unstable_by(|a, b| b.cmp(a));
    timed.truncate(limit);
    let items = timed.iter();
    let items = items.map(|(_, key)| item_of_key(connection, stored, *key));
    items.collect()
}
