//! A collection that is large enough for a graph.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde_json::{Value, json};
use yuyi_store::{
    Field, FieldType, Filter, Item, NewCollection, Query, ReindexItem, ReindexVectors, Search,
    Space, Store, VectorItem,
};

use crate::open;
use crate::servers::{Database, execute, server, value};
use crate::suite::Place;
use crate::suite::examples::{filter, random};

const DIMENSION: usize = 384;
const ITEMS: u64 = 21_000;
const QUERIES: u64 = 20;

/// What is searched among: all; almost all, for which the graph may be followed; half, a tenth, a hundredth.
fn filters() -> [Option<Filter>; 5] {
    let below = |most: u64| {
        let range: Value = json!({"must": {"key": "n", "range": {"lt": most}}});
        Some(filter(range))
    };
    [None, below(98), below(50), below(10), below(1)]
}

/// A vector near one of many centres, as those of sentences are.
fn vector(i: u64) -> Vec<f32> {
    let (centre, own) = (
        random(i * 7919 % 1000, DIMENSION),
        random(5000 + i, DIMENSION),
    );
    centre
        .iter()
        .zip(own)
        .map(|(centre, own)| 0.3 + centre + 0.7 * own)
        .collect()
}

fn one(i: u64) -> VectorItem {
    let mut item = Item::new(i.to_string(), "同一句话");
    item.payload.insert("n".into(), (i % 100).into());
    VectorItem {
        item,
        vectors: vec![vector(i)],
    }
}

fn nearest(store: &dyn Store, i: u64, filter: Option<&Filter>, limit: usize) -> BTreeSet<String> {
    let query = Query::Dense {
        vector: &vector(1_000_000 + i),
    };
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
    hits.into_iter().map(|hit| hit.item.id).collect()
}

/// The ten nearest of each query, among what each filter leaves.
fn ten_nearest(store: &dyn Store) -> Vec<BTreeSet<String>> {
    let of = |filter: &Option<Filter>| {
        let find = |i| nearest(store, i, filter.as_ref(), 10);
        (0..QUERIES).map(find).collect::<Vec<_>>()
    };
    filters().iter().flat_map(of).collect()
}

fn graphs(url: &str, column: &str) -> String {
    let sql = format!(
        "SELECT coalesce(string_agg({column}::text, ' '), '') FROM pg_index i JOIN pg_stat_all_indexes s ON i.indexrelid = s.indexrelid WHERE s.indexrelname LIKE 'graph%'"
    );
    value(url, &sql)
}

#[test]
fn a_graph_finds_what_comparing_all_finds() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = open(&place.url);
    let fields = vec![Field {
        name: "n".into(),
        kind: FieldType::Number,
    }];
    store
        .create(&NewCollection {
            fields,
            ..NewCollection::given("c", DIMENSION)
        })
        .unwrap();
    assert_eq!(store.maintain().unwrap(), 0);
    for first in (0..ITEMS).step_by(1000) {
        store
            .upsert("c", "", (first..first + 1000).map(one).collect())
            .unwrap();
    }
    let exact = ten_nearest(&store);
    build_beside_a_writer(&store);
    assert_eq!(graphs(&place.url, "indisvalid"), "true");
    assert_eq!(store.maintain().unwrap(), 0);

    let found = ten_nearest(&store);
    for (exact, found) in exact
        .chunks(QUERIES as usize)
        .zip(found.chunks(QUERIES as usize))
    {
        let same: usize = exact
            .iter()
            .zip(found)
            .map(|(a, b)| a.intersection(b).count())
            .sum();
        let all: usize = exact.iter().map(BTreeSet::len).sum();
        assert_eq!(all as u64, 10 * QUERIES);
        assert!(same * 100 >= all * 98, "{same} of {all}");
    }
    until_used(&place.url, 0);
    filtered_searches_go_on_along_the_graph(&place.url, &exact);

    // What a build that was cut short has left.
    execute(
        &place.url,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE 'yuyi.graph%'",
    );
    assert_eq!(store.maintain().unwrap(), 1);
    assert_eq!(graphs(&place.url, "indisvalid"), "true");
    all_is_found_among_what_is_left(&store);
}

