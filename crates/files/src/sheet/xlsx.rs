//! Cells of .xlsx files as they come, so that a cell in the last corner of a sheet makes no rows and columns up to it.

use std::collections::BTreeMap;
use std::io::Cursor;

use anyhow::bail;
use calamine::{Data, DataRef, Dimensions, Xlsx};

use super::Formatted;
use super::cell::shown;
use super::format::Code;
use crate::cell::{Cells, MOST_COLUMNS};
use crate::fault::NOT_COMPUTED;
use crate::room::Room;

type Book = Xlsx<Cursor<Vec<u8>>>;

/// Rows of a sheet.
const MOST_ROWS: u32 = 1_048_576;

/// Bytes that a cell takes beside its text.
pub(super) const CELL: usize = size_of::<String>();

/// Whether a sheet has any text.
pub(super) fn has_cells(book: &mut Book, sheet: &str) -> anyhow::Result<bool> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    while let Some(cell) = cells.next_cell()? {
        if !matches!(cell.get_value(), DataRef::Empty) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows of a sheet with their numbers, from the first to the last that has any text.
pub(super) fn rows(
    book: &mut Book,
    sheet: &str,
    room: &mut Room<'_>,
) -> anyhow::Result<Vec<Cells>> {
    let mut rows: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut cells = book.worksheet_cells_reader(sheet)?;
    while let Some(cell) = cells.next_cell_with_formula_metadata()? {
        let text = match (cell.value, cell.formula) {
            // Programs that do not compute write formulas without what comes of them.
            (DataRef::Empty, Some(_)) => NOT_COMPUTED.to_owned(),
            (DataRef::Empty, None) => continue,
            (value, _) => shown(&Data::from(value)),
        };
        let (row, column) = (cell.pos.0, cell.pos.1 as usize);
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            bail!("a cell stands outside of it");
        }
        let row = rows.entry(row).or_default();
        let more = (column + 1).saturating_sub(row.len());
        room.take(more * CELL + text.len())?;
        row.resize(row.len() + more, String::new());
        row[column] = text;
    }
    with_blank_ones(rows, room)
}

/// All rows, those between them that have nothing too: a row may be just that, an empty text.
fn with_blank_ones(
    mut rows: BTreeMap<u32, Vec<String>>,
    room: &mut Room<'_>,
) -> anyhow::Result<Vec<Cells>> {
    let (Some((&first, _)), Some((&last, _))) = (rows.first_key_value(), rows.last_key_value())
    else {
        return Ok(Vec::new());
    };
    room.take((last - first + 1) as usize * size_of::<Cells>())?;
    let row = |row| Ok((u64::from(row) + 1, rows.remove(&row).unwrap_or_default()));
    Ok((first..=last).map(row).collect())
}

/// What numbers are shown as, where their format says more than they do.
///
/// # Errors
/// When the sheet is damaged, or there is no room.
pub(super) fn formatted(
    book: &mut Book,
    sheet: &str,
    room: &mut Room<'_>,
) -> anyhow::Result<Formatted> {
    let mut formatted = Formatted::new();
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let codes = cells.styles().iter().map(|style| {
        let format = style.number_format.as_ref();
        format.map(|format| Code::of(&format.format_code))
    });
    let codes: Vec<Option<Code>> = codes.collect();
    if codes.iter().flatten().all(Code::says_nothing) {
        return Ok(formatted);
    }
    while let Some((cell, style)) = cells.next_cell_with_style_id()? {
        let number = match cell.get_value() {
            DataRef::Int(number) => *number as f64,
            DataRef::Float(number) => *number,
            _ => continue,
        };
        let code = codes.get(style).and_then(Option::as_ref);
        let shown = code.and_then(|code| code.shown(number));
        if let Some(text) = shown {
            let (row, column) = cell.get_position();
            room.take(CELL + size_of::<(u64, usize)>() + text.len())?;
            formatted.insert((u64::from(row) + 1, column as usize), text);
        }
    }
    Ok(formatted)
}

/// The cells that are merged.
pub(super) fn merged(book: &mut Book, sheet: &str) -> anyhow::Result<Vec<Dimensions>> {
    Ok(book.merge_cells_by_sheet_name(sheet)?)
}
