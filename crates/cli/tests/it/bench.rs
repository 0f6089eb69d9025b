//! `yuyi bench` by the real program.

use std::process::Command;

use crate::support::yuyi;
use serde_json::Value;

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

fn json(arguments: &[&str]) -> Value {
    let run = yuyi(&[&["bench", "--quick", "--json"], arguments].concat());
    assert_eq!(run.code, 0, "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn every_number_is_there_and_makes_sense() {
    let report = json(&["--threads", "1"]);
    assert_eq!(
        (&report["model"], &report["threads"]),
        (&"e5-small-zh".into(), &1.into())
    );
    assert!(["generic", "avx2", "avx512vnni", "amx"].contains(&report["kernel"].as_str().unwrap()));
    assert!(!report["cpu"].as_str().unwrap().is_empty());
    let [result] = &report["results"].as_array().unwrap()[..] else {
        panic!("{report}")
    };
    assert_eq!(result["precision"], "int4");
    let seconds = |value: &Value, name: &str| value[name].as_f64().unwrap();
    assert!(seconds(result, "load_seconds") > 0.0);
    if cfg!(target_os = "linux") {
        let (now, peak) = (&result["rss_bytes"], &result["peak_rss_bytes"]);
        // The built-in weights alone are some 12 MB.
        assert!(now.as_u64().unwrap() > 12 << 20 && peak.as_u64() >= now.as_u64());
    }
    let workloads = result["workloads"].as_array().unwrap();
    let tokens: Vec<u64> = workloads
        .iter()
        .map(|w| w["tokens"].as_u64().unwrap())
        .collect();
    assert_eq!(tokens[..6], [16, 32, 128, 512, 32, 1024]);
    for workload in workloads {
        let [low, median, high] =
            ["p10_seconds", "median_seconds", "p90_seconds"].map(|name| seconds(workload, name));
        assert!(0.0 < low && low <= median && median <= high, "{workload}");
        assert!(workload["runs"].as_u64().unwrap() >= 3);
    }
    // 32 times the tokens take longer, however busy the machine is.
    assert!(seconds(&workloads[3], "p10_seconds") > seconds(&workloads[0], "p10_seconds"));
}

#[test]
fn precisions_stand_side_by_side_each_once() {
    let report = json(&[
        "--model",
        FIXTURE,
        "--precision",
        "int8",
        "--precision",
        "all",
    ]);
    let results = report["results"].as_array().unwrap();
    let precisions: Vec<&str> = results
        .iter()
        .map(|r| r["precision"].as_str().unwrap())
        .collect();
    assert_eq!(precisions, ["int8", "f32", "int4"]);
}

#[test]
fn the_table_names_machine_and_columns() {
    let run = yuyi(&[
        "bench",
        "--quick",
        "--model",
        FIXTURE,
        "--precision",
        "f32,int8",
        "--threads",
        "2",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(
        lines[0].starts_with("yuyi ") && lines[0].ends_with("2 threads"),
        "{}",
        lines[0]
    );
    assert!(
        lines
            .iter()
            .any(|l| l.split_whitespace().eq(["f32", "int8"])),
        "{}",
        run.out
    );
    for name in [
        "16 tokens",
        "pair of 16",
        "mixed texts",
        "texts/s",
        "load to first vector",
        "memory",
        "waited for a processor, %",
    ] {
        assert!(run.out.contains(name), "{name} is missing in\n{}", run.out);
    }
    assert!(run.err.contains("measuring int8"), "{}", run.err);
}

#[test]
fn wrong_use_and_wrong_models_are_told() {
    let precision = yuyi(&["bench", "--precision", "int2"]);
    assert_eq!(precision.code, 2, "{precision:?}");
    assert!(precision.err.contains("int8"), "{precision:?}");
    let model = yuyi(&["bench", "--model", "no-such-model", "--precision", "all"]);
    assert_eq!((model.code, model.out.as_str()), (1, ""), "{model:?}");
    assert!(model.err.contains("no-such-model"), "{model:?}");
}

/// Two programs on one processor: each waits for about half of the time.
#[cfg(target_os = "linux")]
#[test]
fn other_work_on_the_machine_is_told() {
    let cpu = crate::support::allowed_cpu();
    let pinned = |program: &str| {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &cpu, program]);
        command
    };
    let mut other = pinned("sh");
    let mut other = other.args(["-c", "while :; do :; done"]).spawn().unwrap();
    let program = crate::support::command();
    let output = pinned(program.get_program().to_str().unwrap())
        .args(["bench", "--quick", "--model", FIXTURE])
        .output();
    other.kill().unwrap();
    other.wait().unwrap();
    let table = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        table.ends_with("Measure again when nothing else runs.\n"),
        "{table}"
    );
}
