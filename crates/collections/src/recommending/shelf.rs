//! Where items and events are.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use yuyi_store::{
    AskedCoClicks, Caller, CoClicked, Collection, Event, EventKind, Filter, Item, MOST_EVENTS,
    Near, PastEvent, PopularItem, Remembered, Result, Store, TextItem, Timestamp, VectorItem,
};
use yuyi_tasks::faq::FaqIndex;

use crate::space::mismatch;

/// Newest events by which items are popular, as in a store.
const LATELY: usize = 10_000;

/// Items and events. Each call answers as that of [`EventStore`](yuyi_store::EventStore) does.
#[expect(missing_docs, reason = "described there")]
pub trait Shelf {
    fn text_items(&self, ids: &[&str]) -> Result<Vec<TextItem>>;
    fn history(&self, user: &str, vectors: usize) -> Result<Vec<PastEvent>>;
    fn near(&self, near: &Near<'_>) -> Result<Vec<TextItem>>;
    fn popular(&self, limit: usize) -> Result<Vec<PopularItem>>;
    fn co_clicks(&self, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>>;
    fn newest(&self, filter: Option<&Filter>, limit: usize) -> Result<Vec<Item>>;
}

/// The items of a collection and its users.
#[derive(Clone, Copy)]
pub struct StoredShelf<'a> {
    /// Where they are kept.
    pub store: &'a dyn Store,
    /// As it was when the request was planned.
    pub collection: &'a Collection,
    /// Who waits for what is read.
    pub caller: Caller<'a>,
}

impl std::fmt::Debug for StoredShelf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("StoredShelf");
        shown.field("collection", &self.collection.name);
        shown.finish_non_exhaustive()
    }
}

impl StoredShelf<'_> {
    /// What was found with vectors, which are still those of the same model, or it is told.
    fn checked<T>(&self, found: Result<T>) -> Result<T> {
        let now = self.store.collection(&self.collection.name)?.space;
        match now == self.collection.space {
            true => found,
            false => Err(mismatch(self.collection, &now)),
        }
    }
}

impl Shelf for StoredShelf<'_> {
    fn text_items(&self, ids: &[&str]) -> Result<Vec<TextItem>> {
        self.checked(self.store.text_items(&self.collection.name, ids))
    }

    fn history(&self, user: &str, vectors: usize) -> Result<Vec<PastEvent>> {
        let name = &self.collection.name;
        self.checked(self.store.history(name, user, vectors))
    }

    fn near(&self, near: &Near<'_>) -> Result<Vec<TextItem>> {
        let name = &self.collection.name;
        self.checked(self.store.near(name, near, self.caller))
    }

    fn popular(&self, limit: usize) -> Result<Vec<PopularItem>> {
        self.store.popular(&self.collection.name, limit)
    }

    fn co_clicks(&self, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>> {
        self.store.co_clicks(&self.collection.name, asked)
    }

    fn newest(&self, filter: Option<&Filter>, limit: usize) -> Result<Vec<Item>> {
        let name = &self.collection.name;
        self.store.newest(name, filter, limit, self.caller)
    }
}

/// Items and events in memory, such as those of files.
#[derive(Clone, Debug)]
pub struct HeldShelf {
    /// In the order of their ids, with the vectors of their texts.
    items: Vec<TextItem>,
    places: HashMap<String, usize>,
    /// Of all their texts.
    index: FaqIndex,
    /// Places of items, the newest first.
    newest: Vec<usize>,
    /// Of each user, the latest first.
    events: BTreeMap<String, Vec<Event>>,
    /// Of each item who did something with it other than skip it, the latest first.
    users: HashMap<String, Vec<String>>,
    popular: Vec<PopularItem>,
}

