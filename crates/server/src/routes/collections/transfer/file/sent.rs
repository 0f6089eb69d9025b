//! What a body holds, by what it is sent as.

use std::path::Path;

use axum::http::HeaderMap;
use yuyi_files::Format;

use crate::ApiError;
use crate::request::body::check_coding;
use crate::request::form::{SentPart, boundary_of, essence_of};
use crate::shown::Shown;

/// What a body is.
pub(in super::super) enum Sent {
    /// Lines of JSON, as many as there are.
    Lines,
    /// A file.
    File(Format),
    /// A form with files; its parts are separated by this.
    Form(String),
}

/// A file with its name.
pub(super) struct SentFile {
    pub(super) name: String,
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
}

impl SentFile {
    pub(super) fn unnamed(format: Format, bytes: Vec<u8>) -> Self {
        Self {
            name: "file".to_owned(),
            format,
            bytes,
        }
    }

    /// A file of a form.
    ///
    /// # Errors
    /// When nothing tells what it is.
    pub(super) fn of(part: SentPart) -> Result<Self, ApiError> {
        let named = Format::of(Path::new(&part.name)).filter(|format| *format != Format::Txt);
        let format = named.or_else(|| format_of(part.media_type.as_deref()?));
        let name = Shown(&part.name).to_string();
        let Some(format) = format else {
            return Err(ApiError::UnsupportedMediaType {
                reason: format!(
                    "The name {name:?} does not tell what the file is. Files are .xlsx, .csv, .tsv, .jsonl or .json."
                ),
            });
        };
        Ok(Self {
            name,
            format,
            bytes: part.bytes,
        })
    }
}

/// Media types of lines of JSON.
const LINES: [&str; 5] = [
    super::super::JSON_LINES,
    "application/ndjson",
    "application/jsonl",
    "application/jsonlines",
    "application/json",
];

/// Media types of files. Windows calls a CSV a workbook; what it is tells what it holds.
const FILES: [(&str, Format); 6] = [
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Format::Xlsx,
    ),
    ("application/vnd.ms-excel", Format::Xlsx),
    ("text/csv", Format::Csv),
    ("application/csv", Format::Csv),
    ("text/tab-separated-values", Format::Tsv),
    ("text/tsv", Format::Tsv),
];

/// The format of files of this media type.
fn format_of(media_type: &str) -> Option<Format> {
    let mut files = FILES.iter();
    let file = files.find(|(known, _)| known.eq_ignore_ascii_case(media_type));
    let is_lines = || {
        LINES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(media_type))
    };
    file.map(|(_, format)| *format)
        .or_else(|| is_lines().then_some(Format::Jsonl))
}

impl Sent {
    /// What the headers say. Only what a page of another origin cannot send without being asked for it first.
    ///
    /// # Errors
    /// When it is nothing that is read.
    pub(in super::super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        check_coding(headers)?;
        if let Some(boundary) = boundary_of(headers)? {
            return Ok(Self::Form(boundary));
        }
        match format_of(essence_of(headers)) {
            Some(Format::Jsonl) => Ok(Self::Lines),
            Some(format) => Ok(Self::File(format)),
            None => Err(unknown()),
        }
    }
}

fn unknown() -> ApiError {
    ApiError::UnsupportedMediaType {
        reason: format!(
            "An import is lines of JSON, a workbook (.xlsx), CSV or TSV, or a form with such files. Add the header `Content-Type: {}`, `text/csv`, `text/tab-separated-values` or the type of .xlsx (curl: -H), or send files as a form (curl: -F file=@FILE).",
            super::super::JSON_LINES
        ),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Result<Sent, ApiError> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        Sent::of(&headers.collect())
    }

    #[test]
    fn media_types_tell_what_a_body_is() {
        let csv = of(&[("content-type", "Text/CSV; charset=gbk")]);
        assert!(matches!(csv, Ok(Sent::File(Format::Csv))));
        let lines = of(&[("content-type", "application/x-ndjson")]);
        assert!(matches!(lines, Ok(Sent::Lines)));
        let form = of(&[("content-type", "multipart/form-data; boundary=\"a b\"")]);
        assert!(matches!(form, Ok(Sent::Form(boundary)) if boundary == "a b"));
        for unknown in [
            "text/plain",
            "",
            "multipart/form-data",
            "multipart/mixed; boundary=x",
        ] {
            let error = of(&[("content-type", unknown)]).err().unwrap();
            assert!(
                matches!(error, ApiError::UnsupportedMediaType { .. }),
                "{unknown}"
            );
        }
    }
}
