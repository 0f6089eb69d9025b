//! What collections go through: kills, full disks, several processes, damage.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::collection::{collection, count, faq, of_json};
use crate::files::Files;
use crate::support::server::Server;
use crate::support::{Run, command, in_a_shell};

/// `yuyi collection` as a process.
fn start(files: &Files, arguments: &[&str]) -> Child {
    let mut command = command();
    command
        .current_dir(files.path(""))
        .arg("collection")
        .args(arguments)
        .args(["--data", "data"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn end(child: Child) -> Run {
    child.wait_with_output().unwrap().into()
}

/// Bytes of the database with what is beside it.
fn bytes(files: &Files) -> u64 {
    let entries = fs::read_dir(files.path("data")).into_iter().flatten();
    let lengths = entries.flatten().filter_map(|entry| entry.metadata().ok());
    lengths.map(|metadata| metadata.len()).sum()
}

/// Waits until a process has written so much more, which it does before it ends.
fn wait_for_growth(files: &Files, child: &mut Child, from: u64, more: u64) {
    let started = Instant::now();
    while bytes(files) < from + more {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was killed"
        );
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "it writes nothing"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// So many texts, each another one.
fn texts(files: &Files, texts: usize) {
    let rows = (0..texts).map(|i| format!("第 {i} 个客户问怎么退第 {} 件货\n", i * 7));
    fs::write(files.path("texts.txt"), rows.collect::<String>()).unwrap();
}

#[test]
fn an_import_that_was_killed_goes_on_when_it_is_run_again() {
    let files = Files::new();
    texts(&files, 3000);
    let mut child = start(&files, &["import", "c", "texts.txt"]);
    wait_for_growth(&files, &mut child, 0, 1 << 20);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = count(&files, "c");
    assert!((1..3000).contains(&before), "{before}");
    let summary = of_json(&files, &["import", "c", "texts.txt"]);
    assert_eq!(summary["unchanged"], before);
    assert_eq!(summary["written"], 3000 - before);
    assert_eq!(count(&files, "c"), 3000);
    assert_eq!(of_json(&files, &["check"])["sound"], true);
}

#[test]
fn a_move_that_was_killed_goes_on_when_it_is_run_again() {
    let files = Files::new();
    texts(&files, 3000);
    let small = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/models/bert-mean-f32-prefixed"
    );
    let import = ["import", "c", "texts.txt", "--model", small];
    assert_eq!(collection(&files, &import).code, 0);
    let to = ["reindex", "c", "--model", "e5-small-zh"];
    let mut child = start(&files, &to);
    let from = bytes(&files);
    wait_for_growth(&files, &mut child, from, 1 << 20);
    child.kill().unwrap();
    child.wait().unwrap();
    let list = of_json(&files, &["list"]);
    let collections = &list["collections"][0];
    let done = collections["reindex"]["done"].as_u64().unwrap();
    assert!((1..3000).contains(&done), "{list}");
    assert_eq!(collections["model"], "bert-mean-f32-prefixed");
    let shown = collection(&files, &["list"]).out;
    assert!(
        shown.contains(&format!("{done} of 3000 items are there")),
        "{shown}"
    );
    // It answers from the old vectors meanwhile.
    let found = of_json(&files, &["search", "c", "第 5 个客户", "--model", small]);
    assert_eq!(found["results"].as_array().unwrap().len(), 10);
    let summary = of_json(&files, &to);
    assert_eq!(summary["embedded"], 3000 - done);
    assert_eq!(summary["model"], "e5-small-zh");
    assert_eq!(of_json(&files, &["check"])["sound"], true);
    let found = of_json(&files, &["search", "c", "第 5 个客户"]);
    assert_eq!(found["model"], "e5-small-zh");
    assert_eq!(of_json(&files, &to)["result"], "unchanged");
    let run = collection(&files, &["reindex", "c", "--abandon"]);
    assert!(
        run.code == 1 && run.err.contains("is not being moved"),
        "{run:?}"
    );
    assert_eq!(collection(&files, &["reindex", "c"]).code, 2);
}

#[test]
fn the_number_format_of_a_collection_is_taken_without_being_told() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let to = [
        "reindex",
        "faq",
        "--model",
        "e5-small-zh",
        "--precision",
        "f32",
    ];
    assert_eq!(of_json(&files, &to)["model"], "e5-small-zh");
    let found = of_json(&files, &["search", "faq", "退货"]);
    assert_eq!(found["model"], "e5-small-zh");
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let run = collection(&files, &["search", "faq", "退货", "--precision", "int8"]);
    assert!(
        run.code == 1 && run.err.contains("has vectors of"),
        "{run:?}"
    );
}

/// Writes rows of other texts each.
fn write(rows: &mut impl Write, range: std::ops::Range<usize>) {
    for i in range {
        let row = json!({"id": format!("{i:05}"), "text": format!("第 {i} 个问题")});
        writeln!(rows, "{row}").unwrap();
    }
}

/// Another process has the folder and writes, as a server does: it is copied, and all else refused with what to do.
#[test]
fn a_folder_in_use_is_copied_and_else_left_alone() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let mut holder = start(&files, &["import", "busy", "-"]);
    let mut rows = holder.stdin.take().unwrap();
    let from = bytes(&files);
    write(&mut rows, 0..600);
    wait_for_growth(&files, &mut holder, from, 1 << 19);
    for arguments in [
        &["list"][..],
        &["check"],
        &["export", "faq"],
        &["search", "faq", "退货"],
        &["drop", "faq", "--yes"],
        &["import", "faq", "faq.csv"],
        &["create", "x", "--dimension", "2"],
        &["reindex", "faq", "--model", "e5-small-zh"],
    ] {
        let run = collection(&files, arguments);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err.contains(
                "is in use by another process, such as a server. Ask that server over HTTP"
            ),
            "{run:?}"
        );
    }
    let writer = std::thread::spawn(move || {
        write(&mut rows, 600..3000);
        rows
    });
    let whole = of_json(&files, &["backup", "all", "-o", "all.sqlite"]);
    assert_eq!(whole["collections"], json!(["busy", "faq"]));
    let one = of_json(&files, &["backup", "faq", "-o", "faq.sqlite"]);
    assert_eq!(
        (&one["collections"], &one["items"]),
        (&json!(["faq"]), &json!(3))
    );
    drop(writer.join().unwrap());
    let run = end(holder);
    assert_eq!(run.code, 0, "{run:?}");
    for (copy, names) in [("all.sqlite", 2), ("faq.sqlite", 1)] {
        let other = Files::new();
        fs::create_dir(other.path("data")).unwrap();
        fs::copy(files.path(copy), other.path("data/collections.sqlite")).unwrap();
        let report = of_json(&other, &["check"]);
        assert_eq!(
            (&report["sound"], &report["collections"]),
            (&json!(true), &json!(names))
        );
        let found = of_json(&other, &["search", "faq", "你们的产品能开发票吗？"]);
        assert_eq!(found["results"][0]["id"], "1");
        if names == 2 {
            // Batches of 256 rows are there whole or not at all.
            let busy = count(&other, "busy");
            assert!(busy.is_multiple_of(256) || busy == 3000, "{busy}");
        }
    }
    let again = collection(&files, &["backup", "all", "-o", "all.sqlite"]);
    assert!(
        again.code == 2 && again.err.contains("a backup replaces nothing"),
        "{again:?}"
    );
    let none = collection(&files, &["backup", "nobody", "-o", "none.sqlite"]);
    assert!(
        none.code == 1 && !files.path("none.sqlite").exists(),
        "{none:?}"
    );
}

