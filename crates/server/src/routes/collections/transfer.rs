//! Collections as lines of JSON: `POST …/import` and `GET …/export`, both in parts, however large the collection is.

mod lines;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;
use yuyi_collections::check_item;
use yuyi_serving::aside;
use yuyi_store::{Collection, Cursor, Item, Scroll, VectorItem, jsonl};

use self::lines::{Line, Lines};
use super::items::brings_vectors;
use crate::collections::{Pace, bytes_of};
use crate::envelope::{Addition, OwnReply};
use crate::error::ErrorBody;
use crate::memory::{self, Share};
use crate::request::body::content_coding;
use crate::request::place::OfCollection;
use crate::request::text::{Dialect, Rules, checked};
use crate::shown::Shown;
use crate::{ApiError, App};

/// What lines of JSON are sent as.
const JSON_LINES: &str = "application/x-ndjson";

/// The same, by other names.
const KNOWN: [&str; 5] = [
    JSON_LINES,
    "application/ndjson",
    "application/jsonl",
    "application/jsonlines",
    "application/json",
];

/// Refused lines that are told one by one.
const TOLD: usize = 1_000;

/// Bytes of a part of an export.
const PART: usize = 256 << 10;

/// Items of it at most.
const PART_ITEMS: usize = 2_000;

/// What an import did.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Imported)]
pub(crate) struct Imported {
    /// Items that were written.
    imported: u64,
    /// How many of them have a text that is longer than the model reads, and was cut.
    truncated: usize,
    /// Lines that were refused.
    refused: u64,
    /// The first thousand of them.
    errors: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Serialize, ToSchema)]
struct RefusedLine {
    /// Its number, from 1.
    line: u64,
    error: ErrorBody,
}

impl Imported {
    fn refuse(&mut self, line: u64, error: &ApiError) {
        self.refused += 1;
        if self.errors.len() < TOLD {
            let error = error.into();
            self.errors.push(RefusedLine { line, error });
        }
    }
}

