//! A primary with a standby that follows it.

use std::time::Duration;

use yuyi_store::{Error, Item, PostgresOptions, PostgresStore, Store};

use crate::limits::{answered, put, unavailable};
use crate::quick;
use crate::servers::{Server, execute, server};
use crate::suite::examples::collection;

fn open(primary: &str, standby: &Server) -> PostgresStore {
    let options = PostgresOptions {
        read_from: Some(standby.url()),
        statement: Duration::from_secs(1),
        ..quick()
    };
    PostgresStore::open(primary, &options).unwrap()
}

fn get(store: &dyn Store, id: &str) -> Option<Item> {
    store.get("c", &[id]).unwrap().pop()
}

fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn only_reads_that_may_be_behind_are() {
    if server().is_none() {
        return;
    }
    let primary = Server::start();
    let standby = primary.with_standby();
    let store = open(&primary.url(), &standby);
    let stale = store.stale().unwrap();
    store.create(&collection("c")).unwrap();
    put(&store, "a").unwrap();
    until(|| stale.get("c", &["a"]).is_ok_and(|found| found.len() == 1));
    assert_eq!(store.lag().unwrap(), Some(Duration::ZERO));

    execute(&standby.url(), "SELECT pg_wal_replay_pause()");
    put(&store, "b").unwrap();
    assert!(get(&store, "b").is_some() && get(stale, "b").is_none());
    assert!(store.lag().unwrap().unwrap() > Duration::ZERO);
    // What writes goes to the primary, whichever is asked.
    put(stale, "d").unwrap();
    assert!(get(&store, "d").is_some() && get(stale, "d").is_none());
    execute(&standby.url(), "SELECT pg_wal_replay_resume()");
    until(|| get(stale, "d").is_some());
    assert_eq!(store.lag().unwrap(), Some(Duration::ZERO));

    primary.kill();
    unavailable(|| put(&store, "e"));
    unavailable(|| store.count("c", None));
    assert_eq!(stale.count("c", None).unwrap(), 3);
    assert!(store.lag().unwrap().unwrap() > Duration::ZERO);
    standby.kill();
    unavailable(|| stale.count("c", None));
    unavailable(|| store.lag());
}

/// The order in an address decides nothing, and who writes is never answered by a standby.
#[test]
fn a_standby_is_not_taken_for_the_primary() {
    if server().is_none() {
        return;
    }
    let primary = Server::start();
    let standby = primary.with_standby();
    let both = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
        standby.port(),
        primary.port()
    );
    let store = open(&both, &standby);
    store.create(&collection("c")).unwrap();
    for id in ["a", "b", "c"] {
        put(&store, id).unwrap();
        assert!(get(&store, id).is_some());
    }
    let reason = unavailable(|| PostgresStore::open(&standby.url(), &quick()).map(drop));
    assert!(reason.contains("it is a standby"), "{reason}");
}

/// A commit that the standby has not confirmed is not acknowledged, however long it takes.
#[test]
fn what_no_standby_has_is_not_acknowledged() {
    if server().is_none() {
        return;
    }
    let primary = Server::start();
    let standby = primary.with_standby();
    let store = open(&primary.url(), &standby);
    store.create(&collection("c")).unwrap();
    put(&store, "a").unwrap();
    standby.freeze();
    match answered(|| put(&store, "b")) {
        Err(Error::Unconfirmed { reason }) => {
            assert!(reason.contains("no answer within"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    // Reads need no confirmation.
    answered(|| store.count("c", None)).unwrap();
    standby.thaw();
    until(|| put(&store, "d").is_ok());
    assert!(get(&store, "d").is_some());
}
