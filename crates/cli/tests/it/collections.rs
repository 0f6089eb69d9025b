//! `yuyi serve` with collections: what a kill leaves, and places that cannot be used.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::server::Server;
use crate::support::{command, in_a_shell, yuyi};

fn keeping(folder: &Path) -> Server {
    Server::start(&["--data", folder.to_str().unwrap()])
}

/// What a server says that does not start.
fn refused(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

fn serve(folder: &Path) -> Command {
    let mut serve = command();
    serve.args(["serve", "--port", "0", "--data"]).arg(folder);
    serve
}

fn body(reply: &str) -> Value {
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 20"), "{reply}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = keeping(folder.path());
    body(&server.post_with("/v1/collections", "", r#"{"name": "faq"}"#));
    let items = r#"{"items": [{"id": "1", "text": "是否支持开具发票？"}, {"id": "2", "text": "怎么退货"}]}"#;
    body(&server.post_with("/v1/collections/faq/items", "", items));
    server.process.kill().unwrap();
    server.process.wait().unwrap();

    let mut server = keeping(folder.path());
    assert_eq!(body(&server.get("/v1/collections/faq"))["count"], 2);
    let question = r#"{"text": "你们的产品能开发票吗？", "limit": 1}"#;
    let found = body(&server.post_with("/v1/collections/faq/search", "", question));
    assert_eq!(found["results"][0]["id"], "1");
    assert!(found["results"][0]["similarity"].as_f64().unwrap() > 0.5);

    let second = refused(serve(folder.path()));
    assert!(second.contains("is in use by another process"), "{second}");
    server.process.kill().unwrap();
    server.process.wait().unwrap();
}

/// The first write would wait for it; nothing is asked of the server here.
#[test]
fn words_are_ready_before_anybody_asks() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let mut server = Server::start(&["--data", data, "--log", "yuyi_server=debug"]);
    let log = BufReader::new(server.process.stderr.take().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut lines = log.lines().map_while(Result::ok);
        if lines.any(|line| line.contains("the dictionary of words is read")) {
            tell.send(()).unwrap();
        }
    });
    assert!(told.recv_timeout(Duration::from_secs(60)).is_ok());
    server.kill();
}

#[test]
fn a_folder_that_is_damaged_or_no_folder_ends_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("collections.sqlite");
    std::fs::write(&database, "no database").unwrap();
    let message = refused(serve(folder.path()));
    assert!(message.contains("is damaged"), "{message}");
    assert_eq!(std::fs::read(&database).unwrap(), b"no database");
    let message = refused(serve(&database));
    assert!(message.contains("cannot be used"), "{message}");

    let mut both = serve(folder.path());
    both.args(["--store", "postgres://user:secret@127.0.0.1:1/none"]);
    let message = refused(both);
    assert!(
        message.contains("--store") && !message.contains("secret"),
        "{message}"
    );
    let mut unknown = command();
    unknown.args(["serve", "--store", "mysql://user:secret@host/db"]);
    let message = refused(unknown);
    assert!(
        message.contains("postgres://") && !message.contains("secret"),
        "{message}"
    );
}

/// A model that is small and fast, and not the built-in one.
pub const SMALL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-mean-f32-prefixed"
);

/// So many items, a line each.
pub fn lines(items: usize) -> String {
    let line = |i: usize| {
        json!({"id": i.to_string(), "text": format!("第 {i} 个客户问怎么退货")}).to_string()
    };
    (0..items).map(|i| line(i) + "\n").collect()
}

/// Makes a collection `c` of the small model with so many items.
pub fn make_small(server: &Server, items: usize) {
    let new = r#"{"name": "c", "model": "bert-mean-f32-prefixed"}"#;
    server.ask("POST", "/v1/collections", new).done();
    let path = "/v1/collections/c/import";
    let done = server.ask_with("POST", path, "application/x-ndjson", &lines(items));
    assert_eq!(done.done()["imported"], items);
}

/// Moves it to the built-in model.
pub fn begin_move(server: &Server) -> Value {
    let to = r#"{"model": "e5-small-zh"}"#;
    server.ask("POST", "/v1/collections/c/reindex", to).done()
}

