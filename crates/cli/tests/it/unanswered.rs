//! What a FAQ learns from: kept by a server, also at its end and after a kill, and worked on at the command line.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::server::{Server, body};
use crate::support::yuyi;

const ENTRIES: &str = r#"{"items": [{"id": "invoice", "text": "是否支持开具发票？", "answer": "支持，在订单页申请。"},
    {"id": "joke", "text": "讲个笑话", "reject": true}]}"#;

fn keeping(folder: &Path, flags: &[&str]) -> Server {
    let server = Server::start(&[&["--data", folder.to_str().unwrap()], flags].concat());
    let made = server.post_with(
        "/v1/collections",
        "",
        r#"{"name": "faq", "unanswered": true}"#,
    );
    assert_eq!(body(&made)["unanswered"], true, "{made}");
    body(&server.post_with("/v1/collections/faq/items", "", ENTRIES));
    server
}

fn ask(server: &Server, text: &str) -> Value {
    let question = json!({"text": text}).to_string();
    body(&server.post_with("/v1/collections/faq/match", "", &question))
}

fn listed(folder: &Path) -> Value {
    let run = yuyi(&[
        "faq",
        "unanswered",
        "faq",
        "--json",
        "--data",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn what_a_server_was_asked_is_worked_on_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = keeping(folder.path(), &[]);
    for text in [
        "怎么给账户充值",
        "如何给账户充值，我的手机号是13800138000",
        "怎么给账户充值",
        "附近有门店吗",
        "能开发票吗",
        "给我讲个笑话",
    ] {
        ask(&server, text);
    }
    let over_http = body(&server.get("/v1/collections/faq/unanswered"));
    // What is asked last is written down when the server ends.
    ask(&server, "你们附近有没有门店");
    server.signal("TERM");
    assert_eq!(server.end().0, Some(0));

    let list = listed(folder.path());
    assert_eq!(list["clusters"][0], over_http["clusters"][0]);
    let clusters = list["clusters"].as_array().unwrap();
    let told: Vec<(u64, &str)> = clusters
        .iter()
        .map(|cluster| {
            (
                cluster["size"].as_u64().unwrap(),
                cluster["suggested"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [(3, "怎么给账户充值"), (2, "附近有门店吗")], "{list}");
    assert!(!list.to_string().contains("13800138000"));
    let run = yuyi(&["faq", "unanswered", "faq", "--limit", "1", "--data", data]);
    let id = clusters[0]["id"].as_str().unwrap();
    let expected = format!(
        "3\t{id}\t怎么给账户充值\n\t2\t怎么给账户充值\n\t1\t如何给账户充值，我的手机号是****\n"
    );
    assert_eq!(run.out, expected);
    assert!(run.err.contains("Further clusters: 1"), "{}", run.err);

    let refused = yuyi(&["faq", "unanswered", "faq", "--entry", id, "--data", data]);
    assert_eq!(refused.code, 2);
    let entry = [
        "faq",
        "unanswered",
        "faq",
        "--entry",
        id,
        "--answer",
        "在我的钱包里",
        "--id",
        "pay",
        "--data",
        data,
    ];
    let made = yuyi(&entry);
    assert_eq!((made.code, &*made.out), (0, ""), "{}", made.err);
    assert!(made.err.contains("\"pay\""), "{}", made.err);
    let again = yuyi(&entry);
    assert!(
        again.code == 1 && again.err.contains("no open questions"),
        "{}",
        again.err
    );
    let other = listed(folder.path())["clusters"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let dismissed = yuyi(&[
        "faq",
        "unanswered",
        "faq",
        "--dismiss",
        &other,
        "--json",
        "--data",
        data,
    ]);
    assert_eq!(dismissed.out, "{\"dismissed\":2}\n");
    assert_eq!(listed(folder.path())["total"], 0);

    let history = yuyi(&["faq", "history", "faq", "--data", data]);
    let lines: Vec<&str> = history.out.lines().collect();
    assert_eq!(
        lines,
        [
            "1\tinvoice\t是否支持开具发票？",
            "1\tjoke\t讲个笑话",
            "0\tpay\t怎么给账户充值"
        ]
    );
    let history = yuyi(&["faq", "history", "faq", "invoice", "--json", "--data", data]);
    let history: Value = serde_json::from_str(&history.out).unwrap();
    assert_eq!(
        (&history["count"], &history["hits"][0]["question"]),
        (&json!(1), &json!("能开发票吗"))
    );
    let none = yuyi(&["faq", "history", "faq", "none", "--data", data]);
    assert!(
        none.code == 1 && none.err.contains("has no item"),
        "{}",
        none.err
    );

    // The entry answers, with a wording of its own.
    let server = Server::start(&["--data", data]);
    assert_eq!(ask(&server, "如何给账户充值")["id"], "pay");
    drop(server);
    let checked = yuyi(&["collection", "check", "--data", data]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

#[test]
fn a_kill_loses_the_last_moment_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = keeping(folder.path(), &["--unmasked-questions"]);
    ask(&server, "订单20240305123456怎么还没到");
    // Written behind the reply, in about a second: nobody has asked for the list.
    let since = Instant::now();
    let written = |folder: &Path| {
        let log = fs::read(folder.join("collections.sqlite-wal")).unwrap();
        String::from_utf8_lossy(&log).contains("20240305123456")
    };
    while !written(folder.path()) {
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "it is never written"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    ask(&server, "这一句也许没了");
    server.kill();
    let list = listed(folder.path());
    let clusters = list["clusters"].as_array().unwrap();
    assert!((1..=2).contains(&clusters.len()), "{list}");
    let first = &clusters
        .iter()
        .find(|c| c["suggested"] == "订单20240305123456怎么还没到");
    assert_eq!(first.unwrap()["size"], 1, "{list}");
}

#[test]
fn a_collection_that_keeps_nothing_says_how_to_make_one_that_does() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    yuyi(&["collection", "create", "faq", "--data", data]);
    let run = yuyi(&["faq", "unanswered", "faq", "--data", data]);
    assert!(
        run.code == 1 && run.err.contains("--unanswered"),
        "{}",
        run.err
    );
    let made = yuyi(&[
        "collection",
        "create",
        "kept",
        "--unanswered",
        "--json",
        "--data",
        data,
    ]);
    let made: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!(made["unanswered"], true);
    let run = yuyi(&["faq", "unanswered", "kept", "--data", data]);
    assert!(
        run.code == 0 && run.err.contains("No question"),
        "{}",
        run.err
    );
}
