//! Filters that are asked for again and again, while what they mean changes.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::json;
use yuyi_store::{
    Caller, EmbeddedStore, Error, Field, FieldType, Filter, Fusion, Item, Query, Search, Store,
};

use crate::Folder;
use crate::suite::Place;
use crate::suite::examples::{DIMENSION, collection, filter, item, random, with_vectors};

/// The ids of those that a filter means, by vectors and by words, which are the same.
fn meant(store: &EmbeddedStore, filter: &Filter) -> Vec<String> {
    let vector = random(1, DIMENSION);
    let of = |query| {
        let search = Search {
            query,
            filter: Some(filter),
            limit: 1000,
        };
        let hits = store.search("c", &search).unwrap();
        let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.item.id).collect();
        ids.sort();
        ids
    };
    let dense = of(Query::Dense { vector: &vector });
    let lexical = Query::Lexical {
        text: "货物",
        vector: None,
    };
    assert_eq!(of(lexical), dense);
    assert_eq!(store.count("c", Some(filter)).unwrap(), dense.len() as u64);
    dense
}

fn of_kind(id: &str, kind: &str) -> yuyi_store::VectorItem {
    let mut item = item(id, "货物", json!({"kind": kind}));
    item.wordings = vec!["一种货物".into()];
    with_vectors(item, 5)
}

#[test]
fn they_mean_what_is_there_now() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    let [a, not_a, late] = [
        json!({"must": {"key": "kind", "match": {"value": "a"}}}),
        json!({"must_not": {"key": "kind", "match": {"value": "a"}}}),
        json!({"must": {"key": "kind", "match": {"value": "a"}}, "must_not": {"key": "id", "match": {"value": "1"}}}),
    ]
    .map(filter);
    let look = |expected: [&[&str]; 3]| {
        for (filter, expected) in [&a, &not_a, &late].into_iter().zip(expected) {
            assert_eq!(meant(&store, filter), expected, "{filter:?}");
        }
    };
    let put = |items: Vec<_>| store.upsert("c", "", items).unwrap();
    put(vec![of_kind("1", "a"), of_kind("2", "b")]);
    look([&["1"], &["2"], &[]]);
    put(vec![of_kind("3", "a"), of_kind("4", "b")]);
    look([&["1", "3"], &["2", "4"], &["3"]]);
    // Some change their kind, some go.
    put(vec![of_kind("2", "a"), of_kind("3", "b")]);
    store.delete("c", &["4"]).unwrap();
    look([&["1", "2"], &["3"], &["2"]]);
    // Rows lie elsewhere when many are gone.
    let many = (0..3000).map(|i| of_kind(&format!("many{i}"), "c"));
    put(many.collect());
    assert_eq!(store.count("c", Some(&not_a)).unwrap(), 3001);
    store
        .delete_matching(
            "c",
            &filter(json!({"must": {"key": "kind", "match": {"value": "c"}}})),
        )
        .unwrap();
    look([&["1", "2"], &["3"], &["2"]]);
    put(vec![of_kind("5", "a")]);
    look([&["1", "2", "5"], &["3"], &["2", "5"]]);
    // More filters than are kept.
    for i in 0..100 {
        let one = filter(json!({"must": {"key": "id", "match": {"value": i.to_string()}}}));
        let expected = usize::from([1, 2, 3, 5].contains(&i));
        assert_eq!(meant(&store, &one).len(), expected);
    }
    look([&["1", "2", "5"], &["3"], &["2", "5"]]);
}

#[test]
fn what_finds_no_room_is_not_read_on() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    let large = |i: u64| {
        let mut item = Item::new(i.to_string(), "货物");
        item.answer = Some("长".repeat(10_000));
        with_vectors(item, i)
    };
    store
        .upsert("c", "", (0..100).map(large).collect())
        .unwrap();
    let search = Search {
        query: Query::Dense {
            vector: &random(1, DIMENSION),
        },
        filter: None,
        limit: 100,
    };
    let read = Cell::new(0);
    let room = |bytes: usize| {
        read.set(read.get() + bytes);
        read.get() < 300_000
    };
    let counting = Caller {
        room: &room,
        ..Caller::PATIENT
    };
    let error = store.search_for("c", &search, counting).unwrap_err();
    assert_eq!(error, Error::NoRoom);
    assert!(read.get() < 1_000_000, "{}", read.get());
    assert_eq!(store.search("c", &search).unwrap().len(), 100);
}

