//! The routes of Text Embeddings Inference over a real socket, whole replies compared.

use crate::support::Server;
use serde_json::{Value, json};
use yuyi_server::Limits;

#[tokio::test]
async fn embeds_at_its_route_and_at_the_root() {
    let server = Server::start().await;
    let long = "x".repeat(16) + "y";
    let (x, y) = (json!([1.0, 0.0]), json!([0.0, 1.0]));
    let cases = [
        (json!({"inputs": "x"}), json!([x])),
        (
            json!({"inputs": ["x", "y"], "truncate": true}),
            json!([x, y]),
        ),
        (
            json!({"inputs": "x", "normalize": false}),
            json!([[2.0, 0.0]]),
        ),
        (
            json!({"inputs": "x", "dimensions": 1, "parameters": {}}),
            json!([[1.0]]),
        ),
        (
            json!({"inputs": "y", "dimensions": 1, "normalize": false}),
            json!([[0.0]]),
        ),
        (json!({"inputs": "x", "prompt_name": "up"}), json!([y])),
        (json!({"inputs": "x", "prompt_name": "none"}), json!([x])),
        (json!({"inputs": long}), json!([x])),
        (
            json!({"inputs": long, "truncation_direction": "left"}),
            json!([y]),
        ),
        (
            json!({"inputs": long, "truncation_direction": "Right", "truncate": null}),
            json!([x]),
        ),
        (
            json!({"inputs": [1, 2], "model": "alias"}),
            json!([[0.6, 0.8]]),
        ),
        (
            json!({"inputs": [[1], [2]]}),
            json!([[0.6, 0.8], [0.6, 0.8]]),
        ),
    ];
    for (request, expected) in cases {
        for path in ["/embed", "/"] {
            let (status, reply) = server.post(path, request.to_string()).await;
            assert_eq!(
                (status, as_f32(&reply)),
                (200, as_f32(&expected)),
                "{path} {request}"
            );
        }
    }
}

/// Numbers as the server has them: 0.6 in a reply is the f32 next to it.
fn as_f32(vectors: &Value) -> Vec<Vec<f32>> {
    serde_json::from_value(vectors.clone()).unwrap()
}

#[tokio::test]
async fn the_root_compares_too() {
    let server = Server::start().await;
    let body = json!({"inputs": {"source_sentence": "x", "sentences": ["y", "x"]}, "parameters": {"truncate": true}});
    assert_eq!(
        server.post("/", body.to_string()).await,
        (200, json!([0.0, 1.0]))
    );
}

#[tokio::test]
async fn refusals_name_the_field() {
    let server = Server::start().await;
    let long = "x".repeat(17);
    let cases = [
        (json!({}), 422, "missing_field", "inputs"),
        (json!({"inputs": 1}), 422, "wrong_type", "inputs"),
        (json!({"inputs": []}), 422, "empty_list", "inputs"),
        (json!({"inputs": ["x", ""]}), 422, "empty_text", "inputs[1]"),
        (json!({"inputs": ["x", 1]}), 422, "wrong_type", "inputs[1]"),
        (
            json!({"inputs": ["x", [1], [1, 10]]}),
            400,
            "invalid_token",
            "inputs[2]",
        ),
        (
            json!({"inputs": [[1], [-1]]}),
            400,
            "invalid_token",
            "inputs[1][0]",
        ),
        (json!({"inputs": [10]}), 400, "invalid_token", "inputs"),
        (
            json!({"inputs": "x", "dimensions": 3}),
            400,
            "invalid_dimensions",
            "dimensions",
        ),
        (
            json!({"inputs": "x", "dimensions": "one"}),
            422,
            "wrong_type",
            "dimensions",
        ),
        (
            json!({"inputs": "x", "normalize": 2}),
            422,
            "wrong_type",
            "normalize",
        ),
        (
            json!({"inputs": "x", "prompt_name": "no"}),
            422,
            "invalid_value",
            "prompt_name",
        ),
        (
            json!({"inputs": long, "truncate": false}),
            422,
            "too_many_tokens",
            "inputs",
        ),
        (
            json!({"inputs": ["x", long], "truncate": false}),
            422,
            "too_many_tokens",
            "inputs[1]",
        ),
        (
            json!({"inputs": "x", "model": "other"}),
            404,
            "model_not_found",
            "model",
        ),
    ];
    for (request, status, code, field) in cases {
        for path in ["/embed", "/"] {
            let (got, reply) = server.post(path, request.to_string()).await;
            let error = &reply["error"];
            assert_eq!(
                (got, error["code"].as_str(), error["field"].as_str()),
                (status, Some(code), Some(field)),
                "{path} {request}: {reply}"
            );
            assert_eq!(reply["status"], "error");
        }
    }
}

