//! Models that come and go.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::loaded_model::testing::Silent;

const PATIENCE: Duration = Duration::from_secs(10);
const BYTES: usize = 100;

/// Counts and steers the loads of a model.
#[derive(Default)]
struct Loads {
    count: AtomicUsize,
    fails: AtomicBool,
    milliseconds: AtomicUsize,
}

fn source(name: &str) -> (ModelSource, Arc<Loads>) {
    let loads = Arc::new(Loads::default());
    let (seen, model) = (Arc::clone(&loads), name.to_owned());
    let load = move |progress: &LoadProgress| {
        seen.count.fetch_add(1, Ordering::SeqCst);
        progress.note(1, 2);
        let time = seen.milliseconds.load(Ordering::SeqCst) as u64;
        std::thread::sleep(Duration::from_millis(time));
        if seen.fails.load(Ordering::SeqCst) {
            return Err("its weights are gone".into());
        }
        let model: Arc<dyn Embedder> = Arc::new(Silent::of(&model, BYTES));
        Ok(model)
    };
    let source = ModelSource {
        name: name.to_owned(),
        aliases: vec![format!("{name}2")],
        estimated_bytes: BYTES,
        load: Box::new(load),
    };
    (source, loads)
}

/// Models a, b and c.
fn registry(options: ModelOptions) -> (Registry, [Arc<Loads>; 3]) {
    let (a, b, c) = (source("a"), source("b"), source("c"));
    let registry = Registry::new(vec![a.0, b.0, c.0], options, PATIENCE);
    (registry, [a.1, b.1, c.1])
}

fn lazy() -> ModelOptions {
    ModelOptions {
        lazy: true,
        ..ModelOptions::default()
    }
}

fn limited(models: usize) -> ModelOptions {
    ModelOptions {
        memory_limit: Some(models * BYTES + BYTES / 2),
        ..lazy()
    }
}

fn loaded(registry: &Registry) -> String {
    let loaded = registry.statuses().into_iter();
    loaded
        .filter(|s| s.state == "loaded")
        .map(|s| s.name)
        .collect()
}

async fn get(registry: &Registry, name: &str) -> Model {
    registry.get(Some(name)).await.unwrap()
}

fn count(loads: &Loads) -> usize {
    loads.count.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_lazy_model_is_loaded_once_by_those_who_ask_first() {
    let (registry, loads) = registry(lazy());
    registry.start().await.unwrap();
    assert!(registry.ready().is_ok());
    assert_eq!(loaded(&registry), "");
    loads[1].milliseconds.store(50, Ordering::SeqCst);
    let (one, two, three) = tokio::join!(
        get(&registry, "b"),
        get(&registry, "b2"),
        get(&registry, "b")
    );
    assert!([one.name(), two.name(), three.name()] == ["b"; 3]);
    assert_eq!(loads.map(|loads| count(&loads)), [0, 1, 0]);
    assert_eq!(registry.get(None).await.unwrap().name(), "a", "the default");
    assert_eq!(loaded(&registry), "ab");
}

#[tokio::test]
async fn all_are_loaded_at_the_start() {
    let (registry, _) = registry(ModelOptions::default());
    assert!(registry.ready().is_ok(), "nothing has begun");
    registry.start().await.unwrap();
    assert_eq!(loaded(&registry), "abc");
    let missing = registry.get(Some("d")).await.err().unwrap();
    let served = ["a", "a2", "b", "b2", "c", "c2"]
        .map(str::to_owned)
        .to_vec();
    let name = "d".to_owned();
    assert_eq!(missing, ApiError::ModelNotFound { name, served });
}

#[tokio::test]
async fn while_the_server_starts_nobody_waits() {
    let (registry, loads) = registry(ModelOptions::default());
    loads[0].milliseconds.store(200, Ordering::SeqCst);
    let starting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.start().await }
    });
    let half = ApiError::Loading {
        model: "a".to_owned(),
        percent: 50,
    };
    for _ in 0..200 {
        if registry.ready() == Err(half.clone()) {
            break;
        }
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(registry.ready(), Err(half.clone()));
    assert_eq!(registry.get(None).await.err(), Some(half));
    starting.await.unwrap().unwrap();
    assert!(registry.get(None).await.is_ok());
}

#[tokio::test]
async fn a_model_that_does_not_load_ends_the_start() {
    let (registry, loads) = registry(ModelOptions::default());
    loads[1].fails.store(true, Ordering::SeqCst);
    let (name, error) = registry.start().await.unwrap_err();
    assert_eq!(
        (name.as_str(), error.to_string().as_str()),
        ("b", "its weights are gone")
    );
}

