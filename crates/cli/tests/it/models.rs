//! `yuyi serve` and the models that are installed under its home.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::server::{Server, body, status};
use crate::support::{command, yuyi};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A home where the fixture models are installed under short names.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/models");
    for (name, fixture) in [("cls", "bert-cls-f16"), ("mean", "bert-mean-f32-prefixed")] {
        copy(
            &fixtures.join(fixture),
            &home.path().join("models").join(name),
        );
    }
    // Beside the models, where only a path would lead.
    copy(&fixtures.join("bert-cls-f16"), &home.path().join("outside"));
    home
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn start(home: &TempDir, flags: &[&str]) -> Server {
    let mut command = command();
    command
        .current_dir(home.path())
        .env("YUYI_HOME", home.path())
        .args(["serve", "--port", "0", "--json"])
        .args(flags);
    Server::run(command)
}

fn embed(server: &Server, model: &str) -> (u16, Value) {
    let request = json!({"input": "今天天气真不错", "model": model}).to_string();
    let reply = server.post_with("/v1/embeddings", "", &request);
    (status(&reply), body(&reply))
}

/// Name and state of every model.
fn states(server: &Server) -> Vec<(String, String)> {
    let list = server.get("/v1/models");
    let models = body(&list)["data"].as_array().unwrap().clone();
    let of = |model: &Value, field: &str| model[field].as_str().unwrap().to_owned();
    models
        .iter()
        .map(|model| (of(model, "id"), of(model, "state")))
        .collect()
}

fn expected(states: [&str; 3]) -> Vec<(String, String)> {
    let names = ["e5-small-zh", "cls", "mean"];
    let pair = |(name, state): (&str, &str)| (name.to_owned(), state.to_owned());
    names.into_iter().zip(states).map(pair).collect()
}

#[test]
fn a_request_may_name_an_installed_model() {
    let home = home();
    let server = start(&home, &[]);
    assert_eq!(
        states(&server),
        expected(["loaded", "unloaded", "unloaded"])
    );
    let (status, reply) = embed(&server, "cls");
    assert_eq!((status, &reply["model"]), (200, &"cls".into()), "{reply}");
    assert_eq!(states(&server), expected(["loaded", "loaded", "unloaded"]));
    let told = body(&server.get("/v1/models/cls"));
    assert_eq!(
        told["dimension"],
        reply["data"][0]["embedding"].as_array().unwrap().len()
    );

    // Installed while the server runs.
    let installed = home.path().join("models/new");
    copy(&home.path().join("outside"), &installed);
    assert_eq!(embed(&server, "new").0, 200);
    // Loads nothing: the file is not there any more.
    fs::remove_file(home.path().join("models/mean/model.safetensors")).unwrap();
    let (status, reply) = embed(&server, "mean");
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &"model_load_failed".into())
    );
    fs::remove_dir_all(home.path().join("models/mean")).unwrap();
    assert_eq!(embed(&server, "mean").0, 404);
}

#[test]
fn a_calibration_in_a_folder_is_told_of_without_loading() {
    let home = home();
    let calibration = r#"{"version": 1, "knots": [[-1, 0], [0.8, 0.1], [1, 1]]}"#;
    fs::write(
        home.path().join("models/mean/calibration.json"),
        calibration,
    )
    .unwrap();
    let server = start(&home, &["--lazy"]);
    for (name, expected) in [("e5-small-zh", true), ("cls", false), ("mean", true)] {
        let told = body(&server.get(&format!("/v1/models/{name}")));
        let found = (&told["calibrated"], &told["state"]);
        assert_eq!(found, (&expected.into(), &"unloaded".into()), "{name}");
        let list = body(&server.get("/v1/models"));
        let mut models = list["data"].as_array().unwrap().iter();
        assert_eq!(models.find(|model| model["id"] == name), Some(&told));
    }
}

#[test]
fn a_name_never_leads_out_of_the_folder_of_models() {
    let home = home();
    let server = start(&home, &[]);
    let absolute = home.path().join("models/cls");
    for name in [
        ".",
        "..",
        "../outside",
        "outside",
        "./outside",
        "cls/../../outside",
        "cls/.",
        "cls/",
        "cls\0",
        absolute.to_str().unwrap(),
    ] {
        let (status, reply) = embed(&server, name);
        let code = &reply["error"]["code"];
        assert_eq!((status, code), (404, &"model_not_found".into()), "{name:?}");
    }
    for path in ["..%2Foutside", "..", "%2E%2E/outside", "cls%00"] {
        let reply = server.get(&format!("/v1/models/{path}"));
        assert_eq!(status(&reply), 404, "{path:?}");
    }
    assert_eq!(
        states(&server),
        expected(["loaded", "unloaded", "unloaded"])
    );
}

