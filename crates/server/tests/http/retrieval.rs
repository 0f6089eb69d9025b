//! Dify's External Knowledge API.

use std::sync::Arc;

use crate::support::{Fake, Server, options, read, source};
use serde_json::{Value, json};
use yuyi_server::{KeyOptions, Keys, Limits, ListenOptions, Perimeter};

async fn with_items() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let items = json!({"items": [
        {"id": "1", "text": "x 发票", "answer": "可以。", "payload": {"title": "发票", "year": 2024, "kind": "a", "on": "2024-05-01"}},
        {"id": "2", "text": "y 退货", "payload": {"year": 2023, "kind": "b"}, "time": "2024-01-01"},
        {"id": "3", "text": "- 别的"},
    ]});
    let (status, reply) = server
        .send("POST", "/v1/collections/faq/items", &items)
        .await;
    assert_eq!(status, 200, "{reply}");
    (folder, server)
}

fn titles(reply: &Value) -> Vec<&str> {
    let records = reply["records"]
        .as_array()
        .unwrap_or_else(|| panic!("{reply}"));
    let mut titles: Vec<_> = records
        .iter()
        .map(|record| record["title"].as_str().unwrap())
        .collect();
    titles.sort_unstable();
    titles
}

#[tokio::test]
async fn a_question_of_dify_is_answered_as_it_reads() {
    let (_folder, server) = with_items().await;
    let body = json!({"knowledge_id": "faq", "query": "x 发票",
        "retrieval_setting": {"top_k": 2, "score_threshold": 0.0}, "metadata_condition": null, "user": "u"});
    let (status, reply) = server.send("POST", "/retrieval", &body).await;
    let first = json!({"content": "x 发票\n可以。", "score": 1.0, "title": "发票",
        "metadata": {"title": "发票", "year": 2024, "kind": "a", "on": "2024-05-01", "id": "1"}});
    assert_eq!((status, &reply["records"][0]), (200, &first));
    assert_eq!(reply["records"].as_array().unwrap().len(), 2);
    assert_eq!(
        reply["records"][1]["metadata"]["id"], "2",
        "metadata is never null"
    );

    let body = json!({"knowledge_id": "faq", "query": "x",
        "retrieval_setting": {"top_k": "5", "score_threshold": 0.5}});
    let (_, near) = server.send("POST", "/retrieval", &body).await;
    assert_eq!(
        titles(&near),
        ["发票"],
        "the threshold is on the similarity"
    );
    let (_, all) = server
        .send(
            "POST",
            "/retrieval",
            &json!({"knowledge_id": "faq", "query": "x"}),
        )
        .await;
    assert_eq!(all["records"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn conditions_become_filters_or_are_refused() {
    let (_folder, server) = with_items().await;
    for (conditions, expected) in [
        (
            json!([{"name": "kind", "comparison_operator": "is", "value": "a"}]),
            vec!["发票"],
        ),
        (
            json!([{"name": "year", "comparison_operator": "is", "value": "2024"}]),
            vec!["发票"],
        ),
        (
            json!([{"name": ["kind", "none"], "comparison_operator": "is", "value": "b"}]),
            vec!["2"],
        ),
        (
            json!([{"name": "kind", "comparison_operator": "is not", "value": "a"}]),
            vec!["2", "3"],
        ),
        (
            json!([{"name": "kind", "comparison_operator": "in", "value": "a, b"}]),
            vec!["2", "发票"],
        ),
        (
            json!([{"name": "kind", "comparison_operator": "not in", "value": ["a", "b"]}]),
            vec!["3"],
        ),
        (
            json!([{"name": "kind", "comparison_operator": "empty"}]),
            vec!["3"],
        ),
        (
            json!([{"name": "kind", "comparison_operator": "not empty", "value": null}]),
            vec!["2", "发票"],
        ),
        (
            json!([{"name": "year", "comparison_operator": "=", "value": 2023}]),
            vec!["2"],
        ),
        (
            json!([{"name": "year", "comparison_operator": "≠", "value": "2023"}]),
            vec!["3", "发票"],
        ),
        (
            json!([{"name": "year", "comparison_operator": "≥", "value": "2024"}]),
            vec!["发票"],
        ),
        (
            json!([{"name": "year", "comparison_operator": "<", "value": 2024}]),
            vec!["2"],
        ),
        (
            json!([{"name": "on", "comparison_operator": "after", "value": "2024-04-30"}]),
            vec!["发票"],
        ),
        (
            json!([{"name": "time", "comparison_operator": "before", "value": 1704153600}]),
            vec!["2"],
        ),
        // Several names: what negates has to hold for all.
        (
            json!([{"name": ["kind", "year"], "comparison_operator": "is not", "value": "a"}]),
            vec!["2", "3"],
        ),
        (
            json!([{"name": ["kind", "year"], "comparison_operator": "≠", "value": 2023}]),
            vec!["3", "发票"],
        ),
        (
            json!([{"name": ["kind", "on"], "comparison_operator": "empty"}]),
            vec!["3"],
        ),
        (
            json!([{"name": ["kind", "on"], "comparison_operator": "not empty"}]),
            vec!["2", "发票"],
        ),
        // Numbers beside times.
        (
            json!([{"name": "time", "comparison_operator": "=", "value": 1704067200}]),
            vec!["2"],
        ),
        (
            json!([{"name": "time", "comparison_operator": "is not", "value": "2024-01-01"}]),
            vec!["3", "发票"],
        ),
        (
            json!([{"name": "time", "comparison_operator": "≤", "value": "1704067200"}]),
            vec!["2"],
        ),
        (json!([]), vec!["2", "3", "发票"]),
    ] {
        let body = json!({"knowledge_id": "faq", "query": "x",
            "metadata_condition": {"logical_operator": "and", "conditions": conditions}});
        let (status, reply) = server.send("POST", "/retrieval", &body).await;
        assert_eq!(status, 200, "{body}: {reply}");
        assert_eq!(titles(&reply), expected, "{body}");
    }
    let either = json!({"logical_operator": "or", "conditions": [
        {"name": "kind", "comparison_operator": "is", "value": "a"},
        {"name": "kind", "comparison_operator": "is", "value": "b"},
    ]});
    let body = json!({"knowledge_id": "faq", "query": "x", "metadata_condition": either});
    assert_eq!(
        titles(&server.send("POST", "/retrieval", &body).await.1),
        ["2", "发票"]
    );
    for operator in ["contains", "not contains", "start with", "end with", "like"] {
        let condition = json!([{"name": "kind", "comparison_operator": operator, "value": "a"}]);
        let body = json!({"knowledge_id": "faq", "query": "x", "metadata_condition": {"conditions": condition}});
        let (status, reply) = server.send("POST", "/retrieval", &body).await;
        assert_eq!((status, &reply["error_code"]), (422, &json!(422)));
        let message = reply["error_msg"].as_str().unwrap();
        let field = "metadata_condition.conditions[0].comparison_operator";
        assert!(
            message.starts_with(field) && message.contains(operator),
            "{message}"
        );
    }
    for (value, operator) in [
        (json!("soon"), "before"),
        (json!("many"), ">"),
        (json!(null), "is"),
    ] {
        let condition = json!([{"name": "kind", "comparison_operator": operator, "value": value}]);
        let body = json!({"knowledge_id": "faq", "query": "x", "metadata_condition": {"conditions": condition}});
        assert_eq!(
            server.send("POST", "/retrieval", &body).await.0,
            422,
            "{body}"
        );
    }
}

#[tokio::test]
async fn failures_have_the_codes_of_dify() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyOptions {
        api_keys: vec!["right".to_owned()],
        ..KeyOptions::default()
    };
    let perimeter = Perimeter {
        keys: Arc::new(Keys::new(&keys).unwrap()),
        ..Perimeter::default()
    };
    let options = ListenOptions {
        perimeter,
        ..options()
    };
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder.path(), models, Limits::default(), options).await;
    let body = json!({"knowledge_id": "none", "query": "x"});
    for (key, status, code) in [
        (None, 401, 1001),
        (Some("wrong"), 403, 1002),
        (Some("right"), 404, 2001),
    ] {
        let mut request = server.request("POST", "/retrieval").json(&body);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let (got, reply) = read(request.send().await.unwrap()).await;
        assert_eq!(
            (got, &reply["error_code"]),
            (status, &json!(code)),
            "{reply}"
        );
        assert!(reply["error_msg"].is_string() && reply.as_object().unwrap().len() == 2);
    }
    // Dify tries an address with an empty request, and takes 403, 404 and 502 for failures.
    let request = server.request("POST", "/retrieval").bearer_auth("right");
    assert_eq!(read(request.send().await.unwrap()).await.0, 415);
}

#[tokio::test]
async fn values_are_bounded_as_those_of_filters_are() {
    let (_folder, server) = with_items().await;
    let asked = |names: Value, values: usize| {
        let list: Vec<String> = (0..values).map(|i| i.to_string()).collect();
        let condition =
            json!({"name": names, "comparison_operator": "in", "value": list.join(",")});
        json!({"knowledge_id": "faq", "query": "x", "retrieval_setting": {"top_k": 5, "score_threshold": 0.0},
            "metadata_condition": {"conditions": [condition]}})
    };
    let (status, reply) = server
        .send("POST", "/retrieval", &asked(json!("kind"), 10_001))
        .await;
    assert_eq!(status, 200, "{reply}");
    for (names, values) in [
        (json!("kind"), 10_002),
        (json!(["kind", "on", "year"]), 3335),
    ] {
        let (status, reply) = server
            .send("POST", "/retrieval", &asked(names, values))
            .await;
        assert_eq!(status, 422, "{reply}");
        assert!(
            reply.to_string().contains("more than 10000 values"),
            "{reply}"
        );
    }
}

/// Dify keeps when a document was uploaded in seconds since 1970, and others in milliseconds.
#[tokio::test]
async fn numbers_of_the_payload_are_times_before_and_after() {
    let (_folder, server) = with_items().await;
    let items = json!({"items": [
        {"id": "s", "text": "x", "payload": {"title": "s", "upload_date": 1709634600}},
        {"id": "ms", "text": "x", "payload": {"title": "ms", "upload_date": 1709634600000_i64}},
        {"id": "t", "text": "x", "payload": {"title": "t", "upload_date": "2024-03-05T10:30:00Z"}},
    ]});
    let path = "/v1/collections/faq/items";
    assert_eq!(server.send("POST", path, &items).await.0, 200);
    for (operator, value, found) in [
        ("before", json!("2024-03-06"), true),
        ("before", json!(1709634600), false),
        ("before", json!("2024-03-05"), false),
        ("after", json!("2024-03-04"), true),
        ("after", json!(1709634599), true),
        ("after", json!(1709634600), false),
        ("after", json!("2024-03-05"), false),
    ] {
        let condition =
            json!([{"name": "upload_date", "comparison_operator": operator, "value": value}]);
        let body = json!({"knowledge_id": "faq", "query": "x", "metadata_condition": {"conditions": condition}});
        let (_, reply) = server.send("POST", "/retrieval", &body).await;
        let expected: &[&str] = if found { &["ms", "s", "t"] } else { &[] };
        assert_eq!(titles(&reply), expected, "{body}");
    }
}

/// The first of the order are there by their words, and far from the question.
#[tokio::test]
async fn a_threshold_looks_further_for_what_is_above_it() {
    let (_folder, server) = with_items().await;
    let new = json!({"name": "words"});
    assert_eq!(server.send("POST", "/v1/collections", &new).await.0, 201);
    let query = format!("xq {}", ["发票"; 20].join(" "));
    let far = |i: usize| json!({"id": format!("far{i}"), "text": format!("y {query}")});
    let mut items: Vec<Value> = (0..30).map(far).collect();
    items.push(json!({"id": "near", "text": "xyz"}));
    // Beside long texts short ones have the more of their words.
    let long = format!("- {}", ["快递"; 4000].join(" "));
    items.extend((0..3).map(|i| json!({"id": format!("long{i}"), "text": long})));
    let path = "/v1/collections/words/items";
    let (status, reply) = server.send("POST", path, &json!({"items": items})).await;
    assert_eq!(status, 200, "{reply}");
    let search = json!({"text": query, "limit": 30});
    let (_, reply) = server
        .send("POST", "/v1/collections/words/search", &search)
        .await;
    let hits = reply["results"].as_array().unwrap();
    assert!(hits.iter().all(|hit| hit["id"] != "near"), "{reply}");
    for top_k in [1, 2, 9] {
        let body = json!({"knowledge_id": "words", "query": query,
            "retrieval_setting": {"top_k": top_k, "score_threshold": 0.5}});
        let (_, reply) = server.send("POST", "/retrieval", &body).await;
        assert_eq!(titles(&reply), ["near"], "{top_k}");
    }
}

/// Others take the places of what is switched off, over or still to come; a search shows all.
#[tokio::test]
async fn what_does_not_answer_now_is_left_out() {
    let (_folder, server) = with_items().await;
    let new = json!({"name": "off"});
    assert_eq!(server.send("POST", "/v1/collections", &new).await.0, 201);
    let with = |id: String, text: &str, more: Value| {
        let mut item = json!({"id": id, "text": text, "answer": "旧的"});
        item.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        item
    };
    let mut items: Vec<Value> = (0..60)
        .flat_map(|i| {
            [
                with(
                    format!("off{i}"),
                    "x 发票",
                    json!({"enabled": false, "payload": {"enabled": true}}),
                ),
                with(
                    format!("over{i}"),
                    "x 发票",
                    json!({"valid_until": "2020-01-01"}),
                ),
                with(
                    format!("ahead{i}"),
                    "x 发票",
                    json!({"valid_from": "2999-01-01"}),
                ),
            ]
        })
        .collect();
    // What the payload says is about something else.
    items.push(with(
        "on".into(),
        "x",
        json!({"payload": {"enabled": false, "title": " \n"}}),
    ));
    items.push(with(
        "valid".into(),
        "x",
        json!({"valid_from": "2020-01-01", "valid_until": "2999-01-01"}),
    ));
    let path = "/v1/collections/off/items";
    let (status, reply) = server.send("POST", path, &json!({"items": items})).await;
    assert_eq!(status, 200, "{reply}");
    for (setting, expected) in [
        (json!({"top_k": 1}), vec!["on"]),
        (
            json!({"top_k": 2, "score_threshold": 0.5}),
            vec!["on", "valid"],
        ),
        (
            json!({"top_k": "5", "score_threshold": "0.5"}),
            vec!["on", "valid"],
        ),
        (json!({}), vec!["on", "valid"]),
    ] {
        let body = json!({"knowledge_id": "off", "query": "x 发票", "retrieval_setting": setting});
        let (_, reply) = server.send("POST", "/retrieval", &body).await;
        assert_eq!(titles(&reply), expected, "{body}");
    }
    let search = json!({"text": "x 发票", "limit": 3});
    let (_, reply) = server
        .send("POST", "/v1/collections/off/search", &search)
        .await;
    assert_ne!(reply["results"][0]["id"], "on", "{reply}");
    let on = json!({"text": "x 发票", "filter": {"must_not": [{"key": "enabled", "match": {"value": false}}]}});
    let (_, reply) = server.send("POST", "/v1/collections/off/search", &on).await;
    assert_eq!(reply["results"].as_array().unwrap().len(), 10, "{reply}");
}

#[tokio::test]
async fn a_condition_names_a_field() {
    let (_folder, server) = with_items().await;
    for name in [json!(""), json!(["kind", ""]), json!("a..b")] {
        let condition = json!([{"name": name, "comparison_operator": "is", "value": "a"}]);
        let body = json!({"knowledge_id": "faq", "query": "x", "metadata_condition": {"conditions": condition}});
        let (status, reply) = server.send("POST", "/retrieval", &body).await;
        assert_eq!(status, 422, "{reply}");
        assert!(
            reply
                .to_string()
                .contains("metadata_condition.conditions[0].name"),
            "{reply}"
        );
    }
    let body = json!({"knowledge_id": "faq", "query": "x", "retrieval_setting": {"score_threshold": "half"}});
    assert_eq!(server.send("POST", "/retrieval", &body).await.0, 422);
}

/// Scores are similarities, which nothing has where no model computes the question's vector.
#[tokio::test]
async fn a_collection_without_a_model_is_refused() {
    let (_folder, server) = with_items().await;
    let new = json!({"name": "given", "dimension": 2});
    assert_eq!(server.send("POST", "/v1/collections", &new).await.0, 201);
    let items = json!({"items": [{"id": "1", "text": "发票", "vector": [1, 0]}]});
    let (status, _) = server
        .send("POST", "/v1/collections/given/items", &items)
        .await;
    assert_eq!(status, 200);
    let body = json!({"knowledge_id": "given", "query": "发票"});
    let (status, reply) = server.send("POST", "/retrieval", &body).await;
    let told = reply["error_msg"].as_str().unwrap_or_default();
    assert!(status == 422 && told.contains("has no model"), "{reply}");
}
