//! `yuyi serve`.

mod log;
mod look;
mod models;
mod supply;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;
use tokio::runtime::Builder;
use yuyi_server::{
    App, CacheOptions, Collections, InvalidRedisUrl, Limits, ListenOptions, ModelOptions,
    Perimeter, Ready, ServeError, serve,
};

use crate::args::ServeArgs;
use crate::machine;
use crate::misuse::Misuse;
use crate::terminal;

/// Serves until a signal says to stop.
pub fn run(args: &ServeArgs) -> anyhow::Result<()> {
    // Written out when this function ends, however it ends.
    let _log = log::start(args)?;
    if let Some(warning) = machine::crowded(args.compute.threads) {
        tracing::warn!("{warning}");
    }
    let perimeter = args.access.perimeter()?;
    let look = Arc::new(look::Look::default());
    let app = App::new(
        models::models(args, &look)?,
        model_options(args),
        &caches(args)?,
        limits(args),
        collections(args)?,
    );
    // One that keeps to its models needs no others.
    let app = match args.listed_only {
        true => app,
        false => app.with_supply(Arc::new(supply::Supply {
            look,
            folders: models::folders(args)?,
        })),
    };
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(app, listen_options(args, perimeter), |ready| {
        announce(ready, args.json)
    }));
    // A computation that nobody waits for any more need not hold up the end.
    runtime.shutdown_background();
    served.map_err(explain)
}

/// The error, with what to do about a port that is taken: the most frequent one.
fn explain(error: ServeError) -> anyhow::Error {
    match error {
        ServeError::Listen { address, source } if source.kind() == io::ErrorKind::AddrInUse => {
            anyhow!(
                "Cannot listen on {address}, which another program uses. Stop that program, or choose another port with --port."
            )
        }
        other => other.into(),
    }
}

fn limits(args: &ServeArgs) -> Limits {
    Limits {
        body_bytes: args.max_body,
        texts: args.max_texts,
        characters: args.max_characters,
        items: args.max_items,
        matrix_pairs: args.max_matrix_pairs,
        request_memory: args.request_memory,
        queue_tokens: args.queue_tokens,
        queue_timeout: Duration::from_secs(args.queue_timeout),
        body_timeout: Duration::from_secs(args.body_timeout),
    }
}

fn model_options(args: &ServeArgs) -> ModelOptions {
    ModelOptions {
        lazy: args.lazy,
        idle_unload: args.idle_unload,
        memory_limit: args.memory_limit,
    }
}

fn caches(args: &ServeArgs) -> anyhow::Result<CacheOptions> {
    // The URL may hold a password, so that clap, which repeats what it refuses, does not get to parse it.
    let redis = args.redis.as_deref().map(str::parse);
    let redis = redis
        .transpose()
        .map_err(|error: InvalidRedisUrl| Misuse(format!("--redis: {error}.")))?;
    Ok(CacheOptions {
        memory_bytes: args.cache,
        ttl: args.cache_ttl.map(Duration::from_secs),
        redis,
    })
}

fn collections(args: &ServeArgs) -> anyhow::Result<Collections> {
    let mut place = args.place.place()?;
    // As of the server itself, a variable that is set to nothing names none.
    let standby = args
        .store_read
        .clone()
        .filter(|address| !address.is_empty());
    if let Some(standby) = standby {
        let reading = place.map(|place| place.reading_from(standby)).transpose();
        place = reading.map_err(|error| Misuse(format!("--{error}")))?;
    }
    let collections = match place {
        Some(place) if args.place.is_named() => Collections::named(place),
        place => Collections::unnamed(place),
    };
    Ok(match args.unmasked_questions {
        true => collections.keeping_questions_unmasked(),
        false => collections,
    })
}

fn listen_options(args: &ServeArgs, perimeter: Perimeter) -> ListenOptions {
    ListenOptions {
        host: args.host.clone(),
        port: args.port,
        header_timeout: Duration::from_secs(args.header_timeout),
        send_timeout: Duration::from_secs(args.send_timeout),
        idle_timeout: Duration::from_secs(args.idle_timeout),
        connections: args.max_connections as usize,
        drain_timeout: Duration::from_secs(args.drain_timeout),
        perimeter,
    }
}

/// The one line on standard output, which says that requests are answered from now on.
fn announce(ready: &Ready, as_json: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let (name, seconds) = (&ready.model, ready.load_time.as_secs_f64());
    let url = format!("http://{}", ready.address);
    let line = match (&ready.facts, as_json) {
        (Some(facts), true) if facts.scores.is_some() => {
            let kernel = facts.kernel_name();
            json!({"version": version, "url": url, "model": name, "kernel": kernel, "seconds": seconds})
                .to_string()
        }
        (Some(facts), true) => {
            let (dimension, kernel) = (facts.dimension, facts.kernel_name());
            json!({"version": version, "url": url, "model": name, "dimension": dimension, "kernel": kernel, "seconds": seconds})
                .to_string()
        }
        (None, true) => {
            json!({"version": version, "url": url, "model": name, "seconds": seconds}).to_string()
        }
        (Some(facts), false) => {
            // A reranker gives no vectors.
            let dims = match facts.scores {
                Some(_) => String::new(),
                None => format!(" ({} dims)", facts.dimension),
            };
            let kernel = facts.kernel_name();
            format!("yuyi {version} · {url} · {name}{dims} · {kernel} · loaded in {seconds:.2} s")
        }
        (None, false) => format!("yuyi {version} · {url} · {name} is loaded by the first request"),
    };
    // A server whose standard output is closed serves all the same.
    let mut out = terminal::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