#[test]
fn damage_is_told() {
    let files = Files::new();
    texts(&files, 600);
    assert_eq!(collection(&files, &["import", "c", "texts.txt"]).code, 0);
    let sound = collection(&files, &["check"]);
    assert!(
        sound.code == 0
            && sound
                .err
                .contains("data is sound. Collections: 1, items: 600."),
        "{sound:?}"
    );
    let database = files.path("data/collections.sqlite");
    let right = fs::read(&database).unwrap();
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle..middle + 20_000].fill(0x5a);
    for bytes in [&wrong[..], &right[..right.len() / 3], b"hello"] {
        fs::write(&database, bytes).unwrap();
        let run = collection(&files, &["check"]);
        assert!(
            run.code == 1 && run.err.contains("data is damaged."),
            "{run:?}"
        );
        assert!(!run.out.is_empty(), "{run:?}");
        let report = collection(&files, &["check", "--json"]);
        let document: Value = serde_json::from_str(&report.out).unwrap();
        assert_eq!((report.code, &document["sound"]), (1, &json!(false)));
        let copy = collection(&files, &["backup", "all", "-o", "copy.sqlite"]);
        assert!(
            copy.code == 1 && !files.path("copy.sqlite").exists(),
            "{copy:?}"
        );
        assert_eq!(fs::read(&database).unwrap(), bytes, "nothing is changed");
    }
    fs::write(&database, right).unwrap();
    assert_eq!(collection(&files, &["check"]).code, 0);
    let none = Files::new();
    let run = collection(&none, &["check"]);
    assert!(
        run.code == 1 && run.err.contains("There are no collections in data."),
        "{run:?}"
    );
}

