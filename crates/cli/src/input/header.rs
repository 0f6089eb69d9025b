//! Where the columns of a table stand: by the names of its header, or by what the user says.

use anyhow::{anyhow, bail};

use super::{Columns, names};

/// Rows among which a header is looked for, below a title.
pub(super) const FIRST_ROWS: usize = 4;

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
    pub renamed: Vec<String>,
}

impl Places {
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

    /// Whether a column is among them.
    pub(super) fn has(&self, place: usize) -> bool {
        self.needed.contains(&place) || self.others.contains(&Some(place))
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
    let header = by_names(first, columns)?;
    if header.is_some() {
        return Ok(header);
    }
    let is_header = is_unknown_header(first);
    match (columns.chosen.is_empty(), Places::numbered(columns)) {
        (true, _) if is_header => bail!(
            "line {line} names the columns {}, but not {}; name them, say which columns to read with {}, or say --no-header if it is a row of data",
            shown(cells),
            columns.needed.join(", "),
            columns.flag
        ),
        (true, _) => Ok(None),
        (false, Some(places)) => Ok(is_header.then_some(Header {
            row: 0,
            places,
            renamed: Vec::new(),
        })),
        (false, None) => bail!(
            "line {line} names the columns {}, and {} asks for {}",
            shown(cells),
            columns.flag,
            columns.chosen.join(", ")
        ),
    }
}

/// The first of the records that names the columns.
fn by_names(first: &[(u64, Vec<String>)], columns: &Columns) -> anyhow::Result<Option<Header>> {
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    for (row, (line, cells)) in first.iter().enumerate() {
        // Below a title only what has several columns is a header.
        if row > 0 && (filled(cells) < 2 || filled(&first[row - 1].1) > 1) {
            break;
        }
        let found = named(*line, cells, columns);
        let found = if row == 0 {
            found?
        } else {
            found.ok().flatten()
        };
        if let Some((places, renamed)) = found {
            return Ok(Some(Header {
                row,
                places,
                renamed,
            }));
        }
    }
    Ok(None)
}

/// The names of a record as messages show them.
fn shown(cells: &[String]) -> String {
    let names: Vec<String> = cells.iter().map(|cell| lower(cell)).collect();
    names.join(", ")
}

fn lower(cell: &str) -> String {
    cell.trim_start_matches('\u{feff}').trim().to_lowercase()
}

/// The places and the renamed columns of a record.
type Named = Option<(Places, Vec<String>)>;

/// Where the columns stand, if the record is a header.
fn named(line: u64, record: &[String], columns: &Columns) -> anyhow::Result<Named> {
    let cells: Vec<String> = record.iter().map(|cell| lower(cell)).collect();
    if !columns.chosen.is_empty() {
        return Ok(chosen(&cells, columns));
    }
    let same = |column: &str| cells.iter().position(|name| *name == column.to_lowercase());
    let exact: Vec<Option<usize>> = columns.needed.iter().map(|column| same(column)).collect();
    let plain: Vec<String> = record.iter().map(|cell| names::plain(cell)).collect();
    let is_named = exact.iter().any(Option::is_some);
    let needed = guessed(&plain, columns, &exact);
    if needed.iter().any(Option::is_none) {
        return match is_named {
            true => Err(incomplete(line, columns, &needed)),
            false => Ok(None),
        };
    }
    let needed: Vec<usize> = needed.into_iter().flatten().collect();
    if !is_named && !is_mostly_names(&plain) {
        return Ok(None);
    }
    let mut taken = needed.clone();
    let optional = columns.optional.iter().map(|column| {
        let by_answer = names::answered_by(&plain, &taken).filter(|_| *column == "id");
        let place = by_answer
            .or_else(|| same(column).filter(|place| !taken.contains(place)))
            .or_else(|| names::place(&plain, column, &taken));
        taken.extend(place);
        place
    });
    let optional: Vec<Option<usize>> = optional.collect();
    let renamed = renamed(&cells, columns, &needed, &optional);
    let further = columns.further.iter().map(|column| same(column));
    let others = optional.into_iter().chain(further).collect();
    Ok(Some((Places { needed, others }, renamed)))
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

/// Which names were taken for which columns, where they are not the same.
fn renamed(
    cells: &[String],
    columns: &Columns,
    needed: &[usize],
    optional: &[Option<usize>],
) -> Vec<String> {
    let needed = needed.iter().copied().map(Some);
    let needed = columns.needed.iter().zip(needed);
    let wanted = needed.chain(columns.optional.iter().zip(optional.iter().copied()));
    let renamed = wanted.filter_map(|(column, place)| {
        let name = &cells[place?];
        (name != column).then(|| format!("{name} as {column}"))
    });
    renamed.collect()
}

/// Where the needed columns stand, those that are not named as here by what others call them.
fn guessed(plain: &[String], columns: &Columns, exact: &[Option<usize>]) -> Vec<Option<usize>> {
    let sides = names::pair(plain);
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
            other => names::place(plain, other, &taken),
        };
    }
    places
}

