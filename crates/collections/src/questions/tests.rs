use yuyi_store::{Answering, Item, Timestamp, VectorItem};

use super::*;
use crate::test_support::collection;

fn open(key: i64, question: &str, cluster: Option<i64>, vector: Option<Vec<f32>>) -> OpenQuestion {
    OpenQuestion {
        key,
        question: question.into(),
        count: key as u64,
        first: Timestamp::from_micros(0),
        last: Timestamp::from_micros(1_000_000),
        reason: "below_threshold".into(),
        nearest: None,
        cluster,
        vector,
    }
}

fn encoded(vector: Vec<f32>) -> Encoded {
    Encoded {
        vector,
        length: 1.0,
        tokens: 1,
        truncated: false,
        unknown: 0,
        states: None,
    }
}

#[test]
fn what_is_missing_is_embedded_and_written_down() {
    let questions = vec![
        open(1, "怎么充值", Some(1), Some(vec![1.0, 0.0])),
        open(2, "如何充值", None, None),
        open(3, "能送货吗", None, Some(vec![0.0, 1.0])),
        open(4, "老问题", Some(1), None),
    ];
    let plan = ClusterPlan::new(&collection(Some("m")), questions);
    assert_eq!(plan.texts(), ["如何充值", "老问题"]);
    assert!(
        plan.clone()
            .finish::<Encoded>(&[], &Calibration::Uncalibrated, &|| true)
            .is_err()
    );
    let vectors = [encoded(vec![1.0, 0.0]), encoded(vec![0.8, 0.6])];
    let stopped = plan
        .clone()
        .finish(&vectors, &Calibration::Uncalibrated, &|| false);
    assert!(matches!(stopped, Err(Error::Unwanted)));
    let found = plan
        .finish(&vectors, &Calibration::Uncalibrated, &|| true)
        .unwrap();
    let placed = |key, cluster, vector| Placed {
        key,
        cluster: Some(cluster),
        vector,
    };
    let mut told = found.placed;
    told.sort_by_key(|one| one.key);
    let expected = [
        placed(2, 1, Some(vec![1.0, 0.0])),
        placed(3, 3, None),
        placed(4, 1, Some(vec![0.8, 0.6])),
    ];
    assert_eq!(told, expected);
    let clusters = found.reply.clusters;
    assert_eq!(
        (clusters.len(), &*clusters[0].id, clusters[0].size),
        (2, "1", 7)
    );
    let questions: Vec<&str> = clusters[0].questions.iter().map(|q| &*q.question).collect();
    assert_eq!(questions, ["老问题", "如何充值", "怎么充值"]);
    assert_eq!(clusters[0].questions[0].last, "1970-01-01T00:00:01Z");
}

#[test]
fn a_question_loses_what_tells_who_asked_and_its_vector_with_it() {
    let asked = |question: &str| AskedQuestion {
        question: question.into(),
        time: Timestamp::from_micros(0),
        asked: Asked::Open {
            reason: "empty".into(),
            nearest: None,
            vector: Some(vec![1.0]),
        },
    };
    let vector = |question: AskedQuestion| match question.asked {
        Asked::Open { vector, .. } => vector,
        Asked::Answered { .. } => panic!("it is open"),
    };
    let masked = masked_question(asked("13800138000打不通"), true);
    assert_eq!(masked.question, "****打不通");
    assert_eq!(vector(masked), None);
    // Nobody else has a vector of it.
    let brought = masked_question(asked("13800138000打不通"), false);
    assert_eq!(vector(brought), Some(vec![1.0]));
    assert_eq!(
        vector(masked_question(asked("14天"), true)),
        Some(vec![1.0])
    );
}

#[test]
fn an_entry_has_the_questions_for_its_wordings() {
    let questions = [
        open(1, "怎么充值", Some(1), Some(vec![1.0, 0.0])),
        open(2, "如何充值", Some(1), Some(vec![0.8, 0.6])),
        open(3, "别的", Some(3), None),
    ];
    let with_model = collection(Some("m"));
    let new = |item: Item, wordings: Option<Vec<String>>| EntryDraft::New {
        item: Box::new(item),
        wordings,
    };
    let answer = Item {
        answer: Some("在钱包里".into()),
        ..Item::default()
    };
    let (entry, answering) =
        answering_entry(&with_model, &questions, 1, new(answer.clone(), None)).unwrap();
    let item = entry.item;
    assert_eq!(
        (&*item.text, &item.wordings[..], item.answer.as_deref()),
        ("如何充值", &["怎么充值".to_owned()][..], Some("在钱包里"))
    );
    assert_eq!((item.id.len(), entry.vectors.len()), (32, 0));
    let expected = Answering {
        cluster: 1,
        replaces: false,
    };
    assert_eq!(answering, expected);
    // With a text and wordings of its own.
    let own = Item::new("c", "充值方法");
    let (entry, _) =
        answering_entry(&with_model, &questions, 1, new(own.clone(), Some(vec![]))).unwrap();
    assert_eq!(entry.item, own);
    // An entry that is there.
    let mut there = Item::new("c", "怎么充值");
    there.wordings = vec!["充值".into()];
    let there = VectorItem {
        item: there,
        vectors: vec![vec![0.0, 1.0], vec![0.6, 0.8]],
    };
    let draft = EntryDraft::Existing(Box::new(there));
    let (entry, answering) =
        answering_entry(&collection(None), &questions, 1, draft.clone()).unwrap();
    assert!(answering.replaces);
    assert_eq!(entry.item.wordings, ["充值", "如何充值"]);
    assert_eq!(entry.vectors.last(), Some(&vec![0.8, 0.6]));
    let (entry, _) = answering_entry(&with_model, &questions, 1, draft.clone()).unwrap();
    assert!(entry.vectors.is_empty());
    // Where nobody can compute it, a text of another vector is refused.
    let error = answering_entry(&collection(None), &questions, 1, new(own, None)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("text: It is none of the questions"),
        "{error}"
    );
    let error = answering_entry(&with_model, &questions, 2, draft).unwrap_err();
    assert!(matches!(error, Error::QuestionsNotFound { .. }));
}

