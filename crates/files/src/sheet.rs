//! Workbooks of spreadsheet programs.

mod cell;
mod format;
mod merged;
mod ods;
mod packed;
mod xlsx;

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, bail};
use calamine::{Data, Range, Reader, SheetType, SheetVisible, Sheets, open_workbook_auto_from_rs};

use self::cell::shown;
pub(crate) use self::merged::Span;
use super::Origin;
use super::cell::Cells;
use super::names;
use super::room::Room;

/// How the workbooks of Excel before 2007 begin, and those with a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Names of sheets that only say how the others are meant.
#[rustfmt::skip]
const EXPLAINING: [&str; 18] = [
    "说明", "填写说明", "使用说明", "导入说明", "模板说明", "填表说明", "填写须知", "导入须知", "须知", "注意事项", "使用指南", "填写指南", "封面", "目录", "更新记录", "修订记录", "readme", "instructions",
];

/// The first visible sheet that has any rows and is no explanation; says so if others have some too.
/// `sent`: nobody who could be asked has put it here, so that only what can be bounded is read.
pub(super) fn rows(
    mut file: impl Read,
    origin: &Origin,
    sent: bool,
    room: &mut Room<'_>,
) -> anyhow::Result<Sheet> {
    let name = origin.file();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .with_context(|| format!("{name} cannot be read"))?;
    check_kind(&bytes, name, sent)?;
    packed::check(&bytes, room).with_context(|| format!("{name} cannot be read"))?;
    // What is damaged by design may lead the library to things that cannot be.
    let read = catch_unwind(AssertUnwindSafe(|| of_book(bytes, origin, sent, room)));
    read.unwrap_or_else(|_| Err(no_workbook(name)))
}

fn no_workbook(name: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "{name} cannot be read as a workbook: it is none, or is damaged, or has a password. Save it as .xlsx without one, or as CSV in UTF-8."
    )
}

fn check_kind(bytes: &[u8], name: &str, sent: bool) -> anyhow::Result<()> {
    if sent && ods::is(bytes) {
        bail!(
            "{name} is a workbook of OpenDocument (.ods). Open it in a spreadsheet program and save it as .xlsx, or as CSV in UTF-8."
        );
    }
    if !bytes.starts_with(COMPOUND) {
        return Ok(());
    }
    let stream: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if bytes.windows(stream.len()).any(|bytes| bytes == stream) {
        bail!("{name} has a password. Save it without one.");
    }
    if sent {
        bail!(
            "{name} is a workbook as Excel wrote them before 2007 (.xls). Open it in a spreadsheet program and save it as .xlsx, or as CSV in UTF-8."
        );
    }
    Ok(())
}

fn of_book(
    bytes: Vec<u8>,
    origin: &Origin,
    sent: bool,
    room: &mut Room<'_>,
) -> anyhow::Result<Sheet> {
    let name = origin.file();
    // What others send is .xlsx.
    let of_sheets = match sent {
        true => Vec::new(),
        false => ods::merged(&bytes).map_err(|_| no_workbook(name))?,
    };
    let bytes = Cursor::new(bytes);
    let book = match sent {
        true => calamine::Xlsx::new(bytes).ok().map(Sheets::Xlsx),
        false => open_workbook_auto_from_rs(bytes).ok(),
    };
    let mut book = book.ok_or_else(|| no_workbook(name))?;
    let filled = filled(&mut book, name)?;
    if let Some(left) = filled.left(name) {
        origin.say(left);
    }
    let sheet = filled.sheet;
    let damaged = || format!("{name}: its sheet {sheet:?} is damaged");
    let mut formatted = Formatted::new();
    let (mut rows, merged) = match &mut book {
        Sheets::Xlsx(book) => {
            let shown = xlsx::formatted(book, &sheet, room);
            formatted = shown.with_context(|| format!("{name} cannot be read"))?;
            let merged = xlsx::merged(book, &sheet).with_context(damaged)?;
            let rows = xlsx::rows(book, &sheet, room);
            (
                rows.with_context(|| format!("{name} cannot be read"))?,
                merged,
            )
        }
        Sheets::Xls(book) => {
            let merged = book
                .merge_cells_by_sheet_name(&sheet)
                .with_context(damaged)?;
            (
                dense(book.worksheet_range(&sheet).with_context(damaged)?),
                merged,
            )
        }
        other => {
            let own = of_sheets.into_iter().find(|(name, _)| *name == sheet);
            (
                dense(other.worksheet_range(&sheet).with_context(damaged)?),
                own.map(|(_, merged)| merged).unwrap_or_default(),
            )
        }
    };
    let spans = merged::spans(&merged);
    if let Some(first) = spans.first() {
        let first = first.name();
        origin.say(format!(
            "{name}: cells of the sheet {sheet:?} are merged, the first {first}; what stands there belongs to each of their rows."
        ));
    }
    merged::fill(&mut rows, &mut formatted, &spans, room)
        .with_context(|| format!("{name} cannot be read"))?;
    Ok(Sheet {
        name: sheet,
        rows,
        spans,
        formatted,
    })
}

