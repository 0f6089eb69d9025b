//! `POST /v1/models/pull`, with a supply of models that does what it is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use yuyi_server::{
    AboutModel, App, CacheOptions, Collections, Limits, ModelOptions, ModelSupply, PullOrder,
    PullStep, Remark,
};

use crate::support::{self, Server, read, source_with};

/// Fetches until it is let go or stopped.
#[derive(Default)]
struct Supply {
    is_free: AtomicBool,
    was_stopped: AtomicBool,
}

impl ModelSupply for Supply {
    fn name_of(&self, order: &PullOrder) -> Result<String, String> {
        match order.model.as_str() {
            "none" => Err("There is no such model.".to_owned()),
            model => Ok(model.to_owned()),
        }
    }

    fn pull(
        &self,
        order: &PullOrder,
        see: &(dyn Fn(PullStep) -> bool + Sync),
    ) -> Result<(String, bool), String> {
        assert_eq!((order.from, order.quantize), ("hf", Some("int8")));
        // More than anybody takes meanwhile: what is too much is left out.
        for bytes in 0..1_000 {
            see(PullStep::Downloading {
                bytes,
                total: 1_000,
            });
        }
        while !self.is_free.load(Ordering::Relaxed) {
            if !see(PullStep::Finishing) {
                self.was_stopped.store(true, Ordering::Relaxed);
                return Err("It was stopped.".to_owned());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        match order.model.as_str() {
            "broken" => Err("It does not work.".to_owned()),
            model => Ok((model.to_owned(), false)),
        }
    }

    fn about(&self, names: &[String]) -> Vec<Option<AboutModel>> {
        let about = || AboutModel {
            place: "home",
            licence: Some("MIT".to_owned()),
            problem: Some("It is not whole.".to_owned()),
            remark: Some(Remark {
                zh: "仅英文".to_owned(),
                en: "English only".to_owned(),
            }),
            ..AboutModel::default()
        };
        names.iter().map(|_| Some(about())).collect()
    }
}

fn order(model: &str) -> String {
    json!({"model": model, "from": "hf", "quantize": "int8"}).to_string()
}

async fn pull(server: &Server, model: &str) -> reqwest::Response {
    let request = server.request("POST", "/v1/models/pull");
    let request = request.header("content-type", "application/json");
    request.body(order(model)).send().await.unwrap()
}

fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

#[tokio::test]
async fn a_model_is_fetched_once_at_a_time_and_the_last_event_says_how_it_ended() {
    let supply = Arc::new(Supply::default());
    let server = Server::supplied(Arc::clone(&supply) as _).await;
    let first = pull(&server, "a").await;
    assert_eq!(first.headers()["content-type"], "text/event-stream");
    let second = read(pull(&server, "a").await).await;
    assert_eq!(
        (second.0, &second.1["error"]["code"]),
        (409, &"pull_in_progress".into())
    );
    let other = pull(&server, "broken").await;
    assert_eq!(other.status(), 200);
    // A client that goes does not end it.
    drop(other);
    assert_eq!(
        server
            .post("/similarity", r#"{"sentence_a": "x", "sentence_b": "y"}"#)
            .await
            .0,
        200
    );
    supply.is_free.store(true, Ordering::Relaxed);
    let events = events(&first.text().await.unwrap());
    let last = json!({"status": "success", "model": "a", "was_there": false});
    assert_eq!(events.last(), Some(&last));
    assert_eq!(
        events[0],
        json!({"status": "downloading", "bytes": 0, "total": 1_000})
    );
    // The names are free again.
    for (model, status) in [("a", "success"), ("broken", "failed")] {
        let text = loop {
            let reply = pull(&server, model).await;
            if reply.status() == 200 {
                break reply.text().await.unwrap();
            }
        };
        assert_eq!(self::events(&text).last().unwrap()["status"], status);
    }
}

#[tokio::test]
async fn what_cannot_be_fetched_is_refused_at_once() {
    let server = Server::supplied(Arc::new(Supply::default())).await;
    let (status, reply) = read(pull(&server, "none").await).await;
    let told = (status, &reply["error"]["code"], &reply["error"]["message"]);
    assert_eq!(
        told,
        (
            422,
            &"invalid_value".into(),
            &"model: There is no such model.".into()
        )
    );
    let without = Server::start().await;
    let (status, reply) = read(pull(&without, "a").await).await;
    assert_eq!(
        (status, &reply["error"]["code"]),
        (403, &"not_allowed".into())
    );
}

#[tokio::test]
async fn a_server_that_ends_stops_what_it_fetches() {
    let supply = Arc::new(Supply::default());
    let server = Server::supplied(Arc::clone(&supply) as _).await;
    let reply = pull(&server, "a").await;
    server.app.lifecycle().drain();
    let text = reply.text().await.unwrap();
    let last = json!({"status": "failed", "message": "It was stopped."});
    assert_eq!(events(&text).last(), Some(&last));
    assert!(supply.was_stopped.load(Ordering::Relaxed));
}

#[tokio::test]
async fn models_are_told_with_what_is_known_of_their_files() {
    let server = Server::supplied(Arc::new(Supply::default())).await;
    for path in ["/v1/models", "/v1/models/fake"] {
        let (_, reply) = server.get(path).await;
        let model = reply["data"].get(0).unwrap_or(&reply);
        let told = (&model["place"], &model["licence"], &model["problem"]);
        assert_eq!(
            told,
            (&"home".into(), &"MIT".into(), &"It is not whole.".into()),
            "{path}"
        );
        assert!(model.get("bytes").is_none(), "{path}");
        assert_eq!(
            model["remark"],
            json!({"zh": "仅英文", "en": "English only"})
        );
    }
}

/// What everybody may read of a model is also said where a request fails by it.
#[tokio::test]
async fn a_model_that_does_not_load_is_said_to_be_what_is_known_of_it() {
    let broken = source_with("broken", || Err("the disk is gone".into()));
    let options = ModelOptions {
        lazy: true,
        ..ModelOptions::default()
    };
    let (caches, nowhere) = (CacheOptions::default(), Collections::unnamed(None));
    let app = App::new(vec![broken], options, &caches, Limits::default(), nowhere);
    let app = app.with_supply(Arc::new(Supply::default()));
    let server = Server {
        url: Server::serve(app.clone(), support::options()).await,
        client: reqwest::Client::new(),
        computed: Arc::default(),
        app,
    };
    let body = r#"{"sentence_a": "x", "sentence_b": "y"}"#;
    let (status, reply) = server.post("/similarity", body).await;
    let error = &reply["error"];
    assert_eq!(
        (status, &error["code"]),
        (503, &json!("model_load_failed")),
        "{reply}"
    );
    let said = "The model broken cannot be loaded: It is not whole.";
    assert_eq!(error["message"], said);
}
