//! Cells that are one with those below them: what stands there belongs to each of their rows.

use calamine::Dimensions;

use super::Formatted;
use super::xlsx::CELL;
use crate::cell::Cells;
use crate::column_names::letters;
use crate::room::Room;

/// Rows of a column that are one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    /// From 0.
    pub(crate) column: usize,
    /// The first row and the last, from 1.
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Span {
    /// How spreadsheet programs call it.
    pub(super) fn name(self) -> String {
        let column = letters(self.column);
        format!("{column}{}:{column}{}", self.first, self.last)
    }
}

/// Those of more than one row, by their columns. Where two take the same cell, which no program writes, the second counts for nothing.
pub(super) fn spans(merged: &[Dimensions]) -> Vec<Span> {
    let below = merged.iter().filter(|cells| cells.end.0 > cells.start.0);
    let span = |cells: &Dimensions| Span {
        column: cells.start.1 as usize,
        first: u64::from(cells.start.0) + 1,
        last: u64::from(cells.end.0) + 1,
    };
    let mut spans: Vec<Span> = below.map(span).collect();
    spans.sort_by_key(|span| (span.column, span.first));
    let mut end = None;
    spans.retain(|span| {
        let is_free = end < Some((span.column, span.first));
        if is_free {
            end = Some((span.column, span.last));
        }
        is_free
    });
    spans
}

/// Writes what stands in merged cells, and what its number is shown as, into each of their rows that has any text; `rows` follow one another.
///
/// # Errors
/// When there is no room for that.
pub(super) fn fill(
    rows: &mut [Cells],
    formatted: &mut Formatted,
    spans: &[Span],
    room: &mut Room<'_>,
) -> anyhow::Result<()> {
    let Some(Ok((begin, _))) = rows.first() else {
        return Ok(());
    };
    let begin = *begin;
    let has_text = |row: &Cells| {
        let cells = row.as_ref().map(|(_, cells)| cells.as_slice());
        cells.is_ok_and(|cells| cells.iter().any(|cell| !cell.trim().is_empty()))
    };
    let filled: Vec<usize> = (0..rows.len()).filter(|&at| has_text(&rows[at])).collect();
    for span in spans {
        let Some(top) = span.first.checked_sub(begin) else {
            continue;
        };
        let (top, last) = (top as usize, (span.last - begin) as usize);
        let text = match rows.get(top) {
            Some(Ok((_, cells))) => cells.get(span.column).cloned().unwrap_or_default(),
            _ => continue,
        };
        if text.trim().is_empty() {
            continue;
        }
        let shown = formatted.get(&(span.first, span.column)).cloned();
        let below =
            filled.partition_point(|&at| at <= top)..filled.partition_point(|&at| at <= last);
        for &at in &filled[below] {
            if let Ok((line, cells)) = &mut rows[at] {
                let more = (span.column + 1).saturating_sub(cells.len());
                room.take(more * CELL + text.len())?;
                cells.resize(cells.len() + more, String::new());
                cells[span.column].clone_from(&text);
                let place = (*line, span.column);
                match &shown {
                    Some(shown) => {
                        room.take(CELL + size_of::<(u64, usize)>() + shown.len())?;
                        formatted.insert(place, shown.clone());
                    }
                    None => _ = formatted.remove(&place),
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(start: (u32, u32), end: (u32, u32)) -> Dimensions {
        Dimensions { start, end }
    }

    #[test]
    fn spans_are_of_several_rows_and_share_no_cell() {
        let merged = [
            cells((4, 1), (6, 1)),
            cells((0, 0), (0, 5)),
            cells((1, 0), (2, 3)),
            cells((2, 0), (9, 0)),
            cells((3, 0), (4, 0)),
        ];
        let names: Vec<String> = spans(&merged).into_iter().map(Span::name).collect();
        assert_eq!(names, ["A2:A3", "A4:A5", "B5:B7"]);
    }

    #[test]
    fn rows_without_text_stay_empty() {
        let row = |number, cells: &[&str]| -> Cells {
            Ok((number, cells.iter().map(|&cell| cell.to_owned()).collect()))
        };
        let mut rows = vec![
            row(2, &["问", "一"]),
            row(3, &["", "二"]),
            row(4, &[]),
            row(5, &["", "", "三"]),
        ];
        let span = Span {
            column: 0,
            first: 2,
            last: 5,
        };
        fill(
            &mut rows,
            &mut Formatted::new(),
            &[span],
            &mut Room::bytes(1 << 20),
        )
        .unwrap();
        let rows: Vec<String> = rows
            .into_iter()
            .map(|row| row.unwrap().1.join("|"))
            .collect();
        assert_eq!(rows, ["问|一", "问|二", "", "问||三"]);
        let mut rows = vec![row(1, &["问", "一"]), row(2, &["", "二"])];
        let span = Span {
            first: 1,
            last: 1_048_576,
            ..span
        };
        let told = fill(
            &mut rows,
            &mut Formatted::new(),
            &[span],
            &mut Room::bytes(1),
        )
        .unwrap_err();
        assert!(told.to_string().contains("it takes more than"), "{told}");
    }
}
