//! `yuyi quantize` by the real program.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/command.rs"]
mod support;

use std::path::Path;
use support::yuyi;

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
    let sim = yuyi(&["sim", "--json", "--model", copy, "天气", "天气"]);
    assert_eq!(sim.code, 0, "{sim:?}");
    assert_eq!(entries(folder.path()), 1, "only the copy is left");
}

#[test]
fn never_overwrites_and_leaves_nothing_when_it_fails() {
    let folder = tempfile::tempdir().unwrap();
    let taken = yuyi(&["quantize", FIXTURE, "-o", folder.path().to_str().unwrap()]);
    assert_eq!(taken.code, 2, "{taken:?}");
    assert!(taken.err.contains("exists already"), "{taken:?}");
    let new = folder.path().join("x");
    let builtin = yuyi(&["quantize", "e5-small-zh", "-o", new.to_str().unwrap()]);
    assert_eq!(builtin.code, 1, "{builtin:?}");
    assert!(builtin.err.contains("quantised already"), "{builtin:?}");
    assert_eq!(entries(folder.path()), 0);
}
