//! Keys of `yuyi serve` that change while it runs, and what its log may tell.

use std::time::{Duration, Instant};

use crate::support::server::{Server, body, status};
use crate::support::{command, yuyi};

const PAIR: &str = r#"{"sentence_a": "今天天气真不错", "sentence_b": "外面阳光明媚"}"#;

fn ask(server: &Server, key: &str) -> u16 {
    let header = format!("authorization: Bearer {key}\r\n");
    status(&server.post_with("/similarity", &header, PAIR))
}

/// Waits until the key is answered with the status.
fn becomes(server: &Server, key: &str, expected: u16) {
    let started = Instant::now();
    while ask(server, key) != expected {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "{key} does not become {expected}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_key_file_is_read_again_on_hangup() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "old-key\n").unwrap();
    let server = Server::start(&[
        "--api-key-file",
        file.to_str().unwrap(),
        "--api-key",
        "fixed-key",
    ]);
    assert_eq!(
        (ask(&server, "old-key"), ask(&server, "new-key")),
        (200, 401)
    );

    std::fs::write(&file, "# turned over\nnew-key\n").unwrap();
    server.signal("HUP");
    becomes(&server, "new-key", 200);
    assert_eq!(
        (ask(&server, "old-key"), ask(&server, "fixed-key")),
        (401, 200)
    );

    std::fs::write(&file, "newer-key\nnot a key\n").unwrap();
    server.signal("HUP");
    // Another signal ends it, so that the log can be read to its end.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        (ask(&server, "new-key"), ask(&server, "newer-key")),
        (200, 401)
    );
    server.signal("TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    let told = format!("Line 2 of {} is no key", file.display());
    assert!(
        log.contains(&told) && log.contains("The keys from before stay in force."),
        "{log}"
    );
    for secret in ["old-key", "new-key", "newer-key", "fixed-key", "not a key"] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }
}

/// Whoever opened the pipe would wait for a writer, and the server with it.
#[test]
fn a_pipe_in_place_of_the_key_file_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "old-key\n").unwrap();
    let server = Server::start(&["--api-key-file", file.to_str().unwrap()]);
    assert_eq!(ask(&server, "old-key"), 200);
    std::fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status();
    assert!(made.unwrap().success());
    server.signal("HUP");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!((ask(&server, "old-key"), ask(&server, "x")), (200, 401));
    server.signal("TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    let told = format!(
        "The key file {} cannot be read: it is no plain file.",
        file.display()
    );
    assert!(log.contains(&told), "{log}");
}

#[test]
fn wrong_keys_end_the_start_and_are_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, "# no key yet\n").unwrap();
    let file = file.to_str().unwrap();
    for (flags, told) in [
        (["--api-key-file", file], "has no key. Write one a line."),
        (
            ["--api-key-file", "/nonexistent"],
            "The key file /nonexistent cannot be read: No such file",
        ),
        (["--api-key", "top secret"], "API key 1 is no key"),
        (["--admin-key", ""], "The admin key is no key"),
        (
            ["--cors-origin", "shop.example"],
            "\"shop.example\" is no origin.",
        ),
        (["--base-path", "tools"], "\"tools\" is no base path."),
        (
            ["--rate-limit", "0"],
            "invalid value '0' for '--rate-limit <N>'",
        ),
    ] {
        let run = yuyi(&["serve", "--port", "0", flags[0], flags[1]]);
        assert!(
            run.code == 2 && run.err.contains(told),
            "{flags:?}: {run:?}"
        );
        assert!(!run.err.contains("secret"), "{run:?}");
    }
}

#[test]
fn help_does_not_show_the_keys_of_the_environment() {
    let mut help = command();
    help.args(["serve", "--help"]);
    help.env("YUYI_API_KEY", "hidden-one")
        .env("YUYI_ADMIN_KEY", "hidden-two");
    let output = help.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("YUYI_ADMIN_KEY") && !text.contains("hidden"),
        "{text}"
    );
}

#[test]
fn a_published_server_without_a_key_is_warned_of() {
    const WARNING: &str = "published without a key";
    for (flags, warned) in [
        (&["--host", "0.0.0.0"][..], true),
        (&["--host", "0.0.0.0", "--api-key", "some-key"], false),
        (&[], false),
    ] {
        let server = Server::start(flags);
        server.signal("TERM");
        let (_, log) = server.end();
        assert_eq!(log.contains(WARNING), warned, "{flags:?}: {log}");
    }
}

#[test]
fn texts_are_in_the_log_only_when_asked_for() {
    let secret = "绝密的合同条款";
    let requests = [
        (
            "/similarity",
            format!(r#"{{"sentence_a": "{secret}", "sentence_b": "y"}}"#),
        ),
        ("/v1/embeddings", format!(r#"{{"input": "{secret}"}}"#)),
        ("/similarity", format!(r#"{{"sentence_a": "{secret}""#)),
        (
            "/similarity",
            format!(r#"{{"sentence_a": ["{secret}"], "{secret}": 1}}"#),
        ),
    ];
    for (flags, expected) in [
        (&["--log", "trace"][..], 0),
        (&["--log", "trace,yuyi_server::texts=trace"], 0),
        (&["--log-texts"], 2),
        (
            &["--log-texts", "--log-format", "json", "--log", "error"],
            2,
        ),
    ] {
        let server = Server::start(flags);
        // Read while it is written: of a full pipe lines would be lost.
        let mut process = server;
        let mut stderr = process.process.stderr.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut log = String::new();
            std::io::Read::read_to_string(&mut stderr, &mut log).unwrap();
            log
        });
        for (path, request) in &requests {
            process.post_with(path, "x-request-id: the-request\r\n", request);
        }
        process.signal("TERM");
        process.process.wait().unwrap();
        let log = reader.join().unwrap();
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(secret)).collect();
        assert_eq!(lines.len(), expected, "{flags:?}: {log:.2000}");
        assert!(
            lines.iter().all(|line| line.contains("the-request")),
            "{lines:?}"
        );
        if flags.contains(&"json") {
            for line in log.lines() {
                let entry: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(
                    entry["timestamp"].is_string() && entry["level"].is_string(),
                    "{line}"
                );
            }
        }
    }
}

#[test]
fn the_admin_key_opens_the_other_routes_too() {
    let server = Server::start(&["--api-key", "user-key", "--admin-key", "root-key"]);
    for (key, expected) in [("user-key", 200), ("root-key", 200), ("other-key", 401)] {
        assert_eq!(ask(&server, key), expected, "{key}");
    }
    let refused = server.post_with("/similarity", "", PAIR);
    assert_eq!(body(&refused)["error"]["code"], "missing_key");
}
