//! The progress bar: on a terminal only, and only on standard error.

use indicatif::{ProgressBar, ProgressStyle};

use crate::language::Language;

/// Progress of a file that is read from its start to its end.
pub struct Progress {
    bar: ProgressBar,
    items: u64,
}

impl Progress {
    /// A bar over the lines of a file; a spinner where their number is not known.
    pub fn of_lines(lines: Option<u64>) -> Self {
        let language = Language::of_messages();
        let (bar, template) = match lines {
            Some(lines) => (
                ProgressBar::new(lines),
                language.pick(
                    "{bar:40} {percent}% · {msg} · 已用 {elapsed} · 还需 {eta}",
                    "{bar:40} {percent}% · {msg} · {elapsed} · ETA {eta}",
                ),
            ),
            None => (ProgressBar::no_length(), "{spinner} {msg} · {elapsed}"),
        };
        // The templates are fixed and sound; a plain bar would do as well.
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: bar.with_style(style),
            items: 0,
        }
    }

    /// A bar over a number of items.
    pub fn of_items(items: usize) -> Self {
        let template = Language::of_messages().pick(
            "{bar:40} {percent}% · {pos}/{len} · 已用 {elapsed} · 还需 {eta}",
            "{bar:40} {percent}% · {pos}/{len} · {elapsed} · ETA {eta}",
        );
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self {
            bar: ProgressBar::new(items as u64).with_style(style),
            items: 0,
        }
    }

    /// Moves a bar over items.
    pub fn step(&self, items: usize) {
        self.bar.inc(items as u64);
    }

    /// Counts rows that are done, the last of which stands in `line`.
    pub fn done(&mut self, rows: usize, line: u64) {
        self.items += rows as u64;
        self.bar.set_message(self.items.to_string());
        self.bar.set_position(line);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

/// The progress of a transfer: bytes, speed and the time that is left.
pub struct TransferBar {
    bar: ProgressBar,
}

impl TransferBar {
    /// A bar over bytes, some of which are there already.
    pub fn new(bytes: u64, there: u64) -> Self {
        let template = Language::of_messages().pick(
            "{bar:30} {percent}% · {bytes}/{total_bytes} · {bytes_per_sec} · 还需 {eta}",
            "{bar:30} {percent}% · {bytes}/{total_bytes} · {bytes_per_sec} · ETA {eta}",
        );
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(bytes)
            .with_style(style)
            .with_position(there);
        // What is there came at no speed.
        bar.reset_eta();
        Self { bar }
    }

    /// Further bytes have come.
    pub fn came(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Bytes have to come again.
    pub fn lost(&self, bytes: u64) {
        self.bar.dec(bytes);
    }
}

impl Drop for TransferBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
