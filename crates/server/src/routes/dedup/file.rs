//! Minutes that are sent as meeting tools export them, as the body or in a form.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_files::{Room, Transcript, Turn};

use super::request::{Asked, DedupRequest};
use crate::memory::{self, Share};
use crate::request::body::{check_coding, is_json, whole};
use crate::request::file::{Notes, unreadable};
use crate::request::form::{SentPart, boundary_of, essence_of, files_of};
use crate::request::json::Json;
use crate::request::place::Query;
use crate::shown::Shown;
use crate::work::{Stopped, run};
use crate::{ApiError, App};

/// How long it takes to read so much of a file, by an estimate from above.
const TIME_OF_A_KIBIBYTE: Duration = Duration::from_micros(200);

/// Media types of minutes beside those of texts. What a file holds tells its layout, whatever its text is called.
const FILES: [&str; 8] = [
    "application/x-subrip",
    "application/srt",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/octet-stream",
];

/// Texts whose marks would be taken for what is said.
const PAGES: [&str; 2] = ["text/html", "text/xml"];

/// The part of a form with older minutes.
const AGAINST: &str = "against";

/// Options that are numbers, which stand as texts behind a question mark.
const NUMBERS: [&str; 2] = ["threshold", "pairs_above"];

/// Fields of a body that a file takes the place of.
const TEXTS: [&str; 3] = ["texts", "items", AGAINST];

/// Minutes in a form.
#[derive(ToSchema)]
#[schema(as = MinutesForm)]
#[allow(dead_code, reason = "it says what a form may have")]
pub(crate) struct MinutesForm {
    /// The minutes: text, DOCX, SRT, WebVTT, CSV, TSV or JSON.
    #[schema(format = Binary)]
    file: String,
    /// Older ones, which stay.
    #[schema(format = Binary, required = false)]
    against: String,
}

/// What a body holds.
pub(super) enum Sent {
    Json,
    File,
    /// A form, whose parts are separated by this.
    Form(String),
}

/// The turns of minutes, and what they were read as.
#[derive(Serialize)]
pub(super) struct Minutes {
    items: Vec<SentTurn>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A turn of minutes that were sent as a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentTurn {
    /// Line of the file that it begins with, from 1; of DOCX the paragraph.
    line: u64,
    /// What was said.
    #[schema(value_type = String, example = "我们下周三上线")]
    text: Box<str>,
    /// Who said it, if the file tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "张三")]
    speaker: Option<Box<str>>,
    /// When it was said, as the file writes it, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false, example = "00:00:05")]
    time: Option<Box<str>>,
}

impl From<Turn> for SentTurn {
    fn from(turn: Turn) -> Self {
        Self {
            line: turn.line,
            text: turn.text,
            speaker: turn.speaker,
            time: turn.time,
        }
    }
}

impl SentTurn {
    /// The same as a request would have it.
    fn as_item(&self) -> Json {
        let text = |text: &str| Json::String(text.to_owned());
        let mut fields = vec![("text".to_owned(), text(&self.text))];
        let optional = [("speaker", &self.speaker), ("time", &self.time)];
        for (name, value) in optional {
            if let Some(value) = value {
                fields.push((name.to_owned(), text(value)));
            }
        }
        Json::Object(fields)
    }
}

impl Sent {
    /// What the headers say.
    ///
    /// # Errors
    /// When it is nothing that is read.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        check_coding(headers)?;
        if let Some(boundary) = boundary_of(headers)? {
            return Ok(Self::Form(boundary));
        }
        let essence = essence_of(headers);
        // What is missing or no JSON is told as on all routes, with what else there is.
        if essence.is_empty() || is_json(essence) {
            return Ok(Self::Json);
        }
        let kind = essence.to_ascii_lowercase();
        let is_text = kind.starts_with("text/") && !PAGES.contains(&&*kind);
        match is_text || FILES.contains(&&*kind) {
            true => Ok(Self::File),
            false => Err(ApiError::UnsupportedMediaType {
                reason: format!(
                    "The content type {:?} is nothing that is read here. Send JSON as `application/json`, minutes as `text/plain`, `text/vtt`, `text/csv`, `application/x-subrip`, `application/x-ndjson` or the type of .docx (curl: -H), or files as a form (curl: -F file=@FILE).",
                    Shown(essence)
                ),
            }),
        }
    }

    /// The request that the files and what stands behind the question mark make.
    ///
    /// # Errors
    /// When a file cannot be read, or an option is none.
    pub(super) async fn read(
        self,
        request: Request,
        app: &App,
    ) -> Result<(Asked, Minutes), ApiError> {
        if app.lifecycle().is_draining() {
            return Err(ApiError::Draining);
        }
        let (mut head, body) = request.into_parts();
        let Query(query) = Query::from_request_parts(&mut head, app).await?;
        let fields = options(query)?;
        let (bytes, mut share) = whole(&head.headers, body, app).await?;
        let kibibytes = u32::try_from(bytes.len() >> 10).unwrap_or(u32::MAX);
        let files = match self {
            Self::Form(boundary) => of_form(files_of(bytes, boundary, &mut share).await?)?,
            Self::File | Self::Json => (("file".to_owned(), bytes), None),
        };
        let mut errand = app.service().errand(TIME_OF_A_KIBIBYTE * kibibytes)?;
        let limits = app.limits().clone();
        let read = run(&mut errand, move |turns| {
            turns.checkpoint()?;
            let (request, minutes) = document(fields, files, &mut share)?;
            turns.checkpoint()?;
            let asked = DedupRequest::read(request, &limits)?;
            Ok::<_, Stopped>((asked, minutes, share))
        });
        let (asked, minutes, share) = read.await?;
        memory::keep(share);
        Ok((asked, minutes))
    }
}

