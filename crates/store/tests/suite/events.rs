//! Events of users, and what is found by them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use yuyi_kernels::{Kernel, as_cosine, dot};
use yuyi_store::{
    AskedCoClicks, Caller, CoClicked, Error, Event, EventKind, Filter, Item, MOST_EVENTS, Near,
    PastEvent, PopularItem, Store, TextItem, Timestamp, VectorItem,
};

use super::Place;
use super::ask::{now_and_later, with_faq};
use super::examples::{DIMENSION, collection, filter, item, random, with_vectors};

fn event(user: &str, item: &str, kind: EventKind, time: i64) -> Event {
    Event {
        user: user.into(),
        item: item.into(),
        kind,
        weight: 1.0,
        time: Timestamp::from_micros(time),
    }
}

fn click(user: &str, item: &str, time: i64) -> Event {
    event(user, item, EventKind::Click, time)
}

/// What is kept of a user, in short.
fn shown(store: &dyn Store, user: &str) -> Vec<(String, EventKind, i64, f64)> {
    let past = store.history("faq", user, 0).unwrap();
    let short = |past: PastEvent| (past.item, past.kind, past.time.micros(), past.weight);
    past.into_iter().map(short).collect()
}

pub fn events_may_come_again_and_late(place: &impl Place) {
    let store = with_faq(place);
    let first = vec![click("u", "a", 10), click("u", "b", 30), click("v", "a", 5)];
    let recorded = store.add_events("faq", first.clone()).unwrap();
    assert_eq!((recorded.new, recorded.unknown.len()), (3, 0));
    assert_eq!(store.add_events("faq", first.clone()).unwrap().new, 0);
    // Late: an older one of the same kind says nothing new, one of another kind does.
    let late = vec![
        click("u", "b", 20),
        event("u", "b", EventKind::Like, 20),
        click("u", "a", 40),
    ];
    assert_eq!(store.add_events("faq", late).unwrap().new, 2);
    // Of one time the heavier, in one batch and in two.
    let weighed = |weight| Event {
        weight,
        ..click("u", "c", 7)
    };
    let both = vec![weighed(2.0), weighed(5.0), weighed(3.0)];
    store.add_events("faq", both).unwrap();
    assert_eq!(store.add_events("faq", vec![weighed(4.0)]).unwrap().new, 0);
    now_and_later(place, store, |store| {
        let expected = [
            ("a".to_owned(), EventKind::Click, 40, 1.0),
            ("b".to_owned(), EventKind::Click, 30, 1.0),
            ("b".to_owned(), EventKind::Like, 20, 1.0),
            ("c".to_owned(), EventKind::Click, 7, 5.0),
        ];
        assert_eq!(shown(store, "u"), expected);
        assert_eq!(shown(store, "v").len(), 1);
        assert!(shown(store, "nobody").is_empty());
    });
}

pub fn a_user_is_forgotten_by_one_call(place: &impl Place) {
    let store = with_faq(place);
    let both = vec![
        click("u", "a", 1),
        click("u", "b", 2),
        click("u2", "a", 3),
        event("u", "a", EventKind::Skip, 4),
    ];
    store.add_events("faq", both).unwrap();
    assert_eq!(store.forget_user("faq", "u").unwrap(), 3);
    assert_eq!(store.forget_user("faq", "u").unwrap(), 0);
    let store = now_and_later(place, store, |store| {
        assert!(shown(store, "u").is_empty());
        assert_eq!(shown(store, "u2").len(), 1);
        let popular = store.popular("faq", 10).unwrap();
        assert_eq!(popular, [popular_item("a", 1)]);
    });
    let none = Error::CollectionNotFound { name: "x".into() };
    assert_eq!(store.forget_user("x", "u"), Err(none.clone()));
    assert_eq!(
        store.add_events("x", vec![click("u", "a", 1)]),
        Err(none.clone())
    );
    assert_eq!(store.history("x", "u", 1), Err(none));
    // They go with their collection, and another of its name has none.
    store.drop_collection("faq").unwrap();
    store.create(&collection("faq")).unwrap();
    assert!(shown(&*store, "u2").is_empty());
}

