//! The folders of tests/fixtures/models and the kernels to run them with.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::path::{Path, PathBuf};

use serde::Deserialize;
use yuyi_encoder::{Encoder, Folder, LoadOptions, Precision};
use yuyi_kernels::{Kernel, KernelPath};

/// A model folder with what transformers computed for it.
pub struct Fixture {
    pub name: String,
    pub cases: Vec<Case>,
    folder: PathBuf,
}

/// One line of expected.json.
#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub ids: Vec<u32>,
    pub vector: Vec<f32>,
    pub text: Option<String>,
    #[serde(default)]
    pub truncated: bool,
}

#[derive(Deserialize)]
struct Expected {
    cases: Vec<Case>,
}

impl Fixture {
    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let json = std::fs::read(folder.join("expected.json")).unwrap();
        let Expected { cases } = serde_json::from_slice(&json).unwrap();
        assert!(!cases.is_empty(), "{name}: no cases");
        Self {
            name,
            cases,
            folder,
        }
    }

    /// Whether the rows of all weights are whole 4-bit blocks.
    pub fn fits_blocks(&self) -> bool {
        let json = std::fs::read(self.folder.join("config.json")).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&json).unwrap();
        // DistilBERT has names of its own.
        let is_whole = |names: [&str; 2]| {
            let mut sizes = names.iter().filter_map(|name| config[name].as_u64());
            sizes.next().unwrap().is_multiple_of(32)
        };
        is_whole(["hidden_size", "dim"]) && is_whole(["intermediate_size", "hidden_dim"])
    }

    /// The model.
    pub fn load(&self, kernel: Kernel, precision: Precision, threads: usize) -> Encoder {
        load(&self.folder, kernel, precision, threads)
    }
}

/// The model of `folder`, with `threads` threads a forward pass.
pub fn load(folder: &Path, kernel: Kernel, precision: Precision, threads: usize) -> Encoder {
    let options = LoadOptions {
        precision: Some(precision),
        threads: Some(threads),
        ..LoadOptions::default()
    };
    let loaded =
        Folder::open(folder).and_then(|folder| Encoder::load_with(&folder, &options, kernel));
    loaded.unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

/// Every fixture, by name.
pub fn all() -> Vec<Fixture> {
    let root = repository().join("tests/fixtures/models");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() >= 6, "fixtures are missing");
    folders.into_iter().map(Fixture::read).collect()
}

/// The folder that holds Cargo.toml of the workspace.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The kernels of this CPU, slowest first; one that it cannot run is named in the output.
pub fn kernels() -> Vec<Kernel> {
    for path in KernelPath::ALL {
        if Kernel::new(path).is_none() {
            let name = path.name();
            println!("not run: this CPU lacks the instructions of {name}");
        }
    }
    Kernel::all()
}
