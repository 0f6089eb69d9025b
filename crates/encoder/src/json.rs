//! JSON files of a model folder.

use crate::error::Error;
use crate::folder::Folder;
use serde::de::DeserializeOwned;

/// The contents of a text file without the byte order mark that some editors put in front.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Reads a JSON file of the folder; the error names the file and the place in it.
pub(crate) fn read_json<T: DeserializeOwned>(folder: &Folder, file: &str) -> Result<T, Error> {
    let bytes = folder.read(file)?;
    let shown = folder.show(file);
    check_contents(&shown, &bytes)?;
    let bytes = without_mark(&bytes);
    serde_json::from_slice(bytes)
        .or_else(|error| match as_standard(bytes) {
            Some(standard) => serde_json::from_slice(&standard),
            None => Err(error),
        })
        .map_err(|e| {
            Error::file(
                &shown,
                format!("this is not the JSON that was expected: {e}."),
            )
        })
}

/// As [`read_json`], but `None` where the folder has no such file.
pub(crate) fn read_optional_json<T: DeserializeOwned>(
    folder: &Folder,
    file: &str,
) -> Result<Option<T>, Error> {
    if folder.contains(file) {
        read_json(folder, file).map(Some)
    } else {
        Ok(None)
    }
}

/// Refuses what a download left in place of the file.
pub(crate) fn check_contents(shown: &str, bytes: &[u8]) -> Result<(), Error> {
    if bytes.starts_with(b"version https://git-lfs") {
        let what = "this is a Git LFS pointer in place of the file. Run `git lfs pull` in the model folder.";
        return Err(Error::file(shown, what));
    }
    let text = without_mark(bytes).trim_ascii_start();
    let begins = |tag: &str| {
        text.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag.as_bytes()))
    };
    if begins("<!doctype html") || begins("<html") {
        let what = "this is a web page in place of the file, as a download that failed leaves it. Download the file itself.";
        return Err(Error::file(shown, what));
    }
    Ok(())
}

/// The file with the numbers that Python writes and JSON does not have, if it has some: infinity becomes the greatest
/// number, NaN becomes null.
fn as_standard(bytes: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [(&[u8], &[u8]); 2] = [(b"Infinity", b"1e308"), (b"NaN", b"null")];
    let (mut standard, mut rest, mut found) = (Vec::with_capacity(bytes.len()), bytes, false);
    let mut in_text = false;
    while let Some((&byte, behind)) = rest.split_first() {
        let word = WORDS
            .iter()
            .find(|(word, _)| !in_text && rest.starts_with(word));
        if let Some((word, number)) = word {
            standard.extend_from_slice(number);
            (rest, found) = (&rest[word.len()..], true);
            continue;
        }
        let escaped = in_text && byte == b'\\';
        in_text ^= byte == b'"';
        let taken = if escaped { rest.len().min(2) } else { 1 };
        standard.extend_from_slice(&rest[..taken]);
        rest = if escaped { &rest[taken..] } else { behind };
    }
    found.then_some(standard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::folder;
    use serde_json::{Value, json};

    #[test]
    fn numbers_of_python() {
        let text = br#"{"a": Infinity, "b": -Infinity, "c": NaN, "d": "Infinity \" NaN", "e": [Infinity]}"#;
        let value: Value = read_json(&folder(&[("x.json", text)]), "x.json").unwrap();
        let expected =
            json!({"a": 1e308, "b": -1e308, "c": null, "d": "Infinity \" NaN", "e": [1e308]});
        assert_eq!(value, expected);
        let broken: Result<Value, Error> = read_json(&folder(&[("x.json", b"{NaN")]), "x.json");
        assert!(broken.is_err());
    }

    #[test]
    fn what_downloads_leave() {
        for (bytes, expected) in [
            (
                &b"version https://git-lfs.github.com/spec/v1\n"[..],
                "Git LFS pointer",
            ),
            (b"\n<!DOCTYPE HTML><html>", "web page"),
            (b"<html lang=\"zh\">", "web page"),
        ] {
            let read: Result<Value, Error> = read_json(&folder(&[("x.json", bytes)]), "x.json");
            let error = read.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
