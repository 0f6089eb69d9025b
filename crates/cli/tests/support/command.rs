//! Runs the real binary with the built-in model.

#![allow(dead_code, reason = "each test file uses the part that it needs")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run of the command left.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The command, untouched by variables of whoever runs the tests.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yuyi"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("YUYI_"))
    {
        command.env_remove(name);
    }
    command.env("YUYI_HOME", "/nonexistent");
    command
}

pub fn yuyi(arguments: &[&str]) -> Run {
    yuyi_with_input(arguments, "")
}

pub fn yuyi_with_input(arguments: &[&str], input: &str) -> Run {
    let mut command = command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A command that fails early does not read; that is its right.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A CPU that this process may run on.
pub fn allowed_cpu() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let list = list.unwrap().trim();
    list.split([',', '-']).next().unwrap().to_owned()
}

/// A copy of a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let copy = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &copy);
        } else {
            std::fs::copy(entry.path(), copy).unwrap();
        }
    }
}
