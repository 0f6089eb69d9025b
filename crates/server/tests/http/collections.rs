//! Collections: made, written, asked, moved to other models, carried elsewhere.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::support::{Fake, Server, options, read, source, source_with};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use yuyi_server::{App, CacheOptions, Collections, Limits, ModelOptions, ModelSource};

/// A server with a collection `faq` in a folder of its own.
async fn with_faq() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    (folder, server)
}

async fn write(server: &Server, items: Value) -> (u16, Value) {
    let body = json!({"items": items});
    server
        .send("POST", "/v1/collections/faq/items", &body)
        .await
}

async fn search(server: &Server, body: Value) -> (u16, Value) {
    server
        .send("POST", "/v1/collections/faq/search", &body)
        .await
}

fn ids(reply: &Value) -> Vec<&str> {
    let results = reply["results"].as_array().unwrap();
    results
        .iter()
        .map(|hit| hit["id"].as_str().unwrap())
        .collect()
}

async fn import(
    server: &Server,
    collection: &str,
    lines: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let path = format!("/v1/collections/{collection}/import");
    let request = server.request("POST", &path);
    let request = request.header("content-type", "application/x-ndjson");
    read(request.body(lines).send().await.unwrap()).await
}

/// The lines of a collection, which are the same for those who take them packed.
async fn export(server: &Server, collection: &str) -> String {
    let path = format!("/v1/collections/{collection}/export");
    let response = server.request("GET", &path).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let lines = response.text().await.unwrap();
    let packed = server
        .request("GET", &path)
        .header("accept-encoding", "gzip");
    let packed = packed.send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    let mut unpacked = String::new();
    GzDecoder::new(&packed[..])
        .read_to_string(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, lines);
    lines
}

#[tokio::test]
async fn a_collection_is_made_once_listed_and_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let new = json!({"name": "常见问题", "fields": [{"name": "price", "type": "number"}]});
    let (status, made) = server.send("POST", "/v1/collections", &new).await;
    let expected = json!({
        "name": "常见问题", "model": "fake", "fingerprint": "07".repeat(16), "dimension": 2,
        "role": "symmetric", "fields": [{"name": "price", "type": "number"}], "unanswered": false,
        "words": [], "synonyms": [], "count": 0,
    });
    assert_eq!((status, &made), (201, &expected));
    assert_eq!(
        server.send("POST", "/v1/collections", &new).await,
        (200, made)
    );
    let other = json!({"name": "常见问题", "dimension": 3});
    let (status, refused) = server.send("POST", "/v1/collections", &other).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("model_mismatch"))
    );
    let other = json!({"name": "常见问题", "role": "passage"});
    let (status, refused) = server.send("POST", "/v1/collections", &other).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("collection_conflict"))
    );

    let (status, list) = server.get("/v1/collections").await;
    assert_eq!((status, list), (200, json!({"collections": [expected]})));
    let path = "/v1/collections/%E5%B8%B8%E8%A7%81%E9%97%AE%E9%A2%98";
    assert_eq!(server.get(path).await, (200, expected));
    let request = server.request("DELETE", path).send().await.unwrap();
    assert_eq!(read(request).await, (200, json!({"dropped": "常见问题"})));
    assert_eq!(server.get(path).await.0, 404);
}

