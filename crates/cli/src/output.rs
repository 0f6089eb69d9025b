//! Writes results: tables of pairs, files of vectors.

pub mod npy;
pub mod table;
pub mod vectors;
