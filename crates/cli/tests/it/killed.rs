//! A server that is killed while clients write to its collections.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::server::Server;

/// Items of a batch, of each of the clients.
const SIZES: [usize; 3] = [1, 50, 500];

/// How often the server is killed, unless `YUYI_TEST_ROUNDS` says so.
const ROUNDS: usize = 20;

/// Items of a page when they are read back.
const PAGE: usize = 5_000;

#[test]
fn what_was_acknowledged_outlives_kills_of_the_server() {
    let rounds = std::env::var("YUYI_TEST_ROUNDS");
    let rounds = rounds.map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let start = || Server::start(&["--data", folder.path().to_str().unwrap()]);
    let (mut server, mut counts) = (start(), Vec::new());
    for round in 0..rounds {
        let name = format!("k{round}");
        let new =
            json!({"name": name, "dimension": 16, "fields": [{"name": "batch", "type": "number"}]});
        server
            .ask("POST", "/v1/collections", &new.to_string())
            .done();
        let acknowledged = write_until_killed(&mut server, &name, round);
        server = start();
        counts.push(check(&server, &name, &acknowledged));
    }
    // What was there after one kill is there after all of them.
    let counted = (0..rounds).map(|round| count(&server, &format!("k{round}")));
    assert_eq!(counted.collect::<Vec<_>>(), counts);
    drop(server);
}

/// Lets clients write batches until the server is killed, each round at another moment; the batches that were acknowledged.
fn write_until_killed(server: &mut Server, name: &str, round: usize) -> BTreeSet<usize> {
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(BTreeSet::new()));
    let address = server.address.clone();
    std::thread::scope(|scope| {
        let (next, acknowledged, address) = (&next, &acknowledged, &address);
        for size in SIZES {
            scope.spawn(move || {
                loop {
                    let batch = next.fetch_add(1, Relaxed);
                    match post(address, name, &items(batch, size)) {
                        Some(200) => _ = acknowledged.lock().unwrap().insert(batch),
                        // The server is gone.
                        None => return,
                        Some(status) => panic!("batch {batch}: {status}"),
                    }
                }
            });
        }
        while acknowledged.lock().unwrap().len() < 10 {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(17 * (round as u64 % ROUNDS as u64)));
        server.kill();
    });
    acknowledged.into_inner().unwrap()
}

fn items(batch: usize, size: usize) -> Value {
    let item = |i: usize| {
        let vector: Vec<usize> = (1..=16)
            .map(|element| (batch + i * element) % 97 + 1)
            .collect();
        json!({"id": format!("{batch}-{i}"), "text": format!("第{batch}批 {i}"), "vector": vector, "payload": {"batch": batch, "of": size}})
    };
    json!({"items": (0..size).map(item).collect::<Vec<_>>()})
}

/// The status of a reply that came whole.
fn post(address: &str, name: &str, body: &Value) -> Option<u16> {
    let body = body.to_string();
    let head = format!(
        "POST /v1/collections/{name}/items HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    stream.write_all((head + &body).as_bytes()).ok()?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).ok()?;
    let (head, _) = reply.split_once("\r\n\r\n")?;
    head.split(' ').nth(1)?.parse().ok()
}

/// That all batches that were acknowledged are there, and none by halves; how many items there are.
fn check(server: &Server, name: &str, acknowledged: &BTreeSet<usize>) -> u64 {
    let (mut batches, mut items) = (BTreeMap::<usize, (usize, usize)>::new(), 0);
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/collections/{name}/items?limit={PAGE}{cursor}");
        let page = server.ask("GET", &path, "").done();
        for item in page["items"].as_array().unwrap() {
            let number = |field: &str| item["payload"][field].as_u64().unwrap() as usize;
            let batch = batches.entry(number("batch")).or_default();
            *batch = (batch.0 + 1, number("of"));
            items += 1;
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for (batch, (there, of)) in &batches {
        assert_eq!(there, of, "batch {batch} of {name}");
    }
    let missing = acknowledged
        .iter()
        .find(|batch| !batches.contains_key(batch));
    assert_eq!(missing, None, "of {name}");
    assert_eq!(count(server, name), items);
    // They are found, too, by their vectors and by their words.
    let search = json!({"text": "批", "vector": vec![1; 16], "limit": 10}).to_string();
    let found = server.ask("POST", &format!("/v1/collections/{name}/search"), &search);
    assert_eq!(found.done()["results"].as_array().unwrap().len(), 10);
    items
}

fn count(server: &Server, name: &str) -> u64 {
    let path = format!("/v1/collections/{name}/count");
    server.ask("POST", &path, "{}").done()["count"]
        .as_u64()
        .unwrap()
}
