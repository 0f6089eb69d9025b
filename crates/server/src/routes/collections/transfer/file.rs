//! Files as people have them, sent to be imported: workbooks, CSV, TSV, Markdown, text and lines of JSON, as the body or in the parts of a form. All rows are read
//! before the first is written, so that nothing is imported by halves.

mod sent;

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use tokio::runtime::Handle;
use yuyi_files::{
    Flags, Input, ItemFile, ItemRow, Layout, Origin, RelatedNames, Repeated, Room, SeenIds,
};
use yuyi_serving::Turns;
use yuyi_store::{Collection, VectorItem};

pub(super) use self::sent::Sent;
use self::sent::SentFile;
use super::{Imported, RefusedLine, check_texts, failed, write_patiently};
use crate::memory::Share;
use crate::request::Source;
use crate::request::body::whole;
use crate::request::file::{Notes, unreadable};
use crate::request::form::files_of;
use crate::request::json::Json;
use crate::work::{Stopped, run};
use crate::{ApiError, App};

/// How long it takes to read so much of a file, by an estimate from above: packed texts are ten times as long.
const TIME_OF_A_KIBIBYTE: Duration = Duration::from_micros(200);

/// Items that are written together.
const ITEMS: usize = 500;

/// Bytes after which items are written, however few they are.
const BYTES: usize = 1 << 20;

/// How the client wants its files to be read.
#[derive(Clone)]
pub(super) struct Wishes {
    layout: Layout,
    /// Rows that are refused are passed over.
    skip_bad: bool,
}

impl Wishes {
    /// What stands behind the question mark.
    pub(super) fn of(query: Json, app: &App) -> Result<Self, ApiError> {
        Source::read(query, app.limits(), |source| {
            let columns = source.fields.optional_text("columns")?;
            let columns = columns.unwrap_or_default();
            let names = columns.split(',').filter(|_| !columns.is_empty());
            Ok(Self {
                layout: Layout {
                    columns: names.map(str::to_owned).collect(),
                    no_header: flag(source, "no_header")?,
                    flags: Flags::QUERY,
                    of_faq: false,
                },
                skip_bad: flag(source, "skip_bad")?,
            })
        })
    }
}

fn flag(source: &mut Source<'_>, name: &'static str) -> Result<bool, ApiError> {
    let choices = [("true", true), ("false", false)];
    Ok(source
        .fields
        .optional_choice(name, &choices)?
        .unwrap_or(false))
}

/// What was read of all files.
#[derive(Default)]
struct Rows {
    items: Vec<VectorItem>,
    done: Imported,
    /// Why the first row was refused.
    first: Option<String>,
    /// Where the first row of each id stands.
    ids: SeenIds<String>,
    /// By what entries name one another, and those that name any.
    names: RelatedNames,
    related: Vec<Related>,
}

/// An item that names others.
struct Related {
    /// Which of the items.
    index: usize,
    /// Where it stands.
    origin: Origin,
    line: u64,
}

/// Imports files.
pub(super) async fn import(
    app: &App,
    collection: Collection,
    wishes: Wishes,
    sent: Sent,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (bytes, mut share) = whole(headers, body, app).await?;
    let kibibytes = u32::try_from(bytes.len() >> 10).unwrap_or(u32::MAX);
    let files = match sent {
        Sent::Form(boundary) => {
            let parts = files_of(bytes, boundary, &mut share).await?;
            let files = parts.into_iter().map(SentFile::of);
            files.collect::<Result<Vec<_>, _>>()?
        }
        Sent::File(format) => vec![SentFile::unnamed(format, bytes)],
        Sent::Markdown => vec![SentFile::markdown(bytes)],
        Sent::Plain => vec![SentFile::plain(bytes)],
        Sent::Lines => Vec::new(),
    };
    let mut errand = app.service().errand(TIME_OF_A_KIBIBYTE * kibibytes)?;
    let (to, of_task) = (collection.clone(), app.clone());
    let runtime = Handle::current();
    let read = run(&mut errand, move |turns| {
        // On a thread that may block.
        let others = |ids: &BTreeSet<String>| {
            let ids: Vec<String> = ids.iter().cloned().collect();
            match ids.is_empty() {
                true => Ok(ids),
                false => runtime.block_on(of_task.ids_there(&collection.name, ids)),
            }
        };
        let mut reading = Reading {
            app: &of_task,
            collection: &collection,
            wishes: &wishes,
            others: &others,
            share: &mut share,
            turns,
        };
        let rows = reading.all(files)?;
        Ok((rows, share))
    });
    let (
        Rows {
            items, mut done, ..
        },
        _share,
    ) = read.await?;
    match write(app, &to, items, &mut done).await {
        Ok(()) => Ok(axum::Json(done).into_response()),
        Err(error) => {
            let note = format!(
                "{} items were imported before. Send the file again: items that are there are replaced by the same.",
                done.imported
            );
            Ok(failed(error, note))
        }
    }
}

impl App {
    /// Which of some ids are those of items of a collection.
    async fn ids_there(&self, name: &str, ids: Vec<String>) -> Result<Vec<String>, ApiError> {
        let name = name.to_owned();
        self.stored(move |store| {
            let mut there = Vec::new();
            for ids in ids.chunks(ITEMS) {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                there.extend(store.get(&name, &ids)?.into_iter().map(|item| item.id));
            }
            Ok(there)
        })
        .await
    }
}

