//! `/v1/embeddings` and `/v1/models` over a real socket, whole replies compared.

use std::slice;

use crate::support::Server;
use serde_json::{Value, json};

fn reply(vectors: &[Value], tokens: usize) -> Value {
    let item = |(index, vector): (usize, &Value)| json!({"object": "embedding", "index": index, "embedding": vector});
    json!({
        "object": "list",
        "data": vectors.iter().enumerate().map(item).collect::<Vec<_>>(),
        "model": "fake",
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

#[tokio::test]
async fn answers_as_openai() {
    let server = Server::start().await;
    let (x, y, ids) = (json!([1.0, 0.0]), json!([0.0, 1.0]), json!([0.6, 0.8]));
    let cases = [
        (json!({"input": "xyz"}), reply(slice::from_ref(&x), 3)),
        (
            json!({"input": ["x", "y"], "model": "fake", "encoding_format": "float"}),
            reply(&[x.clone(), y.clone()], 2),
        ),
        (
            json!({"input": ["x", "x"], "user": "u", "whatever": [1]}),
            reply(&[x.clone(), x.clone()], 2),
        ),
        (
            json!({"input": "x", "encoding_format": "base64", "dimensions": null}),
            reply(&[json!("AACAPwAAAAA=")], 1),
        ),
        (
            json!({"input": "z", "dimensions": 1}),
            reply(&[json!([1.0])], 1),
        ),
        (json!({"input": [1, 2, 3]}), reply(slice::from_ref(&ids), 3)),
        (
            json!({"input": [[1, 2], [3]], "model": "alias"}),
            reply(&[ids.clone(), ids.clone()], 3),
        ),
    ];
    for (request, expected) in cases {
        for path in ["/v1/embeddings", "/embeddings"] {
            let (status, got) = server.post(path, request.to_string()).await;
            assert_eq!(status, 200, "{request}: {got}");
            assert_eq!(rounded(got), rounded(expected.clone()), "{request}");
        }
    }
}

/// As `/embed` takes it.
#[tokio::test]
async fn a_prompt_is_taken_by_its_name() {
    let server = Server::start().await;
    let (x, y) = (json!([1.0, 0.0]), json!([0.0, 1.0]));
    for (request, expected) in [
        (json!({"input": "x", "prompt_name": "up"}), &y),
        (json!({"input": "x", "prompt_name": "none"}), &x),
        (json!({"input": "x", "prompt_name": null}), &x),
        // A name says more than a side.
        (
            json!({"input": "x", "prompt_name": "up", "input_type": "document"}),
            &y,
        ),
    ] {
        let (status, got) = server.post("/v1/embeddings", request.to_string()).await;
        assert_eq!(status, 200, "{request}: {got}");
        assert_eq!(
            rounded(got["data"][0]["embedding"].clone()),
            rounded(expected.clone()),
            "{request}"
        );
    }
    let request = json!({"input": "x", "prompt_name": "no"}).to_string();
    let (status, got) = server.post("/v1/embeddings", request).await;
    assert_eq!(
        (status, &got["error"]["param"]),
        (422, &json!("prompt_name")),
        "{got}"
    );
}

/// Numbers as f32: 0.8 in a reply is the f32 next to it.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64().unwrap() as f32),
        Value::Array(list) => list.into_iter().map(rounded).collect(),
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, rounded(v))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn a_large_batch_is_split_inside_and_keeps_its_order() {
    let server = Server::start().await;
    let texts: Vec<String> = (0..3_000)
        .map(|i| {
            if i % 3 == 0 {
                "x".into()
            } else {
                format!("y{i}")
            }
        })
        .collect();
    let (status, reply) = server
        .post("/v1/embeddings", json!({"input": texts}).to_string())
        .await;
    assert_eq!(status, 200);
    let data = reply["data"].as_array().unwrap();
    assert_eq!(data.len(), 3_000);
    for (i, item) in data.iter().enumerate() {
        assert_eq!(item["index"], i);
        assert_eq!(item["embedding"][0], if i % 3 == 0 { 1.0 } else { 0.0 });
    }
}

#[tokio::test]
async fn errors_have_openais_shape() {
    let server = Server::start().await;
    let cases = [
        (json!({}), 422, "missing_field", json!("input")),
        (json!({"input": 1}), 422, "wrong_type", json!("input")),
        (json!({"input": []}), 422, "empty_list", json!("input")),
        (json!({"input": [[]]}), 422, "empty_list", json!("input[0]")),
        (
            json!({"input": ["x", ""]}),
            422,
            "empty_text",
            json!("input[1]"),
        ),
        (
            json!({"input": ["x", 1]}),
            422,
            "wrong_type",
            json!("input[1]"),
        ),
        (
            json!({"input": [1, "x"]}),
            422,
            "wrong_type",
            json!("input[1]"),
        ),
        (
            json!({"input": [1.5]}),
            422,
            "wrong_type",
            json!("input[0]"),
        ),
        (
            json!({"input": [-1]}),
            400,
            "invalid_token",
            json!("input[0]"),
        ),
        (json!({"input": [10]}), 400, "invalid_token", json!("input")),
        (
            json!({"input": [[1], [1, 10]]}),
            400,
            "invalid_token",
            json!("input[1]"),
        ),
        (
            json!({"input": "x", "dimensions": 3}),
            400,
            "invalid_dimensions",
            json!("dimensions"),
        ),
        (
            json!({"input": "x", "dimensions": 0}),
            400,
            "invalid_dimensions",
            json!("dimensions"),
        ),
        (
            json!({"input": "x", "dimensions": -1}),
            400,
            "invalid_dimensions",
            json!("dimensions"),
        ),
        (
            json!({"input": "x", "dimensions": 1.5}),
            400,
            "invalid_dimensions",
            json!("dimensions"),
        ),
        (
            json!({"input": "x", "dimensions": "one"}),
            422,
            "wrong_type",
            json!("dimensions"),
        ),
        (
            json!({"input": "x", "encoding_format": "hex"}),
            422,
            "invalid_value",
            json!("encoding_format"),
        ),
        (
            json!({"input": "x", "model": "other"}),
            404,
            "model_not_found",
            json!("model"),
        ),
    ];
    for (request, status, code, param) in cases {
        let (got, reply) = server.post("/v1/embeddings", request.to_string()).await;
        let message = reply["error"]["message"].clone();
        assert!(
            message.as_str().is_some_and(|m| m.len() > 10),
            "{request}: {reply}"
        );
        let error = json!({"message": message, "type": "invalid_request_error", "param": param, "code": code});
        assert_eq!((got, reply), (status, json!({"error": error})), "{request}");
    }
    let (status, reply) = server.get("/embeddings").await;
    assert_eq!(
        (status, &reply["error"]["type"]),
        (405, &json!("invalid_request_error"))
    );
}

#[tokio::test]
async fn lists_the_served_model() {
    let server = Server::start().await;
    let model = json!({
        "id": "fake", "object": "model", "created": 0, "owned_by": "yuyi", "kind": "embedding", "state": "loaded", "loaded": true, "calibrated": false,
        "dimension": 2, "max_tokens": 16, "weight_bytes": 8,
    });
    assert_eq!(
        server.get("/v1/models").await,
        (200, json!({"object": "list", "data": [model]}))
    );
}
