//! Both engines rank by words alike, to the last bit, whichever way the server finds the candidates.

use serde_json::json;
use yuyi_store::{
    EmbeddedStore, Field, FieldType, Filter, Item, NewCollection, Options, Query, Search, Store,
    VectorItem,
};

use crate::open;
use crate::servers::{Database, server};
use crate::suite::Place;
use crate::suite::examples::filter;

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

fn fill(store: &dyn Store) {
    let n = Field {
        name: "n".into(),
        kind: FieldType::Number,
    };
    let new = NewCollection {
        fields: vec![n],
        ..NewCollection::given("c", 1)
    };
    store.create(&new).unwrap();
    let one = |i: u64| {
        let mut item = Item::new(i.to_string(), text(i));
        item.payload.insert("n".into(), (i % 100).into());
        VectorItem {
            item,
            vectors: vec![vec![1.0]],
        }
    };
    store
        .upsert("c", "", (0..ITEMS).map(one).collect())
        .unwrap();
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

#[test]
fn both_engines_rank_alike() {
    if server().is_none() {
        return;
    }
    let (place, folder) = (Database::new(), tempfile::tempdir().unwrap());
    let there = open(&place.url);
    let here = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    fill(&there);
    fill(&here);
    let below = filter(json!({"must": {"key": "n", "range": {"lt": 30}}}));
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
    ];
    let of_items = (0..60).map(|i| text(i * 7));
    for question in questions
        .iter()
        .map(|&text| text.to_owned())
        .chain(of_items)
    {
        for filter in [None, Some(&below)] {
            for limit in [1, 10, 300] {
                let expected = found(&here, &question, filter, limit);
                let given = found(&there, &question, filter, limit);
                assert_eq!(given, expected, "{question:?}, {filter:?}, {limit}");
            }
        }
    }
}
