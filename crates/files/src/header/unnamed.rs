//! Where the columns of a table without a header stand: the first ones, unless one of them has only numbers where a text should be.

use std::collections::HashSet;

use anyhow::bail;

use super::super::{Columns, label};
use super::Places;
use crate::cell::filled;

/// The places of the columns where they are not the first ones; `first` are the first records, each with its line.
///
/// # Errors
/// When a column of numbers stands where a text should, and nothing tells which one is meant.
pub(super) fn places(
    first: &[(u64, Vec<String>)],
    columns: &Columns,
) -> anyhow::Result<Option<Places>> {
    let width = first
        .iter()
        .map(|(_, cells)| cells.len())
        .max()
        .unwrap_or(0);
    let all: Vec<Column> = (0..width).map(|place| Column::of(first, place)).collect();
    let needed = columns.needed.len();
    let wanted = needed - usize::from(columns.number.is_some());
    let is_of_keys = |column: &Column| *column == Column::Keys;
    if !all.iter().take(wanted).any(is_of_keys) || !all.contains(&Column::Texts) {
        return Ok(None);
    }
    let texts: Vec<usize> = (0..width).filter(|&i| all[i] == Column::Texts).collect();
    if columns.optional.is_empty() && texts.len() == wanted {
        let label = label_of(first, &texts, width);
        if columns.number.is_none() || label.is_some() {
            let label = label.filter(|_| columns.number.is_some());
            return Ok(Some(Places {
                needed: texts.into_iter().chain(label).collect(),
                others: columns.further.iter().map(|_| None).collect(),
            }));
        }
    }
    // One row may be a pair of a number and its name.
    if first.len() < 2 {
        return Ok(None);
    }
    let numbers = (0..wanted).find(|&i| all.get(i).is_some_and(is_of_keys));
    bail!(
        "column {} has only numbers, where {} should be; say which columns to read with {}, as in {} 2,3",
        numbers.unwrap_or(0) + 1,
        columns.needed[numbers.unwrap_or(0)],
        columns.flag,
        columns.flag
    )
}

/// The places of the columns of items: the text, then the answer. A third column has ids where each row has one of its own there, and wordings stand behind them.
/// Whatever else stands in a third one would take the place of another item or cut an answer, so that a sheet keeps it as it is, and a text, in which it may be
/// what follows a separator within a cell, says more.
///
/// # Errors
/// When no row of a text has two columns or fewer, and nothing tells what is in the others.
pub(super) fn places_of_items(
    first: &[(u64, Vec<String>)],
    columns: &Columns,
    is_sheet: bool,
) -> anyhow::Result<Places> {
    let width = width_of_items(first, is_sheet);
    let has_ids = has_ids(first);
    let least = first.iter().map(|(_, cells)| filled(cells)).min();
    if let (Some(n @ 3..), false, false) = (least, has_ids, is_sheet) {
        let (line, flag) = (first[0].0, columns.flag);
        bail!(
            "no header tells what is in the columns, and the rows from line {line} on have {n} or more; name them in a first row (text, answer, id), or say which are read with {flag}, as in {flag} 1,2. A text that holds the separator stands in quotes in CSV"
        );
    }
    let known = if has_ids { width } else { width.min(2) };
    let in_order = Places::in_order(columns);
    let others = in_order.others.into_iter();
    let others = others.map(|place| place.filter(|&place| place < known));
    Ok(Places {
        others: others.collect(),
        ..in_order
    })
}

/// How many columns the rows of items without a header have. Rows of a text that have different numbers of them have two, a text and an answer: a third is what follows a
/// separator within one of these.
pub(in super::super) fn width_of_items(first: &[(u64, Vec<String>)], is_sheet: bool) -> usize {
    let widths = first.iter().map(|(_, cells)| filled(cells));
    let most = widths.clone().max().unwrap_or(0);
    let is_same = is_sheet || widths.clone().all(|width| width == most) || has_ids(first);
    if is_same { most } else { most.min(2) }
}

/// Whether each row has a key in its third column that no other has.
fn has_ids(first: &[(u64, Vec<String>)]) -> bool {
    let mut seen = HashSet::new();
    let mut rows = first.iter().map(|(_, cells)| cells);
    rows.all(|cells| is_identified(cells) && seen.insert(cells[2].trim()))
}

/// Whether the third column of a row has a key, and is not the rest of a number: 1,299.
pub(in super::super) fn is_identified(cells: &[String]) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let is_cut = |id: &str| cells[1].trim_end().ends_with(is_digit) && id.starts_with(is_digit);
    let id = cells.get(2).map(|id| id.trim());
    id.is_some_and(|id| is_key(id) && !is_cut(id))
}

/// What the cells of a column are.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Blank,
    /// Numbers, or keys of rows such as `q-012`.
    Keys,
    /// Yes and no.
    Answers,
    Texts,
}

impl Column {
    fn of(first: &[(u64, Vec<String>)], place: usize) -> Self {
        let cells = first.iter().filter_map(|(_, cells)| cells.get(place));
        let cells: Vec<&str> = cells
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
            .collect();
        match &cells[..] {
            [] => Self::Blank,
            cells if cells.iter().all(|cell| is_key(cell)) => Self::Keys,
            cells if cells.iter().all(|cell| label::read(cell).is_some()) => Self::Answers,
            _ => Self::Texts,
        }
    }
}

fn is_key(cell: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.:/#".contains(c);
    let is_word = cell.chars().all(is_part) && cell.contains(|c: char| c.is_ascii_digit());
    label::number(cell).is_some() || is_word && cell.len() <= 40
}

/// The only column behind the texts whose cells are labels.
fn label_of(first: &[(u64, Vec<String>)], texts: &[usize], width: usize) -> Option<usize> {
    let behind = texts.last()? + 1;
    let is_label = |&place: &usize| {
        let mut cells = first.iter().map(|(_, cells)| cells.get(place));
        cells.all(|cell| cell.is_some_and(|cell| label::read(cell).is_some()))
    };
    let mut labels = (behind..width).filter(is_label);
    labels.next().filter(|_| labels.next().is_none())
}
