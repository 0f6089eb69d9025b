use super::view::CHUNK;
use super::*;
use crate::testing;
use half::{bf16, f16};
use serde_json::json;

const SQUARE: &[usize] = &[2, 2];

/// Files of weights with tensors [2, 2] of these names, types and bytes.
fn file(tensors: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let shaped = tensors
        .iter()
        .map(|&(name, dtype, bytes)| (name, dtype, SQUARE, bytes));
    shaped_file(&shaped.collect::<Vec<_>>())
}

/// The same with shapes.
fn shaped_file(tensors: &[(&str, &str, &[usize], &[u8])]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        let info = json!({"dtype": dtype, "shape": shape, "data_offsets": offsets});
        header.insert((*name).to_owned(), info);
        data.extend_from_slice(bytes);
    }
    let header = serde_json::to_vec(&header).unwrap();
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], &header, &data].concat()
}

fn open(tensors: &[(&str, &str, &[u8])]) -> Tensors {
    open_bytes(&file(tensors))
}

fn open_shaped(tensors: &[(&str, &str, &[usize], &[u8])]) -> Tensors {
    open_bytes(&shaped_file(tensors))
}

fn open_bytes(bytes: &[u8]) -> Tensors {
    Tensors::open(&testing::folder(&[("model.safetensors", bytes)])).unwrap()
}

#[test]
fn names_with_and_without_a_prefix() {
    for prefix in PREFIXES {
        let name = format!("{prefix}a.weight");
        let tensors = open(&[(&name, "U8", &[1, 2, 3, 4])]);
        assert!(tensors.contains("a.weight"));
        assert_eq!(tensors.get("a.weight", &[2, 2]).unwrap().name, name);
    }
    let tensors = open(&[("cls.a.weight", "U8", &[1, 2, 3, 4])]);
    assert!(!tensors.contains("a.weight"));
}

/// A pretraining checkpoint may have a tensor of the bare name that is something else.
#[test]
fn the_bare_name_is_tried_first() {
    let tensors = open(&[("a", "U8", &[1; 4]), ("bert.a", "U8", &[2; 4])]);
    assert_eq!(tensors.get("a", &[2, 2]).unwrap().bytes, [1; 4]);
}

#[test]
fn every_float_type_is_widened() {
    let values = [1.0f32, -0.5, 2.0f32.powi(-14), 96.0];
    let f32s: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let f16s = values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes());
    let bf16s = values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes());
    let (f16s, bf16s): (Vec<u8>, Vec<u8>) = (f16s.collect(), bf16s.collect());
    let tensors = open(&[
        ("a", "F32", &f32s),
        ("b", "F16", &f16s),
        ("c", "BF16", &bf16s),
    ]);
    for (name, dtype) in [("a", DType::F32), ("b", DType::F16), ("c", DType::BF16)] {
        let view = tensors.get(name, &[2, 2]).unwrap();
        assert_eq!(view.dtype, dtype);
        assert_eq!(view.to_f32().unwrap(), values, "{dtype:?}");
        let mut row = [0.0; 2];
        view.copy_row_f32(1, &mut row).unwrap();
        assert_eq!(row, values[2..], "{dtype:?}");
    }
}

#[test]
fn what_is_not_finite_is_found_behind_the_first_piece_too() {
    let element = CHUNK / 4 + 3;
    for (bad, expected) in [(None, None), (Some(f32::NAN), Some(element))] {
        let mut numbers = vec![1.0_f32; CHUNK / 2];
        numbers[element] = bad.unwrap_or(2.0);
        let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        let shape = [2, numbers.len() / 2];
        let tensors = open_shaped(&[("a", "F32", &shape, &bytes)]);
        let found = tensors.get("a", &shape).unwrap().check_finite();
        let told = found.err().map(|error| error.to_string());
        let expected = expected.map(|at| {
            format!(
                "built-in test/model.safetensors: tensor a: element {at} is not a finite number. The checkpoint is broken; download it again."
            )
        });
        assert_eq!(told, expected);
    }
}

#[test]
fn a_single_file_wins_over_an_index() {
    let bytes = file(&[("a", "U8", &[7; 4])]);
    let index = b"{\"weight_map\": {\"a\": \"absent.safetensors\"}}";
    let folder = testing::folder(&[
        ("model.safetensors", &bytes),
        ("model.safetensors.index.json", index),
    ]);
    assert!(Tensors::open(&folder).unwrap().contains("a"));
}

#[test]
fn tensors_are_found_in_every_file_of_an_index() {
    let index = json!({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}).to_string();
    let (first, second) = (file(&[("a", "U8", &[1; 4])]), file(&[("b", "U8", &[2; 4])]));
    let folder = testing::folder(&[
        ("1.safetensors", &first),
        ("2.safetensors", &second),
        ("model.safetensors.index.json", index.as_bytes()),
    ]);
    let tensors = Tensors::open(&folder).unwrap();
    assert_eq!(tensors.get("a", &[2, 2]).unwrap().bytes, [1; 4]);
    assert_eq!(tensors.get("b", &[2, 2]).unwrap().bytes, [2; 4]);
}
