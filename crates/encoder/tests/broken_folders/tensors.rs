//! Files of weights that are cut off, contradict themselves or the configuration.

use serde_json::{Map, Value, json};

use crate::model::{BERT, SHARDED, TEXT, TestModel, WEIGHTS, XLM_ROBERTA};
use crate::weights::{Tensor, Weights, join, not_finite, split};

const WORDS: &str = "embeddings.word_embeddings.weight";
const QUERY: &str = "encoder.layer.1.attention.self.query.weight";
/// The file's first tensor, and the one that follows it.
const FIRST: &str = "embeddings.LayerNorm.bias";
const SECOND: &str = "embeddings.LayerNorm.weight";

/// Writes the weights with a header that `edit` changed; the error of loading them.
fn error_with_header(edit: impl FnOnce(&mut Map<String, Value>)) -> String {
    let model = TestModel::copy(BERT);
    let bytes = model.read(WEIGHTS);
    let (mut header, data) = split(&bytes);
    edit(&mut header);
    model.write(WEIGHTS, join(&header, data));
    model.load_error()
}

fn error_with_weights(edit: impl FnOnce(&mut Weights)) -> String {
    let model = TestModel::copy(BERT);
    model.edit_weights(edit);
    model.load_error()
}

#[test]
fn truncated_files_tell_both_lengths() {
    let model = TestModel::copy(BERT);
    let bytes = model.read(WEIGHTS);
    let header = u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let few = (0..300).chain(header - 20..header + 20);
    for length in few
        .chain((0..bytes.len()).step_by(1009))
        .chain([bytes.len() - 1])
    {
        model.write(WEIGHTS, &bytes[..length]);
        let expected = match length {
            0..8 => ", fewer than the 8 that tell the header's length".to_owned(),
            n if n < 8 + header => format!(" and announces a header of {header}"),
            _ => format!(", but its header describes {}", bytes.len()),
        };
        assert_eq!(
            model.load_error(),
            format!("model.safetensors: it has {length} bytes{expected}. Download it again.")
        );
    }
    model.write(WEIGHTS, [&bytes[..], b"more"].concat());
    assert!(model.load_error().contains("but its header describes"));
}

#[test]
fn lies_about_the_headers_length() {
    let model = TestModel::copy(BERT);
    let bytes = model.read(WEIGHTS);
    let length = bytes.len() as u64;
    for told in [
        length - 7,
        length,
        100_000_001,
        1 << 40,
        u64::MAX - 8,
        u64::MAX,
    ] {
        model.write(WEIGHTS, [&told.to_le_bytes(), &bytes[8..]].concat());
        let expected = format!(
            "model.safetensors: it has {length} bytes and announces a header of {told}. Download it again."
        );
        assert_eq!(model.load_error(), expected);
    }
    for told in [0, 1, 2, 3000, length - 8] {
        model.write(WEIGHTS, [&told.to_le_bytes(), &bytes[8..]].concat());
        let error = model.load_error();
        assert!(
            error.starts_with("model.safetensors: this is not a sound safetensors file (invalid"),
            "{told}: {error}"
        );
    }
}

#[test]
fn offsets_that_do_not_fit() {
    let cases = [
        (FIRST, json!([1, 129])),
        (SECOND, json!([0, 128])),
        (SECOND, json!([130, 258])),
        (SECOND, json!([256, 128])),
        (SECOND, json!([u64::MAX - 1, u64::MAX])),
        (SECOND, json!([128, 0])),
    ];
    for (name, offsets) in cases {
        let error = error_with_header(|header| header[name]["data_offsets"] = offsets.clone());
        assert!(
            error.starts_with("model.safetensors: tensor "),
            "{offsets}: {error}"
        );
        assert!(
            error.contains("data_offsets do not begin where"),
            "{offsets}: {error}"
        );
    }
    for offsets in [
        json!([-1, 127]),
        json!([0]),
        json!("0, 128"),
        json!([0.5, 128]),
        json!(null),
    ] {
        let error = error_with_header(|header| header[FIRST]["data_offsets"] = offsets.clone());
        assert!(
            error.starts_with("model.safetensors: this is not a sound safetensors file (invalid"),
            "{offsets}: {error}"
        );
    }
    let last = "encoder.layer.1.output.dense.weight";
    let error = error_with_header(|header| {
        header[last]["data_offsets"][1] = json!(u64::MAX);
    });
    assert!(
        error.starts_with(&format!("model.safetensors: tensor {last}: its shape")),
        "{error}"
    );
}