#[tokio::test]
async fn items_are_written_read_counted_and_removed() {
    let (_folder, server) = with_faq().await;
    let items = json!([
        {"id": "a/b c", "text": "x one", "answer": "yes", "payload": {"n": 1, "big": 9007199254740993i64}, "time": 0},
        {"id": "delete", "text": "y two", "payload": {"n": 2}},
        {"id": "编号", "text": "z three", "wordings": ["x three", "longer than a model reads"]},
        {"text": "no id"},
    ]);
    let (status, written) = write(&server, items).await;
    assert_eq!((status, &written["upserted"]), (200, &json!(4)));
    assert_eq!(written["truncated"], 1);
    let digest = written["ids"][3].as_str().unwrap().to_owned();
    assert_eq!(digest.len(), 32);

    let kept = json!({"id": "a/b c", "text": "x one", "answer": "yes",
        "payload": {"n": 1, "big": 9007199254740993i64}, "time": "1970-01-01T00:00:00Z"});
    for path in ["a/b%20c", "a%2Fb%20c"] {
        let (status, item) = server
            .get(&format!("/v1/collections/faq/items/{path}"))
            .await;
        assert_eq!((status, &item), (200, &kept));
    }
    let (status, item) = server.get("/v1/collections/faq/items/%64elete").await;
    assert_eq!((status, &item["id"]), (200, &json!("delete")));

    let (status, page) = server.get("/v1/collections/faq/items?limit=3").await;
    assert_eq!((status, page["items"].as_array().unwrap().len()), (200, 3));
    let cursor = page["next"].as_str().unwrap().to_owned();
    let next = format!("/v1/collections/faq/items?cursor={cursor}");
    let (_, rest) = server.get(&next).await;
    assert_eq!(
        (rest["items"].as_array().unwrap().len(), &rest["next"]),
        (1, &Value::Null)
    );

    let count = |body: Value| {
        let server = &server;
        async move {
            server
                .send("POST", "/v1/collections/faq/count", &body)
                .await
        }
    };
    assert_eq!(count(json!({})).await, (200, json!({"count": 4})));
    let filter = json!({"must": [{"key": "n", "range": {"gte": 2}}]});
    assert_eq!(
        count(json!({"filter": filter})).await,
        (200, json!({"count": 1}))
    );
    let path = "/v1/collections/faq/items/delete";
    let deleted = server.send("POST", path, &json!({"filter": filter})).await;
    assert_eq!(deleted, (200, json!({"deleted": 1})));
    let path = format!("/v1/collections/faq/items/{digest}");
    let gone = server.request("DELETE", &path).send().await.unwrap();
    assert_eq!(read(gone).await, (200, json!({"deleted": 1})));
    let (status, missing) = server.get(&path).await;
    assert_eq!(
        (status, &missing["error"]["code"]),
        (404, &json!("item_not_found"))
    );
    assert_eq!(count(json!({})).await, (200, json!({"count": 2})));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_field() {
    let (_folder, server) = with_faq().await;
    let long = "字".repeat(257);
    for (path, body, status, code, field) in [
        ("", json!({}), 422, "missing_field", "name"),
        ("", json!({"name": "a b"}), 422, "invalid_value", "name"),
        (
            "",
            json!({"name": "a", "role": "both"}),
            422,
            "invalid_value",
            "role",
        ),
        (
            "",
            json!({"name": "a", "model": "none"}),
            404,
            "model_not_found",
            "model",
        ),
        (
            "",
            json!({"name": "a", "dimension": 0}),
            422,
            "invalid_value",
            "dimension",
        ),
        (
            "",
            json!({"name": "a", "dimension": 2, "model": "fake"}),
            422,
            "invalid_value",
            "dimension",
        ),
        (
            "",
            json!({"name": "a", "fields": [{"name": "x"}]}),
            422,
            "missing_field",
            "fields[0].type",
        ),
        (
            "",
            json!({"name": "a", "fields": [{"name": "x", "type": "int"}]}),
            422,
            "invalid_value",
            "fields[0].type",
        ),
        (
            "",
            json!({"name": "a", "colour": 1}),
            422,
            "unknown_field",
            "colour",
        ),
        (
            "/none/items",
            json!({"items": [{"text": "x"}]}),
            404,
            "collection_not_found",
            "",
        ),
        (
            "/faq/items",
            json!({"items": []}),
            422,
            "empty_list",
            "items",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x"}, {}]}),
            422,
            "missing_field",
            "items[1].text",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": " "}]}),
            422,
            "empty_text",
            "items[0].text",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "wordings": ["y", 1]}]}),
            422,
            "wrong_type",
            "items[0].wordings[1]",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "id": ""}]}),
            422,
            "invalid_value",
            "items[0].id",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "id": long}]}),
            422,
            "invalid_value",
            "items[0].id",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "time": "soon"}]}),
            422,
            "invalid_value",
            "items[0].time",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "payload": [1]}]}),
            422,
            "wrong_type",
            "items[0].payload",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "vector": [1, 0]}]}),
            422,
            "invalid_value",
            "items[0].vectors",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "vector": [1, "a"]}]}),
            422,
            "wrong_type",
            "items[0].vector[1]",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "reject": true}]}),
            422,
            "unknown_field",
            "items[0].reject",
        ),
        (
            "/faq/items/delete",
            json!({}),
            422,
            "missing_field",
            "filter",
        ),
        (
            "/faq/items/delete",
            json!({"filter": {"must": [{"key": "a", "near": 1}]}}),
            422,
            "invalid_value",
            "filter.must[0].near",
        ),
        (
            "/faq/count",
            json!({"filter": []}),
            422,
            "wrong_type",
            "filter",
        ),
        ("/faq/search", json!({}), 422, "invalid_value", "text"),
        (
            "/faq/search",
            json!({"text": "x", "mode": "fast"}),
            422,
            "invalid_value",
            "mode",
        ),
        (
            "/faq/search",
            json!({"text": "x", "limit": 0}),
            422,
            "invalid_value",
            "limit",
        ),
        (
            "/faq/search",
            json!({"text": "x", "limit": 10_001}),
            422,
            "invalid_value",
            "limit",
        ),
        (
            "/faq/search",
            json!({"text": "x", "rerank": true}),
            422,
            "invalid_value",
            "rerank",
        ),
        (
            "/faq/search",
            json!({"text": "x", "vector": [1, 0]}),
            422,
            "invalid_value",
            "vector",
        ),
        (
            "/faq/reindex",
            json!({"model": "none"}),
            404,
            "model_not_found",
            "model",
        ),
    ] {
        let path = format!("/v1/collections{path}");
        let (got, reply) = server.send("POST", &path, &body).await;
        let error = &reply["error"];
        let found = (
            got,
            &error["code"],
            error["field"].as_str().unwrap_or_default(),
        );
        assert_eq!(
            found,
            (status, &json!(code), field),
            "{path} {body}: {reply}"
        );
    }
    for (path, status, code) in [
        ("/v1/collections/faq/items?limit=none", 422, "invalid_value"),
        (
            "/v1/collections/faq/items?limit=1&limit=2",
            422,
            "invalid_value",
        ),
        ("/v1/collections/faq/items?page=2", 422, "unknown_field"),
        (
            "/v1/collections/faq/items?limit=10001",
            422,
            "invalid_value",
        ),
        ("/v1/collections/none/export", 404, "collection_not_found"),
        ("/v1/collections/%FF", 404, "not_found"),
    ] {
        let (got, reply) = server.get(path).await;
        assert_eq!(
            (got, &reply["error"]["code"]),
            (status, &json!(code)),
            "{path}: {reply}"
        );
    }
    let (_, count) = server.get("/v1/collections/faq").await;
    assert_eq!(count["count"], 0, "nothing of a refused call is kept");
}

