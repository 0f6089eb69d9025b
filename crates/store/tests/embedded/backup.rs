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
    let held = EmbeddedStore::backup_folder(folder.0.path(), Some("faq"), &copy).unwrap();
    let names: Vec<&str> = held
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