#[tokio::test]
async fn tokens_have_places() {
    let server = Server::start().await;
    let first = json!({"id": 0, "text": "^", "special": true, "start": null, "stop": null});
    let token = |id: u32, text: &str, start: usize, stop: usize| json!({"id": id, "text": text, "special": false, "start": start, "stop": stop});
    let cases = [
        (
            json!({"inputs": "x今y"}),
            json!([[
                first,
                token(120, "x", 0, 1),
                token(20170, "今", 1, 4),
                token(121, "y", 4, 5)
            ]]),
        ),
        (
            json!({"inputs": ["x", "y"], "add_special_tokens": false, "truncate": true}),
            json!([[token(120, "x", 0, 1)], [token(121, "y", 0, 1)]]),
        ),
    ];
    for (request, reply) in cases {
        let got = server.post("/tokenize", request.to_string()).await;
        assert_eq!(got, (200, reply), "{request}");
    }
    for (request, status, code, field) in [
        (json!({"inputs": [1]}), 422, "wrong_type", "inputs[0]"),
        (
            json!({"inputs": "x", "prompt_name": "no"}),
            422,
            "invalid_value",
            "prompt_name",
        ),
        (
            json!({"inputs": "x", "add_special_tokens": "yes"}),
            422,
            "wrong_type",
            "add_special_tokens",
        ),
    ] {
        let (got, reply) = server.post("/tokenize", request.to_string()).await;
        let error = &reply["error"];
        assert_eq!(
            (got, error["code"].as_str(), error["field"].as_str()),
            (status, Some(code), Some(field)),
            "{request}: {reply}"
        );
    }
}

#[tokio::test]
async fn what_is_split_at_once_is_bounded() {
    let limits = Limits {
        queue_tokens: 100,
        characters: 50,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let body = |count: usize| json!({"inputs": vec!["x".repeat(50); count]}).to_string();
    assert_eq!(server.post("/tokenize", body(2)).await.0, 200);
    let (status, reply) = server.post("/tokenize", body(3)).await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (413, Some("text_too_long"))
    );
}

#[tokio::test]
async fn tells_about_itself() {
    let server = Server::start().await;
    let info = json!({
        "model_id": "fake", "model_sha": null, "model_dtype": "float32", "served_model_name": "fake",
        "model_type": {"embedding": {"pooling": "mean"}}, "max_concurrent_requests": 1_000_000, "max_input_length": 16,
        "max_batch_tokens": 1_000_000, "max_batch_requests": null, "max_client_batch_size": 10_000, "auto_truncate": true,
        "tokenization_workers": 1, "version": env!("CARGO_PKG_VERSION"), "sha": null, "docker_label": null,
        "dimension": 2, "layers": 1, "precision": "f32", "kernel": "none", "threads": 1, "weight_bytes": 8,
        "calibrated": false, "default_prompt": "", "prompts": {"none": "", "up": "y"},
    });
    assert_eq!(server.get("/info").await, (200, info));
}

/// TEI takes texts and token ids in one list.
#[tokio::test]
async fn texts_and_token_ids_may_be_mixed() {
    let server = Server::start().await;
    for (inputs, expected) in [
        (
            json!(["x", [1, 2], "y"]),
            json!([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]),
        ),
        (json!([[1, 2], "x"]), json!([[0.6, 0.8], [1.0, 0.0]])),
    ] {
        for path in ["/embed", "/"] {
            let body = json!({"inputs": inputs}).to_string();
            let (status, reply) = server.post(path, body).await;
            assert_eq!(status, 200, "{reply}");
            assert_eq!(rounded(&reply), expected, "{path} {inputs}");
        }
        let body = json!({"input": inputs}).to_string();
        let (status, reply) = server.post("/v1/embeddings", body).await;
        assert_eq!(status, 200, "{reply}");
        let vectors: Vec<_> = reply["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["embedding"].clone())
            .collect();
        assert_eq!(rounded(&json!(vectors)), expected, "{inputs}");
    }
}

/// Vectors in tenths.
fn rounded(vectors: &Value) -> Value {
    let number = |x: &Value| json!((x.as_f64().unwrap() * 10.0).round() / 10.0);
    let vector =
        |vector: &Value| -> Value { vector.as_array().unwrap().iter().map(number).collect() };
    vectors.as_array().unwrap().iter().map(vector).collect()
}

fn json_request(server: &Server, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let request = server.request("POST", path);
    let request = request.header("content-type", "application/json");
    request.body(body.to_string())
}

/// The shapes of other services have no place for it, so a header says how many texts were cut.
#[tokio::test]
async fn no_route_cuts_a_text_in_silence() {
    let server = Server::start().await;
    let long = "y".repeat(17);
    for (path, body) in [
        ("/v1/embeddings", json!({"input": [long, "x"]})),
        ("/embed", json!({"inputs": [long, "x"]})),
        ("/rerank", json!({"query": "x", "texts": [long]})),
        ("/v1/rerank", json!({"query": "x", "documents": [long]})),
        ("/v1/score", json!({"text_1": "x", "text_2": long})),
        ("/matrix", json!({"a": ["x", long]})),
        (
            "/similarity",
            json!({"sentence_a": "x", "sentence_b": long}),
        ),
    ] {
        let request = json_request(&server, path, &body);
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 200, "{path}");
        assert_eq!(reply.headers()["x-truncated"], "1", "{path}");
    }
    let request = json_request(&server, "/embed", &json!({"inputs": "x"}));
    let reply = request.send().await.unwrap();
    assert!(!reply.headers().contains_key("x-truncated"));
}
