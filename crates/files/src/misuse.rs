//! What is asked of a file, and cannot be meant.

use std::fmt;

/// Why what is asked cannot be meant, as a sentence for whoever asked: a mistake in a command line or in the parameters of a request, not in a file.
#[derive(Debug)]
pub struct Misuse(pub String);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}
