//! What becomes of requests that are on their way when the server is told to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::server::{Server, status};

const BODY: &str = r#"{"sentence_a": "今天天气真不错", "sentence_b": "外面阳光明媚"}"#;

fn request() -> String {
    let length = BODY.len();
    format!(
        "POST /similarity HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{BODY}"
    )
}

/// Reads one reply of a connection that stays open: its head and its body.
fn read_reply(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut reply = Vec::new();
    let mut byte = [0];
    while !reply.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte)? {
            0 => return Ok(String::from_utf8(reply).unwrap()),
            _ => reply.push(byte[0]),
        }
    }
    let mut reply = String::from_utf8(reply).unwrap();
    let length = reply.split("content-length: ").nth(1).unwrap();
    let length = length.split('\r').next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    reply.push_str(std::str::from_utf8(&body).unwrap());
    Ok(reply)
}

#[test]
fn a_request_that_lies_unread_is_answered() {
    let server = Server::start(&[]);
    let mut used: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    for stream in &mut used {
        stream.write_all(request().as_bytes()).unwrap();
        assert_eq!(status(&read_reply(stream).unwrap()), 200);
    }
    let mut fresh: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    let _silent = server.connect();
    // Everything below arrives while the process stands still: it wakes to the signal and to unread requests.
    server.signal("STOP");
    let mut unseen: Vec<TcpStream> = (0..8).map(|_| server.connect()).collect();
    for stream in used.iter_mut().chain(&mut fresh).chain(&mut unseen) {
        stream.write_all(request().as_bytes()).unwrap();
    }
    server.signal("TERM");
    server.signal("CONT");
    for (i, stream) in used
        .iter_mut()
        .chain(&mut fresh)
        .chain(&mut unseen)
        .enumerate()
    {
        let reply = read_reply(stream).unwrap_or_else(|error| panic!("connection {i}: {error}"));
        assert!(!reply.is_empty(), "connection {i} was closed unanswered");
        // One that was read before the signal is answered as ever.
        let refused = status(&reply) == 503 && reply.contains("connection: close\r\n");
        assert!(refused || status(&reply) == 200, "connection {i}: {reply}");
    }
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn under_load_every_request_is_answered_to_the_end() {
    // Nobody reads the log meanwhile.
    let running = Server::start(&["--log", "warn"]);
    let server = &running;
    let stopping = &AtomicBool::new(false);
    let client = move || {
        let mut answered = 0;
        let mut stream: Option<TcpStream> = None;
        loop {
            let reused = stream.is_some();
            let mut open = match stream.take() {
                Some(stream) => stream,
                None => match TcpStream::connect(&server.address) {
                    Ok(stream) => stream,
                    Err(_) if stopping.load(Ordering::Relaxed) => return (answered, 0),
                    Err(error) => panic!("refused before the end: {error}"),
                },
            };
            let patience = Some(Duration::from_secs(20));
            open.set_read_timeout(patience).unwrap();
            let sent = open.write_all(request().as_bytes());
            match sent.and_then(|()| read_reply(&mut open)) {
                Ok(reply) if !reply.is_empty() => {
                    assert!([200, 503].contains(&status(&reply)), "{reply}");
                    answered += 1;
                    if !reply.contains("connection: close\r\n") {
                        stream = Some(open);
                    }
                }
                // The last moment of the listener itself: who connects then is told by a reset.
                _ if stopping.load(Ordering::Relaxed) && !reused => return (answered, 0),
                _ => return (answered, 1),
            }
        }
    };
    let (answered, lost) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..32).map(|_| scope.spawn(client)).collect();
        std::thread::sleep(Duration::from_secs(2));
        stopping.store(true, Ordering::Relaxed);
        server.signal("TERM");
        let counts = clients.into_iter().map(|client| client.join().unwrap());
        counts.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    });
    assert!(answered > 100, "{answered}");
    assert_eq!(lost, 0, "of {answered} requests");
    assert_eq!(running.end().0, Some(0));
}

#[test]
fn idle_connections_do_not_hold_up_the_end() {
    let server = Server::start(&[]);
    let mut used = server.connect();
    used.write_all(request().as_bytes()).unwrap();
    assert_eq!(status(&read_reply(&mut used).unwrap()), 200);
    let _silent = server.connect();
    std::thread::sleep(Duration::from_millis(50));
    let started = Instant::now();
    server.signal("TERM");
    assert_eq!(used.read(&mut [0]).unwrap(), 0);
    assert_eq!(server.end().0, Some(0));
    // A silent one has ten seconds for its first head, one between requests more than a minute.
    assert!(
        started.elapsed() < Duration::from_secs(8),
        "{:?}",
        started.elapsed()
    );
}
