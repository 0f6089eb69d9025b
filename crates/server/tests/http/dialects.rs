//! What clients of other servers send and expect, on routes of other servers.

use crate::support::Server;
use serde_json::{Value, json};

async fn answered(server: &Server, path: &str, body: &str) -> Value {
    let (status, reply) = server.post(path, body.to_owned()).await;
    assert_eq!(status, 200, "{path} {body}: {reply}");
    reply
}

#[tokio::test]
async fn blanks_and_halves_of_characters_sink_no_batch() {
    let server = Server::start().await;
    for (path, body) in [
        ("/v1/embeddings", r#"{"input":["x"," "]}"#),
        ("/v1/embeddings", r#"{"input":["x","\ud83d"]}"#),
        ("/embed", r#"{"inputs":[" ","x\udc00"]}"#),
        ("/", r#"{"inputs":["\ud83d"," "]}"#),
        ("/v1/rerank", r#"{"query":"\ud83d","documents":[" ","x"]}"#),
        ("/rerank", r#"{"query":"x","texts":[" ","\ud83d"]}"#),
        ("/v1/score", r#"{"text_1":" ","text_2":["x","\ud83d"]}"#),
        (
            "/similarity",
            r#"{"inputs":{"source_sentence":" ","sentences":["x","\ud83d"]}}"#,
        ),
        ("/api/embed", r#"{"input":["x"," "]}"#),
        ("/v2/embed", r#"{"texts":["x","\ud83d"]}"#),
    ] {
        answered(&server, path, body).await;
    }
    // U+FFFD takes the place of the half, so both are one text.
    let reply = answered(
        &server,
        "/v1/embeddings",
        r#"{"input":["y\ud83d","y\ufffd"]}"#,
    )
    .await;
    assert_eq!(reply["data"][0]["embedding"], reply["data"][1]["embedding"]);
}

#[tokio::test]
async fn our_own_routes_tell_them_in_their_place() {
    let server = Server::start().await;
    let body = r#"{"pairs":[{"sentence_a":"x\ud83d","sentence_b":"y"},{"sentence_a":" ","sentence_b":"y"},{"sentence_a":"x","sentence_b":"x"}]}"#;
    let reply = answered(&server, "/similarity", body).await;
    let results = &reply["results"];
    assert_eq!(results[0]["error"]["code"], "invalid_value");
    assert_eq!(results[0]["error"]["field"], "pairs[0].sentence_a");
    assert_eq!(results[1]["error"]["code"], "empty_text");
    assert_eq!(results[2]["similarity"], 1.0);
}

#[tokio::test]
async fn loose_types_are_read_as_what_they_mean() {
    let server = Server::start().await;
    let three = |path: &'static str, body: Value| {
        let server = &server;
        async move {
            let reply = answered(server, path, &body.to_string()).await;
            reply["results"].as_array().unwrap().len()
        }
    };
    let documents = json!(["x", "y", "-"]);
    for (top_n, kept) in [
        (json!("2"), 2),
        (json!(2.0), 2),
        (json!(0), 3),
        (json!("0"), 3),
        (Value::Null, 3),
    ] {
        let body = json!({"query": "x", "documents": documents, "top_n": top_n, "texts": null, "model": ""});
        assert_eq!(three("/rerank", body).await, kept, "{top_n}");
    }
    let body =
        json!({"query": "x", "documents": documents, "top_k": 1, "return_documents": "true"});
    let reply = answered(&server, "/v1/rerank", &body.to_string()).await;
    assert_eq!(reply["results"][0]["document"]["text"], "x");
    let body = r#"{"sentence_a":"x","sentence_b":"x","pairs":null,"sentences":null,"inputs":null}"#;
    assert_eq!(
        answered(&server, "/similarity", body).await["similarity"],
        1.0
    );
}

#[tokio::test]
async fn models_are_found_under_what_clients_call_them() {
    let server = Server::start().await;
    for name in ["fake:latest", "openai/fake", "a/b/fake:latest", "alias"] {
        let body = json!({"input": "x", "model": name}).to_string();
        let reply = answered(&server, "/v1/embeddings", &body).await;
        assert_eq!(reply["model"], "fake", "{name}");
    }
}

#[tokio::test]
async fn paths_lead_where_they_are_meant_to() {
    let server = Server::start().await;
    for path in [
        "/v1/v1/embeddings",
        "/v1/embeddings/",
        "/embeddings",
        "/openai/deployments/fake/embeddings?api-version=2024-02-01",
    ] {
        let reply = answered(&server, path, r#"{"input":"x"}"#).await;
        assert_eq!(reply["data"][0]["embedding"], json!([1.0, 0.0]), "{path}");
    }
    for path in ["/models", "/v1/models/", "/api/tags", "/api/version"] {
        assert_eq!(server.get(path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn answers_as_ollama_and_cohere_and_pipelines() {
    let server = Server::start().await;
    let reply = answered(&server, "/api/embed", r#"{"model":"fake","input":"x"}"#).await;
    assert_eq!(reply["embeddings"], json!([[1.0, 0.0]]));
    let reply = answered(
        &server,
        "/api/embeddings",
        r#"{"model":"fake","prompt":"x"}"#,
    )
    .await;
    assert_eq!(reply, json!({"embedding": [1.0, 0.0]}));
    let reply = answered(&server, "/v1/embed", r#"{"texts":["x"]}"#).await;
    assert_eq!(reply["embeddings"], json!([[1.0, 0.0]]));
    assert_eq!(reply["response_type"], "embeddings_floats");
    let body = r#"{"texts":["x"],"embedding_types":["float"],"input_type":"search_query"}"#;
    let reply = answered(&server, "/v2/embed", body).await;
    assert_eq!(reply["embeddings"], json!({"float": [[1.0, 0.0]]}));
    let path = "/pipeline/feature-extraction/fake";
    let reply = answered(&server, path, r#"{"inputs":"x"}"#).await;
    assert_eq!(reply, json!([1.0, 0.0]));
    let reply = answered(&server, path, r#"{"inputs":["x"]}"#).await;
    assert_eq!(reply, json!([[1.0, 0.0]]));
    let (status, reply) = server
        .post(
            "/v2/embed",
            r#"{"texts":["x"],"embedding_types":["int8"]}"#.to_owned(),
        )
        .await;
    assert_eq!(
        (status, &reply["error"]["field"]),
        (422, &json!("embedding_types[0]"))
    );
}

/// As LangChain for Java and Cohere's second API send them.
#[tokio::test]
async fn texts_in_parts_are_texts_to_cohere() {
    let server = Server::start().await;
    let part = |text: &str| json!({"type": "text", "text": text});
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let inputs = json!([{"content": [part("x")]}, {"content": [part("x"), part("y")]}, {"content": [part(" ")]}]);
    let body = json!({"inputs": inputs, "embedding_types": ["float"], "texts": null});
    let reply = answered(&server, "/v2/embed", &body.to_string()).await;
    let lines = answered(&server, "/v2/embed", r#"{"texts":["x","x\ny"," "]}"#).await;
    assert_eq!(reply["embeddings"], lines["embeddings"]);
    assert_eq!(reply["texts"], json!(["x", "x\ny", " "]));
    for (body, code, field) in [
        (json!({}), "missing_field", "texts"),
        (json!({"inputs": []}), "empty_list", "inputs"),
        (json!({"inputs": ["x"]}), "wrong_type", "inputs[0]"),
        (
            json!({"inputs": [{"content": []}]}),
            "empty_list",
            "inputs[0].content",
        ),
        (
            json!({"inputs": [{"content": [part("x"), image]}]}),
            "invalid_value",
            "inputs[0].content[1].type",
        ),
        (
            json!({"inputs": [{"content": [part("")]}]}),
            "empty_text",
            "inputs[0].content",
        ),
        (
            json!({"inputs": [{"content": [part("x")]}], "texts": ["x"]}),
            "invalid_value",
            "inputs",
        ),
    ] {
        let (status, reply) = server.post("/v2/embed", body.to_string()).await;
        assert_eq!(status, 422, "{body}: {reply}");
        let error = &reply["error"];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!(code), &json!(field)),
            "{body}"
        );
    }
}
