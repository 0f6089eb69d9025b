//! Where the columns of a table stand: by the names of its header, or by what the user says.

mod beside;
mod shape;
#[cfg(test)]
mod test_support;
mod title;
mod unknown;
mod unnamed;

use anyhow::{anyhow, bail};

use self::beside::{further, once, optional, renamed};
pub(super) use self::unnamed::{is_identified, width_of_items};
use super::{Columns, Misuse, Taken, names, unclear};

/// Rows that are looked at.
pub(super) const FIRST_ROWS: usize = 32;

/// Where the wanted columns stand in a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Places {
    pub needed: Vec<usize>,
    /// Of the optional and the further columns; `None`: the file has no such column.
    pub others: Vec<Option<usize>>,
}

/// The header of a table.
pub(super) struct Header {
    /// The row that is it, of those that were looked at.
    pub row: usize,
    pub places: Places,
    /// Which names were taken for which columns, where they are not the same.
    pub renamed: Vec<Taken>,
}

impl Places {
    /// Where the columns stand, in the order of the cells of a row.
    pub(super) fn wanted(&self) -> impl Iterator<Item = Option<usize>> {
        let needed = self.needed.iter().map(|&place| Some(place));
        needed.chain(self.others.iter().copied())
    }

    /// Where the columns stand in a file without a header.
    pub(super) fn in_order(columns: &Columns) -> Self {
        let needed = columns.needed.len();
        let optional = (needed..needed + columns.optional.len()).map(Some);
        Self {
            needed: (0..needed).collect(),
            others: optional
                .chain(columns.further.iter().map(|_| None))
                .collect(),
        }
    }

    /// The places of the user's numbers, from 1; `None` where a name is among them.
    pub(super) fn numbered(columns: &Columns) -> Option<Self> {
        let numbers = columns.chosen.iter().map(|chosen| match chosen.trim() {
            "" => Some(None),
            number => number.parse::<usize>().ok()?.checked_sub(1).map(Some),
        });
        let numbers: Vec<Option<usize>> = numbers.collect::<Option<_>>()?;
        (!numbers.is_empty()).then(|| Self::chosen(columns, &numbers))
    }

    /// Chosen places: of the needed columns, each of which has one, then of the optional ones.
    fn chosen(columns: &Columns, places: &[Option<usize>]) -> Self {
        let needed = columns.needed.len();
        let optional =
            (needed..needed + columns.optional.len()).map(|i| places.get(i).copied().flatten());
        Self {
            needed: places[..needed].iter().flatten().copied().collect(),
            others: optional
                .chain(columns.further.iter().map(|_| None))
                .collect(),
        }
    }

    /// How many columns there are up to the last of them.
    pub(super) fn end(&self) -> usize {
        let last = self.wanted().flatten().max();
        last.map_or(0, |last| last + 1)
    }

    /// Whether a column is among them.
    pub(super) fn has(&self, place: usize) -> bool {
        self.needed.contains(&place) || self.others.contains(&Some(place))
    }
}

/// Where the columns stand in a file without a header, whose first records these are, and what to say of it. `is_sheet`: no separator stands between them.
///
/// # Errors
/// When a number stands where a text should, or a column that the user names is not there.
pub(super) fn without(
    first: &[(u64, Vec<String>)],
    columns: &Columns,
    is_sheet: bool,
) -> anyhow::Result<(Places, Vec<Taken>)> {
    if let Some(places) = Places::numbered(columns) {
        check_numbers(first, columns)?;
        return Ok((places, Vec::new()));
    }
    if !columns.chosen.is_empty() && !first.is_empty() {
        bail!(Misuse(format!(
            "Without a header columns have no names: {} takes their numbers, as in {} 2,3.",
            columns.flag, columns.flag
        )));
    }
    let Some(places) = unnamed::places(first, columns)? else {
        if !columns.of_items {
            return Ok((Places::in_order(columns), Vec::new()));
        }
        let places = unnamed::places_of_items(first, columns, is_sheet)?;
        let wanted = columns.needed.iter().chain(columns.optional);
        let taken = wanted.zip(places.wanted());
        // What is kept is told, since nobody may look at it again.
        let taken = taken.filter_map(|(column, place)| Some(Taken::at(place?, column)));
        let taken: Vec<Taken> = taken.collect();
        let told = if taken.len() > 1 { taken } else { Vec::new() };
        return Ok((places, told));
    };
    let taken = columns.needed.iter().zip(&places.needed);
    let taken = taken.map(|(column, place)| Taken::at(*place, column));
    let taken = taken.collect();
    Ok((places, taken))
}

