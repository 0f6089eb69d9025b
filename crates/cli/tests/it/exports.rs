//! Files as other programs export them: what is sure is read and said, and what is not is refused with what to do.

use std::fs;

use crate::files::Files;
use crate::support::Run;

/// What a command says of a file.
fn told(files: &Files, name: &str, content: impl AsRef<[u8]>, more: &[&str]) -> Run {
    fs::write(files.path(name), content).unwrap();
    files.yuyi(&[&["sim", "--pairs", name], more].concat())
}

fn refused(files: &Files, name: &str, content: impl AsRef<[u8]>, more: &[&str], says: &str) {
    let run = told(files, name, content, more);
    assert!(
        run.code > 0 && run.err.contains(says),
        "{name} {more:?}: {run:?}"
    );
    assert!(run.out.is_empty(), "{name} {more:?}: {run:?}");
}

#[test]
fn files_without_rows_fail() {
    let files = Files::new();
    for text in ["", "句子1,句子2\n", "\n\n"] {
        refused(
            &files,
            "x.csv",
            text,
            &["-o", "y.csv"],
            "x.csv has no pairs.",
        );
        assert!(!files.path("y.csv").exists());
    }
}

#[test]
fn scores_have_the_format_of_their_name() {
    let files = Files::new();
    for name in ["x.npy", "x.json", "x.xlsx", "x.parquet", "x.html"] {
        let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", name]);
        assert!(run.code == 2 && run.err.contains("name"), "{name}: {run:?}");
        assert!(!files.path(name).exists());
    }
    let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", "x.csv", "--json"]);
    assert!(run.code == 2 && run.err.contains(".jsonl"), "{run:?}");
    for (name, begin) in [
        ("x.jsonl", "{\"sentence_a\""),
        ("x.csv", "sentence_a,"),
        ("x", "sentence_a\t"),
    ] {
        let run = told(&files, "p.tsv", "今天\t明天\n", &["-o", name]);
        assert_eq!(run.code, 0, "{run:?}");
        let written = fs::read_to_string(files.path(name)).unwrap();
        assert!(written.starts_with(begin), "{name}: {written}");
    }
}
