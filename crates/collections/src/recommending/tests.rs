use yuyi::Calibration;
use yuyi_store::{
    Caller, EmbeddedStore, Error, Event, EventKind, EventStore, Filter, Item, MOST_EVENTS,
    NewCollection, Options, Store, Timestamp, VectorItem,
};

use super::*;

/// A unit vector at an angle.
fn at(degrees: f32) -> Vec<f32> {
    let angle = degrees.to_radians();
    vec![angle.cos(), angle.sin(), 0.0]
}

fn item(id: &str, degrees: f32, time: Option<&str>) -> VectorItem {
    let item = Item {
        time: time.map(|time| time.parse().unwrap()),
        ..Item::new(id, format!("文{id}"))
    };
    VectorItem {
        item,
        vectors: vec![at(degrees)],
    }
}

/// Two kinds of items, some degrees apart: `a…` around 0°, `b…` around 90°; and one that is new.
fn items() -> Vec<VectorItem> {
    let row = |kind: &'static str, from: f32| {
        (0..6).map(move |i| item(&format!("{kind}{i}"), from + 16.0 * i as f32, None))
    };
    let new = item("new", 250.0, Some("2026-01-01"));
    row("a", 0.0).chain(row("b", 110.0)).chain([new]).collect()
}

fn event(user: &str, item: &str, kind: EventKind, time: i64) -> Event {
    Event {
        user: user.into(),
        item: item.into(),
        kind,
        weight: 1.0,
        time: Timestamp::from_micros(time),
    }
}

fn click(user: &str, item: &str, time: i64) -> Event {
    event(user, item, EventKind::Click, time)
}

fn asked(user: &str) -> AskedRecommend {
    AskedRecommend {
        user: Some(user.into()),
        limit: Some(3),
        ..AskedRecommend::default()
    }
}

/// What a shelf of files and one of a store answer, which is the same.
fn reply(events: &[Event], asked: AskedRecommend) -> RecommendReply {
    reply_among(&items(), events, asked)
}

fn reply_among(items: &[VectorItem], events: &[Event], asked: AskedRecommend) -> RecommendReply {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let new = NewCollection::given("c", 3);
    store.create(&new).unwrap();
    // In two batches, in which some come again.
    store.upsert("c", "", items.to_vec()).unwrap();
    store.add_events("c", events.to_vec()).unwrap();
    store.add_events("c", events.to_vec()).unwrap();
    let collection = store.collection("c").unwrap();
    let stored = StoredShelf {
        store: &store,
        collection: &collection,
        caller: Caller::PATIENT,
    };
    let held = HeldShelf::new(items.to_vec(), events.to_vec());
    let answer = |shelf: &dyn Shelf| {
        let plan = RecommendPlan::new(&collection.space, shelf, asked.clone()).unwrap();
        let question = plan.finish::<Encoded>(&[]).unwrap();
        recommend(shelf, &question, &Calibration::Uncalibrated).unwrap()
    };
    let (a, b) = (answer(&stored), answer(&held));
    assert_eq!(a, b);
    a
}

fn ids(reply: &RecommendReply) -> Vec<&str> {
    reply.results.iter().map(|one| &*one.id).collect()
}

#[test]
fn without_a_history_the_popular_come_and_then_the_new() {
    let others = [
        click("x", "a3", 1),
        click("y", "a3", 2),
        click("y", "b2", 3),
    ];
    for user in ["u", "nobody"] {
        let skips = [event("u", "b2", EventKind::Skip, 4)];
        let events = [&others[..], if user == "u" { &skips } else { &[] }].concat();
        let cold = reply(&events, asked(user));
        assert!(cold.cold_start);
        let expected: &[&str] = match user {
            // Only skips: that is left out, and nothing else is known.
            "u" => &["a3", "new", "b5"],
            _ => &["a3", "b2", "new"],
        };
        assert_eq!(ids(&cold), expected);
        assert!(cold.results.iter().all(|one| one.because.is_none()));
    }
    // Not even others' events.
    assert_eq!(
        ids(&reply(&[], AskedRecommend::default()))[..2],
        ["new", "b5"]
    );
}

