//! Events of users, and what is found by them.

mod model;

pub use self::model::events_are_like_the_model;

use std::collections::BTreeSet;

use serde_json::json;
use yuyi_kernels::{Kernel, dot};
use yuyi_store::{
    AskedCoClicks, Caller, CoClicked, Error, Event, EventKind, Filter, Item, MOST_EVENTS, Near,
    PastEvent, PopularItem, Store, Timestamp, VectorItem,
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