/// One of two collections loses a page of its vectors, and their codes.
#[test]
fn one_damaged_collection_leaves_the_others_be() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let create = collection(&files, &["create", "hurt", "--dimension", "64"]);
    assert_eq!(create.code, 0, "{create:?}");
    // Of length one, and nowhere else in the file.
    let vector = [0.125f32; 64];
    let row = json!({"id": "1", "text": "怎么退货", "vectors": [vector.to_vec()]});
    fs::write(files.path("hurt.jsonl"), row.to_string()).unwrap();
    let import = collection(&files, &["import", "hurt", "hurt.jsonl"]);
    assert_eq!(import.code, 0, "{import:?}");
    let database = files.path("data/collections.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    let written = vector.map(f32::to_le_bytes).concat();
    let has_it = |page: &[u8]| page.windows(written.len()).any(|bytes| bytes == written);
    let pages: Vec<&mut [u8]> = bytes.chunks_mut(8192).filter(|page| has_it(page)).collect();
    assert_eq!(pages.len(), 1);
    pages.into_iter().for_each(|page| page.fill(0x5a));
    fs::write(&database, bytes).unwrap();
    fs::remove_dir_all(files.path("data/codes")).unwrap();

    let told = "The collection \"hurt\" is damaged (";
    let list = collection(&files, &["list"]);
    assert!(list.code == 0 && list.out.contains(told), "{list:?}");
    let shown = of_json(&files, &["list"]);
    let damaged = |i: usize| shown["collections"][i]["damaged"].is_string();
    assert!(!damaged(0) && damaged(1), "{shown}");
    let check = collection(&files, &["check"]);
    assert!(check.code == 1 && check.out.contains(told), "{check:?}");
    for arguments in [&["export", "hurt"][..], &["import", "hurt", "hurt.jsonl"]] {
        let run = collection(&files, arguments);
        assert!(run.code == 1 && run.err.contains(told), "{run:?}");
        assert!(run.err.contains("drop the collection"), "{run:?}");
    }
    let found = of_json(&files, &["search", "faq", "怎么退货"]);
    assert_eq!(found["results"][0]["id"], "2");

    // A backup has the other one, and is no success.
    let backup = collection(&files, &["backup", "all", "-o", "rest.sqlite", "--json"]);
    let said = "rest.sqlite has all but these damaged collections: hurt.";
    assert!(backup.code == 1 && backup.err.contains(said), "{backup:?}");
    let summary: Value = serde_json::from_str(&backup.out).unwrap();
    assert_eq!(
        (&summary["collections"], &summary["items"]),
        (&json!(["faq"]), &json!(3))
    );
    assert!(summary["left_out"]["hurt"].is_string(), "{summary}");
    let one = of_json(&files, &["backup", "faq", "-o", "one.sqlite"]);
    assert_eq!(one["left_out"], json!({}));
    let none = collection(&files, &["backup", "hurt", "-o", "none.sqlite"]);
    assert!(none.code == 1 && none.err.contains(told), "{none:?}");
    assert!(!files.path("none.sqlite").exists());
    for copy in ["rest.sqlite", "one.sqlite"] {
        let other = Files::new();
        fs::create_dir(other.path("data")).unwrap();
        fs::copy(files.path(copy), other.path("data/collections.sqlite")).unwrap();
        let report = of_json(&other, &["check"]);
        assert_eq!(
            (&report["sound"], &report["items"]),
            (&json!(true), &json!(3))
        );
    }

    let dropped = of_json(&files, &["drop", "hurt", "--yes"]);
    assert_eq!(dropped, json!({"dropped": "hurt", "count": 1}));
    let check = collection(&files, &["check"]);
    assert_eq!(check.code, 0, "{check:?}");
}