#[test]
fn the_first_click_steers_and_is_not_shown_again() {
    let first = reply(&[click("u", "a2", 5)], asked("u"));
    assert!(!first.cold_start);
    assert!(
        ids(&first)
            .iter()
            .all(|id| id.starts_with('a') && *id != "a2"),
        "{first:?}"
    );
    let because = first.results[0].because.as_ref().unwrap();
    assert_eq!(because.item.as_deref(), Some("a2"));
    assert!(because.similarity > 0.9);
    // The same click ten thousand times, and late, is one.
    let mut many: Vec<Event> = (0..10_000).map(|i| click("u", "a2", i % 6)).collect();
    many.rotate_left(777);
    assert_eq!(reply(&many, asked("u")), first);
}

#[test]
fn who_reads_what_is_new_is_shown_nothing_old() {
    let time = |day: i64| format!("2026-01-{day:02}");
    let read: Vec<VectorItem> = (1..7)
        .map(|day| item(&format!("d{day}"), 20.0 * day as f32, Some(&time(day))))
        .collect();
    let event = |day: i64| {
        let when: Timestamp = time(day + 1).parse().unwrap();
        click("u", &format!("d{day}"), when.micros())
    };
    let events: Vec<Event> = (1..7).map(event).collect();
    let first = |old: &str, events: &[Event]| {
        // As far from the latest that was read as they are from each other, and a little farther from the earliest.
        let others = [
            item("old", 140.0, Some(old)),
            item("new", -5.0, Some("2026-01-08")),
        ];
        let items = [&read[..], &others].concat();
        ids(&reply_among(&items, events, asked("u")))[0].to_owned()
    };
    assert_eq!(first("2020-01-01", &events), "new");
    // Also where it is no older than what was read, and where too little is known of the user.
    assert_eq!(first("2026-01-06", &events), "old");
    assert_eq!(first("2020-01-01", &events[2..]), "old");
}

#[test]
fn what_others_did_who_liked_the_same_counts() {
    let asked = || AskedRecommend {
        limit: Some(20),
        ..asked("u")
    };
    let own = [click("u", "a2", 5)];
    let place = |events: &[Event], id: &str| {
        let found = reply(events, asked());
        let place = ids(&found).iter().position(|one| *one == id);
        assert!(found.results.iter().all(|one| one.because.is_some()));
        place.unwrap()
    };
    // Ten others read that too, and all of them one of the other kind; with a skip and what is there no more nothing comes of it.
    let others: Vec<Event> = (0..10)
        .flat_map(|i| {
            let user = format!("x{i}");
            let skip = event(&user, "b1", EventKind::Skip, 3);
            [
                click(&user, "a2", 1),
                click(&user, "b4", 2),
                click(&user, "gone", 2),
                skip,
            ]
        })
        .collect();
    let with = [&own[..], &others].concat();
    assert!(place(&with, "b4") < place(&own, "b4"));
    assert_eq!(
        place(&with, "b1").cmp(&place(&with, "b3")),
        place(&own, "b1").cmp(&place(&own, "b3"))
    );
    // Nor of those who did nothing of what this user did, nor of what the user alone did.
    let strangers: Vec<Event> = (0..10)
        .flat_map(|i| {
            [
                click(&format!("y{i}"), "b0", 1),
                click(&format!("y{i}"), "b4", 2),
            ]
        })
        .collect();
    let strange = [&own[..], &strangers].concat();
    assert_eq!(ids(&reply(&strange, asked())), ids(&reply(&own, asked())));
    // An example tells as much as an event.
    let example = AskedRecommend {
        user: None,
        positive: vec![Example::Item("a2".into())],
        ..asked()
    };
    assert_eq!(ids(&reply(&others, example)), ids(&reply(&with, asked())));
}

