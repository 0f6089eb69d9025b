//! Outputs that are no plain files: written to, never replaced. Links stay, and what they lead to is replaced.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Run, command, yuyi};

/// Each command with each of its outputs, and the end of the name that it must have.
const OUTPUTS: [(&[&str], &str); 6] = [
    (&["sim", "--pairs", "pairs.tsv", "-o"], ""),
    (&["embed", "texts.txt", "-o"], ".jsonl"),
    (&["eval", "pairs.tsv", "--rounds", "0", "--report"], ""),
    (
        &[
            "compare",
            "pairs.tsv",
            "--models",
            "e5-small-zh",
            "--rounds",
            "0",
            "--report",
        ],
        "",
    ),
    (&["calibrate", "many.tsv", "--rounds", "0", "-o"], ""),
    (
        &[
            "calibrate",
            "many.tsv",
            "--rounds",
            "0",
            "--dry-run",
            "--report",
        ],
        "",
    ),
];

fn inputs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write(
        "pairs.tsv",
        "今天天气不错\t今天天气很好\t1\n你好\t订单退款\t0\n".into(),
    );
    write("texts.txt", "今天天气不错\n你好\n".into());
    let pair = |i: usize| match i % 2 {
        0 => format!("第{i}号订单\t编号{i}的订单\t1\n"),
        _ => format!("第{i}号订单\t天气预报说有雨\t0\n"),
    };
    write("many.tsv", (0..60).map(pair).collect());
    folder
}

fn run(folder: &Path, arguments: &[&str], output: &str) -> Run {
    let mut command = command();
    let output = command
        .current_dir(folder)
        .args(arguments)
        .arg(output)
        .output()
        .unwrap();
    output.into()
}

#[test]
fn devices_pipes_and_links() {
    let folder = inputs();
    let at = |name: &str| folder.path().join(name);
    for (arguments, end) in OUTPUTS {
        let [null, link, target, pipe] =
            ["null", "link", "target", "pipe"].map(|name| format!("{name}{end}"));
        symlink("/dev/null", at(&null)).unwrap();
        let run_to = |output: &str| {
            let run = run(folder.path(), arguments, output);
            assert_eq!(run.code, 0, "{arguments:?} {output}: {run:?}");
        };
        run_to(&null);
        assert!(at(&null).is_symlink(), "{arguments:?}");
        assert!(
            Path::new("/dev/null")
                .metadata()
                .unwrap()
                .file_type()
                .is_char_device()
        );

        symlink(&target, at(&link)).unwrap();
        let refused = run(folder.path(), arguments, &link);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains("is not there"), "{refused:?}");
        let old = r#"{"version": 1, "knots": [[-1, 0], [1, 1]]}"#;
        fs::write(at(&target), old).unwrap();
        run_to(&link);
        assert!(at(&link).is_symlink(), "{arguments:?}");
        let written = fs::read_to_string(at(&target)).unwrap();
        assert!(written != old && !written.is_empty(), "{arguments:?}");

        let made = Command::new("mkfifo").arg(at(&pipe)).status();
        assert!(made.unwrap().success());
        let from = at(&pipe);
        let reader = std::thread::spawn(move || fs::read_to_string(from).unwrap());
        run_to(&pipe);
        assert!(!reader.join().unwrap().is_empty(), "{arguments:?}");
        assert!(at(&pipe).metadata().unwrap().file_type().is_fifo());
        for name in [null, link, target, pipe] {
            fs::remove_file(at(&name)).unwrap();
        }
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            3,
            "{arguments:?}"
        );
    }
}

#[test]
fn a_matrix_needs_a_plain_file() {
    let folder = inputs();
    symlink("/dev/null", folder.path().join("x.npy")).unwrap();
    let run = run(folder.path(), &["embed", "texts.txt", "-o"], "x.npy");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("x.npy is no plain file"), "{run:?}");
}

/// The shell has opened the file, and other output goes there too.
#[test]
fn standard_output_by_its_name_is_written_to() {
    let folder = inputs();
    let file = fs::File::create(folder.path().join("all")).unwrap();
    let mut command = command();
    command
        .current_dir(folder.path())
        .args([
            "eval",
            "pairs.tsv",
            "--rounds",
            "0",
            "--json",
            "--report",
            "/dev/stdout",
        ])
        .stdout(Stdio::from(file));
    assert!(command.output().unwrap().status.success());
    let all = fs::read_to_string(folder.path().join("all")).unwrap();
    assert!(
        all.contains("<!doctype html>") && all.contains("\"spearman\""),
        "{all:.300}"
    );
}

#[test]
fn one_of_two_copies_into_one_folder() {
    const FIXTURE: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/models/bert-cls-f16"
    );
    for is_there in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy");
        if is_there {
            fs::create_dir(&copy).unwrap();
        }
        let start = || {
            let mut command = command();
            command.args(["quantize", FIXTURE, "-o", copy.to_str().unwrap()]);
            let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
        let done = both.iter().filter(|output| output.status.success()).count();
        assert_eq!(done, 1, "{both:?}");
        let other = both.iter().find(|output| !output.status.success()).unwrap();
        let told = String::from_utf8_lossy(&other.stderr);
        assert!(
            told.contains("exists already") || told.contains("is being filled by another"),
            "{told}"
        );
        assert!(copy.join("tokenizer.json").is_file() && copy.join("config.json").is_file());
        let sim = yuyi(&["sim", "--model", copy.to_str().unwrap(), "a", "b"]);
        assert_eq!(sim.code, 0, "{sim:?}");
    }
}
