//! This program once more: what is measured gets a process of its own, since memory that one measurement has left behind
//! would be counted with the next.

use std::process::{Command, Stdio};
#[cfg(unix)]
use std::thread;
#[cfg(unix)]
use std::time::Duration;

use anyhow::Context;
use yuyi::Precision;

use crate::language::{self, Language};

/// The command that starts it with `subcommand`. Its progress bar and its complaints go where those of this process go.
///
/// # Errors
/// When the program cannot find its own file.
pub fn command(
    subcommand: &str,
    precision: Option<Precision>,
    threads: Option<usize>,
) -> anyhow::Result<Command> {
    let program = std::env::current_exe().context("The program cannot find its own file")?;
    let mut command = Command::new(program);
    command.arg(subcommand).stderr(Stdio::inherit());
    if let Some(language) = Language::chosen() {
        command.env(language::VARIABLE, language.code());
    }
    if let Some(precision) = precision {
        command.arg(format!("--precision={}", precision.name()));
    }
    if let Some(threads) = threads {
        command.arg(format!("--threads={threads}"));
    }
    Ok(command)
}

/// How often a child looks for its parent.
#[cfg(unix)]
const LOOK: Duration = Duration::from_millis(200);

/// Ends this process soon after the one that started it has ended, in whichever way: nobody wants its answer then.
pub fn end_with_parent() {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        thread::spawn(move || {
            while std::os::unix::process::parent_id() == parent {
                thread::sleep(LOOK);
            }
            std::process::exit(1);
        });
    }
}
