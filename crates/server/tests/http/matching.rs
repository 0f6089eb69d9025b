//! `POST /v1/collections/{name}/match`: the entry of a FAQ that answers, or why none does.

use crate::support::{Fake, Server, options, source, with_faq, write};
use serde_json::{Value, json};
use yuyi_server::Limits;

/// A server with a collection `faq` of these entries.
async fn with_entries(items: Value) -> (tempfile::TempDir, Server) {
    let (folder, server) = with_faq().await;
    let (status, reply) = write(&server, items).await;
    assert_eq!(status, 200, "{reply}");
    (folder, server)
}

async fn ask(server: &Server, body: Value) -> Value {
    let (status, reply) = server
        .send("POST", "/v1/collections/faq/match", &body)
        .await;
    assert_eq!(status, 200, "{body}: {reply}");
    reply
}

async fn refused(server: &Server, body: Value) -> (u16, Value, Value) {
    let (status, reply) = server
        .send("POST", "/v1/collections/faq/match", &body)
        .await;
    let error = &reply["error"];
    (status, error["code"].clone(), error["field"].clone())
}

#[tokio::test]
async fn the_nearest_entry_answers_with_what_belongs_to_it() {
    let (_folder, server) = with_entries(json!([
        {"id": "x", "text": "-怎么开票", "wordings": ["x开发票"], "answer": "在订单页。", "category": "发票", "related": ["y"],
         "payload": {"a": 1}},
        {"id": "y", "text": "y怎么退货", "answer": "七天内。"},
    ]))
    .await;
    let reply = ask(&server, json!({"text": "x发票怎么开"})).await;
    let candidate = json!({"id": "x", "question": "-怎么开票", "wording": "x开发票", "answer": "在订单页。", "score": 1.0,
        "similarity": 1.0, "cosine": 1.0});
    let expected = json!({
        "matched": true, "id": "x", "question": "-怎么开票", "wording": "x开发票", "answer": "在订单页。", "similarity": 1.0,
        "margin": 1.0, "category": "发票", "related": ["y"], "payload": {"a": 1}, "truncated": false,
        "candidates": [candidate, {"id": "y", "question": "y怎么退货", "wording": "y怎么退货", "answer": "七天内。",
            "score": 0.0, "similarity": 0.0, "cosine": 0.0}],
    });
    assert_eq!(reply, expected);
    let long = ask(
        &server,
        json!({"text": "x发票怎么开，一共有多少字才会被截断呢"}),
    )
    .await;
    assert_eq!(long["truncated"], true);
}

#[tokio::test]
async fn what_is_not_answered_has_its_reason() {
    let (_folder, server) = with_entries(json!([
        {"id": "x", "text": "x14天内能退货吗"},
        {"id": "y", "text": "y怎么开票"},
        {"id": "z", "text": "y怎么开发票"},
        {"id": "-", "text": "-讲个笑话", "reject": true},
        {"id": "o", "text": "其他问题", "threshold": 1.0, "not_words": ["人工"]},
    ]))
    .await;
    for (text, reason, count) in [
        ("y开票怎么弄", "ambiguous", 2),
        ("-说个笑话", "rejected", 3),
        ("x15天内能退货吗", "guarded", 3),
    ] {
        let reply = ask(&server, json!({"text": text})).await;
        assert_eq!(reply["matched"], false, "{text}: {reply}");
        assert_eq!(reply["reason"], reason, "{text}: {reply}");
        assert_eq!(
            reply["candidates"].as_array().unwrap().len(),
            count,
            "{reply}"
        );
    }
    let reply = ask(&server, json!({"text": "x15天内能退货吗"})).await;
    let named = json!([{"kind": "number", "question": ["15天"], "wording": ["14天"]}]);
    assert_eq!(reply["contradictions"], named);
    // The text of `o` is as near as can be, and (0.6, 0.8) to all others.
    let reply = ask(&server, json!({"text": "找人工", "threshold": 0.9})).await;
    assert_eq!(reply["reason"], "guarded", "{reply}");
    let named = json!([{"kind": "not_word", "question": ["人工"], "wording": []}]);
    assert_eq!(reply["contradictions"], named);
    assert_eq!(reply["candidates"][0]["id"], "o");
    assert_eq!(
        reply["candidates"][0]["score"],
        reply["candidates"][0]["similarity"]
    );
    let filter = json!({"must": [{"key": "none", "exists": true}]});
    let reply = ask(&server, json!({"text": "x", "filter": filter})).await;
    assert_eq!(
        (&reply["reason"], &reply["candidates"]),
        (&json!("empty"), &json!([]))
    );
    // The own threshold wins over that of the request in both directions.
    let reply = ask(&server, json!({"text": "别的问题", "threshold": 0.1})).await;
    assert_eq!(reply["matched"], true, "{reply}");
}

