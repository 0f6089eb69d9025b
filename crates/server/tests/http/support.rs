//! A server on a real socket whose model is computed from a text's characters.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use yuyi::{
    Batch, EmbedOptions, Embedder, EmbedderError as Error, Encoded, Fingerprint, Input, Item,
    LongText, ModelFacts, Piece, Place, Pooling, Precision, Prompt, States, StoredCalibration,
    TokenizeOptions,
};
use yuyi_server::{
    App, CacheOptions, Collections, Limits, ListenOptions, LoadError, ModelOptions, ModelSource,
    ModelSupply, Perimeter, Place as StorePlace, serve,
};

/// Most characters that the fake model reads.
pub const MAX_TOKENS: usize = 16;

/// A model whose vectors tests can compute by hand: (1, 0) for texts that begin with `x`, (0, 1)
/// for `y`, (-1, 0) for `-`, and (0.6, 0.8) for all others; all of them twice as long before they were scaled.
/// A prompt stands in front; of a text that is too long and is not cut, the last character decides.
pub struct Fake {
    facts: ModelFacts,
    fingerprint: Option<Fingerprint>,
    calibration: Option<StoredCalibration>,
    /// Texts computed so far.
    pub computed: Arc<AtomicUsize>,
}

impl Fake {
    pub fn new(computed: Arc<AtomicUsize>) -> Self {
        let facts = ModelFacts {
            name: "fake".into(),
            dimension: 2,
            layers: 1,
            max_tokens: MAX_TOKENS,
            pooling: Some(Pooling::Mean),
            default_prompt: String::new(),
            prompts: [("none".into(), String::new()), ("up".into(), "y".into())].into(),
            precision: Some(Precision::F32),
            kernel: None,
            threads: 1,
            weight_bytes: 8,
            scores: None,
        };
        Self {
            facts,
            fingerprint: None,
            calibration: None,
            computed,
        }
    }

    /// One whose vectors may be cached.
    pub fn with_fingerprint(digest: [u8; 16]) -> Self {
        Self {
            fingerprint: Some(digest.into()),
            ..Self::new(Arc::default())
        }
    }

    /// One with these prompts.
    pub fn with_prompts(prompts: &[(&str, &str)]) -> Self {
        let owned = |&(name, text): &(&str, &str)| (name.to_owned(), text.to_owned());
        let mut fake = Self::new(Arc::default());
        fake.facts.prompts = prompts.iter().map(owned).collect();
        fake
    }

    /// The same, whose vectors may be kept.
    pub fn known_by(self, digest: [u8; 16]) -> Self {
        Self {
            fingerprint: Some(digest.into()),
            ..self
        }
    }

    /// One with a calibration file.
    pub fn with_calibration(content: &str) -> Self {
        let calibration = StoredCalibration {
            name: "fake/calibration.json".into(),
            content: content.into(),
        };
        Self {
            calibration: Some(calibration),
            ..Self::new(Arc::default())
        }
    }
}

impl Embedder for Fake {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    fn check_tokens(&self, ids: &[u32]) -> Result<(), Error> {
        encode_ids(ids).map(drop)
    }

    fn calibration(&self) -> Result<Option<StoredCalibration>, Error> {
        Ok(self.calibration.clone())
    }

    fn embed_batch(&self, items: &[Item]) -> Result<Batch, Error> {
        self.computed.fetch_add(items.len(), Ordering::Relaxed);
        let any = |wanted: fn(&str) -> bool| {
            let text = |item: &Item| matches!(&item.input, Input::Text(text) if wanted(text));
            items.iter().any(text)
        };
        if any(|text| text.contains("long sleep")) {
            std::thread::sleep(Duration::from_secs(4));
        } else if any(|text| text.contains("sleep")) {
            std::thread::sleep(Duration::from_millis(700));
        }
        assert!(!any(|text| text == "panic"), "the model panics");
        if any(|text| text == "busy elsewhere") {
            return Err(Error::Unavailable {
                reason: "429 Too Many Requests".into(),
                retry_after: Some(Duration::from_millis(1_500)),
            });
        }
        if any(|text| text == "broken elsewhere") {
            return Err(Error::ProviderFailed {
                reason: "It gave 2 vectors for 1 text.".into(),
                passes: false,
            });
        }
        let result = |item: &Item| match &item.input {
            Input::Text(text) if &**text == "unwanted elsewhere" => Err(Error::TextRefused {
                reason: "It does not take a text.".into(),
            }),
            Input::Text(text) => Ok(encode(text, &item.options)),
            Input::Tokens(ids) => encode_ids(ids),
            Input::Pair(..) | Input::PairTokens(_) => Err(Error::no_pairs()),
        };
        Ok(Batch {
            results: items.iter().map(result).collect(),
            tokenize: Duration::from_micros(10),
            compute: Duration::from_micros(100),
        })
    }

