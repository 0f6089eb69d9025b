//! `yuyi collection`: what is made, brought and found, and how mistakes are told.

use std::fs;

use serde_json::{Value, json};

use crate::files::Files;
use crate::support::{Run, command, yuyi_with_input};

/// A FAQ as people have it.
pub const FAQ: &str = "编号,标准问题,答案,相似问法,部门\n1,是否支持开具发票？,支持，在订单页申请。,能开票吗|怎么要发票,财务\n2,怎么退货,七天内可以退货。,,客服\n3,多久发货,当天发货。,什么时候发货,仓库\n";

/// Its commas in answers are full-width ones, so the file is plain CSV.
pub fn faq(files: &Files) {
    fs::write(files.path("faq.csv"), FAQ).unwrap();
}

/// A command of `yuyi collection` on the folder `data` beside the files.
pub fn collection(files: &Files, arguments: &[&str]) -> Run {
    files.yuyi(&[&["collection"], arguments, &["--data", "data"]].concat())
}

/// The same, which works; what it wrote as JSON.
pub fn of_json(files: &Files, arguments: &[&str]) -> Value {
    let run = collection(files, &[arguments, &["--json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"))
}

/// Number of items of a collection.
pub fn count(files: &Files, name: &str) -> u64 {
    let list = of_json(files, &["list"]);
    let mut all = list["collections"].as_array().unwrap().iter();
    let found = all.find(|collection| collection["name"] == name).unwrap();
    found["count"].as_u64().unwrap()
}

#[test]
fn collections_are_made_listed_and_removed() {
    let files = Files::new();
    let run = collection(&files, &["list"]);
    assert!(
        run.code == 0
            && run
                .err
                .contains("There are no collections in data. There is no such folder."),
        "{run:?}"
    );
    assert!(!files.path("data").exists(), "looking makes nothing");
    std::fs::write(files.path("data"), "no folder").unwrap();
    let run = collection(&files, &["list"]);
    assert!(
        run.code == 1 && run.err.contains("data is no folder."),
        "{run:?}"
    );
    std::fs::remove_file(files.path("data")).unwrap();
    let made = of_json(
        &files,
        &[
            "create",
            "文章",
            "--role",
            "passage",
            "--field",
            "price:number",
            "--field",
            "day:time",
        ],
    );
    assert_eq!(made["model"], "e5-small-zh");
    assert_eq!(
        made["fields"],
        json!([{"name": "price", "type": "number"}, {"name": "day", "type": "time"}])
    );
    let run = collection(&files, &["create", "given", "--dimension", "2"]);
    assert!(
        run.code == 0 && run.err.contains("2 numbers that items bring"),
        "{run:?}"
    );
    // The same again is no mistake, another one of the name is.
    let again = collection(&files, &["create", "given", "--dimension", "2"]);
    assert!(
        again.code == 0 && again.err.contains("is there already, the same"),
        "{again:?}"
    );
    let other = collection(&files, &["create", "given", "--dimension", "3"]);
    assert!(
        other.code == 1 && other.err.contains("differs in dimension"),
        "{other:?}"
    );
    let bad = collection(&files, &["create", "a b", "--dimension", "3"]);
    assert!(
        bad.code == 2 && bad.err.contains("cannot stand in a name"),
        "{bad:?}"
    );
    let run = collection(&files, &["list"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines,
        [
            "collection  items  model        dimension  role",
            "given           0  -                    2  symmetric",
            "文章            0  e5-small-zh        384  passage",
        ]
    );
    let unasked = collection(&files, &["drop", "given"]);
    assert!(
        unasked.code == 2 && unasked.err.contains("Say --yes"),
        "{unasked:?}"
    );
    assert_eq!(count(&files, "given"), 0);
    let dropped = of_json(&files, &["drop", "given", "--yes"]);
    assert_eq!(dropped, json!({"dropped": "given", "count": 0}));
    let gone = collection(&files, &["drop", "given", "--yes"]);
    assert!(
        gone.code == 1 && gone.err.contains("There is no collection \"given\"."),
        "{gone:?}"
    );
}

#[test]
fn a_faq_is_imported_and_found() {
    let files = Files::new();
    faq(&files);
    let run = collection(&files, &["import", "faq", "faq.csv"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err.contains("标准问题 as text") && run.err.contains("编号 as id"),
        "{run:?}"
    );
    assert!(
        run.err
            .contains("items of faq new or changed: 3, there already: 0"),
        "{run:?}"
    );
    let question = "你们的产品能开发票吗？";
    let found = collection(&files, &["search", "faq", question, "--limit", "2"]);
    let first = found.out.lines().next().unwrap();
    let cells: Vec<&str> = first.split('\t').collect();
    assert_eq!((cells.len(), cells[2]), (4, "1"), "{found:?}");
    assert!(cells[0].parse::<f64>().unwrap() <= 1.0 && found.out.lines().count() == 2);
    let found = of_json(&files, &["search", "faq", question, "--mode", "dense"]);
    let hit = &found["results"][0];
    assert_eq!(
        (&hit["id"], &hit["payload"]),
        (&json!("1"), &json!({"部门": "财务"}))
    );
    assert_eq!(hit["answer"], "支持，在订单页申请。");
    assert!(hit["similarity"].as_f64().unwrap() > 0.5, "{hit}");
    let filter = r#"{"must": [{"key": "部门", "match": {"value": "仓库"}}]}"#;
    let found = of_json(&files, &["search", "faq", question, "--filter", filter]);
    assert_eq!(found["results"].as_array().unwrap().len(), 1);
    assert_eq!(found["results"][0]["id"], "3");
    for (filter, told) in [
        ("{", "--filter: this is no JSON"),
        (r#"{"musst":[]}"#, "--filter"),
    ] {
        let run = collection(&files, &["search", "faq", "x", "--filter", filter]);
        assert!(run.code == 2 && run.err.contains(told), "{run:?}");
    }
    let blank = collection(&files, &["search", "faq", " "]);
    assert!(
        blank.code == 2 && blank.err.contains("empty or blank"),
        "{blank:?}"
    );
}

#[test]
fn questions_come_through_a_pipe() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let data = files.path("data");
    let data = data.to_str().unwrap();
    let arguments = [
        "collection",
        "search",
        "faq",
        "-",
        "--limit",
        "1",
        "--json",
        "--data",
        data,
    ];
    let run = yuyi_with_input(&arguments, "怎么退货\n\n什么时候发货\n");
    assert_eq!(run.code, 0, "{run:?}");
    let ids = run.out.lines().map(|line| {
        let answer: Value = serde_json::from_str(line).unwrap();
        answer["results"][0]["id"].as_str().unwrap().to_owned()
    });
    assert_eq!(ids.collect::<Vec<_>>(), ["2", "3"]);
}

#[test]
fn rows_come_through_a_pipe_and_again_change_nothing() {
    let files = Files::new();
    let data = files.path("data");
    let data = data.to_str().unwrap();
    let rows = "{\"id\":\"a\",\"text\":\"怎么退货\"}\n{\"id\":\"b\",\"text\":\"多久发货\"}\n{\"id\":\"a\",\"text\":\"怎么换货\"}\n";
    let arguments = ["collection", "import", "c", "-", "--json", "--data", data];
    let first = yuyi_with_input(&arguments, rows);
    let summary: Value = serde_json::from_str(&first.out).unwrap_or_else(|_| panic!("{first:?}"));
    assert_eq!(
        (&summary["written"], &summary["replaced"]),
        (&json!(2), &json!(1))
    );
    assert!(
        first
            .err
            .contains("the first at standard input:3 (\"a\", as line 1)"),
        "{first:?}"
    );
    let again = yuyi_with_input(&arguments, rows);
    let summary: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        (&summary["written"], &summary["unchanged"]),
        (&json!(0), &json!(2))
    );
    let exported = collection(&files, &["export", "c"]);
    assert_eq!(
        exported.out,
        "{\"id\":\"a\",\"text\":\"怎么换货\"}\n{\"id\":\"b\",\"text\":\"多久发货\"}\n"
    );
}

#[test]
fn a_file_with_a_bad_row_is_not_imported_by_halves() {
    let files = Files::new();
    let text = "id,text,time\n1,一,\n2,二,2024-03-05\n3,三,gestern\n4,四,\n";
    fs::write(files.path("a.csv"), text).unwrap();
    let run = collection(&files, &["import", "c", "a.csv"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err
            .contains("a.csv:4: column C (time): \"gestern\" is no time."),
        "{run:?}"
    );
    assert!(run.err.contains("Nothing was imported."), "{run:?}");
    // Nor is there a collection that nobody made.
    assert_eq!(of_json(&files, &["list"])["collections"], json!([]));
    let run = collection(&files, &["import", "c", "a.csv", "--skip-bad", "bad.jsonl"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.err
            .contains("Rows refused: 1. They are in bad.jsonl with the reason."),
        "{run:?}"
    );
    assert_eq!(count(&files, "c"), 3);
    let refused: Value =
        serde_json::from_str(&fs::read_to_string(files.path("bad.jsonl")).unwrap()).unwrap();
    let expected = json!({
        "file": "a.csv", "row": 4, "reason": "column C (time): \"gestern\" is no time. Write it as 2024-03-05T10:30:00Z.",
        "content": {"id": "3", "text": "三", "time": "gestern"},
    });
    assert_eq!(refused, expected);
    let over = collection(&files, &["import", "c", "a.csv", "--skip-bad", "a.csv"]);
    assert!(
        over.code == 2 && fs::read_to_string(files.path("a.csv")).unwrap() == text,
        "{over:?}"
    );
}

/// What is no JSON, and what has a key twice, is passed over like any other row, and nothing of it is lost.
#[test]
fn lines_that_cannot_be_read_are_kept_as_they_are() {
    let files = Files::new();
    let lines = "{\"id\":\"1\",\"text\":\"一\"}\n{\"id\":\"2\",\"text\":\"二\n{\"id\":\"3\",\"text\":\"三\",\"id\":\"4\"}\n[5]\n\n{\"id\":\"6\",\"text\":\"六\",\"wordings\":[6]}\n";
    fs::write(files.path("a.jsonl"), lines).unwrap();
    for (arguments, place) in [
        (&["import", "c", "a.jsonl"][..], "line 2"),
        (&["import", "c", "a.jsonl", "--skip-bad", "bad.jsonl"], ""),
    ] {
        let run = collection(&files, arguments);
        let is_strict = !place.is_empty();
        assert_eq!(run.code, i32::from(is_strict), "{run:?}");
        assert!(run.err.contains(place), "{run:?}");
        assert!(is_strict || run.err.contains("Rows refused: 4."), "{run:?}");
    }
    assert_eq!(count(&files, "c"), 1);
    let refused = fs::read_to_string(files.path("bad.jsonl")).unwrap();
    let refused: Vec<Value> = refused
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expected = [
        (
            2,
            "line 2 is not a JSON object",
            json!({"line": "{\"id\":\"2\",\"text\":\"二"}),
        ),
        (
            3,
            "line 3: the key \"id\" stands twice in one object",
            json!({"line": "{\"id\":\"3\",\"text\":\"三\",\"id\":\"4\"}"}),
        ),
        (4, "line 4 is not a JSON object", json!({"line": [5]})),
        (
            6,
            "wordings: It is not what an item has here: invalid type: integer `6`, expected a string.",
            json!({"id": "6", "text": "六", "wordings": [6]}),
        ),
    ];
    for (refused, (row, reason, content)) in refused.iter().zip(&expected) {
        let expected = json!({"file": "a.jsonl", "row": row, "reason": reason, "content": content});
        assert_eq!(*refused, expected);
    }
    assert_eq!(refused.len(), expected.len());
}

/// What comes through a pipe is read only once: the collection is made when there is something to write.
#[test]
fn a_pipe_whose_first_row_is_refused_makes_no_collection() {
    let files = Files::new();
    let data = files.path("data");
    let import = |lines: &str| {
        let arguments = [
            "collection",
            "import",
            "c",
            "-",
            "--data",
            data.to_str().unwrap(),
        ];
        crate::support::yuyi_with_input(&arguments, lines)
    };
    let run = import("{\"text\": 1}\n{\"text\": \"一\"}\n");
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(of_json(&files, &["list"])["collections"], json!([]));
    let run = import("{\"text\": \"一\"}\n{\"text\": 1}\n");
    assert_eq!((run.code, count(&files, "c")), (1, 1), "{run:?}");
}

#[test]
fn rows_of_workbooks_are_told_with_their_sheet() {
    let files = Files::new();
    fs::write(files.path("p.xlsx"), include_bytes!("../data/pairs.xlsx")).unwrap();
    let run = collection(&files, &["create", "c", "--dimension", "2", "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = collection(
        &files,
        &[
            "import",
            "c",
            "p.xlsx",
            "--columns",
            "1",
            "--skip-bad",
            "bad",
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let lines = fs::read_to_string(files.path("bad")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(
        first["sheet"].is_string() && first["row"].is_u64(),
        "{first}"
    );
    let run = collection(&files, &["import", "c", "p.xlsx", "--columns", "1"]);
    let sheet = first["sheet"].as_str().unwrap();
    let place = format!("p.xlsx, sheet {sheet:?}, row {}: vectors: ", first["row"]);
    assert!(run.code == 1 && run.err.contains(&place), "{run:?}");
}

/// Of a file that is not there, of garbage and of nothing at all.
#[test]
fn files_that_are_none_change_nothing() {
    let files = Files::new();
    faq(&files);
    let run = collection(&files, &["import", "c", "faq.csv", "missing.csv"]);
    assert!(run.code == 1 && run.err.contains("missing.csv"), "{run:?}");
    assert!(!files.path("data").exists());
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("header.csv", b"id,text\n"),
        ("empty.jsonl", b"\n\n"),
    ] {
        fs::write(files.path(name), bytes).unwrap();
        let run = collection(&files, &["import", "c", name]);
        assert!(
            run.code == 0 && run.err.contains("Rows: 0;"),
            "{name}: {run:?}"
        );
    }
    for (name, bytes) in [
        ("noise.csv", &b"\xff\xfe\x00\xd8\x01\x02\x80\x81,\x90\n"[..]),
        ("noise.jsonl", b"\x00\x01\x02{]\n"),
        ("archive.csv", b"\x1f\x8b\x08rest"),
        ("list.json", b"[1, {\"text\": 2}]"),
    ] {
        fs::write(files.path(name), bytes).unwrap();
        let run = collection(&files, &["import", "c", name]);
        assert!(run.code == 1 && run.err.contains(name), "{name}: {run:?}");
    }
    assert_eq!(count(&files, "c"), 0);
}

#[test]
fn a_huge_cell_is_an_item() {
    let files = Files::new();
    let huge = "退货".repeat(500_000);
    fs::write(
        files.path("huge.csv"),
        format!("id,text,note\n1,{huge},{huge}\n"),
    )
    .unwrap();
    let run = collection(&files, &["import", "c", "huge.csv"]);
    assert!(
        run.code == 0 && run.err.contains("longer than 512 tokens"),
        "{run:?}"
    );
    let exported = collection(&files, &["export", "c"]);
    let item: Value = serde_json::from_str(&exported.out).unwrap();
    assert_eq!(item["text"].as_str().unwrap(), huge);
    assert_eq!(item["payload"]["note"].as_str().unwrap(), huge);
}

#[test]
fn a_collection_without_a_model_is_asked_by_words() {
    let files = Files::new();
    let rows = "{\"id\":\"1\",\"text\":\"怎么退货\",\"vector\":[3,4]}\n";
    fs::write(files.path("rows.jsonl"), rows).unwrap();
    assert_eq!(
        collection(&files, &["create", "g", "--dimension", "2"]).code,
        0
    );
    assert_eq!(collection(&files, &["import", "g", "rows.jsonl"]).code, 0);
    let found = of_json(&files, &["search", "g", "退货"]);
    assert_eq!(
        (&found["mode"], &found["results"][0]["similarity"]),
        (&json!("lexical"), &Value::Null)
    );
    let run = collection(&files, &["search", "g", "退货", "--mode", "dense"]);
    assert!(
        run.code == 2 && run.err.contains("--mode lexical"),
        "{run:?}"
    );
    let exported = collection(&files, &["export", "g"]).out;
    assert_eq!(
        exported,
        "{\"id\":\"1\",\"text\":\"怎么退货\",\"vectors\":[[0.6,0.8]]}\n"
    );
}

#[test]
fn another_model_is_refused_with_both_names() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let other = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/models/bert-mean-f32-prefixed"
    );
    for arguments in [
        &["import", "faq", "faq.csv", "--model", other][..],
        &["search", "faq", "退货", "--model", other],
    ] {
        let run = collection(&files, arguments);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err.contains("e5-small-zh") && run.err.contains("bert-mean-f32-prefixed"),
            "{run:?}"
        );
    }
}

#[test]
fn passwords_are_not_shown() {
    let address = "postgres://user:s3cret@127.0.0.1:1/db";
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["import", "c", "-"],
        &["backup", "all", "-o", "x.sqlite"],
        &["check"],
        &["list", "--data", "data"],
        &["list", "--help"],
        &["list", "--nonsense"],
    ] {
        let files = Files::new();
        for in_environment in [false, true] {
            let mut command = command();
            command
                .current_dir(files.path(""))
                .args(["collection"])
                .args(arguments);
            match in_environment {
                true => command.env("YUYI_STORE", address),
                false => command.args(["--store", address]),
            };
            let run: Run = command.output().unwrap().into();
            assert!(!format!("{run:?}").contains("s3cret"), "{run:?}");
            let is_help = arguments.contains(&"--help");
            assert_eq!(run.code == 0, is_help, "{run:?}");
        }
    }
    let mut empty = command();
    let list = ["collection", "list", "--data", "/nonexistent/data"];
    let run: Run = empty
        .args(list)
        .env("YUYI_STORE", "")
        .output()
        .unwrap()
        .into();
    assert!(run.code == 0, "{run:?}");
    let files = Files::new();
    let run = files.yuyi(&["collection", "list", "--store", "mysql://u:s3cret@h/d"]);
    assert!(run.code == 2 && !run.err.contains("s3cret"), "{run:?}");
    let run = files.yuyi(&["collection", "backup", "all", "-o", "x", "--store", address]);
    assert!(run.code == 2 && run.err.contains("pg_dump"), "{run:?}");
}

#[test]
fn everything_is_said_in_chinese_too() {
    let files = Files::new();
    faq(&files);
    let run = |arguments: &[&str]| collection(&files, &[&["--lang", "zh"], arguments].concat());
    let has = |run: &Run, text: &str| assert!(run.err.contains(text), "{run:?}");
    has(&run(&["list"]), "data 里没有集合，这个文件夹不存在。");
    has(&run(&["import", "faq", "faq.csv"]), "集合“faq”");
    has(&run(&["drop", "faq"]), "请加 --yes");
    has(&run(&["search", "nobody", "x"]), "没有名为“nobody”的集合");
    has(&run(&["check"]), "完好");
    fs::write(files.path("bad.csv"), "id,text,time\n1,x,gestern\n").unwrap();
    has(
        &run(&["import", "faq", "bad.csv"]),
        "bad.csv 第 2 行：C 列（time）：“gestern”不是时间",
    );
    let list = run(&["list"]);
    assert!(list.out.starts_with("集合  "), "{list:?}");
}
