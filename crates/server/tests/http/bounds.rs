//! What a request may cost: work in turns, memory from one budget, and an end when its client is gone.

use std::time::Duration;

use crate::support::Server;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use yuyi_server::Limits;

/// Longer than anything here takes, also where others use the machine.
const PATIENCE: Duration = Duration::from_secs(60);

async fn eventually(what: &str, is_true: impl Fn() -> bool) {
    let polling = async {
        while !is_true() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, polling).await.expect(what);
}

fn metric(text: &str, name: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{name} ")));
    line.unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

async fn metrics(server: &Server) -> String {
    let reply = server.request("GET", "/metrics").send().await.unwrap();
    reply.text().await.unwrap()
}

/// A request of which so much of the body was sent.
async fn stalled(server: &Server, announced: usize, sent: usize) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /embed HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; sent]).await.unwrap();
    stream
}

fn small() -> String {
    json!({"sentence_a": "x", "sentence_b": "y"}).to_string()
}

/// Two texts a pair that take seconds to compare letter by letter.
fn costly(pairs: usize, methods: Value) -> String {
    let text = |from: usize| -> String {
        let letter = |i: usize| char::from(b'a' + ((i * i + from * i) % 23) as u8);
        (from..from + 10_000).map(letter).collect()
    };
    let sentences: Vec<String> = (1..=pairs).map(text).collect();
    json!({"sentence_a": text(0), "sentences": sentences, "methods": methods}).to_string()
}

#[tokio::test]
async fn bodies_share_one_memory_and_give_it_back() {
    let server = Server::with_limits(Limits {
        request_memory: 1 << 20,
        ..Limits::default()
    })
    .await;
    let slow = stalled(&server, 800_000, 700_000).await;
    eventually("the body is held", || {
        server.app.request_memory() >= 700_000
    })
    .await;
    let shown = metrics(&server).await;
    assert!(metric(&shown, "yuyi_request_memory_bytes") >= 700_000.0);
    assert_eq!(
        metric(&shown, "yuyi_request_memory_limit_bytes"),
        f64::from(1 << 20)
    );

    let large = json!({"inputs": "x".repeat(90_000), "unknown": " ".repeat(300_000)}).to_string();
    let post = || {
        let request = server.request("POST", "/embed");
        let request = request.header("content-type", "application/json");
        request.body(large.clone()).send()
    };
    let refused = post().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    let reply: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(reply["error"]["code"], "memory_full");
    // Who asks for little is answered meanwhile.
    assert_eq!(server.post("/similarity", small()).await.0, 200);

    drop(slow);
    eventually("what it held is free", || server.app.request_memory() == 0).await;
    // Its body and what is read of it fit.
    assert_eq!(post().await.unwrap().status(), 200);
    eventually("all is free", || server.app.request_memory() == 0).await;
    // What is larger than all of it need not come again.
    let (status, reply) = server.post("/embed", " ".repeat(950_000)).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (413, &json!("body_too_large"))
    );
}

#[tokio::test]
async fn what_is_read_counts_and_the_wrong_kind_is_refused_early() {
    let server = Server::start().await;
    // A value of one character takes tens of bytes.
    for item in [r#"{"":0}"#, "[]", r#"{"a":{}}"#] {
        let body = format!("[{}0]", format!("{item},").repeat(900_000));
        for route in ["/embed", "/similarity", "/v1/rerank"] {
            let (status, reply) = server.post(route, body.clone()).await;
            assert_eq!(status, 413, "{route} {item}");
            assert_eq!(reply["error"]["code"], "body_too_large");
        }
    }
    // As many as there may be texts.
    let pairs = vec![json!({"sentence_a": "x", "sentence_b": "y"}); 5_000];
    let (status, reply) = server
        .post("/similarity", json!({"pairs": pairs}).to_string())
        .await;
    assert_eq!(
        (status, reply["results"].as_array().unwrap().len()),
        (200, 5_000)
    );
    eventually("all is free", || server.app.request_memory() == 0).await;
}