    fn tokenize(
        &self,
        texts: &[String],
        options: &TokenizeOptions,
    ) -> Result<Vec<Vec<Piece>>, Error> {
        Ok(texts.iter().map(|text| pieces(text, options)).collect())
    }
}

/// The character that the vocabulary lacks.
const UNKNOWN: char = '龘';

fn encode(text: &str, options: &EmbedOptions) -> Encoded {
    let text = match &options.prompt {
        Prompt::Default => text.to_owned(),
        Prompt::Text(prompt) => format!("{prompt}{text}"),
    };
    let length = text.chars().count();
    let (deciding, truncated) = match options.long_text {
        LongText::CutEnd => (text.chars().next(), length > MAX_TOKENS),
        LongText::CutStart => (text.chars().last(), length > MAX_TOKENS),
        LongText::Mean => (text.chars().last(), false),
    };
    let vector = match deciding {
        Some('x') => vec![1.0, 0.0],
        Some('y') => vec![0.0, 1.0],
        Some('-') => vec![-1.0, 0.0],
        _ => vec![0.6, 0.8],
    };
    Encoded {
        vector,
        length: 2.0,
        tokens: if truncated { MAX_TOKENS } else { length },
        truncated,
        unknown: text.chars().filter(|&c| c == UNKNOWN).count(),
        states: options.states.then(|| states(&text)),
    }
}

/// A token for each character; those of letters look one way, all others another.
fn states(text: &str) -> States {
    let read: Vec<char> = text.chars().take(MAX_TOKENS).collect();
    let state = |c: &char| if c.is_ascii() { [1.0, 0.0] } else { [0.6, 0.8] };
    let place = |i| Place {
        characters: i..i + 1,
        unknown: read[i] == UNKNOWN,
    };
    States {
        hidden: read.iter().flat_map(state).collect(),
        places: (0..read.len()).map(place).collect(),
        pooling: Pooling::Cls,
    }
}

/// A token for each character; `^` stands in front.
fn pieces(text: &str, options: &TokenizeOptions) -> Vec<Piece> {
    let first = Piece {
        id: 0,
        text: "^".into(),
        special: true,
        start: 0,
        end: 0,
    };
    let piece = |(start, character): (usize, char)| Piece {
        id: u32::from(character),
        text: character.into(),
        special: false,
        start,
        end: start + character.len_utf8(),
    };
    let first = Some(first).filter(|_| options.special);
    first
        .into_iter()
        .chain(text.char_indices().map(piece))
        .collect()
}

fn encode_ids(ids: &[u32]) -> Result<Encoded, Error> {
    match ids.iter().find(|&&id| id > 9) {
        Some(id) => Err(Error::InvalidTokens(format!("Token id {id} is unknown."))),
        None => Ok(Encoded {
            vector: vec![0.6, 0.8],
            length: 1.0,
            tokens: ids.len(),
            truncated: false,
            unknown: 0,
            states: None,
        }),
    }
}

/// A running server.
pub struct Server {
    pub url: String,
    pub client: Client,
    /// Texts that its model computed.
    pub computed: Arc<AtomicUsize>,
    pub app: App,
}

