//! Files in a form, as browsers and `curl -F` send them.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use futures_util::stream;
use multer::{Field, Multipart};

use crate::ApiError;
use crate::memory::Share;
use crate::shown::Shown;

/// Files of a form at most.
const MOST: usize = 100;

const FORM: &str = "multipart/form-data";

/// A file of a form.
pub(crate) struct SentPart {
    /// The field that it was sent as.
    pub(crate) field: String,
    /// What it is called.
    pub(crate) name: String,
    /// What it is said to be.
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// By what the parts of a form are separated; `None`: the body is no form.
///
/// # Errors
/// When it is the form of a page of another origin, which nobody asked whether it may be sent.
pub(crate) fn boundary_of(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    if !essence_of(headers).eq_ignore_ascii_case(FORM) {
        return Ok(None);
    }
    check_origin(headers)?;
    Ok(multer::parse_boundary(content_type(headers)).ok())
}

fn content_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// The media type of a body, without its parameters.
pub(crate) fn essence_of(headers: &HeaderMap) -> &str {
    let kind = content_type(headers);
    kind.split(';').next().unwrap_or_default().trim()
}

/// A browser sends the form of any page to anybody without asking, and a plain text too, but a header of one's own only where it was allowed.
///
/// # Errors
/// When it is of a page of another origin, which nobody asked whether it may be sent.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let asked_for = ["authorization", "x-api-key", "x-requested-with"];
    let is_of_page = headers.contains_key(header::ORIGIN);
    match is_of_page && !asked_for.iter().any(|name| headers.contains_key(*name)) {
        true => Err(ApiError::NotAllowed {
            reason: "A page that sends a form or a plain text has to send the header X-Requested-With too, which pages of others cannot.",
        }),
        false => Ok(()),
    }
}

/// The files of a form whose bytes are all there.
///
/// # Errors
/// When it is no form, or has something that is no file.
pub(crate) async fn files_of(
    body: Vec<u8>,
    boundary: String,
    share: &mut Share,
) -> Result<Vec<SentPart>, ApiError> {
    // Each file once more, beside the body.
    share.grow(2 * body.len())?;
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    let mut form = Multipart::new(body, boundary);
    let mut files = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
        if files.len() == MOST {
            return Err(invalid(
                "",
                format!("A form may have {MOST} files. Send it in parts."),
            ));
        }
        files.push(file_of(part).await?);
    }
    match files.is_empty() {
        true => Err(invalid(
            "",
            "The form has no file. Send one as -F file=@FILE does.".to_owned(),
        )),
        false => Ok(files),
    }
}

async fn file_of(part: Field<'_>) -> Result<SentPart, ApiError> {
    let field = Shown(part.name().unwrap_or_default()).to_string();
    let Some(name) = part
        .file_name()
        .map(str::to_owned)
        .filter(|name| !name.is_empty())
    else {
        return Err(invalid(
            &field,
            "This part of the form is no file. What else there is to say stands behind the question mark of the address.".to_owned(),
        ));
    };
    let media_type = part
        .content_type()
        .map(|kind| kind.essence_str().to_owned());
    let bytes = part.bytes().await.map_err(|error| broken(&error))?;
    Ok(SentPart {
        field,
        name,
        media_type,
        bytes: bytes.into(),
    })
}

fn broken(error: &multer::Error) -> ApiError {
    invalid("", format!("The form cannot be read: {error}."))
}

fn invalid(field: &str, reason: String) -> ApiError {
    ApiError::InvalidValue {
        field: field.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(headers: &[(&'static str, &'static str)]) -> Result<Option<String>, ApiError> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        boundary_of(&headers.collect())
    }

    #[test]
    fn forms_of_other_pages_are_refused() {
        let form = ("content-type", "multipart/form-data; boundary=\"a b\"");
        let origin = ("origin", "http://evil.example");
        let refused = of(&[form, origin]).err().unwrap();
        assert!(matches!(refused, ApiError::NotAllowed { .. }));
        assert!(of(&[form, origin, ("x-requested-with", "yuyi")]).is_ok());
        assert_eq!(of(&[form]), Ok(Some("a b".into())));
        for other in [
            "text/csv",
            "multipart/form-data",
            "multipart/mixed; boundary=x",
        ] {
            assert_eq!(of(&[("content-type", other)]), Ok(None), "{other}");
        }
    }
}
