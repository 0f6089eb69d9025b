//! What texts and names of files do to a terminal: nothing. `script` of util-linux gives the command one.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::{command, yuyi};

/// A name and a text that would clear the screen and answer for the user.
const ESCAPES: &str = "\u{1b}[2J\u{1b}]0;title\u{7}";

/// Runs the command on a terminal; what it showed, or `None` where there is no `script`.
fn on_a_terminal(arguments: &[&str]) -> Option<String> {
    typed_on_a_terminal(arguments, "")
}

/// The same, with what is typed there.
fn typed_on_a_terminal(arguments: &[&str], typed: &str) -> Option<String> {
    let known = Command::new("script").arg("--version").output();
    if !known.is_ok_and(|known| String::from_utf8_lossy(&known.stdout).contains("util-linux")) {
        println!("NOT RUN: there is no script of util-linux");
        return None;
    }
    let quoted = |part: &str| format!("'{}'", part.replace('\'', r"'\''"));
    let program = command().get_program().to_str().unwrap().to_owned();
    let line: Vec<String> = std::iter::once(program.as_str())
        .chain(arguments.iter().copied())
        .map(quoted)
        .collect();
    let mut script = Command::new("script");
    script
        .args([
            "--quiet",
            "--return",
            "--command",
            &line.join(" "),
            "/dev/null",
        ])
        .env("YUYI_HOME", "/nonexistent")
        .env("SHELL", "/bin/sh");
    let mut script = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = script.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    let output = script.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn scores_of_a_file_are_shown_without_what_moves_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pairs.tsv");
    fs::write(&file, format!("{ESCAPES}字\tb\n")).unwrap();
    let file = file.to_str().unwrap();
    let piped = yuyi(&["sim", "--pairs", file, "--no-header"]);
    assert!(
        piped.out.contains(ESCAPES),
        "a pipe gets what is there: {piped:?}"
    );
    if let Some(shown) = on_a_terminal(&["sim", "--pairs", file, "--no-header"]) {
        assert!(
            shown.contains("\\u{1b}[2J\\u{1b}]0;title\\u{7}字\tb"),
            "{shown:?}"
        );
        assert!(!shown.contains(ESCAPES), "{shown:?}");
    }
}

#[test]
fn names_of_files_are_shown_without_what_moves_the_cursor() {
    let name = format!("/nonexistent/{ESCAPES}.tsv");
    if let Some(shown) = on_a_terminal(&["sim", "--pairs", &name]) {
        assert!(shown.contains("\\u{1b}[2J"), "{shown:?}");
        assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
    }
}

#[test]
fn mistakes_are_shown_without_what_moves_the_cursor() {
    let argument = format!("--{ESCAPES}");
    for language in ["en", "zh"] {
        if let Some(shown) = on_a_terminal(&["--lang", language, "sim", &argument]) {
            assert!(shown.contains("\\u{1b}[2J"), "{shown:?}");
            assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
        }
    }
}

#[test]
fn a_collection_is_removed_only_by_a_yes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let data = data.to_str().unwrap();
    let create = [
        "collection",
        "create",
        "c",
        "--dimension",
        "2",
        "--data",
        data,
    ];
    assert_eq!(yuyi(&create).code, 0);
    let list = ["collection", "list", "--data", data];
    for (typed, is_left) in [
        ("\n", true),
        ("n\n", true),
        ("yess\n", true),
        ("是\n", false),
    ] {
        let drop = ["collection", "drop", "c", "--data", data];
        let Some(shown) = typed_on_a_terminal(&drop, typed) else {
            return;
        };
        assert!(shown.contains("Remove the collection \"c\""), "{shown:?}");
        let left = yuyi(&list);
        assert_eq!(left.out.contains("\nc "), is_left, "{typed:?}: {left:?}");
    }
}

#[test]
fn a_missing_model_is_offered_and_not_fetched_without_a_yes() {
    let missing = ["sim", "--model", "gte-base-zh", "a", "b"];
    if let Some(shown) = typed_on_a_terminal(&missing, "n\n") {
        assert!(
            shown.contains("The model gte-base-zh is not installed. Fetch it now? [y/N]"),
            "{shown:?}"
        );
        assert!(
            shown.contains("`yuyi pull gte-base-zh` fetches it."),
            "{shown:?}"
        );
    }
    let offline = ["--offline", "sim", "--model", "gte-base-zh", "a", "b"];
    if let Some(shown) = typed_on_a_terminal(&offline, "y\n") {
        assert!(
            !shown.contains("[y/N]") && shown.contains("--offline forbids downloads"),
            "{shown:?}"
        );
    }
}
