//! What a body holds, by what it is sent as.

use std::path::Path;

use axum::http::HeaderMap;
use yuyi_files::Format;

use crate::ApiError;
use crate::request::body::check_coding;
use crate::request::form::{SentPart, boundary_of, check_origin, essence_of};
use crate::shown::Shown;

/// What a body is.
pub(in super::super) enum Sent {
    /// Lines of JSON, as many as there are.
    Lines,
    /// A file.
    File(Format),
    /// A text with a table in Markdown.
    Markdown,
    /// A text that tells by itself what it is.
    Plain,
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

    /// Markdown, which is told by its name.
    pub(super) fn markdown(bytes: Vec<u8>) -> Self {
        Self {
            name: "file.md".to_owned(),
            format: Format::Csv,
            bytes,
        }
    }

    /// A text: objects of JSON, a table, or texts, one a line.
    pub(super) fn plain(bytes: Vec<u8>) -> Self {
        Self::unnamed(format_of_text(&bytes), bytes)
    }

    /// A file of a form.
    ///
    /// # Errors
    /// When nothing tells what it is.
    pub(super) fn of(part: SentPart) -> Result<Self, ApiError> {
        let of_type = || format_of(part.media_type.as_deref()?);
        let format = match Format::read_of(Path::new(&part.name)) {
            Some(Format::Txt) => Some(match (of_type(), format_of_text(&part.bytes)) {
                // Lines of JSON are said to be JSON, and so is a list.
                (Some(Format::Jsonl), Format::Json) => Format::Json,
                // Whoever says what a text is knows better than its name.
                (said, looks) => said.unwrap_or(looks),
            }),
            named => named.or_else(of_type),
        };
        let name = Shown(&part.name).to_string();
        let Some(format) = format else {
            return Err(ApiError::UnsupportedMediaType {
                reason: format!(
                    "The name {name:?} does not tell what the file is. Files are .xlsx, .csv, .tsv, .jsonl, .json, .md or .txt."
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

/// Media types of Markdown.
const MARKDOWN: [&str; 2] = ["text/markdown", "text/x-markdown"];

/// What a text is that nothing but itself tells of. Its lines would be texts, whatever they are; a table is told from those where it is read.
fn format_of_text(bytes: &[u8]) -> Format {
    // Marks of byte order, and every other byte of UTF-16.
    let is_of_encoding = |byte: &&u8| [0, 0xef, 0xbb, 0xbf, 0xff, 0xfe].contains(*byte);
    let mut said = bytes.iter().filter(|byte| !is_of_encoding(byte));
    match said.find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Format::Jsonl,
        Some(b'[') => Format::Json,
        _ => Format::Txt,
    }
}

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
        let essence = essence_of(headers);
        let is = |known: &&str| known.eq_ignore_ascii_case(essence);
        match format_of(essence) {
            Some(Format::Jsonl) => Ok(Self::Lines),
            Some(format) => Ok(Self::File(format)),
            None if MARKDOWN.iter().any(is) => Ok(Self::Markdown),
            None if is(&"text/plain") => check_origin(headers).map(|()| Self::Plain),
            None => Err(unknown()),
        }
    }
}

fn unknown() -> ApiError {
    ApiError::UnsupportedMediaType {
        reason: format!(
            "An import is lines of JSON, a workbook (.xlsx), CSV, TSV, Markdown or plain text, or a form with such files. Add the header `Content-Type: {}`, `text/csv`, `text/tab-separated-values`, `text/markdown`, `text/plain` or the type of .xlsx (curl: -H), or send files as a form (curl: -F file=@FILE).",
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
        assert!(matches!(
            of(&[("content-type", "text/markdown; charset=utf-8")]),
            Ok(Sent::Markdown)
        ));
        // Pages of others may send a plain text without being asked.
        let plain = ("content-type", "Text/Plain");
        assert!(matches!(of(&[plain]), Ok(Sent::Plain)));
        let origin = ("origin", "http://evil.example");
        let refused = of(&[plain, origin]).err().unwrap();
        assert!(matches!(refused, ApiError::NotAllowed { .. }));
        assert!(of(&[plain, origin, ("x-requested-with", "yuyi")]).is_ok());
        for unknown in [
            "text/html",
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

    #[test]
    fn a_text_tells_what_it_is() {
        for (text, format) in [
            (&b"{\"text\": \"x\"}\n"[..], Format::Jsonl),
            (b"\xef\xbb\xbf\n [{}]", Format::Json),
            (b"\xff\xfe{\0\"\0", Format::Jsonl),
            ("怎么退货\n".as_bytes(), Format::Txt),
            (b"", Format::Txt),
        ] {
            assert_eq!(format_of_text(text), format, "{text:?}");
        }
    }

    #[test]
    fn what_a_text_of_a_form_is_said_to_be_counts() {
        let format_in = |name: &str, media_type: Option<&str>, bytes: &[u8]| {
            let part = SentPart {
                field: "file".to_owned(),
                name: name.to_owned(),
                media_type: media_type.map(str::to_owned),
                bytes: bytes.to_vec(),
            };
            SentFile::of(part).map(|file| file.format).ok()
        };
        let of = |name: &str, media_type: Option<&str>| format_in(name, media_type, b"a,b\n");
        assert_eq!(of("x.txt", Some("text/csv")), Some(Format::Csv));
        assert_eq!(of("x.txt", Some("text/plain")), Some(Format::Txt));
        assert_eq!(of("x.txt", None), Some(Format::Txt));
        assert_eq!(
            format_in("x.txt", Some("application/json"), b"[{}]"),
            Some(Format::Json)
        );
        // Windows calls a CSV a workbook.
        assert_eq!(
            of("x.csv", Some("application/vnd.ms-excel")),
            Some(Format::Csv)
        );
        assert_eq!(of("x", None), None);
    }
}
