//! The turns of a document: rows of tables, and paragraphs as lines of text.

use anyhow::bail;

use super::docx::{Document, DocumentRow, DocumentTable, Edits};
use super::entry::Entry;
use super::table::{Columns, Row, is_label};
use super::{Line, Parsed, TranscriptLayout, Turn, note, parsed_lines};
use crate::{Remarks, Room};

/// Why nothing is read of a document that has tables.
const NO_TURNS: &str = "nothing in its tables says who speaks and what. Name the columns of the table 发言人, 时间 and 内容 (speaker, time, text), or write the remarks as paragraphs";

/// # Errors
/// When its paragraphs are subtitles that are broken, it has tables and no turns, or there is no room for it.
pub(super) fn parsed(
    document: &Document,
    name: &str,
    remarks: &Remarks,
    room: &mut Room<'_>,
) -> anyhow::Result<Parsed> {
    let mut loose = vec![true; document.lines.len()];
    let mut of_turns = vec![false; document.tables.len()];
    let (mut turns, mut passed) = (Vec::new(), 0);
    for (number, table) in document.tables.iter().enumerate() {
        let rows = rows(document, table, room)?;
        match Columns::of(&rows) {
            Some(columns) => {
                of_turns[number] = true;
                turns.extend(turns_of(document, number, &rows, &columns));
            }
            None => passed += usize::from(hide_form(&mut loose, document, table)),
        }
    }
    hide(&mut loose, document, &of_turns);
    let lines = document.lines.iter().zip(1u64..).zip(&loose);
    let lines = lines.filter(|(_, is_loose)| **is_loose);
    let lines: Vec<Line> = lines.map(|((line, n), _)| (n, line.text.clone())).collect();
    let mut parsed = parsed_lines(lines)?;
    match (turns.is_empty(), parsed.layout) {
        (true, _) => {}
        // Paragraphs without names around a table of turns are what is around them.
        (false, TranscriptLayout::Lines) => {
            let said = parsed.turns.iter().map(|turn| {
                let before = turn.before.as_deref().unwrap_or_default();
                format!("{before}{}", turn.text)
            });
            let (before, behind): (Vec<_>, Vec<_>) = parsed
                .turns
                .iter()
                .partition(|turn| turn.line < turns[0].line);
            parsed.head = said.take(before.len()).collect();
            tell_passed(name, behind.len(), remarks);
            parsed.turns = turns;
        }
        (false, _) => {
            parsed.turns.append(&mut turns);
            parsed.turns.sort_by_key(|turn| turn.line);
        }
    }
    let is_empty = parsed.turns.iter().all(|turn| turn.text.trim().is_empty());
    match passed {
        0 => {}
        _ if is_empty => bail!(NO_TURNS),
        1 => remarks.say(format!(
            "{name}: 1 table is no list of remarks and is not read; it stays in the document."
        )),
        n => remarks.say(format!(
            "{name}: {n} tables are no lists of remarks and are not read; they stay in the document."
        )),
    }
    Ok(parsed)
}

fn tell_passed(name: &str, paragraphs: usize, remarks: &Remarks) {
    match paragraphs {
        0 => {}
        1 => remarks.say(format!(
            "{name} is read from its table of remarks; 1 paragraph below that is not read and stays in the document."
        )),
        n => remarks.say(format!(
            "{name} is read from its table of remarks; {n} paragraphs below that are not read and stay in the document."
        )),
    }
}

/// The rows of a table with their cells by column. What stands in cells that are one with those above is said in each of their rows.
///
/// # Errors
/// When there is no room for that.
fn rows(
    document: &Document,
    table: &DocumentTable,
    room: &mut Room<'_>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::<Row>::with_capacity(table.rows.len());
    for row in &table.rows {
        let mut cells = Row::new();
        for cell in &row.cells {
            cells.resize(cell.column.max(cells.len()), String::new());
            let above = || rows.last()?.get(cell.column).cloned();
            cells.push(match cell.is_continued {
                true => above().unwrap_or_default(),
                false => document.text(cell),
            });
        }
        let texts: usize = cells.iter().map(String::len).sum();
        room.take(texts + cells.len() * size_of::<String>())?;
        rows.push(cells);
    }
    Ok(rows)
}

