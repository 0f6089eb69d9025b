//! Copies.

use std::fs;

use yuyi_store::{EmbeddedStore, Error, Item, NewCollection, Store};

use crate::damage::filled;
use crate::options;
use crate::suite::examples::{DIMENSION, with_vectors};

/// A second connection copies while the first one writes, as another process does.
#[test]
fn a_copy_is_of_one_moment_and_sound() {
    let (folder, _) = filled();
    let store = folder.open_here();
    let (first, second) = (
        folder.0.path().join("a.sqlite"),
        folder.0.path().join("b.sqlite"),
    );
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            // Ten in a batch, so a copy that has a part of one has a count that ten does not divide.
            for batch in 0..60 {
                let items =
                    (0..10).map(|i| with_vectors(Item::new(format!("w{batch}-{i}"), "写"), i));
                store.upsert("faq", "", items.collect()).unwrap();
            }
        });
        for copy in [&first, &second] {
            EmbeddedStore::backup_folder(folder.0.path(), None, copy).unwrap();
        }
        writer.join().unwrap();
    });
    let before = store.count("faq", None).unwrap() - 600;
    for copy in [first, second] {
        let other = tempfile::tempdir().unwrap();
        fs::rename(copy, other.path().join("collections.sqlite")).unwrap();
        let restored = EmbeddedStore::open(other.path(), options()).unwrap();
        assert_eq!(restored.check().unwrap(), Vec::<String>::new());
        let count = restored.count("faq", None).unwrap();
        assert!(
            count >= before && (count - before).is_multiple_of(10),
            "{count}"
        );
    }
}

#[test]
fn a_copy_of_one_collection_has_nothing_of_the_others() {
    let (folder, _) = filled();
    let store = folder.open_here();
    store
        .create(&NewCollection::given("other", DIMENSION))
        .unwrap();
    let secret = with_vectors(Item::new("1", "別處的秘密"), 1);
    store.upsert("other", "", vec![secret]).unwrap();
    let copy = folder.0.path().join("one.sqlite");
    let copied = EmbeddedStore::backup_folder(folder.0.path(), Some("faq"), &copy).unwrap();
    let names: Vec<&str> = copied
        .held
        .iter()
        .map(|collection| collection.name.as_str())
        .collect();
    assert_eq!(names, ["faq"]);
    let bytes = fs::read(&copy).unwrap();
    let secret = "別處的秘密".as_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    let none = folder.0.path().join("none.sqlite");
    let error = EmbeddedStore::backup_folder(folder.0.path(), Some("nobody"), &none);
    assert!(matches!(error, Err(Error::CollectionNotFound { .. })));
    assert!(!none.exists());
}

/// What SQLite takes for more than a name, and letters of any script.
#[test]
fn folders_and_copies_have_any_name() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a %41?mode=ro#数据 'x'");
    let store = EmbeddedStore::open(&folder, options()).unwrap();
    store.create(&NewCollection::given("c", DIMENSION)).unwrap();
    let copy = parent.path().join("份 %2F?b#.sqlite");
    let copied = store.backup(&copy).unwrap();
    assert_eq!((copied.held.len(), copied.left_out.len()), (1, 0));
    let there = fs::read_dir(parent.path()).unwrap().count();
    assert!(copy.exists() && there == 2, "{there}");
    let none = parent.path().join("none");
    fs::create_dir(&none).unwrap();
    let copy = parent.path().join("none.sqlite");
    assert!(EmbeddedStore::backup_folder(&none, None, &copy).is_err());
    assert!(!copy.exists() && fs::read_dir(&none).unwrap().next().is_none());
}

/// As keys of items are never given again, so are numbers of collections: codes are told apart by them.
#[test]
fn a_copy_gives_no_number_again() {
    let (folder, _) = filled();
    let store = folder.open_here();
    store
        .create(&NewCollection::given("gone", DIMENSION))
        .unwrap();
    store.drop_collection("gone").unwrap();
    let copy = folder.0.path().join("copy.sqlite");
    store.backup(&copy).unwrap();
    let last = "SELECT seq FROM sqlite_sequence WHERE name = 'collections'";
    let read = |file: &std::path::Path| -> i64 {
        let database = rusqlite::Connection::open(file).unwrap();
        database.query_row(last, [], |row| row.get(0)).unwrap()
    };
    let database = folder.0.path().join("collections.sqlite");
    assert_eq!((read(&copy), read(&database)), (2, 2));
}
