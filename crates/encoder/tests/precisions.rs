//! Every kind of folder in every precision: which one is chosen, and that the vectors are those of the weights that the
//! folder's integers stand for.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "support/integers.rs"]
mod integers;
#[path = "support/model.rs"]
mod model;
#[path = "support/weights.rs"]
mod weights;

use integers::{make_int4, make_int8, widen};
use model::{BERT, SHARDED, TestModel, VOCAB_TXT, XLM_ROBERTA};
use yuyi_encoder::Precision::{F32, Int4, Int8};
use yuyi_encoder::{EncodeOptions, Encoder, Precision};

const TEXTS: [&str; 3] = ["今天天气真不错", "AI 2026，龘！", "水果"];
/// Of 8-bit activations alone, and of 8-bit and 4-bit weights too. The fixtures' weights are random, which is harder than
/// a trained model's.
const ACTIVATIONS: f64 = 0.9995;
const INT8_WEIGHTS: f64 = 0.998;
const INT4_WEIGHTS: f64 = 0.95;

/// Vectors of the texts.
fn vectors(model: &TestModel, precision: Option<Precision>) -> Vec<Vec<f32>> {
    let encoded = load(model, precision).encode(&TEXTS, &EncodeOptions::default());
    encoded.unwrap().into_iter().map(|e| e.vector).collect()
}

/// The model, which is what it was said to be before it was loaded.
fn load(model: &TestModel, precision: Option<Precision>) -> Encoder {
    let loaded = model.load_in(precision).unwrap_or_else(|e| panic!("{e}"));
    let facts = model.facts_in(precision).unwrap();
    assert_eq!(
        (
            facts.weight_bytes,
            facts.precision,
            facts.kernel,
            facts.threads
        ),
        (
            loaded.weight_bytes(),
            loaded.precision(),
            loaded.kernel(),
            loaded.threads()
        )
    );
    loaded
}

/// Whether the vectors are near the others, and not the same: they were computed in another way.
fn assert_near(a: &[Vec<f32>], b: &[Vec<f32>], least: f64) {
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let products = a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y));
        let cosine: f64 = products.sum();
        assert!(cosine >= least && a != b, "text {i}: cosine {cosine}");
    }
}

/// A copy of a fixture with 4-bit weights and one with the floats that they stand for.
fn int4_and_widened(fixture: &str) -> [TestModel; 2] {
    [false, true].map(|widened| {
        let model = TestModel::copy(fixture);
        make_int4(&model);
        if widened {
            widen(&model);
        }
        model
    })
}

/// As [`int4_and_widened`] with I8 weights up to `largest`.
fn int8_and_widened(fixture: &str, largest: f32) -> [TestModel; 2] {
    [false, true].map(|widened| {
        let model = TestModel::copy(fixture);
        make_int8(&model, largest);
        if widened {
            widen(&model);
        }
        model
    })
}

#[test]
fn a_folder_of_floats_is_quantised_when_asked() {
    for fixture in [BERT, SHARDED, XLM_ROBERTA] {
        println!("{fixture}");
        let model = TestModel::copy(fixture);
        assert_eq!(load(&model, None).precision(), F32);
        let original = vectors(&model, Some(F32));
        assert_eq!(vectors(&model, None), original);
        assert_near(&vectors(&model, Some(Int8)), &original, INT8_WEIGHTS);
        assert_near(&vectors(&model, Some(Int4)), &original, INT4_WEIGHTS);
        let bytes = [F32, Int8, Int4].map(|p| {
            let encoder = load(&model, Some(p));
            assert_eq!(encoder.precision(), p);
            encoder.weight_bytes()
        });
        assert!(bytes.is_sorted_by(|a, b| a > b), "{bytes:?}");
    }
}

#[test]
fn sizes_that_blocks_do_not_fit() {
    let model = TestModel::copy(VOCAB_TXT);
    let original = vectors(&model, None);
    assert_near(&vectors(&model, Some(Int8)), &original, INT8_WEIGHTS);
    let error = model.load_in(Some(Int4)).err().unwrap().to_string();
    let refused = model.facts_in(Some(Int4)).err().unwrap();
    assert_eq!(refused.to_string(), error);
    assert_eq!(
        error,
        "Weights with 100 inputs cannot be stored in 4-bit blocks of 32. Use the precision int8 or f32."
    );
}

#[test]
fn a_4_bit_folder_is_computed_in_its_own_precision() {
    for fixture in [BERT, XLM_ROBERTA] {
        println!("{fixture}");
        let [model, widened] = int4_and_widened(fixture);
        assert_eq!(load(&model, None).precision(), Int4);
        let own = vectors(&model, None);
        assert_eq!(own, vectors(&model, Some(Int4)));
        let floats = vectors(&widened, Some(F32));
        assert_near(&own, &floats, ACTIVATIONS);
        assert_eq!(vectors(&model, Some(F32)), floats);
        let int8 = vectors(&model, Some(Int8));
        assert_eq!(int8, vectors(&widened, Some(Int8)));
        assert_near(&int8, &floats, INT8_WEIGHTS);
    }
}

