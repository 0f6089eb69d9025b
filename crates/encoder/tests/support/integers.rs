//! Folders whose weights are integers, made from a fixture's floats by the definition of each form.

#![allow(dead_code, reason = "each test file uses the part that it needs")]

use half::{bf16, f16};
use serde_json::{Value, json};

use crate::model::TestModel;
use crate::weights::{Tensor, Weights};

pub const BLOCK: usize = 32;

/// Turns the linear weights to I8 with an F32 scale a row, so that the largest of each row becomes `largest`. At 32 the
/// kernels take any row as it is, at 127 no row.
pub fn make_int8(model: &TestModel, largest: f32) {
    let config = json!({"quant_method": "compressed-tensors", "format": "int-quantized"});
    set_quantization(model, config);
    model.edit_weights(|weights| {
        for name in matrices(weights, false) {
            let tensor = weights.0.remove(&name).unwrap();
            let (mut integers, mut scales) = (Vec::new(), Vec::new());
            for row in floats(&tensor).chunks(tensor.shape[1]) {
                let scale = row.iter().fold(0.0f32, |top, w| top.max(w.abs())) / largest;
                scales.extend(scale.to_le_bytes());
                integers.extend(row.iter().map(|w| (w / scale).round() as i8 as u8));
            }
            let [rows, columns] = [tensor.shape[0], tensor.shape[1]];
            let scale_name = format!("{name}_scale");
            weights.0.insert(name, new("I8", [rows, columns], integers));
            weights.0.insert(scale_name, new("F32", [rows, 1], scales));
        }
    });
}

/// Turns the linear weights and the token embeddings to blocks of 4 bits with an F16 scale each.
pub fn make_int4(model: &TestModel) {
    set_quantization(
        model,
        json!({"quant_method": "yuyi-q4", "format": "q4_0", "block_size": BLOCK}),
    );
    model.edit_weights(|weights| {
        for name in matrices(weights, true) {
            let tensor = weights.0.remove(&name).unwrap();
            let (mut packed, mut scales) = (Vec::new(), Vec::new());
            for block in floats(&tensor).chunks(BLOCK) {
                let largest = block.iter().fold(0.0f32, |top, w| top.max(w.abs()));
                let scale = f16::from_f32(largest / 7.0);
                let nibble = |w: f32| (w / scale.to_f32()).round().clamp(-8.0, 7.0) as i8 + 8;
                scales.extend(scale.to_le_bytes());
                let (low, high) = block.split_at(BLOCK / 2);
                let pairs = low.iter().zip(high);
                packed.extend(pairs.map(|(&l, &h)| nibble(l) as u8 | (nibble(h) as u8) << 4));
            }
            let [rows, columns] = [tensor.shape[0], tensor.shape[1]];
            let scale_name = format!("{name}_q4_scale");
            weights
                .0
                .insert(format!("{name}_q4"), new("U8", [rows, columns / 2], packed));
            weights
                .0
                .insert(scale_name, new("F16", [rows, columns / BLOCK], scales));
        }
    });
}

/// Turns the weights of [`make_int8`] or [`make_int4`] into the floats that they stand for.
pub fn widen(model: &TestModel) {
    set_quantization(model, Value::Null);
    model.edit_weights(|weights| {
        let names: Vec<String> = weights.0.keys().cloned().collect();
        for name in names.iter().filter_map(|name| name.strip_suffix("_scale")) {
            let scale = weights.0.remove(&format!("{name}_scale")).unwrap();
            let integers = weights.0.remove(name).unwrap();
            let scales = floats(&scale);
            let (plain, values) = match name.strip_suffix("_q4") {
                Some(plain) => (plain, widen_blocks(&integers.bytes, &scales)),
                None => (name, widen_rows(&integers, &scales)),
            };
            let shape = [integers.shape[0], values.len() / integers.shape[0]];
            let bytes = values.iter().flat_map(|w| w.to_le_bytes()).collect();
            weights.0.insert(plain.to_owned(), new("F32", shape, bytes));
        }
    });
}

fn widen_rows(integers: &Tensor, scales: &[f32]) -> Vec<f32> {
    let rows = integers.bytes.chunks(integers.shape[1]).zip(scales);
    rows.flat_map(|(row, scale)| row.iter().map(move |&q| f32::from(q as i8) * scale))
        .collect()
}

fn widen_blocks(bytes: &[u8], scales: &[f32]) -> Vec<f32> {
    let value = |nibble: u8, scale: f32| (f32::from(nibble) - 8.0) * scale;
    let blocks = bytes.chunks(BLOCK / 2).zip(scales);
    blocks
        .flat_map(|(bytes, &scale)| {
            let low = bytes.iter().map(move |b| value(b & 15, scale));
            low.chain(bytes.iter().map(move |b| value(b >> 4, scale)))
        })
        .collect()
}

fn set_quantization(model: &TestModel, value: Value) {
    model.edit_json("config.json", |config| {
        config["quantization_config"] = value
    });
}

fn new(dtype: &str, shape: [usize; 2], bytes: Vec<u8>) -> Tensor {
    Tensor {
        dtype: dtype.to_owned(),
        shape: shape.to_vec(),
        bytes,
    }
}

/// Names of the linear weights, and of the token embeddings if they are wanted.
fn matrices(weights: &Weights, embeddings: bool) -> Vec<String> {
    let wanted = |name: &str| {
        name.contains("encoder.") && !name.contains("LayerNorm")
            || embeddings && name.contains("word_embeddings")
    };
    let names = weights.0.iter().filter(|(name, tensor)| {
        name.ends_with(".weight") && tensor.shape.len() == 2 && wanted(name)
    });
    names.map(|(name, _)| name.clone()).collect()
}

fn floats(tensor: &Tensor) -> Vec<f32> {
    let halves = || tensor.bytes.as_chunks::<2>().0.iter();
    match tensor.dtype.as_str() {
        "F32" => {
            let words = tensor.bytes.as_chunks::<4>().0.iter();
            words.map(|&b| f32::from_le_bytes(b)).collect()
        }
        "F16" => halves().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
        "BF16" => halves().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
        other => panic!("{other} is no float"),
    }
}
