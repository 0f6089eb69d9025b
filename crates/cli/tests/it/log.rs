//! The log of `yuyi serve` when nobody reads it, and at the end.

use std::io::{BufRead, BufReader, Read, Write};

use crate::support::server::{Server, status};
use serde_json::Value;

/// Requests whose lines are more than a pipe and the backlog hold: 8 MB.
const REQUESTS: usize = 500;

/// Asks for what makes a line of 8 KB in the log with `--log-texts`, and a short one.
fn ask(server: &Server) {
    let text = "x".repeat(8_000);
    let body = format!(r#"{{"sentence_a":"{text}","sentence_b":"{text}"}}"#);
    assert_eq!(status(&server.post_with("/similarity", "", &body)), 200);
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let mut server = Server::start(&["--log-format", "json", "--log-texts"]);
    let stderr = server.process.stderr.take().unwrap();
    (0..REQUESTS).for_each(|_| ask(&server));
    // Now somebody reads, and the log goes on.
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(stderr).lines();
        lines
            .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
            .collect::<Vec<Value>>()
    });
    let caught_up = || {
        let last = format!("/last-{}", std::process::id());
        assert_eq!(status(&server.get(&last)), 404);
        server.signal("TERM");
    };
    std::thread::sleep(std::time::Duration::from_millis(500));
    caught_up();
    assert_eq!(server.process.wait().unwrap().code(), Some(0));
    let lines = reader.join().unwrap();
    let of_requests = ["request", "texts of a request"].map(Value::from);
    let requests = lines
        .iter()
        .filter(|line| of_requests.contains(&line["message"]));
    let written = requests.count();
    let lost: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
    assert!(lost > 0, "everything found room");
    // The one more is the last request.
    assert_eq!(written as u64 + lost, 2 * REQUESTS as u64 + 1);
    let end = lines.last().unwrap()["message"].as_str().unwrap();
    assert!(end.starts_with("shutting down"), "{end}");
}

#[test]
fn a_server_ends_though_nobody_reads_its_log() {
    let server = Server::start(&["--log-texts"]);
    (0..REQUESTS).for_each(|_| ask(&server));
    server.signal("TERM");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn the_last_lines_are_written() {
    for _ in 0..5 {
        let server = Server::start(&[]);
        server.signal("TERM");
        let (code, log) = server.end();
        assert_eq!(code, Some(0));
        assert!(log.contains("shutting down"), "{log}");
    }
}

#[test]
fn lines_hold_little_of_what_clients_make_up() {
    let server = Server::start(&[]);
    let path = format!("/{}%1b[31m", "x".repeat(20_000));
    assert_eq!(status(&server.get(&path)), 404);
    let method = "M".repeat(10_000);
    let mut stream = server.connect();
    let head = format!("{method} / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert_eq!(status(&reply), 405);
    server.signal("TERM");
    let (_, log) = server.end();
    let longest = log.lines().map(str::len).max();
    assert!(log.contains("xxxx") && log.contains("MMMM"), "{log}");
    assert!(longest < Some(1_000), "{longest:?}");
}

#[test]
fn a_client_that_sends_token_ids_is_warned_of_once() {
    let server = Server::start(&[]);
    for body in [r#"{"input": [[5, 6], [7]]}"#, r#"{"input": [8]}"#] {
        for path in ["/v1/embeddings", "/embeddings"] {
            assert_eq!(status(&server.post_with(path, "", body)), 200);
        }
    }
    server.signal("TERM");
    let (_, log) = server.end();
    assert_eq!(
        log.matches("check_embedding_ctx_length=False").count(),
        1,
        "{log}"
    );
    assert!(log.contains("127.0.0.1"), "{log}");

    let server = Server::start(&[]);
    let texts = r#"{"input": ["今天天气真不错", {"text": "外面阳光明媚"}]}"#;
    assert_eq!(status(&server.post_with("/v1/embeddings", "", texts)), 200);
    server.signal("TERM");
    let (_, log) = server.end();
    assert!(!log.contains("check_embedding_ctx_length"), "{log}");
}
