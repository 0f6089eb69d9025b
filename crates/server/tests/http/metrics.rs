//! `/metrics`, and where the time of a request went.

use std::collections::BTreeMap;

use crate::support::{Fake, Server, options};
use yuyi_server::{CacheOptions, Limits};

/// Samples by name and labels.
async fn metrics(server: &Server) -> BTreeMap<String, f64> {
    let reply = server.request("GET", "/metrics").send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(reply.headers()["content-type"], kind);
    let text = reply.text().await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    samples.map(sample).collect()
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let caches = CacheOptions {
        memory_bytes: 1 << 20,
        ..CacheOptions::default()
    };
    let model = Fake::with_fingerprint([7; 16]);
    let server = Server::start_with(model, &caches, Limits::default(), options()).await;
    // The cache is used once the model's fingerprint is known.
    while !server.get("/v1/models").await.1["data"][0]["fingerprint"].is_string() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let pair = r#"{"sentence_a":"x","sentence_b":"y"}"#;
    assert_eq!(server.post("/similarity", pair).await.0, 200);
    assert_eq!(server.post("/similarity", pair).await.0, 200);
    assert_eq!(server.post("/similarity", "{").await.0, 400);
    for path in ["/made-up/1", "/made-up/2"] {
        assert_eq!(server.get(path).await.0, 404);
    }
    let odd = server.request("MADEUP", "/similarity").send().await;
    assert_eq!(odd.unwrap().status(), 405);
    let metrics = metrics(&server).await;
    let count = |route: &str, method: &str, status: u16| {
        metrics[&format!(
            "yuyi_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}}"
        )]
    };
    assert_eq!(count("/similarity", "POST", 200), 2.0);
    assert_eq!(count("/similarity", "POST", 400), 1.0);
    assert_eq!(count("/similarity", "other", 405), 1.0);
    assert_eq!(count("other", "GET", 404), 2.0);
    assert!(!metrics.keys().any(|name| name.contains("made")));

    let total = "yuyi_request_duration_seconds_count{route=\"/similarity\"}";
    assert_eq!(metrics[total], 4.0);
    // The second pair was in the cache.
    assert_eq!(metrics["yuyi_compute_seconds_count"], 1.0);
    assert_eq!(metrics["yuyi_batch_texts_sum"], 2.0);
    assert_eq!(
        metrics["yuyi_batch_tokens_sum"], 2.0,
        "of what was computed"
    );
    assert_eq!(metrics["yuyi_batch_tokens_bucket{le=\"8\"}"], 1.0);
    assert_eq!(metrics["yuyi_tokens_total"], 4.0);
    assert_eq!(metrics["yuyi_cache_hits_total{tier=\"memory\"}"], 2.0);
    assert_eq!(metrics["yuyi_cache_misses_total{tier=\"memory\"}"], 2.0);
    assert_eq!(metrics["yuyi_requests_in_flight"], 1.0, "this one");
    assert_eq!(metrics["yuyi_queue_requests"], 0.0);
    assert_eq!(metrics["yuyi_model_loaded{model=\"fake\"}"], 1.0);
    #[cfg(target_os = "linux")]
    assert!(metrics["process_resident_memory_bytes"] > 1e6);
}

#[tokio::test]
async fn a_reply_says_where_its_time_went() {
    let server = Server::start().await;
    let slow = r#"{"sentence_a":"x sleep","sentence_b":"y"}"#;
    let request = server.request("POST", "/similarity").body(slow);
    let request = request.header("content-type", "application/json");
    let reply = request.send().await.unwrap();
    let header = reply.headers()["server-timing"]
        .to_str()
        .unwrap()
        .to_owned();
    let steps: BTreeMap<&str, f64> = header
        .split(", ")
        .map(|step| step.split_once(";dur=").unwrap())
        .map(|(name, time)| (name, time.parse().unwrap()))
        .collect();
    let names: Vec<&str> = steps.keys().copied().collect();
    assert_eq!(names, ["compute", "queue", "tokenize", "total"]);
    assert!(steps["total"] >= 600.0, "{header}");
    assert!(
        steps["queue"] + steps["tokenize"] + steps["compute"] <= steps["total"],
        "{header}"
    );
}
