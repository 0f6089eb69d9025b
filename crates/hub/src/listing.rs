//! What a repository holds.

use std::fmt;

/// By what a hub knows the content of a file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sum {
    /// SHA-256 of the content, in hexadecimal digits.
    Sha256(String),
    /// SHA-1 of git's blob: its length is part of it.
    GitBlob(String),
}

impl Sum {
    /// As the name of a file.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Sha256(text) | Self::GitBlob(text) => text,
        }
    }

    /// A sum of so many hexadecimal digits.
    pub(crate) fn sha256(text: &str) -> Option<Self> {
        is_hex(text, 64).then(|| Self::Sha256(text.to_lowercase()))
    }

    pub(crate) fn git_blob(text: &str) -> Option<Self> {
        is_hex(text, 40).then(|| Self::GitBlob(text.to_lowercase()))
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A file of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteFile {
    /// Its name from the repository's root on, with `/`.
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) sum: Sum,
}

/// What a hub tells of a repository.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// The repository, by the name that it has now.
    pub(crate) repository: String,
    /// The commit, where the hub tells.
    pub(crate) commit: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) files: Vec<RemoteFile>,
}
