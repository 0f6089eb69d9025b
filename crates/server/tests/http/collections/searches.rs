//! Questions to collections.

use serde_json::{Value, json};
use yuyi_server::Limits;

use super::{export, ids, import, search, with_faq, write};
use crate::support::{Fake, Server, options, source};

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
    // The default mode, by its name.
    let named = json!({"vector": [0, 3, 4], "mode": "hybrid"});
    assert_eq!(search(&server, named).await.1, reply);
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
        (json!([{"text": "a", "vector": [1, 0]}]), "items[0].vector"),
        (
            json!([{"text": "a", "vector": [0, 0, 0]}]),
            "items[0].vector",
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

/// What is found is counted while it is read, not when all of it is in memory.
#[tokio::test]
async fn results_that_are_too_large_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        request_memory: 4 << 20,
        ..Limits::default()
    };
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder.path(), models, limits, options()).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let long = "a".repeat(90_000);
    for i in 0..50 {
        let item = json!([{"id": i.to_string(), "text": "x", "answer": long}]);
        assert_eq!(write(&server, item).await.0, 200);
    }
    let (status, refused) = search(&server, json!({"text": "x", "limit": 50})).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (413, &json!("body_too_large"))
    );
    let (status, found) = search(&server, json!({"text": "x", "limit": 3})).await;
    assert_eq!((status, ids(&found).len()), (200, 3));
}

/// A filter that all items are asked by, of so many conditions on fields that are not declared.
fn conditions(count: usize) -> Value {
    let condition = |i: usize| json!({"key": format!("k{i}"), "exists": true});
    json!({"must_not": (0..count).map(condition).collect::<Vec<Value>>()})
}

async fn with_many_items(limits: Limits) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder.path(), models, limits, options()).await;
    server
        .post("/v1/collections", r#"{"name": "faq", "dimension": 2}"#)
        .await;
    let item = |i: usize| json!({"id": i.to_string(), "text": "x", "vector": [1, 0]});
    let items: Vec<Value> = (0..2_000).map(item).collect();
    assert_eq!(write(&server, items.into()).await.0, 200);
    (folder, server)
}

/// What asks every item for much is work that takes turns with other work; what asks for little is not.
#[tokio::test]
async fn a_filter_of_many_conditions_is_admitted_as_work() {
    let (_folder, server) = with_many_items(Limits::default()).await;
    let turns = || server.app.errands().turns;
    let (little, much) = (conditions(1), conditions(1_000));
    let small = json!({"vector": [1, 0], "filter": little, "limit": 1});
    let before = turns();
    assert_eq!(search(&server, small).await.0, 200);
    assert_eq!(turns(), before);
    let large = json!({"vector": [1, 0], "filter": much, "limit": 1});
    let count = json!({"filter": much});
    let among = json!({"filter": much, "positive": ["0"]});
    for (path, body) in [
        ("search", &large),
        ("count", &count),
        (
            "match",
            &json!({"text": "x", "vector": [1, 0], "filter": much}),
        ),
        ("recommend", &among),
        ("items/delete", &count),
    ] {
        let before = turns();
        let path = format!("/v1/collections/faq/{path}");
        let (status, reply) = server.send("POST", &path, body).await;
        assert_eq!(status, 200, "{path}: {reply}");
        assert!(turns() > before, "{path}");
    }
    assert_eq!(server.get("/v1/collections/faq").await.1["count"], 0);
}

/// Whoever may not wait is told so, whether there is much to do or little.
#[tokio::test]
async fn a_filter_ends_with_the_time_of_its_request() {
    let limits = Limits {
        queue_timeout: std::time::Duration::ZERO,
        ..Limits::default()
    };
    let (_folder, server) = with_many_items(limits).await;
    for filter in [conditions(1), conditions(1_000)] {
        let body = json!({"filter": filter});
        for path in ["count", "items/delete"] {
            let path = format!("/v1/collections/faq/{path}");
            let (status, reply) = server.send("POST", &path, &body).await;
            let code = &reply["error"]["code"];
            assert_eq!((status, code), (503, &json!("queue_timeout")), "{path}");
        }
    }
    let (_, all) = server.post("/v1/collections/faq/count", "{}").await;
    assert_eq!(all["count"], 2_000, "nothing was removed");
}
