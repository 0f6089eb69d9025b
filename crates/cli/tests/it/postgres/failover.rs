//! A primary and a standby behind servers of ours: the primary is killed, the standby read from or promoted.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};

use super::post;
use super::programs::{Server as Postgres, execute, server};
use crate::support::server::{Reply, Server};

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn item(id: &str) -> Value {
    json!({"id": id, "text": "一句话", "vector": [1, 2, 3]})
}

fn put(server: &Server, id: &str) -> Reply {
    let body = json!({"items": [item(id)]}).to_string();
    server.ask("POST", "/v1/collections/c/items", &body)
}

/// What is said for now, and nothing else.
fn assert_for_now(reply: &Reply) {
    assert_eq!(reply.status, 503, "{reply:?}");
    assert!(reply.head.contains("\r\nretry-after: "), "{reply:?}");
    assert_eq!(reply.json()["error"]["code"], "store_unavailable");
}

#[test]
fn only_those_who_allow_it_are_answered_by_the_standby() {
    if server().is_none() {
        return;
    }
    let primary = Postgres::start();
    let standby = primary.with_standby();
    let (store, read) = (primary.url(), standby.url());
    let server = Server::start(&["--store", &store, "--store-read", &read]);
    post(&server, "", json!({"name": "c", "dimension": 3}));
    assert_eq!(put(&server, "a").status, 200);
    let count = |stale: bool| post(&server, "/c/count", json!({"stale": stale}))["count"].clone();
    until(|| count(true) == 1);
    let metric = |name: &str| {
        let text = server.ask("GET", "/metrics", "").text;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(|number| number.parse::<f64>().unwrap())
    };
    until(|| metric("yuyi_store_standby_lag_seconds") == Some(0.0));

    execute(&read, "SELECT pg_wal_replay_pause()");
    assert_eq!(put(&server, "b").status, 200);
    assert_eq!((count(false), count(true)), (json!(2), json!(1)));
    let found = |stale: bool| {
        let body = json!({"vector": [1, 2, 3], "mode": "dense", "stale": stale});
        post(&server, "/c/search", body)["results"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((found(false), found(true)), (2, 1));
    let item = |stale: bool| {
        let path = format!("/v1/collections/c/items/b?stale={stale}");
        server.ask("GET", &path, "").status
    };
    assert_eq!((item(false), item(true)), (200, 404));
    let page = |stale: bool| {
        let path = format!("/v1/collections/c/items?stale={stale}");
        let page = server.ask("GET", &path, "").done();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((page(false), page(true)), (2, 1));
    until(|| metric("yuyi_store_standby_lag_seconds").is_some_and(|lag| lag > 0.0));
    // A collection of which it has not heard is asked for where it is.
    post(&server, "", json!({"name": "new", "dimension": 3}));
    assert_eq!(
        post(&server, "/new/count", json!({"stale": true}))["count"],
        0
    );
    execute(&read, "SELECT pg_wal_replay_resume()");
    until(|| count(true) == 2);

    let probe = |path: &str| server.ask("GET", path, "");
    assert_eq!(probe("/readyz").status, 200);
    primary.kill();
    until(|| probe("/readyz").status != 200);
    for path in ["/readyz", "/health"] {
        assert_for_now(&probe(path));
    }
    assert_eq!(probe("/livez").status, 200);
    assert_for_now(&put(&server, "d"));
    assert_for_now(&server.ask("POST", "/v1/collections/c/count", "{}"));
    assert_eq!((count(true), found(true)), (json!(2), 2));
    standby.kill();
    assert_for_now(&server.ask("POST", "/v1/collections/c/count", r#"{"stale": true}"#));
    assert_eq!(metric("yuyi_store_standby_up"), Some(0.0));
}

/// What those who write and read have seen.
#[derive(Default)]
struct Seen {
    acknowledged: Mutex<BTreeSet<String>>,
    refused: AtomicUsize,
    read: AtomicUsize,
    end: AtomicBool,
}

impl Seen {
    fn written(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }

    fn refuse(&self, reply: &Reply) {
        assert_for_now(reply);
        self.refused.fetch_add(1, Relaxed);
        std::thread::sleep(Duration::from_millis(20));
    }

    /// Waits for so many more writes and reads that are answered.
    fn wait_for_answers(&self) {
        let (written, read) = (self.written(), self.read.load(Relaxed));
        until(|| self.written() >= written + 30 && self.read.load(Relaxed) >= read + 10);
    }
}

fn write(server: &Server, seen: &Seen, writer: usize) {
    for n in 0.. {
        if seen.end.load(Relaxed) {
            return;
        }
        let id = format!("{writer}-{n}");
        let reply = put(server, &id);
        match reply.status {
            200 => drop(seen.acknowledged.lock().unwrap().insert(id)),
            _ => seen.refuse(&reply),
        }
    }
}

fn read(server: &Server, seen: &Seen) {
    let body = json!({"vector": [1, 2, 3], "mode": "dense", "limit": 5}).to_string();
    while !seen.end.load(Relaxed) {
        let reply = server.ask("POST", "/v1/collections/c/search", &body);
        match reply.status {
            200 => drop(seen.read.fetch_add(1, Relaxed)),
            _ => seen.refuse(&reply),
        }
    }
}

#[test]
fn clients_of_a_killed_primary_are_told_to_try_again_and_lose_nothing() {
    if server().is_none() {
        return;
    }
    let primary = Postgres::start();
    let standby = primary.with_standby();
    let (first, second) = (primary.port(), standby.port());
    let both = format!("postgres://postgres@127.0.0.1:{first},127.0.0.1:{second}/postgres");
    let servers = [&both, &both].map(|store| Server::start(&["--store", store]));
    post(&servers[0], "", json!({"name": "c", "dimension": 3}));
    let seen = Seen::default();
    std::thread::scope(|scope| {
        let (seen, servers) = (&seen, &servers);
        for writer in 0..3 {
            scope.spawn(move || write(&servers[writer % 2], seen, writer));
        }
        for server in servers {
            scope.spawn(move || read(server, seen));
        }
        seen.wait_for_answers();
        primary.kill();
        let before = seen.refused.load(Relaxed);
        until(|| seen.refused.load(Relaxed) >= before + 10);
        standby.promote();
        seen.wait_for_answers();
        until(|| {
            servers
                .iter()
                .all(|server| server.ask("GET", "/readyz", "").status == 200)
        });
        seen.end.store(true, Relaxed);
    });
    let lines = servers[1].ask("GET", "/v1/collections/c/export", "").text;
    let there: BTreeSet<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let acknowledged = seen.acknowledged.lock().unwrap();
    let lost: Vec<&String> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
