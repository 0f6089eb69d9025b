//! `POST …/events`, `DELETE …/users/{user}` and `POST …/recommend`.

use crate::support::{Server, with_faq, write};
use serde_json::{Value, json};

/// A server with items of two kinds in a collection whose vectors are told.
async fn with_items() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let new = json!({"name": "news", "dimension": 2});
    let (status, _) = server.send("POST", "/v1/collections", &new).await;
    assert_eq!(status, 201);
    let item = |kind: &str, from: f64, i: usize| {
        let angle = (from + 16.0 * i as f64).to_radians();
        json!({"id": format!("{kind}{i}"), "text": format!("文{kind}{i}"), "vector": [angle.cos(), angle.sin()],
            "payload": {"kind": kind}})
    };
    let items: Vec<Value> = (0..5)
        .flat_map(|i| [item("a", 0.0, i), item("b", 120.0, i)])
        .collect();
    let body = json!({"items": items});
    let (status, reply) = server
        .send("POST", "/v1/collections/news/items", &body)
        .await;
    assert_eq!(status, 200, "{reply}");
    (folder, server)
}

async fn tell(server: &Server, body: Value) -> (u16, Value) {
    server
        .send("POST", "/v1/collections/news/events", &body)
        .await
}

async fn recommend(server: &Server, body: Value) -> Value {
    let (status, reply) = server
        .send("POST", "/v1/collections/news/recommend", &body)
        .await;
    assert_eq!(status, 200, "{body}: {reply}");
    reply
}

