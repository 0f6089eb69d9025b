//! Items: written, read, paged through, removed.

use serde_json::json;
use yuyi_store::{Item, Scroll, Timestamp, VectorItem, jsonl};

use super::Place;
use super::ask::{lexical, now_and_later, with_faq};
use super::examples::{DIMENSION, collection, filter, item, with_vectors};

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

pub fn pages_of_what_has_no_index(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let one = |i: usize| {
        let payload = json!({"free": i % 1000, "n": i % 2});
        with_vectors(item(&format!("{i:04}"), "x", payload), 1)
    };
    store
        .upsert("faq", "", (0..4500).map(one).collect())
        .unwrap();
    let free = json!({"key": "free", "match": {"value": 7}});
    let odd = json!({"key": "n", "match": {"value": 1}});
    for must in [json!([free]), json!([free, odd])] {
        let mut scroll = Scroll {
            filter: Some(filter(json!({"must": must}))),
            ..Scroll::first(2)
        };
        let mut found = Vec::new();
        loop {
            let page = store.scroll("faq", &scroll).unwrap();
            found.extend(page.items.into_iter().map(|item| item.item.id));
            scroll.after = page.next;
            if scroll.after.is_none() {
                break;
            }
        }
        assert_eq!(found, ["0007", "1007", "2007", "3007", "4007"]);
    }
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
