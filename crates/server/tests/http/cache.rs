//! Vectors that were computed before: in memory and in a real Redis, whatever happens to it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::redis::Redis;
use crate::support::{Fake, Server, options};
use serde_json::json;
use tokio::time::sleep;
use yuyi_server::{CacheOptions, CacheStats, Limits};

/// A server whose model has a fingerprint.
async fn server(caches: CacheOptions) -> Server {
    let server = Server::start_with(
        Fake::with_fingerprint([7; 16]),
        &caches,
        Limits::default(),
        options(),
    )
    .await;
    learn(&server).await;
    server
}

/// Waits until the model's fingerprint is known, which is found out behind the start.
async fn learn(server: &Server) {
    for _ in 0..1_000 {
        if server.get("/v1/models").await.1["data"][0]["fingerprint"].is_string() {
            return;
        }
        sleep(Duration::from_millis(2)).await;
    }
    panic!("no fingerprint");
}

fn with_redis(redis: &Redis) -> CacheOptions {
    CacheOptions {
        memory_bytes: 0,
        redis: Some(redis.url().parse().unwrap()),
        ..CacheOptions::default()
    }
}

async fn until(met: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if met() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it never happened");
}

async fn embed(server: &Server, texts: &[&str]) -> Duration {
    let started = Instant::now();
    let body = json!({"input": texts}).to_string();
    let (status, reply) = server.post("/v1/embeddings", body).await;
    assert_eq!(status, 200, "{reply}");
    let expected = |text: &str| match text.chars().next() {
        Some('x') => json!([1.0, 0.0]),
        Some('y') => json!([0.0, 1.0]),
        _ => json!([0.6, 0.8]),
    };
    for (i, text) in texts.iter().enumerate() {
        let vector = &reply["data"][i]["embedding"];
        let near = |i: usize| {
            (vector[i].as_f64().unwrap() - expected(text)[i].as_f64().unwrap()).abs() < 1e-6
        };
        assert!(near(0) && near(1), "{text}: {vector}");
    }
    started.elapsed()
}

/// Waits until all that was computed is written.
async fn written(server: &Server, redis: &Redis, keys: usize) {
    until(|| redis.count() >= keys).await;
    assert_eq!(server.app.cache_stats().redis_unwritten, 0);
}