#[test]
fn a_server_may_keep_to_its_listed_models() {
    let home = home();
    let server = start(&home, &["--listed-only", "--model", "mean"]);
    assert_eq!(states(&server), [("mean".to_owned(), "loaded".to_owned())]);
    assert_eq!(embed(&server, "mean").0, 200);
    for name in ["cls", "e5-small-zh"] {
        let (status, reply) = embed(&server, name);
        let told = format!(
            "The model \"{name}\" is not served here. Leave model out, or name one of: mean."
        );
        assert_eq!((status, &reply["error"]["message"]), (404, &told.into()));
    }
}

#[test]
fn installed_models_take_turns_under_a_memory_limit() {
    let home = home();
    // Room for one of them beside nothing else.
    let limit = ["cls", "mean"].map(|name| weight_bytes(&folder_of(&home, name)));
    let limit = limit[0].max(limit[1]).to_string();
    let server = start(
        &home,
        &["--lazy", "--memory-limit", &limit, "--model", "mean"],
    );
    for (name, other) in [("cls", "mean"), ("mean", "cls"), ("cls", "mean")] {
        assert_eq!(embed(&server, name).0, 200, "{name}");
        let loaded: Vec<String> = states(&server)
            .into_iter()
            .filter(|(_, state)| state == "loaded")
            .map(|(name, _)| name)
            .collect();
        assert_eq!(loaded, [name], "{other} has made room");
    }
    let (status, reply) = embed(&server, "e5-small-zh");
    assert_eq!(
        (status, &reply["error"]["code"]),
        (503, &"model_load_failed".into())
    );
}

fn folder_of(home: &TempDir, name: &str) -> String {
    let folder = home.path().join("models").join(name);
    folder.to_str().unwrap().to_owned()
}

/// What `yuyi info` tells of a loaded model.
fn weight_bytes(folder: &str) -> u64 {
    let run = yuyi(&["info", "--json", "--model", folder]);
    let info: Value = serde_json::from_str(&run.out).unwrap();
    info["weight_bytes"].as_u64().unwrap()
}

/// What texts would find later is found at once: in the embeddings of words, of which each text reads a few, and where the layers
/// make of finite weights what is not.
#[test]
fn a_model_whose_weights_are_no_numbers_is_not_loaded() {
    let home = home();
    let file = home.path().join("models/mean/model.safetensors");
    let sound = fs::read(&file).unwrap();
    let tensors = |name: &str, value: [u8; 4], from: usize| {
        let length = u64::from_le_bytes(*sound.first_chunk().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&sound[8..8 + length]).unwrap();
        let place =
            |i: usize| 8 + length + header[name]["data_offsets"][i].as_u64().unwrap() as usize;
        let mut bytes = sound.clone();
        for element in bytes[place(0) + from..place(1)].chunks_exact_mut(4) {
            element.copy_from_slice(&value);
        }
        fs::write(&file, bytes).unwrap();
    };
    let words = "bert.embeddings.word_embeddings.weight";
    let norm = "bert.embeddings.LayerNorm.weight";
    let finite = "The model's weights gave no finite vector";
    for (name, value, from, expected) in [
        (
            words,
            f32::NAN,
            40 * 4,
            "tensor bert.embeddings.word_embeddings.weight: element 40 is not a finite number",
        ),
        (
            norm,
            f32::INFINITY,
            0,
            "tensor bert.embeddings.LayerNorm.weight: element 0 is not a finite number",
        ),
        (norm, f32::MAX, 0, finite),
    ] {
        tensors(name, value.to_le_bytes(), from);
        let run = yuyi(&["sim", "--model", &folder_of(&home, "mean"), "你好", "您好"]);
        assert_eq!(run.code, 1);
        assert!(run.err.contains(expected), "{}", run.err);
        let server = start(&home, &[]);
        let (status, reply) = embed(&server, "mean");
        let code = &reply["error"]["code"];
        assert_eq!((status, code), (503, &"model_load_failed".into()), "{name}");
        assert_eq!(embed(&server, "cls").0, 200);
    }
}

/// The embeddings stay out of memory, and small weights are packed into more than they were: what counts is what is in memory.
#[test]
fn the_memory_limit_is_held_against_weights_and_not_files() {
    let home = home();
    let folder = folder_of(&home, "mean");
    let folder = folder.as_str();
    let needs = weight_bytes(folder);
    let file = fs::metadata(format!("{folder}/model.safetensors")).unwrap();
    assert_ne!(file.len(), needs);
    let limited = |limit: u64| {
        let limit = limit.to_string();
        [
            "--memory-limit",
            &limit,
            "--model",
            "cls",
            "--model",
            folder,
        ]
        .map(str::to_owned)
    };
    let enough = limited(needs);
    let server = start(&home, &enough.each_ref().map(String::as_str));
    assert_eq!(embed(&server, "mean").0, 200);
    for lazy in [&[][..], &["--lazy"]] {
        let mut command = command();
        command
            .env("YUYI_HOME", home.path())
            .args(["serve", "--port", "0"]);
        let output = command
            .args(lazy)
            .args(limited(needs - 1))
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        let start = "yuyi: The model mean cannot be loaded: it takes 0.";
        assert!(
            told.contains(start) && told.contains("MiB of memory"),
            "{told}"
        );
    }
}
