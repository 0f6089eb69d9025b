//! What is counted and measured, for Prometheus.
//!
//! Labels have few values: the routes of the table, the statuses of the table of errors, the served models. Nothing that a
//! client makes up becomes a label, except names of collections, of which so many are told apart.

mod collections;
mod exposition;
mod memory;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Method;
use yuyi::RemoteStats;
use yuyi_serving::{CacheStats, Histogram, ModelStatus, Service};

pub(crate) use self::collections::Counted;
use self::exposition::Exposition;
use crate::memory::Memory;
use crate::timings::Timings;

/// Seconds: from a cached pair to the longest wait.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// The route of what matched none: files of the page, and paths that do not exist.
const NO_ROUTE: &str = "other";

/// Everything that is counted at the end of a request.
pub(crate) struct Metrics(Mutex<State>);

struct State {
    in_flight: u64,
    /// By route, method and status.
    responses: BTreeMap<(String, &'static str, u16), u64>,
    /// By route.
    total: BTreeMap<String, Histogram>,
    queue: Histogram,
    tokenize: Histogram,
    compute: Histogram,
    tokens: u64,
}

/// A request that is being answered.
pub(crate) struct InFlight<'a>(&'a Metrics);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Mutex::new(State {
            in_flight: 0,
            responses: BTreeMap::new(),
            total: BTreeMap::new(),
            queue: Histogram::new(SECONDS),
            tokenize: Histogram::new(SECONDS),
            compute: Histogram::new(SECONDS),
            tokens: 0,
        }))
    }
}

impl Metrics {
    fn state(&self) -> MutexGuard<'_, State> {
        // Numbers are whole at every moment, also where a thread panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request as being answered until what it returns is dropped, also when its client goes away.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.state().in_flight += 1;
        InFlight(self)
    }

    /// Counts an answer.
    pub(crate) fn answered(
        &self,
        route: Option<&str>,
        method: &Method,
        status: u16,
        time: Duration,
        timings: &Timings,
    ) {
        let route = route.unwrap_or(NO_ROUTE);
        let mut state = self.state();
        let key = (route.to_owned(), known(method), status);
        *state.responses.entry(key).or_default() += 1;
        let total = state.total.entry(route.to_owned());
        total
            .or_insert_with(|| Histogram::new(SECONDS))
            .observe(time.as_secs_f64());
        if timings.compute > Duration::ZERO {
            state.queue.observe(timings.queue.as_secs_f64());
            state.tokenize.observe(timings.tokenize.as_secs_f64());
            state.compute.observe(timings.compute.as_secs_f64());
        }
        state.tokens += timings.tokens as u64;
    }

    /// The text of Prometheus; `counted` is what is told of collections.
    pub(crate) fn render(&self, service: &Service, held: &Memory, counted: &Counted) -> String {
        let mut out = Exposition::default();
        self.state().write(&mut out);
        write_work(service, &mut out);
        write_errands(service, &mut out);
        write_request_memory(held, &mut out);
        write_caches(service, &mut out);
        write_models(service, &mut out);
        counted.write(&mut out);
        memory::write(&mut out);
        out.finish()
    }
}

impl State {
    fn write(&self, out: &mut Exposition) {
        self.write_responses(out);
        self.write_durations(out);
        self.write_steps(out);
        out.counter(
            "yuyi_tokens_total",
            "Tokens of the texts of requests.",
            self.tokens,
        );
        out.gauge(
            "yuyi_requests_in_flight",
            "Requests that are being answered.",
            self.in_flight as f64,
        );
    }

    fn write_responses(&self, out: &mut Exposition) {
        let name = "yuyi_requests_total";
        out.head(name, "counter", "Requests that were answered.");
        for ((route, method, status), count) in &self.responses {
            let status = status.to_string();
            let labels = [
                ("route", route.as_str()),
                ("method", method),
                ("status", &status),
            ];
            out.sample(name, &labels, *count as f64);
        }
    }

    fn write_durations(&self, out: &mut Exposition) {
        let name = "yuyi_request_duration_seconds";
        let help = "Time from the head of a request to its answer.";
        out.head(name, "histogram", help);
        for (route, histogram) in &self.total {
            out.histogram(name, &[("route", route)], histogram);
        }
    }

    /// Where the time of requests went.
    fn write_steps(&self, out: &mut Exposition) {
        for (name, help, histogram) in [
            (
                "yuyi_queue_seconds",
                "Wait of requests for their first batch.",
                &self.queue,
            ),
            (
                "yuyi_tokenize_seconds",
                "Texts into tokens, of the batches of a request.",
                &self.tokenize,
            ),
            (
                "yuyi_compute_seconds",
                "Tokens into vectors, of the batches of a request.",
                &self.compute,
            ),
        ] {
            out.head(name, "histogram", help);
            out.histogram(name, &[], histogram);
        }
    }
}

fn write_work(service: &Service, out: &mut Exposition) {
    let depth = service.queue_depth();
    out.gauge(
        "yuyi_queue_requests",
        "Requests that wait or are computed.",
        depth.requests as f64,
    );
    out.gauge(
        "yuyi_queue_tokens",
        "Estimated tokens of their texts.",
        depth.tokens as f64,
    );
    out.head(
        "yuyi_batch_texts",
        "histogram",
        "Texts that were computed together.",
    );
    let batches = service.batches();
    out.histogram("yuyi_batch_texts", &[], &batches.texts);
    out.head(
        "yuyi_batch_tokens",
        "histogram",
        "Tokens that were computed together.",
    );
    out.histogram("yuyi_batch_tokens", &[], &batches.tokens);
}

