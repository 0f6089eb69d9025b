//! The progress bar: on a terminal only, and only on standard error.

use std::fs::File;
use std::io::{self, Read};

use indicatif::{ProgressBar, ProgressStyle};

/// Progress of a file that is read from its start to its end.
pub struct Progress {
    bar: ProgressBar,
    items: u64,
}

impl Progress {
    /// A bar over the bytes of `file`; a spinner where the size is not known.
    pub fn of(file: Option<&File>) -> Self {
        let size = file
            .and_then(|file| file.metadata().ok())
            .filter(|m| m.is_file())
            .map(|m| m.len());
        let (bar, template) = match size {
            Some(size) => (
                ProgressBar::new(size),
                "{bar:40} {percent}% · {msg} · {elapsed} · ETA {eta}",
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
        let template = "{bar:40} {percent}% · {pos}/{len} · {elapsed} · ETA {eta}";
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

    /// A reader that moves the bar.
    pub fn reader<R: Read>(&self, inner: R) -> impl Read + use<R> {
        Counting {
            inner,
            bar: self.bar.clone(),
        }
    }

    /// Counts items that are done.
    pub fn add(&mut self, items: usize) {
        self.items += items as u64;
        self.bar.set_message(self.items.to_string());
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

struct Counting<R> {
    inner: R,
    bar: ProgressBar,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bar.inc(n as u64);
        Ok(n)
    }
}
