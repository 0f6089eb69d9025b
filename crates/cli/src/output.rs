//! Writes results: tables of pairs, files of vectors.

pub mod npy;
pub mod partial;
pub mod table;
pub mod vectors;
