//! Loading, waiting, and clients that go away.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::support::{Fake, Server, app_of, options, read, source_with};
use reqwest::Client;
use serde_json::json;
use tokio::time::{sleep, timeout};
use yuyi_server::{Limits, ListenOptions, ServeError, serve};

const PAIR: &str = r#"{"sentence_a":"x","sentence_b":"y"}"#;
const SLOW: &str = r#"{"sentence_a":"x sleep","sentence_b":"y"}"#;

#[tokio::test]
async fn is_alive_but_not_ready_while_the_model_loads() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (finish, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let app = app_of(source_with("fake", move || {
        wait.lock().unwrap().recv().unwrap();
        Ok(Arc::new(Fake::new(Arc::default())))
    }));
    let options = ListenOptions { port, ..options() };
    let served = app.clone();
    tokio::spawn(async move { serve(served, options, |_| {}).await.unwrap() });
    let url = format!("http://127.0.0.1:{port}");
    let server = Server {
        url,
        client: Client::new(),
        computed: Arc::default(),
        app,
    };
    wait_for_listener(&server).await;

    assert_eq!(server.get("/livez").await.0, 200);
    for path in ["/readyz", "/health"] {
        let response = server.request("GET", path).send().await.unwrap();
        assert_eq!(response.headers()["retry-after"], "1");
        let message = "The model fake is still being loaded. Try again in a moment.";
        let expected = json!({"status": "error", "error": {"code": "loading", "message": message}});
        assert_eq!(read(response).await, (503, expected));
    }
    let (status, reply) = server.post("/similarity", PAIR).await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (503, Some("loading"))
    );
    let (_, models) = server.get("/v1/models").await;
    assert_eq!(models["data"][0]["loaded"], false);

    finish.send(()).unwrap();
    while server.get("/readyz").await.0 != 200 {
        sleep(Duration::from_millis(10)).await;
    }
    let version = env!("CARGO_PKG_VERSION");
    let ready = json!({"status": "ready", "model": "fake", "version": version});
    assert_eq!(server.get("/readyz").await, (200, ready));
    assert_eq!(server.post("/similarity", PAIR).await.0, 200);
}

async fn wait_for_listener(server: &Server) {
    for _ in 0..500 {
        if server.request("GET", "/livez").send().await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("no listener");
}

#[tokio::test]
async fn a_model_that_does_not_load_ends_the_server() {
    let app = app_of(source_with("fake", || Err("no weights".into())));
    let ended = serve(app, options(), |_| {}).await;
    let Err(error @ ServeError::Load { .. }) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(error.to_string(), "The model fake cannot be loaded");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "no weights"
    );
}

#[tokio::test]
async fn waiting_has_an_end() {
    let limits = Limits {
        queue_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let first = server.post("/similarity", SLOW);
    let second = async {
        sleep(Duration::from_millis(100)).await;
        let request = server
            .request("POST", "/similarity")
            .header("content-type", "application/json");
        // Texts of its own: one that is being computed already would be waited for.
        let pair = r#"{"sentence_a":"x late","sentence_b":"y late"}"#;
        request.body(pair).send().await.unwrap()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.0, 200);
    assert_eq!(
        second.headers()["retry-after"],
        "1",
        "nothing is known of its speed"
    );
    let (status, reply) = read(second).await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (503, Some("queue_timeout"))
    );
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let server = Server::with_limits(Limits {
        queue_tokens: 8,
        ..Limits::default()
    })
    .await;
    let first = server.post("/similarity", SLOW);
    let second = async {
        sleep(Duration::from_millis(200)).await;
        let request = server
            .request("POST", "/v1/embeddings")
            .header("content-type", "application/json");
        request.body(r#"{"input": "x"}"#).send().await.unwrap()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(
        first.0, 200,
        "an empty queue takes what is larger than itself"
    );
    assert_eq!(second.headers()["retry-after"], "1");
    let (status, reply) = read(second).await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (429, Some("queue_full"))
    );
    assert_eq!(reply["error"]["type"], "rate_limit_error");
}

