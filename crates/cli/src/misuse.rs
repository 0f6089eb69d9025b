//! A command line that cannot be meant.

use std::fmt;

/// Why a command line cannot be meant, as a sentence for whoever wrote it; exit code 2.
#[derive(Debug)]
pub struct Misuse(pub String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}
