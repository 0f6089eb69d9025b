//! A store does what the model does, whatever is asked of it.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use yuyi_store::{Cursor, Filter, Fusion, Item, Query, Scroll, Search, Store, VectorItem};

use super::Place;
use super::examples::{DIMENSION, collection, item, random, with_vectors};
use super::model::{Model, assert_ranked};

#[derive(Clone, Debug)]
enum Step {
    Upsert(Vec<VectorItem>),
    Delete(Vec<String>),
    DeleteMatching(Value),
    Search(u64, String, Option<Value>, usize),
    Reopen,
}

pub fn a_store_is_like_the_model<P: Place>(_: &P) {
    at_random(step(), |place: &P, steps| run(place, steps));
}

/// Runs steps at random, each time at a new place.
pub fn at_random<P: Place, S: std::fmt::Debug>(
    step: impl Strategy<Value = S>,
    run: impl Fn(&P, &[S]),
) {
    let config = Config {
        cases: 24,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&prop::collection::vec(step, 1..24), |steps| {
            run(&P::new(), &steps);
            Ok(())
        })
        .unwrap();
}

fn run(place: &impl Place, steps: &[Step]) {
    let mut store = place.open();
    store.create(&collection("c")).unwrap();
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Upsert(batch) => {
                store.upsert("c", "", batch.clone()).unwrap();
                model.upsert(batch, DIMENSION);
            }
            Step::Delete(ids) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                let there = store.delete("c", &ids).unwrap();
                let removed = ids
                    .iter()
                    .filter(|id| model.items.remove(**id).is_some())
                    .count();
                assert_eq!(there, removed as u64);
            }
            Step::DeleteMatching(filter) => {
                let filter = Filter::parse(filter).unwrap();
                assert_eq!(
                    store.delete_matching("c", &filter).unwrap(),
                    model.delete_matching(&filter)
                );
            }
            Step::Search(seed, text, filter, limit) => {
                let filter = filter.as_ref().map(|filter| Filter::parse(filter).unwrap());
                compare(&*store, &model, *seed, text, filter.as_ref(), *limit);
            }
            Step::Reopen => {
                drop(store);
                store = place.open();
            }
        }
        assert_eq!(store.count("c", None).unwrap(), model.items.len() as u64);
    }
    compare_items(&*store, &model);
}

fn compare(
    store: &dyn Store,
    model: &Model,
    seed: u64,
    text: &str,
    filter: Option<&Filter>,
    limit: usize,
) {
    assert_eq!(
        store.count("c", filter).unwrap(),
        model.matching(filter).len() as u64,
        "{filter:?}"
    );
    let vector = &random(seed, DIMENSION)[..];
    let find = |query| {
        store
            .search(
                "c",
                &Search {
                    query,
                    filter,
                    limit,
                },
            )
            .unwrap()
    };
    let (dense, lexical) = (model.dense(vector, filter), model.lexical(text, filter));
    assert_ranked(
        &find(Query::Dense { vector }),
        |hit| hit.cosine.unwrap(),
        &dense,
        limit,
    );
    assert_ranked(
        &find(Query::Lexical { text, vector: None }),
        |hit| hit.bm25.unwrap(),
        &lexical,
        limit,
    );
    let fusion = Fusion::default();
    let hybrid = find(Query::Hybrid {
        vector,
        text,
        fusion,
    });
    let cosine = |id: &str| dense.iter().find(|(other, _)| other == id).unwrap().1;
    for hit in &hybrid {
        assert_eq!(hit.cosine, Some(cosine(&hit.item.id)));
        assert!(hit.score >= 0.0 && hit.score <= 1.0);
    }
    let expected = model.hybrid(vector, text, filter, fusion);
    assert_ranked(&hybrid, |hit| hit.score, &expected, limit);
}

fn compare_items(store: &dyn Store, model: &Model) {
    let mut scroll = Scroll {
        with_vectors: true,
        ..Scroll::first(3)
    };
    let mut found: Vec<VectorItem> = Vec::new();
    loop {
        let page = store.scroll("c", &scroll).unwrap();
        found.extend(page.items);
        scroll.after = page.next;
        if scroll.after.is_none() {
            break;
        }
    }
    let expected: Vec<VectorItem> = model.items.values().cloned().collect();
    assert_eq!(found, expected);
    let behind = Scroll {
        after: Some(Cursor::behind("c")),
        ..Scroll::first(100)
    };
    let page = store.scroll("c", &behind).unwrap();
    assert!(page.next.is_none() && page.items.iter().all(|item| *item.item.id > *"c"));
}

