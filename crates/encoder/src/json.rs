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
    serde_json::from_slice(without_mark(&bytes)).map_err(|e| {
        Error::file(
            &folder.show(file),
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
