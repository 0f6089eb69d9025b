//! Items: written, read, paged through, removed.

use serde_json::json;
use yuyi_store::{
    AskedCoClicks, Caller, Error, Filter, Hits, Item, Near, NewCollection, ReindexVectors, Scroll,
    Store, Timestamp, VectorItem, jsonl,
};

use super::Place;
use super::ask::{dense, lexical, model, now_and_later, with_faq};
use super::examples::{DIMENSION, collection, faq, filter, item, random, with_vectors};

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
        "items[1].vector: It has 7 elements; the collection's vectors have 8."
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
}

pub fn pages_are_bounded_in_bytes(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    // The sixth alone is far over the bound; all others are alike.
    let one = |i: usize| {
        let answer = match i {
            5 => 50_000,
            _ => 1_000,
        };
        let item = Item {
            answer: Some("答".repeat(answer)),
            ..Item::new(format!("{i:02}"), "x")
        };
        with_vectors(item, 1)
    };
    let items: Vec<VectorItem> = (0..12).map(one).collect();
    let bytes = 2 * items[0].item.bytes() + 1;
    store.upsert("faq", "", items.clone()).unwrap();
    for (limit, with_vectors, lengths) in [
        (100, false, vec![3, 3, 3, 3]),
        (2, false, vec![2; 6]),
        // Their vectors count.
        (100, true, vec![2; 6]),
    ] {
        let mut scroll = Scroll {
            bytes: Some(bytes),
            with_vectors,
            ..Scroll::first(limit)
        };
        let (mut found, mut told) = (Vec::new(), Vec::new());
        loop {
            let page = store.scroll("faq", &scroll).unwrap();
            told.push(page.items.len());
            found.extend(page.items.into_iter().map(|item| item.item));
            scroll.after = page.next;
            if scroll.after.is_none() {
                break;
            }
        }
        let expected: Vec<Item> = items.iter().map(|item| item.item.clone()).collect();
        assert_eq!(found, expected);
        assert_eq!(told, lengths, "{limit}");
    }
    // However little there may be, an item comes.
    let scroll = Scroll {
        bytes: Some(0),
        ..Scroll::first(100)
    };
    let page = store.scroll("faq", &scroll).unwrap();
    assert!(page.items.len() == 1 && page.next.is_some());
}

/// The item of a line that was written.
fn read_line(line: &str) -> VectorItem {
    let mut json: serde_json::Value = serde_json::from_str(line).unwrap();
    let vectors = json.as_object_mut().unwrap().remove("vectors").unwrap();
    VectorItem {
        item: serde_json::from_value(json).unwrap(),
        vectors: serde_json::from_value(vectors).unwrap(),
    }
}

pub fn lines_of_json_come_back(place: &impl Place) {
    let store = with_faq(place);
    let mut file = Vec::new();
    assert_eq!(jsonl::export(&*store, "faq", true, &mut file).unwrap(), 10);
    let copy = store.create(&collection("copy")).unwrap().into_collection();
    let lines = std::str::from_utf8(&file).unwrap().lines();
    let items = lines.map(|line| jsonl::fits(read_line(line), &copy).unwrap());
    store.upsert("copy", "", items.collect()).unwrap();
    let of_another_type = VectorItem {
        item: item("x", "y", json!({"n": "z"})),
        vectors: Vec::new(),
    };
    let refused = jsonl::fits(of_another_type, &copy).unwrap_err();
    assert!(refused.to_string().starts_with("payload.n: "), "{refused}");
    let mut again = Vec::new();
    jsonl::export(&*store, "copy", true, &mut again).unwrap();
    assert_eq!(
        String::from_utf8(again).unwrap(),
        String::from_utf8(file).unwrap()
    );
}

