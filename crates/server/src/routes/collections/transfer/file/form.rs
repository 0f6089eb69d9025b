//! Files in a form, as browsers and `curl -F` send them.

use std::convert::Infallible;
use std::path::Path;

use axum::body::Bytes;
use futures_util::stream;
use multer::{Field, Multipart};
use yuyi_files::Format;

use super::sent::{SentFile, format_of};
use crate::ApiError;
use crate::memory::Share;
use crate::shown::Shown;

/// Files of a form at most.
const MOST: usize = 100;

/// The files of a form whose bytes are all there.
///
/// # Errors
/// When it is no form, or has something that is no file.
pub(super) async fn files_of(
    body: Vec<u8>,
    boundary: String,
    share: &mut Share,
) -> Result<Vec<SentFile>, ApiError> {
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

async fn file_of(part: Field<'_>) -> Result<SentFile, ApiError> {
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
    let named = Format::of(Path::new(&name)).filter(|format| *format != Format::Txt);
    let format = named.or_else(|| format_of(&media_type?));
    let Some(format) = format else {
        let shown = Shown(&name).to_string();
        return Err(ApiError::UnsupportedMediaType {
            reason: format!(
                "The name {shown:?} does not tell what the file is. Files are .xlsx, .csv, .tsv, .jsonl or .json."
            ),
        });
    };
    let bytes = part.bytes().await.map_err(|error| broken(&error))?;
    Ok(SentFile {
        name: Shown(&name).to_string(),
        format,
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