#[tokio::test]
async fn what_is_in_memory_is_not_computed_again() {
    let server = server(CacheOptions::default()).await;
    embed(&server, &["x", "y", "x"]).await;
    assert_eq!(server.computed(), 2);
    embed(&server, &["y", "z", "x"]).await;
    assert_eq!(server.computed(), 3, "z is new");
    let stats = server.app.cache_stats();
    assert_eq!((stats.memory_hits, stats.memory_misses), (2, 4));
    let (_, pair) = server
        .post("/similarity", r#"{"sentence_a":"x","sentence_b":"y"}"#)
        .await;
    assert_eq!(pair["cosine"], 0.0);
    assert_eq!(server.computed(), 3, "routes share it");
}

#[tokio::test]
async fn without_memory_or_a_fingerprint_everything_is_computed() {
    let off = CacheOptions {
        memory_bytes: 0,
        ..CacheOptions::default()
    };
    let no_memory = server(off).await;
    let no_fingerprint = Server::start().await;
    for server in [no_memory, no_fingerprint] {
        embed(&server, &["x"]).await;
        embed(&server, &["x"]).await;
        assert_eq!(server.computed(), 2);
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded_and_expires() {
    let small = CacheOptions {
        memory_bytes: 10_000,
        ..CacheOptions::default()
    };
    let bounded = server(small).await;
    let texts: Vec<String> = (0..500).map(|i| format!("text {i}")).collect();
    for _ in 0..3 {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        embed(&bounded, &texts).await;
    }
    assert!(bounded.computed() > 1_000, "most have no room");
    let stats = bounded.app.cache_stats();
    assert!(
        stats.memory_bytes <= 10_000 && stats.memory_entries < 40,
        "{stats:?}"
    );

    let brief = CacheOptions {
        ttl: Some(Duration::from_millis(100)),
        ..CacheOptions::default()
    };
    let brief = server(brief).await;
    embed(&brief, &["x"]).await;
    sleep(Duration::from_millis(300)).await;
    embed(&brief, &["x"]).await;
    assert_eq!(brief.computed(), 2);
}

#[tokio::test]
async fn servers_share_a_redis() {
    let Some(redis) = Redis::start() else { return };
    let (one, two) = (
        server(with_redis(&redis)).await,
        server(with_redis(&redis)).await,
    );
    until(|| {
        one.app.cache_stats().redis_up == Some(true) && two.app.cache_stats().redis_up == Some(true)
    })
    .await;
    embed(&one, &["x", "y"]).await;
    written(&one, &redis, 2).await;
    embed(&two, &["x", "y", "x"]).await;
    assert_eq!(two.computed(), 0);
    let stats = two.app.cache_stats();
    assert_eq!((stats.redis_hits, stats.redis_misses), (2, 0));

    // Another model knows nothing of them.
    let other = Server::start_with(
        Fake::with_fingerprint([8; 16]),
        &with_redis(&redis),
        Limits::default(),
        options(),
    )
    .await;
    learn(&other).await;
    until(|| other.app.cache_stats().redis_up == Some(true)).await;
    embed(&other, &["x"]).await;
    assert_eq!(other.computed(), 1);
}

#[tokio::test]
async fn damaged_values_and_a_flush_are_misses() {
    let Some(redis) = Redis::start() else { return };
    let server = server(with_redis(&redis)).await;
    until(|| server.app.cache_stats().redis_up == Some(true)).await;
    embed(&server, &["x"]).await;
    written(&server, &redis, 1).await;
    let key = redis.run(&["KEYS", "*"]);
    assert!(key.starts_with("yuyi:1:07070707"), "{key}");
    let length: usize = redis.run(&["STRLEN", &key]).parse().unwrap();
    for (i, damage) in [["SETRANGE", &key, "20", "?"], ["SET", &key, "", "KEEPTTL"]]
        .iter()
        .enumerate()
    {
        redis.run(damage);
        embed(&server, &["x"]).await;
        assert_eq!(server.computed(), 2 + i);
        // What is computed takes the place of what was damaged.
        until(|| redis.run(&["STRLEN", &key]) == length.to_string()).await;
        sleep(Duration::from_millis(50)).await;
        embed(&server, &["x"]).await;
        assert_eq!(server.computed(), 2 + i);
    }
    redis.run(&["DEL", &key]);
    redis.run(&["LPUSH", &key, "a list"]);
    embed(&server, &["x"]).await;
    assert_eq!(server.computed(), 4, "a key of another type");
    redis.run(&["FLUSHALL"]);
    embed(&server, &["x"]).await;
    assert_eq!(server.computed(), 5);
    let stats = server.app.cache_stats();
    assert_eq!(stats.redis_corrupt, 2);
    assert_eq!(stats.redis_up, Some(true), "{stats:?}");
}

#[tokio::test]
async fn a_redis_that_dies_or_hangs_costs_next_to_nothing() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let server = Arc::new(server(with_redis(&redis)).await);
    until(|| server.app.cache_stats().redis_up == Some(true)).await;
    let up = |stats: CacheStats| stats.redis_up == Some(true);
    embed(&server, &["x"]).await;

    redis.signal("STOP");
    let mut slow = 0;
    for i in 0..50 {
        let time = embed(&server, &[&format!("hung {i}")]).await;
        slow += usize::from(time > Duration::from_millis(4));
        assert!(time < Duration::from_millis(500), "{time:?}");
    }
    assert!(!up(server.app.cache_stats()), "it is left alone");
    assert!(slow < 25, "{slow} of 50 requests waited for it");
    redis.signal("CONT");
    until(|| up(server.app.cache_stats())).await;

    redis.kill();
    for i in 0..50 {
        embed(&server, &[&format!("dead {i}")]).await;
    }
    until(|| !up(server.app.cache_stats())).await;
    redis.restart();
    until(|| up(server.app.cache_stats())).await;
    embed(&server, &["back"]).await;
    until(|| redis.count() > 0).await;
}

#[tokio::test]
async fn a_redis_that_restarts_under_load_is_not_noticed() {
    let Some(mut redis) = Redis::start() else {
        return;
    };
    let server = Arc::new(server(with_redis(&redis)).await);
    until(|| server.app.cache_stats().redis_up == Some(true)).await;
    let client = |n: usize| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            for i in 0..300 {
                embed(&server, &[&format!("client {n} text {}", i % 60)]).await;
            }
        })
    };
    let clients: Vec<_> = (0..4).map(client).collect();
    for _ in 0..3 {
        sleep(Duration::from_millis(60)).await;
        redis.kill();
        redis.restart();
    }
    for client in clients {
        client.await.unwrap();
    }
}

/// Nothing listens at the address, or it is not a Redis.
#[tokio::test]
async fn without_a_redis_the_server_serves_all_the_same() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().port();
    for port in [1, silent] {
        let caches = CacheOptions {
            memory_bytes: 0,
            redis: Some(format!("redis://:secret@127.0.0.1:{port}").parse().unwrap()),
            ..CacheOptions::default()
        };
        let server = server(caches).await;
        embed(&server, &["x"]).await;
        let stats = server.app.cache_stats();
        assert_eq!((stats.redis_skipped, stats.redis_up), (1, Some(false)));
    }
}
