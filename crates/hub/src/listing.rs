//! What a repository holds.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::plain::plain;

/// Most bytes that a file can have; the weights of the largest models have a thousandth of it.
const LARGEST: u64 = 1 << 50;

/// By what a hub knows the content of a file.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Sum {
    /// SHA-256 of the content, in hexadecimal digits.
    Sha256(String),
    /// SHA-1 of git's blob: its length is part of it.
    GitBlob(String),
    /// Nobody tells one, and the length has to do. What its parts are called until they are whole.
    Untold(String),
}

impl Sum {
    /// As the name of a file.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Sha256(text) | Self::GitBlob(text) | Self::Untold(text) => text,
        }
    }

    /// A sum of so many hexadecimal digits.
    pub(crate) fn sha256(text: &str) -> Option<Self> {
        is_hex(text, 64).then(|| Self::Sha256(text.to_lowercase()))
    }

    pub(crate) fn git_blob(text: &str) -> Option<Self> {
        is_hex(text, 40).then(|| Self::GitBlob(text.to_lowercase()))
    }

    /// Whether it says anything of the content.
    pub(crate) fn is_told(&self) -> bool {
        !matches!(self, Self::Untold(_))
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

/// The length that a hub tells of a file; 0 where it tells none.
///
/// # Errors
/// When no file has it, as the end of a sentence.
pub(crate) fn length(path: &str, told: &Value) -> Result<u64, String> {
    if told.is_null() {
        return Ok(0);
    }
    let length = told.as_u64().filter(|&length| length <= LARGEST);
    length.ok_or_else(|| {
        let (path, told) = (plain(path), plain(&told.to_string()));
        format!("it says that {path} has {told} bytes")
    })
}

/// Files of a list, each once.
///
/// # Errors
/// When a name is that of two files, as the end of a sentence.
pub(crate) fn each_once(files: Vec<RemoteFile>) -> Result<Vec<RemoteFile>, String> {
    let mut known = BTreeMap::new();
    for file in files {
        let path = file.path.clone();
        match known.insert(path, file.clone()) {
            Some(other) if other != file => {
                return Err(format!(
                    "it lists {} twice, as two files",
                    plain(&file.path)
                ));
            }
            _ => {}
        }
    }
    Ok(known.into_values().collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lengths_are_those_that_a_file_can_have() {
        for (told, expected) in [
            (Value::Null, Some(0)),
            (json!(0), Some(0)),
            (json!(1_u64 << 41), Some(1 << 41)),
            (json!(u64::MAX), None),
            (json!(1_u64 << 63), None),
            (json!(-1), None),
            (json!(1.5), None),
            (json!(1e30), None),
            (json!("12"), None),
        ] {
            assert_eq!(length("a", &told).ok(), expected, "{told}");
        }
        let told = length("model.safetensors", &json!(u64::MAX)).unwrap_err();
        assert_eq!(
            told,
            "it says that model.safetensors has 18446744073709551615 bytes"
        );
    }

    #[test]
    fn a_name_is_that_of_one_file() {
        let file = |path: &str, digit: &str| RemoteFile {
            path: path.to_owned(),
            size: 1,
            sum: Sum::git_blob(&digit.repeat(40)).unwrap(),
        };
        let twice = vec![file("b", "1"), file("a", "1"), file("b", "1")];
        assert_eq!(each_once(twice).unwrap(), [file("a", "1"), file("b", "1")]);
        let two = vec![file("a", "1"), file("a", "2")];
        assert_eq!(
            each_once(two).unwrap_err(),
            "it lists a twice, as two files"
        );
    }
}
