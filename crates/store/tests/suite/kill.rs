//! A process that is killed while it writes.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use yuyi_store::{Event, EventKind, Query, Scroll, Search, Store, Timestamp};

use super::Place;
use super::examples::{DIMENSION, collection, filter, item, random, with_vectors};

/// Items of a batch.
const BATCH: u64 = 50;

/// Batches that stay; older ones are removed, two at a time.
const STAY: u64 = 40;

/// Writes batches to the place of the environment, and says which is acknowledged, until it is killed. Two threads, so that commits are shared.
pub fn child_that_writes<P: Place>() {
    let Ok(address) = std::env::var("YUYI_STORE_PLACE") else {
        return;
    };
    let first: u64 = std::env::var("YUYI_STORE_FIRST").unwrap().parse().unwrap();
    let store = P::open_at(&address);
    store.create(&collection("c")).unwrap();
    std::thread::scope(|scope| {
        let store = &*store;
        for writer in 0..2 {
            scope.spawn(move || {
                for n in (first + writer..).step_by(2) {
                    write(store, n);
                }
            });
        }
    });
}

fn write(store: &dyn Store, n: u64) {
    let one = |i| {
        with_vectors(
            item(&format!("{n}-{i}"), &format!("第{n}批"), json!({"n": n})),
            n + i,
        )
    };
    let latest = with_vectors(
        item(&format!("latest{}", n % 2), "最后一批", json!({"n": n})),
        n,
    );
    store
        .upsert("c", "", (0..BATCH).map(one).chain([latest]).collect())
        .unwrap();
    say(&format!("written {n}"));
    let told = |i| Event {
        user: format!("user{}", n % 2),
        item: format!("{n}-{i}"),
        kind: EventKind::Click,
        weight: 1.0,
        time: Timestamp::from_micros(n as i64),
    };
    store.add_events("c", (0..2).map(told).collect()).unwrap();
    say(&format!("told {n}"));
    if n % 8 < 2 && n >= STAY {
        let old = filter(json!({"must": {"key": "n", "match": {"value": n - STAY}}}));
        store.delete_matching("c", &old).unwrap();
        say(&format!("removed {}", n - STAY));
    }
}

/// In one piece, whichever thread says it.
fn say(line: &str) {
    std::io::stdout()
        .write_all(format!("\n{line}\n").as_bytes())
        .unwrap();
}

/// What a child has acknowledged.
#[derive(Default)]
pub struct Acknowledged {
    written: BTreeSet<u64>,
    removed: BTreeSet<u64>,
    told: BTreeSet<u64>,
}

impl Acknowledged {
    /// Whether the line says something new.
    pub fn hear(&mut self, line: &str) -> bool {
        match line.split_once(' ') {
            Some(("written", n)) => self.written.insert(n.parse().unwrap()),
            Some(("told", n)) => {
                self.told.insert(n.parse().unwrap());
                false
            }
            Some(("removed", n)) => self.removed.insert(n.parse().unwrap()),
            _ => false,
        }
    }
}

/// A child that writes batches from the `first` on until it is killed.
pub fn command(place: &impl Place, first: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "child_that_writes", "--ignored", "--nocapture"])
        .env("YUYI_STORE_PLACE", place.address())
        .env("YUYI_STORE_FIRST", first.to_string());
    command
}

pub fn what_was_acknowledged_outlives_a_kill(place: &impl Place) {
    let mut done = Acknowledged::default();
    for round in 0..20 {
        let first = done.written.last().map_or(0, |last| last + 3);
        let mut child = command(place, first)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Not before it writes, and each time at another moment.
        let mut seen = 0;
        while seen < 5 + round % 7 {
            seen += usize::from(done.hear(&lines.next().unwrap().unwrap()));
        }
        std::thread::sleep(Duration::from_micros(1700 * round as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        lines
            .map_while(Result::ok)
            .for_each(|line| _ = done.hear(&line));
        check(place, &done);
    }
    assert!(done.written.len() > 100, "{}", done.written.len());
}

/// Whether a place has what was acknowledged, and nothing by halves.
pub fn check(place: &impl Place, done: &Acknowledged) {
    assert_eq!(place.check(), Vec::<String>::new());
    let store = place.open();
    let all = store.scroll("c", &Scroll::first(1_000_000)).unwrap().items;
    let number = |item: &yuyi_store::VectorItem| item.item.payload["n"].as_u64().unwrap();
    let count = |n: u64| {
        all.iter()
            .filter(|item| !item.item.id.starts_with("latest") && number(item) == n)
            .count() as u64
    };
    let present: BTreeSet<u64> = all.iter().map(number).collect();
    for &n in done.written.difference(&done.removed) {
        // A removal may be done and not be said yet.
        let may_be_gone = n % 8 < 2 && done.written.contains(&(n + STAY));
        assert!(
            count(n) == BATCH || (may_be_gone && count(n) == 0),
            "batch {n}: {}",
            count(n)
        );
    }
    for &n in &present {
        assert!(
            count(n) == BATCH || done.removed.contains(&n),
            "batch {n}: {}",
            count(n)
        );
    }
    for &n in &done.removed {
        assert_eq!(count(n), 0, "batch {n} was removed");
    }
    for item in all.iter().filter(|item| item.item.id.starts_with("latest")) {
        let own = |n: &&u64| format!("latest{}", **n % 2) == item.item.id;
        let last = done.written.iter().rfind(own);
        assert!(
            last.is_none_or(|last| number(item) >= *last),
            "{:?}",
            item.item
        );
    }
    let mut told: std::collections::BTreeMap<u64, usize> = Default::default();
    for user in ["user0", "user1"] {
        for past in store.history("c", user, 0).unwrap() {
            *told.entry(past.time.micros() as u64).or_default() += 1;
        }
    }
    assert!(told.values().all(|count| *count == 2), "events by halves");
    assert!(done.told.iter().all(|n| told.contains_key(n)));
    let search = Search {
        query: Query::Dense {
            vector: &random(1, DIMENSION),
        },
        filter: None,
        limit: 1_000_000,
    };
    assert_eq!(store.search("c", &search).unwrap().len(), all.len());
}
