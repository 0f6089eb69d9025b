use std::cell::Cell;

use yuyi_store::{Caller, EmbeddedStore, Filter, NewCollection, Options, Store, VectorItem};

use super::*;
use crate::RerankScore;

const NOW: i64 = 1_700_000_000_000_000;

fn item(id: &str, text: &str, vector: [f32; 2]) -> VectorItem {
    VectorItem {
        item: Item::new(id, text),
        vectors: vec![vector.into()],
    }
}

fn encoded(vector: [f32; 2]) -> Encoded {
    Encoded {
        vector: vector.into(),
        length: 1.0,
        tokens: 1,
        truncated: false,
        unknown: 0,
        states: None,
    }
}

fn space() -> Space {
    Space {
        model: Some("m".into()),
        query_prompt: "q: ".into(),
        ..Space::given(2)
    }
}

fn matcher(calibration: &Calibration) -> Matcher<'_> {
    Matcher {
        calibration,
        limits: match_limits(Some(0.5), Some(0.05)).unwrap(),
        now: Timestamp::from_micros(NOW),
    }
}

fn asked(text: &str, split: bool) -> AskedMatch {
    AskedMatch {
        text: text.into(),
        vector: None,
        split,
    }
}

fn matched(outcome: &Outcome) -> Option<&str> {
    outcome.matched().map(|found| found.id.as_str())
}

/// Entries from near to east to near to north, every fourth of which may answer.
fn many() -> Vec<VectorItem> {
    (0..400u16)
        .map(|i| {
            let angle = f32::from(i) * 0.002;
            let mut item = item(
                &format!("{i:03}"),
                &format!("第{i}问"),
                [angle.cos(), angle.sin()],
            );
            item.item.enabled = Some(i >= 100);
            item
        })
        .collect()
}

/// The same, some of them with a further wording that is a little farther.
fn with_further_wordings(is_chosen: impl Fn(usize) -> bool) -> Vec<VectorItem> {
    let mut items = many();
    for (i, item) in items.iter_mut().enumerate().filter(|(i, _)| is_chosen(*i)) {
        let angle = i as f32 * 0.002 + 0.01;
        item.item.wordings = vec![format!("第{i}个问题")];
        item.vectors.push(vec![angle.cos(), angle.sin()]);
    }
    items
}

#[test]
fn entries_that_may_not_answer_starve_nobody() {
    let held = HeldEntries::new(many());
    let calibration = Calibration::Uncalibrated;
    let mut matcher = matcher(&calibration);
    matcher.limits.margin = 0.0;
    let outcome = matcher.outcome(&held, "问", &[1.0, 0.0]).unwrap();
    assert_eq!(matched(&outcome), Some("100"));
    let ids: Vec<&str> = outcome
        .candidates()
        .iter()
        .map(|near| near.id.as_str())
        .collect();
    assert_eq!(ids, ["100", "101", "102"]);
    matcher.limits.margin = 0.05;
    let Outcome::NoMatch(none) = matcher.outcome(&held, "问", &[1.0, 0.0]).unwrap() else {
        panic!("many are as near")
    };
    assert_eq!(none.reason, NoMatchReason::Ambiguous);
    assert!(none.candidates.len() > 80, "{}", none.candidates.len());
}

#[test]
fn a_prospect_sees_as_many_entries_as_it_takes() {
    let held = HeldEntries::new(many());
    let calibration = Calibration::Uncalibrated;
    let (prospect, ids) = matcher(&calibration)
        .prospect(&held, "问", &[1.0, 0.0])
        .unwrap();
    // A hundred nearer ones may not answer.
    for (threshold, margin) in [(0.5, 0.0), (0.5, 0.05), (0.99, 0.0), (0.0, 0.3)] {
        let mut matcher = matcher(&calibration);
        matcher.limits = match_limits(Some(threshold), Some(margin)).unwrap();
        let outcome = matcher.outcome(&held, "问", &[1.0, 0.0]).unwrap();
        let told = prospect.answer(matcher.limits).ok();
        let told = told.map(|near| ids[near.candidate].as_str());
        assert_eq!(told, matched(&outcome), "{threshold} {margin}");
    }
    assert_eq!((held.place("100"), held.place("x")), (Some(100), None));
}