/// Brings items into a collection, as lines of JSON that `GET …/export` writes. They are read as they come and written in parts, each of which is durable by
/// itself; lines that break a rule are told and passed over. What fails otherwise ends the import, and the message says how much was written before.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/import",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    request_body(content = String, content_type = "application/x-ndjson", description = "An item a line."),
    responses(
        (status = 200, description = "What was imported.", body = Imported),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn import(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if app.lifecycle().is_draining() {
        return Err(ApiError::Draining);
    }
    check_headers(&headers)?;
    let wanted = name.clone();
    let collection = app.stored(move |store| store.collection(&wanted)).await?;
    let mut done = Imported::default();
    let mut lines = Lines::new(body, app.limits().body_bytes, app.memory().share());
    match import_all(&app, &collection, &mut lines, &mut done).await {
        Ok(()) => Ok(axum::Json(done).into_response()),
        Err(error) => {
            lines.linger().await;
            let mut response = error.into_response();
            let note = format!(
                "{} items of the first {} lines were imported before, and {} lines were refused.",
                done.imported,
                lines.written(),
                done.refused
            );
            response.extensions_mut().insert(Addition(note));
            Ok(response)
        }
    }
}

async fn import_all(
    app: &App,
    collection: &Collection,
    lines: &mut Lines,
    done: &mut Imported,
) -> Result<(), ApiError> {
    while let Some(batch) = lines.batch().await? {
        let bytes = batch.iter().map(|line| line.text.len()).sum();
        let read = |line: &Line| (line.number, read(&line.text, collection, app));
        let read: Vec<_> = aside(bytes, || batch.iter().map(read).collect());
        drop(batch);
        let mut items = Vec::with_capacity(read.len());
        for (number, item) in read {
            match item {
                Ok(item) => items.push(item),
                Err(error) => done.refuse(number, &error),
            }
        }
        let count = items.len() as u64;
        if count > 0 {
            done.truncated += app.write_items(&collection.name, items).await?;
            done.imported += count;
        }
        lines.let_go();
    }
    Ok(())
}

/// The item of a line, if it keeps all rules.
fn read(line: &[u8], collection: &Collection, app: &App) -> Result<VectorItem, ApiError> {
    let item = jsonl::fits(jsonl::parse(line)?, collection)?;
    check_item(collection, &item)?;
    check_texts(&item.item, app)?;
    Ok(item)
}

fn check_texts(item: &Item, app: &App) -> Result<(), ApiError> {
    let rules = Rules {
        limits: app.limits(),
        dialect: Dialect::Own,
    };
    let fields = std::iter::once("text".to_owned());
    let fields = fields.chain((0..).map(|i| format!("wordings[{i}]")));
    for (text, field) in item.texts().zip(fields) {
        checked(text.to_owned(), &field, rules)?;
    }
    Ok(())
}

/// Only what a page of another origin cannot send without being asked for it first.
fn check_headers(headers: &HeaderMap) -> Result<(), ApiError> {
    if let Some(coding) = content_coding(headers) {
        return Err(ApiError::UnsupportedMediaType {
            reason: format!(
                "The content encoding {:?} is not supported. Send the body as it is, without a Content-Encoding.",
                Shown(&coding)
            ),
        });
    }
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let is_known = KNOWN
        .iter()
        .any(|known| known.eq_ignore_ascii_case(essence));
    match is_known {
        true => Ok(()),
        false => Err(ApiError::UnsupportedMediaType {
            reason: format!(
                "An import is lines of JSON. Add the header `Content-Type: {JSON_LINES}` (curl: -H)."
            ),
        }),
    }
}

/// Writes all items of a collection as lines of JSON, in the order of the bytes of their ids. An export that breaks off has failed: ask again.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/export",
    tag = "Collections",
    params(("name" = String, Path, description = "The collection's name.", example = "faq")),
    responses(
        (status = 200, description = "An item a line.", body = String, content_type = "application/x-ndjson"),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
    ),
)]
pub(crate) async fn export(
    State(app): State<App>,
    OfCollection(name): OfCollection,
) -> Result<Response, ApiError> {
    let scroll = Scroll {
        with_vectors: brings_vectors(&app, &name).await?,
        ..Scroll::default()
    };
    let mut writing = Writing {
        share: memory::take_over().unwrap_or_else(|| app.memory().share()),
        app,
        name,
        scroll,
        pace: Pace::new(PART, PART_ITEMS),
        ended: false,
    };
    let first = writing.next().await?.unwrap_or_default();
    let rest = stream::unfold(writing, |mut writing| async move {
        let part = writing.next().await.transpose()?;
        // Nobody shall take the beginning for the whole.
        Some((part.map_err(std::io::Error::other), writing))
    });
    // What compresses a body asks again after its end.
    let body = stream::iter([Ok(first)]).chain(rest).fuse();
    Ok((
        [(header::CONTENT_TYPE, JSON_LINES)],
        Body::from_stream(body),
    )
        .into_response())
}

/// An export on the way.
struct Writing {
    app: App,
    name: String,
    scroll: Scroll,
    pace: Pace,
    share: Share,
    ended: bool,
}

impl Writing {
    /// The next part; `None`: that was all.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        if self.ended {
            return Ok(None);
        }
        self.scroll.limit = self.pace.next();
        let (name, scroll) = (self.name.clone(), self.scroll.clone());
        let part = self.app.stored(move |store| {
            let page = store.scroll(&name, &scroll)?;
            let mut part = String::new();
            for item in &page.items {
                part.push_str(&jsonl::line(item)?);
                part.push('\n');
            }
            let bytes = page.items.iter().map(bytes_of).sum();
            Ok((part, page.items.len(), bytes, page.next))
        });
        let result = part.await;
        self.ended = result.is_err();
        let (part, items, bytes, next): (String, usize, usize, Option<Cursor>) = result?;
        self.pace.took(items, bytes);
        // What the client has taken is given back.
        self.share.shrink(self.share.bytes());
        self.share.grow(part.len())?;
        self.ended = next.is_none();
        self.scroll.after = next;
        Ok(Some(part.into()))
    }
}
