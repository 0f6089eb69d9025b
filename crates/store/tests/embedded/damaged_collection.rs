//! One collection of a folder is damaged, and the others are not.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use yuyi_store::{EmbeddedStore, Error, Item, NewCollection, Query, Search, Store};

use crate::suite::Place;
use crate::suite::examples::{DIMENSION, random, with_vectors};
use crate::{Folder, options};

/// Bytes of a page of the database.
const PAGE: usize = 8192;

const HURT: &str = "hurt";
const WHOLE: &str = "whole";

fn fill(store: &dyn Store, name: &str) {
    let new = NewCollection {
        unanswered: true,
        ..NewCollection::given(name, DIMENSION)
    };
    store.create(&new).unwrap();
    let items = (0..300).map(|i| with_vectors(Item::new(format!("{i}"), "文字"), i));
    store.upsert(name, "", items.collect()).unwrap();
}

/// A folder of two collections that was closed, the first of which is to be damaged.
fn two() -> Folder {
    let folder = Folder::new();
    let store = folder.open_here();
    fill(&store, HURT);
    fill(&store, WHOLE);
    drop(store);
    folder
}

/// Writes over the first page of a table, as a disk does that loses one.
fn hurt(folder: &Path, table: &str) {
    let file = folder.join("collections.sqlite");
    let database = Connection::open(&file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: usize = database
        .query_row(sql, [table], |row| row.get::<_, i64>(0))
        .unwrap() as usize;
    drop(database);
    let mut bytes = fs::read(&file).unwrap();
    bytes[(page - 1) * PAGE..][..PAGE].fill(0x5a);
    fs::write(&file, bytes).unwrap();
}

fn found(store: &dyn Store, name: &str) -> Result<usize, Error> {
    let search = Search {
        query: Query::Dense {
            vector: &random(8, DIMENSION),
        },
        filter: None,
        limit: 10,
    };
    store.search(name, &search).map(|hits| hits.len())
}

fn assert_damaged<T: std::fmt::Debug>(answer: Result<T, Error>) {
    let error = answer.unwrap_err();
    assert!(
        matches!(&error, Error::CollectionDamaged { name, .. } if name == HURT),
        "{error}"
    );
    assert!(!error.is_retryable());
}

/// What every call of the damaged collection answers, and every one of the other.
fn assert_only_one_is_damaged(store: &EmbeddedStore) {
    assert_damaged(store.collection(HURT));
    assert_damaged(found(store, HURT));
    assert_damaged(store.get(HURT, &["1"]));
    assert_damaged(store.count(HURT, None));
    let item = || vec![with_vectors(Item::new("new", "新"), 7)];
    assert_damaged(store.upsert(HURT, "", item()));
    assert_damaged(store.delete(HURT, &["1"]));
    assert_damaged(store.set_words(HURT, &Default::default()));
    assert_damaged(store.open_questions(HURT));
    assert_damaged(store.create(&NewCollection::given(HURT, DIMENSION)));
    let told: Vec<(String, bool)> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|one| (one.name, one.damaged.is_some()))
        .collect();
    assert_eq!(told, [(HURT.to_owned(), true), (WHOLE.to_owned(), false)]);
    assert_eq!(found(store, WHOLE), Ok(10));
    store.upsert(WHOLE, "", item()).unwrap();
    assert_eq!(store.delete(WHOLE, &["new"]), Ok(1));
    store.set_words(WHOLE, &Default::default()).unwrap();
    let problems = store.check().unwrap();
    let names_it = |told: &String| told.starts_with("The collection \"hurt\" is damaged (");
    assert!(problems.iter().any(names_it), "{problems:?}");
    assert!(!problems.iter().any(|told| told.contains(WHOLE)));
}

#[test]
fn a_collection_that_cannot_be_read_keeps_no_other_from_answering() {
    for table in ["words_1", "vectors_1_1"] {
        let folder = two();
        let folder = folder.0.path();
        hurt(folder, table);
        fs::remove_dir_all(folder.join("codes")).unwrap();
        let store = EmbeddedStore::open(folder, options()).unwrap();
        assert_only_one_is_damaged(&store);
        drop(store);
        // The same after another start.
        assert_only_one_is_damaged(&EmbeddedStore::open(folder, options()).unwrap());
    }
}

