//! TSV and CSV.

use std::io::BufRead;

use anyhow::bail;
use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::{Columns, Lines, Row, Rows, not_utf8};

/// Rows of lines whose columns are separated by tabs. Quotes are part of the text, as in the
/// published sets of pairs. An empty line separates rows, unless it may be a row: an empty text.
pub(super) fn tsv(reader: Box<dyn BufRead>, columns: Columns) -> Rows {
    let skips_empty = columns.needed.len() + columns.optional.len() > 1;
    let is_row = move |line: &anyhow::Result<(u64, String)>| {
        !(skips_empty && matches!(line, Ok((_, text)) if text.is_empty()))
    };
    let records = Lines::new(reader).filter(is_row).map(|line| {
        let (line, text) = line?;
        Ok((line, text.split('\t').map(str::to_owned).collect()))
    });
    Box::new(Selected::new(records, columns))
}

/// Rows of RFC 4180 records.
pub(super) fn csv(reader: Box<dyn BufRead>, columns: Columns) -> Rows {
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(reader);
    let records = reader.into_records().map(|record| match record {
        Ok(record) => Ok(cells(&record)),
        Err(error) => Err(explain(error)),
    });
    Box::new(Selected::new(records, columns))
}

fn cells(record: &StringRecord) -> (u64, Vec<String>) {
    let line = record.position().map_or(0, csv::Position::line);
    (line, record.iter().map(str::to_owned).collect())
}

fn explain(error: csv::Error) -> anyhow::Error {
    match error.kind() {
        ErrorKind::Utf8 {
            pos: Some(position),
            ..
        } => not_utf8(position.line()),
        _ => error.into(),
    }
}

/// The wanted columns of records.
struct Selected<I> {
    records: I,
    columns: Columns,
    /// Where the columns stand; found with the first record.
    places: Option<Places>,
}

/// Where the wanted columns stand in a record.
#[derive(Clone)]
struct Places {
    needed: Vec<usize>,
    /// Of the optional and the further columns; `None`: the file has no such column.
    others: Vec<Option<usize>>,
}

impl Places {
    /// Where the columns stand in a file without a header.
    fn in_order(columns: &Columns) -> Self {
        let needed = columns.needed.len();
        let optional = (needed..needed + columns.optional.len()).map(Some);
        Self {
            needed: (0..needed).collect(),
            others: optional
                .chain(columns.further.iter().map(|_| None))
                .collect(),
        }
    }
}

impl<I: Iterator<Item = anyhow::Result<(u64, Vec<String>)>>> Selected<I> {
    fn new(records: I, columns: Columns) -> Self {
        Self {
            records,
            columns,
            places: None,
        }
    }

    fn read(&mut self) -> anyhow::Result<Option<Row>> {
        let Some(record) = self.records.next() else {
            return Ok(None);
        };
        let (line, cells) = record?;
        if let Some(places) = &self.places {
            return self.select(line, cells, places).map(Some);
        }
        let header = find(line, &cells, &self.columns)?;
        let is_header = header.is_some();
        let places = header.unwrap_or_else(|| Places::in_order(&self.columns));
        let places = self.places.insert(places).clone();
        if is_header {
            self.read()
        } else {
            self.select(line, cells, &places).map(Some)
        }
    }

    fn select(&self, line: u64, cells: Vec<String>, places: &Places) -> anyhow::Result<Row> {
        if places.needed.iter().any(|&place| place >= cells.len()) {
            let (n, wanted) = (cells.len(), self.columns.needed.join(", "));
            let columns = if n == 1 { "column" } else { "columns" };
            let separators = match (n, line) {
                (1, 1) => " (TSV has tabs between columns, CSV commas)",
                _ => "",
            };
            bail!("line {line} has {n} {columns}; {wanted} are needed{separators}");
        }
        let needed = places.needed.iter().map(|&place| Some(place));
        let wanted = needed.chain(places.others.iter().copied());
        let cells = wanted
            .map(|place| place.and_then(|place| cells.get(place)).cloned())
            .map(Option::unwrap_or_default)
            .collect();
        Ok(Row { line, cells })
    }
}

impl<I: Iterator<Item = anyhow::Result<(u64, Vec<String>)>>> Iterator for Selected<I> {
    type Item = anyhow::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// Names of columns in the files that yuyi reads, and what others call the same.
const COLUMN_NAMES: [&str; 22] = [
    "sentence_a",
    "sentence_b",
    "sentence1",
    "sentence2",
    "text",
    "text1",
    "text2",
    "text_a",
    "text_b",
    "label",
    "score",
    "question",
    "answer",
    "id",
    "wordings",
    "time",
    "user",
    "item",
    "type",
    "title",
    "content",
    "category",
];

/// Whether a record that names none of the wanted columns is a header all the same: every cell is written as the name
/// of a column is, and one is a well-known name. A text alone in its row is none, since it may be just that word.
fn looks_like_header(cells: &[String]) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || "_-. ".contains(c);
    let is_name = |cell: &String| (1..=40).contains(&cell.len()) && cell.chars().all(letter);
    let is_known = |cell: &String| COLUMN_NAMES.contains(&cell.as_str());
    cells.len() > 1 && cells.iter().all(is_name) && cells.iter().any(is_known)
}

/// Where the columns stand, if the record is a header. One that names some of the needed columns is meant as a header,
/// and lacks the others.
fn find(line: u64, record: &[String], columns: &Columns) -> anyhow::Result<Option<Places>> {
    let names: Vec<String> = record
        .iter()
        .map(|cell| cell.trim_start_matches('\u{feff}').trim().to_lowercase())
        .collect();
    let place = |column: &str| names.iter().position(|name| *name == column.to_lowercase());
    let needed: Vec<Option<usize>> = columns.needed.iter().map(|column| place(column)).collect();
    if needed.iter().all(Option::is_none) {
        return match looks_like_header(&names) {
            true => bail!(
                "line {line} names the columns {}, but not {}; name them, or leave the header out",
                names.join(", "),
                columns.needed.join(", ")
            ),
            false => Ok(None),
        };
    }
    let which = |named: bool| {
        let columns = columns.needed.iter().zip(&needed);
        let chosen = columns.filter(|(_, place)| place.is_some() == named);
        let chosen: Vec<&str> = chosen.map(|(column, _)| *column).collect();
        chosen.join(", ")
    };
    if needed.iter().any(Option::is_none) {
        let (named, missing, all) = (which(true), which(false), columns.needed.join(", "));
        bail!("line {line} names {named} but not {missing}; a header row names all of {all}");
    }
    Ok(Some(Places {
        needed: needed.into_iter().flatten().collect(),
        others: columns
            .optional
            .iter()
            .copied()
            .chain(columns.further.iter().map(String::as_str))
            .map(place)
            .collect(),
    }))
}
