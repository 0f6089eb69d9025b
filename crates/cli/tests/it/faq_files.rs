//! The files of a FAQ, from the template to the export.

use std::fs;

use serde_json::Value;

use crate::collection::{collection, count, of_json};
use crate::files::Files;

#[test]
fn the_template_is_filled_in_imported_and_exported() {
    let files = Files::new();
    let run = files.yuyi(&["faq", "template"]);
    assert!(
        run.code == 0 && run.err.contains("faq-template.xlsx is written."),
        "{run:?}"
    );
    let again = files.yuyi(&["faq", "template"]);
    assert!(
        again.code == 2 && again.err.contains("is there already"),
        "{again:?}"
    );
    let named = files.yuyi(&["faq", "template", "-o", "x.csv"]);
    assert!(
        named.code == 2 && named.err.contains("name it .xlsx"),
        "{named:?}"
    );
    let run = collection(&files, &["import", "faq", "faq-template.xlsx"]);
    assert!(
        run.code == 0 && run.err.contains("标准问 as text, 答案 as answer"),
        "{run:?}"
    );
    let lines = collection(&files, &["export", "faq"]).out;
    for name in ["a.xlsx", "a.csv", "a.jsonl"] {
        let run = collection(&files, &["export", "faq", "-o", name]);
        assert!(run.code == 0 && run.err.contains("Items: 2."), "{run:?}");
        let copy = name.replace('.', "-");
        assert_eq!(of_json(&files, &["import", &copy, name])["written"], 2);
        assert_eq!(collection(&files, &["export", &copy]).out, lines, "{name}");
    }
    let csv = collection(&files, &["export", "faq", "--format", "csv"]).out;
    assert_eq!(csv.into_bytes(), fs::read(files.path("a.csv")).unwrap());
    let tsv = collection(&files, &["export", "faq", "-o", "a.tsv"]);
    assert!(
        tsv.code == 1 && tsv.err.contains("for which TSV has no place"),
        "{tsv:?}"
    );
    assert!(!files.path("a.tsv").exists());
    let old = collection(&files, &["export", "faq", "-o", "a.xls"]);
    assert!(
        old.code == 2
            && old
                .err
                .contains("An export is .jsonl, .xlsx, .csv or .tsv."),
        "{old:?}"
    );
}

#[test]
fn of_several_files_all_are_imported_or_none() {
    let files = Files::new();
    fs::write(files.path("a.csv"), "标准问,答案\n怎么退货？,七天内\n").unwrap();
    let bad = "标准问,答案,失效时间\n怎么开票？,可以,明天\n怎么换货？,,昨天\n多久发货？,两天,\n";
    fs::write(files.path("b.csv"), bad).unwrap();
    let run = collection(&files, &["import", "c", "a.csv", "b.csv"]);
    assert_eq!(run.code, 1, "{run:?}");
    for told in [
        "b.csv:2: column C (失效时间): \"明天\" is no time.",
        "Further rows of b.csv that would be refused: 1.",
        "Nothing was imported.",
    ] {
        assert!(run.err.contains(told), "{told}: {run:?}");
    }
    let list = of_json(&files, &["list"]);
    assert!(list["collections"].as_array().unwrap().is_empty(), "{list}");
    let run = collection(
        &files,
        &["import", "c", "a.csv", "b.csv", "--skip-bad", "bad.jsonl"],
    );
    assert_eq!((run.code, count(&files, "c")), (0, 2), "{run:?}");
    let bad = fs::read_to_string(files.path("bad.jsonl")).unwrap();
    let first: Value = serde_json::from_str(bad.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["row"], &first["content"]["valid_until"]),
        (&2.into(), &"明天".into())
    );
}
