//! Processes that start at the same time on an empty database, or on an old one.

use std::process::{Command, Stdio};

use yuyi_store::{Caller, Error, Event, EventKind, Item, PostgresStore, Query, Store, Timestamp};

use crate::servers::{Bounced, Database, execute, server, server_for_bouncer, value};
use crate::suite::Place;
use crate::suite::ask::{cut_otherwise_before, lexical, search, with_faq};
use crate::suite::examples::{collection, with_vectors};
use crate::{open, quick};

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

/// The tables of words as they were with a row for each text that has a word.
fn words_before(tables: &str) -> String {
    format!(
        "DROP TABLE IF EXISTS yuyi.docs_{tables}, yuyi.terms_{tables};
         CREATE TABLE yuyi.docs_{tables} (key bigint PRIMARY KEY, length integer NOT NULL);
         CREATE TABLE yuyi.terms_{tables} (term bigint NOT NULL, key bigint NOT NULL, count integer NOT NULL, length integer NOT NULL, PRIMARY KEY (term, key));
         CREATE INDEX ON yuyi.terms_{tables} (key);"
    )
}

/// A database of versions whose words were kept otherwise, and some of which found words of a collection's own at the end of others: texts are cut anew, also
/// those of a collection without words of its own, and of one that was getting others; whoever starts at the same time finds it done.
#[test]
fn words_of_an_older_database_are_cut_anew() {
    if server().is_none() {
        return;
    }
    for version in [5, 6] {
        let place = Database::new();
        let store = place.open();
        cut_otherwise_before(&*store);
        store.create(&collection("plain")).unwrap();
        let texts = ["退货要多久", "怎么退货", "发票"];
        let text = |i: usize| with_vectors(Item::new(i.to_string(), texts[i]), i as u64);
        store
            .upsert("plain", "", (0..texts.len()).map(text).collect())
            .unwrap();
        drop(store);
        let (own, plain) = (words_before("1_2"), words_before("2_1"));
        let under_way = words_before("2_2");
        let rules =
            r#"{"number":2,"rules":{"words":["退货要"],"synonyms":[]},"docs":0,"length":0}"#;
        execute(
            &place.url,
            &format!(
                "{own} {plain} {under_way} UPDATE yuyi.collections SET next_words = '{rules}' WHERE number = 2;
                 DELETE FROM yuyi.version WHERE version > {version}"
            ),
        );
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(|| place.open().ping().unwrap())));
        });
        let store = place.open();
        assert_eq!(lexical(&*store, "人工智能"), ["b"]);
        let query = Query::Lexical {
            text: "退货",
            vector: None,
        };
        let hits = store.search("plain", &search(query, 10)).unwrap();
        let found: Vec<&str> = hits.iter().map(|hit| &*hit.item.id).collect();
        assert_eq!(found, ["1", "0"], "{version}");
        assert_eq!(store.delete("plain", &["0", "2"]).unwrap(), 2);
        assert_eq!(place.check(), Vec::<String>::new());
        let left = "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE tablename ~ '^(docs|terms)_'";
        assert_eq!(
            value(&place.url, left),
            "docs_1_5 docs_2_3 terms_1_5 terms_2_3"
        );
    }
}

/// A database of before with three collections, each of one text.
fn three_of_before(place: &impl Place, url: &str) {
    let store = place.open();
    for name in ["1", "2", "3"] {
        store.create(&collection(name)).unwrap();
        let text = with_vectors(Item::new("a", "怎么退货"), 1);
        store.upsert(name, "", vec![text]).unwrap();
    }
    let words: String = ["1_1", "2_1", "3_1"].map(words_before).concat();
    execute(
        url,
        &format!("{words} DELETE FROM yuyi.version WHERE version > 6"),
    );
}

/// The numbers of the words that collections have, and the version.
fn progress(url: &str) -> String {
    value(
        url,
        "SELECT concat(string_agg(lexicon::text, ' ' ORDER BY number), ', ', (SELECT max(version) FROM yuyi.version)) FROM yuyi.collections",
    )
}

fn assert_cut_anew(place: &impl Place, url: &str) {
    let store = place.open();
    assert_eq!(progress(url), "2 2 2, 11");
    for name in ["1", "2", "3"] {
        let query = Query::Lexical {
            text: "退货",
            vector: None,
        };
        assert_eq!(store.search(name, &search(query, 10)).unwrap().len(), 1);
    }
    assert_eq!(place.check(), Vec::<String>::new());
}

/// A start that fails in the middle leaves done what it has done, and the next one goes on from there.
#[test]
fn collections_are_cut_anew_one_after_the_other() {
    if server().is_none() {
        return;
    }
    let place = Database::new();
    three_of_before(&place, &place.url);
    execute(&place.url, "UPDATE yuyi.items_2 SET item = '?' || item");
    let failed = PostgresStore::open(&place.url, &quick()).err();
    assert!(matches!(failed, Some(Error::Damaged { .. })), "{failed:?}");
    assert_eq!(progress(&place.url), "2 1 1, 6");
    execute(&place.url, "UPDATE yuyi.items_2 SET item = substr(item, 2)");
    assert_cut_anew(&place, &place.url);
}

#[test]
fn ten_start_at_once_on_a_database_of_before() {
    if server().is_some() {
        let place = Database::new();
        three_of_before(&place, &place.url);
        ten_start_at_once(&place);
        assert_cut_anew(&place, &place.url);
    }
    if server_for_bouncer().is_some() {
        let place = Bounced::new();
        three_of_before(&place, place.url());
        ten_start_at_once(&place);
        assert_cut_anew(&place, place.url());
    }
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
