//! A service as a program uses it that is no server.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod requests;
mod support;
mod windows;
