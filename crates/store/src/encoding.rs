//! What every engine keeps as text or bytes: values as JSON, vectors as f32, little-endian, numbers that are small as varints.

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

/// Seven bits a byte, the lowest first; the eighth says that more follow.
pub(crate) fn write_varint(to: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

pub(crate) fn read_varint(from: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