#[test]
fn shapes_that_the_data_does_not_have() {
    let cases = [
        (
            json!([63]),
            "its shape [63] of F16 takes 126 bytes, but its data_offsets span 128",
        ),
        (json!([64, 0]), "takes 0 bytes"),
        (json!([]), "takes 2 bytes"),
        (
            json!([u64::MAX, 2]),
            "takes more bytes than a file can have",
        ),
        (
            json!([1u64 << 62, 64]),
            "takes more bytes than a file can have",
        ),
    ];
    for (shape, expected) in cases {
        let error = error_with_header(|header| header[FIRST]["shape"] = shape.clone());
        assert!(
            error.starts_with(&format!("model.safetensors: tensor {FIRST}: "))
                && error.contains(expected),
            "{shape}: {error}"
        );
    }
}

#[test]
fn types_that_are_no_floats() {
    for (dtype, expected) in [
        (
            "I16",
            "its type I16 is not supported; F32, F16, BF16, F64, I8 and U8 are.",
        ),
        (
            "U16",
            "its type U16 is not supported; F32, F16, BF16, F64, I8 and U8 are.",
        ),
    ] {
        for name in [FIRST, QUERY, WORDS] {
            let error = error_with_header(|header| header[name]["dtype"] = json!(dtype));
            assert_eq!(
                error,
                format!("model.safetensors: tensor {name}: {expected}")
            );
        }
    }
    for (name, dtype) in [(FIRST, "I8"), (FIRST, "U8"), (QUERY, "U8")] {
        let error = error_with_weights(|weights| {
            let tensor = weights.get(name);
            tensor.dtype = dtype.to_owned();
            tensor.bytes.truncate(tensor.bytes.len() / 2);
        });
        let expected = format!("its type is {dtype}; expected F32, F16, BF16, F64.");
        assert_eq!(
            error,
            format!("model.safetensors: tensor {name}: {expected}")
        );
    }
    let error = error_with_header(|header| header[FIRST]["dtype"] = json!("F17"));
    assert!(error.contains("unknown variant `F17`"), "{error}");
}

/// Token embeddings are read by row, but a wrong type is told before the first text.
#[test]
fn word_embeddings_that_are_no_floats() {
    let error = error_with_weights(|weights| {
        let tensor = weights.get(WORDS);
        tensor.dtype = "U8".to_owned();
        tensor.bytes.truncate(tensor.bytes.len() / 2);
    });
    assert_eq!(
        error,
        format!("model.safetensors: tensor {WORDS}: its type is U8; expected F32, F16, BF16, F64.")
    );
}

#[test]
fn each_tensor_missing() {
    for_each_tensor(BERT, |model, name, shape| {
        model.edit_weights(|weights| drop(weights.0.remove(name)));
        let what = format!("it is missing; a tensor of shape {shape:?} was expected.");
        assert_eq!(
            model.load_error(),
            format!("model.safetensors: tensor {name}: {what}")
        );
    });
}

#[test]
fn each_tensor_of_another_shape() {
    for_each_tensor(BERT, |model, name, shape| {
        let mut shorter = shape.to_vec();
        shorter[0] -= 1;
        model.edit_weights(|weights| {
            let tensor = weights.get(name);
            let row = tensor.bytes.len() / shape[0];
            tensor.bytes.truncate(row * shorter[0]);
            tensor.shape.clone_from(&shorter);
        });
        let what = format!("its shape is {shorter:?}, but config.json asks for {shape:?}.");
        assert_eq!(
            model.load_error(),
            format!("model.safetensors: tensor {name}: {what}")
        );
    });
}

