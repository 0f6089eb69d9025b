//! Where the columns of a table without a header stand: the first ones, unless one of them has only numbers where a text should be.

use anyhow::bail;

use super::super::{Columns, label};
use super::Places;

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
