//! The log of `yuyi serve` when nobody reads it, and at the end.

use std::io::{BufRead, BufReader};

use crate::support::server::{Server, status};
use serde_json::Value;

/// Requests whose lines are more than a pipe and the backlog hold: 4 MB.
const REQUESTS: usize = 500;

fn long_path(i: usize) -> String {
    format!("/{i}-{}", "x".repeat(8_000))
}

#[test]
fn a_log_that_nobody_reads_holds_up_nothing() {
    let mut server = Server::start(&["--log-format", "json"]);
    let stderr = server.process.stderr.take().unwrap();
    for i in 0..REQUESTS {
        assert_eq!(status(&server.get(&long_path(i))), 404);
    }
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
    let requests = lines.iter().filter(|line| line["message"] == "request");
    let written = requests.count();
    let lost: u64 = lines.iter().filter_map(|line| line["lines"].as_u64()).sum();
    assert!(lost > 0, "everything found room");
    // The one more is the last request.
    assert_eq!(written as u64 + lost, REQUESTS as u64 + 1);
    let end = lines.last().unwrap()["message"].as_str().unwrap();
    assert!(end.starts_with("shutting down"), "{end}");
}

#[test]
fn a_server_ends_though_nobody_reads_its_log() {
    let server = Server::start(&[]);
    for i in 0..REQUESTS {
        assert_eq!(status(&server.get(&long_path(i))), 404);
    }
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