#[tokio::test]
async fn limits_are_those_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        items: 3,
        texts: 5,
        characters: 8,
        ..Limits::default()
    };
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder.path(), models, limits, options()).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let item = json!({"text": "x"});
    let two_wordings = json!({"text": "x", "wordings": ["y", "z"]});
    for (items, code, field) in [
        (json!([item, item, item, item]), "too_many_texts", "items"),
        (
            json!([two_wordings, two_wordings]),
            "too_many_texts",
            "items",
        ),
        (
            json!([{"text": "123456789"}]),
            "text_too_long",
            "items[0].text",
        ),
    ] {
        let (status, reply) = write(&server, items).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"], &error["field"]),
            (413, &json!(code), &json!(field))
        );
    }
    let lines = "{\"text\": \"123456789\"}\n{\"text\": \"12345678\"}\n";
    let (status, done) = import(&server, "faq", lines).await;
    assert_eq!(
        (status, &done["imported"], &done["refused"]),
        (200, &json!(1), &json!(1))
    );
    assert_eq!(done["errors"][0]["error"]["code"], "text_too_long");
}

#[tokio::test]
async fn items_are_found_by_meaning_by_words_and_by_both() {
    let (_folder, server) = with_faq().await;
    write(
        &server,
        json!([
            {"id": "x", "text": "x 发票怎么开", "payload": {"kind": "a"}},
            {"id": "y", "text": "y 发票怎么退", "payload": {"kind": "b"}},
            {"id": "w", "text": "-", "wordings": ["x 别的说法"], "answer": "ok"},
        ]),
    )
    .await;
    let (status, reply) = search(&server, json!({"text": "x", "mode": "dense", "limit": 2})).await;
    assert_eq!(
        (status, ids(&reply)),
        (200, vec!["w", "x"]),
        "equals by their ids"
    );
    assert_eq!(
        (&reply["mode"], &reply["model"]),
        (&json!("dense"), &json!("fake"))
    );
    assert_eq!(
        (&reply["calibrated"], &reply["truncated"]),
        (&json!(false), &json!(false))
    );
    let expected = json!({"id": "w", "text": "-", "wording": "x 别的说法", "answer": "ok",
        "score": 1.0, "similarity": 1.0, "cosine": 1.0, "payload": {}});
    assert_eq!(reply["results"][0], expected);

    let (_, reply) = search(&server, json!({"text": "退", "mode": "lexical"})).await;
    assert_eq!(ids(&reply), ["y"]);
    let hit = &reply["results"][0];
    assert!(
        (hit["similarity"].as_f64().unwrap() - 0.8).abs() < 1e-6,
        "{hit}"
    );
    assert!(hit["score"].as_f64().unwrap() < 1.0);

    let (_, reply) = search(&server, json!({"text": "y 发票怎么退"})).await;
    assert_eq!((&reply["mode"], ids(&reply)[0]), (&json!("hybrid"), "y"));
    let score = |i: usize| reply["results"][i]["score"].as_f64().unwrap();
    assert!(score(0) <= 1.0 && score(0) > 2.0 * score(1), "{reply}");
    let filter = json!({"must_not": [{"key": "kind", "exists": true}]});
    let (_, reply) = search(
        &server,
        json!({"text": "发票", "filter": filter, "stale": true, "rerank": false}),
    )
    .await;
    assert_eq!(ids(&reply), ["w"]);

    let long = search(&server, json!({"text": "x longer than the model reads"})).await;
    assert_eq!((long.0, &long.1["truncated"]), (200, &json!(true)));
    let (_, empty) = search(
        &server,
        json!({"text": "x", "filter": {"must": [{"key": "none", "exists": true}]}}),
    )
    .await;
    assert_eq!(empty["results"], json!([]));
}

