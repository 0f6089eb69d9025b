//! The embedded engine: what every engine does, and what only a folder can go through.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "suite/mod.rs"]
mod suite;

#[path = "embedded/backup.rs"]
mod backup;
#[path = "embedded/damage.rs"]
mod damage;
#[path = "embedded/damaged_collection.rs"]
mod damaged_collection;
#[path = "embedded/filters.rs"]
mod filters;
#[path = "embedded/folder.rs"]
mod folder;
#[path = "embedded/power.rs"]
mod power;

use tempfile::TempDir;
use yuyi_store::{EmbeddedStore, Options, Store};

/// A data folder.
struct Folder(TempDir);

impl Folder {
    fn open_here(&self) -> EmbeddedStore {
        EmbeddedStore::open(self.0.path(), options()).unwrap()
    }
}

impl suite::Place for Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn address(&self) -> String {
        self.0.path().to_str().unwrap().to_owned()
    }

    fn open_at(address: &str) -> Box<dyn Store> {
        Box::new(EmbeddedStore::open(address, options()).unwrap())
    }

    fn check(&self) -> Vec<String> {
        self.open_here().check().unwrap()
    }
}

fn options() -> Options {
    Options {
        threads: 2,
        ..Options::default()
    }
}

store_suite!(Folder);
