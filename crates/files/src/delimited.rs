//! Tables: TSV, CSV and sheets of a workbook.

mod joined;
mod questions;
mod segments;
mod selected;
mod table;
mod wordings;

use std::io::BufRead;

use self::selected::Selected;
pub(super) use self::wordings::name_of_one;
use super::cell::{self, Cells};
use super::lines::Lines;
use super::markdown::{self, Tables};
use super::quoted::{Quoted, without_formula};
use super::sheet::{Formatted, Span};
use super::{Columns, Origin, Records};

/// Rows of lines whose columns are separated by tabs. Quotes are part of the text, as in the
/// published sets of pairs.
pub(super) fn tsv(reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
    let mut width = 0;
    let records = Lines::new(reader).flat_map(move |line| match line {
        Ok((line, text)) => {
            if let Err(error) = cell::check_count(line, text.matches('\t').count() + 1) {
                return vec![Err(error)];
            }
            let rows = rows_of(&text, width);
            width = rows.first().map_or(width, Vec::len);
            rows.into_iter().map(|cells| Ok((line, cells))).collect()
        }
        Err(error) => vec![Err(error)],
    });
    table(records, columns, origin)
}

/// The cells of a line: of several rows where each piece that a CR ends has the `width` of the row above, as in files that were put
/// together.
fn rows_of(text: &str, width: usize) -> Vec<Vec<String>> {
    let rows: Vec<Vec<String>> = text.split('\r').map(cells_of).collect();
    match rows.iter().all(|row| row.len() == width) && width > 1 {
        true => rows,
        false => vec![cells_of(text)],
    }
}

fn cells_of(row: &str) -> Vec<String> {
    let cells = row.split('\t');
    cells.map(|cell| without_formula(cell.to_owned())).collect()
}

/// Rows of RFC 4180 records, or of a table in Markdown.
pub(super) fn csv(mut reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
    let is_markdown = markdown::is_named(&origin.name);
    if markdown::begins(&mut reader, is_markdown) {
        let tables = Tables::new(Lines::new(reader), origin.clone());
        return table(tables, columns, origin);
    }
    if is_markdown {
        return Box::new(std::iter::once(Err(markdown::no_table())));
    }
    let records = Quoted::new(Lines::new(reader), &columns);
    let between = match records.separator() {
        ',' => None,
        ';' => Some("semicolons".to_owned()),
        '\t' => Some("tabs".to_owned()),
        '|' => Some("vertical bars".to_owned()),
        '，' => Some("full-width commas".to_owned()),
        '；' => Some("full-width semicolons".to_owned()),
        other => Some(format!("{other:?}")),
    };
    if let Some(between) = between {
        origin.remarks.say(format!(
            "{} is read with {between} between its columns.",
            origin.name
        ));
    }
    // The line below the header of a table in Markdown.
    let is_rule = records.separator() == '|';
    let is_rule = move |record: &Cells| {
        is_rule && record.as_ref().is_ok_and(|(_, cells)| is_of_dashes(cells))
    };
    table(
        records.filter(move |record| !is_rule(record)),
        columns,
        origin,
    )
}

fn is_of_dashes(cells: &[String]) -> bool {
    let is_dash = |cell: &String| cell.trim().chars().all(|c| c == '-' || c == ':');
    cells.iter().all(is_dash) && cells.iter().any(|cell| cell.contains("--"))
}

/// Rows of a table. Rows without any text are skipped, unless a row may be just that: an empty text.
pub(super) fn table(
    records: impl Iterator<Item = Cells> + 'static,
    columns: Columns,
    origin: Origin,
) -> Records {
    let of_no_sheet = (Vec::new(), Formatted::new());
    sheet(records, of_no_sheet, columns, origin)
}

/// The same of a sheet, some of whose cells are one with those below them, and some of whose numbers are shown in formats of theirs.
pub(super) fn sheet(
    records: impl Iterator<Item = Cells> + 'static,
    look: (Vec<Span>, Formatted),
    columns: Columns,
    origin: Origin,
) -> Records {
    let skips_empty = columns.needed.len() + columns.optional.len() > 1;
    let is_row = move |record: &Cells| match record {
        Ok((_, cells)) => !skips_empty || cells.iter().any(|cell| !cell.trim().is_empty()),
        Err(_) => true,
    };
    let records = records.filter(is_row);
    Box::new(Selected::new(records, look, columns, origin))
}
