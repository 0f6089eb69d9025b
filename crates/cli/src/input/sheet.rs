//! Workbooks of spreadsheet programs.

use std::io::{Cursor, Read};

use anyhow::{Context, bail};
use calamine::{Data, Reader, open_workbook_auto_from_rs};

use super::delimited::Cells;
use crate::terminal::remark;

/// The rows of the first sheet that has any, with their numbers; says on standard error if others have some too.
pub(super) fn rows(mut file: impl Read, name: &str) -> anyhow::Result<Vec<Cells>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .with_context(|| format!("{name} cannot be read"))?;
    let book = open_workbook_auto_from_rs(Cursor::new(bytes));
    let mut book = book.with_context(|| format!("{name} cannot be read as a workbook"))?;
    let sheets = book.worksheets().into_iter();
    let mut sheets = sheets.filter(|(_, cells)| !cells.is_empty());
    let Some((sheet, cells)) = sheets.next() else {
        bail!("{name} has no sheet with cells.");
    };
    let others = sheets.count();
    if others > 0 {
        let are = if others == 1 {
            "sheet is"
        } else {
            "sheets are"
        };
        remark!("{name} is read from its sheet {sheet:?}; {others} more {are} not read.");
    }
    let (first, left) = cells.start().unwrap_or_default();
    let row = |(i, cells): (usize, &[Data])| {
        let blank = (0..left).map(|_| String::new());
        let cells = blank.chain(cells.iter().map(text));
        Ok((u64::from(first) + i as u64 + 1, cells.collect()))
    };
    Ok(cells.rows().enumerate().map(row).collect())
}

/// What a cell shows; nothing where its formula failed.
fn text(cell: &Data) -> String {
    match cell {
        Data::Error(_) => String::new(),
        other => other.to_string(),
    }
}
