//! What a FAQ was asked: questions without an answer, and who answered the others.

use yuyi_store::{
    Answering, Asked, AskedQuestion, Error, Item, MOST_HITS, MOST_QUESTIONS, NearestEntry,
    NewCollection, OpenQuestion, Placed, ReindexVectors, Store, Timestamp,
};

use super::Place;
use super::ask::{model, now_and_later};
use super::examples::{DIMENSION, collection, faq, filter, random, with_vectors};

/// A store with the ten entries, which keeps what it is asked.
fn with_questions(place: &impl Place) -> Box<dyn Store> {
    let store = place.open();
    let new = NewCollection {
        unanswered: true,
        ..collection("faq")
    };
    store.create(&new).unwrap();
    store.upsert("faq", "", faq()).unwrap();
    store
}

fn open(question: &str, micros: i64) -> AskedQuestion {
    AskedQuestion {
        question: question.into(),
        time: Timestamp::from_micros(micros),
        asked: Asked::Open {
            reason: "below_threshold".into(),
            nearest: Some(NearestEntry {
                item: "a".into(),
                similarity: 0.5,
            }),
            vector: Some(random(micros as u64, DIMENSION)),
        },
    }
}

fn answered(question: &str, item: &str, micros: i64) -> AskedQuestion {
    AskedQuestion {
        question: question.into(),
        time: Timestamp::from_micros(micros),
        asked: Asked::Answered {
            item: item.into(),
            similarity: 0.75,
        },
    }
}

fn questions(store: &dyn Store) -> Vec<String> {
    let all = store.open_questions("faq").unwrap();
    assert!(all.is_sorted_by_key(|one| one.key));
    all.into_iter().map(|one| one.question).collect()
}

fn key_of(store: &dyn Store, question: &str) -> i64 {
    let all = store.open_questions("faq").unwrap();
    all.iter().find(|one| one.question == question).unwrap().key
}

/// Puts questions into the cluster of the first.
fn put_together(store: &dyn Store, questions: &[&str]) -> i64 {
    let keys: Vec<i64> = questions
        .iter()
        .map(|question| key_of(store, question))
        .collect();
    let placed = keys.iter().map(|&key| Placed {
        key,
        cluster: Some(keys[0]),
        vector: None,
    });
    store.place_questions("faq", "", placed.collect()).unwrap();
    keys[0]
}

pub fn questions_are_kept_and_counted(place: &impl Place) {
    let store = with_questions(place);
    store
        .keep_questions(
            "faq",
            "",
            vec![
                open("怎么充值", 5),
                open("能送货吗", 6),
                open("怎么充值", 7),
            ],
        )
        .unwrap();
    let before = store.collection("faq").unwrap();
    store
        .keep_questions("faq", "", vec![open("怎么充值", 3), open("x\0'\"\\", 8)])
        .unwrap();
    store.keep_questions("faq", "", vec![]).unwrap();
    assert_eq!(
        store.collection("faq").unwrap(),
        before,
        "questions are no change of the items"
    );
    now_and_later(place, store, |store| {
        assert_eq!(questions(store), ["怎么充值", "能送货吗", "x\u{fffd}'\"\\"]);
        let first = store.open_questions("faq").unwrap().remove(0);
        let mut vector = random(5, DIMENSION);
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        let kept = first.vector.clone().unwrap();
        assert!(kept.iter().zip(&vector).all(|(a, b)| (a - b).abs() < 1e-6));
        let expected = OpenQuestion {
            key: first.key,
            question: "怎么充值".into(),
            count: 3,
            first: Timestamp::from_micros(3),
            last: Timestamp::from_micros(7),
            reason: "below_threshold".into(),
            nearest: Some(NearestEntry {
                item: "a".into(),
                similarity: 0.5,
            }),
            cluster: None,
            vector: Some(kept),
        };
        assert_eq!(first, expected);
    });
}

pub fn a_collection_that_keeps_nothing_says_so(place: &impl Place) {
    let store = place.open();
    store.create(&collection("faq")).unwrap();
    let none = Error::KeepsNoQuestions { name: "faq".into() };
    assert_eq!(
        store.keep_questions("faq", "", vec![open("x", 1)]),
        Err(none.clone())
    );
    assert_eq!(store.open_questions("faq"), Err(none.clone()));
    assert_eq!(store.dismiss_questions("faq", 1), Err(none.clone()));
    assert_eq!(store.hits("faq", "a", 1), Err(none.clone()));
    assert_eq!(store.hit_counts("faq"), Err(none));
    let missing = Error::CollectionNotFound {
        name: "none".into(),
    };
    assert_eq!(store.open_questions("none"), Err(missing.clone()));
    assert_eq!(
        store.keep_questions("none", "", vec![open("x", 1)]),
        Err(missing)
    );
}

