//! Clients that take their time.

use std::time::{Duration, Instant};

use crate::support::{Server, options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use yuyi_server::{Limits, ListenOptions};

async fn connect(server: &Server) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test]
async fn a_head_of_a_byte_at_a_time_runs_out_of_time() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    let started = Instant::now();
    // The time-out for heads of these tests is half a second, whatever arrives meanwhile.
    for byte in b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n" {
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
        if started.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
    // Closed, or reset since it was still sending.
    let mut reply = Vec::new();
    let read = timeout(Duration::from_secs(2), stream.read_to_end(&mut reply)).await;
    assert!(read.is_ok(), "the connection is still open");
    assert!(!reply.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_of_a_byte_at_a_time_is_told_so() {
    let limits = Limits {
        body_timeout: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = Server::with_limits(limits).await;
    let mut stream = connect(&server).await;
    let head = "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let sender = tokio::spawn(async move {
        // Ends when the server closes.
        while writing.write_all(b" ").await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    });
    let mut reply = vec![0; 4096];
    let read = timeout(Duration::from_secs(3), reading.read(&mut reply));
    let length = read.await.unwrap().unwrap();
    let reply = String::from_utf8_lossy(&reply[..length]).into_owned();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");
    assert!(reply.contains("request_timeout"), "{reply}");
    sender.abort();
}

#[tokio::test]
async fn who_does_not_take_the_answer_makes_room() {
    let options = ListenOptions {
        connections: 1,
        ..options()
    };
    let server = Server::with(Limits::default(), options).await;
    // The answer repeats the texts: far more than the buffers of the system hold.
    let texts = vec!["x".repeat(3_000); 9_000];
    let request = serde_json::json!({"sentence_a": "y", "sentences": texts}).to_string();
    let mut stream = connect(&server).await;
    let length = request.len();
    let head = format!(
        "POST /similarity HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream
        .write_all((head + &request).as_bytes())
        .await
        .unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // It holds the only place; half a second without taking anything, and it is gone.
    let answer = timeout(Duration::from_secs(5), server.get("/livez")).await;
    assert_eq!(answer.expect("the place is free").0, 200);
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    assert!(rest.len() < request.len(), "the answer was cut off");
}
