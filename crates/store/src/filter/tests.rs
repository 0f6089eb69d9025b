//! Tests of `filter.rs`.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn item(payload: Value) -> Item {
    let Value::Object(payload) = payload else {
        panic!("a payload is an object")
    };
    Item {
        payload,
        ..Item::new("7", "x")
    }
}

#[test]
fn conditions_hold_where_one_value_passes() {
    let item = item(
        json!({"tag": ["a", "b"], "price": 12.5, "on": true, "day": "2024-03-05", "none": null, "deep": {"n": [1, 9]}}),
    );
    for (condition, expected) in [
        (json!({"key": "tag", "match": {"value": "b"}}), true),
        (json!({"key": "tag", "match": {"value": "c"}}), false),
        (json!({"key": "tag", "match": {"any": ["x", "a"]}}), true),
        (json!({"key": "tag", "match": {"any": []}}), false),
        (json!({"key": "tag", "match": {"except": ["a"]}}), true),
        (
            json!({"key": "tag", "match": {"except": ["a", "b"]}}),
            false,
        ),
        (json!({"key": "missing", "match": {"except": ["a"]}}), false),
        (json!({"key": "price", "match": {"value": 12.5}}), true),
        (json!({"key": "price", "match": {"value": "12.5"}}), false),
        (json!({"key": "on", "match": {"value": true}}), true),
        (
            json!({"key": "price", "range": {"gt": 12, "lte": 12.5}}),
            true,
        ),
        (json!({"key": "price", "range": {"gt": 12.5}}), false),
        (json!({"key": "deep.n", "range": {"gte": 2}}), true),
        (json!({"key": "deep.n", "range": {"gt": 1, "lt": 9}}), false),
        (
            json!({"key": "day", "range": {"gte": "2024-03-05T08:00:00+08:00", "lt": "2024-03-06"}}),
            true,
        ),
        (json!({"key": "day", "range": {"lt": "2024-03-05"}}), false),
        (
            json!({"key": "price", "range": {"gte": "2024-03-05"}}),
            false,
        ),
        (json!({"key": "none", "exists": false}), true),
        (json!({"key": "tag", "exists": true}), true),
        (
            json!({"should": [{"key": "tag", "match": {"value": "z"}}, {"must": [{"key": "on", "exists": true}]}]}),
            true,
        ),
        (json!({"must_not": [{"key": "on", "exists": true}]}), false),
    ] {
        let filter = Filter::parse(&json!({"must": [condition]})).unwrap();
        assert_eq!(filter.matches(&item), expected, "{condition}");
        assert_eq!(Asking::new(&filter).matches(&item), expected, "{condition}");
        let filter = Filter::parse(&json!({"must_not": condition})).unwrap();
        assert_eq!(filter.matches(&item), !expected, "{condition}");
        assert_eq!(
            Asking::new(&filter).matches(&item),
            !expected,
            "{condition}"
        );
        let filter = Filter::parse(&json!({"should": [condition], "must": null})).unwrap();
        assert_eq!(filter.matches(&item), expected, "{condition}");
        assert_eq!(Asking::new(&filter).matches(&item), expected, "{condition}");
    }
    assert!(Filter::parse(&json!({})).unwrap().is_empty());
    assert!(Filter::default().matches(&item));
}

/// Filters of few keys and values, so that they often hold.
fn any_filter() -> impl Strategy<Value = Filter> {
    let number = || {
        let floats = [0.0, -0.0, 1.5, f64::NAN, 9007199254740992.0].map(Number::from);
        let whole = [1, 9007199254740993_i64].map(Number::from);
        proptest::sample::select([&floats[..], &whole[..]].concat())
    };
    let scalar = || {
        prop_oneof![
            "[ab]".prop_map(Scalar::Text),
            number().prop_map(Scalar::Number),
            any::<bool>().prop_map(Scalar::Bool),
        ]
    };
    let list = || proptest::collection::vec(scalar(), 0..4);
    let bounds = (-1.0..2.0).prop_map(|gt| Bounds {
        gt: Some(Number::from(gt)),
        gte: None,
        lt: None,
        lte: Some(Number::from(1.5)),
    });
    let test = prop_oneof![
        list().prop_map(Test::Any),
        list().prop_map(Test::Except),
        bounds.prop_map(Test::Numbers),
        any::<bool>().prop_map(Test::Exists),
    ];
    let key = prop_oneof![
        Just("x"),
        Just("y.z"),
        Just("y[]"),
        Just("id"),
        Just("enabled")
    ];
    let field = (key, test).prop_map(|(key, test)| Condition::Field {
        key: key.to_owned(),
        test,
    });
    let filter = |condition: BoxedStrategy<Condition>| {
        let list = || proptest::collection::vec(condition.clone(), 0..4);
        (list(), list(), list()).prop_map(|(must, should, must_not)| Filter {
            must,
            should,
            must_not,
        })
    };
    let nested = field.prop_recursive(2, 16, 4, move |inner| {
        filter(inner.boxed()).prop_map(Condition::Filter)
    });
    let list = || proptest::collection::vec(nested.clone(), 0..4);
    (list(), list(), list()).prop_map(|(must, should, must_not)| Filter {
        must,
        should,
        must_not,
    })
}