/// Among so few rows the server would rather compare all of them; a graph it cannot leave is followed until there are enough that the filter means.
fn filtered_searches_go_on_along_the_graph(url: &str, exact: &[BTreeSet<String>]) {
    for setting in ["enable_seqscan", "enable_bitmapscan", "enable_sort"] {
        let set = format!("ALTER DATABASE %I SET {setting} = off");
        let sql = format!("DO $$ BEGIN EXECUTE format('{set}', current_database()); END $$");
        execute(url, &sql);
    }
    let store = open(url);
    let used: u64 = graphs(url, "idx_scan").parse().unwrap();
    let almost_all = filters()[1].clone();
    let find = |i| nearest(&store, i, almost_all.as_ref(), 10);
    let found: Vec<_> = (0..QUERIES).map(find).collect();
    let exact = &exact[QUERIES as usize..2 * QUERIES as usize];
    let pairs = exact.iter().zip(&found);
    let same: usize = pairs.map(|(a, b)| a.intersection(b).count()).sum();
    assert!(same as u64 * 100 >= QUERIES * 10 * 98, "{same}");
    // As many as are wanted, although two of a hundred that it comes upon are not meant.
    let hits = nearest(&store, 1, almost_all.as_ref(), 250);
    assert_eq!(hits.len(), 250);
    let is_meant = |id: &String| id.parse::<u64>().unwrap() % 100 < 98;
    assert!(hits.iter().all(is_meant));
    drop(store);
    until_used(url, used);
}

/// Waits until the graph was used more often: the server tells it a second later.
fn until_used(url: &str, before: u64) {
    while graphs(url, "idx_scan").parse::<u64>().unwrap() <= before {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Builds the graph while another writes, who does not wait for it.
fn build_beside_a_writer(store: &dyn Store) {
    let is_built = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut meanwhile = 0;
            while !is_built.load(Relaxed) {
                store.upsert("c", "", vec![one(meanwhile)]).unwrap();
                meanwhile += 1;
            }
            meanwhile
        });
        assert_eq!(store.maintain().unwrap(), 1);
        is_built.store(true, Relaxed);
        assert!(writer.join().unwrap() > 1);
    });
}

/// Limits beyond what a graph gives, and a collection that was large once.
fn all_is_found_among_what_is_left(store: &dyn Store) {
    assert_eq!(nearest(store, 1, None, 1500).len(), 1500);
    let most = filter(json!({"must": {"key": "n", "range": {"gte": 2}}}));
    store.delete_matching("c", &most).unwrap();
    for limit in [10, 300, 1000] {
        assert_eq!(
            nearest(store, 1, None, limit).len(),
            limit.min(ITEMS as usize / 50)
        );
    }
}

/// Vectors of a model that gives so many numbers.
fn of_dimension(dimension: usize, key: u64) -> Vec<Vec<f32>> {
    vec![random(key, dimension)]
}

#[test]
fn a_move_has_its_graph_before_it_ends() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = open(&place.url);
    store.create(&NewCollection::given("c", 2)).unwrap();
    let item = |i: u64| VectorItem {
        item: Item::new(i.to_string(), "一句话"),
        vectors: of_dimension(2, i),
    };
    for first in (0..ITEMS).step_by(7000) {
        let items = (first..first + 7000).map(item);
        store.upsert("c", "", items.collect()).unwrap();
    }
    let to = Space {
        model: Some("new".into()),
        ..Space::given(3)
    };
    store.begin_reindex("c", &to).unwrap();
    loop {
        let todo = store.reindex_todo("c", &to, 7000).unwrap();
        if todo.is_empty() {
            break;
        }
        let new = |item: ReindexItem| ReindexVectors {
            key: item.key,
            vectors: of_dimension(3, item.key as u64),
        };
        store
            .put_reindexed("c", &to, todo.into_iter().map(new).collect())
            .unwrap();
    }
    store.finish_reindex("c", &to).unwrap();
    assert_eq!(graphs(&place.url, "indisvalid"), "true");
    assert_eq!(store.maintain().unwrap(), 0, "nothing is left to build");
    let query = Query::Dense {
        vector: &random(7, 3),
    };
    let search = Search {
        query,
        filter: None,
        limit: 10,
    };
    assert_eq!(store.search("c", &search).unwrap().len(), 10);
}