fn popular_item(item: &str, users: u64) -> PopularItem {
    PopularItem {
        item: item.into(),
        users,
    }
}

pub fn events_are_checked(place: &impl Place) {
    let store = with_faq(place);
    let long = "x".repeat(257);
    for (event, field) in [
        (click("", "a", 1), "events[1].user"),
        (click("u\0", "a", 1), "events[1].user"),
        (click("u", &long, 1), "events[1].item"),
        (
            Event {
                weight: f64::NAN,
                ..click("u", "a", 1)
            },
            "events[1].weight",
        ),
        (
            Event {
                weight: 1e300,
                ..click("u", "a", 1)
            },
            "events[1].weight",
        ),
        (
            Event {
                weight: 0.0,
                ..click("u", "a", 1)
            },
            "events[1].weight",
        ),
    ] {
        let refused = store.add_events("faq", vec![click("u", "a", 1), event]);
        let Err(Error::Invalid { field: told, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(told, field);
        assert!(shown(&*store, "u").is_empty(), "all or nothing");
    }
    // What is not there is told, each once, and kept until it comes.
    let strange = vec![
        click("u", "later", 1),
        click("w", "later", 1),
        click("u", "a", 2),
    ];
    let recorded = store.add_events("faq", strange).unwrap();
    assert_eq!(
        (recorded.new, recorded.unknown),
        (3, vec!["later".to_owned()])
    );
    let past = store.history("faq", "u", 10).unwrap();
    assert!(past[0].vector.is_some() && past[1].vector.is_none());
    let later = with_vectors(Item::new("later", "后来的"), 77);
    store.upsert("faq", "", vec![later]).unwrap();
    store.delete("faq", &["a"]).unwrap();
    let past = store.history("faq", "u", 10).unwrap();
    assert!(past[0].vector.is_none() && past[1].vector.is_some());
    // Extreme times are times.
    let extreme = vec![click("e", "a", i64::MAX), click("e", "b", i64::MIN)];
    store.add_events("faq", extreme).unwrap();
    assert_eq!(shown(&*store, "e").len(), 2);
    assert_eq!(store.add_events("faq", Vec::new()).unwrap().new, 0);
}

pub fn events_of_a_user_are_bounded(place: &impl Place) {
    let store = with_faq(place);
    let most = MOST_EVENTS as i64;
    let many = |range: std::ops::Range<i64>| -> Vec<Event> {
        range.map(|i| click("u", &format!("i{i}"), i)).collect()
    };
    store.add_events("faq", many(0..most - 5)).unwrap();
    let others = vec![click("v", "a", 1)];
    store.add_events("faq", others).unwrap();
    store.add_events("faq", many(most..most + 40)).unwrap();
    // Older than all that is kept: there is no room for it.
    store.add_events("faq", many(-1..0)).unwrap();
    let kept = shown(&*store, "u");
    assert_eq!(kept.len(), MOST_EVENTS);
    assert_eq!((kept[0].2, kept[MOST_EVENTS - 1].2), (most + 39, 35));
    assert_eq!(shown(&*store, "v").len(), 1);
}

pub fn the_newest_and_the_popular_are_found(place: &impl Place) {
    let store = with_faq(place);
    let timed = |id: &str, time: &str, n: u64| {
        let mut new = item(id, "新的", json!({"n": n}));
        new.time = Some(time.parse().unwrap());
        with_vectors(new, n)
    };
    let new = vec![
        timed("t1", "2024-03-05T10:00:00Z", 1),
        timed("t3", "2024-03-05T10:00:00.250Z", 20),
        timed("t2", "0001-01-01", 3),
        timed("t4", "2026-01-01", 30),
    ];
    store.upsert("faq", "", new).unwrap();
    let store = now_and_later(place, store, |store| {
        let newest = |filter: Option<&Filter>, limit| -> Vec<String> {
            let items = store.newest("faq", filter, limit, Caller::PATIENT).unwrap();
            items.into_iter().map(|item| item.id).collect()
        };
        // Those without a time come behind, the last written first.
        assert_eq!(newest(None, 6), ["t4", "t3", "t1", "t2", "j", "i"]);
        assert_eq!(newest(None, 100).len(), 14);
        assert!(newest(None, 0).is_empty());
        let few = filter(json!({"must": {"key": "n", "range": {"lte": 3}}}));
        assert_eq!(newest(Some(&few), 10), ["t1", "t2", "d", "c", "b", "a"]);
    });
    let mut events: Vec<Event> = Vec::new();
    for i in 0..5 {
        events.push(click(&format!("u{i}"), "b", i));
        // One user who does all of it many times is one user.
        events.push(click("busy", "a", i));
        events.push(event("busy", "a", EventKind::Like, i));
        events.push(event(&format!("u{i}"), "c", EventKind::Skip, i));
    }
    events.push(click("u1", "a", 3));
    events.push(click("u1", "gone", 3));
    store.add_events("faq", events).unwrap();
    let popular = store.popular("faq", 10).unwrap();
    let expected = [
        popular_item("b", 5),
        popular_item("a", 2),
        popular_item("gone", 1),
    ];
    assert_eq!(popular, expected);
    assert_eq!(store.popular("faq", 1).unwrap().len(), 1);
}

pub fn what_users_of_an_item_did_beside_it_is_counted(place: &impl Place) {
    let store = with_faq(place);
    let mut events = vec![
        click("u", "a", 1),
        click("u", "b", 2),
        event("u", "b", EventKind::Like, 9),
        event("u", "c", EventKind::Skip, 3),
        click("v", "a", 5),
        click("v", "b", 6),
        click("v", "gone", 7),
        event("w", "a", EventKind::Skip, 8),
        click("w", "d", 8),
    ];
    // Of these only the latest are looked at.
    events.extend((0..40).map(|i| click("busy", &format!("x{i:02}"), i)));
    events.push(click("busy", "a", 4));
    store.add_events("faq", events).unwrap();
    let ask = |items: &[&str], without, users, events| -> Vec<CoClicked> {
        let asked = AskedCoClicks {
            items,
            without,
            users,
            events,
        };
        store.co_clicks("faq", &asked).unwrap()
    };
    let counted = |users, items: &[(&str, u64)]| CoClicked {
        users,
        items: items
            .iter()
            .map(|(item, n)| popular_item(item, *n))
            .collect(),
    };
    let found = ask(&["a", "none", "b"], Some("busy"), 10, 10);
    let of_a = counted(2, &[("b", 2), ("gone", 1)]);
    let of_b = counted(2, &[("a", 2), ("gone", 1)]);
    assert_eq!(found, [of_a, CoClicked::default(), of_b]);
    // Nobody is left out, and of all users the latest one.
    assert_eq!(ask(&["a"], None, 10, 2)[0].users, 3);
    let latest = counted(1, &[("b", 1), ("gone", 1)]);
    assert_eq!(ask(&["a"], None, 1, 10), [latest]);
    let busy = counted(1, &[("x38", 1), ("x39", 1)]);
    assert_eq!(ask(&["x39"], None, 5, 2), [counted(1, &[("x38", 1)])]);
    assert_eq!(ask(&["x05"], None, 5, 2), [busy]);
    assert!(ask(&[], None, 5, 5).is_empty());
    assert_eq!(ask(&["a"], None, 0, 5), [CoClicked::default()]);
    // What is forgotten counts no more.
    store.forget_user("faq", "v").unwrap();
    let store = now_and_later(place, store, |_| {});
    let asked = AskedCoClicks {
        items: &["a", "gone"],
        without: Some("busy"),
        users: 10,
        events: 10,
    };
    let found = store.co_clicks("faq", &asked).unwrap();
    assert_eq!(found, [counted(1, &[("b", 1)]), CoClicked::default()]);
    let none = Error::CollectionNotFound { name: "x".into() };
    assert_eq!(store.co_clicks("x", &asked), Err(none));
}

pub fn a_filter_that_means_few_finds_the_newest(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let old = |i: u64| {
        let mut old = item(&format!("{i:05}"), "旧的", json!({"n": i, "free": i}));
        old.time = Some(Timestamp::from_micros(i as i64));
        with_vectors(old, i % 7)
    };
    store
        .upsert("faq", "", (0..6000).map(old).collect())
        .unwrap();
    for key in ["n", "free"] {
        let few = filter(json!({"must": {"key": key, "range": {"lt": 3}}}));
        let found = store.newest("faq", Some(&few), 2, Caller::PATIENT).unwrap();
        let ids: Vec<&str> = found.iter().map(|item| &*item.id).collect();
        assert_eq!(ids, ["00002", "00001"], "{key}");
    }
}

pub fn near_items_leave_out_what_is_named(place: &impl Place) {
    let store = with_faq(place);
    // An item with more texts than others, all near.
    let centre = random(5, DIMENSION);
    let many = Item {
        wordings: (0..300).map(|i| format!("说法{i}")).collect(),
        ..Item::new("m", "很多说法")
    };
    let many = VectorItem {
        item: many,
        vectors: vec![centre.clone(); 301],
    };
    store.upsert("faq", "", vec![many]).unwrap();
    let near = |vectors: &[Vec<f32>], without: &[&str], filter: Option<&Filter>, limit| {
        let near = Near {
            vectors,
            filter,
            without,
            limit,
        };
        let found = store.near("faq", &near, Caller::PATIENT).unwrap();
        let ids = found.iter().map(|found| found.item.id.clone());
        ids.collect::<Vec<String>>()
    };
    let vectors = [centre.clone(), random(6, DIMENSION)];
    let first = near(&vectors[..1], &[], None, 3);
    assert_eq!(first[0], "m");
    let without = near(&vectors[..1], &["m", &first[1], "none", "m"], None, 2);
    assert_eq!(without[0], first[2]);
    assert_eq!(near(&vectors[..1], &[], None, 100).len(), 11);
    assert_eq!(near(&vectors[..1], &["m"], None, 100).len(), 10);
    let all: BTreeSet<String> = near(&vectors, &[], None, 100).into_iter().collect();
    assert_eq!(all.len(), 11, "each once");
    let odd = filter(json!({"must": {"key": "tag", "match": {"value": "odd"}}}));
    let found = near(&vectors, &["b", "d"], Some(&odd), 100);
    assert_eq!(
        found.into_iter().collect::<BTreeSet<_>>(),
        ["f", "h", "j"].map(String::from).into()
    );
    assert!(near(&vectors, &[], None, 0).is_empty() && near(&[], &[], None, 5).is_empty());

    let limits = Near {
        vectors: &[vec![1.0]],
        filter: None,
        without: &[],
        limit: 1,
    };
    let short = store.near("faq", &limits, Caller::PATIENT).unwrap_err();
    assert!(matches!(short, Error::Invalid { .. }), "{short}");
    let limits = Near {
        vectors: &vectors,
        ..limits
    };
    let without_room = Caller {
        room: &|_| false,
        ..Caller::PATIENT
    };
    let near = store.near("faq", &limits, without_room);
    assert_eq!(near, Err(Error::NoRoom));
    let found = store.text_items("faq", &["b", "none", "m", "a"]).unwrap();
    let ids: Vec<&str> = found.iter().map(|found| &*found.item.id).collect();
    assert_eq!(ids, ["b", "m", "a"]);
    assert!((dot(Kernel::of_process(), &found[1].vector, &unit(&centre)) - 1.0).abs() < 1e-5);
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / norm).collect()
}

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
    let config = Config {
        cases: 24,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..24), |steps| {
            run(&P::new(), &steps);
            Ok(())
        })
        .unwrap();
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
