//! `yuyi serve` with collections: what a kill leaves, and places that cannot be used.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::command;
use crate::support::server::Server;

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