pub fn options() -> ListenOptions {
    ListenOptions {
        host: "127.0.0.1".into(),
        port: 0,
        header_timeout: Duration::from_millis(500),
        send_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_secs(1),
        connections: 64,
        drain_timeout: Duration::from_secs(5),
        perimeter: Perimeter::default(),
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Limits::default(), options()).await
    }

    pub async fn with_limits(limits: Limits) -> Self {
        Self::with(limits, options()).await
    }

    pub async fn with(limits: Limits, options: ListenOptions) -> Self {
        let model = Fake::new(Arc::default());
        Self::start_with(model, &CacheOptions::default(), limits, options).await
    }

    pub async fn start_with(
        model: Fake,
        caches: &CacheOptions,
        limits: Limits,
        options: ListenOptions,
    ) -> Self {
        let computed = Arc::clone(&model.computed);
        let app = App::new(
            vec![source("fake", model)],
            ModelOptions::default(),
            caches,
            limits,
            Collections::unnamed(None),
        );
        let url = Self::serve(app.clone(), options).await;
        Self {
            url,
            client: Client::new(),
            computed,
            app,
        }
    }

    /// One that fetches models by a supply.
    pub async fn supplied(supply: Arc<dyn ModelSupply>) -> Self {
        let model = Fake::new(Arc::default());
        let computed = Arc::clone(&model.computed);
        let app = App::new(
            vec![source("fake", model)],
            ModelOptions::default(),
            &CacheOptions::default(),
            Limits::default(),
            Collections::unnamed(None),
        );
        let app = app.with_supply(supply);
        Self {
            url: Self::serve(app.clone(), options()).await,
            client: Client::new(),
            computed,
            app,
        }
    }

    /// One with collections in a folder, whose model tells its vectors from others.
    pub async fn keeping(folder: &Path) -> Self {
        let models = vec![source("fake", Fake::with_fingerprint([7; 16]))];
        Self::keeping_of(folder, models, Limits::default(), options()).await
    }

    /// The same, of these models.
    pub async fn keeping_of(
        folder: &Path,
        models: Vec<ModelSource>,
        limits: Limits,
        options: ListenOptions,
    ) -> Self {
        let place = StorePlace::Folder(folder.to_owned());
        let app = App::new(
            models,
            ModelOptions::default(),
            &CacheOptions::default(),
            limits,
            Collections::named(place),
        );
        Self {
            url: Self::serve(app.clone(), options).await,
            client: Client::new(),
            computed: Arc::default(),
            app,
        }
    }

    /// Sends a document; status and reply.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = self.request(method, path);
        read(request.json(body).send().await.unwrap()).await
    }

    /// Serves in the background; its URL.
    pub async fn serve(app: App, options: ListenOptions) -> String {
        let (sender, ready) = oneshot::channel();
        tokio::spawn(async move {
            let on_ready = |ready: &yuyi_server::Ready| sender.send(ready.address).unwrap();
            serve(app, options, on_ready).await.unwrap();
        });
        format!("http://{}", ready.await.unwrap())
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Posts a body as JSON and answers with status and document.
    pub async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let request = self
            .request("POST", path)
            .header("content-type", "application/json");
        read(request.body(body).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request("GET", path).send().await.unwrap()).await
    }

    pub fn computed(&self) -> usize {
        self.computed.load(Ordering::Relaxed)
    }
}

/// A model that is loaded as often as it is asked for.
pub fn source(name: &str, model: Fake) -> ModelSource {
    let (calibration, model) = (model.calibration.clone(), Arc::new(model));
    ModelSource {
        calibration: Box::new(move || Ok(calibration.clone())),
        ..source_with(name, move || Ok(Arc::clone(&model) as _))
    }
}

/// A model that `load` loads.
pub fn source_with(
    name: &str,
    load: impl Fn() -> Result<Arc<dyn Embedder>, LoadError> + Send + Sync + 'static,
) -> ModelSource {
    ModelSource {
        name: name.into(),
        aliases: vec!["alias".into()],
        computes_here: true,
        is_reranker: false,
        facts: Box::new(|| Ok(Fake::new(Arc::default()).facts)),
        calibration: Box::new(|| Ok(None)),
        load: Box::new(move |_| load()),
    }
}

/// A service of one model.
pub fn app_of(model: ModelSource) -> App {
    let caches = CacheOptions::default();
    App::new(
        vec![model],
        ModelOptions::default(),
        &caches,
        Limits::default(),
        Collections::unnamed(None),
    )
}

pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    assert!(response.headers().contains_key("x-request-id"));
    let text = response.text().await.unwrap();
    (
        status,
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text:?}")),
    )
}

/// A server with a collection `faq` in a folder of its own.
pub async fn with_faq() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(folder.path()).await;
    let (status, _) = server.post("/v1/collections", r#"{"name": "faq"}"#).await;
    assert_eq!(status, 201);
    (folder, server)
}

/// Writes items to that collection.
pub async fn write(server: &Server, items: Value) -> (u16, Value) {
    let body = json!({"items": items});
    server
        .send("POST", "/v1/collections/faq/items", &body)
        .await
}
