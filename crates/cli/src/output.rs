//! Writes results: tables of pairs, files of vectors.

pub mod explanation;
pub mod npy;
pub mod pairs;
pub mod partial;
pub mod partial_folder;
pub mod vectors;
