//! Items: written, read, counted, removed.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{ids, search, with_faq, write};
use crate::support::read;

#[tokio::test]
async fn an_answer_in_which_nothing_is_visible_is_none() {
    let (_folder, server) = with_faq().await;
    for answer in ["", " \n", "\u{0}", "\u{200b}"] {
        let (status, reply) =
            write(&server, json!([{"id": "a", "text": "x", "answer": answer}])).await;
        assert_eq!(status, 200, "{answer:?}: {reply}");
        let (_, item) = server.get("/v1/collections/faq/items/a").await;
        assert_eq!(item.get("answer"), None, "{answer:?}");
    }
}

#[tokio::test]
async fn items_are_written_read_counted_and_removed() {
    let (_folder, server) = with_faq().await;
    let items = json!([
        {"id": "a/b c", "text": "x one", "answer": "yes", "payload": {"n": 1, "big": 9007199254740993i64, "bigger": 12345678901234567890u64}, "time": 0},
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
        "payload": {"n": 1, "big": 9007199254740993i64, "bigger": 12345678901234567890u64}, "time": "1970-01-01T00:00:00Z"});
    for path in ["a/b%20c", "a%2Fb%20c"] {
        let (status, item) = server
            .get(&format!("/v1/collections/faq/items/{path}"))
            .await;
        assert_eq!((status, &item), (200, &kept));
    }
    let (status, item) = server.get("/v1/collections/faq/items/delete").await;
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
    // Where there is no standby, the store answers what may be a little old.
    assert_eq!(count(json!({"stale": true})).await.1["count"], 4);
    let (status, item) = server
        .get("/v1/collections/faq/items/%64elete?stale=true")
        .await;
    assert_eq!((status, &item["id"]), (200, &json!("delete")));
    let (status, page) = server.get("/v1/collections/faq/items?stale=false").await;
    assert_eq!((status, page["items"].as_array().unwrap().len()), (200, 4));
    for wrong in [
        "items?stale=yes",
        "items/%64elete?stale=",
        "items/%64elete?fresh=true",
    ] {
        let (status, reply) = server.get(&format!("/v1/collections/faq/{wrong}")).await;
        assert_eq!(status, 422, "{wrong}: {reply}");
    }
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

/// What is posted to `items/delete` is a filter, and an item may be called so all the same.
#[tokio::test]
async fn an_item_may_be_called_delete() {
    let (_folder, server) = with_faq().await;
    let items = json!([{"id": "delete", "text": "x"}, {"id": "delete/history", "text": "y"}]);
    assert_eq!(write(&server, items).await.0, 200);
    let path = "/v1/collections/faq/items/delete";
    for path in [path, "/v1/collections/faq/items/%64elete"] {
        let (status, item) = server.get(path).await;
        assert_eq!((status, &item["text"]), (200, &json!("x")), "{path}");
    }
    let removed = server.request("DELETE", path).send().await.unwrap();
    assert_eq!(read(removed).await, (200, json!({"deleted": 1})));
    assert_eq!(server.get(path).await.1["error"]["code"], "item_not_found");
    let put = server.request("PUT", path).send().await.unwrap();
    assert_eq!(put.headers()["allow"], "DELETE,GET,HEAD,POST");
    assert_eq!(put.status(), 405);
    let filter = json!({"filter": {}});
    let removed = server.send("POST", path, &filter).await;
    assert_eq!(removed, (200, json!({"deleted": 1})));
}

#[tokio::test]
async fn of_two_items_with_one_id_the_last_is_written_and_counted() {
    let (_folder, server) = with_faq().await;
    let items =
        json!([{"id": "a", "text": "x"}, {"id": "b", "text": "y"}, {"id": "a", "text": "z"}]);
    let (status, written) = write(&server, items).await;
    assert_eq!(
        (status, &written["upserted"]),
        (200, &json!(2)),
        "{written}"
    );
    assert_eq!(written["ids"], json!(["a", "b", "a"]));
    assert_eq!(server.get("/v1/collections/faq").await.1["count"], 2);
    assert_eq!(
        server.get("/v1/collections/faq/items/a").await.1["text"],
        "z"
    );
}

/// Ids of nineteen digits, of which several are one 64-bit float.
#[tokio::test]
async fn a_deletion_by_a_long_number_removes_that_item_only() {
    let (_folder, server) = with_faq().await;
    let item = |id: u64| json!({"text": format!("x {id}"), "payload": {"order": id}});
    let items = json!([
        item(1234567890123456788),
        item(1234567890123456789),
        item(12345678901234567890)
    ]);
    assert_eq!(write(&server, items).await.0, 200);
    for id in [1234567890123456789u64, 12345678901234567890] {
        let filter = json!({"filter": {"must": {"key": "order", "match": {"value": id}}}});
        let path = "/v1/collections/faq/items/delete";
        assert_eq!(
            server.send("POST", path, &filter).await,
            (200, json!({"deleted": 1}))
        );
    }
    let (_, page) = server.get("/v1/collections/faq/items").await;
    assert_eq!(
        page["items"][0]["payload"]["order"],
        json!(1234567890123456788u64)
    );
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
        // And one that made the collection.
        "yuyi_collection_commit_seconds_count{collection=\"faq\"} 81",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line}\n{metrics}"
        );
    }
}
