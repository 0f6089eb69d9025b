//! Pulls from a stand-in that behaves as hubs do. One program of tests, which is linked once.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod archives;
mod failures;
mod leftovers;
mod people;
mod pulls;
mod refusals;
mod stand_in;
mod support;
mod tokens;
