//! The rows of a table, one after another: what the first of them tell, rows that are one entry, and what is no row.

use std::collections::VecDeque;
use std::sync::Arc;

use super::joined::join;
use super::questions::Several;
use super::table::{Table, unnamed};
use crate::cell::{self, Cells, filled};
use crate::column_names::letters;
use crate::header::{self, FIRST_ROWS, Header};
use crate::sheet::{Formatted, Span};
use crate::{Columns, Fault, Origin, Record};

/// The wanted columns of records.
pub(super) struct Selected<I> {
    records: I,
    /// Cells that are one with those below them.
    spans: Vec<Span>,
    /// Numbers of a sheet as they are shown.
    formatted: Formatted,
    columns: Columns,
    origin: Origin,
    /// Records that were looked at for a header.
    first: VecDeque<Cells>,
    /// What the first records tell.
    table: Option<Arc<Table>>,
    /// Questions of several lines so far.
    several: Several,
    /// What becomes of cells without a column was said.
    told_beyond: bool,
}

impl<I> Selected<I> {
    pub(super) fn new(
        records: I,
        (spans, formatted): (Vec<Span>, Formatted),
        columns: Columns,
        origin: Origin,
    ) -> Self {
        Self {
            records,
            spans,
            formatted,
            columns,
            origin,
            first: VecDeque::new(),
            table: None,
            several: Several::default(),
            told_beyond: false,
        }
    }
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
            let Some((line, cells)) = self.next_cells(&table)? else {
                self.several.tell(&self.origin);
                return Ok(None);
            };
            if header::is_again(&table.header, &cells) {
                let name = &self.origin.name;
                self.origin.say(format!(
                    "{name}: line {line} is the header once more, and is not read."
                ));
                continue;
            }
            let Some(span) = self.span(&table, line) else {
                return Ok(Some(self.selected(&table, line, cells)));
            };
            if table.header_line >= Some(span.first) {
                let name = &self.origin.name;
                self.origin.say(format!(
                    "{name}: line {line} belongs to the header, whose cells are merged with it, and is not read."
                ));
                continue;
            }
            return self.joined(&table, line, cells, span).map(Some);
        }
    }

    /// The next row with its line; one of a sheet has all columns, and texts as they are shown.
    fn next_cells(&mut self, table: &Table) -> anyhow::Result<Option<(u64, Vec<String>)>> {
        let record = self.first.pop_front().or_else(|| self.records.next());
        let Some((line, mut cells)) = record.transpose()? else {
            return Ok(None);
        };
        if self.origin.sheet.is_some() && cells.len() < table.width {
            // A sheet has no cells behind the last that is filled.
            cells.resize(table.width, String::new());
        }
        if !self.formatted.is_empty() && self.columns.are_entries() {
            for (place, cell) in cells.iter_mut().enumerate() {
                let shown = self.formatted.get(&(line, place));
                if let Some(shown) = shown.filter(|_| table.is_text(place, &self.columns)) {
                    cell.clone_from(shown);
                }
            }
        }
        Ok(Some((line, cells)))
    }

    /// All rows of a span as one.
    fn joined(
        &mut self,
        table: &Table,
        line: u64,
        cells: Vec<String>,
        span: Span,
    ) -> anyhow::Result<Record> {
        let mut rows = vec![cells];
        while let Some((line, cells)) = self.next_cells(table)? {
            if line > span.last {
                self.first.push_front(Ok((line, cells)));
                break;
            }
            rows.push(cells);
        }
        let (cells, differing) = join(&rows, |place| table.can_join(place, &self.columns));
        let mut record = self.selected(table, line, cells);
        if let Some(place) = differing {
            let what = format!(
                "Rows {line} to {} are one entry, since their cells are merged, and differ here. Write the same in each, or split the cells.",
                span.last
            );
            let wanted = table.places.wanted().position(|at| at == Some(place));
            let told = wanted.and_then(|at| record.columns.in_wanted(at, &what));
            record
                .fault
                .get_or_insert(Fault::told(told.unwrap_or(what)));
        }
        Ok(record)
    }

    fn selected(&mut self, table: &Table, line: u64, cells: Vec<String>) -> Record {
        if let Some((place, _)) = table.beyond(&cells).next() {
            self.tell_beyond(line, place);
        }
        table.select(line, cells, &self.columns, &mut self.several)
    }

    /// Says once what becomes of cells in columns without a name.
    fn tell_beyond(&mut self, line: u64, place: usize) {
        if std::mem::replace(&mut self.told_beyond, true) {
            return;
        }
        let (name, letters, column) = (self.origin.file(), letters(place), unnamed(place));
        self.origin.say(match self.columns.of_items {
            true => format!(
                "{name}: no name stands above the cell {letters}{line}, which is kept as {column}; so is what else stands in columns without a name."
            ),
            false => format!(
                "{name}: no name stands above the cell {letters}{line}, which is not read; nor is what else stands in columns without a name."
            ),
        });
    }

    /// Reads the first records, and takes the header away.
    fn look(&mut self) -> anyhow::Result<Table> {
        self.first.extend(self.records.by_ref().take(FIRST_ROWS));
        let whole = self.first.iter().map_while(|record| record.as_ref().ok());
        let whole: Vec<(u64, Vec<String>)> = whole.cloned().collect();
        // What is looked for among names would take for ever.
        for (line, cells) in &whole {
            cell::check_count(*line, cells.len())?;
        }
        let is_sheet = self.origin.sheet.is_some();
        let Some(header) = header::find(&whole, &self.columns)? else {
            let (places, taken) = header::without(&whole, &self.columns, is_sheet)?;
            self.origin.say_taken(taken);
            let first = whole.first().map(|(_, cells)| cells.as_slice());
            let width = match self.columns.of_items {
                true => header::width_of_items(&whole, is_sheet),
                false => first.map_or(0, filled),
            };
            return Ok(Table::without_header(
                width,
                places,
                &self.columns,
                is_sheet,
            ));
        };
        let header = self.lowest(&whole, header);
        if header.row > 0 {
            let (name, line) = (&self.origin.name, whole[header.row].0);
            self.origin.say(format!(
                "{name}: what stands above the header in line {line} is not read."
            ));
        }
        self.origin.say_taken(header.renamed);
        self.first.drain(..=header.row);
        let (line, cells) = &whole[header.row];
        Ok(Table::with_header(
            *line,
            cells,
            header.places,
            &self.columns,
            is_sheet,
        ))
    }
}