/// The user's numbers are those of columns.
fn check_numbers(first: &[(u64, Vec<String>)], columns: &Columns) -> anyhow::Result<()> {
    let width = first
        .iter()
        .map(|(_, cells)| cells.len())
        .max()
        .unwrap_or(0);
    let numbers = columns
        .chosen
        .iter()
        .filter_map(|chosen| chosen.trim().parse::<usize>().ok());
    let beyond = numbers.into_iter().find(|&number| number > width);
    match beyond {
        Some(number) if width > 0 => bail!(Misuse(format!(
            "{} asks for column {number}, and the file has {width}.",
            columns.flag
        ))),
        _ => Ok(()),
    }
}

/// Finds the header among the first records, each with its line.
///
/// # Errors
/// When the first record looks like one but does not name the columns, or lacks those that the user names.
pub(super) fn find(
    first: &[(u64, Vec<String>)],
    columns: &Columns,
) -> anyhow::Result<Option<Header>> {
    let Some((line, cells)) = first.first() else {
        return Ok(None);
    };
    if columns.no_header {
        return Ok(None);
    }
    let header = title::find(first, columns)?;
    if header.is_some() {
        return Ok(header);
    }
    let is_header = unknown::is_header(first) || shape::is_header(first);
    match (columns.chosen.is_empty(), Places::numbered(columns)) {
        (true, _) if is_header => bail!(
            "line {line} names the columns {}, but not {}; name them, say which columns to read with {}, or say {} if it is a row of data",
            shown(cells),
            unknown_of(cells, columns),
            columns.flag,
            columns.no_header_flag
        ),
        (true, _) => Ok(None),
        (false, Some(places)) => {
            check_numbers(first, columns)?;
            let row = title::row(first, columns).or(is_header.then_some(0));
            Ok(row.map(|row| Header {
                row,
                places,
                renamed: Vec::new(),
            }))
        }
        (false, None) => bail!(
            "line {line} names the columns {}, and {} asks for {}",
            shown(cells),
            columns.flag,
            columns.chosen.join(", ")
        ),
    }
}

/// The needed columns that no name of a record is known for.
fn unknown_of(cells: &[String], columns: &Columns) -> String {
    let plain: Vec<String> = cells.iter().map(|cell| names::plain(cell)).collect();
    let is_known = |column: &str| plain.iter().any(|name| names::is_called(name, column));
    let needed = || columns.needed.iter().copied();
    let unknown: Vec<&str> = needed().filter(|column| !is_known(column)).collect();
    match unknown.is_empty() {
        true => columns.needed.join(", "),
        false => unknown.join(", "),
    }
}

/// The names of a record as messages show them.
fn shown(cells: &[String]) -> String {
    let names: Vec<String> = cells.iter().map(|cell| lower(cell)).collect();
    names.join(", ")
}

/// Whether a row is the header once more, as where exports were put together.
pub(super) fn is_again(header: &[String], cells: &[String]) -> bool {
    let mut both = header.iter().zip(cells);
    let is_as_wide = header.len() == cells.len() && !header.is_empty();
    is_as_wide && both.all(|(name, cell)| bare(name).eq_ignore_ascii_case(bare(cell)))
}

/// A cell without blanks, and without the mark of byte order that a file which was put behind another brings along.
fn bare(cell: &str) -> &str {
    cell.trim_start_matches('\u{feff}').trim()
}

