//! `yuyi serve` with collections on PostgreSQL, of which several servers may have the same. `tests/postgres/run` starts the PostgreSQL that
//! `YUYI_TEST_POSTGRES` names.

#[path = "../../../store/tests/postgres/programs.rs"]
#[expect(dead_code, reason = "tests of the store use what these do not")]
mod programs;

mod failover;

use std::io::Write;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use serde_json::{Value, json};

use crate::collections::{SMALL, assert_moved, begin_move, is_moving, make_small, until};
use crate::support::server::Server;
use programs::{drop_database, execute, make_database, server, value};

/// A database that ends with the test.
struct Database(String);

impl Database {
    /// `None`, which is said: there is no server.
    fn new() -> Option<Self> {
        server().map(|_| Self(make_database()))
    }

    /// A server of ours on it.
    fn serve(&self, more: &[&str]) -> Server {
        Server::start(&[&["--store", &self.0], more].concat())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop_database(&self.0);
    }
}

fn post(server: &Server, path: &str, body: Value) -> Value {
    let path = format!("/v1/collections{path}");
    server.ask("POST", &path, &body.to_string()).done()
}

/// The ids that a search finds.
fn found(server: &Server, body: Value) -> Vec<String> {
    let found = post(server, "/faq/search", body);
    let results = found["results"].as_array().unwrap().iter();
    results
        .map(|hit| hit["id"].as_str().unwrap().to_owned())
        .collect()
}

fn write_faq(server: &Server) {
    let fields = json!([{"name": "kind", "type": "keyword"}, {"name": "price", "type": "number"}]);
    post(server, "", json!({"name": "faq", "fields": fields}));
    let items = json!([
        {"id": "invoice", "text": "是否支持开具发票？", "answer": "支持。", "payload": {"kind": "财务", "price": 1}},
        {"id": "return", "text": "怎么退货？", "wordings": ["可以退吗"], "payload": {"kind": "售后", "price": 2}},
        {"id": "delivery", "text": "下单后多久能到？", "payload": {"kind": "物流", "price": 3}},
    ]);
    let written = post(server, "/faq/items", json!({"items": items}));
    assert_eq!(written["upserted"], 3);
}

#[test]
fn two_servers_have_the_same_collections() {
    let Some(database) = Database::new() else {
        return;
    };
    // The second one's standby is not there: the primary answers in its place.
    let nobody = ["--store-read", "postgres://postgres@127.0.0.1:1/none"];
    let (first, second) = (database.serve(&[]), database.serve(&nobody));
    write_faq(&first);
    let question = json!({"text": "你们的产品能开发票吗？", "limit": 1});
    for server in [&first, &second] {
        assert_eq!(found(server, question.clone()), ["invoice"]);
        assert_eq!(
            found(server, json!({"text": "退货", "mode": "lexical"})),
            ["return"]
        );
        let dear = json!({"must": [{"key": "price", "range": {"gte": 2}}], "must_not": [{"key": "kind", "match": {"value": "物流"}}]});
        assert_eq!(
            found(server, json!({"text": "发票", "filter": dear})),
            ["return"]
        );
        assert_eq!(
            post(server, "/faq/count", json!({"filter": dear, "stale": true}))["count"],
            1
        );
        let item = server
            .ask("GET", "/v1/collections/faq/items/return?stale=true", "")
            .done();
        assert_eq!(item["wordings"], json!(["可以退吗"]));
    }
    let metrics = second.ask("GET", "/metrics", "").text;
    assert!(metrics.contains("yuyi_store_standby_up 0\n"), "{metrics}");
    assert!(
        !metrics.contains("yuyi_store_stale_reads_total{by=\"primary\"} 0\n"),
        "{metrics}"
    );
    assert!(!first.ask("GET", "/metrics", "").text.contains("standby"));

    // What one writes the other reads, at once.
    for i in 0..20 {
        let (writes, reads) = if i % 2 == 0 {
            (&first, &second)
        } else {
            (&second, &first)
        };
        let item = json!({"id": "late", "text": format!("第 {i} 次"), "payload": {"kind": "其他"}});
        post(writes, "/faq/items", json!({"items": [item]}));
        let item = reads
            .ask("GET", "/v1/collections/faq/items/late", "")
            .done();
        assert_eq!(item["text"], format!("第 {i} 次"));
    }
    // So it is with what is carried from one to the other.
    let lines = first.ask("GET", "/v1/collections/faq/export", "").text;
    assert_eq!(lines.lines().count(), 4);
    post(&second, "", json!({"name": "copy"}));
    let path = "/v1/collections/copy/import";
    let done = first
        .ask_with("POST", path, "application/x-ndjson", &lines)
        .done();
    assert_eq!(
        (&done["imported"], &done["refused"]),
        (&json!(4), &json!(0))
    );
    assert_eq!(
        second.ask("GET", "/v1/collections/copy/export", "").text,
        lines
    );
    // And with collections that go.
    first.ask("DELETE", "/v1/collections/faq", "").done();
    for server in [&first, &second] {
        let gone = server.ask("POST", "/v1/collections/faq/search", &question.to_string());
        assert_eq!(
            (gone.status, &gone.json()["error"]["code"]),
            (404, &json!("collection_not_found"))
        );
        let list = server.ask("GET", "/v1/collections", "").done();
        assert_eq!(list["collections"].as_array().unwrap().len(), 1);
    }
}