/// Writes items in batches.
async fn write(
    app: &App,
    collection: &Collection,
    items: Vec<VectorItem>,
    done: &mut Imported,
) -> Result<(), ApiError> {
    let mut items = items.into_iter().peekable();
    while items.peek().is_some() {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(item) = items.next_if(|_| batch.len() < ITEMS && bytes < BYTES) {
            bytes += item.bytes();
            batch.push(item);
        }
        let count = batch.len() as u64;
        done.truncated += write_patiently(app, collection, batch).await?;
        done.imported += count;
    }
    Ok(())
}

impl Rows {
    /// Rows that were read, also those that are refused.
    fn read(&self) -> u64 {
        self.items.len() as u64 + self.done.refused
    }

    /// Puts ids in the place of questions by which items name one another. Those whose question is of no item are refused. `others` tells which ids are those of items of the
    /// collection.
    fn resolve(&mut self, others: Others<'_>) -> Result<(), ApiError> {
        let named = self.related.iter();
        let unknown = named.flat_map(|one| self.names.unknown(&self.items[one.index].item));
        let unknown: BTreeSet<String> = unknown.cloned().collect();
        others(&unknown)?
            .into_iter()
            .for_each(|id| self.names.know(id));
        let mut refused = Vec::new();
        for Related {
            index,
            origin,
            line,
        } in std::mem::take(&mut self.related)
        {
            let Err(reason) = self.names.resolve(&mut self.items[index].item) else {
                continue;
            };
            refused.push(index);
            let first = || format!("{}: {reason}", origin.at(line));
            self.first.get_or_insert_with(first);
            let field = String::new();
            let error = ApiError::InvalidValue { field, reason };
            let (file, sheet) = (origin.file().to_owned(), origin.sheet().map(str::to_owned));
            let line = RefusedLine::of(Some(file), sheet, line, &error);
            self.done.refuse(line);
        }
        for index in refused.into_iter().rev() {
            self.items.remove(index);
        }
        Ok(())
    }
}

/// Which of some ids are those of items of the collection.
type Others<'a> = &'a dyn Fn(&BTreeSet<String>) -> Result<Vec<String>, ApiError>;

/// Files that are being read.
struct Reading<'a> {
    app: &'a App,
    collection: &'a Collection,
    wishes: &'a Wishes,
    others: Others<'a>,
    share: &'a mut Share,
    turns: &'a mut Turns,
}

impl Reading<'_> {
    /// All rows of all files.
    ///
    /// # Errors
    /// When a file is none that is read, or a row is refused and none is to be passed over.
    fn all(&mut self, files: Vec<SentFile>) -> Result<Rows, Stopped> {
        let mut rows = Rows::default();
        for file in files {
            self.file(file, &mut rows)?;
        }
        let ids = std::mem::take(&mut rows.ids);
        if let Some((count, Repeated { id, at, first })) = ids.repeated() {
            rows.done.notes.push(format!(
                "Rows that have the id of an earlier one and take its place: {count}, the first at {at} ({id:?}, as {first}). Rows without an id have that of their text."
            ));
        }
        drop(ids);
        rows.resolve(self.others)?;
        match rows.first.take().filter(|_| !self.wishes.skip_bad) {
            None => Ok(rows),
            Some(first) => Err(refused(&first, rows.done.refused).into()),
        }
    }

    fn file(&mut self, file: SentFile, rows: &mut Rows) -> Result<(), Stopped> {
        let notes = Notes::default();
        let SentFile {
            name,
            format,
            bytes,
        } = file;
        let share = &mut *self.share;
        let mut room = Room::of(|bytes| share.grow(bytes).map_err(anyhow::Error::new));
        let input =
            Input::sent(&name, format, bytes, &notes.remarks(), &mut room).map_err(unreadable)?;
        drop(room);
        let items =
            ItemFile::of(input, &self.wishes.layout, self.collection).map_err(unreadable)?;
        let origin = items.origin();
        rows.ids.begin(origin.clone());
        let before = rows.read();
        for row in items {
            self.turns.checkpoint()?;
            let ItemRow {
                line,
                item,
                relates_questions,
            } = row.map_err(unreadable)?;
            let item = match item {
                Ok(item) => check_texts(&item.item, self.app).map(|()| item),
                Err(refused) => Err(ApiError::InvalidValue {
                    field: String::new(),
                    reason: refused.fault.into_sentence(line),
                }),
            };
            match item {
                Ok(item) => {
                    if relates_questions && !item.item.related.is_empty() {
                        rows.related.push(Related {
                            index: rows.items.len(),
                            origin: origin.clone(),
                            line,
                        });
                    }
                    self.take(item, line, rows)?;
                }
                Err(error) => {
                    let reason = format!("{}: {error}", origin.at(line));
                    rows.first.get_or_insert(reason);
                    let file = Some(name.clone());
                    let sheet = origin.sheet().map(str::to_owned);
                    rows.done.refuse(RefusedLine::of(file, sheet, line, &error));
                }
            }
        }
        rows.done.notes.append(&mut notes.take());
        if rows.read() == before {
            rows.done.notes.push(format!(
                "{name} has no rows, so nothing of it was imported."
            ));
        }
        Ok(())
    }

    fn take(&mut self, item: VectorItem, line: u64, rows: &mut Rows) -> Result<(), Stopped> {
        let id = &item.item.id;
        let names = RelatedNames::bytes_of(&item.item);
        self.share.grow(item.bytes() + 2 * id.len() + names)?;
        rows.names.see(&item.item);
        rows.ids.see(id.clone(), id, line);
        rows.items.push(item);
        Ok(())
    }
}

fn refused(first: &str, count: u64) -> ApiError {
    ApiError::InvalidValue {
        field: String::new(),
        reason: format!(
            "{first} Rows that would be refused: {count}. Nothing was imported; with ?skip_bad=true they are passed over."
        ),
    }
}