/// The same number of elements, so that no byte is missing.
#[test]
fn a_transposed_matrix() {
    let error = error_with_weights(|weights| {
        weights.get("encoder.layer.0.output.dense.weight").shape = vec![256, 64];
    });
    assert_eq!(
        error,
        "model.safetensors: tensor encoder.layer.0.output.dense.weight: its shape is [256, 64], \
         but config.json asks for [64, 256]."
    );
}

#[test]
fn not_finite_values_in_each_tensor() {
    for fixture in [BERT, XLM_ROBERTA, "bert-mean-bf16-odd"] {
        for_each_tensor(fixture, |model, name, shape| {
            let sound = model.read(WEIGHTS);
            let last = shape.iter().product::<usize>() - 1;
            for at in [0, last] {
                for kind in 0..2 {
                    model.write(WEIGHTS, &sound);
                    model.edit_weights(|weights| put(weights.get(name), at, kind));
                    assert_eq!(model.load_error(), not_finite_error(name, at), "{fixture}");
                }
            }
        });
    }
}

/// Rows of tokens are read when a text has them, and looked at before: a model that serves has none that is broken.
#[test]
fn not_finite_values_in_any_row_of_word_embeddings() {
    for (fixture, columns) in [(BERT, 64), (XLM_ROBERTA, 64), ("bert-mean-bf16-odd", 48)] {
        let sound = TestModel::copy(fixture).load().unwrap();
        for id in [0, 57, sound.spec().config.vocab_size - 1] {
            let at = id * columns + 5;
            let model = TestModel::copy(fixture);
            model.edit_weights(|weights| put(weights.get(WORDS), at, id % 2));
            assert_eq!(model.load_error(), not_finite_error(WORDS, at), "{fixture}");
        }
    }
}

#[test]
fn finite_weights_that_overflow() {
    let attention = |part| format!("encoder.layer.0.attention.self.{part}.bias");
    let layer_norm = "encoder.layer.0.output.LayerNorm.weight".to_owned();
    for names in [
        vec!["embeddings.LayerNorm.weight".to_owned()],
        // Scores of attention that are infinite, in a layer that others follow.
        vec![attention("query"), attention("key")],
        vec![layer_norm],
    ] {
        let model = TestModel::copy(XLM_ROBERTA);
        model.edit_weights(|weights| {
            for name in &names {
                let elements = weights.get(name).bytes.chunks_exact_mut(4);
                elements.for_each(|x| x.copy_from_slice(&f32::MAX.to_le_bytes()));
            }
        });
        assert_eq!(
            model.load_error(),
            "The model's weights gave no finite vector; the checkpoint is broken.",
            "{names:?}"
        );
    }
}

#[test]
fn an_index_that_leads_nowhere() {
    let last = "model-00002-of-00002.safetensors";
    let cases = [
        (
            json!("../model.safetensors"),
            "model.safetensors.index.json: \"../model.safetensors\" must be a file beside the index.",
        ),
        (
            json!("/etc/passwd"),
            "model.safetensors.index.json: \"/etc/passwd\" must be a file beside the index.",
        ),
        (
            json!("..\\weights"),
            "model.safetensors.index.json: \"..\\weights\" must be a file beside the index.",
        ),
        (
            json!(".."),
            ".. is not a file. The model folder is damaged.",
        ),
        (json!(""), " is not a file. The model folder is damaged."),
        (
            json!("1_Pooling"),
            "1_Pooling is not a file. The model folder is damaged.",
        ),
        (
            json!("absent.safetensors"),
            "absent.safetensors does not exist. The model folder is incomplete.",
        ),
        (
            json!("model.safetensors.index.json"),
            "model.safetensors.index.json: it has ",
        ),
        (json!("config.json"), "config.json: it has "),
        (
            json!(7),
            "model.safetensors.index.json: this is not the JSON that was expected",
        ),
        (
            json!(last),
            "model.safetensors.index.json: tensor embeddings.LayerNorm.bias: model-00002-of-00002.safetensors does not have it.",
        ),
    ];
    for (file, expected) in cases {
        let model = TestModel::copy(SHARDED);
        model.edit_json("model.safetensors.index.json", |index| {
            index["weight_map"]["embeddings.LayerNorm.bias"] = file.clone();
            if file == last {
                // Now nothing points to the first file.
                let map = index["weight_map"].as_object_mut().unwrap();
                map.values_mut().for_each(|value| *value = json!(last));
            }
        });
        let error = model.load_error();
        assert!(error.starts_with(expected), "{file}: {error}");
    }
}