/// The turns of a table. A row of one cell is a heading, and one in which nothing is said no turn.
fn turns_of(document: &Document, number: usize, rows: &[Row], columns: &Columns) -> Vec<Turn> {
    let table = &document.tables[number];
    let rows = rows.iter().zip(&table.rows).enumerate();
    let rows = rows.skip(usize::from(columns.has_head));
    let turn = |(place, (cells, row)): (usize, (&Row, &DocumentRow))| {
        let mut there = row.cells.iter();
        let cell = there.find(|cell| cell.column == columns.text && !cell.is_continued)?;
        let text = document.text(cell);
        let is_heading = row.cells.len() == 1 && table.rows.iter().any(|row| row.cells.len() > 1);
        if text.is_empty() || is_heading {
            return None;
        }
        let said = columns.said(cells);
        let (first, last) = (cell.lines.start, cell.lines.end.max(1) - 1);
        Some(Turn {
            line: first as u64 + 1,
            lines: (first as u64 + 1, last as u64 + 1),
            speaker: said.speaker.map(Into::into),
            time: said.time.map(|time| time.replace('\n', " ").into()),
            text: text.into(),
            row: Some((number as u32, place as u32)),
            ..Turn::default()
        })
    };
    rows.filter_map(turn).collect()
}

/// The lines of tables of turns are none of the text around them.
fn hide(loose: &mut [bool], document: &Document, of_turns: &[bool]) {
    for (line, is_loose) in document.lines.iter().zip(loose) {
        *is_loose &= !line.table.is_some_and(|table| of_turns[table]);
    }
}

/// Of a table that is none of turns only what stands alone in its row, or beside a name such as 会议内容, is text: the rest is a form or a list. Returns whether it has rows of
/// several cells that are passed over.
fn hide_form(loose: &mut [bool], document: &Document, table: &DocumentTable) -> bool {
    let mut is_passed = false;
    for row in &table.rows {
        let texts: Vec<String> = row.cells.iter().map(|cell| document.text(cell)).collect();
        let is_told = row.cells.len() == 2 && is_of_contents(&texts[0]);
        let filled = texts.iter().filter(|text| !text.is_empty()).count();
        for (place, cell) in row.cells.iter().enumerate() {
            let stays = row.cells.len() == 1 && !is_label(&texts[0]) || is_told && place == 1;
            if !stays {
                loose[cell.lines.clone()].fill(false);
            }
        }
        let is_form = row.cells.len() % 2 == 0 && is_label(&texts[0]);
        is_passed |= filled > 1 && !is_told && !is_form;
    }
    is_passed
}

/// Whether a cell says that what stands beside it was said in the meeting.
fn is_of_contents(cell: &str) -> bool {
    use super::fields::{Field, field};
    let name = cell.trim().trim_end_matches([':', '：']);
    field(name) == Some(Field::Text)
}

/// The document with some of its turns, and with their notes.
///
/// # Errors
/// When it cannot be packed.
pub(super) fn written(
    document: &Document,
    turns: &[Turn],
    entries: &[Entry],
) -> anyhow::Result<Vec<u8>> {
    let mut edits = Edits::of(document);
    let mut kept = vec![false; turns.len()];
    for entry in entries {
        kept[entry.turn] = true;
        let turn = &turns[entry.turn];
        let Some(last) = last_line(document, turn) else {
            continue;
        };
        if !turn.notes.is_empty() {
            let said = note::split(&document.lines[last].text).0;
            edits.cut(last, said.chars().count());
        }
        if let Some(note) = &entry.note {
            edits.put(last, &format!(" {note}"));
        }
    }
    for (turn, _) in turns.iter().zip(&kept).filter(|(_, kept)| !**kept) {
        match turn.row {
            Some((table, row)) => edits.leave_out_row(table as usize, row as usize),
            None => edits.leave_out(with_blank_lines(document, turn)),
        }
    }
    edits.finish()
}

/// The lines of a turn among those of the document.
fn own_lines(turn: &Turn) -> std::ops::Range<usize> {
    let (first, last) = turn.lines;
    first.max(1) as usize - 1..last as usize
}

/// The lines of a turn and the empty ones behind it, without those of tables that stand between them.
fn with_blank_lines(document: &Document, turn: &Turn) -> impl Iterator<Item = usize> {
    let own = own_lines(turn);
    let lines = &document.lines;
    let table = lines[own.start].table;
    let below = own.end..lines.len();
    let blank = below.take_while(move |line| lines[*line].text.is_empty());
    let all = own.chain(blank);
    all.filter(move |line| lines[*line].table == table)
}

/// The last line of a turn that says something.
fn last_line(document: &Document, turn: &Turn) -> Option<usize> {
    own_lines(turn)
        .rev()
        .find(|line| !document.lines[*line].text.is_empty())
}
