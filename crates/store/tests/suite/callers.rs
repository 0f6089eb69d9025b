//! Callers that go away, and those who write while it is found what a filter means.

use std::cell::Cell;

use serde_json::json;
use yuyi_store::{Caller, Error, Near, Query, Search, Store, VectorItem};

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
