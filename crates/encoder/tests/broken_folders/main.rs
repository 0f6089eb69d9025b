//! Broken model folders: an error that names the file, the tensor and what was expected;
//! never a panic, never an abort, never a read outside a file.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod configuration;
mod files;
mod model;
mod quantized;
mod random;
mod tensors;
mod vocabulary;
mod weights;
