//! Models with a calibration: every route that answers similarity maps the cosine through it, and says so.

use crate::support::{Fake, Server, app_of, options, source};
use serde_json::{Value, json};
use yuyi_server::{CacheOptions, Limits, serve};

/// 0.6, the cosine of `x` and `a`, is 0.25; that of `x` and `y` is 0.1.
const CALIBRATION: &str =
    r#"{"version": 1, "knots": [[-1, 0], [0, 0.1], [0.5, 0.2], [0.7, 0.3], [1, 1]]}"#;

async fn start() -> Server {
    let (caches, limits) = (CacheOptions::default(), Limits::default());
    Server::start_with(
        Fake::with_calibration(CALIBRATION),
        &caches,
        limits,
        options(),
    )
    .await
}

/// The number, to the digits that 32-bit vectors leave.
fn rounded(value: &Value) -> f64 {
    (value.as_f64().unwrap() * 1e6).round() / 1e6
}

#[tokio::test]
async fn similarity_goes_through_the_calibration_and_cosine_does_not() {
    let server = start().await;
    let post = async |path: &str, body: Value| {
        let (status, reply) = server.post(path, body.to_string()).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    };
    let pair = post("/similarity", json!({"sentence_a": "x", "sentence_b": "a"})).await;
    assert_eq!(pair["calibrated"], true);
    assert_eq!(
        (rounded(&pair["similarity"]), rounded(&pair["cosine"])),
        (0.25, 0.6)
    );
    let many = json!({"sentence_a": "x", "sentences": ["x", "a", "y", "-"]});
    let many = post("/similarity", many).await;
    let column = |name: &str| -> Vec<f64> {
        let results = many["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| rounded(&result[name]))
            .collect()
    };
    assert_eq!(column("similarity"), [1.0, 0.25, 0.1, 0.0]);
    assert_eq!(column("cosine"), [1.0, 0.6, 0.0, -1.0]);
    let matrix = post("/matrix", json!({"a": ["x"], "b": ["a"]})).await;
    assert_eq!(matrix["calibrated"], true);
    assert_eq!(rounded(&matrix["similarity"][0][0]), 0.25);
    assert_eq!(rounded(&matrix["cosine"][0][0]), 0.6);
    let query = json!({"query": "x", "documents": ["a"]});
    let ranked = post("/v1/rerank", query.clone()).await;
    assert_eq!(rounded(&ranked["results"][0]["relevance_score"]), 0.25);
    let mut raw = query;
    raw["raw_scores"] = true.into();
    let ranked = post("/v1/rerank", raw).await;
    assert_eq!(rounded(&ranked["results"][0]["relevance_score"]), 0.6);
    let inputs = json!({"inputs": {"source_sentence": "x", "sentences": ["a"]}});
    assert_eq!(rounded(&post("/similarity", inputs).await[0]), 0.6);
    let score = post("/v1/score", json!({"text_1": "x", "text_2": "a"})).await;
    assert_eq!(rounded(&score["data"][0]["score"]), 0.6);
}

#[tokio::test]
async fn the_model_says_that_it_is_calibrated() {
    let server = start().await;
    assert_eq!(server.get("/info").await.1["calibrated"], true);
    let models = server.get("/v1/models").await.1;
    assert_eq!(models["data"][0]["calibrated"], true);
}

#[tokio::test]
async fn a_broken_calibration_keeps_the_server_from_starting() {
    let broken = Fake::with_calibration(r#"{"version": 1, "knots": [[-1, 0], [0.5, 2], [1, 1]]}"#);
    let error = serve(app_of(source("fake", broken)), options(), |_| ()).await;
    let error = error.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.starts_with("fake/calibration.json: knots[1]: [0.5, 2] is out of range"),
        "{error}: {cause}"
    );
}
