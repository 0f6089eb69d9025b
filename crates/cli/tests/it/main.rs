//! The real binary, as users run it: a module a subcommand, or a property that several have. One program of tests, which is
//! linked once.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[cfg(unix)]
mod access;
mod bench;
mod calibrate;
mod collection;
mod collection_files;
mod collection_safety;
#[cfg(unix)]
mod collections;
mod compare;
#[cfg(unix)]
mod config;
mod dedup;
mod dedup_files;
#[cfg(unix)]
mod drain;
mod embed;
mod eval;
mod explain;
mod exports;
#[cfg(unix)]
mod faq;
mod faq_files;
mod faq_trials;
mod files;
#[cfg(unix)]
mod folders;
#[cfg(unix)]
mod killed;
mod language;
#[cfg(unix)]
mod log;
#[cfg(unix)]
mod models;
#[cfg(unix)]
mod outputs;
#[cfg(unix)]
mod postgres;
#[cfg(unix)]
mod pull;
mod quantize;
mod reading;
#[cfg(unix)]
mod recommend;
mod remote;
#[cfg(unix)]
mod replaced_weights;
#[cfg(unix)]
mod rerank;
#[cfg(unix)]
mod serve;
mod sim;
#[path = "../../../remote/tests/stand_in/mod.rs"]
mod stand_in;
mod support;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(target_os = "linux")]
mod threads;
mod unanswered;
