//! TSV and CSV.

use std::io::BufRead;

use anyhow::{anyhow, bail};
use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::{Lines, Row, Rows};

/// Rows of lines whose columns are separated by tabs. Quotes are part of the text, as in the
/// published sets of pairs.
pub(super) fn tsv(reader: Box<dyn BufRead>, columns: &'static [&'static str]) -> Rows {
    let records = Lines::new(reader).map(|line| {
        let (line, text) = line?;
        Ok((line, text.split('\t').map(str::to_owned).collect()))
    });
    Box::new(Selected::new(records, columns))
}

/// Rows of RFC 4180 records.
pub(super) fn csv(reader: Box<dyn BufRead>, columns: &'static [&'static str]) -> Rows {
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
        } => anyhow!("line {} is not UTF-8", position.line()),
        _ => error.into(),
    }
}

/// The wanted columns of records.
struct Selected<I> {
    records: I,
    columns: &'static [&'static str],
    /// Where the columns stand; found with the first record.
    places: Option<Vec<usize>>,
}

impl<I: Iterator<Item = anyhow::Result<(u64, Vec<String>)>>> Selected<I> {
    fn new(records: I, columns: &'static [&'static str]) -> Self {
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
        match &self.places {
            Some(places) => self.select(line, cells, places).map(Some),
            None => {
                let header = find(&cells, self.columns);
                let is_header = header.is_some();
                let places = header.unwrap_or_else(|| (0..self.columns.len()).collect());
                let places = self.places.insert(places).clone();
                if is_header {
                    self.read()
                } else {
                    self.select(line, cells, &places).map(Some)
                }
            }
        }
    }

    fn select(&self, line: u64, mut cells: Vec<String>, places: &[usize]) -> anyhow::Result<Row> {
        if places.iter().any(|&place| place >= cells.len()) {
            let (n, wanted) = (cells.len(), self.columns.join(", "));
            let columns = if n == 1 { "column" } else { "columns" };
            bail!("line {line} has {n} {columns}; {wanted} are needed");
        }
        let cells = places
            .iter()
            .map(|&place| std::mem::take(&mut cells[place]))
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

/// Where the columns stand, if the record is a header that names them all.
fn find(header: &[String], columns: &[&str]) -> Option<Vec<usize>> {
    let names: Vec<String> = header
        .iter()
        .map(|cell| cell.trim_start_matches('\u{feff}').trim().to_lowercase())
        .collect();
    columns
        .iter()
        .map(|column| names.iter().position(|name| name == column))
        .collect()
}
