//! The HTTP service of yuyi.
//!
//! A request passes through the envelope (request id, log, shape of errors), is read and checked by its
//! route's file under `routes`, waits for its turn in the scheduler, and is answered. Every failure is an
//! [`ApiError`]; its table is the one place that knows statuses and codes.

mod api_keys;
mod app;
mod base_path;
mod body;
mod cache;
mod caller;
mod cross_origin;
mod dimensions;
mod embed;
mod envelope;
mod error;
mod fields;
mod guard;
mod input;
mod json;
mod key;
mod listen;
mod loaded_model;
mod metrics;
mod openapi;
mod options;
mod patience;
mod perimeter;
mod rate;
mod registry;
mod request;
mod route;
mod routes;
mod scheduler;
mod schemas;
mod score;
mod signals;
mod space;
mod text;
mod timings;
mod truncation;

pub use api_keys::{KeyError, KeyOptions, Keys};
pub use app::{App, Lifecycle, Limits, router};
pub use base_path::BasePath;
pub use cache::{CacheOptions, CacheStats, InvalidRedisUrl, RedisUrl};
pub use cross_origin::Origins;
pub use embed::TEXTS_LOG;
pub use error::ApiError;
pub use listen::{ListenOptions, Ready, ServeError, serve};
pub use perimeter::Perimeter;
pub use registry::{
    LoadError, LoadModel, ModelLibrary, ModelOptions, ModelSource, Models, TellCalibration,
    TellFacts,
};
pub use routes::routes;
pub use scheduler::QueueDepth;