/// Options as a body would have them.
fn options(query: Json) -> Result<Vec<(String, Json)>, ApiError> {
    let Json::Object(mut fields) = query else {
        return Ok(Vec::new());
    };
    for (name, value) in &mut fields {
        if TEXTS.contains(&name.as_str()) {
            return Err(ApiError::InvalidValue {
                field: name.clone(),
                reason: "It stands beside a file. Send the texts in the body, or in a form."
                    .to_owned(),
            });
        }
        let number = match value {
            Json::String(text) if NUMBERS.contains(&name.as_str()) => text.parse().ok(),
            _ => None,
        };
        if let Some(number) = number.filter(|number: &f64| number.is_finite()) {
            *value = Json::Float(number);
        }
    }
    Ok(fields)
}

/// Refuses options behind the question mark that a body in JSON has: nobody would look at them.
pub(super) fn refuse_beside_json(query: &Json) -> Result<(), ApiError> {
    const OPTIONS: [&str; 6] = [
        "mode",
        "threshold",
        "pairs_above",
        "action",
        "model",
        "long_text",
    ];
    let Json::Object(fields) = query else {
        return Ok(());
    };
    let names = fields.iter().map(|(name, _)| name.as_str());
    let mut known = names.filter(|name| OPTIONS.contains(name) || TEXTS.contains(name));
    match known.next() {
        None => Ok(()),
        Some(name) => Err(ApiError::InvalidValue {
            field: name.to_owned(),
            reason: "It stands behind the question mark and belongs in the body, which is JSON."
                .to_owned(),
        }),
    }
}

/// Refuses what a program for speech writes, which is read as a file.
pub(super) fn refuse_transcript(body: &Json) -> Result<(), ApiError> {
    const LISTS: [&str; 6] = [
        "segments",
        "chunks",
        "transcription",
        "utterances",
        "sentences",
        "sentence_info",
    ];
    let Json::Object(fields) = body else {
        return Ok(());
    };
    let has = |names: &[&str]| {
        fields
            .iter()
            .find(|(name, _)| names.contains(&name.as_str()))
    };
    match has(&LISTS).filter(|_| has(&["texts", "items"]).is_none()) {
        None => Ok(()),
        Some((name, _)) => Err(ApiError::InvalidValue {
            field: name.clone(),
            reason: "It is a transcript. Send it as `application/x-ndjson` (curl: -H), or in a form (curl: -F file=@FILE)."
                .to_owned(),
        }),
    }
}

/// A file with its name.
type Named = (String, Vec<u8>);

/// The minutes of a form, and the older ones.
fn of_form(parts: Vec<SentPart>) -> Result<(Named, Option<Named>), ApiError> {
    let (mut minutes, mut old) = (None, None);
    for part in parts {
        let place = match part.field.as_str() {
            AGAINST => &mut old,
            _ => &mut minutes,
        };
        if place.is_some() {
            return Err(ApiError::InvalidValue {
                field: part.field,
                reason: "The form has a second file of the kind. Send one with the minutes, and older ones as the part `against`.".to_owned(),
            });
        }
        *place = Some((Shown(&part.name).to_string(), part.bytes));
    }
    let missing = || ApiError::MissingField {
        field: "file".to_owned(),
        sent: vec![AGAINST.to_owned()],
    };
    Ok((minutes.ok_or_else(missing)?, old))
}

/// The document that would be sent in the place of the files, and what is told of them.
fn document(
    mut fields: Vec<(String, Json)>,
    (minutes, old): (Named, Option<Named>),
    share: &mut Share,
) -> Result<(Json, Minutes), ApiError> {
    let notes = Notes::default();
    let items = turns_of(minutes, &notes, share)?;
    let list = |turns: &[SentTurn]| Json::Array(turns.iter().map(SentTurn::as_item).collect());
    fields.push(("items".to_owned(), list(&items)));
    if let Some(old) = old {
        let old = turns_of(old, &notes, share)?;
        fields.push((AGAINST.to_owned(), list(&old)));
    }
    let notes = notes.take();
    Ok((Json::Object(fields), Minutes { items, notes }))
}

fn turns_of(
    (name, bytes): Named,
    notes: &Notes,
    share: &mut Share,
) -> Result<Vec<SentTurn>, ApiError> {
    let mut room = Room::of(|bytes| share.grow(bytes).map_err(anyhow::Error::new));
    let read = Transcript::sent_within(&name, bytes, &notes.remarks(), &mut room);
    let turns = read.map_err(unreadable)?.turns;
    drop(room);
    // Each once more in the request that is made of them.
    let bytes = turns.iter().map(|turn| turn.text.len() + 256).sum();
    share.grow(bytes)?;
    Ok(turns.into_iter().map(SentTurn::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(kind: &str) -> Result<&'static str, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        Ok(match Sent::of(&headers)? {
            Sent::Json => "json",
            Sent::File => "file",
            Sent::Form(_) => "form",
        })
    }

    #[test]
    fn media_types_tell_what_a_body_is() {
        for (kind, expected) in [
            ("application/json; charset=utf-8", "json"),
            ("", "json"),
            ("Text/Plain; charset=gbk", "file"),
            ("application/x-subrip", "file"),
            ("text/csv", "file"),
            ("text/markdown; charset=utf-8", "file"),
            ("text/x-srt", "file"),
            ("multipart/form-data; boundary=x", "form"),
        ] {
            assert_eq!(sent(kind), Ok(expected), "{kind}");
        }
        for kind in [
            "application/pdf",
            "multipart/form-data",
            "application/zip",
            "text/html; charset=utf-8",
        ] {
            let refused = sent(kind).unwrap_err();
            assert!(
                matches!(refused, ApiError::UnsupportedMediaType { .. }),
                "{kind}"
            );
        }
    }
}