/// A limit of the size of files ends writing as a full disk does.
#[cfg(unix)]
#[test]
fn on_a_full_disk_it_is_said_and_what_was_acknowledged_is_there() {
    let files = Files::new();
    texts(&files, 3000);
    // 2 MiB in blocks of 512 bytes.
    let mut limited = in_a_shell("ulimit -f 4096");
    limited
        .args(["collection", "import", "c", "texts.txt", "--data", "data"])
        .current_dir(files.path(""));
    let run: Run = limited.output().unwrap().into();
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("The disk is full, or a quota"), "{run:?}");
    let told = run
        .err
        .split_once("before the error, and kept: ")
        .unwrap()
        .1;
    let told: u64 = told.split(' ').next().unwrap().parse().unwrap();
    assert!(told > 0 && count(&files, "c") == told, "{run:?}");
    assert_eq!(of_json(&files, &["check"])["sound"], true);
    assert_eq!(
        of_json(&files, &["import", "c", "texts.txt"])["unchanged"],
        told
    );
}

#[cfg(unix)]
#[test]
fn whoever_has_read_enough_is_no_mistake() {
    let files = Files::new();
    let long = "退货".repeat(50_000);
    let rows = (0..20)
        .map(|i| json!({"id": i.to_string(), "text": "x", "answer": long}).to_string() + "\n");
    fs::write(files.path("rows.jsonl"), rows.collect::<String>()).unwrap();
    assert_eq!(collection(&files, &["import", "c", "rows.jsonl"]).code, 0);
    let mut child = start(&files, &["export", "c"]);
    let mut some = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let run = end(child);
    assert!(run.code == 0 && run.err.is_empty(), "{run:?}");
}

#[test]
fn what_a_server_holds_is_backed_up_while_it_runs() {
    let files = Files::new();
    faq(&files);
    assert_eq!(collection(&files, &["import", "faq", "faq.csv"]).code, 0);
    let data = files.path("data");
    let server = Server::start(&["--data", data.to_str().unwrap()]);
    let listed = server.get("/v1/collections");
    assert!(listed.contains("\"faq\""), "{listed}");
    let refused = collection(&files, &["list"]);
    assert!(
        refused.code == 1 && refused.err.contains("or stop it and try again"),
        "{refused:?}"
    );
    let summary = of_json(&files, &["backup", "faq", "-o", "faq.sqlite"]);
    assert_eq!(summary["items"], 3);
    server.signal("TERM");
    server.end();
    assert_eq!(count(&files, "faq"), 3);
}
