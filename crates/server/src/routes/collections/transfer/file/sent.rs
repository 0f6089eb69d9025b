//! What a body holds, by what it is sent as.

use axum::http::{HeaderMap, header};
use yuyi_files::Format;

use crate::ApiError;
use crate::request::body::check_coding;

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

const FORM: &str = "multipart/form-data";

/// The format of files of this media type.
pub(super) fn format_of(media_type: &str) -> Option<Format> {
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
        let kind = headers.get(header::CONTENT_TYPE);
        let kind = kind
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(FORM) {
            check_origin(headers)?;
            return multer::parse_boundary(kind)
                .map(Self::Form)
                .map_err(|_| unknown());
        }
        match format_of(essence) {
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

/// A browser sends the form of any page to anybody without asking, but a header of one's own only where it was allowed.
fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let asked_for = ["authorization", "x-api-key", "x-requested-with"];
    let is_of_page = headers.contains_key(header::ORIGIN);
    match is_of_page && !asked_for.iter().any(|name| headers.contains_key(*name)) {
        true => Err(ApiError::NotAllowed {
            reason: "A page that sends a form has to send the header X-Requested-With too, which pages of others cannot.",
        }),
        false => Ok(()),
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

    #[test]
    fn forms_of_other_pages_are_refused() {
        let form = ("content-type", "multipart/form-data; boundary=x");
        let origin = ("origin", "http://evil.example");
        let refused = of(&[form, origin]).err().unwrap();
        assert!(matches!(refused, ApiError::NotAllowed { .. }));
        assert!(of(&[form, origin, ("x-requested-with", "yuyi")]).is_ok());
        assert!(of(&[form]).is_ok());
    }
}
