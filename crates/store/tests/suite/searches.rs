//! Searches: by vectors, by words, by both, among those that a filter means.

use serde_json::{Value, json};
use yuyi_store::{Error, Filter, Fusion, Item, Query, Scroll, Search, VectorItem, WordRules};

use super::Place;
use super::ask::{dense, lexical, now_and_later, search, with_faq};
use super::examples::{DIMENSION, collection, faq, filter, item, random, with_vectors};

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
            json!({"must": {"key": "n", "match": {"any": [3, 1, 77]}}}),
            "bd",
        ),
        (
            json!({"must": {"key": "day", "match": {"any": ["2024-03-04", "2024-03-02", "1999-01-01"]}}}),
            "bd",
        ),
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
            "d",
        ),
        (
            json!({"must": {"key": "day", "match": {"value": 1709510400}}}),
            "d",
        ),
        (
            json!({"must": {"key": "day", "match": {"except": ["2024-03-04", 1709510400]}}}),
            "abcefghij",
        ),
        (
            json!({"must": {"key": "day", "range": {"gt": "2024-03-02", "lte": 1709510400}}}),
            "cd",
        ),
        (
            json!({"must": {"key": "day", "range": {"gte": 1709337600, "lt": 1709510400}}}),
            "bc",
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

/// More conditions than are looked for at once, beside each other and in filters inside filters.
pub fn filters_of_many_conditions(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let one = |n: u64| {
        let tag = if n.is_multiple_of(2) { "even" } else { "odd" };
        with_vectors(item(&n.to_string(), "货物", json!({"n": n, "tag": tag})), n)
    };
    let items: Vec<VectorItem> = (0..200).map(one).collect();
    store.upsert("c", "", items.clone()).unwrap();
    let is = |n: u64| json!({"key": "n", "match": {"value": n}});
    let odd = json!({"key": "tag", "match": {"value": "odd"}});
    let from = |n: u64| json!({"key": "n", "range": {"gte": n}});
    let many = |count: u64, condition: &dyn Fn(u64) -> Value| (0..count).map(condition).collect();
    let both = |n: u64| json!({"must": [is(n), odd]});
    let lists: [Vec<Value>; 4] = [
        many(90, &|n| is(2 * n)),
        many(40, &from),
        many(70, &is),
        many(50, &both),
    ];
    let [evens, bounds, small, odds] = lists;
    let filters = [
        (json!({"should": evens}), 90),
        (json!({"must": bounds}), 161),
        (json!({"must_not": small}), 130),
        (json!({"should": odds}), 25),
        (
            json!({"must": [{"should": evens}, {"must_not": small}], "must_not": odds}),
            55,
        ),
        (
            json!({"must": bounds, "should": [odd, {"must_not": [{"should": small}]}]}),
            146,
        ),
    ];
    for (json, expected) in filters {
        let filter = filter(json.clone());
        let meant = items.iter().filter(|one| filter.matches(&one.item));
        assert_eq!(meant.count(), expected, "{json}");
        assert_eq!(
            store.count("c", Some(&filter)),
            Ok(expected as u64),
            "{json}"
        );
    }
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
    assert_eq!((hits[0].item.id.as_str(), hits[0].wording), ("w", 1));
    assert_eq!(hits[0].cosine, Some(1.0));
    // All of the part by vectors, and some of that by words, of which no text has all.
    let Fusion {
        dense_weight,
        words_power,
        ..
    } = Fusion::default();
    let by_vectors = dense_weight.powf(1.0 / words_power);
    assert!(hits[0].score > by_vectors && hits[0].score < 1.0);
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

/// tests/fixtures/lexical/bm25.json, made by scripts/make_bm25_fixture.
pub fn words_score_as_in_bm25s(place: &impl Place) {
    let file = include_str!("../../../../tests/fixtures/lexical/bm25.json");
    let fixture: Bm25Fixture = serde_json::from_str(file).unwrap();
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let item = |(i, text)| with_vectors(Item::new(format!("{i}"), text), i as u64);
    let items = fixture.texts.iter().enumerate().map(item).collect();
    store.upsert("faq", "", items).unwrap();
    for question in &fixture.questions {
        let query = Query::Lexical {
            text: &question.text,
            vector: None,
        };
        let hits = store.search("faq", &search(query, 100)).unwrap();
        let wanted = question.scores.iter().filter(|score| **score > 0.0);
        assert_eq!(hits.len(), wanted.count(), "{}", question.text);
        let mut scores = vec![0.0; fixture.texts.len()];
        for hit in hits {
            scores[hit.item.id.parse::<usize>().unwrap()] = hit.bm25.unwrap();
        }
        for (text, (score, wanted)) in fixture
            .texts
            .iter()
            .zip(scores.iter().zip(&question.scores))
        {
            let apart = (score - wanted).abs();
            assert!(apart < 1e-9, "{} {text}: {score} {wanted}", question.text);
        }
    }
}

#[derive(serde::Deserialize)]
struct Bm25Fixture {
    texts: Vec<String>,
    questions: Vec<Bm25Question>,
}

#[derive(serde::Deserialize)]
struct Bm25Question {
    text: String,
    scores: Vec<f64>,
}

/// What only one of the lists has found is there, with what both say of it.
pub fn hybrid_hits_of_one_list_have_both_scores(place: &impl Place) {
    let store = with_faq(place);
    store
        .upsert(
            "faq",
            "",
            vec![with_vectors(Item::new("n", "云梯计划"), 900)],
        )
        .unwrap();
    let vector = &random(901, DIMENSION);
    let text = "云梯计划";
    let only = |dense_weight| {
        let fusion = Fusion {
            dense_weight,
            depth: 1,
            ..Fusion::default()
        };
        let query = Query::Hybrid {
            vector,
            text,
            fusion,
        };
        store.search("faq", &search(query, 2)).unwrap()
    };
    let nearest = dense(&*store, vector, 1).remove(0);
    assert_ne!(nearest, "n");
    let (by_vectors, by_words) = (only(1.0), only(0.0));
    assert_eq!(by_vectors[0].item.id, nearest);
    assert_eq!(by_words[0].item.id, "n");
    assert!(by_words[0].cosine.unwrap() < by_vectors[0].cosine.unwrap());
    assert!(by_words[0].bm25.unwrap() > 0.0);
}

/// A near text does not lose its score because nothing else is there, nor by how many are asked for.
pub fn what_stands_alone_is_scored_as_among_others(place: &impl Place) {
    let store = with_faq(place);
    let vector = random(3000, DIMENSION);
    let hybrid = |filter: Option<&Filter>, limit| {
        let query = Query::Hybrid {
            vector: &vector,
            text: "没有人说过",
            fusion: Fusion::default(),
        };
        let search = Search {
            query,
            filter,
            limit,
        };
        let hits = store.search("faq", &search).unwrap();
        let scored = hits.into_iter().map(|hit| (hit.item.id, hit.score));
        scored.collect::<Vec<_>>()
    };
    let all = hybrid(None, 10);
    assert!(all[0].1 > 0.5, "{all:?}");
    assert_eq!(hybrid(None, 3), all[..3]);
    let nearest = json!({"must": {"key": "n", "match": {"value": 3}}});
    assert_eq!(hybrid(Some(&filter(nearest)), 10), all[..1]);
}

/// Words that a text says again and again are no better evidence than the question's own.
pub fn nothing_stands_above_the_question_itself(place: &impl Place) {
    let store = place.open();
    store.create(&collection("c")).unwrap();
    let question = "怎么申请退款";
    let others = [
        "会员怎么续费",
        "怎么修改收货地址",
        "支持微信支付吗",
        "客服电话是多少",
        "账号密码忘了",
        "屏幕碎了保修吗",
        "优惠券怎么用",
        "积分兑换",
        "图书馆几点关门",
        "今天天气很好",
    ];
    let again = "退款退款退款怎么申请不了，申请退款一直失败，申请申请";
    let texts = [again, question].into_iter().chain(others);
    let items = texts.enumerate().map(|(i, text)| {
        let (item, mut vector) = (item(text, text, json!({})), vec![0.0; DIMENSION]);
        let cosine: f32 = [0.85, 1.0].get(i).copied().unwrap_or(0.5);
        (vector[0], vector[1]) = (cosine, (1.0 - cosine * cosine).sqrt());
        VectorItem {
            item,
            vectors: vec![vector],
        }
    });
    store.upsert("c", "", items.collect()).unwrap();
    let mut vector = vec![0.0; DIMENSION];
    vector[0] = 1.0;
    for dense_weight in [0.05, 0.4] {
        let fusion = Fusion {
            dense_weight,
            words_power: 3.0,
            ..Fusion::default()
        };
        let query = Query::Hybrid {
            vector: &vector,
            text: question,
            fusion,
        };
        let search = Search {
            query,
            filter: None,
            limit: 3,
        };
        let hits = store.search("c", &search).unwrap();
        assert_eq!(hits[0].item.text, question, "{hits:?}");
        // By its words alone it would have been before.
        assert_eq!(hits[1].item.text, again);
        assert!(hits[1].bm25 > hits[0].bm25);
    }
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
        // As before it was taught.
        assert_eq!(lexical(store, "计划"), ["p"]);
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

pub fn parts_that_are_taught_are_found(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let texts = [
        "电子发票怎么开",
        "专用发票要什么资料",
        "怎么开发票？",
        "怎么退货",
    ];
    let text = |i: usize| with_vectors(Item::new(i.to_string(), texts[i]), i as u64);
    let items = (0..texts.len()).map(text).collect();
    store.upsert("faq", "", items).unwrap();
    let list = |words: &str| words.split(' ').map(String::from).collect::<Vec<_>>();
    let meaning = || vec![list("发票 票据")];
    for (words, synonyms) in [
        ("电子发票 发票", vec![]),
        ("发票 开发票", vec![]),
        ("电子发票", meaning()),
        ("电子发票 专用发票 开发票 发票", meaning()),
    ] {
        let rules = WordRules {
            words: list(words),
            synonyms,
        };
        store.set_words("faq", &rules).unwrap();
        let mut found = lexical(&*store, "发票");
        found.sort();
        assert_eq!(found, ["0", "1", "2"], "{words}");
    }
    assert_eq!(lexical(&*store, "票据").len(), 3);
    assert_eq!(lexical(&*store, "电子发票")[0], "0");
    assert_eq!(lexical(&*store, "退货"), ["3"]);
}

pub fn own_words_stand_between_words(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let texts = [
        ("a", "Shanghai 天气"),
        ("b", "Mumbai office"),
        ("c", "AI 客服"),
        ("d", "15G 流量包"),
        ("e", "中国5G套餐"),
        ("f", "我要退货"),
        ("g", "返钱到哪里"),
    ];
    let each = texts.iter().enumerate();
    let items = each.map(|(i, (id, text))| with_vectors(Item::new(*id, *text), i as u64));
    store.upsert("faq", "", items.collect()).unwrap();
    let list = |words: [&str; 2]| words.map(String::from).to_vec();
    let rules = WordRules {
        words: vec!["5G".into()],
        synonyms: vec![
            list(["AI", "人工智能"]),
            list(["退货", "退款"]),
            list(["退款", "返钱"]),
        ],
    };
    store.set_words("faq", &rules).unwrap();
    let store = now_and_later(place, store, |store| {
        let found = |text| {
            let mut ids = lexical(store, text);
            ids.sort();
            ids.concat()
        };
        assert_eq!(found("人工智能"), "c");
        assert_eq!(found("5G"), "e");
        for word in ["退货", "退款", "返钱"] {
            assert_eq!(found(word), "fg", "{word}");
        }
    });
    for (rules, place) in [
        (
            WordRules {
                words: vec!["长".repeat(101)],
                ..WordRules::default()
            },
            "words[0]",
        ),
        (
            WordRules {
                synonyms: vec![vec![]],
                ..WordRules::default()
            },
            "synonyms[0]",
        ),
    ] {
        let error = store.set_words("faq", &rules).unwrap_err();
        assert!(
            matches!(&error, Error::Invalid { field, .. } if field == place),
            "{error}"
        );
    }
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
