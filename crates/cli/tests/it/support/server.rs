//! Runs `yuyi serve` as a process and talks to it over plain sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::command;

/// A server that answers.
pub struct Server {
    pub process: Child,
    /// What it wrote about itself.
    pub line: String,
    /// Host and port.
    pub address: String,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Self {
        let mut command = command();
        command
            .args(["serve", "--port", "0", "--json"])
            .args(arguments);
        Self::run(command)
    }

    pub fn run(mut command: Command) -> Self {
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
        let address = facts["url"].as_str().unwrap();
        let address = address.trim_start_matches("http://").to_owned();
        Self {
            process,
            line,
            address,
        }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream
    }

    /// Posts JSON with further header lines; the whole reply.
    pub fn post_with(&self, path: &str, headers: &str, body: &str) -> String {
        let mut stream = self.connect();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// The whole reply to a GET.
    pub fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Sends a request with a body, which may be empty.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Reply {
        self.ask_with(method, path, "application/json", body)
    }

    /// The same, of another type.
    pub fn ask_with(&self, method: &str, path: &str, kind: &str, body: &str) -> Reply {
        self.send(method, path, kind, body.as_bytes())
    }

    /// The same, with a body that need not be text.
    pub fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Reply {
        let mut stream = self.connect();
        let length = body.len();
        // To HTTP 1.0 bodies are sent as they are.
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        Reply::read(&reply)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end; exit code and standard error.
    pub fn end(mut self) -> (Option<i32>, String) {
        let started = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "the server does not end"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut err = String::new();
        let mut stderr = self.process.stderr.take().unwrap();
        stderr.read_to_string(&mut err).unwrap();
        (self.process.wait().unwrap().code(), err)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed must not leave its server behind; one that ended is gone already. What it held is free once it is gone.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server replied.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Header lines.
    pub head: String,
    pub text: String,
}

impl Reply {
    fn read(reply: &str) -> Self {
        let (head, text) = reply.split_once("\r\n\r\n").unwrap();
        Self {
            status: status(head),
            head: head.to_lowercase(),
            text: text.to_owned(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The document of a reply that is no failure.
    pub fn done(&self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json()
    }
}

/// Status of a reply.
pub fn status(reply: &str) -> u16 {
    reply.split(' ').nth(1).unwrap_or_default().parse().unwrap()
}

/// Document of a reply.
pub fn body(reply: &str) -> Value {
    serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
}
