//! Readers and writers at the same time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use serde_json::json;
use yuyi_store::{Fusion, Item, Query, Scroll, Search, Store, VectorItem, WordRules};

use super::Place;
use super::examples::{DIMENSION, collection, filter, item, random, with_vectors};

/// How long the tests here go on.
const TIME: Duration = Duration::from_millis(1500);

/// Items of a batch.
const BATCH: usize = 20;

/// All items of a writer, with what they all say in this round.
fn round(writer: u64, round: u64) -> Vec<VectorItem> {
    let one = |i| {
        let payload = json!({"n": round, "tag": format!("w{writer}")});
        with_vectors(
            item(&format!("{writer}-{i}"), &format!("第{round}轮"), payload),
            round * 100 + i as u64,
        )
    };
    (0..BATCH).map(one).collect()
}

pub fn no_reader_sees_half_a_batch(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let end = AtomicBool::new(false);
    let looks = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (store, end, looks) = (&*store, &end, &looks);
        for writer in 0..2 {
            scope.spawn(move || {
                for n in 1.. {
                    store.upsert("c", "", round(writer, n)).unwrap();
                    if n % 5 == 0 {
                        let own = filter(json!({"must": {"key": "tag", "match": {"value": format!("w{writer}")}}}));
                        assert_eq!(store.delete_matching("c", &own).unwrap(), BATCH as u64);
                    }
                    if end.load(Relaxed) {
                        return;
                    }
                }
            });
        }
        for reader in 0..3 {
            scope.spawn(move || {
                while !end.load(Relaxed) {
                    look(store, reader);
                    looks.fetch_add(1, Relaxed);
                }
            });
        }
        std::thread::sleep(TIME);
        end.store(true, Relaxed);
    });
    assert!(looks.into_inner() > 20);
}

/// Every writer's items are all there, or none is, and all say the same.
fn look(store: &dyn Store, reader: u64) {
    let found: Vec<Item> = match reader {
        0 => store
            .scroll("c", &Scroll::first(100))
            .unwrap()
            .items
            .into_iter()
            .map(|item| item.item)
            .collect(),
        _ => {
            let vector = &random(reader, DIMENSION)[..];
            let query = match reader {
                1 => Query::Dense { vector },
                _ => Query::Hybrid {
                    vector,
                    text: "轮",
                    fusion: Fusion::default(),
                },
            };
            let search = Search {
                query,
                filter: None,
                limit: 100,
            };
            store
                .search("c", &search)
                .unwrap()
                .into_iter()
                .map(|hit| hit.item)
                .collect()
        }
    };
    let mut rounds: HashMap<String, Vec<u64>> = HashMap::new();
    for item in found {
        let writer = item.payload["tag"].as_str().unwrap().to_owned();
        rounds
            .entry(writer)
            .or_default()
            .push(item.payload["n"].as_u64().unwrap());
    }
    for (writer, rounds) in rounds {
        assert_eq!(rounds, vec![rounds[0]; BATCH], "{writer} seen by {reader}");
    }
}

pub fn a_scroll_sees_what_stays_once(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let stays =
        |i: usize, n: u64| with_vectors(item(&format!("s{i:03}"), "在", json!({"n": n})), n);
    store
        .upsert("c", "", (0..200).map(|i| stays(i, 0)).collect())
        .unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (store, end) = (&*store, &end);
        scope.spawn(move || {
            for n in 1u64.. {
                let changed = (0..5).map(|i| stays((n as usize * 37 + i * 41) % 200, n));
                let comes = with_vectors(Item::new(format!("t{}", n % 50), "来"), n);
                let comes_too = with_vectors(Item::new(format!("r{}", n % 50), "来"), n);
                store
                    .upsert("c", "", changed.chain([comes, comes_too]).collect())
                    .unwrap();
                store
                    .delete(
                        "c",
                        &[
                            &format!("t{}", (n + 25) % 50),
                            &format!("r{}", (n + 25) % 50),
                        ],
                    )
                    .unwrap();
                if end.load(Relaxed) {
                    return;
                }
            }
        });
        let start = Instant::now();
        while start.elapsed() < TIME {
            let mut scroll = Scroll::first(7);
            let mut ids = Vec::new();
            loop {
                let page = store.scroll("c", &scroll).unwrap();
                ids.extend(page.items.into_iter().map(|item| item.item.id));
                scroll.after = page.next;
                if scroll.after.is_none() {
                    break;
                }
            }
            assert!(ids.is_sorted());
            let stayed: Vec<&String> = ids.iter().filter(|id| id.starts_with('s')).collect();
            let expected: Vec<String> = (0..200).map(|i| format!("s{i:03}")).collect();
            assert_eq!(stayed, expected.iter().collect::<Vec<_>>());
        }
        end.store(true, Relaxed);
    });
}

pub fn writers_share_commits(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    std::thread::scope(|scope| {
        let store = &*store;
        for writer in 0..8 {
            scope.spawn(move || {
                for i in 0..25 {
                    let id = format!("{writer}-{i}");
                    let good = with_vectors(Item::new(&id, "好"), i);
                    let bad = with_vectors(Item::new("", "坏"), i);
                    store.upsert("c", "", vec![good]).unwrap();
                    // Who is told reads what it wrote, and whose batch is refused takes nothing of the others with it.
                    assert_eq!(store.get("c", &[&id]).unwrap().len(), 1);
                    assert!(store.upsert("c", "", vec![bad]).is_err());
                }
            });
        }
    });
    assert_eq!(store.count("c", None).unwrap(), 200);
}

/// Words are set while others write: no text is cut for the old ones in the end, none is missing and none is there twice.
pub fn words_change_beside_writers(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let plan = |i: usize| with_vectors(Item::new(format!("{i:05}"), "云梯计划"), i as u64);
    store
        .upsert("c", "", (0..2500).map(plan).collect())
        .unwrap();
    let end = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (store, end) = (&*store, &end);
        let writer = scope.spawn(move || {
            let mut n = 0;
            // Once at least, however soon the words are set.
            while n == 0 || !end.load(Relaxed) {
                store.delete("c", &[&format!("{n:05}")]).unwrap();
                store
                    .upsert("c", "", vec![plan(2499 - n), plan(3000 + n)])
                    .unwrap();
                n += 1;
            }
        });
        // 天梯 is then met in no text that was cut for the old words.
        let rules = WordRules {
            words: vec![],
            synonyms: vec![vec!["云梯计划".into(), "天梯".into()]],
        };
        store.set_words("c", &rules).unwrap();
        end.store(true, Relaxed);
        writer.join().unwrap();
    });
    let by = |text| {
        let query = Query::Lexical { text, vector: None };
        let search = Search {
            query,
            filter: None,
            limit: 10_000,
        };
        store.search("c", &search).unwrap().len() as u64
    };
    assert_eq!(
        (by("天梯"), by("云梯计划")),
        (
            store.count("c", None).unwrap(),
            store.count("c", None).unwrap()
        )
    );
    assert!(store.count("c", None).unwrap() >= 2500);
}