#[test]
fn an_int8_folder_is_computed_in_its_own_precision() {
    for fixture in [BERT, XLM_ROBERTA] {
        println!("{fixture}");
        let [model, widened] = int8_and_widened(fixture, 32.0);
        assert_eq!(load(&model, None).precision(), Int8);
        let own = vectors(&model, None);
        assert_eq!(own, vectors(&model, Some(Int8)));
        let floats = vectors(&widened, Some(F32));
        assert_near(&own, &floats, ACTIVATIONS);
        assert_eq!(vectors(&model, Some(F32)), floats);
        assert_eq!(vectors(&model, Some(Int4)), vectors(&widened, Some(Int4)));
    }
}

/// What other programs write uses all of −127..=127, which the kernels do not take.
#[test]
fn an_int8_folder_beyond_the_kernels_limits_is_quantised_anew() {
    for fixture in [BERT, XLM_ROBERTA] {
        println!("{fixture}");
        let [model, widened] = int8_and_widened(fixture, 127.0);
        let own = vectors(&model, None);
        assert_eq!(own, vectors(&widened, Some(Int8)));
        let floats = vectors(&widened, Some(F32));
        assert_near(&own, &floats, INT8_WEIGHTS);
        assert_eq!(vectors(&model, Some(F32)), floats);
    }
}

/// Programs can be told to leave some modules as they are: here the key, between two that are integers, and another layer.
#[test]
fn an_int8_folder_may_have_floats_among_its_matrices() {
    let [model, widened] = int8_and_widened(BERT, 32.0);
    let mut floats = weights::Weights::read(&widened.read(model::WEIGHTS));
    model.edit_weights(|weights| {
        for module in ["0.attention.self.key", "1.output.dense"] {
            let name = format!("encoder.layer.{module}.weight");
            weights.0.remove(&format!("{name}_scale")).unwrap();
            let (name, tensor) = floats.0.remove_entry(&name).unwrap();
            weights.0.insert(name, tensor);
        }
    });
    let expected = vectors(&widened, Some(F32));
    assert_eq!(vectors(&model, Some(F32)), expected);
    assert_near(&vectors(&model, None), &expected, INT8_WEIGHTS);
}

/// What a 4-bit folder has in floats would lose as much by 4-bit blocks as quantising all of it does.
#[test]
fn a_4_bit_folder_may_have_floats_among_its_matrices() {
    let [model, _] = int4_and_widened(BERT);
    let mut floats = weights::Weights::read(&TestModel::copy(BERT).read(model::WEIGHTS));
    model.edit_weights(|weights| {
        let packed: Vec<String> = weights.0.keys().cloned().collect();
        let packed = packed.iter().filter_map(|name| name.strip_suffix("_q4"));
        for name in packed.filter(|name| !name.ends_with("1.intermediate.dense.weight")) {
            weights.0.remove(&format!("{name}_q4")).unwrap();
            weights.0.remove(&format!("{name}_q4_scale")).unwrap();
            let (name, tensor) = floats.0.remove_entry(name).unwrap();
            weights.0.insert(name, tensor);
        }
    });
    assert_eq!(load(&model, None).precision(), Int4);
    let own = vectors(&model, None);
    assert_near(&own, &vectors(&model, Some(F32)), INT8_WEIGHTS);
    assert_eq!(own, vectors(&model, Some(Int4)));
}

/// The scale of compressed-tensors has the type of the original weights.
#[test]
fn an_int8_folder_may_have_scales_in_half_precision() {
    let [model, _] = int8_and_widened(BERT, 32.0);
    model.edit_weights(|weights| {
        for (_, tensor) in weights
            .0
            .iter_mut()
            .filter(|(n, _)| n.ends_with("weight_scale"))
        {
            let words = tensor.bytes.as_chunks::<4>().0.iter();
            let halves = words.map(|&b| half::bf16::from_f32(f32::from_le_bytes(b)).to_le_bytes());
            tensor.bytes = halves.flatten().collect();
            tensor.dtype = "BF16".to_owned();
        }
    });
    let floats = vectors(&model, Some(F32));
    assert_near(&vectors(&model, None), &floats, ACTIVATIONS);
}

#[test]
fn names_of_precisions() {
    for precision in Precision::ALL {
        assert_eq!(precision.name().parse(), Ok(precision));
    }
    assert_eq!(
        "fp16".parse::<Precision>(),
        Err("\"fp16\" is no precision; choose f32, int8 or int4.".to_owned())
    );
}
