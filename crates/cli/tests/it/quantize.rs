//! `yuyi quantize` by the real program.

use crate::support::{
    SIGNALS, command, copy_folder, hidden, is_ignored, send, yuyi, yuyi_on_a_full_disk,
};
use std::path::Path;
use std::process::{Command, Stdio};

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn the_copy_runs_and_says_how_near_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let copy = copy.to_str().unwrap();
    let done = yuyi(&["quantize", FIXTURE, "-o", copy, "--json"]);
    assert_eq!(done.code, 0, "{done:?}");
    let report: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["precision"], "int8");
    assert!(report["least_cosine"].as_f64().unwrap() > 0.9, "{report}");
    // Random weights still tell equal texts from others, or not; either is said.
    let calibration = &report["calibration"];
    let has_file = Path::new(copy).join("calibration.json").exists();
    match calibration["state"].as_str().unwrap() {
        "fitted" => assert!(has_file && calibration["ece_after"].is_f64(), "{report}"),
        "missing" => assert!(!has_file && calibration["reason"].is_string(), "{report}"),
        other => panic!("{other}"),
    }
    let sim = yuyi(&["sim", "--json", "--model", copy, "天气", "天气"]);
    assert_eq!(sim.code, 0, "{sim:?}");
    assert_eq!(entries(folder.path()), 1, "only the copy is left");
}

#[test]
fn the_copy_of_a_known_model_has_its_prompts_and_length() {
    // Their folders often say neither; the catalogue does, by their names.
    for (name, is_silent) in [
        ("multilingual-e5-base", false),
        ("paraphrase-multilingual-MiniLM-L12-v2", true),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join(name);
        copy_folder(Path::new(FIXTURE), &model);
        std::fs::remove_file(model.join("sentence_bert_config.json")).unwrap();
        if is_silent {
            std::fs::remove_file(model.join("modules.json")).unwrap();
        }
        let copy = folder.path().join("copy");
        let [model, copy] = [&model, &copy].map(|path| path.to_str().unwrap());
        let done = yuyi(&["quantize", model, "-o", copy]);
        assert_eq!(done.code, 0, "{done:?}");
        let [original, made] = [model, copy].map(|model| {
            let info = yuyi(&["info", "--model", model, "--json"]);
            let info: serde_json::Value = serde_json::from_str(&info.out).unwrap();
            ["prompts", "default_prompt", "max_tokens", "pooling"].map(|field| info[field].clone())
        });
        assert_eq!(original, made, "{name}");
        assert_eq!(
            original[0].to_string().contains("query: "),
            !is_silent,
            "{original:?}"
        );
    }
}

#[test]
fn never_overwrites_and_leaves_nothing_when_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).unwrap();
    std::fs::write(taken.join("x"), "").unwrap();
    for taken in [&taken, &taken.join("x")] {
        let run = yuyi(&["quantize", FIXTURE, "-o", taken.to_str().unwrap()]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains("exists already"), "{run:?}");
    }
    assert_eq!(entries(&taken), 1);
    let new = folder.path().join("x");
    let builtin = yuyi(&["quantize", "e5-small-zh", "-o", new.to_str().unwrap()]);
    assert_eq!(builtin.code, 1, "{builtin:?}");
    assert!(builtin.err.contains("quantised already"), "{builtin:?}");
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn an_empty_folder_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    // As where a volume is mounted, a current folder cannot be replaced by another.
    let mut command = command();
    command.current_dir(folder.path());
    let arguments = ["quantize", FIXTURE, "-o", ".", "--precision", "int4"];
    let output = command.args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let sim = yuyi(&["sim", "--model", folder.path().to_str().unwrap(), "a", "a"]);
    assert_eq!(sim.code, 0, "{sim:?}");
    assert!(folder.path().join("1_Pooling/config.json").exists());
    assert_eq!(hidden(folder.path()), None);
}