/// Finding what a filter means may take long: whoever writes meanwhile is not kept waiting, and the search sees what was written.
#[test]
fn a_search_sees_what_was_written_while_its_filter_was_asked() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    store
        .upsert("c", "", vec![of_kind("1", "a"), of_kind("2", "a")])
        .unwrap();
    let meant = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let has_written = Cell::new(false);
    let waits = || {
        if !has_written.replace(true) {
            let items = vec![of_kind("1", "b"), of_kind("3", "a")];
            store.upsert("c", "", items).unwrap();
        }
        true
    };
    let caller = Caller {
        waits: &waits,
        ..Caller::PATIENT
    };
    let vector = random(1, DIMENSION);
    let search = Search {
        query: Query::Dense { vector: &vector },
        filter: Some(&meant),
        limit: 10,
    };
    let hits = store.search_for("c", &search, caller).unwrap();
    let mut ids: Vec<&str> = hits.iter().map(|hit| &*hit.item.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["2", "3"]);
    // It is known now, and kept in step.
    assert!(store.filter_cost("c", &meant).unwrap().is_zero());
    let other = filter(json!({"must": {"key": "kind", "match": {"value": "b"}}}));
    let cost = store.filter_cost("c", &other).unwrap();
    assert!(!cost.is_zero());
    // Whoever has read the collection need not ask for that.
    let read = store.collection("c").unwrap();
    assert_eq!(
        (read.filter_cost(&other), read.filter_cost(&meant)),
        (cost, cost)
    );
}

/// Others who act once, when a caller is first asked whether it still waits, and how often that was asked.
fn asked_while(act: impl FnOnce(), call: impl FnOnce(Caller<'_>)) -> usize {
    let (asked, act) = (Cell::new(0), Cell::new(Some(act)));
    let waits = || {
        asked.set(asked.get() + 1);
        if let Some(act) = act.take() {
            act();
        }
        true
    };
    call(Caller {
        waits: &waits,
        ..Caller::PATIENT
    });
    asked.get()
}

/// A caller is asked while nobody waits for what it does, and only then: how often tells where the items were asked.
#[test]
fn what_much_was_written_meanwhile_is_not_asked_while_others_wait() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    let many = |kind: &'static str| {
        let items = (0..3_000).map(|i| of_kind(&format!("{i:04}"), kind));
        store.upsert("c", "", items.collect()).unwrap();
    };
    let meant = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let vector = random(1, DIMENSION);
    let search = Search {
        query: Query::Dense { vector: &vector },
        filter: Some(&meant),
        limit: 10,
    };
    store.upsert("c", "", vec![of_kind("one", "b")]).unwrap();
    let asked = asked_while(
        || many("a"),
        |caller| assert_eq!(store.search_for("c", &search, caller).unwrap().len(), 10),
    );
    assert!(asked > 3_000 / 64, "{asked}");

    store.upsert("c", "", vec![of_kind("one", "a")]).unwrap();
    let asked = asked_while(
        || many("b"),
        |caller| assert_eq!(store.delete_matching_for("c", &meant, caller), Ok(1)),
    );
    assert!(asked > 2 * 3_000 / 64, "{asked}");
    assert_eq!(store.count("c", None).unwrap(), 3_000);
}

/// What is known of a filter may be gone before the search begins: it is not found anew while others wait.
#[test]
fn what_others_pushed_out_is_found_while_nobody_waits() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    let items = (0..1_000).map(|i| of_kind(&i.to_string(), "a"));
    store.upsert("c", "", items.collect()).unwrap();
    let known = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    assert_eq!(meant(&store, &known).len(), 1_000);
    let vector = random(1, DIMENSION);
    let search = Search {
        query: Query::Dense { vector: &vector },
        filter: Some(&known),
        limit: 10,
    };
    let push_out = || {
        for i in 0..100 {
            let other = json!({"must": {"key": "kind", "match": {"value": i.to_string()}}});
            assert!(meant(&store, &filter(other)).is_empty());
        }
    };
    let asked = asked_while(push_out, |caller| {
        assert_eq!(store.search_for("c", &search, caller).unwrap().len(), 10);
    });
    assert!(asked > 1_000 / 64, "{asked}");
}

