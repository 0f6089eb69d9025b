//! Servers and connections that do not answer: every call ends, says that it is for now, and the next one succeeds as soon as it can.

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use yuyi_store::{Error, Item, PostgresOptions, PostgresStore, Result, Store};

use crate::servers::{Database, Server, execute, server, value};
use crate::suite::Place;
use crate::suite::examples::{collection, with_vectors};
use crate::{open, quick};

/// What a call answers; one that hangs fails its test.
pub fn answered<T: Send>(call: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || sender.send(call()));
        let answer = receiver.recv_timeout(Duration::from_secs(60));
        answer.unwrap_or_else(|_| {
            eprintln!("a call hangs");
            std::process::abort()
        })
    })
}

/// The reason for which a call is refused for now.
pub fn unavailable<T: Send>(call: impl FnOnce() -> Result<T> + Send) -> String {
    match answered(call) {
        Err(
            Error::Unavailable { reason }
            | Error::Unreachable { reason }
            | Error::Unconfirmed { reason },
        ) => reason,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was answered"),
    }
}

/// Writes an item.
pub fn put(store: &dyn Store, id: &str) -> Result<()> {
    store.upsert("c", "", vec![with_vectors(Item::new(id, "在"), 1)])
}

/// A port that takes connections and says nothing.
fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[test]
fn no_server_or_a_silent_one() {
    let (_listener, silent) = silent();
    for (hosts, expected) in [
        ("127.0.0.1:1".to_owned(), "refused"),
        (format!("127.0.0.1:{silent}"), "no answer within 5s"),
        (format!("127.0.0.1:1,127.0.0.1:{silent}"), "; 127.0.0.1:"),
        ("no-such-host.invalid".to_owned(), "no-such-host.invalid: "),
    ] {
        let url = format!("postgres://u:hush@{hosts}/db");
        let reason = unavailable(|| PostgresStore::open(&url, &quick()).map(drop));
        assert!(
            reason.contains(expected) && !reason.contains("hush"),
            "{reason}"
        );
    }
}

#[test]
fn the_server_that_answers_is_found_behind_one_that_is_silent() {
    if server().is_none() {
        return;
    }
    let (place, (_listener, silent)) = (Database::new(), silent());
    let own = format!("127.0.0.1:{}", place.port());
    let url = place
        .url
        .replace(&own, &format!("127.0.0.1:{silent},127.0.0.1:1,{own}"));
    let store = PostgresStore::open(&url, &quick()).unwrap();
    store.create(&collection("c")).unwrap();
    put(&store, "a").unwrap();
}

#[test]
fn connections_that_have_ended_are_replaced() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = open(&place.url);
    store.create(&collection("c")).unwrap();
    for round in 0..3 {
        std::thread::scope(|scope| {
            let write = |i| put(&store, &format!("{round}-{i}")).unwrap();
            (0..8).for_each(|i| drop(scope.spawn(move || write(i))));
        });
        execute(
            &place.url,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'yuyi' AND datname = current_database()",
        );
    }
    assert_eq!(store.count("c", None).unwrap(), 24);
}

#[test]
fn connections_that_nobody_uses_are_closed() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let options = PostgresOptions {
        idle: Duration::ZERO,
        ..quick()
    };
    let store = PostgresStore::open(&place.url, &options).unwrap();
    store.create(&collection("c")).unwrap();
    std::thread::scope(|scope| {
        let store = &store;
        (0..8).for_each(|i| drop(scope.spawn(move || put(store, &format!("{i}")).unwrap())));
    });
    // The one that was used last remains until the next call.
    let open = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'yuyi' AND datname = current_database()";
    while !["0", "1"].contains(&&*value(&place.url, open)) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn whoever_waits_too_long_is_told() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let options = PostgresOptions {
        connections: 1,
        turn: Duration::from_millis(300),
        statement: Duration::from_secs(2),
        ..quick()
    };
    let store = PostgresStore::open(&place.url, &options).unwrap();
    store.create(&collection("c")).unwrap();
    let mut other = Client::connect(&place.url, NoTls).unwrap();
    let mut held = other.transaction().unwrap();
    held.batch_execute("SELECT 1 FROM yuyi.collections FOR UPDATE")
        .unwrap();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| unavailable(|| put(&store, "a")));
        // It has the only connection.
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while value(&place.url, waiting) != "1" {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(
            unavailable(|| store.ping()),
            "all its connections are in use"
        );
        let reason = writer.join().unwrap();
        assert!(reason.contains("statement timeout"), "{reason}");
    });
    held.rollback().unwrap();
    put(&store, "b").unwrap();
    assert_eq!(store.count("c", None).unwrap(), 1);
}

/// However many write to one collection, and wait for each other, others are answered.
#[test]
fn writers_leave_connections_to_others() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = PostgresStore::open(&place.url, &quick()).unwrap();
    store.create(&collection("c")).unwrap();
    let mut other = Client::connect(&place.url, NoTls).unwrap();
    let mut held = other.transaction().unwrap();
    held.batch_execute("SELECT 1 FROM yuyi.collections FOR UPDATE")
        .unwrap();
    std::thread::scope(|scope| {
        let store = &store;
        let write = |i| scope.spawn(move || answered(|| put(store, &format!("{i}"))));
        let writers: Vec<_> = (0..20).map(write).collect();
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while value(&place.url, waiting) != "6" {
            std::thread::sleep(Duration::from_millis(10));
        }
        let began = Instant::now();
        for _ in 0..20 {
            assert_eq!(store.count("c", None), Ok(0));
        }
        assert!(began.elapsed() < quick().turn, "{:?}", began.elapsed());
        assert_eq!(value(&place.url, waiting), "6");
        held.rollback().unwrap();
        for writer in writers {
            writer.join().unwrap().unwrap();
        }
    });
    assert_eq!(store.count("c", None), Ok(20));
}

/// A server that acknowledges before it has written to its disk does so for others only.
#[test]
fn what_is_acknowledged_is_on_the_disk() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = open(&place.url);
    store.create(&collection("c")).unwrap();
    drop(store);
    let name = place.url.rsplit_once('/').unwrap().1;
    execute(
        &place.url,
        "CREATE TABLE seen (setting text);
         CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$;
         CREATE TRIGGER see BEFORE UPDATE ON yuyi.collections FOR EACH ROW EXECUTE FUNCTION see();",
    );
    for setting in ["off", "remote_write"] {
        execute(
            &place.url,
            &format!("ALTER DATABASE {name} SET synchronous_commit = {setting}"),
        );
        put(&open(&place.url), setting).unwrap();
    }
    let seen = "SELECT string_agg(setting, ' ') FROM seen";
    assert_eq!(value(&place.url, seen), "local remote_write");
}

#[test]
fn a_frozen_server() {
    if server().is_none() {
        return;
    }
    let server = Server::start();
    let options = PostgresOptions {
        statement: Duration::from_secs(1),
        ..quick()
    };
    let store = PostgresStore::open(&server.url(), &options).unwrap();
    store.create(&collection("c")).unwrap();
    server.freeze();
    for _ in 0..2 {
        let reason = unavailable(|| put(&store, "a"));
        assert!(reason.contains("no answer within"), "{reason}");
    }
    server.thaw();
    put(&store, "b").unwrap();
    assert_eq!(store.count("c", None).unwrap(), 1);
}
