//! What every engine keeps as text or bytes: values as JSON, vectors as f32, little-endian.

use serde::Serialize;

use crate::error::{Error, Result};

pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Failed {
        reason: error.to_string(),
    })
}

pub(crate) fn vector_to_bytes(vector: &[f32]) -> Vec<u8> {
    let mut bytes = vec![0; size_of_val(vector)];
    for (to, x) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(vector) {
        *to = x.to_le_bytes();
    }
    bytes
}

/// The elements of a vector; `None`: the bytes are none of that dimension.
pub(crate) fn vector_elements(
    bytes: &[u8],
    dimension: usize,
) -> Option<impl Iterator<Item = f32> + '_> {
    let (elements, rest) = bytes.as_chunks::<4>();
    let fits = elements.len() == dimension && rest.is_empty();
    fits.then(|| elements.iter().map(|&bytes| f32::from_le_bytes(bytes)))
}
