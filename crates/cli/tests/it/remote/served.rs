//! A server whose models compute elsewhere.

use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::{Value, json};

use super::PAIR;
use crate::stand_in::{Reply, StandIn, failure};
use crate::support::server::{Server, body, status};

fn similarity(model: &str) -> String {
    let [a, b] = PAIR;
    json!({"sentence_a": a, "sentence_b": b, "model": model}).to_string()
}

/// What a text is to others is told from one yuyi to the next.
#[test]
fn another_yuyi_reads_texts_by_their_sides() {
    let there = Server::start(&[]);
    let far = format!("remote:http://{}/v1#e5-small-zh", there.address);
    let here = Server::start(&["--model", &far]);
    let vector = |server: &Server, model: &str, side: &str| {
        let request =
            json!({"input": ["如何退货"], "model": model, "input_type": side}).to_string();
        let reply = server.ask("POST", "/v1/embeddings", &request).done();
        let numbers = reply["data"][0]["embedding"].as_array().unwrap().clone();
        let numbers = numbers.iter().map(|number| number.as_f64().unwrap());
        numbers.collect::<Vec<f64>>()
    };
    let differ = |a: &[f64], b: &[f64]| {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let [query, passage] = ["query", "passage"].map(|side| vector(&here, &far, side));
    assert!(differ(&query, &passage) > 1e-3);
    for (side, found) in [("query", query), ("passage", passage)] {
        let own = vector(&there, "e5-small-zh", side);
        assert!(differ(&own, &found) < 1e-6, "{side}");
    }
}

/// Monitors poll it: nobody is paid for that, and none of what nobody tells is a zero.
#[test]
fn what_is_told_of_a_server_costs_no_call() {
    let provider = StandIn::new();
    let far = format!("remote:http://{}/v1#m", provider.address);
    let server = Server::start(&["--model", &far]);
    let info = || server.ask("GET", "/info", "").done();
    let told = info();
    let facts = ["dimension", "layers", "threads", "weight_bytes"];
    for fact in facts.into_iter().chain(["max_input_length"]) {
        assert_eq!(told[fact], Value::Null, "{fact}: {told}");
    }
    assert_eq!(
        (&told["model_id"], &told["kernel"]),
        (&json!(far), &json!("none"))
    );
    assert_eq!(told["tokenization_workers"], 1);
    assert!(provider.calls().is_empty());
    let request = json!({"input": "好", "model": far}).to_string();
    server.ask("POST", "/v1/embeddings", &request).done();
    let told = info();
    assert_eq!(
        (&told["dimension"], &told["layers"]),
        (&json!(4), &Value::Null)
    );
    let list = server.ask("GET", "/v1/models", "").done();
    let model = &list["data"][0];
    assert_eq!(
        (&model["id"], &model["dimension"]),
        (&json!(far), &json!(4))
    );
    assert_eq!(model["weight_bytes"], Value::Null, "{model}");
    // Where the name says it, nobody need be asked.
    let known = Server::start(&["--model", &provider.unknown("dimension=4")]);
    assert_eq!(known.ask("GET", "/info", "").done()["dimension"], 4);
}

/// As somebody who knows the provider would write it. A name that means two models is nobody's short one.
#[test]
fn a_model_is_called_without_what_stands_around_its_name() {
    let provider = StandIn::new();
    let far = provider.unknown("dimension=4");
    let settings = |batch: u32| {
        let dimension = "dimension=4";
        let place = format!("url=http://{}/v2&key=A_KEY", provider.address);
        format!("remote:dashscope/m?{place}&{dimension}&batch={batch}")
    };
    let twice = [1, 2].map(settings);
    let [first, second] = &twice;
    let arguments: [&str; 8] = [
        "--model",
        "e5-small-zh",
        "--model",
        &far,
        "--model",
        first,
        "--model",
        second,
    ];
    let mut command = crate::support::command();
    command
        .args(["serve", "--port", "0", "--json"])
        .args(arguments)
        .env("A_KEY", "k");
    let server = Server::run(command);
    let short = far.strip_prefix("remote:").unwrap();
    let bare = short.split_once('?').unwrap().0;
    for name in [&far[..], short, bare, first, &first["remote:".len()..]] {
        let reply = server.post_with("/similarity", "", &similarity(name));
        assert_eq!(status(&reply), 200, "{name}: {reply}");
    }
    for name in ["dashscope/m", "http://127.0.0.1:1/v1#m", "m"] {
        let reply = server.post_with("/similarity", "", &similarity(name));
        assert_eq!(status(&reply), 404, "{name}: {reply}");
    }
}

/// An order, not a time: the pair of the local model is answered while the provider still holds its call.
#[test]
fn a_provider_that_hangs_holds_up_nobody_else() {
    let (release, held) = channel::<()>();
    let held = std::sync::Mutex::new(held);
    let provider = StandIn::of(move |_, _| {
        let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(60));
        Reply::Vectors
    });
    let slow = provider.unknown("dimension=4");
    let server = Server::start(&["--model", "e5-small-zh", "--model", &slow]);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| server.post_with("/similarity", "", &similarity(&slow)));
        while provider.calls().is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        for _ in 0..3 {
            let reply = server.post_with("/similarity", "", &similarity("e5-small-zh"));
            assert_eq!(status(&reply), 200, "{reply}");
            assert!(!waits.is_finished());
        }
        release.send(()).unwrap();
        let reply = waits.join().unwrap();
        assert_eq!(status(&reply), 200, "{reply}");
    });
}

