//! The engine on PostgreSQL: what every engine does, on the server that `YUYI_TEST_POSTGRES` names, such as `postgres://postgres@localhost:5432/postgres`.
//! Each test has a database of its own.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "suite/mod.rs"]
mod suite;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use postgres::{Client, NoTls};
use yuyi_store::{PostgresOptions, PostgresStore, Store};

/// A database.
struct Database {
    server: String,
    name: String,
}

/// The server, or `None`, which is said.
fn server() -> Option<String> {
    let server = std::env::var("YUYI_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!("NOT RUN: YUYI_TEST_POSTGRES names no server");
    }
    server
}

impl Database {
    fn url(&self) -> String {
        let (front, _) = self.server.rsplit_once('/').unwrap();
        format!("{front}/{}", self.name)
    }
}

impl suite::Place for Database {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "yuyi_test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Relaxed)
        );
        let server = server().unwrap();
        let mut client = Client::connect(&server, NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        Self { server, name }
    }

    fn open(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::open(&self.url(), &PostgresOptions::default()).unwrap())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let mut client = Client::connect(&self.server, NoTls).unwrap();
        client
            .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))
            .unwrap();
    }
}

store_suite!(Database, if server().is_some());

/// Ten processes that start at once.
#[test]
fn many_may_start_at_once() {
    if server().is_none() {
        return;
    }
    let place = <Database as suite::Place>::new();
    std::thread::scope(|scope| {
        let open = || {
            PostgresStore::open(&place.url(), &PostgresOptions::default()).map(|store| store.ping())
        };
        let starts: Vec<_> = (0..10).map(|_| scope.spawn(open)).collect();
        for start in starts {
            start.join().unwrap().unwrap().unwrap();
        }
    });
}
