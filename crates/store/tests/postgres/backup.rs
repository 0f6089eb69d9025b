//! The server's own tools for backups.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use yuyi_store::{Item, Scroll, Store, WordRules};

use crate::open;
use crate::servers::{Database, server};
use crate::suite::Place;
use crate::suite::ask::{dense, lexical, with_faq};
use crate::suite::examples::{DIMENSION, filter, random, with_vectors};

fn tool(name: &str) -> Command {
    let folder = PathBuf::from(std::env::var_os("YUYI_TEST_POSTGRES_BIN").unwrap());
    Command::new(folder.join(name))
}

#[test]
fn a_dump_that_is_restored_elsewhere_is_the_same() {
    if server().is_none() {
        return;
    }
    let (place, copy) = (Database::new(), Database::new());
    let store = with_faq(&place);
    let rules = WordRules {
        words: vec!["电子发票".into()],
        synonyms: vec![],
    };
    store.set_words("faq", &rules).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yuyi.dump");
    // Others write meanwhile.
    let dumped = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for i in 0..20 {
                let late = with_vectors(Item::new(format!("late{i}"), "后来的"), i);
                store.upsert("faq", "", vec![late]).unwrap();
            }
        });
        let dumped = tool("pg_dump")
            .args(["-Fc", "-f"])
            .arg(&file)
            .arg(&place.url)
            .status();
        writer.join().unwrap();
        dumped
    });
    assert!(dumped.unwrap().success());
    let late = filter(json!({"must": {"key": "text", "match": {"value": "后来的"}}}));
    store.delete_matching("faq", &late).unwrap();

    let restored = tool("pg_restore")
        .args(["--no-owner", "-d"])
        .arg(&copy.url)
        .arg(&file)
        .status();
    assert!(restored.unwrap().success());
    let other = open(&copy.url);
    other.delete_matching("faq", &late).unwrap();
    assert_eq!(copy.check(), Vec::<String>::new());
    let all = |store: &dyn Store| {
        let mut scroll = Scroll::first(1000);
        scroll.with_vectors = true;
        store.scroll("faq", &scroll).unwrap().items
    };
    assert_eq!(all(&other), all(&*store));
    assert_eq!(other.collection("faq").unwrap().words, rules);
    let query = random(4, DIMENSION);
    assert_eq!(dense(&other, &query, 20), dense(&*store, &query, 20));
    assert_eq!(lexical(&other, "发票"), lexical(&*store, "发票"));
    other
        .upsert("faq", "", vec![with_vectors(Item::new("new", "新的"), 3)])
        .unwrap();
}
