//! Broken model folders: an error that names the file, the tensor and what was expected;
//! never a panic, never an abort, never a read outside a file.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../support/integers.rs"]
mod integers;
#[path = "../support/model.rs"]
mod model;
#[path = "../support/weights.rs"]
mod weights;

mod configuration;
mod downloads;
mod files;
mod int4;
mod int8;
mod random;
mod tensors;
mod torch;
mod vocabulary;
