//! Model folders that load, but not as they should, by the real program.

use std::fs;
use std::path::Path;

use crate::support::server::Server;
use crate::support::{command, copy_folder, yuyi};
use serde_json::Value;
use tempfile::TempDir;

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

const REMARK: &str = "num_hidden_layers is 1, but there are weights of 2 layers";

/// The fixture with a layer less in its configuration than in its weights.
fn shortened() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(Path::new(FIXTURE), folder.path());
    let file = folder.path().join("config.json");
    let mut config: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(config["num_hidden_layers"], 2);
    config["num_hidden_layers"] = 1.into();
    fs::write(file, config.to_string()).unwrap();
    folder
}

#[test]
fn layers_that_are_not_used_are_told_by_every_command() {
    let folder = shortened();
    let model = folder.path().to_str().unwrap();
    let copy = folder.path().join("copy");
    for arguments in [
        &["info", "--model", model][..],
        &["bench", "--quick", "--model", model],
        &["quantize", model, "-o", copy.to_str().unwrap()],
    ] {
        let run = yuyi(arguments);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.err.matches(REMARK).count(), 1, "{run:?}");
    }
    let whole = yuyi(&["info", "--model", FIXTURE]);
    assert_eq!((whole.code, whole.err.as_str()), (0, ""), "{whole:?}");
}

#[test]
fn layers_that_are_not_used_are_in_the_log_of_a_server() {
    let folder = shortened();
    let server = Server::start(&["--model", folder.path().to_str().unwrap()]);
    server.signal("TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("WARN") && log.contains(REMARK), "{log}");
}

#[test]
fn a_folder_needs_no_home() {
    for home in [Some("/dev/null"), None] {
        let mut command = command();
        command.args(["sim", "--model", FIXTURE, "天气", "天气"]);
        for name in ["YUYI_HOME", "XDG_DATA_HOME", "HOME"] {
            command.env_remove(name);
        }
        command.envs(home.map(|home| ("YUYI_HOME", home)));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{home:?}: {output:?}");
    }
}