fn lower(cell: &str) -> String {
    bare(cell).to_lowercase()
}

/// The places and the renamed columns of a record.
type Named = Option<(Places, Vec<Taken>)>;

/// Where the columns stand, if the first of these records is a header.
fn named(records: &[(u64, Vec<String>)], columns: &Columns) -> anyhow::Result<Named> {
    let Some((line, record)) = records.first() else {
        return Ok(None);
    };
    let line = *line;
    let cells: Vec<String> = record.iter().map(|cell| lower(cell)).collect();
    if !columns.chosen.is_empty() {
        return chosen(line, &cells, columns);
    }
    let exact: Vec<Option<usize>> = columns
        .needed
        .iter()
        .map(|column| same(&cells, column))
        .collect();
    let plain: Vec<String> = record.iter().map(|cell| names::plain(cell)).collect();
    let plain = match columns.of_faq && exact.iter().all(Option::is_none) {
        true => names::of_faq(plain),
        false => plain,
    };
    let is_named = exact.iter().any(Option::is_some);
    let are_names = shape::is_header(records);
    let needed = guessed(&plain, columns, &exact, are_names);
    if needed.iter().any(Option::is_none) {
        return match is_named {
            true => Err(incomplete(line, columns, &needed)),
            false => Ok(None),
        };
    }
    let needed = found(&needed);
    let is_above_texts = || {
        let kind = plain.iter().find_map(|name| names::kind(name));
        kind.is_some_and(names::Kind::is_text) && shape::is_short(records)
    };
    if !is_named && !are_names && !is_mostly_names(&plain, columns, is_above_texts) {
        return Ok(None);
    }
    let optional = optional(&cells, &plain, columns, &needed);
    check_named(
        line,
        &cells,
        columns,
        &[&needed[..], &once(columns, &optional)].concat(),
    )?;
    check_telling(line, &cells, columns, &optional)?;
    unclear::check(line, record, columns, &needed)?;
    unclear::check_answers(line, record, columns, &needed, &optional)?;
    let taken = [&needed[..], &found(&optional)].concat();
    let further = further(&cells, &plain, columns, &taken, &optional);
    let renamed = renamed(
        &cells,
        columns,
        &needed,
        &[&optional[..], &further].concat(),
    );
    let others = [optional, further].concat();
    Ok(Some((Places { needed, others }, renamed)))
}

/// The column that has just this name.
fn same(cells: &[String], column: &str) -> Option<usize> {
    cells.iter().position(|name| *name == column.to_lowercase())
}

/// What is wrong with a header that names only some of the needed columns.
fn incomplete(line: u64, columns: &Columns, needed: &[Option<usize>]) -> anyhow::Error {
    let which = |named: bool| {
        let columns = columns.needed.iter().zip(needed);
        let chosen = columns.filter(|(_, place)| place.is_some() == named);
        let chosen: Vec<&str> = chosen.map(|(column, _)| *column).collect();
        chosen.join(", ")
    };
    let (named, missing, all) = (which(true), which(false), columns.needed.join(", "));
    anyhow!("line {line} names {named} but not {missing}; a header row names all of {all}")
}

/// Where the needed columns stand, those that are not named as here by what others call them.
fn guessed(
    plain: &[String],
    columns: &Columns,
    exact: &[Option<usize>],
    are_names: bool,
) -> Vec<Option<usize>> {
    let sides = names::pair(plain, are_names);
    let has_neither = !columns
        .needed
        .iter()
        .zip(exact)
        .any(|(column, place)| is_side(column) && place.is_some());
    let mut places = exact.to_vec();
    for (i, column) in columns
        .needed
        .iter()
        .enumerate()
        .filter(|(i, _)| exact[*i].is_none())
    {
        let taken: Vec<usize> = places.iter().flatten().copied().collect();
        places[i] = match *column {
            "sentence_a" if has_neither => sides.map(|(a, _)| a),
            "sentence_b" if has_neither => sides.map(|(_, b)| b),
            other => columns.place(plain, other, &taken),
        };
    }
    places
}