#[test]
fn a_store_and_memory_answer_alike() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let new = NewCollection::given("faq".to_owned(), 2);
    let collection = store.create(&new).unwrap().into_collection();
    let items = many();
    let stored = items.clone();
    store
        .upsert("faq", &collection.space.fingerprint, stored)
        .unwrap();
    let held = HeldEntries::new(items);
    let kept = StoredEntries {
        store: &store,
        collection: &collection,
        filter: None,
        caller: Caller::PATIENT,
    };
    let calibration = Calibration::Uncalibrated;
    for (angle, margin) in [(0.0f32, 0.0), (0.3, 0.01), (0.7, 0.0), (1.5, 0.0)] {
        let mut matcher = matcher(&calibration);
        matcher.limits.margin = margin;
        let vector = [angle.cos(), angle.sin()];
        let (a, b) = (
            matcher.outcome(&held, "第7问", &vector).unwrap(),
            matcher.outcome(&kept, "第7问", &vector).unwrap(),
        );
        assert_eq!(a, b);
    }
    let filter =
        Filter::parse(&serde_json::json!({"must": [{"key": "id", "match": {"value": "300"}}]}));
    let filter = filter.unwrap();
    let filtered = StoredEntries {
        filter: Some(&filter),
        ..kept
    };
    let outcome = matcher(&calibration)
        .outcome(&filtered, "问", &[0.8, 0.6])
        .unwrap();
    assert_eq!(matched(&outcome), Some("300"));
}

/// Entries are read in growing steps, and those of one wording once; what comes of it is as if all were looked at.
#[test]
fn a_dense_store_answers_as_if_all_were_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let new = NewCollection::given("faq".to_owned(), 2);
    let collection = store.create(&new).unwrap().into_collection();
    let items = with_further_wordings(|i| i % 3 == 0);
    let held = HeldEntries::new(items.clone());
    store
        .upsert("faq", &collection.space.fingerprint, items)
        .unwrap();
    let kept = StoredEntries {
        store: &store,
        collection: &collection,
        filter: None,
        caller: Caller::PATIENT,
    };
    let calibration = Calibration::Uncalibrated;
    for (angle, margin) in [
        (0.0f32, 0.0),
        (0.3, 0.001),
        (0.3, 0.05),
        (0.7, 0.2),
        (1.5, 0.0),
    ] {
        let vector = [angle.cos(), angle.sin()];
        let all = held.nearest(&vector, 400).unwrap();
        for limit in [1, LOOK, 150] {
            let near = kept.nearest(&vector, limit).unwrap();
            assert_eq!(near, all[..limit], "{limit} at {angle}");
        }
        let mut matcher = matcher(&calibration);
        matcher.limits.margin = margin;
        let entries: Vec<Candidate<'_>> = all.iter().map(|near| matcher.candidate(near)).collect();
        let shown = Shown {
            near: &all,
            entries: &entries,
            scores: &[],
        };
        let expected = shown.outcome(&faq::decide("第7问", &entries, matcher.limits, NOW));
        let outcome = matcher.outcome(&kept, "第7问", &vector).unwrap();
        assert_eq!(outcome, expected, "{angle} {margin}");
    }
}

/// Of a FAQ whose entries mostly do not answer now, many are read for one question.
#[test]
fn many_entries_are_read_as_long_as_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    let new = NewCollection::given("faq".to_owned(), 2);
    let collection = store.create(&new).unwrap().into_collection();
    store
        .upsert(
            "faq",
            &collection.space.fingerprint,
            with_further_wordings(|_| true),
        )
        .unwrap();
    let taken = Cell::new(0);
    let nearest = |limit: usize, most: usize| {
        taken.set(0);
        let room = |bytes| {
            taken.set(taken.get() + bytes);
            taken.get() <= most
        };
        let entries = StoredEntries {
            store: &store,
            collection: &collection,
            filter: None,
            caller: Caller {
                room: &room,
                ..Caller::PATIENT
            },
        };
        entries.nearest(&[1.0, 0.0], limit).map(|near| near.len())
    };
    assert_eq!(nearest(LOOK, usize::MAX).unwrap(), LOOK);
    let of_first = taken.get();
    assert_eq!(nearest(400, usize::MAX).unwrap(), 400);
    // Once as they are found, and all but the first with their vectors, since each has several.
    let (all, most) = (taken.get(), 15 * of_first);
    assert!(all > 20 * of_first, "{all} of {of_first}");
    assert!(matches!(nearest(400, most), Err(Error::NoRoom)));
    assert_eq!(nearest(LOOK, of_first).unwrap(), LOOK);
}

