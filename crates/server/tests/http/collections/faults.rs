//! What is refused, and what is said of it.

use serde_json::json;
use yuyi_server::Limits;

use super::{import, with_faq, write};
use crate::support::{Fake, Server, options, source};

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
            json!({"items": [{"text": "x", "rejects": true}]}),
            422,
            "unknown_field",
            "items[0].rejects",
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
            "/faq/items/delete",
            json!({"filter": {"must": null}}),
            422,
            "invalid_value",
            "filter.must",
        ),
        (
            "/faq/items/delete",
            json!({"filter": {"must": [], "should": []}}),
            422,
            "invalid_value",
            "filter.must",
        ),
        (
            "/faq/items",
            json!({"items": [{"text": "x", "valid_from": "2024-03-05", "valid_until": "2024-03-04"}]}),
            422,
            "invalid_value",
            "items[0].valid_from",
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
            json!({"text": "x", "limit": 3.0}),
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