fn is_side(column: &str) -> bool {
    ["sentence_a", "sentence_b"].contains(&column)
}

/// Whether at least half of the cells are names of columns. A text alone in its row may be just that word, unless it is
/// one that nobody would want a vector of, or `is_above_texts`.
fn is_mostly_names(plain: &[String], columns: &Columns, is_above_texts: impl Fn() -> bool) -> bool {
    let wanted = || columns.needed.iter().chain(columns.optional);
    let is_known = |name: &str| {
        names::is_known(name)
            || columns.of_items && names::field(name).is_some()
            || wanted().any(|column| names::is_called(name, column))
    };
    let filled = plain.iter().filter(|name| !name.is_empty());
    let known = filled.clone().filter(|name| is_known(name)).count();
    match filled.count() {
        0 => false,
        1 => {
            let is_alone = |name: &String| names::is_alone(name);
            plain.iter().any(is_alone) || is_above_texts()
        }
        n => 2 * known >= n,
    }
}

/// The places that were found.
fn found(places: &[Option<usize>]) -> Vec<usize> {
    places.iter().flatten().copied().collect()
}

/// No two columns have the name of one that is read: nothing tells which of them is meant.
fn check_named(
    line: u64,
    cells: &[String],
    columns: &Columns,
    places: &[usize],
) -> anyhow::Result<()> {
    let is_twice =
        |place: &&usize| cells.iter().filter(|cell| **cell == cells[**place]).count() > 1;
    match places.iter().find(is_twice) {
        Some(&place) => bail!(
            "line {line} names the column {} twice; say which columns to read by their numbers, as in {} 2,3",
            cells[place],
            columns.flag
        ),
        None => Ok(()),
    }
}

/// A header of several columns names the one without which the others say nothing.
fn check_telling(
    line: u64,
    cells: &[String],
    columns: &Columns,
    optional: &[Option<usize>],
) -> anyhow::Result<()> {
    let place = columns
        .optional
        .iter()
        .position(|column| Some(*column) == columns.telling);
    let is_missing = place.is_some_and(|i| optional[i].is_none());
    match cells.iter().filter(|cell| !cell.is_empty()).count() {
        2.. if is_missing => bail!(
            "line {line} names the columns {}, and none of them is known to say which entry answers the question; say which columns to read with {}, the question first",
            shown(cells),
            columns.flag
        ),
        _ => Ok(()),
    }
}

/// The user's columns, where all their names are in the record.
fn chosen(line: u64, cells: &[String], columns: &Columns) -> anyhow::Result<Named> {
    if Places::numbered(columns).is_some() {
        return Ok(None);
    }
    let by_name = |chosen: &String| {
        let wanted = names::plain(chosen);
        cells.iter().position(|cell| names::plain(cell) == wanted)
    };
    let place = |chosen: &String| {
        if chosen.trim().is_empty() {
            return Some(None);
        }
        let by_number = || {
            let place = chosen.trim().parse::<usize>().ok()?.checked_sub(1)?;
            (place < cells.len()).then_some(place)
        };
        by_name(chosen).or_else(by_number).map(Some)
    };
    let places: Option<Vec<Option<usize>>> = columns.chosen.iter().map(place).collect();
    let Some(places) = places else {
        return Ok(None);
    };
    let named: Vec<usize> = columns.chosen.iter().filter_map(by_name).collect();
    check_named(line, cells, columns, &named)?;
    let all = found(&places);
    if let Some(i) = (1..all.len()).find(|&i| all[..i].contains(&all[i])) {
        bail!(Misuse(format!(
            "{} names the column {} twice; two different ones are needed.",
            columns.flag, cells[all[i]]
        )));
    }
    Ok(Some((Places::chosen(columns, &places), Vec::new())))
}
