//! The file of rows that were refused.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::input::{Origin, Refused};
use crate::output::partial::PartialFile;

/// Lines of JSON, a refused row each.
pub(super) struct RefusedRows {
    file: PartialFile,
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<&'a str>,
    row: u64,
    reason: &'a str,
    /// What the row has, by the names of its columns.
    content: &'a Map<String, Value>,
}

impl RefusedRows {
    /// Begins the file, if one is asked for.
    ///
    /// # Errors
    /// When it cannot be written, or is one of `inputs`.
    pub(super) fn create(path: Option<&Path>, inputs: &[PathBuf]) -> anyhow::Result<Option<Self>> {
        let file = path.map(|path| PartialFile::beside(path.to_owned(), inputs));
        Ok(file.transpose()?.map(|file| Self { file }))
    }

    pub(super) fn write(
        &mut self,
        origin: &Origin,
        row: u64,
        refused: &Refused,
    ) -> anyhow::Result<()> {
        let line = Line {
            file: origin.file(),
            sheet: origin.sheet(),
            row,
            reason: &refused.fault.text,
            content: &refused.content,
        };
        self.file.write(serde_json::to_string(&line)?.as_bytes())?;
        self.file.write(b"\n")
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        self.file.finish()
    }
}
