//! Workbooks that are written.

use std::borrow::Cow;

use anyhow::bail;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

/// Rows of a sheet.
pub(super) const MOST_ROWS: u64 = 1_048_576;

/// Characters of a cell.
const LONGEST: usize = 32_767;

/// What stands in a cell of a report.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// A text; what a cell has no room for is cut.
    Text(Cow<'a, str>),
    /// A number as it is.
    Number(f64),
    /// A similarity, with four digits.
    Similarity(f64),
    /// A share, in percent.
    Share(f64),
    /// Nothing.
    Nothing,
}

impl<'a> Value<'a> {
    /// A text, as it is.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A number of things.
    pub fn count(n: usize) -> Self {
        Self::Number(n as f64)
    }

    /// A similarity, or nothing.
    pub fn similarity(similarity: Option<f64>) -> Self {
        similarity.map_or(Self::Nothing, Self::Similarity)
    }

    /// A share, or nothing.
    pub fn share(share: Option<f64>) -> Self {
        share.map_or(Self::Nothing, Self::Share)
    }
}

/// A workbook (.xlsx), of which the last sheet is being written.
pub struct Book {
    book: Workbook,
    sheet: Worksheet,
    row: u32,
    cell: Format,
}

impl Book {
    /// A workbook whose first sheet has this name.
    ///
    /// # Errors
    /// When a sheet cannot be called so.
    pub fn new(sheet: &str) -> anyhow::Result<Self> {
        Ok(Self {
            book: Workbook::new(),
            sheet: named(sheet)?,
            row: 0,
            cell: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        })
    }

    /// Goes on with another sheet.
    ///
    /// # Errors
    /// When it cannot be called so.
    pub fn next_sheet(&mut self, name: &str) -> anyhow::Result<()> {
        let before = std::mem::replace(&mut self.sheet, named(name)?);
        self.book.push_worksheet(before);
        self.row = 0;
        Ok(())
    }

    /// The row of names, which stays where it is when the rows are scrolled.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn header(&mut self, names: &[Cow<'_, str>]) -> anyhow::Result<()> {
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

    /// The next row of a report.
    ///
    /// # Errors
    /// When the sheet is full.
    pub fn values(&mut self, values: &[Value<'_>]) -> anyhow::Result<()> {
        let (similarity, share) = (
            Format::new().set_num_format("0.0000"),
            Format::new().set_num_format("0.0%"),
        );
        let row = self.row;
        for (column, value) in (0..).zip(values) {
            let sheet = &mut self.sheet;
            match value {
                Value::Text(text) => {
                    let text: String = text.chars().take(LONGEST).collect();
                    sheet.write_string_with_format(row, column, text, &self.cell)?
                }
                Value::Number(number) => sheet.write_number(row, column, *number)?,
                Value::Similarity(of) => {
                    sheet.write_number_with_format(row, column, *of, &similarity)?
                }
                Value::Share(of) => sheet.write_number_with_format(row, column, *of, &share)?,
                Value::Nothing => sheet,
            };
        }
        self.row += 1;
        Ok(())
    }

    /// How wide a column is, in characters.
    ///
    /// # Errors
    /// When a sheet has no such column.
    pub fn width(&mut self, column: u16, width: f64) -> anyhow::Result<()> {
        self.sheet.set_column_width(column, width)?;
        Ok(())
    }

    /// The bytes of the workbook.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn finish(mut self) -> anyhow::Result<Vec<u8>> {
        self.book.push_worksheet(self.sheet);
        Ok(self.book.save_to_buffer()?)
    }
}

fn named(name: &str) -> anyhow::Result<Worksheet> {
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    Ok(sheet)
}