#[test]
fn what_was_masked_is_no_wording() {
    let questions = [
        open(1, "订单****到哪了", Some(1), None),
        open(2, "订单到哪了", Some(1), None),
        open(3, "****打不通", Some(3), None),
        open(4, "打不通****", Some(3), None),
        open(5, "****", Some(5), None),
    ];
    let made = |cluster: i64| {
        let draft = EntryDraft::New {
            item: Box::new(Item::default()),
            wordings: None,
        };
        answering_entry(&collection(Some("m")), &questions, cluster, draft)
    };
    let texts = |cluster: i64| {
        let item = made(cluster).unwrap().0.item;
        item.texts().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(texts(1), ["订单到哪了"]);
    assert_eq!(texts(3), ["打不通"]);
    let error = made(5).unwrap_err().to_string();
    assert!(
        error.starts_with("text: All of the question was masked"),
        "{error}"
    );
}

/// Of such questions nothing but the mask was alike.
#[test]
fn questions_are_put_together_without_what_was_masked() {
    let questions = vec![
        open(1, "手机尾号****的订单呢", None, None),
        open(2, "验证码 **** 收不到", None, None),
        open(3, "微信 ****", None, None),
        open(4, "****打不通", None, None),
        open(5, "打不通", None, None),
    ];
    let plan = ClusterPlan::new(&collection(Some("m")), questions);
    assert_eq!(
        plan.texts(),
        ["手机尾号的订单呢", "验证码  收不到", "打不通"]
    );
    let vectors = [vec![1.0, 0.0], vec![0.0, 1.0], vec![-1.0, 0.0]].map(encoded);
    let found = plan.finish(&vectors, &Calibration::Uncalibrated, &|| true);
    let clusters = found.unwrap().reply.clusters;
    assert_eq!(clusters.len(), 5);
    assert!(clusters.iter().all(|one| !one.suggested.contains(MASK)));
}

#[test]
fn clusters_are_known_by_what_is_told() {
    assert_eq!(cluster_id("faq", "17"), Ok(17));
    for bad in ["", "x", "017", "+17", "1e3", "99999999999999999999"] {
        assert!(cluster_id("faq", bad).is_err(), "{bad}");
    }
}

/// What a question has beyond that is not masked, and not kept.
#[test]
fn of_long_questions_the_beginning_is_masked() {
    let kept = |question: &str| {
        let asked = AskedQuestion {
            question: question.to_owned(),
            time: Timestamp::from_micros(0),
            asked: Asked::Open {
                reason: "below_threshold".into(),
                nearest: None,
                vector: Some(vec![1.0, 0.0]),
            },
        };
        let masked = masked_question(asked, true);
        let Asked::Open { vector, .. } = masked.asked else {
            panic!("it has no answer")
        };
        (masked.question, vector.is_some())
    };
    assert_eq!(kept("怎么退货"), ("怎么退货".to_owned(), true));
    let began = std::time::Instant::now();
    for hard in ["1 ", "1-", "a.", "幺 ", "1234 ", "12345678901"] {
        kept(&hard.repeat(50_000));
    }
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    // The number is cut in the middle.
    for number in [
        "13800138000",
        "138 0013 8000",
        "mail13800@example.com",
        "幺三八零零幺三八零零零",
    ] {
        let before = "问".repeat(1_995);
        let (question, has_vector) = kept(&format!("{before}{number}"));
        assert_eq!((question, has_vector), (before, false), "{number}");
    }
    assert_eq!(kept(&"a".repeat(5_000)).0, MASK);
    let words = kept(&"how do I return it ".repeat(200)).0;
    assert!(
        words.ends_with("return it how") && words.len() > 1_900,
        "{words}"
    );
}