#[tokio::test]
async fn margin_and_threshold_may_be_told() {
    let (_folder, server) = with_entries(json!([
        {"id": "x", "text": "x怎么开票"},
        {"id": "o", "text": "怎么退货"},
    ]))
    .await;
    // 1.0 and 0.6.
    let matched = |reply: Value| reply["matched"].clone();
    let ask_with = |body: Value| ask(&server, body);
    assert_eq!(
        matched(ask_with(json!({"text": "x开票", "margin": 0.39})).await),
        true
    );
    let reply = ask_with(json!({"text": "x开票", "margin": 0.41})).await;
    assert_eq!(reply["reason"], "ambiguous");
    assert_eq!(
        matched(ask_with(json!({"text": "x 怎么开票", "margin": 0.41})).await),
        true,
        "literally"
    );
    // 0.8 and nothing else is near.
    assert_eq!(
        matched(ask_with(json!({"text": "y换货", "threshold": 0.79})).await),
        true
    );
    let reply = ask_with(json!({"text": "y换货", "threshold": 0.81})).await;
    assert_eq!(reply["reason"], "below_threshold");
}

#[tokio::test]
async fn several_questions_of_a_message_are_answered() {
    let (_folder, server) = with_entries(json!([
        {"id": "x", "text": "x怎么开票"},
        {"id": "y", "text": "y怎么退货"},
    ]))
    .await;
    let message = "你好！x怎么开发票？另外y能退货吗，谢谢。";
    let reply = ask(&server, json!({"text": message, "split": true})).await;
    let parts = reply["parts"].as_array().unwrap();
    let found: Vec<(&Value, &Value)> = parts
        .iter()
        .map(|part| (&part["text"], &part["id"]))
        .collect();
    assert_eq!(
        found,
        [
            (&json!("x怎么开发票？"), &json!("x")),
            (&json!("y能退货吗，谢谢。"), &json!("y"))
        ]
    );
    assert_eq!(
        reply["left_out"],
        json!([{"text": "你好！", "reason": "courtesy"}])
    );
    let reply = ask(&server, json!({"text": "谢谢！", "split": true})).await;
    assert_eq!(reply["parts"], json!([]));
    let many = "x怎么开票？".repeat(33);
    let failure = refused(&server, json!({"text": many, "split": true})).await;
    assert_eq!(failure, (422, json!("invalid_value"), json!("text")));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_by_its_field() {
    let (_folder, server) = with_entries(json!([{"id": "x", "text": "x"}])).await;
    for (body, status, code, field) in [
        (json!({}), 422, "missing_field", "text"),
        (json!({"text": " "}), 422, "empty_text", "text"),
        (
            json!({"text": "x", "threshold": 1.01}),
            422,
            "invalid_value",
            "threshold",
        ),
        (
            json!({"text": "x", "margin": -0.01}),
            422,
            "invalid_value",
            "margin",
        ),
        (
            json!({"text": "x", "margin": "0.1"}),
            422,
            "wrong_type",
            "margin",
        ),
        (json!({"text": "x", "split": 1}), 422, "wrong_type", "split"),
        (
            json!({"text": "x", "rerank": true}),
            422,
            "invalid_value",
            "rerank",
        ),
        (
            json!({"text": "x", "limit": 3}),
            422,
            "unknown_field",
            "limit",
        ),
        (
            json!({"text": "x", "vector": [1, 0]}),
            422,
            "invalid_value",
            "vector",
        ),
    ] {
        let expected = (status, json!(code), json!(field));
        assert_eq!(refused(&server, body.clone()).await, expected, "{body}");
    }
    ask(
        &server,
        json!({"text": "x", "rerank": false, "threshold": null}),
    )
    .await;
    let (status, reply) = server
        .send("POST", "/v1/collections/none/match", &json!({"text": "x"}))
        .await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (404, &json!("collection_not_found"))
    );
}