/// One of two servers moves a collection, the other takes over when that one is killed, and a third, which is started later, finds it moved.
#[test]
fn another_server_goes_on_with_the_move_of_one_that_was_killed() {
    let Some(database) = Database::new() else {
        return;
    };
    let serve = || database.serve(&["--model", "e5-small-zh", "--model", SMALL]);
    let (mut first, second) = (serve(), serve());
    make_small(&first, 1500);
    begin_move(&first);
    let moving = until(&first, is_moving);
    assert_eq!(moving["reindex"]["state"], "running");
    begin_move(&second);
    let waiting = until(&second, |collection| {
        let state = &collection["reindex"]["state"];
        collection.get("reindex").is_none() || state == "elsewhere"
    });
    assert!(is_moving(&waiting), "{waiting}");
    first.kill();
    // Its time is over, a little sooner than by the clock.
    execute(
        &database.0,
        "UPDATE yuyi.moves SET until = clock_timestamp()",
    );
    assert_moved(&second, 1500);
    assert_moved(&serve(), 1500);
}

/// A server that is killed in the middle of a move and started again goes on with it.
#[test]
fn a_move_goes_on_after_a_kill() {
    let Some(database) = Database::new() else {
        return;
    };
    let serve = || database.serve(&["--model", "e5-small-zh", "--model", SMALL]);
    let mut server = serve();
    make_small(&server, 1000);
    begin_move(&server);
    until(&server, is_moving);
    server.kill();
    execute(
        &database.0,
        "UPDATE yuyi.moves SET until = clock_timestamp()",
    );
    assert_moved(&serve(), 1000);
}

/// Waits until so many statements wait for a table; how long that took.
fn until_working(database: &Database, statements: &str) -> Duration {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let began = Instant::now();
    while value(&database.0, waiting) != statements {
        std::thread::sleep(Duration::from_millis(20));
    }
    began.elapsed()
}

/// What PostgreSQL does for a request it does no longer than somebody waits for the reply.
#[test]
fn a_search_ends_with_its_client_and_with_its_time() {
    let Some(database) = Database::new() else {
        return;
    };
    let (patient, hasty) = (
        database.serve(&["--queue-timeout", "60"]),
        database.serve(&["--queue-timeout", "1"]),
    );
    write_faq(&patient);
    let (path, body) = (
        "/v1/collections/faq/search",
        json!({"text": "发票"}).to_string(),
    );
    let mut other = Client::connect(&database.0, NoTls).unwrap();
    let mut held = other.transaction().unwrap();
    held.batch_execute("LOCK TABLE yuyi.vectors_1_1").unwrap();

    let mut client = patient.connect();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all((head + &body).as_bytes()).unwrap();
    until_working(&database, "1");
    drop(client);
    let took = until_working(&database, "0");
    assert!(took < Duration::from_secs(20), "{took:?}");

    let reply = hasty.ask("POST", path, &body);
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(reply.json()["error"]["code"], "queue_timeout");
    until_working(&database, "0");

    held.rollback().unwrap();
    for server in [&patient, &hasty] {
        assert_eq!(
            found(server, json!({"text": "发票", "limit": 1})),
            ["invoice"]
        );
    }
}