fn any_item() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0.0), Just(-0.0), Just(1.5)].prop_map(Value::from),
        proptest::sample::select(vec![1, 9007199254740992_i64, 9007199254740993])
            .prop_map(Value::from),
        "[ab]".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            inner.prop_map(|value| json!({"z": value})),
        ]
    });
    let payload = proptest::collection::btree_map("[xy]|y\\.z|id", value, 0..4);
    let enabled = proptest::option::of(any::<bool>());
    (payload, enabled, "[ab]").prop_map(|(payload, enabled, id)| Item {
        payload: payload.into_iter().collect(),
        enabled,
        ..Item::new(id, "x")
    })
}

proptest! {
    #[test]
    fn asking_many_items_means_the_same(filter in any_filter(), items in proptest::collection::vec(any_item(), 1..8)) {
        let asking = Asking::new(&filter);
        for item in items {
            prop_assert_eq!(asking.matches(&item), filter.matches(&item), "{:?}", item);
        }
    }
}

#[test]
fn conditions_on_one_path_are_asked_together() {
    let asks = |list: &str, test: fn(usize) -> Value| {
        let conditions: Vec<Value> = (0..100).map(test).collect();
        let filter = Filter::parse(&json!({list: conditions})).unwrap();
        Asking::new(&filter).asks()
    };
    let equal = |i: usize| json!({"key": "a", "match": {"value": i}});
    assert_eq!((asks("should", equal), asks("must_not", equal)), (2, 2));
    // Several values may be there, each of which is looked for.
    assert_eq!(asks("must", equal), 101);
    let elsewhere = |i: usize| json!({"key": i.to_string(), "match": {"value": 1}});
    assert_eq!(asks("should", elsewhere), 200);
}

#[test]
fn what_is_unknown_is_refused_by_its_path() {
    let mut deep = json!({"key": "a", "exists": true});
    for _ in 0..18 {
        deep = json!({"must": [deep]});
    }
    for (filter, field, reason) in [
        (json!([]), "", "This is not an object."),
        (
            json!({"min_should": {}}),
            "min_should",
            "Filters here know must, should and must_not only.",
        ),
        (json!({"must": [1]}), "must[0]", "This is not an object."),
        (json!({"must": [{}]}), "must[0].key", "It is missing."),
        (
            json!({"must": [{"match": {"value": 1}}]}),
            "must[0].key",
            "It is missing.",
        ),
        (
            json!({"must": [{"has_id": [1]}]}),
            "must[0].has_id",
            "Filters here know key with match, range or exists, or must, should and must_not only.",
        ),
        (
            json!({"must": [{"key": ""}]}),
            "must[0].key",
            "It has 0 bytes; a path has 1 to 256.",
        ),
        (
            json!({"must": [{"key": "a"}]}),
            "must[0]",
            "It has no test: match, range or exists.",
        ),
        (
            json!({"must": [{"key": "a", "is_null": true}]}),
            "must[0].is_null",
            "Filters here know match, range and exists only.",
        ),
        (
            json!({"should": {"key": "a", "match": {"text": "x"}}}),
            "should.match.text",
            "Filters here know value, any and except only.",
        ),
        (
            json!({"must": [{"key": "a", "match": {"any": ["x", {}]}}]}),
            "must[0].match.any[1]",
            "This is not a text, a number, true or false.",
        ),
        (
            json!({"must": [{"key": "a", "match": {}}]}),
            "must[0].match",
            "It has to have one of value, any and except.",
        ),
        (
            json!({"must": [{"key": "a", "range": {}}]}),
            "must[0].range",
            "It has no bound: gt, gte, lt or lte.",
        ),
        (
            json!({"must": [{"key": "a", "range": {"from": 1}}]}),
            "must[0].range.from",
            "Filters here know gt, gte, lt and lte only.",
        ),
        (
            json!({"must": [{"key": "a", "range": {"gte": "x"}}]}),
            "must[0].range.gte",
            "\"x\" is no time. Write it as 2024-03-05T10:30:00Z.",
        ),
        (
            json!({"must": [{"key": "a", "range": {"gte": true, "lt": "2024-01-01"}}]}),
            "must[0].range.gte",
            "true is no time. Write it as 2024-03-05T10:30:00Z, or as seconds since 1970.",
        ),
        (
            json!({"must": [{"key": "a", "exists": 1}]}),
            "must[0].exists",
            "This is neither true nor false.",
        ),
        (
            json!({"must": [{"key": "a", "exists": true, "range": {"gt": 1}}]}),
            "must[0].range",
            "A condition has one test; this one has exists already.",
        ),
        (
            json!({"must_not": [{"must": [{"key": "a", "x": 1}]}]}),
            "must_not[0].must[0].x",
            "Filters here know match, range and exists only.",
        ),
    ] {
        assert_eq!(
            Filter::parse(&filter),
            Err(Error::invalid(field, reason)),
            "{filter}"
        );
    }
    let error = Filter::parse(&deep).unwrap_err().to_string();
    assert!(
        error.ends_with("Filters stand in each other more than 16 deep."),
        "{error}"
    );
    let values = |count: usize| json!({"key": "a", "match": {"any": vec![0; count]}});
    assert!(Filter::parse(&json!({"must": values(10_000)})).is_ok());
    let many = json!({"must": [values(5_000), values(5_001)]});
    assert_eq!(
        Filter::parse(&many),
        Err(Error::invalid(
            "must[1].match.any",
            "The filter has more than 10000 values."
        ))
    );
    // However they are spread over filters inside filters.
    let conditions = |count: usize| vec![json!({"key": "a", "range": {"gt": 0}}); count];
    let nested = |count: usize| json!({"should": [{"must": conditions(500)}, {"should": conditions(count)}]});
    assert!(Filter::parse(&nested(498)).is_ok());
    assert_eq!(
        Filter::parse(&nested(499)),
        Err(Error::invalid(
            "should[1].should[498]",
            "The filter has more than 1000 conditions."
        ))
    );
}

