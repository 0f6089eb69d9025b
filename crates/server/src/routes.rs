//! One file a resource.

pub(crate) mod embeddings;
pub(crate) mod health;
pub(crate) mod models;
pub(crate) mod page;
pub(crate) mod similarity;
