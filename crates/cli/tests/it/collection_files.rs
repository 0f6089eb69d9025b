//! Collections as files: exports that are imported again.

use std::fs;

use proptest::prelude::*;
use serde_json::{Map, Number, Value, json};

use crate::collection::{collection, count};
use crate::files::Files;

fn text() -> impl Strategy<Value = String> {
    let any = proptest::collection::vec(any::<char>(), 0..12);
    any.prop_map(|characters| characters.into_iter().collect())
}

/// A text that is not blank.
fn visible() -> impl Strategy<Value = String> {
    let ends = prop_oneof![
        Just("字"),
        Just("字\n"),
        Just("\r\n字\u{2028}"),
        Just("a|b；c")
    ];
    (text(), ends).prop_map(|(text, end)| format!("{text}{end}"))
}

fn value() -> impl Strategy<Value = Value> {
    let number = any::<f64>().prop_filter_map("not finite", Number::from_f64);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number.prop_map(Value::Number),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let pairs = proptest::collection::vec((name(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            pairs.prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Names that fields of items have, too.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        Just("id".to_owned()),
        Just("text".to_owned()),
        Just("payload".to_owned())
    ]
}

fn payload() -> impl Strategy<Value = Map<String, Value>> {
    let pairs = proptest::collection::vec((name(), value()), 0..4);
    pairs.prop_map(|pairs| pairs.into_iter().collect())
}

prop_compose! {
    /// An item without its id, as an export writes it.
    fn item()(
        text in visible(),
        wordings in proptest::collection::vec(visible(), 0..3),
        answer in proptest::option::of(visible()),
        payload in payload(),
        seconds in proptest::option::of(0_i64..4_000_000_000),
        category in proptest::option::of(text()),
        enabled in proptest::option::of(any::<bool>()),
        threshold in proptest::option::of(0.0..1.0_f64),
        seed in -1.0..1.0_f32,
    ) -> Map<String, Value> {
        let vectors: Vec<[f32; 2]> = (0..=wordings.len()).map(|i| [1.0 + i as f32, seed]).collect();
        let fields = json!({
            "text": text, "wordings": wordings, "answer": answer, "payload": payload, "time": seconds, "category": category, "enabled": enabled,
            "threshold": threshold, "vectors": vectors,
        });
        let Value::Object(fields) = fields else { unreachable!() };
        fields.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }
}

fn export(files: &Files, name: &str) -> String {
    let run = collection(files, &["export", name, "-o", "out.jsonl"]);
    assert_eq!(run.code, 0, "{run:?}");
    fs::read_to_string(files.path("out.jsonl")).unwrap()
}

fn import(files: &Files, name: &str, lines: &str) {
    fs::write(files.path("in.jsonl"), lines).unwrap();
    let run = collection(files, &["create", name, "--dimension", "2"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = collection(files, &["import", name, "in.jsonl"]);
    assert_eq!(run.code, 0, "{run:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_exported_is_imported_as_it_was(items in proptest::collection::vec((item(), text()), 1..20)) {
        let files = Files::new();
        let mut expected = Vec::new();
        for (i, (mut item, id)) in items.into_iter().enumerate() {
            // No id has a character of code 0.
            item.insert("id".into(), format!("{i:02}{}", id.replace('\0', "")).into());
            expected.push(item);
        }
        let lines: Vec<String> = expected.iter().map(|item| serde_json::to_string(item).unwrap()).collect();
        import(&files, "a", &lines.join("\n"));
        let first = export(&files, "a");
        let read: Vec<Map<String, Value>> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(read.len(), expected.len());
        for (read, expected) in read.iter().zip(&expected) {
            for name in ["id", "text", "answer", "category", "enabled", "threshold"] {
                prop_assert_eq!(read.get(name), expected.get(name));
            }
            let empty = |value: &Value| value.as_object().is_none_or(Map::is_empty);
            let payload = expected.get("payload").filter(|payload| !empty(payload));
            prop_assert_eq!(read.get("payload"), payload);
        }
        import(&files, "b", &first);
        prop_assert_eq!(export(&files, "b"), first);
    }
}

#[test]
fn an_export_stays_until_the_next_is_complete() {
    let files = Files::new();
    fs::write(files.path("rows.txt"), "怎么退货\n多久发货\n").unwrap();
    assert_eq!(collection(&files, &["import", "c", "rows.txt"]).code, 0);
    fs::write(files.path("out.jsonl"), "before").unwrap();
    let run = collection(&files, &["export", "nobody", "-o", "out.jsonl"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(
        fs::read_to_string(files.path("out.jsonl")).unwrap(),
        "before"
    );
    let run = collection(&files, &["export", "c", "-o", "out.jsonl"]);
    assert!(
        run.code == 0 && run.err.contains("out.jsonl is written. Items: 2."),
        "{run:?}"
    );
    let run = collection(&files, &["export", "c", "-o", "nowhere/out.jsonl"]);
    assert!(
        run.code == 1 && run.err.contains("nowhere/out.jsonl cannot be written"),
        "{run:?}"
    );
}

#[test]
fn related_questions_become_ids() {
    let files = Files::new();
    let data = files.path("data");
    let data = data.to_str().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(files.path(name), text).unwrap();
        files.path(name).to_str().unwrap().to_owned()
    };
    let good = file(
        "good.csv",
        "编号,标准问,答案,关联问题\n1,怎么退货？,七天,能开发票吗\n2,能开发票吗？,可以,怎么退货\n",
    );
    let run = crate::support::yuyi(&["collection", "import", "faq", &good, "--data", data]);
    assert_eq!(run.code, 0, "{}", run.err);
    let exported = crate::support::yuyi(&["collection", "export", "faq", "--data", data]);
    let items: Vec<Value> = exported
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&items[0]["related"], &items[1]["related"]),
        (&json!(["2"]), &json!(["1"]))
    );
    let bad = file(
        "bad.csv",
        "编号,标准问,答案,关联问题\n3,多久发货？,两天,怎么退货\n4,能自提吗？,能,怎么换货的呢\n",
    );
    let run = crate::support::yuyi(&["collection", "import", "faq", &bad, "--data", data]);
    assert!(
        run.code == 1 && run.err.contains("bad.csv:2") && run.err.contains("怎么退货"),
        "{}",
        run.err
    );
    let refused = files.path("refused.jsonl");
    let run = crate::support::yuyi(&[
        "collection",
        "import",
        "faq",
        &bad,
        "--skip-bad",
        refused.to_str().unwrap(),
        "--data",
        data,
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(fs::read_to_string(refused).unwrap().lines().count(), 2);
}

/// A file of lists, among which something else stands.
#[test]
fn rows_that_are_no_lists_are_passed_over_with_their_lines() {
    let files = Files::new();
    let lines = "[\"编号\",\"标准问题\",\"答案\"]\n[\"1\",\"怎么退货\",\"七天内\"]\n{\"text\":\"x\"}\n[\"2\",\"多久发货\",\"两天\"]\n[\"3\",[4]]\n";
    fs::write(files.path("a.jsonl"), lines).unwrap();
    let strict = collection(&files, &["import", "c", "a.jsonl"]);
    assert_eq!(strict.code, 1, "{strict:?}");
    let told = "line 3 is no list of texts and numbers, as those above are";
    assert!(strict.err.contains(told), "{strict:?}");
    assert!(
        strict
            .err
            .contains("Further rows of a.jsonl that would be refused: 1."),
        "{strict:?}"
    );
    let run = collection(
        &files,
        &["import", "c", "a.jsonl", "--skip-bad", "bad.jsonl"],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("Rows refused: 2."), "{run:?}");
    assert_eq!(count(&files, "c"), 2);
    let refused = fs::read_to_string(files.path("bad.jsonl")).unwrap();
    let refused: Vec<Value> = refused
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let line = |row: u64, content: Value| {
        let reason = told.replace('3', &row.to_string());
        json!({"file": "a.jsonl", "row": row, "reason": reason, "content": {"line": content}})
    };
    let expected = [line(3, json!({"text": "x"})), line(5, json!(["3", [4]]))];
    assert_eq!(refused, expected);
}
