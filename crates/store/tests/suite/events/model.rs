//! Steps at random against a collection with its events in plain Rust.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use yuyi_kernels::{Kernel, as_cosine, dot};
use yuyi_store::{
    AskedCoClicks, Caller, Event, EventKind, Item, Near, PopularItem, Store, TextItem, Timestamp,
    VectorItem,
};

use super::{popular_item, unit};
use crate::suite::Place;
use crate::suite::examples::{DIMENSION, collection, random, with_vectors};
use crate::suite::properties::at_random;

/// A collection with its events in plain Rust.
#[derive(Default)]
struct Model {
    items: BTreeMap<String, (u64, VectorItem)>,
    events: BTreeMap<(String, String, EventKind), Event>,
    written: u64,
}

#[derive(Clone, Debug)]
enum Step {
    Upsert(String, u64, Option<i64>),
    Delete(String),
    Events(Vec<Event>),
    Forget(String),
    Near(u64, Vec<String>, usize),
    Reopen,
}

pub fn events_are_like_the_model<P: Place>(_: &P) {
    at_random(step(), |place: &P, steps| run(place, steps));
}

fn step() -> impl Strategy<Value = Step> {
    let user = || prop::sample::select(&["u", "v", "用户"][..]).prop_map(String::from);
    let id = || "[a-f]".prop_map(String::from);
    let kind = prop::sample::select(&EventKind::ALL[..]);
    let one =
        (user(), id(), kind, 1u8..3, 0i64..6).prop_map(|(user, item, kind, weight, time)| Event {
            user,
            item,
            kind,
            weight: f64::from(weight),
            time: Timestamp::from_micros(time),
        });
    prop_oneof![
        4 => (id(), 0u64..50, prop::option::of(0i64..4)).prop_map(|(id, seed, time)| Step::Upsert(id, seed, time)),
        1 => id().prop_map(Step::Delete),
        5 => prop::collection::vec(one, 0..12).prop_map(Step::Events),
        1 => user().prop_map(Step::Forget),
        2 => (0u64..50, prop::collection::vec(id(), 0..4), 1usize..5).prop_map(|(seed, without, limit)| Step::Near(seed, without, limit)),
        1 => Just(Step::Reopen),
    ]
}

fn run(place: &impl Place, steps: &[Step]) {
    let mut store = place.open();
    store.create(&collection("faq")).unwrap();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Upsert(id, seed, time) => {
                let mut new = Item::new(id, "文");
                new.time = time.map(Timestamp::from_micros);
                let mut new = with_vectors(new, *seed);
                store.upsert("faq", "", vec![new.clone()]).unwrap();
                new.vectors[0] = unit(&new.vectors[0]);
                model.written += 1;
                model.items.insert(id.clone(), (model.written, new));
            }
            Step::Delete(id) => {
                store.delete("faq", &[id]).unwrap();
                model.items.remove(id);
            }
            Step::Events(events) => {
                let recorded = store.add_events("faq", events.clone()).unwrap();
                let known = |event: &&Event| model.items.contains_key(&event.item);
                let unknown: BTreeSet<&String> = events
                    .iter()
                    .filter(|event| !known(event))
                    .map(|event| &event.item)
                    .collect();
                assert_eq!(recorded.unknown.iter().collect::<BTreeSet<_>>(), unknown);
                events.iter().for_each(|event| model.add(event));
                // Again, in the opposite order: nothing changes.
                let again = events.iter().rev().cloned().collect();
                assert_eq!(store.add_events("faq", again).unwrap().new, 0);
            }
            Step::Forget(user) => {
                let before = model.events.len();
                model.events.retain(|(owner, _, _), _| owner != user);
                let gone = (before - model.events.len()) as u64;
                assert_eq!(store.forget_user("faq", user).unwrap(), gone);
            }
            Step::Near(seed, without, limit) => model.compare_near(&*store, *seed, without, *limit),
            Step::Reopen => {
                drop(store);
                store = place.open();
            }
        }
        model.compare(&*store);
        model.compare_co_clicks(&*store);
    }
    assert_eq!(store.count("faq", None).unwrap(), model.items.len() as u64);
    drop(store);
    assert_eq!(place.check(), Vec::<String>::new());
}

impl Model {
    fn add(&mut self, event: &Event) {
        let key = (event.user.clone(), event.item.clone(), event.kind);
        let kept = self.events.entry(key).or_insert_with(|| event.clone());
        if event.order(kept).is_gt() {
            *kept = event.clone();
        }
    }