pub fn clusters_stay_and_are_dismissed(place: &impl Place) {
    let store = with_questions(place);
    store
        .keep_questions("faq", "", vec![open("甲", 1), open("乙", 2), open("丙", 3)])
        .unwrap();
    let id = put_together(&*store, &["甲", "丙"]);
    // Who has joined stays, whatever another server says.
    let placed = Placed {
        key: key_of(&*store, "丙"),
        cluster: Some(99),
        vector: None,
    };
    store
        .place_questions(
            "faq",
            "",
            vec![
                placed,
                Placed {
                    key: 12_345,
                    cluster: Some(1),
                    vector: None,
                },
            ],
        )
        .unwrap();
    let clusters = |store: &dyn Store| {
        let all = store.open_questions("faq").unwrap();
        all.into_iter().map(|one| one.cluster).collect::<Vec<_>>()
    };
    let store = now_and_later(place, store, |store| {
        assert_eq!(clusters(store), [Some(id), None, Some(id)])
    });
    assert_eq!(store.dismiss_questions("faq", id), Ok(2));
    let gone = Error::QuestionsNotFound {
        name: "faq".into(),
        id: id.to_string(),
    };
    assert_eq!(store.dismiss_questions("faq", id), Err(gone));
    assert_eq!(questions(&*store), ["乙"]);
    // What is asked again comes again, under another key.
    store
        .keep_questions("faq", "", vec![open("甲", 4)])
        .unwrap();
    assert!(key_of(&*store, "甲") > id + 2);
}

pub fn an_entry_takes_the_questions_that_it_answers(place: &impl Place) {
    let store = with_questions(place);
    store
        .keep_questions(
            "faq",
            "",
            vec![open("怎么充值", 1), open("如何充值", 2), open("别的", 3)],
        )
        .unwrap();
    let id = put_together(&*store, &["怎么充值", "如何充值"]);
    let answering = Answering {
        cluster: id,
        replaces: false,
    };
    let entry = |item_id: &str| {
        let mut item = Item::new(item_id, "怎么充值");
        item.wordings = vec!["如何充值".into()];
        item.answer = Some("在钱包里".into());
        with_vectors(item, 7)
    };
    // What is refused changes nothing.
    let refused = |item, fingerprint: &str, answering| {
        store
            .answer_questions("faq", fingerprint, item, answering)
            .unwrap_err()
    };
    assert_eq!(
        refused(entry("a"), "", answering),
        Error::invalid(
            "id",
            "An entry has it already. Choose another one, or add the questions to that entry."
        )
    );
    assert!(matches!(
        refused(entry("n"), "other", answering),
        Error::ModelMismatch { .. }
    ));
    let mut short = entry("n");
    short.vectors.pop();
    assert_eq!(
        refused(short, "", answering).to_string(),
        "vectors: There are 1 vectors for 2 texts."
    );
    let nobody = Answering {
        cluster: id + 50,
        ..answering
    };
    assert!(matches!(
        refused(entry("n"), "", nobody),
        Error::QuestionsNotFound { .. }
    ));
    assert_eq!(
        (questions(&*store).len(), store.count("faq", None)),
        (3, Ok(10))
    );

    assert_eq!(
        store.answer_questions("faq", "", entry("n"), answering),
        Ok(2)
    );
    let expected = entry("n").item;
    let store = now_and_later(place, store, |store| {
        assert_eq!(
            store.get("faq", &["n"]).unwrap(),
            std::slice::from_ref(&expected)
        );
        assert_eq!(
            (questions(store), store.count("faq", None)),
            (vec!["别的".to_owned()], Ok(11))
        );
    });
    assert!(matches!(
        store.answer_questions("faq", "", entry("m"), answering),
        Err(Error::QuestionsNotFound { .. })
    ));
    // In the place of an entry that is there.
    let id = put_together(&*store, &["别的"]);
    let answering = Answering {
        cluster: id,
        replaces: true,
    };
    assert_eq!(
        store.answer_questions("faq", "", entry("a"), answering),
        Ok(1)
    );
    assert_eq!(
        (questions(&*store).len(), store.count("faq", None)),
        (0, Ok(11))
    );
    drop(store);
    assert_eq!(place.check(), Vec::<String>::new());
}

pub fn hits_are_counted_and_the_newest_stay(place: &impl Place) {
    let store = with_questions(place);
    let many = MOST_HITS as i64 + 30;
    for from in [0, many / 2] {
        let asked = (from..from + many / 2).map(|i| answered(&format!("问{i}"), "a", i));
        let others = [answered("别的", "b", 1), answered("没有的", "gone", 2)];
        store
            .keep_questions("faq", "", asked.chain(others).collect())
            .unwrap();
    }
    let store = now_and_later(place, store, |store| {
        let hits = store.hits("faq", "a", 3).unwrap();
        let told: Vec<_> = hits
            .newest
            .iter()
            .map(|hit| (&*hit.question, hit.similarity, hit.time.micros()))
            .collect();
        let last = format!("问{}", many - 1);
        assert_eq!(
            (hits.count, told.len(), told[0]),
            (many as u64, 3, (&*last, 0.75, many - 1))
        );
        assert_eq!(
            store.hits("faq", "a", 1_000).unwrap().newest.len(),
            MOST_HITS
        );
        assert_eq!(store.hits("faq", "gone", 10).unwrap(), Default::default());
        assert_eq!(
            store.hit_counts("faq").unwrap(),
            [("a".to_owned(), many as u64), ("b".to_owned(), 2)]
        );
    });
    // An entry that is written anew keeps them, one that is removed does not, nor one that comes after it under its id.
    store.upsert("faq", "", faq()).unwrap();
    assert_eq!(store.hits("faq", "b", 10).unwrap().count, 2);
    store.delete("faq", &["b"]).unwrap();
    store
        .delete_matching(
            "faq",
            &filter(serde_json::json!({"must": {"key": "n", "match": {"value": 0}}})),
        )
        .unwrap();
    store.upsert("faq", "", faq()).unwrap();
    assert_eq!(store.hit_counts("faq").unwrap(), []);
    drop(store);
    assert_eq!(place.check(), Vec::<String>::new());
}

