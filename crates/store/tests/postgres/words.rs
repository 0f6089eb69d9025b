//! Both engines rank by words alike, to the last bit, whatever was written and removed before; and of more equal vectors than are looked at they take the same.

use serde_json::json;
use yuyi_store::{
    EmbeddedStore, Field, FieldType, Filter, Item, NewCollection, Options, PostgresOptions,
    PostgresStore, Query, Search, Store, VectorItem, WordRules,
};

use crate::servers::{Database, server};
use crate::suite::Place;
use crate::suite::examples::filter;
use crate::{open, quick};

/// Of three blocks.
const ITEMS: u64 = 3000;

/// In half, a third, a fifth… of the texts.
const COMMON: [&str; 6] = ["怎么", "可以", "退货", "密码", "发票", "快递"];

fn number(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    *seed >> 33
}

/// A few common words, and some of names that few or many texts have. One text in ten is that of its neighbour: a tie.
fn text(i: u64) -> String {
    let mut seed = if i % 10 == 9 { i - 1 } else { i };
    let mut words: Vec<String> = Vec::new();
    for (k, word) in COMMON.iter().enumerate() {
        if number(&mut seed).is_multiple_of(k as u64 + 2) {
            words.push((*word).into());
        }
    }
    for _ in 0..number(&mut seed) % 5 + 1 {
        let most = 10u64.pow((number(&mut seed) % 4) as u32 + 1);
        words.push(format!("w{}", number(&mut seed) % most));
    }
    words.join(" ")
}

fn make(store: &dyn Store) {
    let n = Field {
        name: "n".into(),
        kind: FieldType::Number,
    };
    let new = NewCollection {
        fields: vec![n],
        ..NewCollection::given("c", 1)
    };
    store.create(&new).unwrap();
}

/// An item; one in seven has wordings, one in 500 says its words more often than a byte counts.
fn item(i: u64) -> VectorItem {
    let mut item = Item::new(i.to_string(), text(i));
    if i.is_multiple_of(7) {
        item.wordings = (1..4).map(|k| text(ITEMS * k + i)).collect();
    }
    if i.is_multiple_of(500) {
        item.text = item.text.repeat(150);
    }
    item.payload.insert("n".into(), i.into());
    let vectors = vec![vec![1.0]; item.texts().len()];
    VectorItem { item, vectors }
}

fn put(store: &dyn Store, items: impl Iterator<Item = u64>) {
    store.upsert("c", "", items.map(item).collect()).unwrap();
}

fn found(
    store: &dyn Store,
    text: &str,
    filter: Option<&Filter>,
    limit: usize,
) -> Vec<(String, u64)> {
    let query = Query::Lexical { text, vector: None };
    let hits = store
        .search(
            "c",
            &Search {
                query,
                filter,
                limit,
            },
        )
        .unwrap();
    hits.into_iter()
        .map(|hit| (hit.item.id, hit.score.to_bits()))
        .collect()
}

/// Asks both of words that few, many and no texts have, and of so many texts that are there; of all items, of some of each block and of those of one block.
fn compare(there: &dyn Store, here: &dyn Store, texts: u64) {
    let scattered: Vec<u64> = (0..ITEMS).filter(|i| i % 100 < 30).collect();
    let filters = [
        None,
        Some(filter(
            json!({"must": {"key": "n", "match": {"any": scattered}}}),
        )),
        Some(filter(json!({"must": {"key": "n", "range": {"lt": 200}}}))),
    ];
    let questions = [
        "怎么",
        "怎么 可以 退货 密码 发票 快递",
        "w3",
        "w3 w17 w404",
        "w3333",
        "怎么 可以 w3",
        "怎么 w3 w7 w17 w42 w123",
        "可以 退货 w1 w2 w3 w4 w5 w6 w7 w8 w9",
        "没有 哪里 说过",
        "",
    ];
    let of_items = (0..texts).map(|i| text(i * 7));
    for question in questions
        .iter()
        .map(|&text| text.to_owned())
        .chain(of_items)
    {
        for filter in &filters {
            for limit in [1, 10, 300] {
                let expected = found(here, &question, filter.as_ref(), limit);
                let given = found(there, &question, filter.as_ref(), limit);
                assert_eq!(given, expected, "{question:?}, {filter:?}, {limit}");
            }
        }
    }
}

/// The same database, of whose words a search holds so many bytes.
fn holding(place: &Database, words_at_once: usize) -> PostgresStore {
    let options = PostgresOptions {
        words_at_once,
        ..quick()
    };
    PostgresStore::open(&place.url, &options).unwrap()
}

#[test]
fn both_engines_rank_alike() {
    if server().is_none() {
        return;
    }
    let (place, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let there = open(&place.url);
    let here = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let both = |change: &dyn Fn(&dyn Store)| {
        change(&there);
        change(&here);
        compare(&there, &here, 60);
    };
    both(&|store| {
        make(store);
        put(store, 0..ITEMS);
    });
    // Rows lose texts, some all of them, and get others at their end.
    both(&|store| {
        let removed: Vec<String> = (0..ITEMS)
            .filter(|i| i % 3 == 1 || (1100..1500).contains(i))
            .map(|i| i.to_string())
            .collect();
        let removed: Vec<&str> = removed.iter().map(String::as_str).collect();
        store.delete("c", &removed).unwrap();
        put(store, (0..ITEMS).step_by(5));
        (0..20).for_each(|i| put(store, [i * 9, ITEMS + i].into_iter()));
    });
    assert_eq!(place.check(), Vec::<String>::new());
    // In pieces of a block, of which all, some or none can be kept.
    for words_at_once in [40_000, 4_000, 0] {
        compare(&holding(&place, words_at_once), &here, 5);
    }
    both(&|store| {
        let rules = WordRules {
            words: vec!["w1 w2".into()],
            synonyms: vec![vec!["怎么".into(), "可以".into()]],
        };
        store.set_words("c", &rules).unwrap();
    });
    assert_eq!(place.check(), Vec::<String>::new());
}

#[test]
fn both_engines_take_the_same_of_many_equal_vectors() {
    if server().is_none() {
        return;
    }
    let (place, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let there = open(&place.url);
    let here = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let stores: [&dyn Store; 2] = [&there, &here];
    let found = stores.map(|store| {
        make(store);
        // Not in the order of their ids.
        put(store, (0..ITEMS).map(|i| i * 7 % ITEMS));
        let query = Query::Dense { vector: &[1.0] };
        let search = Search {
            query,
            filter: None,
            limit: 20,
        };
        let hits = store.search("c", &search).unwrap();
        let ids = hits.into_iter().map(|hit| hit.item.id);
        ids.collect::<Vec<String>>()
    });
    assert_eq!(found[0], found[1]);
}
