//! 4-bit weights: blocks and scales that do not fit each other.

use serde_json::json;

use crate::integers::make_int4;
use crate::model::{BERT, TEXT, TestModel, WEIGHTS};
use crate::weights::Weights;

const WORDS: &str = "embeddings.word_embeddings.weight_q4";
const OUTPUT: &str = "encoder.layer.0.output.dense.weight_q4";

/// The fixture with its matrices (positions and types aside) in blocks.
fn model() -> TestModel {
    let model = TestModel::copy(BERT);
    make_int4(&model);
    model
}

fn load_error(edit: impl FnOnce(&mut Weights)) -> String {
    let model = model();
    model.edit_weights(edit);
    model.load_error()
}

#[test]
fn sound_blocks_encode() {
    model().run(TEXT).unwrap();
}

#[test]
fn blocks_or_scales_of_another_shape() {
    let error = load_error(|weights| {
        let tensor = weights.get(OUTPUT);
        tensor.bytes.truncate(63 * 128);
        tensor.shape = vec![63, 128];
    });
    let expected = "its shape is [63, 128], but config.json asks for [64, 128].";
    assert_eq!(error, format!("{WEIGHTS}: tensor {OUTPUT}: {expected}"));
    let error = load_error(|weights| {
        weights.get(&format!("{OUTPUT}_scale")).shape = vec![8, 64];
    });
    let expected = "its shape is [8, 64], but config.json asks for [64, 8].";
    assert_eq!(
        error,
        format!("{WEIGHTS}: tensor {OUTPUT}_scale: {expected}")
    );
}

#[test]
fn blocks_or_scales_of_another_type() {
    for name in [OUTPUT, WORDS] {
        let error = load_error(|weights| weights.get(name).dtype = "I8".to_owned());
        let expected = "its type is I8; expected U8.";
        assert_eq!(error, format!("{WEIGHTS}: tensor {name}: {expected}"));
        let scale = format!("{name}_scale");
        let error = load_error(|weights| weights.get(&scale).dtype = "BF16".to_owned());
        let expected = "its type is BF16; expected F16.";
        assert_eq!(error, format!("{WEIGHTS}: tensor {scale}: {expected}"));
    }
}

#[test]
fn blocks_without_scales() {
    for name in [OUTPUT, WORDS] {
        let scale = format!("{name}_scale");
        let error = load_error(|weights| drop(weights.0.remove(&scale)));
        assert!(
            error.starts_with(&format!("{WEIGHTS}: tensor {scale}: it is missing")),
            "{error}"
        );
    }
}

#[test]
fn scales_that_are_not_finite() {
    let infinity = [0x00, 0x7C];
    let error = load_error(|weights| {
        weights.get(&format!("{OUTPUT}_scale")).bytes[22..24].copy_from_slice(&infinity);
    });
    assert!(
        error.starts_with(&format!("{WEIGHTS}: tensor {OUTPUT}_scale: element 11 is")),
        "{error}"
    );
    let model = model();
    model.edit_weights(|weights| {
        let bytes = &mut weights.get(&format!("{WORDS}_scale")).bytes;
        bytes
            .chunks_exact_mut(2)
            .for_each(|scale| scale.copy_from_slice(&infinity));
    });
    let error = model.load_error();
    assert!(
        error.starts_with(&format!("{WEIGHTS}: tensor {WORDS}_scale: element")),
        "{error}"
    );
}

#[test]
fn a_configuration_that_blocks_cannot_have() {
    let model = model();
    model.edit_json("config.json", |config| {
        config["intermediate_size"] = json!(250)
    });
    assert_eq!(
        model.load_error(),
        "config.json: intermediate_size is 250; 4-bit blocks need a multiple of 32."
    );
    model.edit_json("config.json", |config| {
        config["quantization_config"] = json!({"quant_method": "gptq", "bits": 4});
    });
    assert_eq!(
        model.load_error(),
        "config.json: quantization_config with quant_method \"gptq\" and format \"?\" is not supported. \
         yuyi reads \"compressed-tensors\" with \"int-quantized\", and \"yuyi-q4\" with \"q4_0\"."
    );
}

#[test]
fn blocks_that_the_configuration_does_not_announce() {
    let model = model();
    model.edit_json("config.json", |config| {
        config["quantization_config"] = json!(null)
    });
    let error = model.load_error();
    assert!(
        error.contains("weight_q4: its type is U8, but config.json has no quantization_config"),
        "{error}"
    );
}
