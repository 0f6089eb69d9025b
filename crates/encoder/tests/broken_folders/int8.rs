//! 8-bit weights: integers and scales that do not fit each other.

use serde_json::json;

use crate::integers::make_int8;
use crate::model::{BERT, TEXT, TestModel, WEIGHTS};
use crate::weights::Weights;

const OUTPUT: &str = "encoder.layer.0.output.dense.weight";

/// The fixture in the naming of compressed-tensors.
fn model() -> TestModel {
    let model = TestModel::copy(BERT);
    make_int8(&model, 127.0);
    model
}

fn load_error(edit: impl FnOnce(&mut Weights)) -> String {
    let model = model();
    model.edit_weights(edit);
    model.load_error()
}

#[test]
fn sound_integers_encode() {
    model().run(TEXT).unwrap();
}

#[test]
fn integers_without_scales() {
    let scale = format!("{OUTPUT}_scale");
    let error = load_error(|weights| drop(weights.0.remove(&scale)));
    let expected = "it is missing; a tensor of shape [64, 1] was expected.";
    assert_eq!(error, format!("{WEIGHTS}: tensor {scale}: {expected}"));
}

#[test]
fn integers_or_scales_of_another_shape() {
    let scale = format!("{OUTPUT}_scale");
    for shape in [vec![64], vec![1, 64], vec![32, 2]] {
        let error = load_error(|weights| weights.get(&scale).shape.clone_from(&shape));
        let expected = format!("its shape is {shape:?}, but config.json asks for [64, 1].");
        assert_eq!(error, format!("{WEIGHTS}: tensor {scale}: {expected}"));
    }
    let error = load_error(|weights| weights.get(OUTPUT).shape = vec![256, 64]);
    let expected = "its shape is [256, 64], but config.json asks for [64, 256].";
    assert_eq!(error, format!("{WEIGHTS}: tensor {OUTPUT}: {expected}"));
}

#[test]
fn integers_or_scales_of_another_type() {
    let floats = "expected F32, F16, BF16, F64.";
    let error = load_error(|weights| weights.get(OUTPUT).dtype = "U8".to_owned());
    assert_eq!(
        error,
        format!("{WEIGHTS}: tensor {OUTPUT}: its type is U8; {floats}")
    );
    let scale = format!("{OUTPUT}_scale");
    let error = load_error(|weights| {
        let tensor = weights.get(&scale);
        tensor.dtype = "I8".to_owned();
        tensor.bytes.truncate(64);
    });
    assert_eq!(
        error,
        format!("{WEIGHTS}: tensor {scale}: its type is I8; {floats}")
    );
}

#[test]
fn scales_that_are_not_finite() {
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = load_error(|weights| {
            let bytes = &mut weights.get(&format!("{OUTPUT}_scale")).bytes;
            bytes[44..48].copy_from_slice(&number.to_le_bytes());
        });
        assert!(
            error.starts_with(&format!("{WEIGHTS}: tensor {OUTPUT}_scale: element 11 is")),
            "{error}"
        );
    }
}

/// Finite by themselves, but not when they are multiplied: with a weight, or with the sum of a product.
#[test]
fn scales_with_which_products_overflow() {
    for (number, shown) in [(f32::MAX, "3.4028235e38"), (3e38, "3e38"), (-2e36, "-2e36")] {
        let error = load_error(|weights| {
            let bytes = &mut weights.get(&format!("{OUTPUT}_scale")).bytes;
            bytes[8..12].copy_from_slice(&number.to_le_bytes());
        });
        let expected = format!("element 2 is {shown}, with which products overflow.");
        assert!(
            error.starts_with(&format!("{WEIGHTS}: tensor {OUTPUT}_scale: {expected}")),
            "{error}"
        );
    }
}

#[test]
fn integers_that_the_configuration_does_not_announce() {
    let model = model();
    model.edit_json("config.json", |config| {
        config["quantization_config"] = json!(null)
    });
    let error = model.load_error();
    assert!(
        error.ends_with(
            "its type is I8, but config.json has no quantization_config that says what the integers stand for. \
             Use the config.json that came with these weights."
        ),
        "{error}"
    );
}

#[test]
fn another_format_of_the_same_program() {
    let model = model();
    model.edit_json("config.json", |config| {
        config["quantization_config"]["format"] = json!("pack-quantized");
    });
    let error = model.load_error();
    assert!(
        error.starts_with(
            "config.json: quantization_config with quant_method \"compressed-tensors\" and format \
             \"pack-quantized\" is not supported."
        ),
        "{error}"
    );
}
