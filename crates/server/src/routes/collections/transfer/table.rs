//! Collections as workbooks, CSV and TSV, which `POST …/import` reads.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use yuyi_files::{TableKind, TableWriter};
use yuyi_serving::aside;
use yuyi_store::VectorItem;

use super::pages::Pages;
use crate::memory::{self, Share};
use crate::{ApiError, App};

/// What a workbook keeps of an item until it is written, in times of its bytes.
const KEPT: usize = 4;

/// Writes all items of a collection as a table. They are read twice, since its columns are those that some item needs. A workbook comes when it is complete;
/// other tables come in parts.
pub(super) async fn export(app: App, name: String, kind: TableKind) -> Result<Response, ApiError> {
    let wanted = name.clone();
    let collection = app.stored(move |store| store.collection(&wanted)).await?;
    let share = app.memory().share();
    let mut writing = Writing {
        table: TableWriter::new(kind, &collection).map_err(|error| impossible(&error))?,
        pages: Pages::new(app, name.clone(), false),
    };
    let head = writing.begin().await?;
    let body = match kind {
        TableKind::Xlsx => Body::from(writing.whole(share).await?),
        TableKind::Csv | TableKind::Tsv => {
            let first = writing.next().await?.unwrap_or_default();
            let rest = stream::unfold(Some(writing), |writing| async move {
                let mut writing = writing?;
                match writing.next().await.transpose()? {
                    Ok(part) => Some((Ok(part), Some(writing))),
                    // Nobody shall take the beginning for the whole.
                    Err(error) => Some((Err(std::io::Error::other(error)), None)),
                }
            });
            let parts = stream::iter([Ok(head), Ok(first)]).chain(rest);
            Body::from_stream(parts.fuse())
        }
    };
    let mut response = ([(header::CONTENT_TYPE, kind.media_type())], body).into_response();
    let file = format!(
        "attachment; filename*=UTF-8''{}.{}",
        escaped(&name),
        kind.extension()
    );
    if let Ok(value) = HeaderValue::from_str(&file) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// A name as headers have it.
fn escaped(name: &str) -> String {
    let bytes = name.bytes().map(|byte| match byte {
        b'-' | b'_' => char::from(byte).to_string(),
        letter if letter.is_ascii_alphanumeric() => char::from(letter).to_string(),
        other => format!("%{other:02X}"),
    });
    bytes.collect()
}

fn impossible(error: &anyhow::Error) -> ApiError {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    ApiError::InvalidValue {
        field: "format".to_owned(),
        reason: causes.join(": "),
    }
}

/// A table on the way.
struct Writing {
    table: TableWriter,
    pages: Pages,
}

impl Writing {
    /// Sees all items, and writes the head.
    async fn begin(&mut self) -> Result<Bytes, ApiError> {
        while let Some((items, _share)) = self.pages.next(Ok).await? {
            let seen = aside(bytes_of(&items), || {
                items.iter().try_for_each(|item| self.table.see(&item.item))
            });
            seen.map_err(|error| impossible(&error))?;
        }
        self.pages.again();
        let head = self.table.begin().map_err(|error| impossible(&error))?;
        Ok(head.into())
    }

    /// What is written of the next page, with the bytes of its items and the memory that was taken for it; `None`: that was all.
    async fn page(&mut self) -> Result<Option<(Vec<u8>, usize, Share)>, ApiError> {
        let Some((items, share)) = self.pages.next(Ok).await? else {
            return Ok(None);
        };
        let (table, bytes) = (&mut self.table, bytes_of(&items));
        let written = aside(bytes, || {
            let mut part = Vec::new();
            for item in &items {
                part.append(&mut table.write(&item.item)?);
            }
            anyhow::Ok(part)
        });
        let part = written.map_err(|error| impossible(&error))?;
        Ok(Some((part, bytes, share)))
    }

    /// The next part; `None`: that was all.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        let Some((part, _, mut share)) = self.page().await? else {
            return Ok(None);
        };
        share.resize(part.len())?;
        Ok(Some(memory::held(part, share)))
    }

    /// All of a workbook, of which nothing is sent before.
    async fn whole(mut self, mut kept: Share) -> Result<Bytes, ApiError> {
        while let Some((_, bytes, _)) = self.page().await? {
            kept.grow(KEPT * bytes)?;
        }
        let table = self.table;
        let book = aside(kept.bytes(), || table.finish()).map_err(|error| impossible(&error))?;
        kept.resize(book.len())?;
        Ok(memory::held(book, kept))
    }
}

/// About how many bytes items take.
fn bytes_of(items: &[VectorItem]) -> usize {
    items.iter().map(VectorItem::bytes).sum()
}
