//! Collections that are carried elsewhere, as lines of JSON.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use yuyi_server::Limits;

use super::{export, import, with_faq, write};
use crate::support::{Fake, Server, options, read, source};

#[tokio::test]
async fn what_is_exported_is_imported_as_it_was() {
    let (_folder, server) = with_faq().await;
    let item = |i: usize| {
        json!({"id": format!("编号/{i}"), "text": format!("x 第 {i} 条"), "wordings": ["y"],
        "payload": {"n": i, "deep": {"list": [1.5, null, u64::MAX, "\u{0001}"]}}, "time": i})
    };
    for part in 0..3 {
        let items: Vec<Value> = (600 * part..600 * (part + 1)).map(item).collect();
        assert_eq!(write(&server, items.into()).await.0, 200);
    }
    let lines = export(&server, "faq").await;
    assert_eq!(lines.lines().count(), 1800);
    server.post("/v1/collections", r#"{"name": "copy"}"#).await;
    let (status, done) = import(&server, "copy", lines.clone()).await;
    let expected = json!({"imported": 1800, "truncated": 0, "refused": 0, "errors": []});
    assert_eq!((status, done), (200, expected));
    assert_eq!(export(&server, "copy").await, lines);
    assert_eq!(import(&server, "copy", "").await.1["imported"], 0);
}

#[tokio::test]
async fn lines_that_break_a_rule_are_told_and_the_others_imported() {
    let (_folder, server) = with_faq().await;
    let lines = "\u{feff}{\"id\": \"1\", \"text\": \"x\"}\r\n\r\n{\"text\": \" \"}\nnonsense\n\
        {\"text\": \"y\", \"colour\": 1}\n{\"text\": \"y\", \"vectors\": [[1, 0]]}\n{\"text\": \"last\"}";
    let (status, done) = import(&server, "faq", lines).await;
    assert_eq!(
        (status, &done["imported"], &done["refused"]),
        (200, &json!(2), &json!(4))
    );
    let errors = done["errors"].as_array().unwrap();
    let lines: Vec<u64> = errors
        .iter()
        .map(|error| error["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [3, 4, 5, 6]);
    assert_eq!(errors[3]["error"]["field"], "vectors");

    // What is not UTF-8 is told as what it is.
    let line = "{\"text\": \"怎么退货\"}\n";
    let wide = line.encode_utf16().flat_map(u16::to_le_bytes);
    let narrow: &[u8] = b"{\"text\": \"\xd4\xf5\xc3\xb4\xcd\xcb\xbb\xf5\"}";
    for (bytes, encoding) in [(wide.collect(), "UTF-16"), (narrow.to_vec(), "GB18030")] {
        let (status, done) = import(&server, "faq", bytes).await;
        assert_eq!((status, &done["imported"]), (200, &json!(0)));
        let told = done["errors"][0]["error"]["message"].as_str().unwrap();
        assert!(
            told.contains(encoding) && told.contains("as a form"),
            "{told}"
        );
    }

    let request = server.request("POST", "/v1/collections/faq/import");
    let page = request
        .header("content-type", "text/html")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(read(page).await.0, 415);
    let (status, _) = import(&server, "none", "{}").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_import_that_fails_says_how_far_it_came() {
    let (_folder, server) = with_faq().await;
    let mut lines: String = (0..500)
        .map(|i| format!("{{\"text\": \"x{i}\"}}\n"))
        .collect();
    lines.push_str("{\"text\": \"busy elsewhere\"}\n");
    let (status, reply) = import(&server, "faq", lines).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &json!("model_unavailable"))
    );
    let message = reply["error"]["message"].as_str().unwrap();
    let expected =
        "500 items of the first 500 lines were imported before, and 0 lines were refused.";
    assert!(message.ends_with(expected), "{message}");
    assert_eq!(server.get("/v1/collections/faq").await.1["count"], 500);
}

/// What is dropped and made again meanwhile is another collection.
#[tokio::test]
async fn an_import_keeps_to_the_collection_that_it_began_with() {
    let (_folder, server) = with_faq().await;
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let lines: String = (0..500)
        .map(|i| format!("{{\"text\": \"x{i}\"}}\n"))
        .collect();
    let part = format!("{:x}\r\n{lines}\r\n", lines.len());
    let head = "POST /v1/collections/faq/import HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    stream
        .write_all(format!("{head}{part}").as_bytes())
        .await
        .unwrap();
    while server.get("/v1/collections/faq").await.1["count"] != 500 {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        server
            .request("DELETE", "/v1/collections/faq")
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    stream
        .write_all(format!("{part}0\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 404"), "{reply}");
    assert!(
        reply.contains("collection_not_found")
            && reply.contains("500 items of the first 500 lines were imported before"),
        "{reply}"
    );
    assert_eq!(server.get("/v1/collections/faq").await.1["count"], 0);
}

#[tokio::test]
async fn an_import_waits_for_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        queue_tokens: 1,
        ..Limits::default()
    };
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder.path(), models, limits, options()).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let slow = server.post("/v1/embeddings", r#"{"input": "x sleep for a moment"}"#);
    let later = async {
        sleep(Duration::from_millis(200)).await;
        // Whoever asks is refused, as the queue is full.
        let refused = server.post("/v1/embeddings", r#"{"input": "x"}"#).await;
        let lines = "{\"text\": \"x one\"}\n{\"text\": \"y two\"}\n";
        (refused.0, import(&server, "faq", lines).await)
    };
    let ((slow, _), (refused, (status, done))) = tokio::join!(slow, later);
    assert_eq!((slow, refused), (200, 429));
    assert_eq!((status, &done["imported"]), (200, &json!(2)));
}

/// A line of an import is read as an item of a write is.
#[tokio::test]
async fn an_item_means_the_same_however_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    for name in ["written", "imported"] {
        let new =
            json!({"name": name, "dimension": 2, "fields": [{"name": "n", "type": "number"}]});
        assert_eq!(server.send("POST", "/v1/collections", &new).await.0, 201);
    }
    let given = r#""text": "x", "vector": [1, 0]"#;
    for (item, error) in [
        (format!("{{{given}}}"), None),
        (
            format!(
                r#"{{"id": null, "wordings": null, "answer": null, "payload": null, "time": null, "related": null, {given}}}"#
            ),
            None,
        ),
        (
            r#"{"id": "v", "text": "x", "wordings": ["y"], "vectors": [[3, 4], [0, 1]]}"#
                .to_owned(),
            None,
        ),
        (
            format!(r#"{{"id": "t", "time": 1.5, "valid_until": "2024-03-05", {given}}}"#),
            None,
        ),
        (
            format!(r#"{{"id": "a", "id": "b", {given}}}"#),
            Some(("invalid_json", "")),
        ),
        (
            format!(r#"{{"payload": {{"n": 1, "n": 2}}, {given}}}"#),
            Some(("invalid_json", "")),
        ),
        (
            format!(r#"{{"vectors": [[1, 0]], {given}}}"#),
            Some(("invalid_value", "vector")),
        ),
        (
            r#"{"vector": null, "vectors": null, "id": "n", "text": "x"}"#.to_owned(),
            Some(("invalid_value", "vectors")),
        ),
        (
            r#"{"text": null, "vector": [1, 0]}"#.to_owned(),
            Some(("wrong_type", "text")),
        ),
        (
            format!(r#"{{"id": 7, {given}}}"#),
            Some(("wrong_type", "id")),
        ),
        (
            format!(r#"{{"id": "", {given}}}"#),
            Some(("invalid_value", "id")),
        ),
        (
            format!(r#"{{"wordings": ["y", 1], {given}}}"#),
            Some(("wrong_type", "wordings[1]")),
        ),
        (
            format!(r#"{{"wordings": "y", {given}}}"#),
            Some(("wrong_type", "wordings")),
        ),
        (
            format!(r#"{{"payload": {{"n": "x"}}, {given}}}"#),
            Some(("invalid_value", "payload.n")),
        ),
        (
            format!(r#"{{"colour": 1, {given}}}"#),
            Some(("unknown_field", "colour")),
        ),
        (
            format!(r#"{{"time": "gestern", {given}}}"#),
            Some(("invalid_value", "time")),
        ),
        (
            format!(r#"{{"threshold": 2, {given}}}"#),
            Some(("invalid_value", "threshold")),
        ),
        (
            r#"{"text": "x", "vector": [1, 0, 0]}"#.to_owned(),
            Some(("invalid_value", "vector")),
        ),
        ("[]".to_owned(), Some(("wrong_type", ""))),
    ] {
        let body = format!(r#"{{"items": [{item}]}}"#);
        let (status, reply) = server.post("/v1/collections/written/items", body).await;
        let (_, done) = import(&server, "imported", item.clone()).await;
        let Some((code, field)) = error else {
            assert_eq!(
                (status, &done["imported"]),
                (200, &json!(1)),
                "{item}: {reply} {done}"
            );
            continue;
        };
        let written = &reply["error"];
        let path = match field {
            "" => "items[0]".to_owned(),
            field => format!("items[0].{field}"),
        };
        assert_eq!(written["code"], code, "{item}: {reply}");
        if code != "invalid_json" {
            assert_eq!(written["field"], path, "{item}: {reply}");
        }
        let imported = &done["errors"][0];
        assert_eq!(imported["line"], 1, "{item}: {done}");
        assert_eq!(imported["error"]["code"], code, "{item}: {done}");
        let told = imported["error"]["field"].as_str().unwrap_or_default();
        assert_eq!(told, field, "{item}: {done}");
    }
    assert_eq!(
        export(&server, "imported").await,
        export(&server, "written").await
    );
}