#[tokio::test]
async fn a_failure_is_told_and_may_be_retried() {
    let (registry, loads) = registry(lazy());
    loads[0].fails.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let error = registry.get(None).await.err().unwrap();
        assert_eq!(error.code(), "model_load_failed");
        assert!(!error.to_string().contains("weights"), "{error}");
    }
    assert_eq!(count(&loads[0]), 1, "not for every request");
    let told = registry.load_now("a").await.err().unwrap().to_string();
    assert_eq!(told, "The model a cannot be loaded: its weights are gone.");
    assert_eq!(count(&loads[0]), 2);
    loads[0].fails.store(false, Ordering::SeqCst);
    assert_eq!(registry.load_now("a").await.unwrap().state, "loaded");
    assert!(registry.get(None).await.is_ok());
}

#[tokio::test]
async fn waiting_for_a_model_has_an_end() {
    let (slow, loads) = source("slow");
    loads.milliseconds.store(300, Ordering::SeqCst);
    let registry = Registry::new(vec![slow], lazy(), Duration::from_millis(50));
    let late = registry.get(None).await.err().unwrap();
    assert_eq!(late.code(), "loading");
    for _ in 0..20 {
        if registry.get(None).await.is_ok() {
            break;
        }
    }
    assert_eq!(loaded(&registry), "slow");
    assert_eq!(count(&loads), 1);
}

#[tokio::test]
async fn the_least_recently_used_makes_room() {
    let (registry, loads) = registry(limited(2));
    for name in ["a", "b", "a", "c"] {
        get(&registry, name).await;
        // Until the fingerprint is known the model counts as used.
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(loaded(&registry), "ac");
    get(&registry, "b").await;
    assert_eq!(loaded(&registry), "bc");
    assert_eq!(loads.map(|loads| count(&loads)), [1, 2, 1]);
}

#[tokio::test]
async fn what_is_in_use_stays_until_it_is_answered() {
    let (registry, _) = registry(limited(1));
    let used = get(&registry, "a").await;
    let waiting = tokio::spawn({
        let registry = registry.clone();
        async move { get(&registry, "b").await.name().to_owned() }
    });
    sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    assert_eq!(registry.held(), BYTES, "a is still in memory");
    drop(used);
    assert_eq!(waiting.await.unwrap(), "b");
    assert_eq!((loaded(&registry).as_str(), registry.held()), ("b", BYTES));
}

#[tokio::test]
async fn a_model_beyond_the_limit_is_refused() {
    let (registry, loads) = registry(limited(0));
    assert_eq!(
        registry.get(None).await.err().unwrap().code(),
        "model_load_failed"
    );
    let told = registry.load_now("a").await.err().unwrap().to_string();
    assert!(told.contains("--memory-limit is 50"), "{told}");
    assert_eq!(count(&loads[0]), 0);
}

#[tokio::test]
async fn the_start_loads_as_much_as_there_is_room_for() {
    let options = ModelOptions {
        lazy: false,
        ..limited(2)
    };
    let (registry, _) = registry(options);
    registry.start().await.unwrap();
    assert!(registry.ready().is_ok());
    assert_eq!(loaded(&registry), "ab");
    sleep(Duration::from_millis(20)).await;
    get(&registry, "c").await;
    assert_eq!(loaded(&registry), "bc");
}

#[tokio::test]
async fn an_idle_model_goes_and_comes_back() {
    let options = ModelOptions {
        idle_unload: Some(Duration::from_millis(100)),
        ..lazy()
    };
    let (registry, loads) = registry(options);
    registry.start().await.unwrap();
    let used = get(&registry, "a").await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(loaded(&registry), "a", "it is in use");
    drop(used);
    sleep(Duration::from_millis(300)).await;
    assert_eq!((loaded(&registry).as_str(), registry.held()), ("", 0));
    get(&registry, "a").await;
    assert_eq!(count(&loads[0]), 2);
}

#[tokio::test]
async fn models_are_unloaded_on_request() {
    let (registry, _) = registry(lazy());
    let used = get(&registry, "a").await;
    assert_eq!(registry.unload("a2").unwrap().state, "unloaded");
    assert_eq!(registry.unload("a").unwrap().state, "unloaded", "again");
    assert_eq!(used.name(), "a", "who has it keeps it");
    assert!(registry.unload("d").is_err());
    assert_eq!(registry.load_now("a").await.unwrap().state, "loaded");
}