#[tokio::test]
async fn words_of_a_collection_are_its_own() {
    let (_folder, server) = with_faq().await;
    write(
        &server,
        json!([{"id": "1", "text": "如何申请开具票据"}, {"id": "2", "text": "y 其他"}]),
    )
    .await;
    let query = json!({"text": "打印小票", "mode": "lexical"});
    let (_, before) = search(&server, query.clone()).await;
    assert!(ids(&before).is_empty(), "{before}");
    let words = json!({"words": ["小票"], "synonyms": [["小票", "票据"]]});
    let (status, reply) = server
        .send("PUT", "/v1/collections/faq/words", &words)
        .await;
    assert_eq!(
        (status, &reply["words"], &reply["synonyms"]),
        (200, &words["words"], &words["synonyms"])
    );
    let (_, after) = search(&server, query).await;
    assert_eq!(ids(&after), ["1"]);
}

#[tokio::test]
async fn callers_may_bring_the_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let new = json!({"name": "faq", "dimension": 3});
    let (status, made) = server.send("POST", "/v1/collections", &new).await;
    assert_eq!(
        (status, &made["model"], &made["dimension"]),
        (201, &Value::Null, &json!(3))
    );
    let items = json!([
        {"id": "1", "text": "one", "vector": [1, 0, 0]},
        {"id": "2", "text": "two", "wordings": ["zwei"], "vectors": [[0, 1, 0], [0.0, 0.6, 0.8]]},
    ]);
    assert_eq!(write(&server, items).await.0, 200);
    let (_, reply) = search(&server, json!({"vector": [0, 3, 4]})).await;
    assert_eq!(
        (&reply["mode"], ids(&reply)),
        (&json!("dense"), vec!["2", "1"])
    );
    assert_eq!(
        (&reply["results"][0]["wording"], &reply["model"]),
        (&json!("zwei"), &Value::Null)
    );
    let (_, reply) = search(&server, json!({"text": "one"})).await;
    assert_eq!(
        (&reply["mode"], ids(&reply)),
        (&json!("lexical"), vec!["1"])
    );
    assert_eq!(reply["results"][0]["similarity"], Value::Null);
    let (_, item) = server.get("/v1/collections/faq/items/2").await;
    assert_eq!(item["vectors"][0], json!([0.0, 1.0, 0.0]));
    for (items, field) in [
        (json!([{"text": "a"}]), "items[0].vectors"),
        (
            json!([{"text": "a", "vector": [1, 0]}]),
            "items[0].vectors[0]",
        ),
        (
            json!([{"text": "a", "vector": [0, 0, 0]}]),
            "items[0].vectors[0]",
        ),
        (
            json!([{"text": "a", "vector": [1, 0, 0], "vectors": [[1, 0, 0]]}]),
            "items[0].vector",
        ),
    ] {
        let (status, reply) = write(&server, items).await;
        assert_eq!(
            (status, &reply["error"]["field"]),
            (422, &json!(field)),
            "{reply}"
        );
    }
    let (status, _) = search(&server, json!({"text": "a", "mode": "dense"})).await;
    assert_eq!(status, 422);
    let lines = export(&server, "faq").await;
    let new = json!({"name": "copy", "dimension": 3});
    server.send("POST", "/v1/collections", &new).await;
    assert_eq!(
        import(&server, "copy", lines.clone()).await.1["imported"],
        2
    );
    assert_eq!(export(&server, "copy").await, lines);
    let moved = server
        .send(
            "POST",
            "/v1/collections/faq/reindex",
            &json!({"model": "fake"}),
        )
        .await;
    assert_eq!(moved.0, 409);
}