/// The collection, as soon as it is so.
pub fn until(server: &Server, is_so: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let collection = server.ask("GET", "/v1/collections/c", "").done();
        if is_so(&collection) {
            return collection;
        }
        assert!(started.elapsed() < Duration::from_secs(300), "{collection}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a move has come somewhere and not to its end.
pub fn is_moving(collection: &Value) -> bool {
    let done = collection["reindex"]["done"].as_u64();
    done.is_some_and(|done| done > 0)
}

/// Checks a collection whose move has ended.
pub fn assert_moved(server: &Server, items: usize) {
    let moved = until(server, |collection| collection.get("reindex").is_none());
    assert_eq!(
        (&moved["model"], &moved["count"]),
        (&json!("e5-small-zh"), &json!(items))
    );
    let question = r#"{"text": "第 7 个客户问怎么退货", "limit": 1, "mode": "dense"}"#;
    let found = server
        .ask("POST", "/v1/collections/c/search", question)
        .done();
    assert_eq!(found["results"][0]["id"], "7");
    assert!(found["results"][0]["cosine"].as_f64().unwrap() > 0.999);
}

#[test]
fn a_move_goes_on_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let start = || Server::start(&["--data", data, "--model", "e5-small-zh", "--model", SMALL]);
    let mut server = start();
    make_small(&server, 2000);
    begin_move(&server);
    until(&server, is_moving);
    server.kill();

    let server = start();
    let path = "/v1/collections/c";
    let there = server.ask("GET", path, "").done();
    let reindex = &there["reindex"];
    assert!(
        (1..2000).contains(&reindex["done"].as_u64().unwrap()),
        "{there}"
    );
    // It answers from the old vectors meanwhile, and takes items.
    let item = r#"{"items": [{"id": "late", "text": "后来的"}]}"#;
    server.ask("POST", "/v1/collections/c/items", item).done();
    assert_moved(&server, 2001);
    server.signal("TERM");
    server.end();
    let check = yuyi(&["collection", "check", "--data", data]);
    assert_eq!(check.code, 0, "{check:?}");
}

/// A limit of the size of files is a disk without room; it is taken away while the server runs.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_mended_without_a_restart() {
    let is_there = Command::new("prlimit").arg("--version").output();
    if is_there.is_err() {
        eprintln!("NOT RUN: there is no prlimit");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut limited = in_a_shell("ulimit -S -f 4096");
    limited
        .args(["serve", "--port", "0", "--json", "--data"])
        .arg(folder.path());
    let server = Server::run(limited);
    server
        .ask(
            "POST",
            "/v1/collections",
            r#"{"name": "c", "dimension": 256}"#,
        )
        .done();
    let batch = |n: usize| {
        let vector = vec![0.5; 256];
        let one = |i| json!({"id": format!("{n}-{i}"), "text": "文字", "vector": vector});
        json!({"items": (0..100).map(one).collect::<Vec<_>>()}).to_string()
    };
    let mut written = 0;
    let refused = loop {
        let reply = server.ask("POST", "/v1/collections/c/items", &batch(written));
        match reply.status {
            200 => written += 1,
            _ => break reply,
        }
        assert!(written < 1000, "the disk is never full");
    };
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: "), "{refused:?}");
    let error = &refused.json()["error"];
    assert_eq!(error["code"], "store_unavailable");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("The disk is full, or a quota"),
        "{message}"
    );
    assert!(message.ends_with("Make room and try again."), "{message}");
    let count = || server.ask("POST", "/v1/collections/c/count", "{}").done()["count"].clone();
    assert!(written > 2 && count() == 100 * written, "{written}");
    let search = r#"{"text": "文字", "mode": "lexical", "limit": 5}"#;
    let found = server
        .ask("POST", "/v1/collections/c/search", search)
        .done();
    assert_eq!(found["results"].as_array().unwrap().len(), 5);
    assert_eq!(server.ask("GET", "/readyz", "").status, 200);

    let id = server.process.id().to_string();
    let freed = Command::new("prlimit")
        .args(["--pid", &id, "--fsize=unlimited"])
        .status();
    assert!(freed.unwrap().success());
    server
        .ask("POST", "/v1/collections/c/items", &batch(written))
        .done();
    assert_eq!(count(), 100 * (written + 1));
    server.signal("TERM");
    server.end();
    let check = yuyi(&[
        "collection",
        "check",
        "--data",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!(check.code, 0, "{check:?}");
}
