//! The files of a FAQ, from the template to the export.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use yuyi_files::{Book, CellValue};

use crate::collection::{collection, count, of_json};
use crate::files::Files;
use crate::support::server::{Server, body};
use crate::support::yuyi;

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

/// Nothing is written before all is read, however much it is.
#[test]
fn of_a_hundred_thousand_rows_none_is_imported_if_one_is_wrong() {
    const ROWS: usize = 100_000;
    let files = Files::new();
    let until = |row: usize| {
        if row == ROWS - 2 {
            "昨天"
        } else {
            "2099-12-31"
        }
    };
    let mut csv = String::from("标准问,答案,失效时间\n");
    let mut book = Book::new("FAQ").unwrap();
    book.header(&["标准问", "答案", "失效时间"].map(Cow::from))
        .unwrap();
    for row in 2..ROWS + 2 {
        let (question, answer) = (format!("第 {row} 件怎么退？"), format!("七天内，{row}"));
        csv += &format!("{question},{answer},{}\n", until(row));
        let texts = [&*question, &*answer, until(row)].map(|text| CellValue::Text(text.into()));
        book.values(&texts).unwrap();
    }
    fs::write(files.path("large.csv"), csv).unwrap();
    fs::write(files.path("large.xlsx"), book.finish().unwrap()).unwrap();
    for (name, place) in [
        ("large.csv", "large.csv:99998"),
        ("large.xlsx", "large.xlsx, sheet \"FAQ\", row 99998"),
    ] {
        let run = collection(&files, &["import", "c", name]);
        assert_eq!(run.code, 1, "{run:?}");
        let told = format!("{place}: column C (失效时间): \"昨天\" is no time.");
        assert!(run.err.contains(&told), "{run:?}");
        assert!(run.err.contains("Nothing was imported."), "{run:?}");
        let list = of_json(&files, &["list"]);
        assert!(list["collections"].as_array().unwrap().is_empty(), "{list}");
    }
}

/// A table in Markdown and merged cells, as a server reads them that is sent the same files.
#[test]
fn what_people_keep_a_faq_in_is_answered_alike_at_both_doors() {
    let folder = tempfile::tempdir().unwrap();
    let markdown = folder.path().join("faq.md");
    let table = "# 客服\n\n| 标准问 | 答案 |\n|---|---|\n| 怎么退货？<br>能退吗？ | 签收后七天内。 |\n| 能开发票吗？ | 可以。 |\n";
    fs::write(&markdown, table).unwrap();
    let merged =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../files/tests/data/merged-questions.xlsx");
    let server = Server::start(&["--data", folder.path().join("data").to_str().unwrap()]);
    for (name, path, expected) in [("md", &markdown, 2), ("merged", &merged, 3)] {
        server.post_with("/v1/collections", "", &json!({"name": name}).to_string());
        let bytes = fs::read(path).unwrap();
        let file = path.file_name().unwrap().to_str().unwrap();
        let head = format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\r\n"
        );
        let form = [head.as_bytes(), &bytes, b"\r\n--x--\r\n"].concat();
        let address = format!("/v1/collections/{name}/import");
        let reply = server.send("POST", &address, "multipart/form-data; boundary=x", &form);
        assert_eq!(reply.status, 200, "{name}: {}", reply.text);
        let count = server.post_with(&format!("/v1/collections/{name}/count"), "", "{}");
        assert_eq!(body(&count)["count"], expected, "{name}: {}", reply.text);
        for question in ["能退吗", "可以开发票吗", "今天天气真不错"] {
            let run = yuyi(&["faq", path.to_str().unwrap(), question, "--json"]);
            assert_eq!(run.code, 0, "{name}: {run:?}");
            let mut said: Value = serde_json::from_str(&run.out).unwrap();
            said.as_object_mut().unwrap().remove("text");
            let request = json!({"text": question}).to_string();
            let reply = server.post_with(&format!("/v1/collections/{name}/match"), "", &request);
            assert_eq!(said, body(&reply), "{name}: {question}");
            assert_eq!(
                said["matched"],
                question != "今天天气真不错",
                "{name}: {said}"
            );
        }
    }
    drop(server);
}
