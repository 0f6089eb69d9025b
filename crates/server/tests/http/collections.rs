//! Collections: made, written, asked, moved to other models, carried elsewhere.

mod damage;
mod exports;
mod faults;
mod items;
mod moves;
mod places;
mod searches;
mod transfer;

use std::io::Read;

use crate::support::{Server, read, with_faq, write};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

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