#[tokio::test]
async fn what_is_exported_is_imported_as_it_was() {
    let (_folder, server) = with_faq().await;
    let item = |i: usize| {
        json!({"id": format!("编号/{i}"), "text": format!("x 第 {i} 条"), "wordings": ["y"],
        "payload": {"n": i, "deep": {"list": [1.5, null, "\u{0001}"]}}, "time": i})
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

    let request = server.request("POST", "/v1/collections/faq/import");
    let plain = request
        .header("content-type", "text/plain")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(read(plain).await.0, 415);
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

/// A model of that name whose fingerprint is a number, which changes when it is loaded anew.
fn changing(name: &str, number: &Arc<AtomicU8>) -> ModelSource {
    let number = Arc::clone(number);
    ModelSource {
        aliases: Vec::new(),
        ..source_with(name, move || {
            let number = number.load(Ordering::SeqCst);
            Ok(Arc::new(Fake::with_fingerprint([number; 16])))
        })
    }
}

async fn of_two(folder: &Path, first: &Arc<AtomicU8>) -> Server {
    let models = vec![
        changing("first", first),
        changing("second", &Arc::new(AtomicU8::new(200))),
    ];
    Server::keeping_of(folder, models, Limits::default(), options()).await
}

async fn until_moved(server: &Server) -> Value {
    for _ in 0..600 {
        let (_, collection) = server.get("/v1/collections/faq").await;
        if collection.get("reindex").is_none() {
            return collection;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it does not end");
}

#[tokio::test]
async fn a_collection_moves_to_another_model_and_answers_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let server = of_two(folder.path(), &Arc::new(AtomicU8::new(1))).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let mut items: Vec<Value> = (0..100)
        .map(|i| json!({"id": i.to_string(), "text": format!("x{i}")}))
        .collect();
    items.push(json!({"id": "slow", "text": "x sleep"}));
    write(&server, items.into()).await;
    let same = server
        .send(
            "POST",
            "/v1/collections/faq/reindex",
            &json!({"model": "first"}),
        )
        .await;
    assert_eq!(same.0, 200);
    let path = "/v1/collections/faq/reindex";
    let (status, reply) = server.send("POST", path, &json!({"model": "second"})).await;
    assert_eq!(
        (status, &reply["model"], &reply["reindex"]["model"]),
        (202, &json!("first"), &json!("second"))
    );
    assert_eq!(reply["reindex"]["count"], 101);
    // A search while the new vectors are computed, and a write.
    let (status, found) = search(&server, json!({"text": "x7", "limit": 1})).await;
    assert_eq!((status, ids(&found)), (200, vec!["7"]));
    assert_eq!(
        write(&server, json!([{"id": "new", "text": "y new"}]))
            .await
            .0,
        200
    );
    let moved = until_moved(&server).await;
    assert_eq!(
        (&moved["model"], &moved["count"]),
        (&json!("second"), &json!(102))
    );
    let (_, found) = search(&server, json!({"text": "y new", "limit": 1})).await;
    assert_eq!(
        (ids(&found), &found["model"]),
        (vec!["new"], &json!("second"))
    );
    let request = server.request("DELETE", path).send().await.unwrap();
    assert_eq!(read(request).await.0, 409, "there is nothing to give up");
}

#[tokio::test]
async fn another_model_of_the_same_name_is_refused_until_the_collection_moves() {
    let folder = tempfile::tempdir().unwrap();
    let number = Arc::new(AtomicU8::new(1));
    let server = of_two(folder.path(), &number).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    write(&server, json!([{"id": "1", "text": "x"}])).await;
    number.store(2, Ordering::SeqCst);
    let (status, _) = server
        .post("/v1/models/unload", r#"{"model": "first"}"#)
        .await;
    assert_eq!(status, 200);
    for (path, body) in [
        ("/v1/collections/faq/search", json!({"text": "x"})),
        (
            "/v1/collections/faq/items",
            json!({"items": [{"text": "x"}]}),
        ),
    ] {
        let (status, reply) = server.send("POST", path, &body).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"]),
            (409, &json!("model_mismatch")),
            "{reply}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("first (01010101)") && message.contains("first (02020202)"),
            "{message}"
        );
    }
    let moving = server
        .send(
            "POST",
            "/v1/collections/faq/reindex",
            &json!({"model": "first"}),
        )
        .await;
    assert_eq!(moving.0, 202);
    until_moved(&server).await;
    assert_eq!(search(&server, json!({"text": "x"})).await.0, 200);
}

#[tokio::test]
async fn readers_see_whole_writes_of_many_writers() {
    let (_folder, server) = with_faq().await;
    let server = Arc::new(server);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                for i in 0..10 {
                    let item = |half| json!({"id": format!("{writer}-{i}-{half}"), "text": "x"});
                    let (status, reply) = write(&server, json!([item(0), item(1)])).await;
                    assert_eq!(status, 200, "{reply}");
                }
            })
        })
        .collect();
    for _ in 0..20 {
        let (_, reply) = search(
            &server,
            json!({"text": "x", "mode": "dense", "limit": 1000}),
        )
        .await;
        assert!(ids(&reply).len().is_multiple_of(2));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(server.get("/v1/collections/faq").await.1["count"], 160);
    let metrics = server.request("GET", "/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "yuyi_collections 1",
        "yuyi_collection_items{collection=\"faq\"} 160",
        "yuyi_collection_items_written_total{collection=\"faq\"} 160",
        "yuyi_collection_search_seconds_count{collection=\"faq\"} 20",
        "yuyi_collection_scan_seconds_count{collection=\"faq\"} 20",
        "yuyi_collection_write_seconds_count{collection=\"faq\"} 80",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
}

/// An app that keeps collections where nobody named a place.
fn unnamed(place: Option<yuyi_server::Place>) -> App {
    App::new(
        vec![source("fake", Fake::with_fingerprint([7; 16]))],
        ModelOptions::default(),
        &CacheOptions::default(),
        Limits::default(),
        Collections::unnamed(place),
    )
}

async fn serving(app: App) -> Server {
    Server {
        url: Server::serve(app.clone(), options()).await,
        client: reqwest::Client::new(),
        computed: Arc::default(),
        app,
    }
}

#[tokio::test]
async fn whoever_only_computes_needs_no_folder() {
    let server = serving(unnamed(None)).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    let response = server
        .request("GET", "/v1/collections")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["retry-after"], "5");
    let (status, reply) = read(response).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &json!("store_unavailable"))
    );
    let pair = r#"{"sentence_a": "x", "sentence_b": "y"}"#;
    assert_eq!(server.post("/similarity", pair).await.0, 200);

    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("collections");
    let server = serving(unnamed(Some(yuyi_server::Place::Folder(inside.clone())))).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    assert!(!inside.exists(), "nothing is made before it is needed");
    assert_eq!(
        server.post("/v1/collections", r#"{"name": "a"}"#).await.0,
        201
    );
    assert!(inside.exists());
    // Another server with the same home computes all the same.
    let other = serving(unnamed(Some(yuyi_server::Place::Folder(inside)))).await;
    assert_eq!(other.post("/similarity", pair).await.0, 200);
    let (status, reply) = other.get("/v1/collections").await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &json!("store_unavailable"))
    );
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("in use by another process")
    );
}

#[tokio::test]
async fn pages_of_other_origins_have_no_business_with_collections() {
    let (_folder, server) = with_faq().await;
    for (method, path) in [
        ("GET", "/v1/collections"),
        ("OPTIONS", "/v1/collections/faq/search"),
        ("POST", "/retrieval"),
    ] {
        let request = server
            .request(method, path)
            .header("origin", "https://shop.example");
        let request = request.header("access-control-request-method", "POST");
        let response = request.send().await.unwrap();
        assert!(
            !response
                .headers()
                .contains_key("access-control-allow-origin"),
            "{path}"
        );
    }
}
