//! Processes that start at the same time on an empty database, or on an old one.

use std::process::{Command, Stdio};

use yuyi_store::{Caller, Event, EventKind, Item, Store, Timestamp};

use crate::open;
use crate::servers::{Bounced, Database, execute, server, server_for_bouncer};
use crate::suite::Place;
use crate::suite::ask::{cut_otherwise_before, lexical, with_faq};
use crate::suite::examples::with_vectors;

#[test]
#[ignore = "run by ten_start_at_once"]
fn child_that_starts() {
    let Ok(address) = std::env::var("YUYI_STORE_PLACE") else {
        return;
    };
    open(&address).ping().unwrap();
}

fn ten_start_at_once(place: &impl Place) {
    let start = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "starts::child_that_starts", "--ignored"])
            .env("YUYI_STORE_PLACE", place.address())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let started: Vec<_> = (0..10).map(start).collect();
    for mut child in started {
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn ten_start_at_once_on_a_server() {
    if server().is_some() {
        ten_start_at_once(&Database::new());
    }
}

#[test]
fn ten_start_at_once_behind_pgbouncer() {
    if server_for_bouncer().is_some() {
        ten_start_at_once(&Bounced::new());
    }
}

/// A database of the version that found words of a collection's own at the end of others: its texts are cut anew.
#[test]
fn words_of_an_older_database_are_cut_anew() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = place.open();
    cut_otherwise_before(&*store);
    drop(store);
    let key = |id: &str| format!("(SELECT key << 10 FROM yuyi.items_1 WHERE id = '{id}')");
    let old = format!(
        "DELETE FROM yuyi.terms_1_2 WHERE key = {a};
         INSERT INTO yuyi.terms_1_2 SELECT term, {a}, count, length FROM yuyi.terms_1_2 WHERE key = {b};
         DELETE FROM yuyi.version WHERE version > 5",
        a = key("a"),
        b = key("b")
    );
    execute(&place.url, &old);
    let store = place.open();
    assert_eq!(lexical(&*store, "人工智能"), ["b"]);
    assert_eq!(place.check(), Vec::<String>::new());
}

/// A database of the version before events: its collections can take them, and its items have their times.
#[test]
fn collections_of_before_can_take_events() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    let store = with_faq(&place);
    let timed = |id: &str, time: &str| {
        let mut item = Item::new(id, "新的\0\0 \\u0000 \\\0\"time\":\"x\"");
        item.time = Some(time.parse().unwrap());
        with_vectors(item, 7)
    };
    let new = vec![
        timed("old", "0000-01-02"),
        timed("y", "2024-03-05T10:00:00.250Z"),
        timed("z", "2025-01-01"),
    ];
    store.upsert("faq", "", new).unwrap();
    let newest = |store: &dyn Store| -> Vec<String> {
        let items = store.newest("faq", None, 3, Caller::PATIENT).unwrap();
        items.into_iter().map(|item| item.id).collect()
    };
    assert_eq!(newest(&*store), ["z", "y", "old"]);
    drop(store);
    let before = "DROP TABLE yuyi.events_1, yuyi.questions, yuyi.hits, yuyi.hit_counts; ALTER TABLE yuyi.items_1 DROP COLUMN time; DELETE FROM yuyi.version WHERE version > 2";
    execute(&place.url, before);
    let store = place.open();
    // The year 0 is none to PostgreSQL, so such an item is one without a time.
    assert_eq!(newest(&*store)[..2], ["z", "y"]);
    let event = Event {
        user: "u".into(),
        item: "y".into(),
        kind: EventKind::Like,
        weight: 1.0,
        time: Timestamp::from_micros(1),
    };
    assert_eq!(store.add_events("faq", vec![event]).unwrap().new, 1);
    assert_eq!(store.history("faq", "u", 1).unwrap().len(), 1);
}
