//! The service, tested over HTTP: one program, since linking sixteen took longer than running them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod access;
mod bounds;
mod cache;
mod calibration;
mod collections;
mod dedup;
mod details;
mod dialects;
mod digits;
mod docs;
mod embeddings;
mod errors;
mod files;
mod lifecycle;
mod matching;
mod metrics;
mod models;
mod notes;
mod openapi;
mod page;
mod pulls;
mod questions;
mod ranking;
mod recommending;
mod redis;
mod rerankers;
mod retrieval;
mod similarity;
mod slow_clients;
mod support;
mod tei;
mod wire;