/// Nothing has a character of code 0 in its name, and whoever asks for such a name asks for nothing.
pub fn what_cannot_be_a_name_names_nothing(place: &impl Place) {
    let (store, none) = (with_faq(place), "a\0b");
    let error = store.collection(none).unwrap_err();
    assert!(matches!(error, Error::CollectionNotFound { .. }), "{error}");
    assert_eq!(store.get("faq", &[none, "a"]).unwrap().len(), 1);
    assert_eq!(store.delete("faq", &[none]), Ok(0));
    assert_eq!(store.text_items("faq", &[none, "a"]).unwrap().len(), 1);
    assert_eq!(store.forget_user("faq", none), Ok(0));
    assert_eq!(store.history("faq", none, 1).unwrap().len(), 0);
    let asked = AskedCoClicks {
        items: &[none, "a"],
        without: Some(none),
        users: 9,
        events: 9,
    };
    assert_eq!(store.co_clicks("faq", &asked).unwrap().len(), 2);
    let near = Near {
        vectors: &[random(1, DIMENSION)],
        filter: None,
        without: &[none],
        limit: 3,
    };
    let found = store.near("faq", &near, Caller::PATIENT).unwrap();
    assert_eq!(found.len(), 3);
    for key in ["id", "tag"] {
        let named = filter(json!({"must": {"key": key, "match": {"value": none}}}));
        assert_eq!(store.count("faq", Some(&named)), Ok(0));
    }
    let keeping = NewCollection {
        unanswered: true,
        ..collection("asked")
    };
    store.create(&keeping).unwrap();
    assert_eq!(store.hits("asked", none, 5), Ok(Hits::default()));
}

/// Also where there is another of its name.
pub fn parts_are_written_to_the_collection_they_were_begun_with(place: &impl Place) {
    let store = place.open();
    let made = || store.create(&collection("c")).unwrap().into_collection();
    let item = |id: &str| vec![with_vectors(Item::new(id, "发票"), 1)];
    let first = made();
    store.upsert_to(&first, item("1")).unwrap();
    // It is the same with other items.
    store.upsert_to(&first, item("2")).unwrap();
    store.drop_collection("c").unwrap();
    let second = made();
    assert_ne!(first.number, second.number);
    assert_eq!(store.collection("c").unwrap().number, second.number);
    let gone = store.upsert_to(&first, item("3"));
    assert!(
        matches!(&gone, Err(Error::CollectionNotFound { name }) if name == "c"),
        "{gone:?}"
    );
    assert_eq!(store.count("c", None).unwrap(), 0);
    store.upsert_to(&second, item("3")).unwrap();
    assert_eq!(store.count("c", None).unwrap(), 1);
}

/// Also in the middle of a move, and with others written by the same transaction.
pub fn all_items_can_be_removed_at_once(place: &impl Place) {
    let store = with_faq(place);
    let to = model("new", 4);
    store.begin_reindex("faq", &to).unwrap();
    let some = store.reindex_todo("faq", &to, 5).unwrap();
    let vectors = some.iter().map(|item| ReindexVectors {
        key: item.key,
        vectors: vec![random(1, 4); item.texts.len()],
    });
    store.put_reindexed("faq", &to, vectors.collect()).unwrap();
    let all = Filter::default();
    assert_eq!(store.delete_matching("faq", &all), Ok(10));
    assert_eq!(found_of_all(&*store), (0, 0, 0));
    assert_eq!(store.delete_matching("faq", &all), Ok(0));
    let again = faq().into_iter().take(3);
    store.upsert("faq", "", again.collect()).unwrap();
    let store = now_and_later(place, store, |store| {
        assert_eq!(store.count("faq", None), Ok(3));
        assert_eq!(lexical(store, "退货"), ["b", "c"]);
        assert_eq!(dense(store, &random(1, DIMENSION), 10).len(), 3);
    });
    let ids = ["a", "b", "c"];
    assert_eq!(store.delete("faq", &ids), Ok(3));
    let store = now_and_later(place, store, |store| {
        assert_eq!(found_of_all(store), (0, 0, 0));
    });
    drop(store);
    assert_eq!(place.check(), Vec::<String>::new());
}

/// What a count, a search by vectors and one by words find.
fn found_of_all(store: &dyn Store) -> (u64, usize, usize) {
    (
        store.count("faq", None).unwrap(),
        dense(store, &random(1, DIMENSION), 10).len(),
        lexical(store, "退货").len(),
    )
}
