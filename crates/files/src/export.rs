//! The items of a collection as a table, which is read back as what it was written from.

mod book;
mod shape;

use std::borrow::Cow;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use yuyi_store::{Collection, Item};

pub use self::book::{Book, Value};
use self::shape::Shape;

/// The mark by which spreadsheet programs know UTF-8.
const MARK: &str = "\u{feff}";

/// Kinds of tables that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// A workbook.
    Xlsx,
    /// Columns separated by commas, quoted where needed.
    Csv,
    /// Columns separated by tabs, without quotes.
    Tsv,
}

impl TableKind {
    /// As HTTP names it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Tsv => "text/tab-separated-values; charset=utf-8",
        }
    }

    /// As a name of a file ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
        }
    }
}

impl FromStr for TableKind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let all = [Self::Xlsx, Self::Csv, Self::Tsv];
        all.into_iter()
            .find(|kind| kind.extension() == name)
            .ok_or(())
    }
}

/// A table that is being written. Its columns are those that some item has something in, so all items are seen once before the first is written.
pub struct TableWriter {
    kind: TableKind,
    shape: Shape,
    book: Option<Book>,
    items: u64,
}

impl TableWriter {
    /// A table of the items of a collection.
    ///
    /// # Errors
    /// When its items have vectors of their own, for which a table has no place.
    pub fn new(kind: TableKind, collection: &Collection) -> anyhow::Result<Self> {
        if collection.space.model.is_none() {
            bail!(
                "{} has vectors that were given to it, which only JSONL can hold. Export it as JSONL.",
                collection.name
            );
        }
        Ok(Self {
            kind,
            shape: Shape::new(kind, collection.fields.clone()),
            book: None,
            items: 0,
        })
    }

    /// Takes notice of an item, so that there are columns for it.
    ///
    /// # Errors
    /// When it would not be read back as it is.
    pub fn see(&mut self, item: &Item) -> anyhow::Result<()> {
        self.items += 1;
        self.shape.see(item)
    }

    /// The beginning of the table; all items have been seen.
    ///
    /// # Errors
    /// When they are more than a sheet has rows.
    pub fn begin(&mut self) -> anyhow::Result<Vec<u8>> {
        let names = self.shape.names();
        if self.kind != TableKind::Xlsx {
            return Ok([MARK.as_bytes(), &line(self.kind, &names)?].concat());
        }
        if self.items >= book::MOST_ROWS {
            let items = self.items;
            bail!(
                "A sheet has 1,048,576 rows, and there are {items} items. Export them as CSV or JSONL."
            );
        }
        let mut book = Book::new("FAQ")?;
        book.header(&names)?;
        self.book = Some(book);
        Ok(Vec::new())
    }

    /// The next piece of the table, which has this item; of a workbook, which comes whole, there are none.
    ///
    /// # Errors
    /// When the item has changed since it was seen, and there is no column for it any more.
    pub fn write(&mut self, item: &Item) -> anyhow::Result<Vec<u8>> {
        let cells = self.shape.cells(item)?;
        match &mut self.book {
            None => line(self.kind, &cells),
            Some(book) => {
                let row = book.row(&cells);
                row.with_context(|| format!("The item {:?} cannot be written", item.id))?;
                Ok(Vec::new())
            }
        }
    }

    /// The end of the table.
    ///
    /// # Errors
    /// When the workbook cannot be made.
    pub fn finish(self) -> anyhow::Result<Vec<u8>> {
        self.book.map_or(Ok(Vec::new()), Book::finish)
    }
}

/// A line of text with its end.
fn line(kind: TableKind, cells: &[Cow<'_, str>]) -> anyhow::Result<Vec<u8>> {
    if kind == TableKind::Tsv {
        return Ok(format!("{}\n", cells.join("\t")).into_bytes());
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(cells.iter().map(|cell| cell.as_bytes()))?;
    out.into_inner()
        .map_err(|error| anyhow!(error.into_error()))
}