/// What cells are shown as whose numbers say less, by their rows from 1 and their columns from 0.
pub(crate) type Formatted = HashMap<(u64, usize), String>;

/// A sheet that was read.
pub(super) struct Sheet {
    pub(super) name: String,
    /// Its rows, with their numbers.
    pub(super) rows: Vec<Cells>,
    /// Which of its cells are one with those below them, by columns.
    pub(super) spans: Vec<Span>,
    /// Numbers as they are shown.
    pub(super) formatted: Formatted,
}

/// The sheet to read.
struct Filled {
    sheet: String,
    /// How many others have cells.
    others: usize,
    /// Those of them that may have been meant as well: what is shown and does not explain.
    alike: Vec<String>,
}

impl Filled {
    /// What is said of the others.
    fn left(&self, name: &str) -> Option<String> {
        let Self { sheet, others, .. } = self;
        let more = match (&self.alike[..], others) {
            (_, 0) => return None,
            ([], 1) => "1 more sheet is not read.".to_owned(),
            ([], _) => format!("{others} more sheets are not read."),
            (alike, _) => {
                let alike = alike.iter().map(|sheet| format!("{sheet:?}"));
                let alike = alike.collect::<Vec<_>>().join(", ");
                format!(
                    "not read: {alike}. Save each of them as a file of its own to read it, too."
                )
            }
        };
        Some(format!("{name} is read from its sheet {sheet:?}; {more}"))
    }
}

/// The first visible sheet that has cells, and more to say than how it is filled in.
fn filled(book: &mut Sheets<Cursor<Vec<u8>>>, name: &str) -> anyhow::Result<Filled> {
    let (mut visible, mut hidden) = (Vec::new(), 0);
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        match (has_cells(book, &sheet.name), sheet.visible) {
            (Ok(true), SheetVisible::Visible) => visible.push(sheet.name),
            (Ok(true), _) => hidden += 1,
            // Behind the one that is read it does not matter.
            (Err(error), _) if visible.is_empty() => {
                return Err(error.context(format!("{name}: its sheet {:?} is damaged", sheet.name)));
            }
            _ => {}
        }
    }
    let others = (visible.len() + hidden).saturating_sub(1);
    // How to fill in a template stands in front of what was filled in.
    let explains = |sheet: &&String| EXPLAINING.contains(&&*names::plain(sheet));
    let first = visible.iter().find(|sheet| !explains(sheet));
    match first.or(visible.first()).cloned() {
        Some(sheet) => {
            let alike = visible
                .iter()
                .filter(|other| **other != sheet && !explains(other));
            let alike = alike.cloned().collect();
            Ok(Filled {
                sheet,
                others,
                alike,
            })
        }
        None if hidden == 0 => bail!("{name} has no sheet with cells."),
        None => {
            bail!(
                "All sheets of {name} with cells are hidden. Show the one that is meant, and save."
            )
        }
    }
}

fn has_cells(book: &mut Sheets<Cursor<Vec<u8>>>, sheet: &str) -> anyhow::Result<bool> {
    match book {
        Sheets::Xlsx(book) => xlsx::has_cells(book, sheet),
        other => Ok(!other.worksheet_range(sheet)?.is_empty()),
    }
}

/// The rows of a sheet that the library has whole.
fn dense(cells: Range<Data>) -> Vec<Cells> {
    let (first, left) = cells.start().unwrap_or_default();
    let row = |(i, cells): (usize, &[Data])| {
        let blank = (0..left).map(|_| String::new());
        let cells = blank.chain(cells.iter().map(shown));
        Ok((u64::from(first) + i as u64 + 1, cells.collect()))
    };
    cells.rows().enumerate().map(row).collect()
}
