//! `yuyi serve --config`: what wins over what, and what is said about a file that is wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::{command, yuyi};
use tempfile::TempDir;

fn file(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yuyi.toml");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// The most texts that a server started by `command` takes, as it says when it is sent too many.
fn most_texts(mut command: Command) -> String {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let facts: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = facts["url"].as_str().unwrap().trim_start_matches("http://");
    let body = format!("{{\"input\": [{}\"x\"]}}", "\"x\", ".repeat(20));
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = "POST /v1/embeddings HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let limit = reply.split("it may have ").nth(1).unwrap();
    limit.split('.').next().unwrap().to_owned()
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let (_folder, path) = file("port = 0\njson = true\nmax-texts = 3\n");
    let with_file = || {
        let mut command = command();
        command.arg("serve").arg("--config").arg(&path);
        command
    };
    assert_eq!(most_texts(with_file()), "3");

    let mut variable = with_file();
    variable.env("YUYI_MAX_TEXTS", "4");
    assert_eq!(most_texts(variable), "4");

    let mut flag = with_file();
    flag.env("YUYI_MAX_TEXTS", "4").args(["--max-texts", "5"]);
    assert_eq!(most_texts(flag), "5");

    // The file itself may be named by a variable.
    let mut named = command();
    named.arg("serve").env("YUYI_CONFIG", &path);
    assert_eq!(most_texts(named), "3");
}

#[test]
fn a_wrong_file_is_told_with_its_place() {
    for (text, message) in [
        (
            "port = 0\nmax-text = 3\n",
            "2: There is no setting max-text. Did you mean max-texts?",
        ),
        (
            "queue-timeout = 'soon'",
            "1: queue-timeout: invalid value 'soon' for '--queue-timeout <SECONDS>': invalid digit found in string.",
        ),
        (
            "[server]\nport = 0",
            "1: There is no setting server. The settings are the flags of `yuyi serve --help`, without the dashes.",
        ),
    ] {
        let (_folder, path) = file(text);
        let run = yuyi(&["serve", "--config", path.to_str().unwrap()]);
        let expected = format!("yuyi: {}:{message}\n", path.display());
        assert_eq!((run.code, run.err), (2, expected), "{text}");
    }
    let run = yuyi(&["serve", "--config", "/nonexistent/yuyi.toml"]);
    assert_eq!(run.code, 2);
    let start = "yuyi: The configuration file /nonexistent/yuyi.toml cannot be read: No such file";
    assert!(run.err.starts_with(start), "{run:?}");
}

#[test]
fn help_shows_no_value_of_a_file() {
    let (_folder, path) = file("max-texts = 777\n");
    let run = yuyi(&["serve", "--config", path.to_str().unwrap(), "--help"]);
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("--max-texts") && !run.out.contains("777"),
        "{run:?}"
    );
}
