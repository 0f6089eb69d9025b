//! Collections as files: `POST …/import` and `GET …/export`. Lines of JSON go in parts, however large the collection is; tables and workbooks are
//! read whole.

mod file;
mod lines;
mod pages;
mod table;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::sleep;
use utoipa::ToSchema;
use yuyi_collections::check_item;
use yuyi_files::TableKind;
use yuyi_serving::aside;
use yuyi_store::{Collection, Item, VectorItem, jsonl};

use self::file::{Sent, Wishes};
use self::lines::{Line, Lines};
use self::pages::Pages;
use super::items::brings_vectors;
use crate::envelope::{Addition, OwnReply};
use crate::error::ErrorBody;
use crate::memory;
use crate::request::Source;
use crate::request::item::ItemRequest;
use crate::request::json::{Json, Room};
use crate::request::place::{OfCollection, Query};
use crate::request::text::{Dialect, Rules, checked};
use crate::{ApiError, App};

/// What lines of JSON are sent as.
const JSON_LINES: &str = "application/x-ndjson";

/// Formats of exports; none: lines of JSON.
const FORMATS: [(&str, Option<TableKind>); 4] = [
    ("jsonl", None),
    ("xlsx", Some(TableKind::Xlsx)),
    ("csv", Some(TableKind::Csv)),
    ("tsv", Some(TableKind::Tsv)),
];

/// Why a line is refused that a file may have.
const STRICT: &str = "Lines that are a body are read as items of POST …/items are. Send the file as a form (curl: -F file=@FILE.jsonl) to have other fields as payload, and numbers as ids.";

/// Refused lines that are told one by one.
const TOLD: usize = 1_000;

/// How long an import rests when too much else waits.
const PAUSE: Duration = Duration::from_secs(1);

/// What an import did.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = Imported)]
pub(crate) struct Imported {
    /// Items that were written.
    imported: u64,
    /// How many of them have a text that is longer than the model reads, and was cut.
    truncated: usize,
    /// Lines or rows that were refused.
    refused: u64,
    /// The first thousand of them.
    errors: Vec<RefusedLine>,
    /// What files were read as: their encoding, their sheet, and which columns were taken for which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A line or a row that was refused.
#[derive(Serialize, ToSchema)]
struct RefusedLine {
    /// The file, where files were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    /// Its number, from 1.
    line: u64,
    error: ErrorBody,
}

impl RefusedLine {
    fn of(file: Option<String>, sheet: Option<String>, line: u64, error: &ApiError) -> Self {
        Self {
            file,
            sheet,
            line,
            error: error.into(),
        }
    }

