//! What comes over the wire that no client library sends, and gzip.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::support::{Server, options};
use flate2::read::GzDecoder;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use yuyi_server::{Limits, ListenOptions};

const BODY: &str = r#"{"sentence_a":"x","sentence_b":"x"}"#;

async fn connect(server: &Server) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// What is answered until the server closes the connection.
async fn answer(server: &Server, request: &str) -> String {
    let mut stream = connect(server).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut reply));
    read.await.expect("the server closes").unwrap();
    reply
}

#[tokio::test]
async fn doubtful_heads_are_refused_and_the_connection_closed() {
    let server = Server::start().await;
    let chunked = format!("transfer-encoding: gzip, chunked\r\n\r\n23\r\n{BODY}\r\n0\r\n\r\n");
    let post = "POST /similarity HTTP/1.1\r\ncontent-type: application/json\r\n";
    for request in [
        "GET /livez HTTP/1.1\r\n\r\n".to_owned(),
        "GET /v1/models HTTP/1.1\r\n\r\n".to_owned(),
        "GET /nowhere HTTP/1.1\r\nhost: a\r\nHost: b\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n".to_owned(),
        format!("{post}host: a\r\n{chunked}"),
        format!("{post}host: a\r\ntransfer-encoding: chunked\r\n{chunked}"),
        // A line feed alone ends no line.
        "GET /livez HTTP/1.1\nhost: a\n\n".to_owned(),
        "GET /livez HTTP/1.1\r\nhost: a\r\nx: y\nz: w\r\n\r\n".to_owned(),
        "GET /livez HTTP/1.1\r\nhost: a\r\n\n".to_owned(),
        "\nGET /livez HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        format!("{post}host: a\r\ncontent-length: 35\n\r\n{BODY}"),
    ] {
        let reply = answer(&server, &request).await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{request}: {reply}");
        assert!(
            reply.contains("\"code\":\"invalid_request\""),
            "{request}: {reply}"
        );
        assert!(reply.contains("connection: close"), "{request}: {reply}");
    }
    assert_eq!(server.computed(), 0);
    // Nor in a head that stands behind another request, whose body has some.
    let lines = BODY.replace(',', ",\n");
    for (first, second) in [
        (format!("content-length: 36\r\n\r\n{lines}"), ""),
        (
            format!("transfer-encoding: chunked\r\n\r\n24\r\n{lines}\r\n0\r\n\r\n"),
            "",
        ),
        (format!("content-length: 36\r\n\r\n{lines}"), "x: y\n"),
    ] {
        let next = format!("GET /livez HTTP/1.1\r\nhost: a\r\n{second}connection: close\r\n\r\n");
        let reply = answer(&server, &format!("{post}host: a\r\n{first}{next}")).await;
        let refused = reply.contains("HTTP/1.1 400 ");
        assert_eq!(refused, !second.is_empty(), "{first}{next}: {reply}");
        let answered = reply.matches("HTTP/1.1 200 ").count();
        assert!(refused || answered == 2, "{first}{next}: {reply}");
    }
    // HTTP/1.0 knows no Host, and an empty one is no mistake.
    for request in [
        "GET /livez HTTP/1.0\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n",
    ] {
        let reply = answer(&server, request).await;
        assert!(reply.contains(" 200 OK"), "{request}: {reply}");
    }
}

/// What is wrong with a body is told by its name.
#[tokio::test]
async fn bad_chunks_are_no_bad_json() {
    let server = Server::start().await;
    let head = "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    for chunks in ["xyz\r\n{}\r\n0\r\n\r\n", "2\r\n{}}}\r\n0\r\n\r\n", "-1\r\n"] {
        let reply = answer(&server, &format!("{head}{chunks}")).await;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{chunks}: {reply}");
        assert!(reply.contains("\"code\":\"invalid_request\""), "{reply}");
        assert!(reply.contains("not in chunks"), "{reply}");
    }
}

/// A server none of whose time-outs ends a connection during the test.
async fn patient() -> Server {
    let options = ListenOptions {
        idle_timeout: Duration::from_secs(60),
        send_timeout: Duration::from_secs(60),
        ..options()
    };
    Server::with(Limits::default(), options).await
}