#[tokio::test]
async fn an_answer_is_held_until_it_is_taken() {
    let server = Server::start().await;
    let texts = vec!["x".repeat(3_000); 5_000];
    let body = json!({"sentence_a": "y", "sentences": texts}).to_string();
    let send = || async {
        let request = server.request("POST", "/similarity");
        let request = request.header("content-type", "application/json");
        request.body(body.clone()).send().await.unwrap()
    };
    let unread: Response = send().await;
    let announced = unread.content_length().unwrap();
    assert!(announced > 15_000_000, "{announced}");
    // What the system's buffers took is not held.
    assert!(server.app.request_memory() > 5_000_000);
    drop(unread);
    eventually("what nobody takes is free", || {
        server.app.request_memory() == 0
    })
    .await;
    let taken = send().await.bytes().await.unwrap();
    assert_eq!(taken.len() as u64, announced);
    let reply: Value = serde_json::from_slice(&taken).unwrap();
    assert_eq!(reply["results"][4_999]["sentence"], texts[0]);
    eventually("what was taken is free", || {
        server.app.request_memory() == 0
    })
    .await;
    assert_eq!(server.app.errands().errands, 0);
}

#[tokio::test]
async fn a_matrix_is_computed_in_turns_as_it_is_taken() {
    let server = Server::start().await;
    let texts: Vec<String> = (0..700)
        .map(|i| format!("{}{i}", ["x", "y", "-"][i % 3]))
        .collect();
    let request = server.request("POST", "/matrix");
    let request = request.header("content-type", "application/json");
    let reply = request
        .body(json!({"a": texts}).to_string())
        .send()
        .await
        .unwrap();
    // Nobody has taken it yet, and so it is not computed.
    eventually("it waits", || server.app.errands().turns > 0).await;
    assert_eq!(server.app.errands().errands, 1);
    let reply: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
    for (name, opposite) in [("similarity", 0.0), ("cosine", -1.0)] {
        let rows = reply[name].as_array().unwrap();
        assert_eq!(rows.len(), 700);
        assert!(rows.iter().all(|row| row.as_array().unwrap().len() == 700));
        assert_eq!(
            (&rows[699][0], &rows[0][2]),
            (&json!(1.0), &json!(opposite))
        );
    }
    // A part of 64 KiB is a turn, at least.
    let bytes = reply.to_string().len();
    assert!(server.app.errands().turns as usize >= bytes / (128 << 10));
    eventually("it is done", || server.app.errands().errands == 0).await;
}

#[tokio::test]
async fn tokens_of_many_texts_are_one_document() {
    let server = Server::start().await;
    let texts = ["\"字".repeat(5_000), "z".to_owned(), "字".repeat(90_000)];
    let body = json!({"inputs": texts, "add_special_tokens": false}).to_string();
    let (status, reply) = server.post("/tokenize", body).await;
    assert_eq!(status, 200);
    for (tokens, text) in reply.as_array().unwrap().iter().zip(&texts) {
        assert_eq!(tokens.as_array().unwrap().len(), text.chars().count());
    }
    let last =
        json!({"id": 0x5b57, "text": "字", "special": false, "start": 19_997 , "stop": 20_000});
    assert_eq!(reply[0][9_999], last);
    assert!(
        server.app.errands().turns > 3,
        "it is split and written in turns"
    );
    eventually("all is free", || server.app.request_memory() == 0).await;
}

#[tokio::test]
async fn what_costs_too_much_is_refused_before_anything_is_computed() {
    let server = Server::start().await;
    let body = costly(1_500, json!(["edit", "tfidf", "tfidf_words"]));
    let (status, reply) = server.post("/similarity", body).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (413, &json!("too_much_work")),
        "{reply}"
    );
    assert_eq!(server.computed(), 0);
    assert_eq!(server.app.errands().errands, 0);
}

#[tokio::test]
async fn work_ends_when_its_client_is_gone() {
    let server = Server::start().await;
    let request = server.request("POST", "/similarity");
    let request = request.header("content-type", "application/json");
    let sending = tokio::spawn(request.body(costly(900, json!(["edit", "edit"]))).send());
    // Reading the body is the first of its turns.
    eventually("it runs", || server.app.errands().turns > 10).await;
    let left = server.app.errands().rest;
    assert!(left > Duration::from_secs(5), "{left:?}");
    // Others have theirs between its turns.
    let texts = vec!["x".repeat(1_000); 100];
    let body = json!({"a": ["x"], "b": texts, "unknown": null}).to_string();
    assert_eq!(server.post("/matrix", body).await.0, 422);
    sending.abort();
    eventually("it ends", || server.app.errands().errands == 0).await;
    eventually("what it held is free", || server.app.request_memory() == 0).await;
    let turns = server.app.errands().turns;
    sleep(Duration::from_millis(50)).await;
    assert_eq!(server.app.errands().turns, turns);
}