fn said(logit: f64) -> RerankScore {
    let score = logit / 10.0;
    RerankScore { score, logit }
}

#[test]
fn a_reranker_reads_the_first_entries_that_take_part_and_chooses() {
    let mut items = many();
    items[102].item.not_words = vec!["东".into()];
    items[103].item.wordings = vec!["近".into(), "同样近".into()];
    items[103]
        .vectors
        .extend([[1.0, 0.0].into(), [1.0, 0.0].into()]);
    let held = HeldEntries::new(items);
    let calibration = Calibration::Uncalibrated;
    let matcher = matcher(&calibration);
    let list = matcher.shortlist(&held, ("向东", &[1.0, 0.0]), 4).unwrap();
    // A hundred nearer ones may not answer; one that excludes the question is read, since no other answers what it would have.
    let texts: Vec<&str> = list.texts().collect();
    assert_eq!(texts, ["近", "第100问", "第101问", "第102问"]);
    let chosen = matcher.outcome_reranked(&list, &[said(-4.0), said(1.0), said(4.0), said(-1.0)]);
    assert_eq!(matched(&chosen), Some("101"));
    let told: Vec<_> = chosen
        .candidates()
        .iter()
        .map(|near| near.rerank_score)
        .collect();
    assert_eq!(told, [Some(0.4), Some(0.1), Some(-0.4)]);
    let excluded = matcher.outcome_reranked(&list, &[said(-4.0), said(1.0), said(2.0), said(4.0)]);
    let Outcome::NoMatch(none) = excluded else {
        panic!("it is excluded: {excluded:?}")
    };
    assert_eq!(none.reason, NoMatchReason::Guarded);
    assert_eq!(
        none.contradictions,
        [Contradiction::not_words(&["东".to_owned()])]
    );
    // What a reranker says nothing of is the last.
    let (prospect, ids) = matcher.prospect_reranked(&list, &[said(-4.0), said(1.0)]);
    let best = prospect.answer(matcher.limits).unwrap();
    assert_eq!(ids[best.candidate], "100");
}

#[test]
fn scores_go_to_the_questions_that_they_are_of() {
    let held = HeldEntries::new(vec![
        item("退", "怎么退货", [0.8, 0.6]),
        item("票", "怎么开票", [0.6, 0.8]),
    ]);
    let calibration = Calibration::Uncalibrated;
    let matcher = matcher(&calibration);
    let plan = MatchPlan::new(&space(), asked("怎么退？另外能开票吗，谢谢！", true)).unwrap();
    let questions = plan.finish(&[encoded([0.8, 0.6]), encoded([0.8, 0.6])]);
    let lists = matcher.shortlists(&held, questions.unwrap(), 8).unwrap();
    let pairs: Vec<_> = lists.pairs().map(|(_, text)| text).collect();
    assert_eq!(pairs, ["怎么退货", "怎么开票", "怎么退货", "怎么开票"]);
    let scores = [said(3.0), said(-3.0), said(-3.0), said(3.0)];
    let reply = matcher.answer_reranked(lists, &scores);
    let ids: Vec<_> = reply.outcomes().iter().map(matched).collect();
    assert_eq!(ids, [Some("退"), Some("票")]);
}