impl HeldShelf {
    /// Items with the unit vectors of their texts, of several with one id the last; and events, of which those are kept that a store would keep.
    ///
    /// # Panics
    /// When the vectors are not of one dimension.
    pub fn new(items: Vec<VectorItem>, events: Vec<Event>) -> Self {
        let mut by_id: BTreeMap<String, (usize, VectorItem)> = BTreeMap::new();
        for (row, item) in items.into_iter().enumerate() {
            by_id.insert(item.item.id.clone(), (row, item));
        }
        let vectors = by_id.values();
        let vectors = vectors.map(|(_, item)| item.vectors.iter().map(Vec::as_slice));
        let index = FaqIndex::new(vectors);
        let ids = by_id.keys().enumerate();
        let places = ids.map(|(place, id)| (id.clone(), place)).collect();
        let rows = by_id.values().enumerate();
        let mut newest: Vec<(Option<Timestamp>, usize, usize)> = rows
            .map(|(place, (row, item))| (item.item.time, *row, place))
            .collect();
        newest.sort_unstable_by(|a, b| b.cmp(a));
        let text_item = |(_, item): (usize, VectorItem)| TextItem {
            item: item.item,
            vector: item.vectors.into_iter().next().unwrap_or_default(),
        };
        let events = kept(events);
        let popular = popular(&events);
        let events = by_user(events);
        Self {
            items: by_id.into_values().map(text_item).collect(),
            places,
            index,
            newest: newest.into_iter().map(|(_, _, place)| place).collect(),
            popular,
            users: users_of(&events),
            events,
        }
    }

    /// The items, in the order of their ids.
    pub fn items(&self) -> &[TextItem] {
        &self.items
    }

    /// The place of an item among [`items`](Self::items).
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Places of the items, the newest first.
    pub(super) fn newest_places(&self) -> &[usize] {
        &self.newest
    }

    /// Places of the items that are popular, the most popular first.
    pub(super) fn popular_places(&self) -> Vec<usize> {
        let popular = self.popular.iter();
        popular.filter_map(|one| self.place(&one.item)).collect()
    }

    /// Places of all items, the nearest to a vector first.
    pub(super) fn ranked(&self, vector: &[f32]) -> Vec<usize> {
        let ranked = self.index.rank(vector).into_iter();
        ranked.map(|one| one.entry).collect()
    }

    /// Users who did something, in order.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }
}

impl Shelf for HeldShelf {
    fn text_items(&self, ids: &[&str]) -> Result<Vec<TextItem>> {
        let places = ids.iter().filter_map(|id| self.place(id));
        Ok(places.map(|place| self.items[place].clone()).collect())
    }

    fn history(&self, user: &str, vectors: usize) -> Result<Vec<PastEvent>> {
        let mut remembered = Remembered::new(vectors);
        let events = self.events.get(user).into_iter().flatten();
        let past = events.map(|event| {
            let place = self.place(&event.item);
            let place = place.filter(|place| remembered.is_wanted(*place, event.kind));
            PastEvent {
                item: event.item.clone(),
                kind: event.kind,
                weight: event.weight,
                time: event.time,
                vector: place.map(|place| self.items[place].vector.clone()),
            }
        });
        Ok(past.collect())
    }

    fn near(&self, near: &Near<'_>) -> Result<Vec<TextItem>> {
        let without: HashSet<usize> = near
            .without
            .iter()
            .filter_map(|id| self.place(id))
            .collect();
        let is_meant = |place: usize| {
            let item = &self.items[place].item;
            !without.contains(&place) && near.filter.is_none_or(|filter| filter.matches(item))
        };
        let (mut found, mut known) = (Vec::new(), HashSet::new());
        for vector in near.vectors {
            let ranked = self.ranked(vector).into_iter();
            let nearest = ranked.filter(|&place| is_meant(place)).take(near.limit);
            found.extend(nearest.filter(|&place| known.insert(place)));
        }
        let items = found.into_iter().map(|place| self.items[place].clone());
        Ok(items.collect())
    }

    fn popular(&self, limit: usize) -> Result<Vec<PopularItem>> {
        Ok(self.popular.iter().take(limit).cloned().collect())
    }