fn write_errands(service: &Service, out: &mut Exposition) {
    let errands = service.errands();
    out.gauge(
        "yuyi_errands",
        "Work without a model that waits or runs.",
        errands.errands as f64,
    );
    out.gauge(
        "yuyi_errand_rest_seconds",
        "How long it takes one thread, by an estimate from above.",
        errands.rest.as_secs_f64(),
    );
    out.counter(
        "yuyi_errand_turns_total",
        "Turns of such work.",
        errands.turns,
    );
}

fn write_request_memory(held: &Memory, out: &mut Exposition) {
    out.gauge(
        "yuyi_request_memory_bytes",
        "Bytes that requests and their answers hold.",
        held.taken() as f64,
    );
    out.gauge(
        "yuyi_request_memory_limit_bytes",
        "Bytes that they may hold together.",
        held.limit() as f64,
    );
}

fn write_caches(service: &Service, out: &mut Exposition) {
    let stats = service.cache_stats();
    write_tiers(
        "yuyi_cache_hits_total",
        "Texts that were found.",
        [stats.memory_hits, stats.redis_hits],
        out,
    );
    write_tiers(
        "yuyi_cache_misses_total",
        "Texts that were not found.",
        [stats.memory_misses, stats.redis_misses],
        out,
    );
    write_redis(&stats, out);
    out.gauge(
        "yuyi_cache_entries",
        "Vectors in memory.",
        stats.memory_entries as f64,
    );
    out.gauge(
        "yuyi_cache_bytes",
        "Their bytes, by estimate.",
        stats.memory_bytes as f64,
    );
}

/// Counts in memory and in Redis.
fn write_tiers(name: &str, help: &str, [memory, redis]: [u64; 2], out: &mut Exposition) {
    out.head(name, "counter", help);
    out.sample(name, &[("tier", "memory")], memory as f64);
    out.sample(name, &[("tier", "redis")], redis as f64);
}

fn write_redis(stats: &CacheStats, out: &mut Exposition) {
    for (name, help, count) in [
        (
            "yuyi_redis_errors_total",
            "Requests to Redis that failed or were late.",
            stats.redis_errors,
        ),
        (
            "yuyi_redis_skipped_total",
            "Texts that Redis was not asked for, since it did not answer before.",
            stats.redis_skipped,
        ),
        (
            "yuyi_redis_corrupt_total",
            "Values in Redis that were no vector of the text.",
            stats.redis_corrupt,
        ),
        (
            "yuyi_redis_unwritten_total",
            "Vectors that were not written to Redis.",
            stats.redis_unwritten,
        ),
    ] {
        out.counter(name, help, count);
    }
    if let Some(up) = stats.redis_up {
        out.gauge(
            "yuyi_redis_up",
            "Whether Redis answers.",
            f64::from(u8::from(up)),
        );
    }
}

fn write_models(service: &Service, out: &mut Exposition) {
    let models = service.registry().statuses();
    out.head(
        "yuyi_model_loaded",
        "gauge",
        "Whether the model is in memory.",
    );
    for model in &models {
        let loaded = f64::from(u8::from(model.facts.is_some()));
        out.sample("yuyi_model_loaded", &[("model", &model.name)], loaded);
    }
    out.head(
        "yuyi_model_weight_bytes",
        "gauge",
        "Bytes of the model's weights in memory.",
    );
    for model in &models {
        let bytes = model.facts.as_ref().map_or(0, |facts| facts.weight_bytes);
        out.sample(
            "yuyi_model_weight_bytes",
            &[("model", &model.name)],
            bytes as f64,
        );
    }
    write_remote(&models, out);
    out.head("yuyi_build_info", "gauge", "The version, as a label.");
    out.sample(
        "yuyi_build_info",
        &[("version", env!("CARGO_PKG_VERSION"))],
        1.0,
    );
}

/// What models that compute elsewhere were asked, where there are any in use.
fn write_remote(models: &[ModelStatus], out: &mut Exposition) {
    let asked = models.iter();
    let asked: Vec<(&str, RemoteStats)> = asked
        .filter_map(|model| Some((model.name.as_str(), model.remote?)))
        .collect();
    if asked.is_empty() {
        return;
    }
    for (name, kind, help, value) in REMOTE {
        out.head(name, kind, help);
        for (model, stats) in &asked {
            out.sample(name, &[("model", model)], value(stats) as f64);
        }
    }
}

/// A count of what a provider was asked: its name, kind and meaning, and where it stands.
type RemoteCount = (
    &'static str,
    &'static str,
    &'static str,
    fn(&RemoteStats) -> u64,
);

const REMOTE: [RemoteCount; 6] = [
    (
        "yuyi_remote_calls_total",
        "counter",
        "Calls to the provider of a model that computes elsewhere.",
        |stats| stats.calls,
    ),
    (
        "yuyi_remote_failures_total",
        "counter",
        "Calls among them that gave no vectors.",
        |stats| stats.failures,
    ),
    (
        "yuyi_remote_retries_total",
        "counter",
        "Calls among them that were made again.",
        |stats| stats.retries,
    ),
    (
        "yuyi_remote_texts_total",
        "counter",
        "Texts that were sent to the provider.",
        |stats| stats.texts,
    ),
    (
        "yuyi_remote_tokens_total",
        "counter",
        "Tokens of the texts, as the provider counts them.",
        |stats| stats.tokens,
    ),
    (
        "yuyi_remote_resting",
        "gauge",
        "Whether the provider is left alone, since it did not answer.",
        |stats| u64::from(stats.is_resting),
    ),
];

/// Methods that a client makes up are one.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
