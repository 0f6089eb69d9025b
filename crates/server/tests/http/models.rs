//! Several models: named by requests, loaded and unloaded; and more work than there is time for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Fake, Server, options, source, source_with};
use reqwest::Client;
use serde_json::{Value, json};
use yuyi_server::{
    App, CacheOptions, Collections, Limits, LoadError, ModelLibrary, ModelOptions, ModelSource,
    Models,
};

async fn serve(models: impl Into<Models>, models_options: ModelOptions) -> Server {
    let caches = CacheOptions::default();
    let nowhere = Collections::unnamed(None);
    let app = App::new(models, models_options, &caches, Limits::default(), nowhere);
    Server {
        url: Server::serve(app.clone(), options()).await,
        client: Client::new(),
        computed: Arc::default(),
        app,
    }
}

fn lazy() -> ModelOptions {
    ModelOptions {
        lazy: true,
        ..ModelOptions::default()
    }
}

fn fake() -> Fake {
    Fake::new(Arc::default())
}

/// One model, whatever it is called.
struct Library(&'static str);

const CALIBRATION: &str = r#"{"version": 1, "knots": [[-1, 0], [0.8, 0.1], [1, 1]]}"#;

impl ModelLibrary for Library {
    fn names(&self) -> Result<Vec<String>, LoadError> {
        Ok(vec![self.0.to_owned()])
    }

    fn find(&self, name: &str) -> Result<Option<ModelSource>, LoadError> {
        let found = ModelSource {
            aliases: Vec::new(),
            computes_here: true,
            is_reranker: false,
            ..source(self.0, fake())
        };
        Ok(Some(found).filter(|found| found.name == name))
    }

    fn stamp(&self, name: &str) -> Result<Option<u64>, LoadError> {
        Ok((name == self.0).then_some(0))
    }
}

async fn states(server: &Server) -> Vec<Value> {
    let (_, list) = server.get("/v1/models").await;
    let models = list["data"].as_array().unwrap();
    models.iter().map(|model| model["state"].clone()).collect()
}

#[tokio::test]
async fn requests_name_models_and_load_them() {
    let second = Fake::new(Arc::default());
    let computed = Arc::clone(&second.computed);
    let models = vec![source("first", fake()), source("second", second)];
    let server = serve(models, lazy()).await;
    assert_eq!(server.get("/readyz").await.0, 200);
    assert_eq!(states(&server).await, ["unloaded", "unloaded"]);
    let pair = json!({"sentence_a": "x", "sentence_b": "y", "model": "second"});
    let (status, reply) = server.post("/similarity", pair.to_string()).await;
    assert_eq!((status, &reply["model"]), (200, &"second".into()));
    assert_eq!(computed.load(Ordering::Relaxed), 2);
    assert_eq!(states(&server).await, ["unloaded", "loaded"]);
    let body = r#"{"sentence_a": "x", "sentence_b": "y"}"#;
    let (_, reply) = server.post("/similarity", body).await;
    assert_eq!(reply["model"], "first");
}

#[tokio::test]
async fn models_are_loaded_and_unloaded_on_request() {
    let loads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&loads);
    let flaky = source_with("flaky", move || {
        match count.fetch_add(1, Ordering::Relaxed) {
            0 => Err("the disk is gone".into()),
            _ => Ok(Arc::new(fake())),
        }
    });
    let server = serve(vec![source("first", fake()), flaky], lazy()).await;
    let body = r#"{"input": "x", "model": "flaky"}"#;
    let (status, reply) = server.post("/v1/embeddings", body).await;
    let code = reply["error"]["code"].as_str();
    assert_eq!((status, code), (503, Some("model_load_failed")));
    assert!(!reply.to_string().contains("disk"), "{reply}");
    assert_eq!(states(&server).await, ["unloaded", "failed"]);
    assert_eq!(server.get("/readyz").await.0, 200, "others are served");

    let named = r#"{"model": "flaky"}"#;
    let (status, reply) = server.post("/v1/models/load", named).await;
    assert_eq!(
        (status, &reply["state"]),
        (200, &"loaded".into()),
        "{reply}"
    );
    assert_eq!(server.post("/v1/embeddings", body).await.0, 200);
    let (status, reply) = server.post("/v1/models/unload", named).await;
    assert_eq!((status, &reply["loaded"]), (200, &false.into()));
    assert_eq!(server.post("/v1/embeddings", body).await.0, 200);
    assert_eq!(loads.load(Ordering::Relaxed), 3);

    for (body, expected) in [
        (r#"{"model": "none"}"#, (404, "model_not_found")),
        (r#"{}"#, (422, "missing_field")),
        (r#"{"model": 1}"#, (422, "wrong_type")),
        (r#"{"model": "flaky", "x": 1}"#, (422, "unknown_field")),
    ] {
        for path in ["/v1/models/load", "/v1/models/unload"] {
            let (status, reply) = server.post(path, body).await;
            let code = reply["error"]["code"].as_str().unwrap();
            assert_eq!((status, code), expected, "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_model_is_told_of_by_its_name() {
    let models = Models {
        listed: vec![source("first", fake())],
        library: Some(Arc::new(Library("thenlper/gte-base-zh"))),
    };
    let server = serve(models, ModelOptions::default()).await;
    assert_eq!(states(&server).await, ["loaded", "unloaded"]);
    let (_, list) = server.get("/v1/models").await;
    for (path, place) in [
        ("/v1/models/first", 0),
        ("/v1/models/alias", 0),
        ("/v1/models/thenlper/gte-base-zh", 1),
        ("/v1/models/thenlper%2Fgte-base-zh", 1),
    ] {
        let (status, model) = server.get(path).await;
        assert_eq!((status, &model), (200, &list["data"][place]), "{path}");
    }
    let body = r#"{"input": "x", "model": "thenlper/gte-base-zh"}"#;
    let (status, reply) = server.post("/v1/embeddings", body).await;
    assert_eq!(
        (status, &reply["model"]),
        (200, &"thenlper/gte-base-zh".into())
    );
    assert_eq!(states(&server).await, ["loaded", "loaded"]);

    for path in ["/v1/models/none", "/v1/models/a/b", "/v1/models/%FF"] {
        let (status, reply) = server.get(path).await;
        let error = &reply["error"];
        let told = (&error["code"], &error["type"], &error["param"]);
        let expected = ["model_not_found", "invalid_request_error", "model"].map(Value::from);
        assert_eq!(
            (status, told),
            (404, (&expected[0], &expected[1], &expected[2])),
            "{path}"
        );
    }
    let (status, reply) = server.post("/v1/models/first", "{}").await;
    let code = reply["error"]["code"].as_str();
    assert_eq!((status, code), (405, Some("method_not_allowed")));
}

/// Unloading while requests use the model costs none of them its answer.
#[tokio::test]
async fn a_model_is_unloaded_under_load() {
    let server = Arc::new(serve(vec![source("fake", fake())], lazy()).await);
    let client = |n: usize| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            for i in 0..50 {
                let body = json!({"input": format!("{n} {i}")}).to_string();
                assert_eq!(server.post("/v1/embeddings", body).await.0, 200);
            }
        })
    };
    let clients: Vec<_> = (0..4).map(client).collect();
    for _ in 0..20 {
        let (status, _) = server
            .post("/v1/models/unload", r#"{"model": "fake"}"#)
            .await;
        assert_eq!(status, 200);
    }
    for client in clients {
        client.await.unwrap();
    }
}

/// Far more than the model can do: what is accepted is answered in time, the rest refused at once, and a moment later
/// all is well.
#[tokio::test(flavor = "multi_thread")]
async fn overload_is_refused_and_leaves_no_trace() {
    let limits = Limits {
        queue_tokens: 600,
        queue_timeout: Duration::from_secs(2),
        ..Limits::default()
    };
    let options = yuyi_server::ListenOptions {
        connections: 1_000,
        ..options()
    };
    let server = Arc::new(Server::with(limits, options).await);
    let client = |n: usize| {
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for i in 0..4 {
                // Each batch of these takes 0.7 seconds and has room for some fifty.
                let body = json!({"input": format!("sleep {n} {i} 文本文本文本")}).to_string();
                let started = Instant::now();
                let (status, _) = server.post("/v1/embeddings", body).await;
                answers.push((status, started.elapsed()));
            }
            answers
        })
    };
    let clients: Vec<_> = (0..200).map(client).collect();
    let mut answers = Vec::new();
    for client in clients {
        answers.extend(client.await.unwrap());
    }
    let of = |status| answers.iter().filter(move |(s, _)| *s == status);
    let (answered, refused, late) = (of(200).count(), of(429).count(), of(503).count());
    assert_eq!(answered + refused + late, answers.len());
    assert!(
        answered > 30 && refused > 100,
        "{answered} {refused} {late}"
    );
    let slowest = of(200).map(|(_, time)| *time).max().unwrap();
    assert!(slowest < Duration::from_secs(4), "{slowest:?}");
    let mut times: Vec<Duration> = of(429).map(|(_, time)| *time).collect();
    times.sort();
    let median = times[times.len() / 2];
    assert!(median < Duration::from_millis(400), "{median:?}");
    let started = Instant::now();
    let (status, _) = server.post("/v1/embeddings", r#"{"input": "x"}"#).await;
    assert_eq!(status, 200);
    assert!(started.elapsed() < Duration::from_secs(1));
}

/// A client that chooses among models by their calibration need not load them to learn of it.
#[tokio::test]
async fn a_calibration_is_told_of_before_and_after_loading() {
    let loads = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&loads);
    let first = ModelSource {
        calibration: source("first", Fake::with_calibration(CALIBRATION)).calibration,
        ..source_with("first", move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::new(Fake::with_calibration(CALIBRATION)))
        })
    };
    // What the user fitted is found when the weights were read.
    let users = source_with("users", || {
        Ok(Arc::new(Fake::with_calibration(CALIBRATION)))
    });
    let broken = source("broken", Fake::with_calibration("{}"));
    let models = vec![first, users, broken, source("none", fake())];
    let server = serve(models, lazy()).await;
    let told = async || -> Vec<Value> {
        let (_, list) = server.get("/v1/models").await;
        let models = list["data"].as_array().unwrap();
        models.iter().map(|m| m["calibrated"].clone()).collect()
    };
    assert_eq!(told().await, [true, false, false, false]);
    let (_, model) = server.get("/v1/models/first").await;
    assert_eq!(
        (&model["calibrated"], &model["loaded"]),
        (&true.into(), &false.into())
    );
    assert_eq!(loads.load(Ordering::Relaxed), 0);
    for name in ["first", "users"] {
        let body = json!({"model": name}).to_string();
        assert_eq!(server.post("/v1/models/load", body.clone()).await.0, 200);
        let (_, reply) = server.post("/v1/models/unload", body).await;
        assert_eq!(
            (&reply["calibrated"], &reply["loaded"]),
            (&true.into(), &false.into())
        );
    }
    assert_eq!(told().await, [true, true, false, false]);
}

/// Monitors poll it, which must not bring a model into memory or keep it there.
#[tokio::test]
async fn info_neither_loads_a_model_nor_counts_as_use() {
    let options = ModelOptions {
        idle_unload: Some(Duration::from_millis(200)),
        ..lazy()
    };
    let model = source("first", Fake::with_calibration(CALIBRATION));
    let server = serve(vec![model], options).await;
    let (status, before) = server.get("/info").await;
    assert_eq!((status, &before["calibrated"]), (200, &true.into()));
    assert_eq!(
        (&before["dimension"], &before["weight_bytes"]),
        (&2.into(), &8.into())
    );
    assert_eq!(states(&server).await, ["unloaded"]);
    let body = r#"{"input": "x"}"#;
    assert_eq!(server.post("/v1/embeddings", body).await.0, 200);
    assert_eq!(states(&server).await, ["loaded"]);
    let started = Instant::now();
    while states(&server).await == ["loaded"] {
        assert_eq!(server.get("/info").await, (200, before.clone()));
        assert!(started.elapsed() < Duration::from_secs(10), "it stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.get("/info").await, (200, before));
}