use crate::error::Error;

/// Items of a collection with a declared time, and the item's own time.
#[test]
fn numbers_and_days_are_times_where_the_field_is_one() {
    let field = |name: &str, kind| crate::Field {
        name: name.to_owned(),
        kind,
    };
    let fields = [
        field("day", crate::FieldType::Time),
        field("word", crate::FieldType::Keyword),
    ];
    let mut item =
        item(json!({"day": "2024-03-05T10:30:00+00:00", "word": "2024-03-05T10:30:00Z"}));
    item.time = Some("2024-03-05T10:30:00Z".parse().unwrap());
    let seconds = 1_709_634_600;
    for (test, expected) in [
        (json!({"match": {"value": seconds}}), true),
        (json!({"match": {"value": seconds * 1000_i64}}), true),
        (json!({"match": {"value": seconds + 1}}), false),
        (json!({"match": {"value": "2024-03-05"}}), true),
        (json!({"match": {"value": "2024-03-04"}}), false),
        (
            json!({"match": {"any": ["x", true, "2024-03-05T18:30:00+08:00"]}}),
            true,
        ),
        (json!({"match": {"except": ["2024-03-05"]}}), false),
        (
            json!({"match": {"except": ["2024-03-04", seconds + 1]}}),
            true,
        ),
        (json!({"range": {"gte": seconds, "lte": seconds}}), true),
        (json!({"range": {"gt": seconds}}), false),
        (json!({"range": {"lt": 1e300}}), true),
        (json!({"range": {"gt": -1e300, "lt": "2024-03-06"}}), false),
        (
            json!({"range": {"gt": seconds - 1, "lt": "2024-03-06"}}),
            true,
        ),
        (json!({"range": {"lte": "2024-03-05"}}), true),
        (
            json!({"range": {"gte": "2024-03-05", "lt": "2024-03-06"}}),
            true,
        ),
        (json!({"range": {"gt": "2024-03-05"}}), false),
        (json!({"range": {"gt": "2024-03-04"}}), true),
    ] {
        let of = |key: &str| {
            let mut condition = test.clone();
            condition["key"] = key.into();
            Filter::parse(&json!({"must": condition}))
        };
        for key in ["day", "time"] {
            // What is beyond all times is no time beside one.
            let Ok(filter) = of(key) else {
                assert!(!expected, "{test}");
                continue;
            };
            let filter = filter.on(&fields);
            assert_eq!(filter.matches(&item), expected, "{key} {test}");
            assert_eq!(
                Asking::new(&filter).matches(&item),
                expected,
                "{key} {test}"
            );
        }
        if let Ok(filter) = of("word") {
            assert!(matches!(filter.on(&fields), std::borrow::Cow::Borrowed(_)));
        }
    }
    // What the payload has of the name is what it is.
    item.payload.insert("time".into(), json!(5));
    let own = |test: Value| {
        let filter = Filter::parse(&json!({"must": {"key": "time", "match": test}})).unwrap();
        filter.on(&fields).matches(&item)
    };
    assert!(own(json!({"value": 5})) && !own(json!({"except": [5]})));
    assert!(own(json!({"except": [6]})) && !own(json!({"value": seconds})));
}

#[test]
fn only_an_empty_object_removes_everything() {
    assert!(Filter::parse_to_remove(&json!({})).unwrap().is_empty());
    let is = json!({"key": "a", "match": {"value": 1}});
    assert!(Filter::parse_to_remove(&json!({"must": [is], "must_not": is})).is_ok());
    for (filter, place) in [
        (json!({"must": null}), "must"),
        (json!({"should": null}), "should"),
        (json!({"must": [], "should": []}), "must"),
        (json!({"must": [is], "should": []}), "should"),
        (json!({"must": {"must_not": []}}), "must.must_not"),
        (json!({"must": [is, {"should": null}]}), "must[1].should"),
        (
            json!({"must_not": {"key": "a", "match": {"any": []}}}),
            "must_not.match.any",
        ),
    ] {
        assert!(Filter::parse(&filter).is_ok());
        let error = Filter::parse_to_remove(&filter).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{place}: ")), "{error}");
    }
}
