//! How many threads the real program computes with.

use std::process::Command;
use std::thread::available_parallelism;

use crate::support::server::Server;
use crate::support::{allowed_cpu, command, yuyi};
use serde_json::Value;

const FIXTURE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/models/bert-cls-f16"
);

#[test]
fn a_process_of_one_cpu_computes_with_one_thread() {
    // Part of util-linux, which no distribution for servers lacks.
    let mut pinned = Command::new("taskset");
    let program = command();
    pinned
        .args(["--cpu-list", &allowed_cpu()])
        .arg(program.get_program())
        .args(["info", "--json", "--model", FIXTURE])
        .env_remove("YUYI_THREADS");
    let output = pinned.output().expect("taskset is needed");
    assert!(output.status.success(), "{output:?}");
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(info["threads"], 1);
}

#[test]
fn more_threads_than_processors_are_obeyed_with_a_warning() {
    let cpus = available_parallelism().unwrap().get();
    let threads = (cpus + 1).to_string();
    let arguments = ["info", "--json", "--model", FIXTURE, "--threads"];
    let run = yuyi(&[&arguments[..], &[&threads]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let info: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(info["threads"], cpus + 1);
    let warning = format!("yuyi: {threads} threads on {cpus} processor");
    assert!(run.err.contains(&warning), "{run:?}");
    let run = yuyi(&[&arguments[..], &[&cpus.to_string()]].concat());
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
}

#[test]
fn a_warning_of_several_measurements_is_given_once() {
    let threads = (available_parallelism().unwrap().get() + 1).to_string();
    let arguments = ["bench", "--quick", "--model", FIXTURE, "--precision"];
    for precisions in ["f32", "f32,int8"] {
        let run = yuyi(&[&arguments[..], &[precisions, "--threads", &threads]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let warning = format!("{threads} threads on");
        assert_eq!(run.err.matches(&warning).count(), 1, "{run:?}");
    }
}

#[test]
fn a_server_logs_that_it_has_too_many_threads() {
    let threads = (available_parallelism().unwrap().get() + 1).to_string();
    let server = Server::start(&["--model", FIXTURE, "--threads", &threads]);
    server.signal("TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.contains("WARN") && log.contains(&format!("{threads} threads on")),
        "{log}"
    );
}
