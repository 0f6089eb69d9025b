//! `yuyi quantize` by the real program.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

#[path = "support/command.rs"]
mod support;

use std::path::Path;
use support::{copy_folder, yuyi};

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
