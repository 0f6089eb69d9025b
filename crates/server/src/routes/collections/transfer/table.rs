//! Collections as workbooks, CSV and TSV, which `POST …/import` reads.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use yuyi_files::{TableKind, TableWriter};
use yuyi_serving::aside;
use yuyi_store::{Scroll, VectorItem};

use super::{PART, PART_ITEMS};
use crate::collections::Pace;
use crate::memory::{self, Share};
use crate::{ApiError, App};

/// What a workbook keeps of an item until it is written, in times of its bytes.
const KEPT: usize = 4;

/// Writes all items of a collection as a table. They are read twice, since its columns are those that some item needs. A workbook comes when it is complete;
/// other tables come in parts.
pub(super) async fn export(app: App, name: String, kind: TableKind) -> Result<Response, ApiError> {
    let wanted = name.clone();
    let collection = app.stored(move |store| store.collection(&wanted)).await?;
    let share = memory::take_over().unwrap_or_else(|| app.memory().share());
    let mut writing = Writing {
        table: TableWriter::new(kind, &collection).map_err(|error| impossible(&error))?,
        pages: Pages::new(app, name.clone()),
        is_whole: kind == TableKind::Xlsx,
        share,
        ended: false,
    };
    let head = writing.begin().await?;
    let body = match kind {
        TableKind::Xlsx => Body::from(writing.whole().await?),
        TableKind::Csv | TableKind::Tsv => {
            let first = writing.next().await?.unwrap_or_default();
            let rest = stream::unfold(writing, |mut writing| async move {
                let part = writing.next().await.transpose()?;
                // Nobody shall take the beginning for the whole.
                Some((part.map_err(std::io::Error::other), writing))
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

/// The items of a collection, page by page.
struct Pages {
    app: App,
    name: String,
    scroll: Scroll,
    pace: Pace,
    ended: bool,
}

impl Pages {
    fn new(app: App, name: String) -> Self {
        Self {
            app,
            name,
            scroll: Scroll::default(),
            pace: Pace::new(PART, PART_ITEMS),
            ended: false,
        }
    }

    /// The next page with its bytes; `None`: there are no more.
    async fn next(&mut self) -> Result<Option<(Vec<VectorItem>, usize)>, ApiError> {
        if self.ended {
            return Ok(None);
        }
        self.scroll.limit = self.pace.next();
        let (name, scroll) = (self.name.clone(), self.scroll.clone());
        let page = self
            .app
            .stored(move |store| store.scroll(&name, &scroll))
            .await;
        self.ended = page.is_err();
        let page = page?;
        let bytes = page.items.iter().map(VectorItem::bytes).sum();
        self.pace.took(page.items.len(), bytes);
        self.ended = page.next.is_none();
        self.scroll.after = page.next;
        Ok(Some((page.items, bytes)))
    }
}

/// A table on the way.
struct Writing {
    table: TableWriter,
    pages: Pages,
    /// It comes when it is complete.
    is_whole: bool,
    share: Share,
    ended: bool,
}

impl Writing {
    /// Sees all items, and writes the head.
    async fn begin(&mut self) -> Result<Bytes, ApiError> {
        while let Some((items, bytes)) = self.pages.next().await? {
            let seen = aside(bytes, || {
                items.iter().try_for_each(|item| self.table.see(&item.item))
            });
            seen.map_err(|error| impossible(&error))?;
        }
        self.pages = Pages::new(self.pages.app.clone(), self.pages.name.clone());
        let head = self.table.begin().map_err(|error| impossible(&error))?;
        Ok(head.into())
    }

    /// The next part; `None`: that was all.
    async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        if self.ended {
            return Ok(None);
        }
        let page = self.pages.next().await;
        self.ended = page.is_err();
        let Some((items, bytes)) = page? else {
            self.ended = true;
            return Ok(None);
        };
        // What the client has taken is given back.
        if !self.is_whole {
            self.share.shrink(self.share.bytes());
        }
        self.share.grow(KEPT * bytes)?;
        let table = &mut self.table;
        let written = aside(bytes, || {
            let mut part = Vec::new();
            for item in &items {
                part.append(&mut table.write(&item.item)?);
            }
            anyhow::Ok(part)
        });
        self.ended = written.is_err();
        Ok(Some(written.map_err(|error| impossible(&error))?.into()))
    }

    /// All of a workbook.
    async fn whole(mut self) -> Result<Bytes, ApiError> {
        while self.next().await?.is_some() {}
        let taken = self.share.bytes();
        let table = self.table;
        let book = aside(taken, || table.finish()).map_err(|error| impossible(&error))?;
        memory::keep(self.share);
        Ok(book.into())
    }
}
