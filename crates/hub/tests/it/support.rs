//! Models of the stand-in, and a hub that asks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use url::Url;
use yuyi_hub::{Error, Event, Found, Hub, Pulled, Request, Settings, Source, Token, Watch};

use crate::stand_in::{Behaviour, Repository, StandIn};

/// Bytes of a part; the weights have some thirty.
pub const PART: u64 = 16 << 10;

/// A model in a few small files and one of weights, whose bytes follow from `seed`.
pub fn model(seed: u8) -> Repository {
    let config = r#"{"model_type": "bert", "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "vocab_size": 2, "max_position_embeddings": 16}"#;
    let files = [
        ("config.json", config.as_bytes().to_vec()),
        (
            "1_Pooling/config.json",
            br#"{"pooling_mode_cls_token": true}"#.to_vec(),
        ),
        ("vocab.txt", b"[PAD]\n[UNK]\n".to_vec()),
        ("README.md", b"# A model\n".to_vec()),
        ("model.safetensors", weights(seed, 500_000)),
        ("pytorch_model.bin", vec![seed; 9_000]),
        ("onnx/model.onnx", vec![seed; 9_000]),
    ];
    Repository {
        commit: format!("{seed:040x}"),
        licence: Some("mit".to_owned()),
        files: files
            .map(|(path, content)| (path.to_owned(), content))
            .into(),
        ..Repository::default()
    }
}

/// A file of weights of one tensor.
pub fn weights(seed: u8, bytes: usize) -> Vec<u8> {
    let header =
        format!(r#"{{"a":{{"dtype":"U8","shape":[{bytes}],"data_offsets":[0,{bytes}]}}}}"#);
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.bytes());
    let mut state = u32::from(seed) + 1;
    file.extend((0..bytes).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    }));
    file
}

/// What is installed of a model: without what is not needed.
pub fn expected(repository: &Repository) -> BTreeMap<String, Vec<u8>> {
    let mut files = repository.files.clone();
    files.retain(|path, _| !path.ends_with(".bin") && !path.ends_with(".onnx"));
    files
}

/// The files in a folder but for the manifest.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files);
    files.remove("yuyi-model.json");
    files
}

fn collect(folder: &Path, base: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{base}{}", entry.file_name().into_string().unwrap());
        match entry.path().is_dir() {
            true => collect(&entry.path(), &format!("{name}/"), files),
            false => drop(files.insert(name, std::fs::read(entry.path()).unwrap())),
        }
    }
}

/// Remembers what it sees, and stops when it is told to.
#[derive(Default)]
pub struct Witness {
    pub found: Mutex<Vec<Found>>,
    pub next: Mutex<Vec<String>>,
    pub waits: Mutex<Vec<u64>>,
    /// Files of which only the length was compared.
    pub unsummed: Mutex<Vec<String>>,
    pub there: AtomicU64,
    pub came: AtomicU64,
    pub lost: AtomicU64,
    pub stop_after: Option<u64>,
    pub stopped: AtomicBool,
}

impl Watch for Witness {
    fn see(&self, event: Event<'_>) {
        match event {
            Event::Found(found) => self.found.lock().unwrap().push(found.clone()),
            Event::NextHub { error, next } => {
                self.next.lock().unwrap().push(format!("{error} → {next}"));
            }
            Event::Waits { seconds, .. } => self.waits.lock().unwrap().push(seconds),
            Event::NoSum { path, .. } => self.unsummed.lock().unwrap().push(path.to_owned()),
            Event::Begins { there, .. } => self.there.store(there, Ordering::Relaxed),
            Event::Came { bytes } => {
                let came = self.came.fetch_add(bytes, Ordering::Relaxed) + bytes;
                if self.stop_after.is_some_and(|most| came >= most) {
                    self.stopped.store(true, Ordering::Relaxed);
                }
            }
            Event::Lost { bytes } => drop(self.lost.fetch_add(bytes, Ordering::Relaxed)),
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// A home folder, and what asks which hubs.
pub struct Place {
    pub home: TempDir,
    pub settings: Settings,
}

/// An address that refuses connections.
pub fn nowhere() -> Url {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    Url::parse(&format!("http://{address}/")).unwrap()
}

impl Place {
    /// A home whose Hugging Face is a stand-in, and whose ModelScope is nowhere.
    pub fn new(stand_in: &StandIn) -> Self {
        Self::with(Url::parse(&stand_in.url()).unwrap(), nowhere())
    }

    pub fn with(huggingface: Url, modelscope: Url) -> Self {
        let settings = Settings {
            huggingface,
            modelscope,
            token: None,
            modelscope_token: None,
            offline: None,
            connect: Duration::from_secs(5),
            silence: Duration::from_millis(500),
            pause: Duration::from_millis(10),
            part: PART,
        };
        Self {
            home: tempfile::tempdir().unwrap(),
            settings,
        }
    }

    pub fn with_token(mut self, token: &str) -> Self {
        self.settings.token = Token::new(token, "HF_TOKEN");
        self
    }

    /// The same for ModelScope.
    pub fn with_modelscope_token(mut self, token: &str) -> Self {
        self.settings.modelscope_token = Token::new(token, "MODELSCOPE_API_TOKEN");
        self
    }

    pub fn hub(&self) -> Hub {
        Hub::new(self.settings.clone(), self.home.path())
    }

    pub fn pull(&self, model: &str) -> Result<Pulled, Error> {
        self.pull_seen(model, &Witness::default())
    }

    pub fn pull_seen(&self, model: &str, witness: &Witness) -> Result<Pulled, Error> {
        self.hub().pull(&request(model), witness, &|_| Ok(None))
    }

    pub fn pull_of(&self, wanted: &Request) -> Result<Pulled, Error> {
        self.hub().pull(wanted, &Witness::default(), &|_| Ok(None))
    }

    /// The model's folder, whether it is there or not.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.home.path().join("models").join(name)
    }

    /// Whether exactly this model is installed.
    pub fn has(&self, name: &str, repository: &Repository) -> bool {
        self.folder(name).is_dir() && files(&self.folder(name)) == expected(repository)
    }
}

/// What stand-ins have.
pub const ID: &str = "org/tiny";

/// A stand-in that has a repository, and behaves so.
pub fn serving(repository: &Repository, behaviour: Behaviour) -> StandIn {
    let hub = StandIn::start();
    hub.put(ID, repository.clone());
    hub.behave(behaviour);
    hub
}

pub fn request(model: &str) -> Request {
    Request {
        model: model.to_owned(),
        ..Request::default()
    }
}

/// Of one hub alone.
pub fn at(source: Source, model: &str) -> Request {
    Request {
        source,
        ..request(model)
    }
}

/// An address that takes no connections, and neither refuses them: the queue of those that wait is full, for as long as the other
/// value lives.
pub fn deaf() -> (Url, impl Sized) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200));
    let waiting: Vec<_> = std::iter::from_fn(|| connect().ok()).collect();
    let url = Url::parse(&format!("http://{address}/")).unwrap();
    (url, (listener, waiting))
}