#[test]
fn a_message_is_answered_part_by_part() {
    let held = HeldEntries::new(vec![
        item("退", "怎么退货", [1.0, 0.0]),
        item("票", "怎么开票", [0.0, 1.0]),
    ]);
    let plan = MatchPlan::new(
        &space(),
        asked("你好！怎么退货？A2呢？另外能开票吗，谢谢", true),
    )
    .unwrap();
    assert_eq!(plan.texts(), ["怎么退货？", "能开票吗，谢谢"]);
    assert_eq!(plan.options().prompt, Prompt::Text("q: ".into()));
    assert!(plan.clone().finish::<Encoded>(&[]).is_err());
    let questions = plan
        .finish(&[encoded([1.0, 0.0]), encoded([0.0, 1.0])])
        .unwrap();
    let calibration = Calibration::Uncalibrated;
    let MatchReply::Parts(MatchParts { parts, left_out }) =
        matcher(&calibration).answer(&held, questions).unwrap()
    else {
        panic!("it was split")
    };
    let ids: Vec<_> = parts.iter().map(matched).collect();
    assert_eq!(ids, [Some("退"), Some("票")]);
    let left_out: Vec<_> = left_out.iter().map(|l| (&*l.text, l.reason)).collect();
    assert_eq!(left_out, [("你好！", "courtesy"), ("A2呢？", "elliptic")]);
    let plan = MatchPlan::new(&space(), asked("你好", true)).unwrap();
    let none = matcher(&calibration).answer(&held, plan.finish::<Encoded>(&[]).unwrap());
    assert!(matches!(none.unwrap(), MatchReply::Parts(parts) if parts.parts.is_empty()));
    let many = "怎么退货？".repeat(MOST_PARTS + 1);
    let error = MatchPlan::new(&space(), asked(&many, true)).unwrap_err();
    assert!(error.to_string().starts_with("text: It holds 33 questions"));
}

#[test]
fn vectors_come_from_the_model_or_from_the_caller() {
    let refused = |space: &Space, vector: Option<Vec<f32>>, split| {
        let asked = AskedMatch {
            vector,
            ..asked("问", split)
        };
        MatchPlan::new(space, asked).unwrap_err().to_string()
    };
    let (model, given) = (space(), Space::given(2));
    assert!(refused(&model, Some(vec![1.0, 0.0]), false).starts_with("vector: The collection has"));
    assert!(refused(&given, None, false).starts_with("vector: It is missing"));
    assert!(refused(&given, Some(vec![1.0, 0.0]), true).starts_with("vector: It is one vector"));
    let asked = AskedMatch {
        vector: Some(vec![0.6, 0.8]),
        ..asked("问", false)
    };
    let plan = MatchPlan::new(&given, asked).unwrap();
    assert!(plan.texts().is_empty());
    let questions = plan.finish::<Encoded>(&[]).unwrap();
    assert_eq!(questions.questions[0].vector, [0.6, 0.8]);
}

#[test]
fn an_entry_ends_when_it_says_also_at_midnight() {
    let mut entry = Item::new("1", "问");
    for until in ["2024-12-31T00:00:00Z", "2024-12-31T00:00:01Z"] {
        let until: Timestamp = until.parse().unwrap();
        entry.valid_until = Some(until);
        assert_eq!(rules(&entry).valid_until, Some(until.micros()));
    }
    assert!(rules(&entry).enabled && !rules(&entry).reject);
}

#[test]
fn what_contradicts_is_named() {
    let held = HeldEntries::new(vec![item("1", "14天内不能退货吗", [1.0, 0.0])]);
    let calibration = Calibration::Uncalibrated;
    let outcome = matcher(&calibration)
        .outcome(&held, "15天内能退货吗", &[1.0, 0.0])
        .unwrap();
    let shown = serde_json::to_value(&outcome).unwrap();
    assert_eq!(shown["reason"], "guarded");
    assert_eq!(
        shown["contradictions"][0],
        serde_json::json!({"kind": "number", "question": ["15天"], "wording": ["14天"]})
    );
    assert_eq!(shown["contradictions"][1]["kind"], "negation");
    assert_eq!(shown["candidates"][0]["score"], 1.0);
}

#[test]
fn limits_are_similarities() {
    assert!(match_limits(Some(1.1), None).is_err());
    let error = match_limits(None, Some(f64::NAN)).unwrap_err();
    assert_eq!(error.to_string(), "margin: It is not between 0 and 1.");
    let default = match_limits(None, None).unwrap();
    assert_eq!(default, defaults::faq());
}
