//! The HTTP service of yuyi.
//!
//! A request passes through the envelope (request id, log, shape of errors), is read and checked by its
//! route's file under `routes`, waits for its vectors from `yuyi_serving`, and is answered. Every failure is an
//! [`ApiError`]; its table is the one place that knows statuses and codes.

mod api_keys;
mod app;
mod base_path;
mod body;
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
mod listen;
mod metrics;
mod openapi;
mod options;
mod patience;
mod perimeter;
mod rate;
mod request;
mod route;
mod routes;
mod schemas;
mod score;
mod signals;
mod text;
mod timings;
mod truncation;

pub use api_keys::{KeyError, KeyOptions, Keys};
pub use app::{App, Lifecycle, Limits, router};
pub use base_path::BasePath;
pub use cross_origin::Origins;
pub use embed::TEXTS_LOG;
pub use error::ApiError;
pub use listen::{ListenOptions, Ready, ServeError, serve};
pub use perimeter::Perimeter;
pub use routes::routes;
pub use yuyi_serving::{
    CacheOptions, CacheStats, InvalidRedisUrl, LoadError, LoadModel, ModelLibrary, ModelOptions,
    ModelSource, Models, QueueDepth, RedisUrl, TellCalibration, TellFacts,
};
