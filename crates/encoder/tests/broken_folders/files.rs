//! Files that are missing, empty, or something else.

use std::fs;
use std::process::Command;

use yuyi_encoder::{EncodeOptions, ErrorKind};

use crate::model::{BERT, SHARDED, TEXT, TestModel, VOCAB_TXT, WEIGHTS, XLM_ROBERTA};
use crate::weights::Tensor;

const POOLING: &str = "1_Pooling/config.json";

#[test]
fn a_sound_copy_encodes() {
    for fixture in [BERT, SHARDED, XLM_ROBERTA, VOCAB_TXT] {
        let vector = TestModel::copy(fixture).run(TEXT).unwrap();
        assert!(vector.iter().all(|x| x.is_finite()), "{fixture}");
    }
}

#[test]
fn no_folder_at_all() {
    let model = TestModel::copy(BERT);
    for (path, expected) in [
        (
            "absent",
            "is not a folder. Name the folder that holds the model's config.json.",
        ),
        (
            "config.json",
            "is not a folder. Name the folder that holds the model's config.json.",
        ),
        ("1_Pooling/..", ""),
    ] {
        match yuyi_encoder::Folder::open(model.path(path)) {
            Ok(_) => assert_eq!(expected, ""),
            Err(error) => assert!(error.to_string().ends_with(expected), "{error}"),
        }
    }
}

#[test]
fn each_file_missing() {
    let cases = [
        (
            WEIGHTS,
            "model.safetensors does not exist. The model folder is incomplete.",
        ),
        (
            POOLING,
            "1_Pooling/config.json does not exist. The model folder is incomplete.",
        ),
        (
            "config.json",
            " has no config.json. Name the folder of a Hugging Face checkpoint.",
        ),
    ];
    for (file, expected) in cases {
        let model = TestModel::copy(BERT);
        model.remove(file);
        let error = model.load_error();
        assert!(error.ends_with(expected), "{error}");
    }
    for file in [
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer_config.json",
        "tokenizer.json",
        "vocab.txt",
    ] {
        let model = TestModel::copy(BERT);
        let expected = model.run(TEXT).unwrap();
        model.remove(file);
        assert_eq!(model.run(TEXT).unwrap(), expected, "without {file}");
    }
}

#[test]
fn no_tokenizer_at_all() {
    let model = TestModel::copy(BERT);
    model.remove("tokenizer.json");
    model.remove("vocab.txt");
    assert_eq!(
        model.load_error(),
        "tokenizer.json does not exist, and there is no vocab.txt either."
    );
}