    /// A line of a body that is lines of JSON.
    fn of_body(line: u64, error: &ApiError) -> Self {
        let is_read_in_files = matches!(
            error,
            ApiError::UnknownField { .. } | ApiError::WrongType { .. }
        );
        let mut refused = Self::of(None, None, line, error);
        if is_read_in_files {
            refused.error = ErrorBody::with_message(error, format!("{error} {STRICT}"));
        }
        refused
    }
}

impl Imported {
    fn refuse(&mut self, line: RefusedLine) {
        self.refused += 1;
        if self.errors.len() < TOLD {
            self.errors.push(line);
        }
    }
}

/// Brings items into a collection, as `GET …/export` writes them or as people have them: lines of JSON, a workbook (.xlsx), CSV or TSV in any encoding, a table in Markdown, texts, one a line, or a form
/// (`multipart/form-data`) with such files, of which columns are found by their names in Chinese or English. Lines of JSON are read as they come and written in parts, each of
/// which is durable by itself; lines that break a rule are told and passed over. Of files all rows are read first: one that breaks a rule is told with its sheet, row and
/// column, and nothing is imported, unless `skip_bad` passes over it. What fails otherwise ends the import, and the message says how much was written before.
#[utoipa::path(
    post,
    path = "/v1/collections/{name}/import",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("columns" = Option<String>, Query, description = "Of files: the columns with the text, the answer, the id and further wordings, by name or number from 1, as in `2,3`. Left out, they are found by their names.", example = "标准问,答案"),
        ("no_header" = Option<bool>, Query, description = "Of files: the first row is data, whatever it looks like.", example = false),
        ("skip_bad" = Option<bool>, Query, description = "Of files: pass over rows that break a rule, instead of importing nothing.", example = false),
    ),
    request_body(
        description = "An item a line, a file, or a form with files.",
        content(
            (String = "application/x-ndjson"),
            (String = "text/csv"),
            (String = "text/tab-separated-values"),
            (String = "text/markdown"),
            (String = "text/plain"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (Files = "multipart/form-data"),
        ),
    ),
    responses(
        (status = 200, description = "What was imported.", body = Imported),
        (status = 415, description = "The body is nothing that is read.", body = OwnReply),
        (status = 422, description = "A file cannot be read, or a row of it breaks a rule; nothing was imported.", body = OwnReply),
        (status = 404, description = "There is no collection of the name, or its model is not served.", body = OwnReply),
        (status = 409, description = "The model of that name has other vectors than the collection.", body = OwnReply),
    ),
)]
pub(crate) async fn import(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    Query(query): Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    if app.lifecycle().is_draining() {
        return Err(ApiError::Draining);
    }
    let sent = Sent::of(&headers)?;
    let wanted = name.clone();
    let collection = app.stored(move |store| store.collection(&wanted)).await?;
    if !matches!(sent, Sent::Lines) {
        let wishes = Wishes::of(query, &app)?;
        return file::import(&app, collection, wishes, sent, &headers, body).await;
    }
    Source::read(query, app.limits(), |_| Ok(()))?;
    let mut done = Imported::default();
    let mut lines = Lines::new(body, app.limits().body_bytes, app.memory().share());
    match import_all(&app, &collection, &mut lines, &mut done).await {
        Ok(()) => Ok(axum::Json(done).into_response()),
        Err(error) => {
            lines.linger().await;
            let note = format!(
                "{} items of the first {} lines were imported before, and {} lines were refused.",
                done.imported,
                lines.written(),
                done.refused
            );
            Ok(failed(error, note))
        }
    }
}

/// The files of a form.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it says what a form may have")]
struct Files {
    /// A workbook (.xlsx), CSV, TSV, Markdown, text or lines of JSON; there may be several.
    #[schema(format = Binary)]
    file: String,
}

/// The answer to an import that failed when some of it was done.
fn failed(error: ApiError, note: String) -> Response {
    let mut response = error.into_response();
    response.extensions_mut().insert(Addition(note));
    response
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
                // No fault of the line.
                Err(error @ ApiError::MemoryFull) => return Err(error),
                Err(error) => done.refuse(RefusedLine::of_body(number, &error)),
            }
        }
        let count = items.len() as u64;
        if count > 0 {
            done.truncated += write_patiently(app, collection, items).await?;
            done.imported += count;
        }
        lines.let_go();
    }
    Ok(())
}

/// Writes items to the collection that was begun with, when their turn comes: whoever brings many waits for those who ask, as long as the client does.
async fn write_patiently(
    app: &App,
    collection: &Collection,
    items: Vec<VectorItem>,
) -> Result<usize, ApiError> {
    loop {
        let now = app.collection_now(collection).await?;
        match app.write_items_to(now, items.clone()).await {
            Err(ApiError::QueueFull { .. } | ApiError::QueueTimeout { .. })
                if !app.lifecycle().is_draining() =>
            {
                sleep(PAUSE).await;
            }
            written => return written,
        }
    }
}

