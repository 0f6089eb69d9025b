//! Texts of many callers into vectors.
//!
//! A [`Service`] holds the models that are served ([`Registry`]), a queue in front of them that gives everyone a turn, and caches
//! beside it. Whoever calls it asks for a model ([`Service::model`]) and then for vectors ([`Service::embed`]). It knows
//! nothing of how requests arrive: its [`Error`] says what happened and whether trying again may help, and what it
//! counts are plain numbers.

mod aside;
mod background;
mod cache;
mod embed;
mod errands;
mod error;
mod handle;
mod histogram;
mod key;
mod loaded_model;
mod registry;
mod scheduler;
mod service;
mod space;
mod timings;
mod windows;

pub use aside::aside;
pub use background::{Background, Stop};
pub use cache::{CacheOptions, CacheStats, InvalidRedisUrl, RedisUrl};
pub use embed::Embedded;
pub use errands::{Errand, ErrandStats, Gone, Turns};
pub use error::Error;
pub use handle::ModelHandle;
pub use histogram::Histogram;
pub use registry::{
    LoadError, LoadModel, ModelLibrary, ModelOptions, ModelSource, ModelState, ModelStatus, Models,
    Registry, TellCalibration, TellFacts,
};
pub use scheduler::{Batches, QueueDepth};
pub use service::{Service, ServiceOptions};
pub use timings::Timings;
pub use windows::{normal_characters, splitting_time};
