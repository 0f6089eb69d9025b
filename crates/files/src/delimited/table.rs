//! How the rows of a table are read: which column is what, and what a row has to have.

use std::sync::Arc;

use serde_json::Value;

use super::questions::{Questions, Several};
use super::segments::Segments;
use super::wordings::Lists;
use crate::cell::filled;
use crate::header::{self, Places};
use crate::{ColumnNames, Columns, Fault, Record, Row};

/// How the records of a file are read.
pub(super) struct Table {
    pub(super) places: Places,
    /// Columns that the file has.
    pub(super) width: usize,
    /// Columns that a row has at least.
    least: usize,
    /// What `width` was read from.
    of: &'static str,
    /// Names of the columns that are not read.
    rest: Vec<(usize, Arc<str>)>,
    /// Columns of wordings.
    lists: Option<Lists>,
    segments: Option<Segments>,
    /// Of entries of a FAQ that say their question in a column of such.
    questions: Option<Questions>,
    /// The line of the header, where there is one.
    pub(super) header_line: Option<u64>,
    /// Whether it has each of the optional and the further columns.
    has: Arc<[bool]>,
    /// The header, where there is one.
    pub(super) header: Vec<String>,
    /// What messages call the columns.
    names: ColumnNames,
    /// The third column was taken for that of ids, without a header and without the user's saying so.
    has_guessed_ids: bool,
    /// A cell behind the last column is one of a column without a name, and does not come of a separator within a text.
    is_sheet: bool,
}

impl Table {
    pub(super) fn with_header(
        line: u64,
        cells: &[String],
        places: Places,
        columns: &Columns,
        is_sheet: bool,
    ) -> Self {
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
            questions: Questions::of(cells, &places, columns).filter(|_| segments.is_none()),
            rest,
            lists,
            segments,
            places,
            width,
            least: 0,
            of: "the header",
            header: cells.to_vec(),
            header_line: Some(line),
            has_guessed_ids: false,
            is_sheet,
        }
    }

    pub(super) fn without_header(
        width: usize,
        places: Places,
        columns: &Columns,
        is_sheet: bool,
    ) -> Self {
        let rest = rest(&places, width, unnamed);
        let read_as = columns.needed.iter().chain(columns.optional).copied();
        let read_as = read_as.chain(columns.further.iter().map(String::as_str));
        let wanted = places.wanted().zip(read_as);
        let wanted = wanted.map(|(place, name)| place.map(|at| (at, name)));
        Self {
            has: Arc::default(),
            names: ColumnNames::of(wanted, &rest),
            rest,
            width: match columns.of_items {
                true => places.end().max(width),
                false => width.max(columns.needed.len() + columns.optional.len()),
            },
            // A line that goes on with the answer above would be a question.
            least: if columns.of_items { width.min(2) } else { 0 },
            has_guessed_ids: columns.of_items && columns.chosen.is_empty() && places.end() > 2,
            places,
            of: if columns.of_items {
                "the other rows"
            } else {
                "the first row"
            },
            lists: None,
            segments: None,
            questions: None,
            header: Vec::new(),
            header_line: None,
            is_sheet,
        }
    }

    /// Whether several texts of a column are one in the entry that they are of: its answers, its wordings, and what is none of its fields.
    pub(super) fn can_join(&self, place: usize, columns: &Columns) -> bool {
        self.has_further_texts(place, columns) || !self.places.has(place)
    }

    /// Whether a column has answers or wordings.
    fn has_further_texts(&self, place: usize, columns: &Columns) -> bool {
        let is_list = self.lists.as_ref().is_some_and(|lists| lists.has(place));
        let mut others = columns.optional.iter().zip(&self.places.others);
        is_list
            || others
                .any(|(column, at)| ["answer", "wordings"].contains(column) && *at == Some(place))
    }

    /// Whether what stands in a column is read by people, and no number that is counted with.
    pub(super) fn is_text(&self, place: usize, columns: &Columns) -> bool {
        self.places.needed.contains(&place) || self.has_further_texts(place, columns)
    }

    pub(super) fn select(
        &self,
        line: u64,
        cells: Vec<String>,
        columns: &Columns,
        told: &mut Several,
    ) -> Record {
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
        let mut optional = columns.optional.iter();
        let wordings = optional.position(|column| *column == "wordings");
        let wordings = wordings.map(|at| columns.needed.len() + at);
        if let Some(segments) = &self.segments {
            let (text, others) = segments.texts(&cells);
            wanted[0] = text;
            if let Some(at) = wordings {
                wanted[at] = others;
            }
        }
        if let (Some(questions), Some(at)) = (&self.questions, wordings) {
            questions.split(&mut wanted, at, line, told);
        }
        let rest = self.rest.iter();
        let rest = rest.map(|(place, name)| (Arc::clone(name), Value::String(cell(*place))));
        let beyond = self.beyond(&cells).filter(|_| columns.of_items);
        let beyond = beyond.map(|(place, cell)| (unnamed(place), Value::from(cell.clone())));
        Record {
            row: Row {
                line,
                cells: wanted,
            },
            rest: rest.chain(beyond).collect(),
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

    /// Whether cells behind the last column are wordings.
    fn goes_on(&self) -> bool {
        self.lists.as_ref().is_some_and(|lists| lists.go_on)
    }

    /// What a row of a sheet has in columns without a name, behind the last one that has any, with their places.
    pub(super) fn beyond<'a>(
        &self,
        cells: &'a [String],
    ) -> impl Iterator<Item = (usize, &'a String)> + use<'a> {
        let is_read = self.is_sheet && !self.goes_on();
        let cells = cells.iter().enumerate().skip(self.width);
        cells.filter(move |(_, cell)| is_read && !cell.trim().is_empty())
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
        if n < self.least {
            let of = self.of;
            return Some(Fault::unread(format!(
                "line {line} has 1 column, and {of} more; a text of several lines stands in quotes in CSV, and cannot stand in TSV. Behind a question without an answer stands the separator"
            )));
        }
        if self.has_guessed_ids && filled > 2 && !header::is_identified(cells) {
            return Some(Fault::unread(format!(
                "line {line} has no id in its third column, as the rows above have; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
            )));
        }
        (filled > self.width && !self.goes_on() && !self.is_sheet).then(|| {
            let (width, of) = (self.width, self.of);
            Fault::unread(format!(
                "line {line} has {filled} columns, and {of} {width}; a text that holds the separator stands in quotes in CSV, and cannot stand in TSV"
            ))
        })
    }
}

/// The columns that are not wanted.
fn rest(places: &Places, width: usize, name: impl Fn(usize) -> Arc<str>) -> Vec<(usize, Arc<str>)> {
    let others = (0..width).filter(|&place| !places.has(place));
    others.map(|place| (place, name(place))).collect()
}

/// What a column without a name is called.
pub(super) fn unnamed(place: usize) -> Arc<str> {
    format!("column_{}", place + 1).into()
}