#[test]
fn an_index_without_a_map() {
    for index in [
        "{}",
        "[]",
        "{\"weight_map\": []}",
        "",
        "{\"weight_map\": {\"a\"",
    ] {
        let model = TestModel::copy(SHARDED);
        model.write("model.safetensors.index.json", index);
        let error = model.load_error();
        assert!(
            error.starts_with("model.safetensors.index.json: this is not the JSON"),
            "{error}"
        );
    }
    let model = TestModel::copy(SHARDED);
    model.write("model.safetensors.index.json", "{\"weight_map\": {}}");
    assert!(
        model
            .load_error()
            .starts_with("model.safetensors.index.json: tensor encoder.layer.0")
    );
}

#[test]
fn two_files_with_the_same_tensor() {
    let model = TestModel::copy(SHARDED);
    let first = model.read("model-00001-of-00002.safetensors");
    model.write("model-00002-of-00002.safetensors", first);
    let error = model.load_error();
    assert!(
        error.starts_with("model-00002-of-00002.safetensors: tensor "),
        "{error}"
    );
    assert!(
        error.ends_with("another file has a tensor of this name too."),
        "{error}"
    );
}

#[test]
fn a_missing_or_broken_shard() {
    let name = "model-00002-of-00002.safetensors";
    let model = TestModel::copy(SHARDED);
    let bytes = model.read(name);
    model.write(name, &bytes[..bytes.len() / 2]);
    assert!(
        model
            .load_error()
            .starts_with(&format!("{name}: it has {} bytes", bytes.len() / 2))
    );
    model.remove(name);
    assert_eq!(
        model.load_error(),
        format!("{name} does not exist. The model folder is incomplete.")
    );
}

/// Files of more than a megabyte are mapped: nothing may be read past their end.
#[test]
fn large_files_are_checked_like_small_ones() {
    let model = TestModel::copy(XLM_ROBERTA);
    let rows = 8_000;
    model.edit_json("config.json", |config| config["vocab_size"] = json!(rows));
    model.edit_weights(|weights| {
        let words = weights.get(WORDS);
        words.shape[0] = rows;
        words.bytes.resize(rows * 64 * 4, 0);
    });
    model.run(TEXT).unwrap();
    let bytes = model.read(WEIGHTS);
    assert!(bytes.len() > 2 << 20);
    for length in (1..8)
        .map(|n| bytes.len() / 8 * n)
        .chain([bytes.len() - 1, bytes.len() - 4096])
    {
        model.write(WEIGHTS, &bytes[..length]);
        let expected = format!("model.safetensors: it has {length} bytes");
        assert!(model.load_error().starts_with(&expected));
    }
    let (mut header, data) = split(&bytes);
    for info in header
        .values_mut()
        .filter(|info| info.get("data_offsets").is_some())
    {
        let end = &mut info["data_offsets"][1];
        if end.as_u64() == Some(data.len() as u64) {
            *end = json!(data.len() + 4096);
        }
    }
    model.write(WEIGHTS, join(&header, data));
    assert!(model.load_error().contains("but its data_offsets span"));
}

/// Runs `test` on a fresh copy for every tensor of the fixture, with its name and shape.
fn for_each_tensor(fixture: &str, test: impl Fn(&TestModel, &str, &[usize])) {
    let tensors = Weights::read(&TestModel::copy(fixture).read(WEIGHTS)).0;
    assert!(tensors.len() >= 37);
    for (name, tensor) in tensors {
        test(&TestModel::copy(fixture), &name, &tensor.shape);
    }
}

fn put(tensor: &mut Tensor, at: usize, kind: usize) {
    let value = not_finite(&tensor.dtype)[kind];
    tensor.bytes[at * value.len()..][..value.len()].copy_from_slice(value);
}

fn not_finite_error(name: &str, at: usize) -> String {
    format!(
        "model.safetensors: tensor {name}: element {at} is not a finite number. \
         The checkpoint is broken; download it again."
    )
}
