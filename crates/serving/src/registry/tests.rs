//! Models that come and go.

use std::collections::BTreeMap;
use std::sync::Mutex;
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
    /// The files were written to since the last load.
    written: AtomicBool,
}

/// A model that notices when its files are written to.
struct OnDisk {
    silent: Silent,
    loads: Arc<Loads>,
}

impl Embedder for OnDisk {
    fn facts(&self) -> &ModelFacts {
        self.silent.facts()
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.silent.fingerprint()
    }

    fn is_outdated(&self) -> bool {
        self.loads.written.load(Ordering::SeqCst)
    }

    fn embed_batch(&self, items: &[yuyi::Item]) -> Result<yuyi::Batch, yuyi::EmbedderError> {
        self.silent.embed_batch(items)
    }
}

fn source(name: &str) -> (ModelSource, Arc<Loads>) {
    let loads = Arc::new(Loads::default());
    (source_of(name, Arc::clone(&loads)), loads)
}

fn source_of(name: &str, seen: Arc<Loads>) -> ModelSource {
    let model = name.to_owned();
    let load = move |progress: &LoadProgress| {
        seen.count.fetch_add(1, Ordering::SeqCst);
        progress.note(1, 2);
        let time = seen.milliseconds.load(Ordering::SeqCst) as u64;
        std::thread::sleep(Duration::from_millis(time));
        if seen.fails.load(Ordering::SeqCst) {
            return Err("its weights are gone".into());
        }
        seen.written.store(false, Ordering::SeqCst);
        let model: Arc<dyn Embedder> = Arc::new(OnDisk {
            silent: Silent::of(&model, BYTES),
            loads: Arc::clone(&seen),
        });
        Ok(model)
    };
    ModelSource {
        name: name.to_owned(),
        aliases: vec![format!("{name}2")],
        computes_here: true,
        is_reranker: false,
        facts: Box::new(|| Ok(Silent::of("", BYTES).facts().clone())),
        calibration: Box::new(|| Ok(None)),
        load: Box::new(load),
    }
}

/// Models a, b and c.
fn registry(options: ModelOptions) -> (Registry, [Arc<Loads>; 3]) {
    let (a, b, c) = (source("a"), source("b"), source("c"));
    let registry = Registry::new(
        vec![a.0, b.0, c.0].into(),
        options,
        PATIENCE,
        Background::default(),
    );
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
        .filter(|s| s.state.name() == "loaded")
        .map(|s| s.name)
        .collect()
}

