//! Tables: TSV, CSV and sheets of a workbook.

mod segments;
mod wordings;

use std::collections::VecDeque;
use std::io::BufRead;
use std::sync::Arc;

use serde_json::Value;

use self::segments::Segments;
use self::wordings::Lists;
pub(super) use self::wordings::name_of_one;
use super::header::{self, FIRST_ROWS, Places};
use super::lines::Lines;
use super::quoted::{Quoted, without_formula};
use super::{ColumnNames, Columns, Fault, Origin, Record, Records, Row};

/// Cells of a row of a table, with its line.
pub(super) type Cells = anyhow::Result<(u64, Vec<String>)>;

/// Rows of lines whose columns are separated by tabs. Quotes are part of the text, as in the
/// published sets of pairs.
pub(super) fn tsv(reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
    let mut width = 0;
    let records = Lines::new(reader).flat_map(move |line| match line {
        Ok((line, text)) => {
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

/// Rows of RFC 4180 records.
pub(super) fn csv(reader: Box<dyn BufRead>, columns: Columns, origin: Origin) -> Records {
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
    let skips_empty = columns.needed.len() + columns.optional.len() > 1;
    let is_row = move |record: &Cells| match record {
        Ok((_, cells)) => !skips_empty || cells.iter().any(|cell| !cell.trim().is_empty()),
        Err(_) => true,
    };
    Box::new(Selected {
        records: records.filter(is_row),
        columns,
        origin,
        first: VecDeque::new(),
        table: None,
    })
}

/// The wanted columns of records.
struct Selected<I> {
    records: I,
    columns: Columns,
    origin: Origin,
    /// Records that were looked at for a header.
    first: VecDeque<Cells>,
    /// What the first records tell.
    table: Option<Arc<Table>>,
}

/// How the records of a file are read.
struct Table {
    places: Places,
    /// Columns that the file has.
    width: usize,
    /// What `width` was read from.
    of: &'static str,
    /// Names of the columns that are not read.
    rest: Vec<(usize, Arc<str>)>,
    /// Columns of wordings.
    lists: Option<Lists>,
    segments: Option<Segments>,
    /// Whether it has each of the optional and the further columns.
    has: Arc<[bool]>,
    /// The header, where there is one.
    header: Vec<String>,
    /// What messages call the columns.
    names: ColumnNames,
}

impl<I: Iterator<Item = Cells>> Selected<I> {
    fn read(&mut self) -> anyhow::Result<Option<Record>> {
        let table = match &self.table {
            Some(table) => Arc::clone(table),
            None => {
                let table = Arc::new(self.look()?);
                self.table = Some(Arc::clone(&table));
                table
            }
        };
        loop {
            let record = self.first.pop_front().or_else(|| self.records.next());
            let Some((line, mut cells)) = record.transpose()? else {
                return Ok(None);
            };
            if self.origin.sheet.is_some() && cells.len() < table.width {
                // A sheet has no cells behind the last that is filled.
                cells.resize(table.width, String::new());
            }
            if header::is_again(&table.header, &cells) {
                let name = &self.origin.name;
                self.origin.say(format!(
                    "{name}: line {line} is the header once more, and is not read."
                ));
                continue;
            }
            return Ok(Some(table.select(line, cells, &self.columns)));
        }
    }

    /// Reads the first records, and takes the header away.
    fn look(&mut self) -> anyhow::Result<Table> {
        self.first.extend(self.records.by_ref().take(FIRST_ROWS));
        let whole = self.first.iter().map_while(|record| record.as_ref().ok());
        let whole: Vec<(u64, Vec<String>)> = whole.cloned().collect();
        let Some(header) = header::find(&whole, &self.columns)? else {
            let (places, taken) = header::without(&whole, &self.columns)?;
            self.origin.say_taken(taken);
            let first = whole.first().map(|(_, cells)| cells.as_slice());
            let width = first.map_or(0, filled);
            return Ok(Table::without_header(width, places, &self.columns));
        };
        if header.row > 0 {
            let (name, line) = (&self.origin.name, whole[header.row].0);
            self.origin.say(format!(
                "{name}: what stands above the header in line {line} is not read."
            ));
        }
        self.origin.say_taken(header.renamed);
        self.first.drain(..=header.row);
        Ok(Table::with_header(
            &whole[header.row].1,
            header.places,
            &self.columns,
        ))
    }
}

impl Table {
    fn with_header(cells: &[String], places: Places, columns: &Columns) -> Self {
        let width = filled(cells);
        let lists = Lists::of(cells, width, &places, columns);
        let name = |i: usize| match cells[i].trim() {
            "" => unnamed(i),
            name => name.into(),
        };
        let is_list = |place: usize| lists.as_ref().is_some_and(|lists| lists.has(place));
        let rest = rest(&places, width, name).into_iter();
        let segments = Segments::of(cells).filter(|segments| {
            columns.of_items && places.needed.first() == Some(&segments.questions)
        });
        let rest: Vec<_> = rest.filter(|(place, _)| !is_list(*place)).collect();
        let header_of = |place: usize| cells.get(place).map_or("", |cell| cell.trim());
        let wanted = places
            .wanted()
            .map(|place| place.map(|at| (at, header_of(at))));
        Self {
            has: places.others.iter().map(Option::is_some).collect(),
            names: ColumnNames::of(wanted, &rest),
            rest,
            lists,
            segments,
            places,
            width,
            of: "the header",
            header: cells.to_vec(),
        }
    }

    fn without_header(width: usize, places: Places, columns: &Columns) -> Self {
        let rest = rest(&places, width, unnamed);
        let read_as = columns.needed.iter().chain(columns.optional).copied();
        let read_as = read_as.chain(columns.further.iter().map(String::as_str));
        let wanted = places.wanted().zip(read_as);
        let wanted = wanted.map(|(place, name)| place.map(|at| (at, name)));
        Self {
            has: Arc::default(),
            names: ColumnNames::of(wanted, &rest),
            rest,
            width: width.max(columns.needed.len() + columns.optional.len()),
            places,
            of: "the first row",
            lists: None,
            segments: None,
            header: Vec::new(),
        }
    }

    fn select(&self, line: u64, cells: Vec<String>, columns: &Columns) -> Record {
        let fault = self.fault(line, &cells, columns);
        let cell = |place: usize| cells.get(place).cloned().unwrap_or_default();
        let wanted = self.places.wanted();
        let wanted = wanted.map(|place| place.map(cell).unwrap_or_default());
        let mut wanted: Vec<String> = wanted.collect();
        if let Some(lists) = &self.lists
            && let Some(wordings) = lists.joined(&cells, self.width)
        {
            wanted[lists.cell] = wordings;
        }
        if let Some(segments) = &self.segments {
            let (text, wordings) = segments.texts(&cells);
            wanted[0] = text;
            if let Some(i) = columns
                .optional
                .iter()
                .position(|column| *column == "wordings")
            {
                wanted[columns.needed.len() + i] = wordings;
            }
        }
        let rest = self.rest.iter();
        let rest = rest.map(|(place, name)| (Arc::clone(name), Value::String(cell(*place))));
        Record {
            row: Row {
                line,
                cells: wanted,
            },
            rest: rest.collect(),
            columns: self.names.clone(),
            values: Vec::new(),
            has: Arc::clone(&self.has),
            fault,
        }
    }

    /// Whether the cells are those of a row with tabs between its columns, of which one has what stands between them elsewhere.
    fn has_tabs(&self, cells: &[String]) -> bool {
        let tabs = cells.iter().map(|cell| cell.matches('\t').count());
        self.width > 1 && tabs.sum::<usize>() + 1 == self.width
    }

    /// Why a row cannot be read.
    fn fault(&self, line: u64, cells: &[String], columns: &Columns) -> Option<Fault> {
        let needed = self.places.needed.iter().max().map_or(0, |place| place + 1);
        let (n, filled) = (cells.len(), filled(cells));
        if n != self.width && self.has_tabs(cells) {
            return Some(Fault::unread(format!(
                "line {line} has tabs between its columns, and {} has none; write the same between all columns",
                self.of
            )));
        }
        let named = if n == 1 { "column" } else { "columns" };
        if n < needed {
            let wanted = columns.needed.join(", ");
            let separators = match (n, line) {
                (1, 1) if cells[0].contains(['，', '；']) => {
                    " (CSV has commas between columns; ， and ； are others)"
                }
                (1, 1) => " (TSV has tabs between columns, CSV commas)",
                _ => "",
            };
            return Some(Fault::unread(format!(
                "line {line} has {n} {named}; {wanted} are needed{separators}"
            )));
        }
        let goes_on = self.lists.as_ref().is_some_and(|lists| lists.go_on);
        (filled > self.width && !goes_on).then(|| {
            let (width, of) = (self.width, self.of);
            Fault::unread(format!(
                "line {line} has {filled} columns, and {of} {width}; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
            ))
        })
    }
}

/// How many cells there are up to the last one that is not blank.
fn filled(cells: &[String]) -> usize {
    let last = cells.iter().rposition(|cell| !cell.trim().is_empty());
    last.map_or(0, |last| last + 1)
}

/// The columns that are not wanted.
fn rest(places: &Places, width: usize, name: impl Fn(usize) -> Arc<str>) -> Vec<(usize, Arc<str>)> {
    let others = (0..width).filter(|&place| !places.has(place));
    others.map(|place| (place, name(place))).collect()
}

fn unnamed(place: usize) -> Arc<str> {
    format!("column_{}", place + 1).into()
}

impl<I: Iterator<Item = Cells>> Iterator for Selected<I> {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
