//! `notes` of `/similarity`: what a score does not show, over a real socket.

use crate::support::{MAX_TOKENS, Server};
use serde_json::{Value, json};

async fn post(server: &Server, body: Value) -> Value {
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(status, 200, "{body}: {reply}");
    reply
}

#[tokio::test]
async fn differences_are_named_beside_every_score() {
    let server = Server::start().await;
    let (a, b) = ("3月起可以随时取消", "5月起不可以随时取消");
    let expected = json!([
        {"kind": "number", "message": "The numbers differ: 3月 in A, 5月 in B.", "a": ["3月"], "b": ["5月"]},
        {"kind": "negation", "message": "Only B negates: 不.", "a": [], "b": ["不"]},
    ]);
    let one = post(
        &server,
        json!({"sentence_a": a, "sentence_b": b, "notes": true}),
    )
    .await;
    assert_eq!(one["notes"], expected);
    assert_eq!(one.get("explain"), None);
    assert_eq!(server.computed(), 2, "notes need no pass of the model");

    let pairs = json!([{"sentence_a": a, "sentence_b": ""}, {"sentence_a": a, "sentence_b": b}]);
    let many = post(&server, json!({"pairs": pairs, "notes": true})).await;
    assert_eq!(many["results"][0].get("notes"), None);
    assert_eq!(many["results"][1]["notes"], expected);
    let body = json!({"sentence_a": a, "sentences": [a, b], "notes": true});
    let to_many = post(&server, body).await;
    assert_eq!(to_many["results"][0]["notes"], json!([]));
    assert_eq!(to_many["results"][1]["notes"], expected);
}

#[tokio::test]
async fn what_was_not_read_or_understood_is_named() {
    let server = Server::start().await;
    let long = "天".repeat(MAX_TOKENS - 2) + "气好不好呢";
    let body = json!({"sentence_a": "龘龘的天气", "sentence_b": long, "notes": true});
    let notes = post(&server, body).await["notes"].take();
    let last = "天".repeat(8) + "气好";
    assert_eq!(
        notes[0],
        json!({
            "kind": "truncated",
            "message": format!("B is longer than the model reads; what follows “{last}” does not count."),
            "a": [],
            "b": [last],
        })
    );
    assert_eq!(
        notes[1],
        json!({"kind": "unknown", "message": "The model does not know 40 % of A: 龘.", "a": ["龘"], "b": []})
    );
    assert_eq!(notes.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_text_that_is_read_in_windows_is_not_said_to_be_cut() {
    let server = Server::start().await;
    let long = "龘".to_owned() + &"天".repeat(2 * MAX_TOKENS);
    let body =
        json!({"sentence_a": "天气", "sentence_b": long, "long_text": "mean", "notes": true});
    let reply = post(&server, body).await;
    assert_eq!(reply["truncated"], json!(false));
    let kinds: Vec<&Value> = (reply["notes"].as_array().unwrap().iter())
        .map(|note| &note["kind"])
        .collect();
    assert_eq!(kinds, ["unknown"]);
}