/// What it lacks would be read as unknown.
#[test]
fn a_vocabulary_that_was_cut() {
    let model = TestModel::copy(VOCAB_TXT);
    let whole = String::from_utf8(model.read("vocab.txt")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    model.write("vocab.txt", lines[..40].join("\n"));
    let error = model.load_error();
    let expected = "vocab.txt: it has 40 tokens, but config.json has a vocab_size of ";
    assert!(error.starts_with(expected), "{error}");
}

/// Without its list, a module behind the pooling would be left out.
#[test]
fn no_list_of_modules() {
    let model = TestModel::copy("distilbert-dense-bin");
    model.remove("modules.json");
    assert_eq!(
        model.load_error(),
        "modules.json: there is none, though 2_Dense is the folder of a module. Copy modules.json, or remove that folder if it is \
         not part of the model."
    );
}

#[test]
fn no_word_on_pooling() {
    let model = TestModel::copy(BERT);
    model.remove("modules.json");
    model.remove(POOLING);
    assert_eq!(
        model.load_error(),
        "1_Pooling/config.json: there is none, and the model is not one whose pooling yuyi knows. Add the file \
         with {\"pooling_mode_cls_token\": true} or {\"pooling_mode_mean_tokens\": true}."
    );
}

#[test]
fn weights_that_git_did_not_fetch() {
    let model = TestModel::copy(BERT);
    model.write(
        WEIGHTS,
        "version https://git-lfs.github.com/spec/v1\noid sha256:4665\nsize 204557152\n",
    );
    assert_eq!(
        model.load_error(),
        "model.safetensors: this is a Git LFS pointer in place of the file. Run `git lfs pull` in the model folder."
    );
}

/// Every file that is read, of one fixture or the other.
fn for_each_file(test: impl Fn(&TestModel, &str)) {
    let files = [
        (BERT, "tokenizer.json"),
        (BERT, "tokenizer_config.json"),
        (BERT, "modules.json"),
        (BERT, POOLING),
        (BERT, "sentence_bert_config.json"),
        (BERT, WEIGHTS),
        (SHARDED, "model.safetensors.index.json"),
        (SHARDED, "model-00001-of-00002.safetensors"),
        (VOCAB_TXT, "vocab.txt"),
        (VOCAB_TXT, "tokenizer_config.json"),
        (VOCAB_TXT, "special_tokens_map.json"),
        (XLM_ROBERTA, "config_sentence_transformers.json"),
    ];
    for (fixture, file) in files {
        test(&TestModel::copy(fixture), file);
    }
}

#[test]
fn empty_files() {
    for_each_file(|model, file| {
        model.write(file, "");
        assert!(
            model.load_error().starts_with(&format!("{file}: ")),
            "{file}"
        );
    });
    let model = TestModel::copy(BERT);
    model.write("config.json", "");
    assert_eq!(
        model.load_error(),
        "config.json: this is not the JSON that was expected: EOF while parsing a value at line 1 column 0."
    );
}

#[test]
fn files_that_are_no_text() {
    for_each_file(|model, file| {
        model.write(file, [0xFF, 0xFE, 0x00, 0x80, 0xC3]);
        assert!(
            model.load_error().starts_with(&format!("{file}: ")),
            "{file}"
        );
    });
}

#[test]
fn folders_in_place_of_files() {
    for_each_file(|model, file| {
        model.make_folder(file);
        let expected = format!("{file} is not a file. The model folder is damaged.");
        assert_eq!(model.load_error(), expected);
    });
}

#[cfg(unix)]
#[test]
fn links_to_nothing() {
    for_each_file(|model, file| {
        let _ = fs::remove_file(model.path(file));
        std::os::unix::fs::symlink("../absent", model.path(file)).unwrap();
        let expected = format!(
            "{file} is a link to ../absent, which does not exist. Copy the file itself into the folder."
        );
        assert_eq!(model.load_error(), expected);
    });
}

/// A device may never end.
#[cfg(unix)]
#[test]
fn devices_in_place_of_files() {
    for_each_file(|model, file| {
        let _ = fs::remove_file(model.path(file));
        std::os::unix::fs::symlink("/dev/zero", model.path(file)).unwrap();
        let expected = format!("{file} is not a file. The model folder is damaged.");
        assert_eq!(model.load_error(), expected);
    });
    // Where config.json is missing, the list of modules is looked into for another.
    let model = TestModel::copy(BERT);
    model.remove("config.json");
    let made = Command::new("mkfifo").arg(model.path("pipe")).status();
    assert!(made.unwrap().success());
    for other in ["/dev/zero", "pipe"] {
        let _ = fs::remove_file(model.path("modules.json"));
        std::os::unix::fs::symlink(other, model.path("modules.json")).unwrap();
        assert!(model.load_error().contains("has no config.json"));
    }
}

/// Zeros in place of weights would be vectors like others.
#[test]
fn weights_that_are_written_to_under_the_model() {
    let model = TestModel::copy(BERT);
    model.edit_weights(|weights| {
        let unused = Tensor {
            dtype: "U8".into(),
            shape: vec![2 << 20],
            bytes: vec![0; 2 << 20],
        };
        weights.0.insert("cls.unused".into(), unused);
    });
    let encoder = model.load().unwrap();
    let encode = |text: &str| encoder.encode(&[text], &EncodeOptions::default());
    encode(TEXT).unwrap();
    encoder.check_files().unwrap();
    let file = fs::File::options()
        .write(true)
        .open(model.path(WEIGHTS))
        .unwrap();
    let length = file.metadata().unwrap().len();
    for new in [10, length] {
        file.set_len(new).unwrap();
        let error = encode("你好").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Changed);
        assert!(
            error
                .to_string()
                .contains("model.safetensors was written to while the model used it"),
            "{error}"
        );
        assert!(encoder.check_files().is_err());
    }
}

/// A pipe would be waited for.
#[cfg(unix)]
#[test]
fn pipes_in_place_of_files() {
    for_each_file(|model, file| {
        let _ = fs::remove_file(model.path(file));
        let made = Command::new("mkfifo").arg(model.path(file)).status();
        assert!(made.unwrap().success());
        let expected = format!("{file} is not a file. The model folder is damaged.");
        assert_eq!(model.load_error(), expected);
    });
}

/// Some editors write a byte order mark in front of a text.
#[test]
fn text_files_with_a_byte_order_mark() {
    for fixture in [BERT, SHARDED, VOCAB_TXT, XLM_ROBERTA] {
        let model = TestModel::copy(fixture);
        let expected = model.run(TEXT).unwrap();
        let files = fs::read_dir(model.path("")).unwrap();
        for name in files.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            if name.ends_with(".json") || name.ends_with(".txt") {
                model.write(&name, [b"\xEF\xBB\xBF", &model.read(&name)[..]].concat());
                assert_eq!(model.run(TEXT).unwrap(), expected, "{fixture}: {name}");
            }
        }
    }
}
