//! Files that are not as they were left.

use std::fs;
use std::path::{Path, PathBuf};

use yuyi_store::{EmbeddedStore, Error, Item, Query, Search, Store};

use crate::suite::Place;
use crate::suite::examples::{DIMENSION, collection, faq, random, with_vectors};
use crate::{Folder, options};

/// Ids in the order of a search.
fn found(store: &EmbeddedStore) -> Vec<String> {
    let search = Search {
        query: Query::Dense {
            vector: &random(8, DIMENSION),
        },
        filter: None,
        limit: 100,
    };
    let hits = store.search("faq", &search).unwrap();
    hits.into_iter().map(|hit| hit.item.id).collect()
}

/// A folder that was closed with a hundred items, some of which had been changed and removed.
pub fn filled() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("faq")).unwrap();
    for round in 0..2 {
        let items = (0..60)
            .map(|i| with_vectors(Item::new(format!("{}", i + round * 40), "文字"), i + round));
        store.upsert("faq", "", items.collect()).unwrap();
    }
    store.delete("faq", &["3", "50"]).unwrap();
    let expected = found(&store);
    assert_eq!(expected.len(), 98);
    (folder, expected)
}

fn codes(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("codes")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn the_codes(folder: &Path) -> PathBuf {
    let [file] = &codes(folder)[..] else {
        panic!("one file")
    };
    file.clone()
}

#[test]
fn codes_are_read_again() {
    let (folder, expected) = filled();
    let file = the_codes(folder.0.path());
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let store = folder.open_here();
    assert_eq!(found(&store), expected);
    drop(store);
    assert!(fs::metadata(&file).unwrap().modified().unwrap() >= written);
}

/// Whatever is wrong with the file of codes, the answers are those of the database, and the next start has a right one.
#[test]
fn codes_that_are_not_right_are_made_anew() {
    /// What is done to the bytes of a file.
    type Harm = fn(&mut Vec<u8>);
    let harm: [(&str, Harm); 7] = [
        ("a bit of a code", |bytes| {
            *bytes.iter_mut().rev().nth(40).unwrap() ^= 1
        }),
        ("a bit of a key", |bytes| bytes[60] ^= 1),
        ("the generation", |bytes| bytes[40] = 0xff),
        ("the number of rows", |bytes| bytes[48] ^= 1),
        ("cut short", |bytes| bytes.truncate(bytes.len() / 2)),
        ("empty", Vec::clear),
        ("something else", |bytes| *bytes = b"hello".repeat(1000)),
    ];
    for (name, harm) in harm {
        let (folder, expected) = filled();
        let file = the_codes(folder.0.path());
        let right = fs::read(&file).unwrap();
        let mut bytes = right.clone();
        harm(&mut bytes);
        fs::write(&file, &bytes).unwrap();
        let store = folder.open_here();
        assert_eq!(found(&store), expected, "{name}");
        drop(store);
        assert_ne!(
            fs::read(the_codes(folder.0.path())).unwrap(),
            bytes,
            "{name}"
        );
        let store = folder.open_here();
        assert_eq!(found(&store), expected, "{name}");
    }
}

#[test]
fn codes_of_another_folder_are_not_taken() {
    let (folder, expected) = filled();
    let (other, _) = filled();
    fs::copy(the_codes(other.0.path()), the_codes(folder.0.path())).unwrap();
    assert_eq!(found(&folder.open_here()), expected);
}

/// The database goes back to a copy, and codes that were made since stay beside it.
#[test]
fn codes_are_not_ahead_of_a_database_that_was_put_back() {
    let (folder, expected) = filled();
    let copy = folder.0.path().join("backup.sqlite");
    let store = folder.open_here();
    store.backup(&copy).unwrap();
    assert!(matches!(store.backup(&copy), Err(Error::Invalid { .. })));
    store
        .upsert(
            "faq",
            "",
            (0..50)
                .map(|i| with_vectors(Item::new(format!("later{i}"), "后来"), i))
                .collect(),
        )
        .unwrap();
    drop(store);
    let kept = the_codes(folder.0.path());
    fs::rename(copy, folder.0.path().join("collections.sqlite")).unwrap();
    let store = folder.open_here();
    assert_eq!(found(&store), expected);
    // New items get the keys that were given before.
    let vectors = (0..50)
        .map(|i| with_vectors(Item::new(format!("other{i}"), "别的"), 500 + i))
        .collect();
    store.upsert("faq", "", vectors).unwrap();
    let expected = found(&store);
    drop(store);
    assert!(kept.exists());
    let store = folder.open_here();
    assert_eq!(found(&store), expected);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn codes_follow_their_collection() {
    let (folder, _) = filled();
    let store = folder.open_here();
    store.drop_collection("faq").unwrap();
    assert!(codes(folder.0.path()).is_empty());
    store.create(&collection("faq")).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    drop(store);
    assert_eq!(found(&folder.open_here()).len(), 10);
}

fn refused(folder: &Folder) -> Error {
    match EmbeddedStore::open(folder.0.path(), options()) {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[test]
fn a_database_that_is_gone_is_not_taken_for_a_new_one() {
    for empty in [false, true] {
        let (folder, _) = filled();
        let database = folder.0.path().join("collections.sqlite");
        match empty {
            true => fs::write(&database, b"").unwrap(),
            false => fs::remove_file(&database).unwrap(),
        }
        let error = refused(&folder);
        assert!(
            matches!(&error, Error::Damaged { file, .. } if *file == database),
            "{error}"
        );
    }
}

#[test]
fn a_damaged_database_is_refused_and_stays_as_it_is() {
    let (folder, _) = filled();
    let database = folder.0.path().join("collections.sqlite");
    let right = fs::read(&database).unwrap();
    for from in [0, 4096] {
        let mut bytes = right.clone();
        bytes[from..].fill(0x5a);
        fs::write(&database, &bytes).unwrap();
        let error = refused(&folder);
        assert!(
            matches!(&error, Error::Damaged { file, .. } if *file == database),
            "{error}"
        );
        assert!(!error.is_retryable());
        assert_eq!(fs::read(&database).unwrap(), bytes);
    }
    fs::write(&database, right).unwrap();
    assert_eq!(found(&folder.open_here()).len(), 98);
}

/// Codes are kept beside the database; those of vectors that were exchanged in it fit no longer.
#[test]
fn a_check_compares_codes_with_vectors() {
    let (folder, _) = filled();
    let path = folder.0.path().join("collections.sqlite");
    let database = rusqlite::Connection::open(path).unwrap();
    let of = |offset: u32| {
        format!("(SELECT vector FROM vectors_1_1 ORDER BY key LIMIT 1 OFFSET {offset})")
    };
    let key = "(SELECT key FROM vectors_1_1 ORDER BY key LIMIT 1 OFFSET 20)";
    let harm = format!(
        "UPDATE vectors_1_1 SET vector = {} WHERE key = {key}",
        of(21)
    );
    assert_eq!(database.execute(&harm, []).unwrap(), 1);
    drop(database);
    let expected = ["The collection \"faq\" has 1 vectors that are not those of their codes."];
    assert_eq!(folder.open_here().check().unwrap(), expected);
}

/// What filters find by an index is not what the items have.
#[test]
fn a_check_compares_the_index_of_fields_with_the_items() {
    let folder = Folder::new();
    let store = folder.open_here();
    store.create(&collection("faq")).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
    drop(store);
    let path = folder.0.path().join("collections.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    let of_keys = "key IN (SELECT key FROM items_1 WHERE id IN ('a', 'b'))";
    let harm = format!("DELETE FROM fields_1 WHERE field = 1 AND {of_keys}");
    assert_eq!(database.execute(&harm, []).unwrap(), 2);
    let harm = "UPDATE fields_1 SET value = 'nobody' WHERE value = 'x'";
    assert_eq!(database.execute(harm, []).unwrap(), 5);
    drop(database);
    let expected = [
        "The collection \"faq\" has 7 values of fields that the index has not.",
        "The collection \"faq\" has 5 values in the index of fields that no item has.",
    ];
    assert_eq!(folder.open_here().check().unwrap(), expected);
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("DELETE FROM fields_1", []).unwrap();
    let harm = "UPDATE items_1 SET payload = '{\"n\": \"many\"}' WHERE id = 'a'";
    assert_eq!(database.execute(harm, []).unwrap(), 1);
    drop(database);
    // The first has a text for a number, and four values; of the others half have one tag more.
    let expected = [
        "The collection \"faq\" has 1 items that cannot be read.",
        "The collection \"faq\" has 31 values of fields that the index has not.",
    ];
    assert_eq!(folder.open_here().check().unwrap(), expected);
}

#[test]
fn a_check_tells_what_is_wrong() {
    let (folder, _) = filled();
    assert_eq!(folder.open_here().check().unwrap(), Vec::<String>::new());
    let database = rusqlite::Connection::open(folder.0.path().join("collections.sqlite")).unwrap();
    database.execute("DELETE FROM vectors_1_1 WHERE key IN (SELECT key FROM vectors_1_1 ORDER BY key LIMIT 2 OFFSET 5)", []).unwrap();
    database
        .execute("UPDATE collections SET count = 7", [])
        .unwrap();
    // As much as one bit can do, of a number and of a text.
    let keys = "SELECT key FROM vectors_1_1 ORDER BY key LIMIT 3 OFFSET 20";
    let bytes = "substr(vector, 1, 3) || x'7f' || substr(vector, 5)";
    let harm =
        format!("UPDATE vectors_1_1 SET vector = CAST({bytes} AS BLOB) WHERE key IN ({keys})");
    assert_eq!(database.execute(&harm, []).unwrap(), 3);
    let harm = "UPDATE items_1 SET payload = '{\"a\":' WHERE id = '60'";
    assert_eq!(database.execute(harm, []).unwrap(), 1);
    let harm = "UPDATE items_1 SET text = '被改了' WHERE id = '61'";
    assert_eq!(database.execute(harm, []).unwrap(), 1);
    let word = "substr(words, 1, 2) || x'55' || substr(words, 4)";
    let harm = format!(
        "UPDATE words_1 SET words = CAST({word} AS BLOB) WHERE key = (SELECT key FROM items_1 WHERE id = '62')"
    );
    assert_eq!(database.execute(&harm, []).unwrap(), 1);
    drop(database);
    // Codes are there, so it opens.
    let problems = folder.open_here().check().unwrap();
    let expected = [
        "The collection \"faq\" has 91 items that are not counted.",
        "The collection \"faq\" has 2 vectors too few or too many.",
        "The collection \"faq\" has 1 items that cannot be read.",
        "The collection \"faq\" has 2 items with words that are not those of their texts.",
        "The collection \"faq\" has 3 vectors that are not of unit length.",
        "The collection \"faq\" has 3 vectors that are not those of their codes.",
    ];
    assert_eq!(problems, expected);
}
