//! Callers that go away while the server works for them: it stops working, and their connection is another caller's.

use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use serde_json::json;
use yuyi_store::{
    Caller, Error, EventStore, Near, PostgresOptions, PostgresStore, Query, Search, Store,
};

use crate::quick;
use crate::servers::{Bounced, Database, server, server_for_bouncer, value};
use crate::suite::Place;
use crate::suite::examples::{DIMENSION, collection, filter, item, random, with_vectors};

/// Statements that wait for a table, as one that computes for long would compute.
const WORKING: &str = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";

/// A call that somebody waits for; why it failed.
type Call<'a> = &'a dyn Fn(Caller<'_>) -> Option<Error>;

/// A store with one connection, and a collection of some items.
fn with_one_connection(place: &impl Place) -> PostgresStore {
    let options = PostgresOptions {
        connections: 1,
        ..quick()
    };
    let store = PostgresStore::open(&place.address(), &options).unwrap();
    store.create(&collection("c")).unwrap();
    let items = (0..20).map(|i| {
        let payload = json!({"tag": "a", "free": "a"});
        with_vectors(item(&i.to_string(), "货物", payload), i)
    });
    store.upsert("c", "", items.collect()).unwrap();
    store
}

fn statements_end_with_their_caller(place: &impl Place, url: &str) {
    let store = with_one_connection(place);
    let vectors = [random(1, DIMENSION)];
    let search = |query| Search {
        query,
        filter: None,
        limit: 5,
    };
    let dense = search(Query::Dense {
        vector: &vectors[0],
    });
    let lexical = search(Query::Lexical {
        text: "货物",
        vector: None,
    });
    let near = Near {
        vectors: &vectors,
        filter: None,
        without: &[],
        limit: 5,
    };
    let is_a = |key: &str| filter(json!({"must": {"key": key, "match": {"value": "a"}}}));
    let (declared, free) = (is_a("tag"), is_a("free"));
    let calls: [(&str, Call<'_>); 6] = [
        ("vectors_1_1", &|caller| {
            store.search_for("c", &dense, caller).err()
        }),
        ("terms_1_1", &|caller| {
            store.search_for("c", &lexical, caller).err()
        }),
        ("vectors_1_1", &|caller| {
            store.near("c", &near, caller).err()
        }),
        ("fields_1", &|caller| {
            store.count_for("c", Some(&declared), caller).err()
        }),
        ("items_1", &|caller| {
            store.count_for("c", Some(&free), caller).err()
        }),
        ("items_1", &|caller| {
            store.delete_matching_for("c", &free, caller).err()
        }),
    ];
    for (table, call) in calls {
        let mut other = Client::connect(url, NoTls).unwrap();
        let mut held = other.transaction().unwrap();
        held.batch_execute(&format!("LOCK TABLE yuyi.{table}"))
            .unwrap();
        // It goes away once the server works for it.
        let stays = || value(url, WORKING) == "0";
        let caller = Caller {
            stays: &stays,
            ..Caller::PATIENT
        };
        assert_eq!(call(caller), Some(Error::Unwanted), "{table}");
        let end = Instant::now() + Duration::from_secs(10);
        while value(url, WORKING) != "0" {
            assert!(Instant::now() < end, "the server works on: {table}");
        }
        held.rollback().unwrap();
        assert_eq!(call(Caller::PATIENT), None, "{table}");
    }
}

#[test]
fn statements_end_with_their_caller_on_a_server() {
    if server().is_some() {
        let place = Database::new();
        statements_end_with_their_caller(&place, &place.url);
    }
}

#[test]
fn statements_end_with_their_caller_behind_pgbouncer() {
    if server_for_bouncer().is_some() {
        let place = Bounced::new();
        statements_end_with_their_caller(&place, place.url());
    }
}

/// Whoever goes away while all connections are in use does not wait for one.
#[test]
fn turns_are_given_up() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = with_one_connection(&place);
    let mut other = Client::connect(&place.url, NoTls).unwrap();
    let mut held = other.transaction().unwrap();
    held.batch_execute("LOCK TABLE yuyi.items_1").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| store.get("c", &["1"]).unwrap());
        while value(&place.url, WORKING) != "1" {
            std::thread::sleep(Duration::from_millis(10));
        }
        let leaving = Caller {
            stays: &|| false,
            ..Caller::PATIENT
        };
        assert_eq!(store.count_for("c", None, leaving), Err(Error::Unwanted));
        held.rollback().unwrap();
    });
    assert_eq!(store.count("c", None), Ok(20));
}