#[test]
fn errors_name_the_folder_that_was_asked_for() {
    let output = "/nonexistent/folder/copy";
    let run = yuyi(&["quantize", FIXTURE, "-o", output]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = format!("yuyi: {output} cannot be written: No such file");
    assert!(run.err.starts_with(&expected), "{run:?}");
    assert!(!run.err.contains(".yuyi-"), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_written_is_told_as_the_folder_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let copy = copy.to_str().unwrap();
    let run = yuyi_on_a_full_disk(&["quantize", FIXTURE, "-o", copy]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = format!("yuyi: {copy} cannot be written: File too large");
    assert!(run.err.starts_with(&expected), "{run:?}");
    assert!(!run.err.contains(".yuyi-"), "{run:?}");
    assert_eq!(entries(folder.path()), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_nothing() {
    for (signal, code) in SIGNALS
        .into_iter()
        .filter(|(signal, _)| !is_ignored(signal))
    {
        // On a busy machine the copy may be done before the signal comes.
        let mut codes = (0..20).map(|_| code_after(signal));
        let code_of_signal = codes.find(|&code| code != Some(0));
        assert_eq!(code_of_signal, Some(Some(code)), "{signal}");
    }
}

/// The exit code of a copy that gets a signal as soon as it has begun; what it has not finished must be gone.
#[cfg(unix)]
fn code_after(signal: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let arguments = ["quantize", FIXTURE, "-o", copy.to_str().unwrap()];
    let mut process = command();
    process.args(arguments).stdout(Stdio::null());
    let mut process = process.spawn().unwrap();
    while hidden(folder.path()).is_none() && process.try_wait().unwrap().is_none() {}
    send(signal, &process);
    let code = process.wait().unwrap().code();
    assert_eq!(entries(folder.path()), usize::from(code == Some(0)));
    code
}

/// A copy that is in its place is a success, whatever comes until the program has said so; only a second signal keeps it from that.
#[cfg(unix)]
#[test]
fn a_signal_after_the_end_changes_nothing() {
    for (is_asked_twice, code) in [(false, 0), (true, 130)] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        // Nobody reads what fills the pipe, so the program waits before its last words.
        let (reader, writer) = std::io::pipe().unwrap();
        let (mut other, mut process) = {
            // Gone with this block: a command keeps its end of the pipe.
            let (mut yes, mut quantize) = (Command::new("yes"), command());
            quantize.args(["quantize", FIXTURE, "-o", copy.to_str().unwrap()]);
            let yes = yes.stdout(writer.try_clone().unwrap());
            (
                yes.spawn().unwrap(),
                quantize.stdout(writer).spawn().unwrap(),
            )
        };
        while !copy.exists() && process.try_wait().unwrap().is_none() {}
        send("INT", &process);
        while is_asked_twice && process.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(50));
            send("INT", &process);
        }
        other.kill().unwrap();
        other.wait().unwrap();
        std::io::copy(&mut { reader }, &mut std::io::sink()).unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(code));
        assert_eq!(entries(folder.path()), 1);
        assert!(copy.join("config.json").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("nothing"), &link).unwrap();
    let link = link.to_str().unwrap();
    for output in [link, &format!("{link}/")] {
        let run = yuyi(&["quantize", FIXTURE, "-o", output]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.err.contains("link to a place that is not there"),
            "{run:?}"
        );
    }
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn a_model_that_is_not_there_is_told_without_a_flag_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let run = yuyi(&["quantize", "/nonexistent", "-o", copy.to_str().unwrap()]);
    assert_eq!(run.code, 1, "{run:?}");
    let expected =
        "yuyi: /nonexistent is not a folder. Name a model folder, or one of these: e5-small-zh.\n";
    assert_eq!(run.err, expected);
}

#[test]
fn a_calibration_to_pairs_of_ones_own_goes_along() {
    let folder = tempfile::tempdir().unwrap();
    let (model, copy) = (folder.path().join("model"), folder.path().join("copy"));
    copy_folder(Path::new(FIXTURE), &model);
    let own = r#"{"version": 1, "knots": [[-1, 0], [0.5, 0.3], [1, 1]]}"#;
    std::fs::write(model.join("calibration.json"), own).unwrap();
    let run = yuyi(&[
        "quantize",
        model.to_str().unwrap(),
        "-o",
        copy.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.out.contains("calibration: that of the original"),
        "{run:?}"
    );
    let kept = std::fs::read_to_string(copy.join("calibration.json")).unwrap();
    assert_eq!(kept, own);
}
