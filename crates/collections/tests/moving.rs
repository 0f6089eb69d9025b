//! A collection moves to another model, is interrupted, written to and asked meanwhile.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use yuyi::Encoded;
use yuyi_collections::{Asked, ItemPlan, Move, QueryPlan, Step, search};
use yuyi_store::{
    Collection, EmbeddedStore, Error, Item, NewCollection, Options, Space, Store, VectorItem,
};

/// A model of a name: its vectors tell its number and the first letter of a text.
fn model(number: u8) -> Space {
    Space {
        model: Some(format!("model-{number}")),
        fingerprint: number.to_string(),
        dimension: 2 + usize::from(number),
        item_prompt: String::new(),
        query_prompt: String::new(),
    }
}

fn embed(space: &Space, texts: &[String]) -> Vec<Encoded> {
    let one = |text: &String| {
        let mut vector = vec![0.0; space.dimension];
        let letter = usize::from(text.as_bytes()[0]) % space.dimension;
        vector[letter] = 1.0;
        Encoded {
            vector,
            length: 1.0,
            tokens: 1,
            truncated: false,
            unknown: 0,
            states: None,
        }
    };
    texts.iter().map(one).collect()
}

fn write(store: &dyn Store, collection: &Collection, ids: std::ops::Range<usize>) {
    let item = |i: usize| VectorItem {
        item: Item::new(
            i.to_string(),
            format!("{} text", (b'a' + (i % 26) as u8) as char),
        ),
        ..VectorItem::default()
    };
    let mut items: Vec<VectorItem> = ids.map(item).collect();
    let plan = ItemPlan::new(collection, &items).unwrap();
    assert!(plan.texts().len() <= 26);
    let vectors = embed(&collection.space, plan.texts());
    plan.fill(&mut items, &vectors).unwrap();
    let fingerprint = &collection.space.fingerprint;
    store.upsert(&collection.name, fingerprint, items).unwrap();
}

fn ask(store: &dyn Store, collection: &Collection) -> Result<usize, Error> {
    let text = Some("a text".to_owned());
    let plan = QueryPlan::new(
        collection,
        Asked {
            text,
            ..Asked::default()
        },
    )?;
    let vector = embed(&collection.space, &plan.texts()).pop();
    let question = plan.finish(vector.as_ref())?;
    search(store, collection, &question, None, 10).map(|hits| hits.len())
}

fn put_next(store: &dyn Store, moving: &Move) -> bool {
    match moving.next(store, 7).unwrap() {
        Step::Done => false,
        Step::Elsewhere => panic!("nobody else is there"),
        Step::Embed(batch) => {
            let vectors = embed(moving.to(), batch.texts());
            moving.put(store, batch, &vectors).unwrap();
            true
        }
    }
}

#[test]
fn a_move_goes_on_where_it_was_and_ends_for_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = || EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let store = open();
    let new = NewCollection {
        name: "c".into(),
        space: model(1),
        ..NewCollection::default()
    };
    let before = store.create(&new).unwrap().into_collection();
    write(&store, &before, 0..50);

    let moving = Move::begin(&store, "c", model(2)).unwrap();
    assert!(put_next(&store, &moving) && put_next(&store, &moving));
    drop(store);

    let store = open();
    let there = store.collection("c").unwrap();
    let reindex = there.reindex.clone().unwrap();
    assert_eq!((reindex.done, &reindex.space), (14, &model(2)));
    assert_eq!(there.space, before.space, "it answers from its old vectors");
    write(&store, &there, 50..60);
    assert_eq!(ask(&store, &there), Ok(10));

    let moving = Move::under_way("c", reindex.space);
    while put_next(&store, &moving) {}
    let after = store.collection("c").unwrap();
    assert_eq!((&after.space, after.count), (&model(2), 60));
    assert_eq!(ask(&store, &after), Ok(10));

    // Whoever still has the old collection in hand is told.
    assert!(matches!(
        ask(&store, &before),
        Err(Error::ModelMismatch { .. })
    ));
    assert!(matches!(
        moving.next(&store, 7),
        Err(Error::NotReindexing { .. })
    ));
}

#[test]
fn a_move_that_is_given_up_ends_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let new = NewCollection {
        name: "c".into(),
        space: model(1),
        ..NewCollection::default()
    };
    let collection = store.create(&new).unwrap().into_collection();
    write(&store, &collection, 0..10);
    let same = Move::begin(&store, "c", model(1)).unwrap_err();
    assert!(matches!(same, Error::Invalid { field, .. } if field == "model"));
    let moving = Move::begin(&store, "c", model(2)).unwrap();
    assert!(put_next(&store, &moving));
    store.abandon_reindex("c").unwrap();
    assert!(matches!(
        moving.next(&store, 7),
        Err(Error::NotReindexing { .. })
    ));
    assert_eq!(ask(&store, &collection), Ok(10));
}