/// Also where a declared field answers, with many rows for one condition.
#[test]
fn whoever_leaves_while_the_index_is_read_ends_it() {
    let folder = Folder::new();
    let store = folder.open_here();
    let mut new = collection("c");
    new.fields = vec![Field {
        name: "n".to_owned(),
        kind: FieldType::Number,
    }];
    store.create(&new).unwrap();
    let values: Vec<usize> = (0..100).collect();
    let numbered = |i: usize| with_vectors(item(&i.to_string(), "货物", json!({"n": values})), 5);
    store
        .upsert("c", "", (0..100).map(numbered).collect())
        .unwrap();
    let many = filter(json!({"must": {"key": "n", "range": {"gte": 0}}}));
    let asked = Cell::new(0);
    let waits = || {
        asked.set(asked.get() + 1);
        asked.get() < 3
    };
    let leaving = Caller {
        waits: &waits,
        ..Caller::PATIENT
    };
    assert_eq!(
        store.count_for("c", Some(&many), leaving),
        Err(Error::Unwanted)
    );
    assert_eq!(store.count("c", Some(&many)), Ok(100));
}

/// Whether another comes in between is for the threads' scheduler to say, so it is tried until one did.
#[test]
fn others_write_while_many_are_removed() {
    assert!((0..30).any(|_| one_writes_while_many_are_removed()));
}

/// Whether one wrote between two steps of a removal; checks what stays.
fn one_writes_while_many_are_removed() -> bool {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("c")).unwrap();
    for first in (0..6000).step_by(1000) {
        let kind = |i| if i % 6 == 0 { "b" } else { "a" };
        let items = (first..first + 1000).map(|i| of_kind(&i.to_string(), kind(i)));
        store.upsert("c", "", items.collect()).unwrap();
    }
    let a = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let (ended, mut came_between) = (AtomicBool::new(false), false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // One may be written anew before its turn.
            let gone = store.delete_matching("c", &a).unwrap();
            assert!([4999, 5000].contains(&gone), "{gone}");
            ended.store(true, Relaxed);
        });
        while !ended.load(Relaxed) && !came_between {
            let count = store.collection("c").unwrap().count;
            if (1001..6000).contains(&count) {
                // What is written meanwhile stays, also in the place of what would have gone.
                let late = ["late", "5999"].map(|id| of_kind(id, "a"));
                store.upsert("c", "", late.into()).unwrap();
                came_between = true;
            }
        }
    });
    if !came_between {
        return false;
    }
    let left = meant(&store, &a);
    assert!(left.contains(&"late".to_owned()), "{left:?}");
    assert!(
        left.iter().all(|id| ["late", "5999"].contains(&&**id)),
        "{left:?}"
    );
    let count = 1000 + left.len() as u64;
    assert_eq!(store.count("c", None).unwrap(), count);
    drop(store);
    let store = folder.open_here();
    assert_eq!(
        (meant(&store, &a), store.collection("c").unwrap().count),
        (left, count)
    );
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    true
}

#[test]
fn others_write_while_what_was_found_is_read() {
    let folder = Folder::new();
    let store = Arc::new(folder.open_here());
    store.create(&collection("c")).unwrap();
    let vector = random(1, DIMENSION);
    let (vector, text) = (&vector[..], "货物");
    let queries = [
        Query::Dense { vector },
        Query::Lexical { text, vector: None },
        Query::Hybrid {
            vector,
            text,
            fusion: Fusion::default(),
        },
    ];
    for (round, query) in queries.into_iter().enumerate() {
        let there = 100 + round;
        let items = (0..100).map(|i| of_kind(&i.to_string(), "a"));
        store.upsert("c", "", items.collect()).unwrap();
        let asked = Cell::new(false);
        // Asked before items are read: somebody else writes then, and is told.
        let room = |_| {
            if asked.replace(true) {
                return true;
            }
            let (store, (tell, told)) = (Arc::clone(&store), channel());
            std::thread::spawn(move || {
                let new = vec![of_kind(&format!("new{round}"), "a"), of_kind("5", "b")];
                store.upsert("c", "", new).unwrap();
                let _ = tell.send(());
            });
            told.recv_timeout(Duration::from_secs(20)).is_ok()
        };
        let search = Search {
            query,
            filter: None,
            limit: 1000,
        };
        let caller = Caller {
            room: &room,
            ..Caller::PATIENT
        };
        // It finds what was there when it began.
        let hits = store.search_for("c", &search, caller).unwrap();
        assert_eq!(hits.len(), there, "{query:?}");
        let five = hits.iter().find(|hit| hit.item.id == "5").unwrap();
        assert_eq!(five.item.payload["kind"], "a");
    }
}
