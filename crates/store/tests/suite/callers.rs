//! Callers that go away, and those who write while it is found what a filter means.

use std::cell::Cell;

use serde_json::json;
use yuyi_store::{Caller, Error, Fusion, Near, Query, Search, Store, VectorItem};

use super::Place;
use super::examples::{DIMENSION, collection, filter, item, random, with_vectors};

fn of_kind(id: &str, kind: &str) -> VectorItem {
    with_vectors(item(id, "货物", json!({"kind": kind})), 5)
}

/// A store with many items of a kind, which is not declared.
fn with_many(place: &impl Place) -> Box<dyn Store> {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let items = (0..1_000).map(|i| of_kind(&i.to_string(), "a"));
    store.upsert("c", "", items.collect()).unwrap();
    store
}

pub fn what_nobody_waits_for_ends(place: &impl Place) {
    let store = with_many(place);
    let of_kind = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let vectors = [random(1, DIMENSION)];
    let search = Search {
        query: Query::Dense {
            vector: &vectors[0],
        },
        filter: Some(&of_kind),
        limit: 5,
    };
    let near = Near {
        vectors: &vectors,
        filter: Some(&of_kind),
        without: &[],
        limit: 5,
    };
    // It goes away in the middle.
    let asked = Cell::new(0);
    let waits = || {
        asked.set(asked.get() + 1);
        asked.get() < 3
    };
    let leaving = Caller {
        waits: &waits,
        ..Caller::PATIENT
    };
    let ends: [&dyn Fn() -> Option<Error>; 4] = [
        &|| store.count_for("c", Some(&of_kind), leaving).err(),
        &|| store.search_for("c", &search, leaving).err(),
        &|| store.near("c", &near, leaving).err(),
        &|| store.delete_matching_for("c", &of_kind, leaving).err(),
    ];
    for end in ends {
        asked.set(0);
        assert_eq!((end(), asked.get()), (Some(Error::Unwanted), 3));
    }
    assert_eq!(store.count("c", None).unwrap(), 1_000);
    assert_eq!(store.search("c", &search).unwrap().len(), 5);
}

/// Without a filter there is nothing to find before: it ends where rows are looked for, and where items are read.
pub fn searches_end_while_others_wait_for_them(place: &impl Place) {
    let store = with_many(place);
    let vectors = [random(1, DIMENSION)];
    let vector = &vectors[0][..];
    let queries = [
        Query::Dense { vector },
        Query::Lexical {
            text: "货物",
            vector: None,
        },
        Query::Hybrid {
            vector,
            text: "货物",
            fusion: Fusion::default(),
        },
    ];
    let near = Near {
        vectors: &vectors,
        filter: None,
        without: &[],
        limit: 5,
    };
    for allowed in [0, 1] {
        let asked = Cell::new(0);
        let stays = || {
            asked.set(asked.get() + 1);
            asked.get() <= allowed
        };
        let leaving = Caller {
            stays: &stays,
            ..Caller::PATIENT
        };
        for query in queries {
            let search = Search {
                query,
                filter: None,
                limit: 5,
            };
            asked.set(0);
            let error = store.search_for("c", &search, leaving).unwrap_err();
            assert_eq!((error, asked.get()), (Error::Unwanted, allowed + 1));
        }
        asked.set(0);
        let error = store.near("c", &near, leaving).unwrap_err();
        assert_eq!((error, asked.get()), (Error::Unwanted, allowed + 1));
    }
}

/// Whoever writes need not wait until it is found what a filter means, and what was written meanwhile is removed, or stays, by what it is then.
pub fn what_is_written_meanwhile_is_seen(place: &impl Place) {
    let store = with_many(place);
    let meant = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let has_written = Cell::new(false);
    let waits = || {
        if !has_written.replace(true) {
            let items = ["0", "1", "new"].map(|id| {
                let kind = if id == "0" { "b" } else { "a" };
                of_kind(id, kind)
            });
            store.upsert("c", "", items.to_vec()).unwrap();
            store.delete("c", &["2"]).unwrap();
        }
        true
    };
    let caller = Caller {
        waits: &waits,
        ..Caller::PATIENT
    };
    assert_eq!(store.delete_matching_for("c", &meant, caller), Ok(999));
    assert!(has_written.get());
    assert_eq!(store.count("c", None).unwrap(), 1);
    assert_eq!(store.get("c", &["0"]).unwrap().len(), 1);
}

/// However much is written meanwhile, it is asked while others may write.
pub fn much_that_is_written_meanwhile_is_seen(place: &impl Place) {
    let store = with_many(place);
    let meant = filter(json!({"must": {"key": "kind", "match": {"value": "a"}}}));
    let write = |batch: usize| {
        let items = (0..300).map(|i| of_kind(&format!("{batch}-{i}"), "a"));
        store.upsert("c", "", items.collect()).unwrap();
    };
    // How often it is asked until all that was there is found, which sees nothing new.
    let asked = Cell::new(0);
    let count = || {
        asked.set(asked.get() + 1);
        true
    };
    let counting = Caller {
        waits: &count,
        ..Caller::PATIENT
    };
    assert_eq!(store.count_for("c", Some(&meant), counting), Ok(1_000));
    let first = asked.replace(0);
    let waits = || {
        asked.set(asked.get() + 1);
        if asked.get() == 1 || asked.get() == first + 1 {
            write(asked.get());
        }
        true
    };
    let caller = Caller {
        waits: &waits,
        ..Caller::PATIENT
    };
    assert_eq!(store.delete_matching_for("c", &meant, caller), Ok(1_600));
    assert_eq!(store.count("c", None).unwrap(), 0);
}
