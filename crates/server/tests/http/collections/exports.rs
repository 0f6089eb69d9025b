//! Exports whose clients do not read: what they hold is counted, bounded, and given back.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use yuyi_server::{Limits, ListenOptions};

use super::write;
use crate::support::{Fake, Server, options, source};

/// Clients that do not read.
const CLIENTS: usize = 6;

const MIB: usize = 1 << 20;

/// A server with 24 MB of items, far more than the system takes off its hands for a client, in a form that no workbook makes much smaller.
async fn filled(folder: &std::path::Path, options: ListenOptions) -> Server {
    let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
    let server = Server::keeping_of(folder, models, Limits::default(), options).await;
    server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    let mut seed = 1u64;
    let mut letter = || {
        // xorshift64*
        seed ^= seed >> 12;
        seed ^= seed << 25;
        seed ^= seed >> 27;
        let number = seed.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 58;
        char::from(
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[number as usize],
        )
    };
    for part in 0..8 {
        let mut item = |i: usize| {
            let answer: String = (0..30_000).map(|_| letter()).collect();
            json!({"id": format!("{part}-{i:03}"), "text": "x", "answer": answer})
        };
        let items: Vec<Value> = (0..100).map(&mut item).collect();
        assert_eq!(write(&server, items.into()).await.0, 200);
    }
    server
}

/// Asks for an export, and reads the first bytes of the answer alone.
async fn ask(server: &Server, path: &str) -> TcpStream {
    let address = server.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    stream
}

/// Bytes that requests hold together.
async fn held(server: &Server) -> usize {
    let text = loop {
        // A connection that was kept may just be closed.
        if let Ok(response) = server.request("GET", "/metrics").send().await {
            break response.text().await.unwrap();
        }
        sleep(Duration::from_millis(20)).await;
    };
    let mut lines = text.lines();
    let bytes = lines.find_map(|line| line.strip_prefix("yuyi_request_memory_bytes "));
    bytes.unwrap().parse::<f64>().unwrap() as usize
}

/// The same once it stays what it is.
async fn held_at_last(server: &Server) -> usize {
    let (mut before, mut alike) = (held(server).await, 0);
    while alike < 10 {
        sleep(Duration::from_millis(50)).await;
        let now = held(server).await;
        alike = if now == before { alike + 1 } else { 0 };
        before = now;
    }
    before
}

async fn until_nothing_is_held(server: &Server) {
    let given_back = async {
        while held(server).await > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let given_back = timeout(Duration::from_secs(60), given_back).await;
    given_back.expect("what was held is given back");
}

/// Options with which nobody is let go for taking nothing.
fn patient() -> ListenOptions {
    ListenOptions {
        send_timeout: Duration::from_secs(600),
        ..options()
    }
}

#[tokio::test]
async fn what_waits_to_be_sent_is_bounded_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path(), patient()).await;
    for format in ["jsonl", "csv"] {
        let path = format!("/v1/collections/faq/export?format={format}");
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(ask(&server, &path).await);
        }
        let all = held_at_last(&server).await;
        // A part at least waits for each; the rest of 24 MB is not read before it is gone.
        assert!(all > CLIENTS * 200_000, "{format}: {all}");
        assert!(all < CLIENTS * MIB, "{format}: {all}");
        // Whoever goes away takes along what waited.
        drop(clients);
        until_nothing_is_held(&server).await;
    }
}

#[tokio::test]
async fn a_workbook_is_counted_until_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = filled(folder.path(), patient()).await;
    let client = ask(&server, "/v1/collections/faq/export?format=xlsx").await;
    // 64 letters of eight bits are packed into six.
    assert!(held_at_last(&server).await > 12 * MIB);
    drop(client);
    until_nothing_is_held(&server).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    // Half a second, in these tests.
    let server = filled(folder.path(), options()).await;
    let mut client = ask(&server, "/v1/collections/faq/export").await;
    until_nothing_is_held(&server).await;
    let mut rest = Vec::new();
    // The connection may be reset.
    let _ = client.read_to_end(&mut rest).await;
    assert!(rest.len() < 23 * MIB, "the answer was cut off");
}