#[tokio::test]
async fn an_explanation_embeds_few_texts_and_reads_what_the_model_reads() {
    let server = Server::start().await;
    let long = "不3月5号发货…".repeat(11_000);
    let body = json!({"sentence_a": long, "sentence_b": long.replace('5', "6"), "explain": true});
    let (status, reply) = server.post("/similarity", body.to_string()).await;
    assert_eq!(status, 200);
    // The model reads sixteen characters of each. The score takes two texts, and so does finding the words.
    let computed = server.computed();
    assert!((5..=2 + 26).contains(&computed), "{computed} texts");
    let explain = &reply["explain"];
    let end = explain["a"].as_array().unwrap().last().unwrap()["end"]
        .as_u64()
        .unwrap();
    assert!(end <= 16);
    let kinds: Vec<&str> = explain["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| note["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["number", "truncated", "truncated"]);
}

/// A name is compared, cut up and looked up by the threads that answer, so it has a length.
#[tokio::test]
async fn names_have_a_length() {
    let server = Server::start().await;
    let long = "a/".repeat(600);
    let pair = json!({"sentence_a": "x", "sentence_b": "y"});
    let with = |body: &Value, field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let inputs = json!({"inputs": "x"});
    for (path, body, field) in [
        ("/similarity", with(&pair, "model", json!(long)), "model"),
        (
            "/similarity",
            with(&pair, "long_text", json!(long)),
            "long_text",
        ),
        (
            "/similarity",
            with(&pair, "methods", json!([long])),
            "methods[0]",
        ),
        (
            "/v1/embeddings",
            json!({"input": "x", "model": long}),
            "model",
        ),
        (
            "/v1/embeddings",
            json!({"input": "x", "encoding_format": long}),
            "encoding_format",
        ),
        ("/embed", with(&inputs, "model", json!(long)), "model"),
        (
            "/embed",
            with(&inputs, "prompt_name", json!(long)),
            "prompt_name",
        ),
        ("/v1/models/load", json!({"model": long}), "model"),
    ] {
        let (status, reply) = server.post(path, body.to_string()).await;
        let error = &reply["error"];
        assert_eq!(
            (status, &error["code"]),
            (422, &json!("invalid_value")),
            "{path} {field}"
        );
        let place = error.get("field").or(error.get("param")).unwrap();
        assert_eq!(place, field, "{path}");
    }
    let (status, reply) = server
        .post("/api/embed", json!({"model": long}).to_string())
        .await;
    assert_eq!(status, 422, "{reply}");
    // As long as a name may be.
    let (status, _) = server
        .post(
            "/similarity",
            with(&pair, "model", json!("a".repeat(1_000))).to_string(),
        )
        .await;
    assert_eq!(status, 404);
}

/// What is not asked for may be large, and is gone through while others are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn large_documents_hold_up_nobody() {
    let server = Server::start().await;
    let fields: String = (0..200_000).map(|i| format!("\"k{i}\":0,")).collect();
    let pair = r#""sentence_a":"x","sentence_b":"y""#;
    let (status, reply) = server
        .post("/similarity", format!("{{{fields}{pair}}}"))
        .await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (422, &json!("unknown_field"))
    );
    let (status, _) = server
        .post("/v1/embeddings", format!("{{{fields}\"input\":\"x\"}}"))
        .await;
    assert_eq!(status, 200);
    let (status, reply) = server
        .post("/similarity", format!("{{{fields}\"sentence_a\":\"x\"}}"))
        .await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (422, &json!("missing_field"))
    );
}

/// Texts in which each part looks like the beginning of something that the rest would have to tell.
#[tokio::test]
async fn texts_that_are_made_to_take_long_take_a_moment() {
    let server = Server::start().await;
    let began = std::time::Instant::now();
    for text in ["那个", "，、", "我，", "1 ", "〔；", "<v a>"] {
        let text = text.repeat(15_000);
        let body = json!({"texts": [text, "x"]}).to_string();
        let (status, reply) = server.post("/v1/dedup", body).await;
        assert_eq!(status, 200, "{reply}");
    }
    let cue = "1\n00:00:01,000 --> 00:00:02,000\n";
    for minutes in [
        "1".repeat(90_000),
        format!("甲：x\n{}", "转写\n".repeat(9_000)),
        format!("x{}〕", "〔与第 1 条相近（0.9），x；".repeat(3_000)),
        format!("{cue}{}", "<b ".repeat(30_000)),
        format!(
            "WEBVTT\n\n00:01.000 --> 00:02.000\n{}",
            "<v x>y".repeat(9_000)
        ),
    ] {
        let request = server.request("POST", "/v1/dedup");
        let request = request.header("content-type", "text/plain").body(minutes);
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 200, "{}", reply.text().await.unwrap());
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
}