#[tokio::test]
async fn a_client_that_ends_its_half_has_its_answer() {
    let server = patient().await;
    let slow = r#"{"sentence_a":"sleep","sentence_b":"x"}"#;
    for (path, body, found) in [
        ("/similarity", BODY, "\"similarity\":1.0"),
        ("/similarity", slow, "\"similarity\":0.6"),
        (
            "/v1/embeddings",
            r#"{"input":"x"}"#,
            "\"embedding\":[1.0,0.0]",
        ),
        ("/similarity", "{", "\"code\":\"invalid_json\""),
        ("/nowhere", "{}", "\"code\":\"not_found\""),
    ] {
        let length = body.len();
        let head = "host: a\r\ncontent-type: application/json\r\n";
        for request in [
            format!("POST {path} HTTP/1.1\r\n{head}content-length: {length}\r\n\r\n{body}"),
            format!(
                "POST {path} HTTP/1.1\r\n{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
            ),
        ] {
            let mut stream = connect(&server).await;
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            let mut reply = String::new();
            let read = timeout(Duration::from_secs(10), stream.read_to_string(&mut reply));
            read.await.expect("the server closes").unwrap();
            assert!(reply.contains(found), "{request}: {reply}");
        }
    }
}

#[tokio::test]
async fn a_large_answer_is_sent_to_its_end_to_a_client_that_ended_its_half() {
    let server = patient().await;
    let texts = vec!["x".repeat(3_000); 2_000];
    let body = serde_json::json!({"sentence_a": "y", "sentences": texts}).to_string();
    let length = body.len();
    let mut stream = connect(&server).await;
    let head = format!(
        "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut reply = Vec::new();
    let started = Instant::now();
    // Longer than what is worked on would be waited for.
    while started.elapsed() < Duration::from_secs(3) {
        let mut some = vec![0; 64 << 10];
        let read = stream.read(&mut some).await.unwrap();
        reply.extend_from_slice(&some[..read]);
        sleep(Duration::from_millis(100)).await;
    }
    stream.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(
        head.contains("content-length: ") || body.ends_with("0\r\n\r\n"),
        "{head}"
    );
    assert_eq!(body.matches("\"sentence\":").count(), texts.len());
    assert!(
        body.trim_end().trim_end_matches("\r\n0").ends_with('}'),
        "it was cut off"
    );
}

#[tokio::test]
async fn the_work_of_a_client_that_has_gone_is_given_up() {
    let server = Server::start().await;
    // The first one is computed for 0.7 s; those behind it wait, and go with their clients.
    let mut streams = Vec::new();
    for i in 0..8 {
        let body = format!(r#"{{"sentence_a":"sleep {i}","sentence_b":"x"}}"#);
        let length = body.len();
        let head = format!(
            "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        let mut stream = connect(&server).await;
        stream.write_all((head + &body).as_bytes()).await.unwrap();
        streams.push(stream);
        sleep(Duration::from_millis(20)).await;
    }
    drop(streams);
    let emptied = async {
        while server.app.queue_depth().requests > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(6), emptied)
        .await
        .expect("the queue is empty");
}

async fn embed(server: &Server, texts: usize, accepts: Option<&str>) -> (Option<String>, Vec<u8>) {
    let input = vec!["x"; texts];
    let mut request = server
        .request("POST", "/v1/embeddings")
        .header("content-type", "application/json");
    if let Some(accepts) = accepts {
        request = request.header("accept-encoding", accepts);
    }
    let body = serde_json::json!({"input": input}).to_string();
    let reply = request.body(body).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let coding = reply.headers().get("content-encoding");
    let coding = coding.map(|coding| coding.to_str().unwrap().to_owned());
    (coding, reply.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_ask() {
    let server = Server::start().await;
    let (coding, plain) = embed(&server, 1_000, None).await;
    assert_eq!(coding, None);
    let (coding, packed) = embed(&server, 1_000, Some("gzip, deflate, br")).await;
    assert_eq!(coding.as_deref(), Some("gzip"));
    assert!(
        packed.len() < plain.len() / 2,
        "{} of {}",
        packed.len(),
        plain.len()
    );
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed[..])
        .read_to_end(&mut unpacked)
        .unwrap();
    let document = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    assert_eq!(document(&unpacked), document(&plain));
    for accepts in ["identity", "br", "gzip;q=0"] {
        assert_eq!(
            embed(&server, 1_000, Some(accepts)).await.0,
            None,
            "{accepts}"
        );
    }
    assert_eq!(
        embed(&server, 1, Some("gzip")).await.0,
        None,
        "not worth it"
    );
    // Failures keep their body, the page its tag.
    let page = server
        .request("GET", "/docs")
        .header("accept-encoding", "gzip");
    let page = page.send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers().contains_key("etag")),
        (200, true)
    );
}

/// What is sent in parts while it is written ends where it ends, also compressed.
#[tokio::test]
async fn long_answers_in_parts_are_compressed_to_their_end() {
    let server = Server::start().await;
    let texts: Vec<String> = (0..120).map(|i| format!("第 {i} 条")).collect();
    for (path, body) in [
        ("/matrix", serde_json::json!({"a": texts})),
        (
            "/v1/dedup",
            serde_json::json!({"texts": vec!["这一句话说了很多次"; 3_000], "mode": "all"}),
        ),
    ] {
        let send = async |accepts: &str| {
            let request = server
                .request("POST", path)
                .header("accept-encoding", accepts);
            let request = request.header("content-type", "application/json");
            let reply = request.body(body.to_string()).send().await.unwrap();
            assert_eq!(reply.status(), 200, "{path}");
            reply.bytes().await.expect(path)
        };
        let plain = send("identity").await;
        assert!(plain.len() > 64 << 10, "{path}: {}", plain.len());
        let mut unpacked = Vec::new();
        let packed = send("gzip").await;
        GzDecoder::new(&packed[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        let document = |bytes: &[u8]| {
            let mut value = serde_json::from_slice::<Value>(bytes).unwrap();
            // Times differ.
            value
                .as_object_mut()
                .and_then(|object| object.remove("usage"));
            value
        };
        assert_eq!(document(&unpacked), document(&plain), "{path}");
    }
}

#[tokio::test]
async fn encodings_and_character_sets_are_read_in_any_spelling() {
    let server = Server::start().await;
    for (name, value, status) in [
        ("content-encoding", "Identity", 200),
        ("content-encoding", "IDENTITY", 200),
        ("content-encoding", "", 200),
        ("content-encoding", "gzip", 415),
        ("content-encoding", "identity, gzip", 415),
        ("content-type", "application/json; charset=\"UTF-8\"", 200),
        ("content-type", "application/json;charset=utf8", 200),
        ("content-type", "application/json; Charset=Utf_8", 200),
        ("content-type", "application/json; charset=us-ascii", 200),
        ("content-type", "application/json; charset=\"GBK\"", 415),
        ("content-type", "application/json; charset=utf-16le", 415),
    ] {
        let mut request = server.request("POST", "/similarity").header(name, value);
        if name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let reply = request.body(BODY).send().await.unwrap();
        assert_eq!(reply.status().as_u16(), status, "{name}: {value}");
        if status == 415 {
            let text = reply.text().await.unwrap();
            let named = value.rsplit(['=', ' ']).next().unwrap().trim_matches('"');
            assert!(
                text.to_lowercase().contains(&named.to_lowercase()),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn messages_repeat_little_and_nothing_that_moves_a_cursor() {
    let server = Server::start().await;
    let long = "\u{1b}[31m字".repeat(100_000);
    for (path, body) in [
        (
            "/similarity",
            serde_json::json!({"sentence_a": "x", "sentence_b": "y", (long.clone()): 1}),
        ),
        ("/similarity", serde_json::json!({(long.clone()): 1})),
        (
            "/similarity",
            serde_json::json!({"sentence_a": "x", "sentence_b": "y", "model": long}),
        ),
        (
            "/similarity",
            serde_json::json!({"sentence_a": "x", "sentence_b": "y", "long_text": long}),
        ),
        (
            "/matrix",
            serde_json::json!({"a": ["x"], (long.clone()): 1}),
        ),
        (
            "/embed",
            serde_json::json!({"inputs": "x", "prompt_name": long}),
        ),
        (
            "/v1/embeddings",
            serde_json::json!({"input": "x", "encoding_format": long}),
        ),
        (
            "/v1/embeddings",
            serde_json::json!({"input": "x", "model": long}),
        ),
        (
            "/v2/embed",
            serde_json::json!({"texts": ["x"], "embedding_types": [long]}),
        ),
        (
            "/v1/rerank",
            serde_json::json!({"query": "x", "documents": [{}], "rank_fields": [long]}),
        ),
    ] {
        let (status, reply) = server.post(path, body.to_string()).await;
        assert!((400..500).contains(&status), "{path}: {status}");
        let error = &reply["error"];
        for text in [&error["message"], &error["field"], &error["param"]] {
            let text = text.as_str().unwrap_or_default();
            assert!(text.chars().count() < 3_000, "{path}: {text}");
            assert!(!text.contains('\u{1b}'), "{path}: {text}");
        }
    }
    let twice = format!(r#"{{"{0}":1,"{0}":1}}"#, "a".repeat(100_000));
    let (status, reply) = server.post("/similarity", twice).await;
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(status == 400 && message.len() < 1_000, "{status} {message}");
    let path = format!("/{}", "a".repeat(10_000));
    let (status, reply) = server.get(&path).await;
    let message = reply["error"]["message"].as_str().unwrap();
    assert!(status == 404 && message.len() < 1_000, "{status} {message}");
}