fn ids(reply: &Value) -> Vec<&str> {
    let results = reply["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn events_steer_until_the_user_is_forgotten() {
    let (_folder, server) = with_items().await;
    let cold = recommend(&server, json!({"user": "u", "limit": 2})).await;
    assert_eq!(
        (cold["cold_start"].clone(), ids(&cold)),
        (json!(true), vec!["b4", "a4"])
    );
    let click = json!({"user": "u", "item": "a2", "type": "click"});
    let (status, told) = tell(&server, click).await;
    let expected = json!({"recorded": 1, "new": 1, "unknown": []});
    assert_eq!((status, told), (200, expected));
    let warm = recommend(&server, json!({"user": "u", "limit": 2})).await;
    assert_eq!(warm["cold_start"], false);
    let mut near = ids(&warm);
    near.sort_unstable();
    assert_eq!(near, ["a1", "a3"]);
    let first = &warm["results"][0];
    assert_eq!(first["because"]["item"], "a2");
    assert_eq!(first["payload"], json!({"kind": "a"}));
    assert!(first["similarity"].as_f64().unwrap() > 0.9);
    // Others are shown what is popular.
    let other = recommend(&server, json!({"limit": 1})).await;
    assert_eq!(
        (other["cold_start"].clone(), ids(&other)),
        (json!(true), vec!["a2"])
    );
    let (status, forgotten) = server
        .send("DELETE", "/v1/collections/news/users/u", &json!({}))
        .await;
    assert_eq!((status, forgotten), (200, json!({"forgotten": 1})));
    let again = recommend(&server, json!({"user": "u", "limit": 2})).await;
    assert_eq!(again, cold);
    let metrics = server.request("GET", "/metrics").send().await.unwrap();
    let text = metrics.text().await.unwrap();
    assert!(
        text.contains("yuyi_collection_events_total{collection=\"news\"} 1"),
        "{text}"
    );
    assert!(text.contains("yuyi_collection_recommend_seconds_count{collection=\"news\"} 4"));
}

#[tokio::test]
async fn batches_come_again_and_name_what_is_not_there() {
    let (_folder, server) = with_items().await;
    let events = json!({"events": [
        {"user": "a/b 用户", "item": "a1", "type": "like", "weight": 2, "time": "2024-03-05T10:30:00+08:00"},
        {"user": "a/b 用户", "item": "none", "type": "read", "time": 1700000000},
        // From the end of time.
        {"user": "a/b 用户", "item": "b1", "type": "skip", "time": "9999-01-01"},
    ]});
    let (status, told) = tell(&server, events.clone()).await;
    let expected = json!({"recorded": 3, "new": 3, "unknown": ["none"]});
    assert_eq!((status, told), (200, expected));
    let (_, told) = tell(&server, events).await;
    // That of the future counts as now, which has moved on.
    assert!(told["new"].as_u64().unwrap() <= 1, "{told}");
    let reply = recommend(&server, json!({"user": "a/b 用户", "limit": 1000})).await;
    assert!(!ids(&reply).contains(&"a1") && !ids(&reply).contains(&"b1"));
    assert!(ids(&reply)[0].starts_with('a'));
    let (_, forgotten) = server
        .send(
            "DELETE",
            "/v1/collections/news/users/a/b%20%E7%94%A8%E6%88%B7",
            &json!({}),
        )
        .await;
    assert_eq!(forgotten, json!({"forgotten": 3}));
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_field() {
    let (_folder, server) = with_items().await;
    let event = |more: Value| {
        let mut event = json!({"user": "u", "item": "a1", "type": "click"});
        let fields = event.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        event
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        event
    };
    for (body, code, field) in [
        (event(json!({"user": null})), "missing_field", "user"),
        (event(json!({"type": null})), "missing_field", "type"),
        (event(json!({"type": "buy"})), "invalid_value", "type"),
        (event(json!({"item": ""})), "invalid_value", "item"),
        (event(json!({"weight": 1e9})), "invalid_value", "weight"),
        (event(json!({"weight": "2"})), "wrong_type", "weight"),
        (event(json!({"time": "gestern"})), "invalid_value", "time"),
        (event(json!({"when": 1})), "unknown_field", "when"),
        (json!({"events": []}), "empty_list", "events"),
        (
            json!({"events": [event(json!({})), event(json!({"weight": -1}))]}),
            "invalid_value",
            "events[1].weight",
        ),
        (
            json!({"events": [event(json!({})), event(json!({"x": 1}))]}),
            "unknown_field",
            "events[1].x",
        ),
        (
            json!({"events": [event(json!({}))], "user": "u"}),
            "unknown_field",
            "user",
        ),
    ] {
        let (status, reply) = tell(&server, body.clone()).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"], &error["field"]),
            (422, &json!(code), &json!(field)),
            "{body}: {reply}"
        );
    }
    let many: Vec<Value> = (0..10_001).map(|_| event(json!({}))).collect();
    let (status, reply) = tell(&server, json!({"events": many})).await;
    assert_eq!((status, &reply["error"]["field"]), (413, &json!("events")));
    for (body, code, field) in [
        (json!({"limit": 0}), "invalid_value", "limit"),
        (json!({"limit": 1001}), "invalid_value", "limit"),
        (json!({"half_life": 0}), "invalid_value", "half_life"),
        (json!({"positive": "a1"}), "wrong_type", "positive"),
        (json!({"positive": [1]}), "wrong_type", "positive[0]"),
        (
            json!({"positive": ["no id"]}),
            "invalid_value",
            "positive[0]",
        ),
        (
            json!({"negative": [{"id": "a", "text": "b"}]}),
            "unknown_field",
            "negative[0].text",
        ),
        (
            json!({"filter": {"must": 1}}),
            "invalid_value",
            "filter.must",
        ),
        (json!({"users": "u"}), "unknown_field", "users"),
    ] {
        let (status, reply) = server
            .send("POST", "/v1/collections/news/recommend", &body)
            .await;
        let error = &reply["error"];
        assert_eq!(status, 422, "{body}: {reply}");
        if field != "filter.must" {
            assert_eq!(
                (&error["code"], &error["field"]),
                (&json!(code), &json!(field)),
                "{body}: {reply}"
            );
        }
    }
    for (method, path) in [
        ("POST", "/v1/collections/none/events"),
        ("POST", "/v1/collections/none/recommend"),
        ("DELETE", "/v1/collections/none/users/u"),
    ] {
        let body = if path.ends_with("events") {
            event(json!({}))
        } else {
            json!({})
        };
        let (status, reply) = server.send(method, path, &body).await;
        assert_eq!(
            (status, &reply["error"]["code"]),
            (404, &json!("collection_not_found")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn examples_are_ids_or_texts() {
    let (_folder, server) = with_faq().await;
    let items = json!([
        {"id": "x", "text": "x怎么开票"}, {"id": "y", "text": "y怎么退货"}, {"id": "-", "text": "-别的"},
    ]);
    let (status, _) = write(&server, items).await;
    assert_eq!(status, 200);
    let ask = async |body: Value| {
        let (status, reply) = server
            .send("POST", "/v1/collections/faq/recommend", &body)
            .await;
        assert_eq!(status, 200, "{body}: {reply}");
        reply
    };
    let by_id = ask(json!({"positive": ["x", {"id": "none"}], "negative": ["y"]})).await;
    assert!(!ids(&by_id).contains(&"x") && !ids(&by_id).contains(&"y"));
    assert_eq!(by_id["unknown"], json!(["none"]));
    let by_text = ask(
        json!({"positive": [{"text": "换货，多少字以内才不会被截断呢，一共有多少"}], "limit": 1}),
    )
    .await;
    assert_eq!(
        (by_text["cold_start"].clone(), by_text["truncated"].clone()),
        (json!(false), json!(true))
    );
    let because = &by_text["results"][0]["because"];
    assert!(
        because["item"].is_null() && because["text"].is_string(),
        "{by_text}"
    );
}
