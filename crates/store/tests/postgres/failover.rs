//! The primary is killed while many write and read, and the standby, which confirms commits, takes its place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde_json::json;
use yuyi_store::{
    Error, Fusion, Item, PostgresStore, Query, Result, Scroll, Search, Store, VectorItem,
};

use crate::check::contradictions;
use crate::quick;
use crate::servers::{Server, server, server_for_bouncer};
use crate::suite::examples::{DIMENSION, collection, item, random, with_vectors};

/// Items of a batch.
const BATCH: u64 = 10;

const WRITERS: u64 = 3;

/// Batches that each writer is to have acknowledged before the end, and again after it.
const ENOUGH: u64 = 10;

/// How often each test is repeated: more in `scripts/test_full`.
fn rounds() -> u32 {
    let rounds = std::env::var("YUYI_TEST_ROUNDS");
    rounds.map_or(1, |rounds| rounds.parse().unwrap())
}

fn batch(writer: u64, n: u64) -> Vec<VectorItem> {
    let one = |i| {
        let id = format!("{writer}-{n}-{i}");
        with_vectors(
            item(
                &id,
                &format!("第{n}批"),
                json!({"batch": format!("{writer}-{n}")}),
            ),
            n + i,
        )
    };
    (0..BATCH).map(one).collect()
}

/// What writers and readers have seen.
#[derive(Default)]
struct Seen {
    acknowledged: [Mutex<BTreeSet<u64>>; WRITERS as usize],
    refusals: AtomicU64,
    reads: AtomicU64,
    end: AtomicBool,
}

impl Seen {
    /// A refusal for now is one; any other fails the test.
    fn refused(&self, error: &Error) {
        let is_for_now = matches!(
            error,
            Error::Unavailable { .. } | Error::Unreachable { .. } | Error::Unconfirmed { .. }
        );
        assert!(is_for_now, "{error:?}");
        self.refusals.fetch_add(1, Relaxed);
        std::thread::sleep(Duration::from_millis(20));
    }

    fn written(&self, writer: u64) -> usize {
        self.acknowledged[writer as usize].lock().unwrap().len()
    }

    /// Until each writer has written so much more.
    fn wait_for_writers(&self) {
        let before: Vec<usize> = (0..WRITERS).map(|writer| self.written(writer)).collect();
        let is_done =
            |writer: u64| self.written(writer) >= before[writer as usize] + ENOUGH as usize;
        while !(0..WRITERS).all(is_done) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn write(store: &dyn Store, seen: &Seen, writer: u64) {
    for n in 0.. {
        if seen.end.load(Relaxed) {
            return;
        }
        match store.upsert("c", "", batch(writer, n)) {
            Ok(()) => drop(seen.acknowledged[writer as usize].lock().unwrap().insert(n)),
            Err(error) => seen.refused(&error),
        }
    }
}

fn read(store: &dyn Store, seen: &Seen, reader: u64) {
    while !seen.end.load(Relaxed) {
        match look(store, reader) {
            Ok(items) => {
                assert_whole(items.iter());
                seen.reads.fetch_add(1, Relaxed);
            }
            Err(error) => seen.refused(&error),
        }
    }
}

/// All items, by a page or by a search.
fn look(store: &dyn Store, reader: u64) -> Result<Vec<Item>> {
    if reader == 0 {
        let page = store.scroll("c", &Scroll::first(1_000_000))?;
        return Ok(page.items.into_iter().map(|item| item.item).collect());
    }
    let (vector, text) = (&random(reader, DIMENSION)[..], "批");
    let query = Query::Hybrid {
        vector,
        text,
        fusion: Fusion::default(),
    };
    let hits = store.search(
        "c",
        &Search {
            query,
            filter: None,
            limit: 1_000_000,
        },
    )?;
    Ok(hits.into_iter().map(|hit| hit.item).collect())
}

/// Every batch is there with all of its items or not at all; which are.
fn assert_whole<'a>(items: impl Iterator<Item = &'a Item>) -> BTreeSet<String> {
    let mut counts: HashMap<String, u64> = HashMap::new();
    for item in items {
        *counts
            .entry(item.payload["batch"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(counts.values().all(|count| *count == BATCH), "{counts:?}");
    counts.into_keys().collect()
}

/// `address`: of both servers.
fn fail_over(primary: &Server, standby: &Server, address: &str) {
    let open = || PostgresStore::open(address, &quick()).unwrap();
    let stores = [open(), open()];
    stores[0].create(&collection("c")).unwrap();
    let seen = Seen::default();
    std::thread::scope(|scope| {
        let (stores, seen) = (&stores, &seen);
        for writer in 0..WRITERS {
            let store = &stores[writer as usize % 2];
            scope.spawn(move || write(store, seen, writer));
        }
        for reader in 0..2 {
            scope.spawn(move || read(&stores[reader as usize], seen, reader));
        }
        seen.wait_for_writers();
        primary.kill();
        let before = seen.refusals.load(Relaxed);
        while seen.refusals.load(Relaxed) < before + 5 {
            std::thread::sleep(Duration::from_millis(10));
        }
        standby.promote();
        seen.wait_for_writers();
        let reads = seen.reads.load(Relaxed);
        while seen.reads.load(Relaxed) < reads + 5 {
            std::thread::sleep(Duration::from_millis(10));
        }
        seen.end.store(true, Relaxed);
    });
    let there = assert_whole(look(&stores[0], 0).unwrap().iter());
    for writer in 0..WRITERS {
        for n in &*seen.acknowledged[writer as usize].lock().unwrap() {
            assert!(
                there.contains(&format!("{writer}-{n}")),
                "batch {writer}-{n} is lost"
            );
        }
    }
    assert_eq!(contradictions(&standby.url()), Vec::<String>::new());
}

fn both(first: &Server, second: &Server) -> String {
    let (first, second) = (first.port(), second.port());
    format!(
        "postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres?target_session_attrs=read-write"
    )
}

#[test]
fn a_promoted_standby_is_found_and_has_all_that_was_acknowledged() {
    if server().is_none() {
        return;
    }
    for _ in 0..rounds() {
        let primary = Server::start();
        let standby = primary.with_standby();
        fail_over(&primary, &standby, &both(&primary, &standby));
    }
}

#[test]
fn and_so_it_is_behind_pgbouncer() {
    if server_for_bouncer().is_none() {
        return;
    }
    for _ in 0..rounds() {
        let primary = Server::start();
        let standby = primary.with_standby();
        let bouncers = [&primary, &standby].map(|server| Server::bouncer(server.port()));
        fail_over(&primary, &standby, &both(&bouncers[0], &bouncers[1]));
    }
}
