//! The folders of tests/fixtures/models and the kernels to run them with.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use yuyi_encoder::{Encoder, Folder, LoadOptions};
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

    /// The model, with `threads` threads a forward pass.
    pub fn load(&self, threads: usize) -> Encoder {
        load(&self.folder, threads)
    }
}

/// The model of `folder`, with `threads` threads a forward pass.
pub fn load(folder: &Path, threads: usize) -> Encoder {
    let options = LoadOptions {
        threads: Some(threads),
        ..LoadOptions::default()
    };
    let loaded = Folder::open(folder).and_then(|folder| Encoder::load(&folder, &options));
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

/// Runs the `count` tests of this file whose names begin with `prefix` once for each
/// kernel of this CPU. Each run is a process of its own, because the kernel is chosen
/// by the environment.
pub fn run_with_every_kernel(prefix: &str, count: usize) {
    for path in KernelPath::ALL {
        if Kernel::new(path).is_some() {
            run_with_kernel(path.name(), prefix, count);
        } else {
            println!(
                "not run: this CPU lacks the instructions of {}",
                path.name()
            );
        }
    }
}

fn run_with_kernel(kernel: &str, prefix: &str, count: usize) {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(prefix)
        .env("YUYI_KERNEL", kernel)
        .output()
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    // The count guards against a filter that matches nothing.
    let passed = report.contains(&format!("ok. {count} passed"));
    assert!(
        output.status.success() && passed,
        "YUYI_KERNEL={kernel}\n{report}"
    );
}
