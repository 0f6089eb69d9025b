//! Workbooks of spreadsheet programs.

use std::io::{Cursor, Read};

use anyhow::{Context, bail};
use calamine::{
    Data, ExcelDateTime, Range, Reader, Sheet, SheetType, SheetVisible, Sheets,
    open_workbook_auto_from_rs,
};

use super::Origin;
use super::delimited::Cells;

/// The name and the rows of the first visible sheet that has any, with their numbers; says on standard error if others have some too.
pub(super) fn rows(mut file: impl Read, origin: &Origin) -> anyhow::Result<(String, Vec<Cells>)> {
    let name = origin.file();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .with_context(|| format!("{name} cannot be read"))?;
    let Ok(mut book) = open_workbook_auto_from_rs(Cursor::new(bytes)) else {
        bail!(
            "{name} cannot be read as a workbook: it is none, or is damaged, or has a password. Save it as .xlsx without one, or as CSV in UTF-8."
        );
    };
    let (hidden, visible): (Vec<_>, Vec<_>) = filled(&mut book, name)?
        .into_iter()
        .partition(|(sheet, _)| sheet.visible != SheetVisible::Visible);
    let others = (hidden.len() + visible.len()).saturating_sub(1);
    let Some((Sheet { name: sheet, .. }, cells)) = visible.into_iter().next() else {
        if hidden.is_empty() {
            bail!("{name} has no sheet with cells.");
        }
        bail!("All sheets of {name} with cells are hidden. Show the one that is meant, and save.");
    };
    if others > 0 {
        let are = if others == 1 {
            "sheet is"
        } else {
            "sheets are"
        };
        origin.say(format!(
            "{name} is read from its sheet {sheet:?}; {others} more {are} not read."
        ));
    }
    let (first, left) = cells.start().unwrap_or_default();
    let row = |(i, cells): (usize, &[Data])| {
        let blank = (0..left).map(|_| String::new());
        let cells = blank.chain(cells.iter().map(shown));
        Ok((u64::from(first) + i as u64 + 1, cells.collect()))
    };
    Ok((sheet, cells.rows().enumerate().map(row).collect()))
}

/// Numbers that are days: before, Excel has a day that never was, and times without one.
const DAYS: std::ops::Range<f64> = 61.0..2_958_466.0;

/// A cell as a text. A time is a number of days there, which tells nobody anything.
fn shown(cell: &Data) -> String {
    match cell {
        Data::DateTime(time) if time.is_datetime() && DAYS.contains(&time.as_f64()) => {
            shown_time(time)
        }
        other => other.to_string(),
    }
}

/// A time as in RFC 3339, or the day alone where it is the beginning of one.
fn shown_time(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// The sheets that have cells, in their order.
fn filled(
    book: &mut Sheets<Cursor<Vec<u8>>>,
    name: &str,
) -> anyhow::Result<Vec<(Sheet, Range<Data>)>> {
    let mut filled = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        let is_visible = |(sheet, _): &(Sheet, _)| sheet.visible == SheetVisible::Visible;
        match book.worksheet_range(&sheet.name) {
            Ok(cells) if !cells.is_empty() => filled.push((sheet, cells)),
            // Behind the one that is read it does not matter.
            Err(error) if !filled.iter().any(is_visible) => {
                let told = format!("{name}: its sheet {:?} is damaged", sheet.name);
                return Err(anyhow::Error::new(error).context(told));
            }
            _ => {}
        }
    }
    Ok(filled)
}
