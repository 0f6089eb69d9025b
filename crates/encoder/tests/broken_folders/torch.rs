//! Checkpoints of PyTorch that are damaged, of another kind, or ask for more than tensors.

use crate::model::{DISTIL_BERT as BIN, TEXT, TORCH_SHARDED as SHARDED, TestModel};
use crate::weights::{Tensor, Weights};

const FILE: &str = "pytorch_model.bin";

/// The error when the file's bytes are others.
fn error_with(edit: impl FnOnce(&mut Vec<u8>)) -> String {
    let model = TestModel::copy(BIN);
    let mut bytes = model.read(FILE);
    edit(&mut bytes);
    model.write(FILE, bytes);
    model.load_error()
}

#[test]
fn a_format_that_is_too_old() {
    let error = error_with(|bytes| {
        bytes.splice(0..4, [0x80, 0x02, 0x8a, 0x0a]);
    });
    assert!(
        error.starts_with("pytorch_model.bin: it is in the format of PyTorch before 1.6, which yuyi does not read. Save"),
        "{error}"
    );
}

#[test]
fn files_that_are_no_archive() {
    for bytes in [&b""[..], b"PK", b"PK\x03\x04 and nothing more", &[0; 100]] {
        let error = error_with(|file| *file = bytes.to_vec());
        let expected = "pytorch_model.bin: this is not a sound checkpoint of PyTorch: ";
        assert!(error.starts_with(expected), "{error}");
    }
    let error = error_with(|file| {
        *file = b"version https://git-lfs.github.com/spec/v1\noid sha256:4665\n".to_vec();
    });
    assert!(error.contains("git lfs pull"), "{error}");
}

#[test]
fn archives_that_are_cut_off() {
    let length = TestModel::copy(BIN).read(FILE).len();
    for tenth in 0..10 {
        let error = error_with(|bytes| bytes.truncate(tenth * length / 10));
        assert!(error.starts_with("pytorch_model.bin: "), "{error}");
    }
}

/// The list of tensors names a function of Python in place of one that makes a dictionary, of as many letters.
#[test]
fn a_checkpoint_that_asks_for_python() {
    let error = error_with(|bytes| {
        replace(
            bytes,
            b"ccollections\nOrderedDict\n",
            b"csubprocesss\nOrderedDict\n",
        )
    });
    assert!(
        error.contains("it asks for \"subprocesss.OrderedDict\" of Python, which is not among what a list of tensors needs"),
        "{error}"
    );
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let place = bytes.windows(from.len()).position(|window| window == from);
    bytes[place.unwrap()..][..to.len()].copy_from_slice(to);
}

#[test]
fn safetensors_win_over_a_checkpoint_beside_them() {
    let model = TestModel::copy(crate::model::BERT);
    let expected = model.run(TEXT).unwrap();
    model.write(FILE, "");
    assert_eq!(model.run(TEXT).unwrap(), expected);
}

#[test]
fn an_index_that_leads_elsewhere() {
    let model = TestModel::copy(SHARDED);
    let index = "pytorch_model.bin.index.json";
    let sound = model.json(index);
    let name = sound["weight_map"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    for (file, expected) in [
        ("../x.bin", "\"../x.bin\" must be a file beside the index."),
        ("x.bin", "x.bin does not exist."),
    ] {
        model.edit_json(index, |json| json["weight_map"][&name] = file.into());
        let error = model.load_error();
        assert!(error.contains(expected), "{error}");
        model.write(index, sound.to_string());
    }
    model.edit_json(index, |json| {
        json["weight_map"]["x"] = sound["weight_map"][&name].clone();
    });
    assert!(model.load_error().contains("tensor x: "));
}

#[test]
fn modules_behind_the_pooling_that_do_not_fit() {
    let dense = "2_Dense/config.json";
    for (field, value, expected) in [
        (
            "in_features",
            31.into(),
            "in_features is 31, but the vectors that it is given have 32 elements.",
        ),
        (
            "out_features",
            0.into(),
            "out_features is 0; it must be between 1 and 65536.",
        ),
        (
            "activation_function",
            "torch.nn.modules.activation.SiLU".into(),
            "activation_function \"torch.nn.modules.activation.SiLU\" is not supported. yuyi knows Identity, Tanh, ReLU and GELU.",
        ),
        (
            "module_input_name",
            "token_embeddings".into(),
            "module_input_name \"token_embeddings\" is not supported; sentence_embedding is.",
        ),
    ] {
        let model = TestModel::copy(BIN);
        let value: serde_json::Value = value;
        model.edit_json(dense, |json| json[field] = value);
        assert_eq!(model.load_error(), format!("{dense}: {expected}"));
    }
    let model = TestModel::copy(BIN);
    model.edit_json(dense, |json| json["out_features"] = 23.into());
    let error = model.load_error();
    assert!(
        error.contains("2_Dense/pytorch_model.bin: tensor linear.bias: its shape is [24]"),
        "{error}"
    );
    let model = TestModel::copy(BIN);
    model.edit_json("modules.json", |list| {
        list.as_array_mut().unwrap().swap(1, 2)
    });
    assert!(
        model
            .load_error()
            .contains("a Dense in front of the Pooling")
    );
    let model = TestModel::copy(BIN);
    model.edit_json("modules.json", |list| list[2]["path"] = "../2_Dense".into());
    assert!(
        model
            .load_error()
            .contains("must be a folder inside the model's")
    );
}

/// Sound numbers whose products leave the range of floats: an error, and never a NaN in a vector.
#[test]
fn a_dense_with_which_products_overflow() {
    let model = TestModel::copy(crate::model::XLM_ROBERTA);
    model.edit_json("modules.json", |list| {
        list[2]["type"] = "sentence_transformers.models.Dense".into();
        list[2]["path"] = "2_Dense".into();
    });
    std::fs::create_dir(model.path("2_Dense")).unwrap();
    model.write(
        "2_Dense/config.json",
        r#"{"in_features": 64, "out_features": 2, "bias": false, "activation_function": "torch.nn.Identity"}"#,
    );
    for (value, sound) in [(1.0_f32, true), (3e38, false)] {
        let mut weights = Weights::default();
        let tensor = Tensor {
            dtype: "F32".to_owned(),
            shape: vec![2, 64],
            bytes: (0..128)
                .flat_map(|i| (value / (1.0 + (i % 7) as f32)).to_le_bytes())
                .collect(),
        };
        weights.0.insert("linear.weight".to_owned(), tensor);
        model.write("2_Dense/model.safetensors", weights.to_bytes());
        match sound {
            true => assert_eq!(model.run(TEXT).unwrap().len(), 2),
            false => assert!(model.load_error().contains("gave no finite vector")),
        }
    }
}
