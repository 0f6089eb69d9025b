//! A safetensors file taken apart, so that its parts can be made to disagree.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub struct Tensor {
    pub dtype: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// Tensors by name.
#[derive(Default)]
pub struct Weights(pub BTreeMap<String, Tensor>);

impl Weights {
    pub fn read(bytes: &[u8]) -> Self {
        let (header, data) = split(bytes);
        let tensor = |(name, info): (String, Value)| {
            let range = |i: usize| info["data_offsets"][i].as_u64().unwrap() as usize;
            let tensor = Tensor {
                dtype: info["dtype"].as_str().unwrap().to_owned(),
                shape: serde_json::from_value(info["shape"].clone()).unwrap(),
                bytes: data[range(0)..range(1)].to_vec(),
            };
            (name, tensor)
        };
        let tensors = header
            .into_iter()
            .filter(|(name, _)| name != "__metadata__");
        Self(tensors.map(tensor).collect())
    }

    pub fn get(&mut self, name: &str) -> &mut Tensor {
        self.0.get_mut(name).unwrap()
    }

    /// A sound file of these tensors.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (mut header, mut data) = (Map::new(), Vec::new());
        for (name, tensor) in &self.0 {
            let start = data.len();
            data.extend(&tensor.bytes);
            let offsets = [start, data.len()];
            let info =
                json!({"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": offsets});
            header.insert(name.clone(), info);
        }
        join(&header, &data)
    }
}

/// The header and the data of a file.
pub fn split(bytes: &[u8]) -> (Map<String, Value>, &[u8]) {
    let length = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let (header, data) = bytes[8..].split_at(length);
    (serde_json::from_slice(header).unwrap(), data)
}

/// A file of a header and data that need not fit each other.
pub fn join(header: &Map<String, Value>, data: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap();
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, data].concat()
}

/// A NaN or an infinity in the type's bytes.
pub fn not_finite(dtype: &str) -> [&'static [u8]; 2] {
    match dtype {
        "F32" => [&[0, 0, 0xC0, 0x7F], &[0, 0, 0x80, 0xFF]],
        "F16" => [&[0, 0x7E], &[0, 0xFC]],
        "BF16" => [&[0xC0, 0x7F], &[0x80, 0xFF]],
        other => panic!("{other} has no NaN"),
    }
}