/// The item of a line, if it keeps all rules. It is read as an item of `POST …/items` is.
fn read(line: &[u8], collection: &Collection, app: &App) -> Result<VectorItem, ApiError> {
    check_encoding(line)?;
    let room = Room {
        texts: app.limits().texts,
        share: &mut app.memory().share(),
        turns: None,
    };
    let rules = Rules {
        limits: app.limits(),
        dialect: Dialect::Own,
    };
    let json = Json::parse(line, room).map_err(|stopped| in_its_line(stopped.into()))?;
    let item = ItemRequest::read(json, "", rules)?;
    item.item.check_to_write()?;
    let item = jsonl::fits(item, collection)?;
    check_item(collection, &item)?;
    Ok(item)
}

/// What is wrong with the JSON of a line, whose number stands beside it.
fn in_its_line(error: ApiError) -> ApiError {
    match error {
        ApiError::InvalidJson { reason } => ApiError::InvalidJson {
            reason: reason.replace(" at line 1 column ", " at column "),
        },
        other => other,
    }
}

/// Lines are read as they come, so how they are written is not known from all of them, as it is of a file.
fn check_encoding(line: &[u8]) -> Result<(), ApiError> {
    let encoding = match std::str::from_utf8(line) {
        _ if line.contains(&0) => "UTF-16",
        Ok(_) => return Ok(()),
        Err(_) => "GB18030",
    };
    Err(ApiError::InvalidValue {
        field: String::new(),
        reason: format!(
            "The line is not UTF-8, but {encoding} by its look. Lines that are a body are read as UTF-8; send the file as a form (curl: -F file=@FILE.jsonl), which is read as it is written."
        ),
    })
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

/// Writes all items of a collection in the order of the bytes of their ids, as lines of JSON or as a workbook, CSV or TSV, all of which can be imported again. An export that breaks
/// off has failed: ask again.
#[utoipa::path(
    get,
    path = "/v1/collections/{name}/export",
    tag = "Collections",
    params(
        ("name" = String, Path, description = "The collection's name.", example = "faq"),
        ("format" = Option<String>, Query, description = "`jsonl` (an item a line), `xlsx`, `csv` or `tsv`.", example = "xlsx"),
    ),
    responses(
        (status = 200, description = "An item a line, or a row.", content(
            (String = "application/x-ndjson"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (String = "text/csv"),
            (String = "text/tab-separated-values"),
        )),
        (status = 404, description = "There is no collection of the name.", body = OwnReply),
        (status = 422, description = "The format is not known, or has no place for what an item has.", body = OwnReply),
    ),
)]
pub(crate) async fn export(
    State(app): State<App>,
    OfCollection(name): OfCollection,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let format = Source::read(query, app.limits(), |source| {
        source.fields.optional_choice("format", &FORMATS)
    })?;
    if let Some(kind) = format.flatten() {
        return table::export(app, name, kind).await;
    }
    let with_vectors = brings_vectors(&app, &name, false).await?;
    let mut pages = Pages::new(app, name, with_vectors);
    let first = next_lines(&mut pages).await?.unwrap_or_default();
    let rest = stream::unfold(Some(pages), |pages| async move {
        let mut pages = pages?;
        match next_lines(&mut pages).await.transpose()? {
            Ok(part) => Some((Ok(part), Some(pages))),
            // Nobody shall take the beginning for the whole.
            Err(error) => Some((Err(std::io::Error::other(error)), None)),
        }
    });
    // What compresses a body asks again after its end.
    let body = stream::iter([Ok(first)]).chain(rest).fuse();
    Ok((
        [(header::CONTENT_TYPE, JSON_LINES)],
        Body::from_stream(body),
    )
        .into_response())
}

/// The lines of the next page; `None`: that was all.
async fn next_lines(pages: &mut Pages) -> Result<Option<Bytes>, ApiError> {
    let lines = pages.next(|items| {
        let mut lines = String::new();
        for item in &items {
            lines.push_str(&jsonl::line(item)?);
            lines.push('\n');
        }
        Ok(lines.into_bytes())
    });
    let Some((lines, mut share)) = lines.await? else {
        return Ok(None);
    };
    share.resize(lines.len())?;
    Ok(Some(memory::held(lines, share)))
}