/// What one request brings beyond the queue is its own to wait for.
#[tokio::test]
async fn a_request_that_is_larger_than_the_queue_keeps_out_no_pair() {
    let limits = Limits {
        queue_tokens: 600,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    // A batch takes 0.7 seconds and has room for some thirty of these.
    let body = |name: &str| {
        let texts = (0..200).map(|i| format!("sleep {name} {i} 文本文本"));
        serde_json::json!({"input": texts.collect::<Vec<_>>()}).to_string()
    };
    let large = server.post("/v1/embeddings", body("first"));
    let others = async {
        while server.app.queue_depth().requests == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let (status, _) = server.post("/v1/embeddings", body("second")).await;
        assert_eq!(status, 429, "it would wait for all of the first");
        let (status, _) = server.post("/similarity", PAIR).await;
        assert_eq!(status, 200);
        assert_eq!(server.app.queue_depth().requests, 1, "the first goes on");
    };
    let (large, ()) = tokio::join!(large, others);
    assert_eq!(large.0, 200);
}

#[tokio::test]
async fn a_client_that_went_away_costs_nothing() {
    let server = Server::start().await;
    // Whoever has gone cannot be told from who only ended its half, and is worked for two seconds longer.
    let slow = server.post(
        "/similarity",
        r#"{"sentence_a":"x long sleep","sentence_b":"y"}"#,
    );
    let gone = async {
        sleep(Duration::from_millis(100)).await;
        let request = server
            .request("POST", "/similarity")
            .header("content-type", "application/json");
        let abandoned = timeout(Duration::from_millis(200), request.body(PAIR).send()).await;
        assert!(abandoned.is_err());
    };
    tokio::join!(slow, gone);
    assert_eq!(server.post("/similarity", PAIR).await.0, 200);
    assert_eq!(
        server.computed(),
        4,
        "two texts each of the first and the last request"
    );
}

#[tokio::test]
async fn a_server_that_drains_says_so() {
    let server = Server::start().await;
    server.app.lifecycle().drain();
    assert_eq!(server.get("/livez").await.0, 200);
    for path in ["/readyz", "/health"] {
        let (status, reply) = server.get(path).await;
        assert_eq!(
            (status, reply["error"]["code"].as_str()),
            (503, Some("draining"))
        );
    }
    let (status, reply) = server.post("/similarity", PAIR).await;
    assert_eq!(
        (status, reply["error"]["code"].as_str()),
        (503, Some("draining"))
    );
}

#[tokio::test]
async fn connections_over_the_ceiling_wait() {
    let server = Server::with(
        Limits::default(),
        ListenOptions {
            connections: 1,
            ..options()
        },
    )
    .await;
    let address = server.url.trim_start_matches("http://").to_owned();
    // Sends nothing, so it is closed after the time-out for heads, half a second.
    let _first = tokio::net::TcpStream::connect(address).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let started = std::time::Instant::now();
    assert_eq!(server.get("/livez").await.0, 200);
    assert!(
        started.elapsed() > Duration::from_millis(200),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn connections_outlive_the_time_for_heads_but_not_idleness() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let server = Server::start().await;
    let address = server.url.trim_start_matches("http://");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut reply = [0; 4096];
    for _ in 0..2 {
        stream
            .write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let n = stream.read(&mut reply).await.unwrap();
        assert!(reply[..n].starts_with(b"HTTP/1.1 200 "));
        // Longer than a head may take, shorter than a connection may be idle.
        sleep(Duration::from_millis(700)).await;
    }
    let closed = timeout(Duration::from_secs(3), stream.read(&mut reply)).await;
    assert_eq!(closed.expect("closed when idle too long").unwrap(), 0);

    let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let n = slow.read(&mut reply).await.unwrap();
    assert!(reply[..n].starts_with(b"HTTP/1.1 200 "));
    slow.write_all(b"GET /livez HT").await.unwrap();
    let started = std::time::Instant::now();
    assert_eq!(
        timeout(Duration::from_secs(3), slow.read(&mut reply))
            .await
            .unwrap()
            .unwrap(),
        0
    );
    assert!(
        started.elapsed() < Duration::from_millis(900),
        "a head has less time than an idle connection"
    );
}

/// `Retry-After` says when the queue will be done, by the speed of what was computed.
#[tokio::test]
async fn a_full_queue_says_when_to_come_again() {
    let limits = Limits {
        queue_tokens: 300,
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    // Some twenty tokens in 0.7 seconds.
    assert_eq!(server.post("/similarity", SLOW).await.0, 200);
    let texts: Vec<String> = (0..40)
        .map(|i| format!("sleep {i} 文本文本文本文本"))
        .collect();
    let large = serde_json::json!({"input": texts}).to_string();
    let large = server.post("/v1/embeddings", large);
    let others: Vec<String> = texts.iter().map(|text| format!("{text}?")).collect();
    let others = serde_json::json!({"input": others}).to_string();
    let refused = async {
        while server.app.queue_depth().requests == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let request = server.request("POST", "/v1/embeddings");
        let request = request.header("content-type", "application/json");
        request.body(others).send().await.unwrap()
    };
    let (large, refused) = tokio::join!(large, refused);
    assert_eq!(large.0, 200);
    let wait: u32 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((5..=60).contains(&wait), "{wait}");
    let (status, reply) = read(refused).await;
    let told = format!("Too much work is waiting. Try again in {wait} seconds.");
    assert_eq!(status, 429);
    assert_eq!(reply["error"]["message"], told);
}