/// What an upsert takes, an export writes and an import takes again.
#[tokio::test]
async fn entries_are_written_with_all_their_fields() {
    let entry = json!({
        "id": "x", "text": "x怎么开票", "wordings": ["x开发票"], "answer": "在订单页。", "payload": {"a": 1},
        "time": "2024-03-05T00:00:00Z", "category": "发票", "not_words": ["专票"], "related": ["y"], "enabled": true,
        "valid_from": "2024-01-01T00:00:00Z", "valid_until": "2999-12-31T00:00:00Z", "threshold": 0.5, "reject": false,
    });
    let (_folder, server) = with_entries(json!([entry])).await;
    let (_, kept) = server.get("/v1/collections/faq/items/x").await;
    assert_eq!(kept, entry);
    let reply = ask(&server, json!({"text": "x开票"})).await;
    assert_eq!(reply["matched"], true);
    let reply = ask(&server, json!({"text": "x开专票"})).await;
    assert_eq!(reply["reason"], "guarded", "{reply}");
    assert_eq!(
        reply["contradictions"],
        json!([{"kind": "not_word", "question": ["专票"], "wording": []}])
    );
    for (field, value) in [
        ("enabled", json!(false)),
        ("valid_from", json!("2999-01-01")),
        ("valid_until", json!("2020-01-01")),
    ] {
        let mut changed = entry.clone();
        changed[field] = value;
        write(&server, json!([changed])).await;
        let reply = ask(&server, json!({"text": "x开票"})).await;
        assert_eq!(reply["reason"], "empty", "{field}");
    }
    for (field, value, code) in [
        ("threshold", json!(2), "invalid_value"),
        ("threshold", json!("a"), "wrong_type"),
        ("enabled", json!("yes"), "wrong_type"),
        ("not_words", json!("专票"), "wrong_type"),
        ("not_words", json!([" "]), "empty_text"),
        ("related", json!([""]), "invalid_value"),
        ("valid_from", json!("morgen"), "invalid_value"),
        ("category", json!(7), "wrong_type"),
    ] {
        let mut broken = entry.clone();
        broken[field] = value.clone();
        let (status, reply) = write(&server, json!([broken])).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"]),
            (422, &json!(code)),
            "{field} {value}: {reply}"
        );
        let path = error["field"].as_str().unwrap();
        assert!(path.starts_with(&format!("items[0].{field}")), "{path}");
    }
}

/// A calibration counts, and what it makes of limits.
#[tokio::test]
async fn similarities_are_calibrated() {
    let folder = tempfile::tempdir().unwrap();
    let knots = r#"{"version": 1, "knots": [[-1, 0], [0.7, 0.05], [1, 1]]}"#;
    let fake = Fake::with_calibration(knots).known_by([7; 16]);
    let models = vec![source("fake", fake)];
    let server = Server::keeping_of(folder.path(), models, Limits::default(), options()).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    write(&server, json!([{"id": "o", "text": "怎么退货"}])).await;
    let reply = ask(&server, json!({"text": "y退货"})).await;
    assert_eq!(reply["reason"], "below_threshold");
    let similarity = reply["candidates"][0]["similarity"].as_f64().unwrap();
    assert!((0.3..0.4).contains(&similarity), "{reply}");
}

/// Callers' own vectors are matched as they are.
#[tokio::test]
async fn a_collection_without_a_model_is_asked_by_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    server
        .post("/v1/collections", r#"{"name": "faq", "dimension": 2}"#)
        .await;
    write(
        &server,
        json!([{"id": "a", "text": "怎么退货", "vector": [3, 4]}]),
    )
    .await;
    let reply = ask(&server, json!({"text": "退货", "vector": [3, 4]})).await;
    assert_eq!(reply["id"], "a");
    let failure = refused(&server, json!({"text": "退货"})).await;
    assert_eq!(failure, (422, json!("invalid_value"), json!("vector")));
    let wrong = refused(&server, json!({"text": "退货", "vector": [1, 2, 3]})).await;
    assert_eq!(wrong, (422, json!("invalid_value"), json!("vector")));
}
