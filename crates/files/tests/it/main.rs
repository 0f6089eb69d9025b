//! Files as people have them: of other systems, of the programs that save them, broken ones, and what is written and read back.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod broken;
mod columns;
mod layouts;
mod plain;
mod programs;
mod reported;
mod round_trip;
mod support;
