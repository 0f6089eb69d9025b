//! Collections: made, listed, dropped.

use yuyi_store::{Created, Error, NewCollection, Role, Store};

use super::Place;
use super::ask::model;
use super::examples::{DIMENSION, collection, faq};

pub fn collections_are_made_once(place: &impl Place) {
    let store = place.open();
    assert_eq!(store.list().unwrap(), []);
    let new = NewCollection {
        space: model("e5", 3),
        role: Role::Passage,
        unanswered: true,
        ..collection("文章-1")
    };
    let Created::New(made) = store.create(&new).unwrap() else {
        panic!("it is new")
    };
    assert_eq!(
        (made.name.as_str(), &made.space, made.role, made.count),
        ("文章-1", &new.space, Role::Passage, 0)
    );
    assert_eq!(made.fields, new.fields);
    assert!(made.unanswered && made.reindex.is_none());
    assert_eq!(store.create(&new).unwrap(), Created::Existing(made.clone()));
    store.create(&collection("b")).unwrap();
    drop(store);

    let store = place.open();
    let names = |store: &dyn Store| {
        store
            .list()
            .unwrap()
            .into_iter()
            .map(|there| there.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&*store), ["b", "文章-1"]);
    assert_eq!(store.collection("文章-1").unwrap(), made);
    store.drop_collection("文章-1").unwrap();
    let none = Error::CollectionNotFound {
        name: "文章-1".into(),
    };
    assert_eq!(store.collection("文章-1"), Err(none.clone()));
    assert_eq!(store.drop_collection("文章-1"), Err(none.clone()));
    assert_eq!(store.count("文章-1", None), Err(none));
    // The name is free again.
    store.create(&collection("文章-1")).unwrap();
    store.ping().unwrap();
}

pub fn names_and_models_are_checked(place: &impl Place) {
    let store = place.open();
    let bad = NewCollection::given("a/b", 3);
    assert!(matches!(store.create(&bad), Err(Error::Invalid { .. })));
    let error = store
        .create(&NewCollection::given("c", 16_001))
        .unwrap_err();
    let told = "dimension: 16001 is not between 1 and 16000.";
    assert_eq!(error.to_string(), told);
    store.create(&NewCollection::given("c", 16_000)).unwrap();
    let new = NewCollection {
        space: model("e5", DIMENSION),
        ..NewCollection::given("faq", DIMENSION)
    };
    store.create(&new).unwrap();
    let other = NewCollection {
        space: model("gte", DIMENSION),
        ..new.clone()
    };
    let error = store.create(&other).unwrap_err();
    assert!(
        matches!(&error, Error::ModelMismatch { has, given, .. } if has.starts_with("e5") && given.starts_with("gte")),
        "{error}"
    );
    let other = NewCollection {
        role: Role::Passage,
        ..new
    };
    assert_eq!(
        store.create(&other),
        Err(Error::CollectionDiffers {
            name: "faq".into(),
            what: "role"
        })
    );
    let error = store.upsert("faq", "gte-fingerprint", faq()).unwrap_err();
    assert!(matches!(error, Error::ModelMismatch { .. }));
    store.upsert("faq", "e5-fingerprint", faq()).unwrap();
}
