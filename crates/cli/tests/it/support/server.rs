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
        // A test that failed must not leave its server behind; one that ended is gone already.
        let _ = self.process.kill();
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
