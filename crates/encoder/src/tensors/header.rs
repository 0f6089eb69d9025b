//! The header of a safetensors file, and in words why one is refused.

use crate::error::Error;
use crate::json::check_contents;
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{SafeTensorError, SafeTensors};
use serde_json::{Map, Value};

/// Bytes in front of the header that tell its length.
const PREFIX: usize = size_of::<u64>();

/// Length of the header and what it says. Checked: its size and JSON, that tensors lie end to end without
/// overlap, that each is as long as its shape says, and that the file ends where the last does.
pub(super) fn read(shown: &str, bytes: &[u8]) -> Result<(usize, Metadata), Error> {
    SafeTensors::read_metadata(bytes).map_err(|e| explain(shown, bytes, e))
}

fn explain(shown: &str, bytes: &[u8], error: SafeTensorError) -> Error {
    use SafeTensorError as E;
    if let Err(error) = check_contents(shown, bytes) {
        return error;
    }
    let length = bytes.len();
    let what = match error {
        E::HeaderTooSmall => {
            format!("it has {length} bytes, fewer than the {PREFIX} that tell the header's length")
        }
        E::HeaderTooLarge | E::InvalidHeaderLength => {
            let header = announced(bytes);
            format!("it has {length} bytes and announces a header of {header}")
        }
        E::MetadataIncompleteBuffer => {
            let described = described(bytes);
            format!("it has {length} bytes, but its header describes {described}")
        }
        E::InvalidOffset(name) => {
            let what = "its data_offsets do not begin where the tensor before it ends. Download the file again.";
            return Error::tensor(shown, &name, what);
        }
        other => match wrong_size(bytes) {
            Some((name, what)) => return Error::tensor(shown, &name, what),
            None => format!("this is not a sound safetensors file ({other})"),
        },
    };
    Error::file(shown, format!("{what}. Download it again."))
}

/// The header's length by the file's first bytes.
fn announced(bytes: &[u8]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |prefix| u64::from_le_bytes(*prefix))
}

/// Each tensor of a header that is JSON.
fn tensors(bytes: &[u8]) -> impl Iterator<Item = (String, TensorInfo)> {
    let end = usize::try_from(announced(bytes))
        .ok()
        .and_then(|n| n.checked_add(PREFIX));
    let header = end.and_then(|end| bytes.get(PREFIX..end));
    let map: Map<String, Value> = header
        .and_then(|header| serde_json::from_slice(header).ok())
        .unwrap_or_default();
    map.into_iter()
        .filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)))
}

/// Length of the file that the header describes.
fn described(bytes: &[u8]) -> u128 {
    let end = tensors(bytes).map(|(_, info)| info.data_offsets.1).max();
    PREFIX as u128 + u128::from(announced(bytes)) + end.unwrap_or(0) as u128
}

/// The first tensor whose data is not as long as its shape says.
fn wrong_size(bytes: &[u8]) -> Option<(String, String)> {
    tensors(bytes).find_map(|(name, info)| {
        let span = info.data_offsets.1.saturating_sub(info.data_offsets.0);
        let bits = info
            .shape
            .iter()
            .try_fold(info.dtype.bitsize(), |n, &size| n.checked_mul(size));
        let needed = match bits {
            Some(bits) if bits == span.saturating_mul(8) => return None,
            Some(bits) => format!("{} bytes", bits.div_ceil(8)),
            None => "more bytes than a file can have".to_owned(),
        };
        let (shape, dtype) = (info.shape, info.dtype);
        let what = format!(
            "its shape {shape:?} of {dtype:?} takes {needed}, but its data_offsets span {span}. Download the file again."
        );
        Some((name, what))
    })
}