async fn get(registry: &Registry, name: &str) -> ModelHandle {
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
async fn a_model_whose_files_were_written_to_is_loaded_again() {
    let (registry, loads) = registry(lazy());
    let before = get(&registry, "b").await;
    loads[1].written.store(true, Ordering::SeqCst);
    let (one, two) = tokio::join!(get(&registry, "b"), get(&registry, "b"));
    assert_eq!(count(&loads[1]), 2);
    assert!(Arc::ptr_eq(&one.inner, &two.inner));
    assert!(!Arc::ptr_eq(&one.inner, &before.inner));
    // As long as there is half a file.
    loads[1].written.store(true, Ordering::SeqCst);
    loads[1].fails.store(true, Ordering::SeqCst);
    let refused = registry.get(Some("b")).await.err();
    assert!(
        matches!(refused, Some(Error::ModelLoadFailed { .. })),
        "{refused:?}"
    );
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
    assert_eq!(missing, Error::ModelNotFound { name, served });
}

#[tokio::test]
async fn while_the_server_starts_nobody_waits() {
    let (registry, loads) = registry(ModelOptions::default());
    loads[0].milliseconds.store(200, Ordering::SeqCst);
    let starting = tokio::spawn({
        let registry = registry.clone();
        async move { registry.start().await }
    });
    let half = Error::Loading {
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
        assert!(matches!(error, Error::ModelLoadFailed { .. }));
        assert!(!error.to_string().contains("weights"), "{error}");
    }
    assert_eq!(count(&loads[0]), 1, "not for every request");
    let told = registry.load_now("a").await.err().unwrap().to_string();
    assert_eq!(told, "The model a cannot be loaded: its weights are gone.");
    assert_eq!(count(&loads[0]), 2);
    loads[0].fails.store(false, Ordering::SeqCst);
    assert_eq!(registry.load_now("a").await.unwrap().state.name(), "loaded");
    assert!(registry.get(None).await.is_ok());
}

/// The log of the server is nothing that a client sees, and the provider's reason is no secret of the server's.
#[tokio::test]
async fn what_a_provider_says_of_its_first_call_is_passed_on() {
    let unavailable = || yuyi::EmbedderError::Unavailable {
        reason: "P asks to be asked less often.".into(),
        retry_after: Some(Duration::from_millis(3_599_001)),
    };
    let refused = || yuyi::EmbedderError::ProviderFailed {
        reason: "P refuses the call.".into(),
        passes: false,
    };
    for (error, expected) in [
        (
            Box::new(unavailable) as Box<dyn Fn() -> yuyi::EmbedderError + Send + Sync>,
            Error::Unavailable {
                reason: "P asks to be asked less often.".into(),
                retry_after: Some(3_600),
            },
        ),
        (
            Box::new(refused),
            Error::ProviderFailed {
                reason: "P refuses the call.".into(),
            },
        ),
    ] {
        let far = ModelSource {
            computes_here: false,
            load: Box::new(move |_| Err(error().into())),
            ..source("far").0
        };
        let registry = Registry::new(
            vec![far].into(),
            ModelOptions::default(),
            PATIENCE,
            Background::default(),
        );
        for _ in 0..2 {
            assert_eq!(registry.get(None).await.err(), Some(expected.clone()));
        }
        let status = registry.status("far").await.unwrap();
        assert_eq!(status.state, ModelState::Failed);
        assert_eq!(status.refusal, Some(expected.to_string()));
        assert_eq!(registry.load_now("far").await.err(), Some(expected));
    }
}

#[tokio::test]
async fn waiting_for_a_model_has_an_end() {
    let (slow, loads) = source("slow");
    loads.milliseconds.store(300, Ordering::SeqCst);
    let registry = Registry::new(
        vec![slow].into(),
        lazy(),
        Duration::from_millis(50),
        Background::default(),
    );
    let late = registry.get(None).await.err().unwrap();
    assert!(matches!(late, Error::Loading { .. }));
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
    let error = registry.get(None).await.err().unwrap();
    assert!(matches!(error, Error::ModelLoadFailed { .. }));
    let message = registry.load_now("a").await.err().unwrap().to_string();
    let expected = "it takes 0.1 MiB of memory, and the memory limit is 0.0 MiB";
    assert!(message.contains(expected), "{message}");
    assert!(!message.contains("--"), "{message}");
    assert_eq!(count(&loads[0]), 0);
}

#[tokio::test]
async fn a_listed_model_beyond_the_limit_ends_the_start() {
    for lazy in [false, true] {
        let ((a, loads), (b, _)) = (source("a"), source("b"));
        let b = ModelSource {
            facts: Box::new(|| Ok(Silent::of("b", 3 * BYTES).facts().clone())),
            ..b
        };
        let options = ModelOptions { lazy, ..limited(2) };
        let registry = Registry::new(vec![a, b].into(), options, PATIENCE, Background::default());
        let (name, error) = registry.start().await.unwrap_err();
        assert_eq!(name, "b");
        assert!(error.to_string().contains("memory limit"), "{error}");
        assert_eq!(count(&loads), 0, "it is told before anything is loaded");
    }
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
    assert_eq!(
        registry.unload("a2").await.unwrap().state.name(),
        "unloaded"
    );
    assert_eq!(
        registry.unload("a").await.unwrap().state.name(),
        "unloaded",
        "again"
    );
    assert_eq!(used.name(), "a", "who has it keeps it");
    assert!(registry.unload("d").await.is_err());
    assert_eq!(registry.load_now("a").await.unwrap().state.name(), "loaded");
}

/// A folder of models that change while the server runs.
#[derive(Default)]
struct Folder {
    models: Mutex<BTreeMap<String, Arc<Loads>>>,
    asked: AtomicUsize,
}

impl Folder {
    fn of(names: &[&str]) -> Arc<Self> {
        let folder = Self::default();
        let loads = names
            .iter()
            .map(|name| ((*name).to_owned(), Arc::default()));
        folder.models.lock().unwrap().extend(loads);
        Arc::new(folder)
    }

    fn remove(&self, name: &str) {
        self.models.lock().unwrap().remove(name);
    }
}

impl ModelLibrary for Folder {
    fn names(&self) -> Result<Vec<String>, LoadError> {
        Ok(self.models.lock().unwrap().keys().cloned().collect())
    }

    fn find(&self, name: &str) -> Result<Option<ModelSource>, LoadError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let loads = self.models.lock().unwrap().get(name).cloned();
        Ok(loads.map(|loads| ModelSource {
            aliases: Vec::new(),
            computes_here: true,
            is_reranker: false,
            ..source_of(name, loads)
        }))
    }

    fn stamp(&self, name: &str) -> Result<Option<u64>, LoadError> {
        let models = self.models.lock().unwrap();
        Ok(models.get(name).map(|loads| Arc::as_ptr(loads) as u64))
    }
}