#[test]
fn a_server_tells_failures_caches_vectors_and_counts() {
    let provider = StandIn::of(|_, call| match call.texts[0].as_str() {
        "忙" => Reply::Status(
            429,
            Some("40"),
            failure("rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        ),
        "拒" => Reply::Status(
            401,
            None,
            failure("invalid_api_key", "Incorrect API key provided."),
        ),
        "坏" => Reply::Status(
            400,
            None,
            failure("data_inspection_failed", "Inappropriate content."),
        ),
        _ => Reply::Vectors,
    });
    let model = provider.unknown("dimension=4");
    let server = Server::start(&["--model", &model, "--served-model-name", "far"]);
    let ask = |text: &str| {
        let request = json!({"model": "far", "input": [text], "input_type": "query"}).to_string();
        server.ask("POST", "/v1/embeddings", &request)
    };
    let vectors = ask("好").done();
    assert_eq!(vectors["data"][0]["embedding"].as_array().unwrap().len(), 4);
    assert_eq!(vectors["usage"]["prompt_tokens"], 1);
    let before = provider.calls().len();
    ask("好").done();
    assert_eq!(provider.calls().len(), before, "it is in the cache");
    for (text, status, code, message) in [
        ("拒", 502, "provider_failed", "Incorrect API key provided"),
        ("坏", 422, "invalid_value", "does not take a text"),
        (
            "忙",
            503,
            "model_unavailable",
            "asks to be asked less often",
        ),
    ] {
        let reply = ask(text);
        assert_eq!(reply.status, status, "{reply:?}");
        let error = &reply.json()["error"];
        assert_eq!(error["code"], code);
        assert!(
            error["message"].as_str().unwrap().contains(message),
            "{error}"
        );
        if status == 503 {
            let seconds = reply.head.split("retry-after: ").nth(1).unwrap();
            let seconds: u32 = seconds.split('\r').next().unwrap().parse().unwrap();
            assert!((30..=40).contains(&seconds), "{reply:?}");
        }
    }
    let metrics = server.get("/metrics");
    for line in [
        "yuyi_remote_calls_total{model=\"",
        "yuyi_remote_tokens_total{model=\"",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    let value = |name: &str| -> f64 {
        let line = metrics.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(value("yuyi_remote_calls_total{"), 4.0);
    assert_eq!(value("yuyi_remote_tokens_total{"), 1.0);
    let models = body(&server.get("/v1/models"));
    let listed = models["data"].as_array().unwrap();
    let there = listed
        .iter()
        .find(|entry| entry["id"] == model.as_str())
        .unwrap();
    assert_eq!(
        (&there["dimension"], &there["max_tokens"]),
        (&json!(4), &Value::Null)
    );
}

/// Where nobody tells how long the vectors are, the first request finds out, and what the provider says then is said to its client.
#[test]
fn a_refusal_of_the_first_call_is_told() {
    for (reply, status, code, wait) in [
        (401, 502, "provider_failed", None),
        (429, 503, "model_unavailable", Some("3600")),
    ] {
        let provider = StandIn::of(move |_, _| {
            Reply::Status(reply, wait, failure("x", "Incorrect API key provided."))
        });
        let model = provider.unknown("");
        let server = Server::start(&["--model", "e5-small-zh", "--model", &model]);
        let request = json!({"model": model, "input": ["好"]}).to_string();
        let answer = server.ask("POST", "/v1/embeddings", &request);
        assert_eq!(answer.status, status, "{answer:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("Incorrect API key provided"), "{error}");
        if status == 503 {
            let seconds = answer.head.split("retry-after: ").nth(1).unwrap();
            let seconds: u32 = seconds.split('\r').next().unwrap().parse().unwrap();
            assert!((3_590..=3_600).contains(&seconds), "{answer:?}");
        }
        let models = server.ask("GET", "/v1/models", "").done();
        let listed = models["data"].as_array().unwrap();
        let there = listed.iter().find(|entry| entry["id"] == model.as_str());
        let problem = there.unwrap()["problem"].as_str().unwrap();
        assert!(problem.contains("Incorrect API key provided"), "{problem}");
    }
}

/// A request with many texts goes in calls of as many as the provider takes, and what was not sent is not when its client goes.
#[test]
fn a_client_that_goes_is_not_paid_for() {
    let provider = StandIn::of(|_, _| Reply::Late(Duration::from_millis(300)));
    let model = provider.unknown("dimension=4&batch=1");
    let server = Server::start(&["--model", &model]);
    let texts: Vec<String> = (0..400).map(|i| format!("文本{i}")).collect();
    let request = json!({"input": texts}).to_string();
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/embeddings HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    use std::io::Write;
    stream.write_all((head + &request).as_bytes()).unwrap();
    while provider.calls().len() < 4 {
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(stream);
    std::thread::sleep(Duration::from_secs(6));
    let then = provider.calls().len();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(provider.calls().len(), then);
    assert!(
        then < 400 && provider.calls().iter().all(|call| call.texts.len() == 1),
        "{then}"
    );
}
