//! Moves to another model's vectors.

use yuyi_store::{Error, Item, Query, ReindexVectors, Space};

use super::Place;
use super::ask::{dense, lexical, model, now_and_later, search, with_faq};
use super::examples::{DIMENSION, faq, random, with_vectors};

/// Vectors that a second model would give: of another dimension, and otherwise near to each other.
fn second_model(key: i64, texts: usize) -> ReindexVectors {
    let vectors = (0..texts)
        .map(|i| random(7000 + key as u64 * 10 + i as u64, 3))
        .collect();
    ReindexVectors { key, vectors }
}

pub fn a_move_to_another_model_can_be_interrupted(place: &impl Place) {
    let mut store = with_faq(place);
    let to = model("gte", 3);
    let before = dense(&*store, &random(4, DIMENSION), 20);
    store.begin_reindex("faq", &to).unwrap();
    let mut moved = 0;
    loop {
        let todo = store.reindex_todo("faq", &to, 3).unwrap();
        if todo.is_empty() {
            break;
        }
        moved += todo.len();
        let put = todo
            .iter()
            .map(|item| second_model(item.key, item.texts.len()))
            .collect();
        store.put_reindexed("faq", &to, put).unwrap();
        if moved == 6 {
            // What was there is answered from the old vectors, also after an end in between.
            drop(store);
            store = place.open();
            assert_eq!(dense(&*store, &random(4, DIMENSION), 20), before);
            let reindex = store.collection("faq").unwrap().reindex.unwrap();
            assert_eq!((reindex.done, &reindex.space), (6, &to));
            store.begin_reindex("faq", &to).unwrap();
            // Items come, change and go meanwhile, with the old vectors.
            let changed = with_vectors(Item::new("a", "改过的"), 50);
            let added = with_vectors(Item::new("z", "后来的"), 51);
            store.upsert("faq", "", vec![changed, added]).unwrap();
            store.delete("faq", &["b", "j"]).unwrap();
        }
    }
    store
        .upsert(
            "faq",
            "",
            vec![with_vectors(Item::new("last", "最后的"), 52)],
        )
        .unwrap();
    let unfinished = Error::ReindexUnfinished {
        name: "faq".into(),
        left: 1,
    };
    assert_eq!(store.finish_reindex("faq", &to), Err(unfinished));
    let todo = store.reindex_todo("faq", &to, 10).unwrap();
    assert_eq!(
        (todo.len(), &todo[0].texts[..]),
        (1, &["最后的".to_owned()][..])
    );
    store
        .put_reindexed(
            "faq",
            &to,
            vec![second_model(todo[0].key, 1), second_model(999_999, 1)],
        )
        .unwrap();
    store.finish_reindex("faq", &to).unwrap();
    let expected = store.get("faq", &["last"]).unwrap();
    now_and_later(place, store, |store| {
        let collection = store.collection("faq").unwrap();
        assert_eq!(
            (collection.space, collection.reindex, collection.count),
            (to.clone(), None, 10)
        );
        let vector = &random(7000 + todo[0].key as u64 * 10, 3)[..];
        let hits = store
            .search("faq", &search(Query::Dense { vector }, 20))
            .unwrap();
        assert_eq!((hits.len(), &hits[0].item), (10, &expected[0]));
        assert_eq!(hits[0].cosine, Some(1.0));
        assert_eq!(lexical(store, "改过"), ["a"]);
        let error = store.upsert("faq", "", faq()).unwrap_err();
        assert!(matches!(error, Error::ModelMismatch { .. }));
    });
}

pub fn a_move_is_refused_where_it_makes_no_sense(place: &impl Place) {
    let store = with_faq(place);
    let none = Error::NotReindexing { name: "faq".into() };
    let gte = model("gte", 3);
    assert_eq!(store.reindex_todo("faq", &gte, 1), Err(none.clone()));
    assert_eq!(store.finish_reindex("faq", &gte), Err(none.clone()));
    assert_eq!(store.abandon_reindex("faq"), Err(none.clone()));
    let same = store
        .begin_reindex("faq", &Space::given(DIMENSION))
        .unwrap_err();
    assert!(matches!(same, Error::Invalid { .. }), "{same}");
    store.begin_reindex("faq", &gte).unwrap();
    let other = store.begin_reindex("faq", &model("bge", 3)).unwrap_err();
    assert!(
        matches!(&other, Error::Reindexing { to, .. } if to.starts_with("gte")),
        "{other}"
    );
    let todo = store.reindex_todo("faq", &gte, 1).unwrap();
    let mut bad = second_model(todo[0].key, 1);
    bad.vectors[0].push(1.0);
    let error = store.put_reindexed("faq", &gte, vec![bad]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vectors[0].vectors[0]: It has 4 elements; the collection's vectors have 3."
    );
    let error = store
        .put_reindexed("faq", &gte, vec![second_model(todo[0].key, 2)])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "vectors[0]: There are 2 vectors for 1 texts."
    );
    // Vectors of a move that was given up do not get into the next one.
    let late = vec![second_model(todo[0].key, 1)];
    store.abandon_reindex("faq").unwrap();
    store.begin_reindex("faq", &model("bge", 3)).unwrap();
    assert_eq!(store.put_reindexed("faq", &gte, late), Err(none.clone()));
    assert_eq!(store.reindex_todo("faq", &gte, 1), Err(none));
    store.abandon_reindex("faq").unwrap();
    assert!(store.collection("faq").unwrap().reindex.is_none());
    store.begin_reindex("faq", &model("bge", 5)).unwrap();
    store.drop_collection("faq").unwrap();
    assert_eq!(store.list().unwrap(), []);
}