/// A registry of model a, with b, c and another a installed.
fn with_folder(options: ModelOptions) -> (Registry, Arc<Folder>, Arc<Loads>) {
    let (a, loads) = source("a");
    let folder = Folder::of(&["a", "b", "c"]);
    let models = Models {
        listed: vec![a],
        library: Some(Arc::clone(&folder) as _),
    };
    (
        Registry::new(models, options, PATIENCE, Background::default()),
        folder,
        loads,
    )
}

async fn states(registry: &Registry) -> Vec<(String, &'static str)> {
    let all = registry.all_statuses().await.into_iter();
    all.map(|status| (status.name, status.state.name()))
        .collect()
}

#[tokio::test]
async fn installed_models_are_loaded_when_they_are_named() {
    let (registry, folder, a) = with_folder(ModelOptions::default());
    registry.start().await.unwrap();
    let of = |a, b, c| [a, b, c].map(|(name, state): (&str, _)| (name.to_owned(), state));
    let rest = ("c", "unloaded");
    assert_eq!(
        states(&registry).await,
        of(("a", "loaded"), ("b", "unloaded"), rest)
    );
    let (one, two) = tokio::join!(get(&registry, "b"), get(&registry, "b"));
    assert_eq!([one.name(), two.name()], ["b", "b"]);
    let b = folder.models.lock().unwrap()["b"].clone();
    assert_eq!((count(&a), count(&b)), (1, 1));
    assert_eq!(
        states(&registry).await,
        of(("a", "loaded"), ("b", "loaded"), rest)
    );
    let asked = folder.asked.load(Ordering::SeqCst);
    get(&registry, "b").await;
    get(&registry, "a").await;
    let again = folder.asked.load(Ordering::SeqCst);
    assert_eq!(again, asked, "what is loaded is not looked for");
    assert_eq!(count(&folder.models.lock().unwrap()["a"]), 0, "listed wins");
}

#[tokio::test]
async fn installed_models_obey_the_memory_limit() {
    let (registry, _, _) = with_folder(limited(2));
    for name in ["a", "b", "a", "c"] {
        get(&registry, name).await;
        // Until the fingerprint is known the model counts as used.
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(loaded(&registry), "ac");
    assert_eq!(registry.held(), 2 * BYTES);
}

#[tokio::test]
async fn a_model_that_is_not_installed_any_more_is_not_served() {
    let (registry, folder, _) = with_folder(lazy());
    get(&registry, "b").await;
    folder.remove("b");
    get(&registry, "b").await;
    assert_eq!(registry.unload("b").await.unwrap().state.name(), "unloaded");
    let missing = registry.get(Some("b")).await.err().unwrap();
    let name = "b".to_owned();
    let served = ["a", "a2", "c"].map(str::to_owned).to_vec();
    assert_eq!(missing, Error::ModelNotFound { name, served });
    assert_eq!(registry.statuses().len(), 1, "it leaves no slot behind");
    folder.remove("a");
    assert!(registry.get(Some("a")).await.is_ok(), "a is listed");
}

#[tokio::test]
async fn a_model_that_is_installed_anew_takes_the_place_of_the_one_in_memory() {
    let look = Duration::from_millis(1100);
    let (registry, folder, _) = with_folder(lazy());
    let old = get(&registry, "b").await;
    let other: Arc<Loads> = Arc::default();
    let before = folder
        .models
        .lock()
        .unwrap()
        .insert("b".into(), Arc::clone(&other));
    sleep(look).await;
    get(&registry, "b").await;
    get(&registry, "b").await;
    assert_eq!((count(&before.unwrap()), count(&other)), (1, 1));
    assert_eq!(old.name(), "b", "who has it keeps it");
    sleep(Duration::from_millis(20)).await;
    assert_eq!(registry.held(), 2 * BYTES, "and it still takes memory");
    drop(old);
    assert_eq!(registry.held(), BYTES);
    folder.remove("b");
    sleep(look).await;
    let missing = registry.get(Some("b")).await.err().unwrap();
    assert!(matches!(missing, Error::ModelNotFound { .. }), "{missing}");
    assert_eq!(registry.statuses().len(), 1, "it leaves no slot behind");
}
