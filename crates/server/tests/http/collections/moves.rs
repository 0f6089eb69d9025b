//! Collections on their way to other models.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use yuyi_server::{Limits, ModelSource};

use super::{ids, search, write};
use crate::support::{Fake, Server, options, read, source_with};

/// A model of that name whose fingerprint is a number, which changes when it is loaded anew.
fn changing(name: &str, number: &Arc<AtomicU8>) -> ModelSource {
    let number = Arc::clone(number);
    ModelSource {
        aliases: Vec::new(),
        computes_here: true,
        is_reranker: false,
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