impl<I> Selected<I> {
    /// The row of a header of several that names each column: the last one, down to which the name of the first needed column goes.
    fn lowest(&self, first: &[(u64, Vec<String>)], header: Header) -> Header {
        let column = header.places.needed.first();
        let span = column.and_then(|&column| self.span_of(column, first[header.row].0));
        let row = span.and_then(|span| first.iter().position(|(line, _)| *line == span.last));
        let Some(row) = row.filter(|row| *row > header.row) else {
            return header;
        };
        match header::find(&first[row..], &self.columns) {
            Ok(Some(lower)) if lower.row == 0 => Header { row, ..lower },
            _ => header,
        }
    }

    /// The rows of which this one is, where they have one text in cells that are one, and are entries.
    fn span(&self, table: &Table, line: u64) -> Option<Span> {
        let column = table.places.needed.first();
        let column = column.filter(|_| self.columns.are_entries())?;
        self.span_of(*column, line)
    }

    /// The cells that are one of which the one in this column and line is.
    fn span_of(&self, column: usize, line: u64) -> Option<Span> {
        let behind = self
            .spans
            .partition_point(|span| (span.column, span.first) <= (column, line));
        let span = self.spans[..behind].last()?;
        (span.column == column && line <= span.last).then_some(*span)
    }
}

impl<I: Iterator<Item = Cells>> Iterator for Selected<I> {
    type Item = anyhow::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
