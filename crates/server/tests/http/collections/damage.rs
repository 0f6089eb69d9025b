//! A collection whose tables are damaged, beside one that is whole.

use std::fs;
use std::path::Path;

use serde_json::json;
use yuyi_store::{EmbeddedStore, Item, NewCollection, Options, Store, VectorItem};

use crate::support::{Server, read};

const DIMENSION: usize = 64;

/// A unit vector that is found in the file by its bytes.
const ELEMENT: f32 = 0.125;

/// Bytes of a page of the database.
const PAGE: usize = 8192;

fn fill(store: &EmbeddedStore, name: &str, vector: Vec<f32>) {
    store
        .create(&NewCollection::given(name, DIMENSION))
        .unwrap();
    let item = VectorItem {
        item: Item::new("1", "怎么退货"),
        vectors: vec![vector],
    };
    store.upsert(name, "", vec![item]).unwrap();
}

/// Writes over the pages of the vectors of `hurt`, and takes their codes away.
fn hurt(folder: &Path) {
    let file = folder.join("collections.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let vector = ELEMENT.to_le_bytes().repeat(DIMENSION);
    let has_it = |page: &[u8]| page.windows(vector.len()).any(|bytes| bytes == vector);
    let pages: Vec<&mut [u8]> = bytes.chunks_mut(PAGE).filter(|page| has_it(page)).collect();
    assert_eq!(pages.len(), 1);
    pages.into_iter().for_each(|page| page.fill(0x5a));
    fs::write(&file, bytes).unwrap();
    fs::remove_dir_all(folder.join("codes")).unwrap();
}

#[tokio::test]
async fn a_damaged_collection_says_so_and_the_others_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = EmbeddedStore::open(folder.path(), Options::default()).unwrap();
    fill(&store, "hurt", vec![ELEMENT; DIMENSION]);
    let mut other = vec![0.0; DIMENSION];
    other[0] = 1.0;
    fill(&store, "whole", other.clone());
    drop(store);
    hurt(folder.path());
    let server = Server::keeping(folder.path()).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    let search = json!({"vector": other, "mode": "dense"});
    for (name, status) in [("hurt", 503), ("whole", 200)] {
        let path = format!("/v1/collections/{name}/search");
        let (got, reply) = server.send("POST", &path, &search).await;
        assert_eq!(got, status, "{reply}");
    }
    let (_, list) = server.get("/v1/collections").await;
    let told = |i: usize| list["collections"][i]["damaged"].is_string();
    assert!(told(0) && !told(1), "{list}");
    let response = server.request("GET", "/v1/collections/hurt/items/1");
    let response = response.send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    let (status, reply) = read(response).await;
    let error = &reply["error"];
    assert_eq!((status, &error["code"]), (503, &json!("store_unavailable")));
    let message = error["message"].as_str().unwrap();
    assert!(
        message.starts_with("The collection \"hurt\" is damaged ("),
        "{message}"
    );
    assert!(message.contains("yuyi collection check"), "{message}");
    let damaged = || async {
        let response = server.request("GET", "/metrics").send().await.unwrap();
        let text = response.text().await.unwrap();
        let mut lines = text.lines();
        lines.find_map(|line| {
            line.strip_prefix("yuyi_collections_damaged ")
                .map(str::to_owned)
        })
    };
    assert_eq!(damaged().await.as_deref(), Some("1"));
    let dropped = server.request("DELETE", "/v1/collections/hurt");
    assert_eq!(read(dropped.send().await.unwrap()).await.0, 200);
    assert_eq!(damaged().await.as_deref(), Some("0"));
    let again = json!({"name": "hurt", "dimension": DIMENSION});
    assert_eq!(server.send("POST", "/v1/collections", &again).await.0, 201);
}
