//! Workbooks that are written.

use std::borrow::Cow;

use anyhow::bail;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

/// Rows of a sheet.
pub(super) const MOST_ROWS: u64 = 1_048_576;

/// Characters of a cell.
const LONGEST: usize = 32_767;

/// A workbook, of which the last sheet is being written.
pub(crate) struct Book {
    book: Workbook,
    sheet: Worksheet,
    row: u32,
    cell: Format,
}

impl Book {
    pub(crate) fn new(sheet: &str) -> anyhow::Result<Self> {
        Ok(Self {
            book: Workbook::new(),
            sheet: named(sheet)?,
            row: 0,
            cell: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        })
    }

    /// Goes on with another sheet.
    pub(crate) fn next_sheet(&mut self, name: &str) -> anyhow::Result<()> {
        let before = std::mem::replace(&mut self.sheet, named(name)?);
        self.book.push_worksheet(before);
        self.row = 0;
        Ok(())
    }

    /// The row of names, which stays where it is when the rows are scrolled.
    pub(crate) fn header(&mut self, names: &[Cow<'_, str>]) -> anyhow::Result<()> {
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(names) {
            self.sheet
                .write_string_with_format(0, column, name.as_ref(), &bold)?;
            let width = if name.len() > 12 { 28 } else { 20 };
            self.sheet.set_column_width(column, width)?;
        }
        self.sheet.set_freeze_panes(1, 0)?;
        self.row = 1;
        Ok(())
    }

    /// The next row, of texts.
    pub(crate) fn row(&mut self, cells: &[Cow<'_, str>]) -> anyhow::Result<()> {
        for (column, cell) in (0..).zip(cells) {
            let length = cell.chars().count();
            if length > LONGEST {
                bail!(
                    "a cell of a workbook holds 32,767 characters, and it has a text of {length}. Export it as CSV or JSONL."
                );
            }
            if !cell.is_empty() {
                self.sheet
                    .write_string_with_format(self.row, column, cell.as_ref(), &self.cell)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    pub(crate) fn width(&mut self, column: u16, width: f64) -> anyhow::Result<()> {
        self.sheet.set_column_width(column, width)?;
        Ok(())
    }

    pub(crate) fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        self.book.push_worksheet(self.sheet);
        Ok(self.book.save_to_buffer()?)
    }
}

fn named(name: &str) -> anyhow::Result<Worksheet> {
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    Ok(sheet)
}
