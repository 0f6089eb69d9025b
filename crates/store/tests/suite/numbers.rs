//! Numbers that are no 64-bit floats.

use serde_json::json;
use yuyi_store::{Filter, Query, Search, Store};

use super::Place;
use super::ask::now_and_later;
use super::examples::{DIMENSION, collection, filter, item, random, with_vectors};

/// Two ids of nineteen digits that are one 64-bit float, in a declared field and in another one.
pub fn large_numbers_are_told_apart(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let ids = [
        ("a", json!(1234567890123456789u64)),
        ("b", json!(1234567890123456788u64)),
        ("c", json!(12345678901234567890u64)),
        ("d", json!(9007199254740992u64)),
        ("e", json!(9007199254740993u64)),
        ("f", json!(-9007199254740993i64)),
        ("g", json!(1e300)),
    ];
    let items = ids.iter().enumerate().map(|(i, (id, number))| {
        with_vectors(
            item(id, "货物", json!({"n": number, "free": number})),
            i as u64,
        )
    });
    store.upsert("faq", "", items.collect()).unwrap();
    let whole = store.get("faq", &["c"]).unwrap();
    assert_eq!(whole[0].payload["n"], json!(12345678901234567890u64));
    let store = now_and_later(place, store, |store| {
        for (test, expected) in [
            (json!({"match": {"value": 1234567890123456789u64}}), "a"),
            (json!({"match": {"value": 1234567890123456787u64}}), ""),
            (
                json!({"match": {"any": [1234567890123456788u64, 9007199254740992u64]}}),
                "bd",
            ),
            (
                json!({"match": {"except": [1234567890123456789u64, 9007199254740993u64]}}),
                "bcdfg",
            ),
            (json!({"match": {"value": 12345678901234567890u64}}), "c"),
            (json!({"match": {"value": 9007199254740992.0}}), "d"),
            (
                json!({"range": {"gt": 9007199254740992u64, "lt": 1234567890123456789u64}}),
                "be",
            ),
            (
                json!({"range": {"gte": 9007199254740993u64, "lte": 1234567890123456788u64}}),
                "be",
            ),
            (json!({"range": {"lte": -9007199254740993i64}}), "f"),
            (json!({"range": {"lt": -9007199254740993i64}}), ""),
            (json!({"range": {"gt": 12345678901234567890u64}}), "g"),
        ] {
            for key in ["n", "free"] {
                let mut condition = test.clone();
                condition["key"] = json!(key);
                let meant = filter(json!({"must": condition}));
                let others = filter(json!({"must_not": condition}));
                assert_eq!(ids_of(store, &meant), expected, "{condition}");
                let rest: String = "abcdefg"
                    .chars()
                    .filter(|id| !expected.contains(*id))
                    .collect();
                assert_eq!(ids_of(store, &others), rest, "not {condition}");
                assert_eq!(
                    store.count("faq", Some(&meant)).unwrap(),
                    expected.len() as u64
                );
            }
        }
    });
    for (key, id) in [("n", 1234567890123456789u64), ("free", 9007199254740993)] {
        let one = filter(json!({"must": {"key": key, "match": {"value": id}}}));
        assert_eq!(store.delete_matching("faq", &one).unwrap(), 1);
    }
    assert_eq!(ids_of(&*store, &Filter::default()), "bcdfg");
}

/// The ids that a filter means, in their order.
fn ids_of(store: &dyn Store, filter: &Filter) -> String {
    let vector = &random(1, DIMENSION)[..];
    let search = Search {
        query: Query::Dense { vector },
        filter: Some(filter),
        limit: 100,
    };
    let hits = store.search("faq", &search).unwrap();
    let mut ids: Vec<String> = hits.into_iter().map(|hit| hit.item.id).collect();
    ids.sort();
    ids.concat()
}
