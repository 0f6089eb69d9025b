//! `yuyi serve`: the line on standard output, requests, and the end by a signal.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::server::{Server, body};
use crate::support::yuyi;
use serde_json::{Value, json};

/// Sends the head of a request; returns when the server has accepted it and waits for the body.
fn begin(server: &Server, path: &str, length: usize) -> Exchange {
    let mut stream = server.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nexpect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    Exchange(stream)
}

/// A request whose head is accepted.
struct Exchange(TcpStream);

impl Exchange {
    /// Sends the body and reads the reply.
    fn finish(mut self, body: &str) -> String {
        self.0.write_all(body.as_bytes()).unwrap();
        let mut reply = String::new();
        self.0.read_to_string(&mut reply).unwrap();
        reply
    }
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
    let reply = body(&server.post_with("/similarity", "", &request.to_string()));
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
        let exchange = begin(&server, "/v1/embeddings", request.len());
        server.signal(signal);
        let reply = exchange.finish(&request);
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

#[test]
fn health_tells_whether_a_server_answers() {
    let server = Server::start(&["--host", "0.0.0.0", "--api-key", "some-key"]);
    let (_, port) = server.address.rsplit_once(':').unwrap();
    for host in ["0.0.0.0", "127.0.0.1", "localhost"] {
        let run = yuyi(&["health", "--host", host, "--port", port]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{host}");
        let reply: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(reply["status"], "ok");
    }
    // The file of the server leads to it, whatever else it says; the command line wins over it.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("yuyi.toml");
    std::fs::write(&file, format!("port = {port}\nlazy = true\n")).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(yuyi(&["health", "--config", file]).code, 0);
    assert_eq!(yuyi(&["health", "--config", file, "--port", "1"]).code, 1);
    // A page that is there but answers otherwise is no health.
    let stranger = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = stranger.accept().unwrap();
        let mut request = [0; 1024];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 503 No\r\n\r\nloading").unwrap();
    });
    let run = yuyi(&["health", "--port", &port]);
    answering.join().unwrap();
    let told = format!("yuyi: The server at 127.0.0.1:{port} answers 503: loading\n");
    assert_eq!((run.code, run.err), (1, told));

    let run = yuyi(&["health", "--port", &port]);
    let told = format!("yuyi: The server at 127.0.0.1:{port} does not answer: ");
    assert!(run.code == 1 && run.err.starts_with(&told), "{run:?}");
}
