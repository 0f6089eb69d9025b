//! `yuyi serve`: the line on standard output, requests, and the end by a signal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/command.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{command, yuyi};

struct Server {
    process: Child,
    line: String,
    address: String,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut command = command();
        command
            .args(["serve", "--port", "0", "--json"])
            .args(arguments);
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let facts: Value = serde_json::from_str(&line).unwrap();
        let address = facts["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .to_owned();
        Self {
            process,
            line,
            address,
        }
    }

    fn post(&self, path: &str, body: &str) -> String {
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json"
        );
        self.send(&format!(
            "{head}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Waits for the end; exit code and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the server does not end"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut err = String::new();
        self.process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (self.process.wait().unwrap().code(), err)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must not leave its server behind; one that ended is gone already.
        let _ = self.process.kill();
    }
}

fn body(reply: &str) -> Value {
    serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn answers_the_pair_of_the_article() {
    let server = Server::start(&[]);
    let facts: Value = serde_json::from_str(&server.line).unwrap();
    assert_eq!(
        (&facts["model"], &facts["dimension"]),
        (&"e5-small-zh".into(), &384.into())
    );
    let request = json!({"sentence_a": "今天天气真不错", "sentence_b": "外面阳光明媚"});
    let reply = body(&server.post("/similarity", &request.to_string()));
    assert_eq!(
        (&reply["status"], &reply["sentence_a"]),
        (&"success".into(), &"今天天气真不错".into())
    );
    let similarity = reply["similarity"].as_f64().unwrap();
    assert!((0.5..1.0).contains(&similarity), "{reply}");
}

#[test]
fn finishes_what_it_accepted_when_told_to_stop() {
    for signal in ["TERM", "INT"] {
        let server = Server::start(&["--log", "info"]);
        let texts: Vec<String> = (0..400)
            .map(|i| format!("第{i}句：秘密的内容，不得进入日志。"))
            .collect();
        let request = json!({"input": texts, "encoding_format": "base64"}).to_string();
        let reply = std::thread::scope(|scope| {
            let reply = scope.spawn(|| server.post("/v1/embeddings", &request));
            std::thread::sleep(Duration::from_millis(150));
            server.signal(signal);
            reply.join().unwrap()
        });
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply:.200}");
        assert_eq!(body(&reply)["data"].as_array().unwrap().len(), 400);
        let (code, log) = server.end();
        assert_eq!(code, Some(0));
        assert!(
            log.contains("/v1/embeddings") && !log.contains("秘密"),
            "{log}"
        );
    }
}

#[test]
fn failures_end_with_code_one_and_say_why() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    let broken = yuyi(&[
        "serve",
        "--port",
        "0",
        "--model",
        folder.path().to_str().unwrap(),
    ]);
    assert_eq!((broken.code, broken.out.as_str()), (1, ""));
    assert!(
        broken.err.contains("cannot be loaded: ") && broken.err.contains("config.json"),
        "{broken:?}"
    );

    let unknown = yuyi(&["serve", "--port", "0", "--model", "no-such"]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.err.contains("Installed: e5-small-zh"),
        "{unknown:?}"
    );

    let server = Server::start(&[]);
    let port = server.address.rsplit(':').next().unwrap();
    let taken = yuyi(&["serve", "--port", port]);
    assert_eq!(taken.code, 1);
    let told = format!(
        "Cannot listen on 127.0.0.1:{port}, which another program uses. Stop that program, or choose another port with --port."
    );
    assert_eq!(taken.err.trim_end(), format!("yuyi: {told}"));

    assert_eq!(yuyi(&["serve", "--log", "a=b=c"]).code, 2);
    assert_eq!(yuyi(&["serve", "--max-body", "none"]).code, 2);
}