#[test]
fn a_table_that_is_gone_is_damage_too() {
    let folder = two();
    let database = Connection::open(folder.0.path().join("collections.sqlite")).unwrap();
    database.execute_batch("DROP TABLE words_1").unwrap();
    drop(database);
    assert_only_one_is_damaged(&folder.open_here());
    let store = folder.open_here();
    store.drop_collection(HURT).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

/// Its codes are there, so the start does not see what is wrong with it.
#[test]
fn damage_that_is_found_later_is_told_by_the_calls_that_find_it() {
    let folder = two();
    hurt(folder.0.path(), "items_1");
    let store = folder.open_here();
    assert_damaged(store.get(HURT, &["1"]));
    assert_damaged(found(&store, HURT));
    assert_damaged(store.upsert(HURT, "", vec![with_vectors(Item::new("new", "新"), 7)]));
    assert_eq!(found(&store, WHOLE), Ok(10));
    let problems = store.check().unwrap();
    assert!(
        problems.iter().any(|told| told.contains(HURT)),
        "{problems:?}"
    );
    store.drop_collection(HURT).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_damaged_collection_can_be_dropped_and_made_again() {
    for table in ["words_1", "vectors_1_1", "items_1", "events_1"] {
        let folder = two();
        let path = folder.0.path();
        hurt(path, table);
        fs::remove_dir_all(path.join("codes")).unwrap();
        let store = folder.open_here();
        store.drop_collection(HURT).unwrap();
        let gone = store.collection(HURT).unwrap_err();
        assert!(matches!(gone, Error::CollectionNotFound { .. }), "{gone}");
        fill(&store, HURT);
        assert_eq!(
            (found(&store, HURT), found(&store, WHOLE)),
            (Ok(10), Ok(10))
        );
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "{table}");
        // A copy has nothing of what was damaged.
        let copy = path.join("copy.sqlite");
        store.backup(&copy).unwrap();
        let pages = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
        let copied = Connection::open(&copy).unwrap();
        let odd: i64 = copied.query_row(pages, [], |row| row.get(0)).unwrap();
        assert_eq!(odd, 0, "{table}");
        drop(store);
        let store = folder.open_here();
        assert_eq!(
            (found(&store, HURT), found(&store, WHOLE)),
            (Ok(10), Ok(10))
        );
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "{table}");
    }
}

/// What it is called, and what does it to the files of a folder.
type Damage = (&'static str, fn(&Path));

/// Whatever of it is damaged, pages or what stands on them; the copy is sound.
#[test]
fn a_copy_has_all_but_what_is_damaged() {
    let damages: [Damage; 6] = [
        ("words", |folder| hurt(folder, "words_1")),
        ("vectors", |folder| hurt(folder, "vectors_1_1")),
        ("items", |folder| hurt(folder, "items_1")),
        ("ids", |folder| hurt(folder, "sqlite_autoindex_items_1_1")),
        ("events", |folder| hurt(folder, "events_1")),
        ("an item without words", |folder| {
            let database = Connection::open(folder.join("collections.sqlite")).unwrap();
            let sql = "DELETE FROM words_1 WHERE key = 7";
            assert_eq!(database.execute(sql, []), Ok(1));
        }),
    ];
    for (what, damage) in damages {
        let folder = two();
        let path = folder.0.path();
        damage(path);
        let copy = path.join("copy.sqlite");
        let copied = EmbeddedStore::backup_folder(path, None, &copy).unwrap();
        let held: Vec<&str> = copied.held.iter().map(|one| &*one.name).collect();
        let left_out: Vec<&str> = copied.left_out.keys().map(String::as_str).collect();
        assert_eq!(
            (&held[..], &left_out[..]),
            (&[WHOLE][..], &[HURT][..]),
            "{what}"
        );
        let other = tempfile::tempdir().unwrap();
        fs::rename(copy, other.path().join("collections.sqlite")).unwrap();
        let restored = EmbeddedStore::open(other.path(), options()).unwrap();
        assert_eq!(restored.check().unwrap(), Vec::<String>::new(), "{what}");
        assert_eq!(found(&restored, WHOLE), Ok(10));
        fill(&restored, HURT);
        assert_eq!(found(&restored, HURT), Ok(10));

        let one = path.join("one.sqlite");
        let copied = EmbeddedStore::backup_folder(path, Some(WHOLE), &one).unwrap();
        assert_eq!((copied.held.len(), copied.left_out.len()), (1, 0), "{what}");
        let none = path.join("none.sqlite");
        assert_damaged(EmbeddedStore::backup_folder(path, Some(HURT), &none));
        assert!(!none.exists());
    }
}

#[test]
fn a_copy_of_nothing_that_is_sound_is_none() {
    let folder = two();
    let path = folder.0.path();
    hurt(path, "items_1");
    hurt(path, "words_2");
    let copy = path.join("copy.sqlite");
    let error = EmbeddedStore::backup_folder(path, None, &copy).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    assert!(!copy.exists());
}
