//! Runs the real binary with the built-in model.

pub mod server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// What a run of the command left.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The command, untouched by variables of whoever runs the tests.
pub fn command() -> Command {
    untouched(Command::new(PROGRAM))
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_yuyi");

fn untouched(mut command: Command) -> Command {
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("YUYI_"))
    {
        command.env_remove(name);
    }
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    // Nor by models that other programs have fetched on this machine.
    for name in [
        "HF_HOME",
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "MODELSCOPE_CACHE",
    ] {
        command.env(name, "/nonexistent");
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
    output.into()
}

/// The command in a shell that has run a script before.
#[cfg(unix)]
pub fn in_a_shell(script: &str) -> Command {
    let mut shell = untouched(Command::new("sh"));
    let script = format!("{script}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, PROGRAM]);
    shell
}

/// The command on a disk that is full after a block of 512 or 1,024 bytes: a limit of the size of files ends the writing in the
/// middle as well.
pub fn yuyi_on_a_full_disk(arguments: &[&str]) -> Run {
    let mut limited = in_a_shell("ulimit -f 1");
    let output = limited.args(arguments).output().unwrap();
    output.into()
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

/// Signals that end a command, and the exit codes by which it tells that.
pub const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 129)];

/// Sends a signal, unless the process has ended.
pub fn send(signal: &str, process: &Child) {
    let id = process.id().to_string();
    let mut kill = Command::new("kill");
    kill.args(["-s", signal, &id]).output().unwrap();
}

/// Whether the tests themselves, and so what they start, ignore a signal: as SIGHUP under `nohup`.
pub fn is_ignored(signal: &str) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    // The signal of the lowest bit.
    signal == "HUP" && mask & 1 == 1
}

/// A name in a folder that begins with a dot.
pub fn hidden(folder: &Path) -> Option<PathBuf> {
    all_hidden(folder).pop()
}

/// All of them.
pub fn all_hidden(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap();
    let paths = paths.map(|entry| entry.unwrap().path());
    let is_hidden = |path: &PathBuf| {
        let name = path.file_name().unwrap();
        name.as_encoded_bytes().starts_with(b".")
    };
    paths.filter(is_hidden).collect()
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