fn step() -> impl Strategy<Value = Step> {
    let batch = prop::collection::vec(any_item(), 1..6);
    prop_oneof![
        4 => batch.prop_map(Step::Upsert),
        1 => prop::collection::vec(id(), 1..4).prop_map(Step::Delete),
        1 => any_filter().prop_map(Step::DeleteMatching),
        4 => (0u64..50, text(), prop::option::of(any_filter()), 1usize..8).prop_map(|(seed, text, filter, limit)| Step::Search(seed, text, filter, limit)),
        1 => Just(Step::Reopen),
    ]
}

fn id() -> impl Strategy<Value = String> {
    "[a-g]|号1"
}

fn text() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &["退货", "发票", "密码", "快递", "怎么", "能", "apple", "的"];
    prop::collection::vec(prop::sample::select(WORDS), 1..6).prop_map(|words| words.join(" "))
}

fn any_item() -> impl Strategy<Value = VectorItem> {
    (
        id(),
        text(),
        prop::collection::vec(text(), 0..3),
        payload(),
        0u64..50,
    )
        .prop_map(|(id, text, wordings, payload, seed)| {
            let item = Item {
                wordings,
                ..item(&id, &text, payload)
            };
            with_vectors(item, seed)
        })
}

fn payload() -> impl Strategy<Value = Value> {
    let tag = prop_oneof![
        Just(json!(null)),
        Just(json!("x")),
        Just(json!(["x", "y"])),
        Just(json!([])),
        Just(json!("2024-03-02"))
    ];
    let number = prop_oneof![
        Just(json!(null)),
        (0..5).prop_map(|n| json!(n)),
        Just(json!([1, 3.5]))
    ];
    let day = prop_oneof![
        Just(json!(null)),
        (1..5).prop_map(|day| json!(format!("2024-03-{day:02}")))
    ];
    let free = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        (0..3).prop_map(|n| json!(n)),
        Just(json!("x"))
    ];
    (tag, number, day, free).prop_map(
        |(tag, n, day, free)| json!({"tag": tag, "n": n, "day": day, "free": {"inner": free}}),
    )
}

fn any_filter() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(&["tag", "n", "day", "free.inner", "id"][..]);
    let value = prop_oneof![
        Just(json!("x")),
        Just(json!("y")),
        (0..4).prop_map(|n| json!(n)),
        Just(json!(true)),
        Just(json!("2024-03-02"))
    ];
    let bound = prop_oneof![
        (0..4).prop_map(|n| (json!(n), json!(n + 1))),
        (1..3).prop_map(|d| (
            json!(format!("2024-03-0{d}")),
            json!(format!("2024-03-0{}", d + 2))
        ))
    ];
    let test = prop_oneof![
        3 => value.clone().prop_map(|value| ("match", json!({"value": value}))),
        1 => prop::collection::vec(value.clone(), 0..3).prop_map(|values| ("match", json!({"any": values}))),
        1 => prop::collection::vec(value, 0..3).prop_map(|values| ("match", json!({"except": values}))),
        2 => (bound, any::<bool>()).prop_map(|((low, high), open)| ("range", match open {
            true => json!({"gt": low}),
            false => json!({"gte": low, "lte": high}),
        })),
        1 => any::<bool>().prop_map(|wanted| ("exists", json!(wanted))),
    ];
    let condition = (key, test).prop_map(|(key, (name, test))| json!({"key": key, name: test}));
    let filter = |condition: BoxedStrategy<Value>| {
        let list = prop::collection::vec(condition, 0..3);
        (list.clone(), list.clone(), list).prop_map(
            |(must, should, not)| json!({"must": must, "should": should, "must_not": not}),
        )
    };
    condition
        .boxed()
        .prop_recursive(2, 6, 3, move |inner| filter(inner).boxed())
        .prop_map(|json| match json.get("key") {
            Some(_) => json!({"must": [json]}),
            None => json,
        })
}