    fn co_clicks(&self, asked: &AskedCoClicks<'_>) -> Result<Vec<CoClicked>> {
        let of_item = |item: &&str| {
            let users = self.users.get(*item).into_iter().flatten();
            let users = users.filter(|user| Some(&***user) != asked.without);
            let users: Vec<&String> = users.take(asked.users).collect();
            let mut with: BTreeMap<&str, u64> = BTreeMap::new();
            for user in &users {
                let events = self.events.get(*user).into_iter().flatten();
                let done = events.filter(|event| event.kind != EventKind::Skip);
                let items: BTreeSet<&str> =
                    done.take(asked.events).map(|event| &*event.item).collect();
                for other in items.into_iter().filter(|other| other != item) {
                    *with.entry(other).or_default() += 1;
                }
            }
            let items = with.into_iter().map(|(item, users)| PopularItem {
                item: item.to_owned(),
                users,
            });
            CoClicked {
                users: users.len() as u64,
                items: items.collect(),
            }
        };
        Ok(asked.items.iter().map(of_item).collect())
    }

    fn newest(&self, filter: Option<&Filter>, limit: usize) -> Result<Vec<Item>> {
        let items = self.newest.iter().map(|&place| &self.items[place].item);
        let meant = items.filter(|item| filter.is_none_or(|filter| filter.matches(item)));
        Ok(meant.take(limit).cloned().collect())
    }
}

/// Of each user, item and kind the event that is kept.
fn kept(events: Vec<Event>) -> Vec<Event> {
    let mut kept: HashMap<(String, String, EventKind), Event> = HashMap::new();
    for event in events {
        let key = (event.user.clone(), event.item.clone(), event.kind);
        match kept.get(&key) {
            Some(there) if event.order(there).is_le() => {}
            _ => _ = kept.insert(key, event),
        }
    }
    kept.into_values().collect()
}

/// The events of each user, the latest first, as many as are kept.
fn by_user(events: Vec<Event>) -> BTreeMap<String, Vec<Event>> {
    let mut users: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        users.entry(event.user.clone()).or_default().push(event);
    }
    for events in users.values_mut() {
        events.sort_by(|a, b| {
            let by_time = b.time.cmp(&a.time);
            by_time.then_with(|| (&a.item, a.kind).cmp(&(&b.item, b.kind)))
        });
        events.truncate(MOST_EVENTS);
    }
    users
}

/// The users of each item, the latest first, of those of one time the smaller name.
fn users_of(events: &BTreeMap<String, Vec<Event>>) -> HashMap<String, Vec<String>> {
    let mut latest: HashMap<&str, BTreeMap<&str, Timestamp>> = HashMap::new();
    for event in events.values().flatten() {
        if event.kind != EventKind::Skip {
            let users = latest.entry(&event.item).or_default();
            let time = users.entry(&event.user).or_insert(event.time);
            *time = event.time.max(*time);
        }
    }
    let ordered = |users: BTreeMap<&str, Timestamp>| -> Vec<String> {
        let mut users: Vec<(Reverse<Timestamp>, &str)> = users
            .into_iter()
            .map(|(user, time)| (Reverse(time), user))
            .collect();
        users.sort_unstable();
        users.into_iter().map(|(_, user)| user.to_owned()).collect()
    };
    let items = latest.into_iter();
    items
        .map(|(item, users)| (item.to_owned(), ordered(users)))
        .collect()
}

/// Items by how many users did something with them lately.
fn popular(events: &[Event]) -> Vec<PopularItem> {
    let mut lately: Vec<&Event> = events.iter().collect();
    lately.retain(|event| event.kind != EventKind::Skip);
    lately.sort_by(|a, b| {
        let by_time = b.time.cmp(&a.time);
        by_time.then_with(|| (&a.user, &a.item, a.kind).cmp(&(&b.user, &b.item, b.kind)))
    });
    lately.truncate(LATELY);
    let mut users: BTreeMap<&str, (BTreeSet<&str>, Timestamp)> = BTreeMap::new();
    for event in lately {
        let of_item = users.entry(&event.item);
        let (users, latest) = of_item.or_insert((BTreeSet::new(), event.time));
        users.insert(&event.user);
        *latest = event.time.max(*latest);
    }
    let mut popular: Vec<(PopularItem, Timestamp)> = users
        .into_iter()
        .map(|(item, (users, latest))| {
            let popular = PopularItem {
                item: item.to_owned(),
                users: users.len() as u64,
            };
            (popular, latest)
        })
        .collect();
    popular.sort_by_key(|(popular, latest)| Reverse((popular.users, *latest)));
    popular.into_iter().map(|(popular, _)| popular).collect()
}