fn is_side(column: &str) -> bool {
    ["sentence_a", "sentence_b"].contains(&column)
}

/// Whether at least half of the cells are names of columns. A text alone in its row may be just that word, unless it is
/// one that nobody would want a vector of.
fn is_mostly_names(plain: &[String]) -> bool {
    let filled = plain.iter().filter(|name| !name.is_empty());
    let known = filled.clone().filter(|name| names::is_known(name)).count();
    match filled.count() {
        0 => false,
        1 => plain
            .iter()
            .any(|name| ["文本", "句子", "文本内容", "sentence"].contains(&name.as_str())),
        n => 2 * known >= n,
    }
}

/// The user's columns, where all their names are in the record.
fn chosen(cells: &[String], columns: &Columns) -> Named {
    if Places::numbered(columns).is_some() {
        return None;
    }
    let place = |chosen: &String| {
        if chosen.trim().is_empty() {
            return Some(None);
        }
        let wanted = names::plain(chosen);
        let by_name = cells.iter().position(|cell| names::plain(cell) == wanted);
        let place = by_name.or_else(|| chosen.trim().parse::<usize>().ok()?.checked_sub(1));
        place.map(Some)
    };
    let places: Vec<Option<usize>> = columns.chosen.iter().map(place).collect::<Option<_>>()?;
    Some((Places::chosen(columns, &places), Vec::new()))
}

/// Whether the first record is a header that names none of the wanted columns: every cell is written as the name of a column
/// is, and the names, or the numbers below them, tell it.
fn is_unknown_header(first: &[(u64, Vec<String>)]) -> bool {
    let cells = &first[0].1;
    let names: Vec<String> = cells.iter().map(|cell| names::plain(cell)).collect();
    let is_number = |cell: &str| super::label::number(cell).is_some();
    let is_name = |cell: &String| {
        let letters = cell.trim().chars().count();
        letters <= 20 && !is_number(cell) && !cell.contains(['。', '？', '！', '，', '?', '!'])
    };
    let filled = names.iter().filter(|name| !name.is_empty()).count();
    if filled < 2 || !cells.iter().all(is_name) {
        return false;
    }
    let ascii = |cell: &String| {
        cell.trim()
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))
    };
    // One letter may be a text of somebody who tries the program.
    let is_known = |name: &&String| name.len() > 1 && names::is_known(name);
    let known = names.iter().filter(is_known).count();
    // A `no` is the number of a row or the label of a pair.
    let is_label = |cell: &str| super::label::read(cell).is_some();
    let is_of_no_text =
        |(cell, name): (&String, &String)| names::is_of_no_text(name) && !is_label(cell);
    known >= 2
        || known == 1 && cells.iter().all(ascii)
        || cells.iter().zip(&names).any(is_of_no_text)
        || names::is_like_a_pair(&names)
        || is_above_numbers(first)
}

/// Whether all rows below, at least two, have a number in a column in which the first has a word.
fn is_above_numbers(first: &[(u64, Vec<String>)]) -> bool {
    let [(_, cells), below @ ..] = first else {
        return false;
    };
    let number =
        |cell: Option<&String>| cell.is_some_and(|cell| super::label::number(cell).is_some());
    let is_column = |i: usize| below.iter().all(|(_, cells)| number(cells.get(i)));
    below.len() > 1 && (0..cells.len()).any(|i| !cells[i].trim().is_empty() && is_column(i))
}
