//! What a store does, one thing at a time.

use serde_json::json;
use yuyi_store::{
    Created, Error, Fusion, Item, NewCollection, Query, ReindexVectors, Role, Scroll, Search,
    Space, Store, Timestamp, VectorItem, WordRules, jsonl,
};

use super::Place;
use super::examples::{DIMENSION, collection, faq, filter, item, random, with_vectors};

/// A store with the ten entries.
fn with_faq(place: &impl Place) -> Box<dyn Store> {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    store
}

fn dense(store: &dyn Store, vector: &[f32], limit: usize) -> Vec<String> {
    let query = Query::Dense { vector };
    let hits = store.search("faq", &search(query, limit)).unwrap();
    hits.into_iter().map(|hit| hit.item.id).collect()
}

fn lexical(store: &dyn Store, text: &str) -> Vec<String> {
    let query = Query::Lexical { text, vector: None };
    let hits = store.search("faq", &search(query, 10)).unwrap();
    hits.into_iter().map(|hit| hit.item.id).collect()
}

fn search(query: Query<'_>, limit: usize) -> Search<'_> {
    Search {
        query,
        filter: None,
        limit,
    }
}

fn model(name: &str, dimension: usize) -> Space {
    Space {
        model: Some(name.into()),
        fingerprint: format!("{name}-fingerprint"),
        dimension,
        item_prompt: "passage: ".into(),
        query_prompt: "query: ".into(),
    }
}

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

pub fn items_come_back_as_they_were(place: &impl Place) {
    let store = with_faq(place);
    let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let full = Item {
        wordings: vec!["第二种说法".into(), "第三种".into()],
        answer: Some("答案".into()),
        time: time("2024-03-05T10:30:00.123456Z"),
        category: Some("发票".into()),
        not_words: vec!["不".into()],
        related: vec!["a".into()],
        enabled: Some(false),
        valid_from: time("2024-01-01"),
        valid_until: time("2025-01-01"),
        threshold: Some(0.75),
        reject: Some(true),
        ..item(
            "full \" é",
            "全部",
            json!({"deep": {"list": [1, "x", null, 2.5]}, "n": [3]}),
        )
    };
    let given = with_vectors(full.clone(), 77);
    store.upsert("faq", "", vec![given.clone()]).unwrap();
    let store = now_and_later(place, store, |store| {
        let found = store
            .get("faq", &["full \" é", "missing", "a", "a"])
            .unwrap();
        assert_eq!((&found[0], found.len()), (&full, 3));
        let mut unit = given.clone();
        unit.prepare(DIMENSION).unwrap();
        assert_eq!(
            store.get_with_vectors("faq", &["full \" é"]).unwrap(),
            [unit]
        );
        assert_eq!(store.count("faq", None).unwrap(), 11);
    });
    assert_eq!(
        store
            .delete("faq", &["full \" é", "missing", "a", "a"])
            .unwrap(),
        2
    );
    assert_eq!(store.delete("faq", &["a"]).unwrap(), 0);
    assert_eq!(store.collection("faq").unwrap().count, 9);
}

/// Looks at a store, and at the one that finds what it left behind.
fn now_and_later(
    place: &impl Place,
    store: Box<dyn Store>,
    look: impl Fn(&dyn Store),
) -> Box<dyn Store> {
    look(&*store);
    drop(store);
    let store = place.open();
    look(&*store);
    store
}

pub fn a_batch_is_whole_or_not_there(place: &impl Place) {
    let store = with_faq(place);
    let good = with_vectors(Item::new("new", "新的"), 5);
    let refuse = |bad: VectorItem| {
        let error = store
            .upsert("faq", "", vec![good.clone(), bad])
            .unwrap_err();
        assert_eq!(store.count("faq", None).unwrap(), 10);
        assert!(store.get("faq", &["new"]).unwrap().is_empty());
        error.to_string()
    };
    assert_eq!(
        refuse(with_vectors(Item::new("", "x"), 1)),
        "items[1].id: It is empty."
    );
    assert_eq!(
        refuse(with_vectors(Item::new("x", " "), 1)),
        "items[1].text: It is empty or blank."
    );
    let mut bad = with_vectors(Item::new("x", "x"), 1);
    bad.vectors[0].pop();
    assert_eq!(
        refuse(bad),
        "items[1].vectors[0]: It has 7 elements; the collection's vectors have 8."
    );
    let bad = with_vectors(item("x", "x", json!({"n": "five"})), 1);
    assert_eq!(
        refuse(bad),
        "items[1].payload.n: \"five\" is not a number, which the collection declares."
    );

    // The last of one id stays.
    let twice = vec![good.clone(), with_vectors(Item::new("new", "更新的"), 6)];
    store.upsert("faq", "", twice).unwrap();
    assert_eq!(store.get("faq", &["new"]).unwrap()[0].text, "更新的");
    assert_eq!(store.count("faq", None).unwrap(), 11);
    assert_eq!(lexical(&*store, "更新"), ["new"]);
    store.upsert("faq", "", vec![]).unwrap();
}

pub fn pages_follow_the_order_of_ids(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let ids = ["10", "9", "Z", "a", "é", "中"];
    let items = ids
        .iter()
        .rev()
        .map(|id| with_vectors(Item::new(*id, "x"), 1))
        .collect();
    store.upsert("faq", "", items).unwrap();
    let mut scroll = Scroll::first(4);
    let page = store.scroll("faq", &scroll).unwrap();
    let found = |page: &yuyi_store::Page| {
        page.items
            .iter()
            .map(|item| item.item.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(found(&page), ids[..4]);
    assert!(page.items[0].vectors.is_empty());
    scroll.after = page.next;
    let page = store.scroll("faq", &scroll).unwrap();
    assert_eq!(found(&page), ids[4..]);
    assert_eq!(page.next, None);
    scroll.filter = Some(filter(
        json!({"must": {"key": "id", "match": {"any": ["中", "a"]}}}),
    ));
    scroll.after = None;
    assert_eq!(found(&store.scroll("faq", &scroll).unwrap()), ["a", "中"]);
}

pub fn filters_mean_what_they_say(place: &impl Place) {
    let store = with_faq(place);
    for (json, expected) in [
        (json!({}), "abcdefghij"),
        (
            json!({"must": {"key": "tag", "match": {"value": "x"}}}),
            "acegi",
        ),
        (
            json!({"must": {"key": "tag", "match": {"any": ["odd", "x"]}}}),
            "abcdefghij",
        ),
        (
            json!({"must": {"key": "tag", "match": {"except": ["x"]}}}),
            "abcdefghij",
        ),
        (
            json!({"must": {"key": "tag", "match": {"except": ["odd"]}}}),
            "acegi",
        ),
        (json!({"must": {"key": "tag", "match": {"value": 5}}}), ""),
        (
            json!({"must": {"key": "n", "range": {"gte": 3, "lt": 6}}}),
            "def",
        ),
        (json!({"must": {"key": "n", "match": {"value": 3.0}}}), "d"),
        (
            json!({"must": {"key": "n", "range": {"gt": "2024-01-01"}}}),
            "",
        ),
        (
            json!({"must": {"key": "day", "range": {"gt": "2024-03-02T12:00:00Z", "lte": "2024-03-04"}}}),
            "cd",
        ),
        (
            json!({"must": {"key": "day", "match": {"value": "2024-03-04"}}}),
            "d",
        ),
        (
            json!({"must": {"key": "day", "match": {"value": "2024-03-04T00:00:00Z"}}}),
            "",
        ),
        (
            json!({"must": {"key": "free", "match": {"value": 2}}}),
            "cfi",
        ),
        (
            json!({"must": [{"key": "free", "match": {"value": 2}}, {"key": "tag", "match": {"value": "odd"}}]}),
            "f",
        ),
        (
            json!({"should": [{"key": "n", "match": {"value": 0}}, {"key": "free", "match": {"value": 2}}]}),
            "acfi",
        ),
        (
            json!({"should": [{"key": "n", "match": {"value": 0}}, {"key": "n", "range": {"gt": 7}}]}),
            "aij",
        ),
        (
            json!({"must_not": {"key": "tag", "match": {"value": "odd"}}}),
            "acegi",
        ),
        (
            json!({"must_not": [{"key": "tag", "match": {"value": "odd"}}, {"key": "free", "match": {"value": 0}}]}),
            "cei",
        ),
        (
            json!({"must": {"key": "n", "exists": true}, "must_not": {"key": "n", "range": {"gt": 1}}}),
            "ab",
        ),
        (json!({"must": {"key": "n", "exists": false}}), ""),
        (
            json!({"must": {"key": "missing", "exists": false}}),
            "abcdefghij",
        ),
        (
            json!({"must": {"should": [{"key": "n", "match": {"value": 1}}, {"must": [{"key": "n", "match": {"value": 2}}]}]}}),
            "bc",
        ),
    ] {
        let filter = filter(json.clone());
        let expected: Vec<String> = expected.chars().map(String::from).collect();
        assert_eq!(
            store.count("faq", Some(&filter)).unwrap(),
            expected.len() as u64,
            "{json}"
        );
        let scroll = Scroll {
            filter: Some(filter.clone()),
            ..Scroll::first(100)
        };
        let found: Vec<String> = store
            .scroll("faq", &scroll)
            .unwrap()
            .items
            .into_iter()
            .map(|item| item.item.id)
            .collect();
        assert_eq!(found, expected, "{json}");
        let search = Search {
            query: Query::Dense {
                vector: &random(3, DIMENSION),
            },
            filter: Some(&filter),
            limit: 100,
        };
        let mut found: Vec<String> = store
            .search("faq", &search)
            .unwrap()
            .into_iter()
            .map(|hit| hit.item.id)
            .collect();
        found.sort();
        assert_eq!(found, expected, "{json}");
    }
    let odd = filter(json!({"must": {"key": "tag", "match": {"value": "odd"}}}));
    assert_eq!(store.delete_matching("faq", &odd).unwrap(), 5);
    assert_eq!(store.delete_matching("faq", &odd).unwrap(), 0);
    assert_eq!(store.count("faq", None).unwrap(), 5);
    assert!(lexical(&*store, "退货").iter().all(|id| id == "c"));
}

pub fn wordings_count_as_their_best(place: &impl Place) {
    let store = with_faq(place);
    let two = VectorItem {
        item: Item {
            wordings: vec!["寄回商品".into(), "包裹".into()],
            ..Item::new("w", "不要了")
        },
        vectors: vec![
            random(900, DIMENSION),
            random(901, DIMENSION),
            random(902, DIMENSION),
        ],
    };
    store.upsert("faq", "", vec![two]).unwrap();
    let query = Query::Hybrid {
        vector: &random(901, DIMENSION),
        text: "寄回",
        fusion: Fusion::default(),
    };
    let hits = store.search("faq", &search(query, 3)).unwrap();
    assert_eq!(
        (hits[0].item.id.as_str(), hits[0].wording, hits[0].score),
        ("w", 1, 1.0)
    );
    assert_eq!(hits[0].cosine, Some(1.0));
    assert!(hits[0].bm25.unwrap() > 0.0 && hits[1].bm25.is_none());
    assert_eq!(hits.len(), 3);
    let query = Query::Lexical {
        text: "包裹",
        vector: None,
    };
    let hits = store.search("faq", &search(query, 3)).unwrap();
    assert_eq!((hits.len(), hits[0].wording, hits[0].cosine), (1, 2, None));
    // More texts of one item than are looked at first.
    let many = Item {
        wordings: (0..700).map(|i| format!("说法{i}")).collect(),
        ..Item::new("m", "很多说法")
    };
    let near: Vec<f32> = random(5, DIMENSION);
    let vectors = vec![near.clone(); 701];
    store
        .upsert(
            "faq",
            "",
            vec![VectorItem {
                item: many,
                vectors,
            }],
        )
        .unwrap();
    let found = dense(&*store, &near, 20);
    assert_eq!((found[0].as_str(), found.len()), ("m", 12));
}

pub fn scores_are_in_bounds(place: &impl Place) {
    let store = with_faq(place);
    let text = "退货 退货 密码怎么办 password password";
    let vector = &random(21, DIMENSION)[..];
    for query in [
        Query::Dense { vector },
        Query::Lexical {
            text,
            vector: Some(vector),
        },
        Query::Hybrid {
            vector,
            text,
            fusion: Fusion::default(),
        },
    ] {
        let hits = store.search("faq", &search(query, 10)).unwrap();
        assert!(hits.len() >= 4);
        for pair in hits.windows(2) {
            assert!(pair[0].score >= pair[1].score);
        }
        for hit in hits {
            assert!((0.0..=1.0).contains(&hit.score));
            assert!((-1.0..=1.0).contains(&hit.cosine.unwrap()));
        }
    }
    let short = Query::Dense { vector: &[1.0] };
    let error = store.search("faq", &search(short, 1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vector: It has 1 elements; the collection's vectors have 8."
    );
    let nothing = Query::Lexical {
        text: "。",
        vector: None,
    };
    assert!(store.search("faq", &search(nothing, 1)).unwrap().is_empty());
}

pub fn words_can_be_taught(place: &impl Place) {
    let store = with_faq(place);
    let plan = with_vectors(Item::new("p", "云梯计划怎么报名"), 1);
    store.upsert("faq", "", vec![plan]).unwrap();
    assert_eq!(lexical(&*store, "计划"), ["p"]);
    assert!(lexical(&*store, "口令").is_empty());
    let rules = WordRules {
        words: vec!["云梯计划".into()],
        synonyms: vec![vec!["密码".into(), "口令".into(), "password".into()]],
    };
    store.set_words("faq", &rules).unwrap();
    let store = now_and_later(place, store, |store| {
        assert_eq!(store.collection("faq").unwrap().words, rules);
        assert!(lexical(store, "计划").is_empty());
        assert_eq!(lexical(store, "云梯计划"), ["p"]);
        let mut found = lexical(store, "口令");
        found.sort();
        assert_eq!(found, ["e", "f", "i"]);
    });
    store
        .upsert("faq", "", vec![with_vectors(Item::new("n", "口令丢了"), 1)])
        .unwrap();
    assert!(lexical(&*store, "PASSWORD").contains(&"n".to_owned()));
    let bad = WordRules {
        words: vec![" ".into()],
        synonyms: vec![],
    };
    assert!(matches!(
        store.set_words("faq", &bad),
        Err(Error::Invalid { .. })
    ));
}

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
        let todo = store.reindex_todo("faq", 3).unwrap();
        if todo.is_empty() {
            break;
        }
        moved += todo.len();
        let put = todo
            .iter()
            .map(|item| second_model(item.key, item.texts.len()))
            .collect();
        store.put_reindexed("faq", put).unwrap();
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
    assert_eq!(store.finish_reindex("faq"), Err(unfinished));
    let todo = store.reindex_todo("faq", 10).unwrap();
    assert_eq!(
        (todo.len(), &todo[0].texts[..]),
        (1, &["最后的".to_owned()][..])
    );
    store
        .put_reindexed(
            "faq",
            vec![second_model(todo[0].key, 1), second_model(999_999, 1)],
        )
        .unwrap();
    store.finish_reindex("faq").unwrap();
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
    assert_eq!(store.reindex_todo("faq", 1), Err(none.clone()));
    assert_eq!(store.finish_reindex("faq"), Err(none.clone()));
    assert_eq!(store.abandon_reindex("faq"), Err(none));
    let same = store
        .begin_reindex("faq", &Space::given(DIMENSION))
        .unwrap_err();
    assert!(matches!(same, Error::Invalid { .. }), "{same}");
    store.begin_reindex("faq", &model("gte", 3)).unwrap();
    let other = store.begin_reindex("faq", &model("bge", 3)).unwrap_err();
    assert!(
        matches!(&other, Error::Reindexing { to, .. } if to.starts_with("gte")),
        "{other}"
    );
    let todo = store.reindex_todo("faq", 1).unwrap();
    let mut bad = second_model(todo[0].key, 1);
    bad.vectors[0].push(1.0);
    let error = store.put_reindexed("faq", vec![bad]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "vectors[0].vectors[0]: It has 4 elements; the collection's vectors have 3."
    );
    let error = store
        .put_reindexed("faq", vec![second_model(todo[0].key, 2)])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "vectors[0]: There are 2 vectors for 1 texts."
    );
    store.abandon_reindex("faq").unwrap();
    assert!(store.collection("faq").unwrap().reindex.is_none());
    store.begin_reindex("faq", &model("bge", 5)).unwrap();
    store.drop_collection("faq").unwrap();
    assert_eq!(store.list().unwrap(), []);
}

pub fn lines_of_json_come_back(place: &impl Place) {
    let store = with_faq(place);
    let mut file = Vec::new();
    assert_eq!(jsonl::export(&*store, "faq", true, &mut file).unwrap(), 10);
    store.create(&collection("copy")).unwrap();
    let broken = [
        &file[..],
        b"{\"id\":\"x\"}\n{\"text\":\"y\",\"payload\":{\"n\":\"z\"}}\n",
    ]
    .concat();
    let lines = jsonl::read(&broken[..]);
    let done = jsonl::import(&*store, "copy", lines, |_| Ok(())).unwrap();
    let refused: Vec<u64> = done.refused.iter().map(|(line, _)| *line).collect();
    assert_eq!((done.written, refused), (10, vec![11, 12]));
    let mut again = Vec::new();
    jsonl::export(&*store, "copy", true, &mut again).unwrap();
    assert_eq!(
        String::from_utf8(again).unwrap(),
        String::from_utf8(file).unwrap()
    );
}

pub fn large_limits_and_no_items(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let vector = &random(1, DIMENSION)[..];
    for limit in [0, 1, usize::MAX] {
        assert_eq!(dense(&*store, vector, limit).len(), 0);
    }
    store.upsert("faq", "", faq()).unwrap();
    assert_eq!(dense(&*store, vector, 0).len(), 0);
    assert_eq!(dense(&*store, vector, usize::MAX).len(), 10);
    let fusion = Fusion::default();
    let text = "退货";
    let hits = store
        .search(
            "faq",
            &search(
                Query::Hybrid {
                    vector,
                    text,
                    fusion,
                },
                usize::MAX,
            ),
        )
        .unwrap();
    assert_eq!(hits.len(), 10);
    assert_eq!(
        store
            .scroll("faq", &Scroll::first(usize::MAX))
            .unwrap()
            .items
            .len(),
        10
    );
    let page = store.scroll("faq", &Scroll::first(0)).unwrap();
    assert!(page.items.is_empty());
}
