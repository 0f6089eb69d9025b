//! The HTTP service of yuyi.
//!
//! A request passes through the envelope (request id, log, shape of errors), is read and checked by its
//! route's file under `routes`, waits for its vectors from `yuyi_serving`, and is answered. Every failure is an
//! [`ApiError`]; its table is the one place that knows statuses and codes.

mod answer;
mod app;
mod callers;
mod collections;
mod embed;
mod envelope;
mod error;
mod headers;
mod ids;
mod limits;
mod listen;
mod memory;
mod metrics;
mod openapi;
mod perimeter;
mod ranking;
mod request;
mod route;
mod router;
mod routes;
mod score;
mod shown;
mod stored;
mod supply;
mod timings;
mod vectors;
mod work;

pub use app::{App, Lifecycle};
pub use collections::Collections;
pub use embed::TEXTS_LOG;
pub use error::{ApiError, FAILURES};
pub use limits::Limits;
pub use listen::{ListenOptions, Ready, ServeError, serve};
pub use perimeter::Perimeter;
pub use perimeter::allowed_hosts::AllowedHosts;
pub use perimeter::api_keys::{KeyError, KeyOptions, Keys};
pub use perimeter::base_path::BasePath;
pub use perimeter::cross_origin::Origins;
pub use router::router;
pub use routes::routes;
pub use supply::{AboutModel, ModelSupply, PullOrder, PullStep, Remark};
pub use yuyi_collections::Place;
pub use yuyi_serving::{
    CacheOptions, CacheStats, ErrandStats, InvalidRedisUrl, LoadError, LoadModel, ModelLibrary,
    ModelOptions, ModelSource, Models, QueueDepth, RedisUrl, TellCalibration, TellFacts,
};
