//! Tables of turns as text: rows below the names of their columns, as Whisper writes them (`start`, `end` and `text` with tabs between them) and spreadsheet programs save them.

use anyhow::{anyhow, bail};

use super::fields::{Field, field};
use super::table::{Columns, LOOKED_AT, Row};
use super::{Line, Parsed, TranscriptLayout, Turn};

/// What may stand between columns.
const SEPARATORS: [u8; 3] = [b'\t', b',', b';'];

/// How a table is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Delimited {
    separator: u8,
    /// The names of the columns; labels of Audacity have none.
    head: Vec<String>,
    /// The column of what is said.
    text: usize,
}

/// What stands between the columns that the first of these lines names; `None`: it names none. Some may have names that nobody knows, which are kept as they are. Of a file
/// whose ending says what it is separated by, what is said may be the only name that is known, and the only column.
pub(super) fn separator(lines: &[Line], ending: Option<u8>) -> Option<u8> {
    let mut filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let (_, first) = filled.next()?;
    let second = filled.next();
    let columns = |line: &str, separator| line.split(char::from(separator)).count();
    SEPARATORS.into_iter().find(|&separator| {
        let names = first.split(char::from(separator));
        let names = names.map(|name| name.trim().trim_matches('"'));
        let fields: Vec<Option<Field>> = names.map(field).collect();
        let has = |wanted| fields.contains(&Some(wanted));
        let has_text = has(Field::Text);
        let is_beside = has(Field::Speaker) || has(Field::Time);
        // 内容, 时间 and words that nobody knows may as well be said.
        let is_sure = || {
            let has_second = |(_, row): &Line| columns(row, separator) >= fields.len();
            !fields.contains(&None) || second.is_some_and(has_second)
        };
        match ending {
            Some(only) if fields.len() == 1 => has_text && separator == only,
            Some(_) => has_text || has(Field::Speaker),
            None => has_text && is_beside && is_sure(),
        }
    })
}

/// Labels as Audacity writes them, which have no names: a start and an end in seconds, and what is said, with tabs between them. `None`: these lines are none.
pub(super) fn labels(lines: &[Line]) -> Option<Parsed> {
    let is_seconds = |cell: &str| cell.contains('.') && cell.trim().parse::<f64>().is_ok();
    let filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
    let turn = |(line, text): &Line| {
        let cells: Vec<String> = text.split('\t').map(str::to_owned).collect();
        let [start, end, said] = &cells[..] else {
            return None;
        };
        let are_times = is_seconds(start) && is_seconds(end);
        are_times.then(|| Turn {
            line: *line,
            lines: (*line, *line),
            time: Some(start.trim().into()),
            text: said.trim().into(),
            cells: Some(cells.clone().into()),
            ..Turn::default()
        })
    };
    let turns: Vec<Turn> = filled.map(turn).collect::<Option<_>>()?;
    (!turns.is_empty()).then(|| Parsed {
        layout: TranscriptLayout::Table,
        turns,
        table: Some(Delimited {
            separator: b'\t',
            head: Vec::new(),
            text: 2,
        }),
        ..Parsed::default()
    })
}

/// # Errors
/// When a row has not as many cells as there are columns.
pub(super) fn turns(lines: &[Line], separator: u8) -> anyhow::Result<Parsed> {
    let mut rows = rows(lines, separator)?.into_iter();
    let (_, head) = rows.next().unwrap_or_default();
    let rows: Vec<(u64, Vec<String>)> = rows.collect();
    let some = rows.iter().take(LOOKED_AT).map(|(_, row)| row.clone());
    let some: Vec<Row> = some.collect();
    let Some(columns) = Columns::called(&head, &some).filter(|_| !rows.is_empty()) else {
        let layout = match rows.is_empty() {
            true => TranscriptLayout::Table,
            false => TranscriptLayout::Lines,
        };
        return Ok(Parsed {
            layout,
            ..Parsed::default()
        });
    };
    let width = head.len();
    let turn = |(line, cells): (u64, Vec<String>)| {
        if cells.len() != width {
            bail!(
                "line {line} has {} columns, and the first {width}; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV",
                cells.len()
            );
        }
        let said = columns.said(&cells);
        Ok(Turn {
            line,
            lines: (line, line),
            speaker: said.speaker.map(Into::into),
            time: said.time.map(Into::into),
            text: cells[columns.text].trim().into(),
            cells: Some(cells.into()),
            ..Turn::default()
        })
    };
    let turns = rows.into_iter().map(turn).collect::<anyhow::Result<_>>()?;
    Ok(Parsed {
        layout: TranscriptLayout::Table,
        turns,
        table: Some(Delimited {
            separator,
            head,
            text: columns.text,
        }),
        ..Parsed::default()
    })
}

/// The rows with their lines, without empty ones. Tabs stand between columns without quotes, as in all files here.
fn rows(lines: &[Line], separator: u8) -> anyhow::Result<Vec<(u64, Vec<String>)>> {
    if separator == b'\t' {
        let filled = lines.iter().filter(|(_, line)| !line.trim().is_empty());
        let row = |(number, line): &Line| (*number, line.split('\t').map(str::to_owned).collect());
        return Ok(filled.map(row).collect());
    }
    let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let text = texts.join("\n");
    let mut builder = csv::ReaderBuilder::new();
    let reader = builder
        .has_headers(false)
        .flexible(true)
        .delimiter(separator);
    let mut reader = reader.from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| anyhow!("it is no CSV: {error}"))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push((line, record.iter().map(str::to_owned).collect()));
        }
    }
    Ok(rows)
}

impl Delimited {
    /// Whether it is written so in files with this ending.
    pub(super) fn is_written_as(&self, ending: &str) -> bool {
        (ending == "tsv") == (self.separator == b'\t')
    }

    /// The table with these rows, each with what is said in it.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(super) fn written<'t>(
        &self,
        rows: impl Iterator<Item = (&'t Turn, String)>,
        has_crlf: bool,
    ) -> anyhow::Result<Vec<u8>> {
        let rows = rows.map(|(turn, said)| {
            let mut cells = turn.cells.clone().unwrap_or_default();
            if let Some(cell) = cells.get_mut(self.text) {
                *cell = said;
            }
            cells.into_vec()
        });
        let head = Some(self.head.clone()).filter(|head| !head.is_empty());
        let rows = head.into_iter().chain(rows);
        if self.separator == b'\t' {
            let end = if has_crlf { "\r\n" } else { "\n" };
            let lines: String = rows.map(|cells| cells.join("\t") + end).collect();
            return Ok(lines.into_bytes());
        }
        let mut builder = csv::WriterBuilder::new();
        builder.delimiter(self.separator).flexible(true);
        if has_crlf {
            builder.terminator(csv::Terminator::CRLF);
        }
        let mut writer = builder.from_writer(Vec::new());
        for cells in rows {
            writer.write_record(&cells)?;
        }
        writer
            .into_inner()
            .map_err(|error| anyhow!("{}", error.error()))
    }
}