    fn compare(&self, store: &dyn Store) {
        for user in ["u", "v", "用户"] {
            let mut expected: Vec<&Event> = self
                .events
                .values()
                .filter(|event| event.user == user)
                .collect();
            expected.sort_by_key(|event| {
                (
                    std::cmp::Reverse(event.time),
                    event.item.clone(),
                    event.kind,
                )
            });
            let found = store.history("faq", user, 100).unwrap();
            assert_eq!(found.len(), expected.len());
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(
                    (&found.item, found.kind, found.time, found.weight),
                    (
                        &expected.item,
                        expected.kind,
                        expected.time,
                        expected.weight
                    )
                );
                assert_eq!(found.vector.is_some(), self.items.contains_key(&found.item));
            }
        }
        let mut users: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
        let mut latest: BTreeMap<&String, Timestamp> = BTreeMap::new();
        for event in self
            .events
            .values()
            .filter(|event| event.kind != EventKind::Skip)
        {
            users.entry(&event.item).or_default().insert(&event.user);
            let time = latest.entry(&event.item).or_insert(event.time);
            *time = event.time.max(*time);
        }
        let mut expected: Vec<PopularItem> = users
            .iter()
            .map(|(item, users)| popular_item(item, users.len() as u64))
            .collect();
        expected.sort_by_key(|popular| std::cmp::Reverse((popular.users, latest[&popular.item])));
        assert_eq!(store.popular("faq", 100).unwrap(), expected);
        let mut expected: Vec<_> = self
            .items
            .values()
            .map(|(written, new)| (new.item.time, *written, &new.item.id))
            .collect();
        expected.sort_by(|a, b| b.cmp(a));
        let newest = store.newest("faq", None, 4, Caller::PATIENT).unwrap();
        let newest: Vec<&String> = newest.iter().map(|item| &item.id).collect();
        assert_eq!(
            newest,
            expected
                .iter()
                .take(4)
                .map(|(_, _, id)| *id)
                .collect::<Vec<_>>()
        );
    }

    /// The users of each item and what they did, bounded as the store is told to.
    fn compare_co_clicks(&self, store: &dyn Store) {
        let latest = |mut events: Vec<&Event>, most: usize| {
            events.retain(|event| event.kind != EventKind::Skip);
            events.sort_by_key(|event| {
                let others = (event.user.clone(), event.item.clone(), event.kind);
                (std::cmp::Reverse(event.time), others)
            });
            events.truncate(most);
            events.into_iter().cloned().collect::<Vec<Event>>()
        };
        let of = |chosen: &dyn Fn(&Event) -> bool, most| {
            latest(
                self.events.values().filter(|event| chosen(event)).collect(),
                most,
            )
        };
        let items = ["a", "e", "none"];
        for (without, users, events) in [(None, 2, 3), (Some("v"), 1, 100), (Some("nobody"), 9, 9)]
        {
            let asked = AskedCoClicks {
                items: &items,
                without,
                users,
                events,
            };
            let found = store.co_clicks("faq", &asked).unwrap();
            assert_eq!(found.len(), items.len());
            for (found, item) in found.iter().zip(items) {
                let mut asked: Vec<String> = Vec::new();
                for event in of(
                    &|event| event.item == item && Some(&*event.user) != without,
                    99,
                ) {
                    if !asked.contains(&event.user) && asked.len() < users {
                        asked.push(event.user);
                    }
                }
                let mut expected: BTreeMap<String, u64> = BTreeMap::new();
                for user in &asked {
                    let own = of(&|event| event.user == *user, events).into_iter();
                    let items: BTreeSet<String> = own.map(|event| event.item).collect();
                    for other in items.into_iter().filter(|other| other != item) {
                        *expected.entry(other).or_default() += 1;
                    }
                }
                let expected = expected
                    .iter()
                    .map(|(item, users)| popular_item(item, *users));
                assert_eq!(found.users, asked.len() as u64);
                assert_eq!(found.items, expected.collect::<Vec<_>>());
            }
        }
    }

    fn compare_near(&self, store: &dyn Store, seed: u64, without: &[String], limit: usize) {
        let vector = unit(&random(seed, DIMENSION));
        let cosine =
            |new: &VectorItem| as_cosine(dot(Kernel::of_process(), &vector, &new.vectors[0]));
        let others = self
            .items
            .values()
            .filter(|(_, new)| !without.contains(&new.item.id));
        let mut expected: Vec<(f64, &String)> =
            others.map(|(_, new)| (cosine(new), &new.item.id)).collect();
        expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let without: Vec<&str> = without.iter().map(String::as_str).collect();
        let near = Near {
            vectors: std::slice::from_ref(&vector),
            filter: None,
            without: &without,
            limit,
        };
        let found = store.near("faq", &near, Caller::PATIENT).unwrap();
        assert_eq!(found.len(), expected.len().min(limit));
        for (TextItem { item, vector: own }, (wanted, _)) in found.iter().zip(&expected) {
            assert!(
                (as_cosine(dot(Kernel::of_process(), &vector, own)) - wanted).abs() < 1e-6,
                "{}",
                item.id
            );
        }
    }
}