pub fn questions_are_bounded(place: &impl Place) {
    let store = with_questions(place);
    let bare = |i: i64| AskedQuestion {
        question: format!("问{i}"),
        time: Timestamp::from_micros(i),
        asked: Asked::Open {
            reason: "empty".into(),
            nearest: None,
            vector: None,
        },
    };
    let most = MOST_QUESTIONS as i64;
    store
        .keep_questions("faq", "", (0..most).map(bare).collect())
        .unwrap();
    // One of the oldest is asked once more.
    let again = AskedQuestion {
        time: Timestamp::from_micros(most),
        ..bare(1)
    };
    store
        .keep_questions("faq", "", vec![again, bare(most + 1), bare(most + 2)])
        .unwrap();
    let kept = questions(&*store);
    assert_eq!(kept.len(), MOST_QUESTIONS);
    assert_eq!((&*kept[0], &*kept[1]), ("问1", "问3"));
}

pub fn questions_follow_their_collection(place: &impl Place) {
    let store = with_questions(place);
    store
        .create(&NewCollection {
            unanswered: true,
            ..collection("other")
        })
        .unwrap();
    for name in ["faq", "other"] {
        store.upsert(name, "", faq()).unwrap();
        store
            .keep_questions(
                name,
                "",
                vec![open("怎么充值", 1), answered("能开票吗", "a", 2)],
            )
            .unwrap();
    }
    let id = put_together(&*store, &["怎么充值"]);
    // Vectors of another model are of no use any more, and come back when they are computed.
    let to = model("gte", 3);
    store.begin_reindex("faq", &to).unwrap();
    let todo = store.reindex_todo("faq", &to, 100).unwrap();
    let vectors = todo.iter().map(|item| ReindexVectors {
        key: item.key,
        vectors: item
            .texts
            .iter()
            .map(|_| random(item.key as u64, 3))
            .collect(),
    });
    store.put_reindexed("faq", &to, vectors.collect()).unwrap();
    store.finish_reindex("faq", &to).unwrap();
    let first = |store: &dyn Store| store.open_questions("faq").unwrap().remove(0);
    assert_eq!(
        (first(&*store).vector, first(&*store).cluster),
        (None, Some(id))
    );
    let placed = |vector: Vec<f32>| Placed {
        key: id,
        cluster: None,
        vector: Some(vector),
    };
    store
        .place_questions("faq", "", vec![placed(random(1, DIMENSION))])
        .unwrap();
    store
        .keep_questions("faq", "", vec![open("怎么充值", 9)])
        .unwrap();
    assert_eq!(first(&*store).vector, None, "late ones of the old model");
    store
        .place_questions("faq", "gte-fingerprint", vec![placed(vec![0.0, 2.0, 0.0])])
        .unwrap();
    assert_eq!(first(&*store).vector, Some(vec![0.0, 1.0, 0.0]));

    store.drop_collection("faq").unwrap();
    store
        .create(&NewCollection {
            unanswered: true,
            ..collection("faq")
        })
        .unwrap();
    assert_eq!(
        (store.open_questions("faq"), store.hit_counts("faq")),
        (Ok(vec![]), Ok(vec![]))
    );
    assert_eq!(store.open_questions("other").unwrap().len(), 1);
    drop(store);
    assert_eq!(place.check(), Vec::<String>::new());
}

pub fn many_may_keep_questions_at_once(place: &impl Place) {
    let store = with_questions(place);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let store = &*store;
            scope.spawn(move || {
                for round in 0..10 {
                    // In another order each.
                    let mut asked: Vec<_> =
                        (0..20).map(|i| open(&format!("问{i}"), i + 1)).collect();
                    asked.rotate_left((writer * 5 + round) as usize % 20);
                    asked.push(answered("能开票吗", "a", round));
                    store.keep_questions("faq", "", asked).unwrap();
                }
            });
        }
        let store = &*store;
        scope.spawn(move || {
            for _ in 0..10 {
                store.upsert("faq", "", faq()).unwrap();
            }
        });
    });
    let all = store.open_questions("faq").unwrap();
    assert_eq!(
        all.iter().map(|one| one.count).collect::<Vec<_>>(),
        [40; 20]
    );
    assert_eq!(store.hits("faq", "a", 1).unwrap().count, 40);
}