#[test]
fn both_tastes_are_served_and_the_newer_one_more() {
    let day = 86_400_000_000;
    let events = [click("u", "a1", 0), click("u", "b3", 100 * day)];
    let found = reply(&events, asked("u"));
    assert!(ids(&found)[0].starts_with('b'), "{found:?}");
    let events = [click("u", "a1", 0), click("u", "b3", day)];
    let limit = AskedRecommend {
        limit: Some(4),
        half_life: Some(365.0),
        ..asked("u")
    };
    let found = reply(&events, limit);
    let of_a = ids(&found).iter().filter(|id| id.starts_with('a')).count();
    assert!((1..=3).contains(&of_a), "{found:?}");
}

#[test]
fn filters_and_what_is_gone_and_all_that_was_seen() {
    let filter = serde_json::json!({"must_not": {"key": "id", "match": {"any": ["a1", "a3"]}}});
    let filtered = AskedRecommend {
        filter: Some(Filter::parse(&filter).unwrap()),
        ..asked("u")
    };
    // Of what was clicked some is there no more, and some says it is from the end of time.
    let events = [click("u", "gone", 9), click("u", "a2", i64::MAX)];
    let found = reply(&events, filtered);
    assert!(!found.cold_start && !ids(&found).contains(&"a1") && !ids(&found).contains(&"a3"));
    let only_gone = reply(&[click("u", "gone", 9)], asked("u"));
    assert!(only_gone.cold_start && ids(&only_gone) == ["new", "b5", "b4"]);
    let all: Vec<Event> = items()
        .iter()
        .map(|one| click("u", &one.item.id, 1))
        .collect();
    assert!(reply(&all, asked("u")).results.is_empty());
}

#[test]
fn examples_are_items_or_texts() {
    let given = |positive: &[Example], negative: &[Example]| AskedRecommend {
        positive: positive.to_vec(),
        negative: negative.to_vec(),
        limit: Some(2),
        ..AskedRecommend::default()
    };
    let (a, none) = (Example::Either("a2".into()), Example::Item("none".into()));
    let found = reply(&[], given(&[a.clone(), none.clone()], &[]));
    assert_eq!(found.unknown, ["none"]);
    assert!(ids(&found).iter().all(|id| id.starts_with('a')));
    // What is unknown alone is a cold start, which is said.
    let found = reply(&[], given(&[none], &[]));
    assert!(found.cold_start && found.unknown == ["none"]);
    let away = reply(
        &[],
        given(std::slice::from_ref(&a), &[Example::Item("a4".into())]),
    );
    assert!(!ids(&away).contains(&"a4"), "{away:?}");
    let held = HeldShelf::new(items(), Vec::new());
    let model = yuyi_store::Space {
        model: Some("m".into()),
        ..yuyi_store::Space::given(3)
    };
    let text = Example::Text("a2".into());
    let plan = RecommendPlan::new(&model, &held, given(&[text.clone(), a], &[])).unwrap();
    assert_eq!(plan.texts(), ["a2"]);
    let refused = |space: &yuyi_store::Space, asked| {
        let error = RecommendPlan::new(space, &held, asked).unwrap_err();
        let Error::Invalid { field, .. } = error else {
            panic!("{error}")
        };
        field
    };
    let given_space = yuyi_store::Space::given(3);
    assert_eq!(refused(&given_space, given(&[text], &[])), "positive[0]");
    let blank = Example::Either(" ".into());
    assert_eq!(
        refused(&model, given(&[], std::slice::from_ref(&blank))),
        "negative[0]"
    );
    assert_eq!(refused(&model, given(&vec![blank; 101], &[])), "positive");
    for limit in [0, 1001] {
        let limit = AskedRecommend {
            limit: Some(limit),
            ..AskedRecommend::default()
        };
        assert_eq!(refused(&model, limit), "limit");
    }
    for days in [0.0, f64::NAN, -1.0, f64::INFINITY] {
        let days = AskedRecommend {
            half_life: Some(days),
            ..AskedRecommend::default()
        };
        assert_eq!(refused(&model, days), "half_life");
    }
}

#[test]
fn a_long_history_is_bounded_alike() {
    let many = (0..MOST_EVENTS as i64 + 50).map(|i| click("u", &format!("gone{i}"), i));
    let events: Vec<Event> = many.chain([click("u", "a0", -1)]).collect();
    // The one that is there is too old to be kept.
    assert!(reply(&events, asked("u")).cold_start);
}
