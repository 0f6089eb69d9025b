//! Names: of what is here already, of what is nowhere, and of two models at once.

use std::fs;
use std::path::Path;

use super::{Case, ID};
use crate::support::Run;
use crate::support::server::Server;

/// The repository's files in a folder, as somebody copies them there.
fn copied(case: &Case, folder: &Path) {
    for (path, content) in &case.repository.files {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

#[test]
fn nothing_needs_to_be_pulled_of_what_is_here() {
    let case = Case::new();
    for name in ["e5-small-zh", "E5-Small-ZH"] {
        let run = case.run(&["pull", name]);
        let expected = "e5-small-zh is built in; nothing needs to be pulled.\n";
        assert_eq!((run.code, run.out.as_str()), (0, expected), "{run:?}");
    }
    let zh = case.run(&["--lang", "zh", "pull", "e5-small-zh"]);
    assert_eq!(zh.out, "e5-small-zh 是内置模型，无需下载。\n");
    copied(&case, &case.folder("mine"));
    let run = case.run(&["pull", "mine"]);
    let begin = format!(
        "mine is a model of your own in {}; nothing needs",
        case.folder("mine").display()
    );
    assert!(run.code == 0 && run.out.starts_with(&begin), "{run:?}");
    let run = case.run(&["pull", "mine", "--json"]);
    assert_eq!(run.out, "{\"name\":\"mine\",\"was_there\":true}\n");
    // One that is not whole is told as such, with what mends it.
    let pointer = "version https://git-lfs.github.com/spec/v1\n";
    fs::write(case.folder("mine/model.safetensors"), pointer).unwrap();
    let run = case.run(&["pull", "mine"]);
    let expected = "The model mine is not whole: model.safetensors is a pointer of Git LFS";
    assert!(run.code == 1 && run.err.contains(expected), "{run:?}");
    assert!(
        run.err.contains("Copy its folder there once more"),
        "{run:?}"
    );
    assert!(case.hub.asked().is_empty());
}

#[test]
fn what_was_fetched_is_mended_by_the_name_that_it_has_here() {
    let case = Case::new();
    let pulled = case.run(&["pull", ID, "--name", "mine", "--quantize", "int8"]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    let again = case.run(&["pull", "mine"]);
    assert!(
        again.out.starts_with("mine is installed already: "),
        "{again:?}"
    );
    fs::remove_file(case.folder("mine/model.safetensors")).unwrap();
    let mended = case.run(&["pull", "mine"]);
    assert!(mended.out.starts_with("mine is installed: "), "{mended:?}");
    assert_eq!(case.run(&["models", "verify", "mine"]).code, 0);
    let info = case.run(&["info", "--model", "mine", "--json"]);
    assert!(info.out.contains("\"int8\""), "{info:?}");
    // Here it needs no hub.
    let offline = case.run(&["--offline", "pull", "mine"]);
    assert!(
        offline.out.starts_with("mine is installed already: "),
        "{offline:?}"
    );
}

#[test]
fn a_wrong_name_is_answered_with_what_would_be_right() {
    let case = Case::new();
    for (name, expected) in [
        (
            "gte-bas-zh",
            "The nearest name is gte-base-zh (`yuyi pull gte-base-zh`).",
        ),
        (
            "nothing-of-the-kind-at-all",
            "is no model. Name one of `yuyi models --all`",
        ),
        (
            "org/missing",
            "has a model org/missing. Look at its spelling on their pages.",
        ),
    ] {
        let run = case.run(&["pull", name]);
        assert!(run.code == 1 && run.err.contains(expected), "{run:?}");
    }
    let run = case.run(&["pull", "org/missing", "--from", "hf"]);
    assert!(
        run.err
            .contains("a mirror in HF_ENDPOINT such as https://hf-mirror.com"),
        "{run:?}"
    );
    let zh = case.run(&["--lang", "zh", "pull", "gte-bas-zh"]);
    assert!(
        zh.err
            .starts_with("yuyi: 目录里没有名为“gte-bas-zh”的模型。"),
        "{zh:?}"
    );
    let zh = case.run(&["--lang", "zh", "pull", "org/missing"]);
    assert!(
        zh.err
            .contains("都没有模型 org/missing。请在它们的网页上核对名称。"),
        "{zh:?}"
    );
}

/// As `git clone` leaves it where Git LFS is not installed.
#[test]
fn a_clone_without_lfs_says_what_is_missing() {
    let case = Case::new();
    let folder = case.folder("cloned");
    copied(&case, &folder);
    let pointer = super::stand_in::pointer(&case.repository.files["model.safetensors"]);
    fs::write(folder.join("model.safetensors"), pointer).unwrap();
    let told = "model.safetensors is a pointer of Git LFS and not the file itself (`git lfs pull` in its folder fetches that)";
    for arguments in [
        &["models"][..],
        &["models", "verify"],
        &["models", "export", "cloned", "-o", "x.tar"],
        &["sim", "--model", "cloned", "a", "b"],
        &["pull", "cloned"],
    ] {
        let run = case.run(arguments);
        assert!((run.out.clone() + &run.err).contains(told), "{run:?}");
    }
    let zh = case.run(&["--lang", "zh", "models", "verify"]);
    assert_eq!(
        zh.out,
        "cloned：model.safetensors 只是 Git LFS 的指针，不是文件本身（在它的文件夹里运行 `git lfs pull` 可以取回）\n"
    );
    let by_path = case.run(&["sim", "--model", folder.to_str().unwrap(), "a", "b"]);
    assert!(
        by_path
            .err
            .contains("Run `git lfs pull` in the model folder."),
        "{by_path:?}"
    );
}

#[test]
fn of_two_models_of_a_name_it_is_said_which_is_meant() {
    let case = Case::new();
    copied(&case, &case.folder("tiny"));
    let work = case.home.path().join("work");
    copied(&case, &work.join("tiny"));
    copied(&case, &work.join("e5-small-zh"));
    let run = |arguments: &[&str]| -> Run {
        let mut command = case.command(arguments);
        command.current_dir(&work).output().unwrap().into()
    };
    let by_name = run(&["sim", "--model", "tiny", "今天", "明天"]);
    let expected = format!(
        "yuyi: --model tiny is the installed model of that name ({}), since names come before folders; --model ./tiny is the folder here.",
        case.folder("tiny").display()
    );
    assert!(
        by_name.code == 0 && by_name.err.contains(&expected),
        "{by_name:?}"
    );
    let built_in = run(&["sim", "--model", "e5-small-zh", "今天", "明天"]);
    assert!(
        built_in
            .err
            .contains("--model e5-small-zh is the built-in model, since names"),
        "{built_in:?}"
    );
    let by_path = run(&["sim", "--model", "./tiny", "今天", "明天"]);
    assert!(
        by_path.code == 0 && !by_path.err.contains("--model"),
        "{by_path:?}"
    );
    // A server answers by names alone.
    let mut command = case.command(&["serve", "--port", "0", "--model", "./tiny", "--json"]);
    command.current_dir(&work);
    let server = Server::run(command);
    let list = server.get("/v1/models");
    assert!(list.contains("\"tiny\""), "{list}");
    server.signal("TERM");
    let (_, told) = server.end();
    assert!(
        told.contains("Requests for tiny get the model in ./tiny, since --model comes before"),
        "{told}"
    );
}
