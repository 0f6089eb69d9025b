//! What is wrong with rows.

use anyhow::anyhow;
use yuyi_language::is_blank;

use super::{ColumnNames, Columns, names};

/// What is wrong with a row.
#[derive(Debug)]
pub struct Fault {
    /// As a sentence.
    pub text: String,
    /// The row is not as the format has it.
    pub(super) is_unread: bool,
}

impl Fault {
    /// That of a row which was read.
    pub fn told(text: String) -> Self {
        Self {
            text,
            is_unread: false,
        }
    }

    pub(super) fn unread(text: String) -> Self {
        Self {
            text,
            is_unread: true,
        }
    }

    /// As a sentence beside which the line stands.
    pub fn into_sentence(self, line: u64) -> String {
        let told = self.text.strip_prefix(&format!("line {line}"));
        let told = told.and_then(|rest| match rest.strip_prefix(": ") {
            Some(rest) => Some(rest.to_owned()),
            None => rest.strip_prefix(' ').map(|rest| format!("It {rest}")),
        });
        let mut sentence = told.unwrap_or(self.text);
        if !sentence.ends_with(['.', '。']) {
            sentence.push('.');
        }
        sentence
    }

    /// As the message that ends a command.
    pub fn into_error(self, file: &str, line: u64) -> anyhow::Error {
        match self.is_unread {
            true => anyhow!(self.text).context(format!("{file} cannot be read")),
            false => anyhow!("{file}:{line}: {}", self.text),
        }
    }
}

/// Finds what is wrong with the cells of a row.
pub(super) struct Check {
    needed: usize,
    /// Columns whose cells may be of no value, in the order of the cells.
    columns: Vec<&'static str>,
    /// The one whose reader tells what is no label.
    number: Option<&'static str>,
    is_table: bool,
}

impl Check {
    /// That of rows with these columns; `is_table`: they are cells of a table.
    pub(super) fn of(columns: &Columns, is_table: bool) -> Self {
        Self {
            needed: columns.needed.len(),
            columns: [columns.needed, columns.optional].concat(),
            number: columns.number,
            is_table,
        }
    }

    pub(super) fn fault(&self, cells: &[String], names: &ColumnNames) -> Option<Fault> {
        let cell_is = |is: &dyn Fn(&String) -> bool| {
            let mut needed = cells.iter().take(self.needed);
            needed.position(is)
        };
        let is_of_none = |&(place, cell): &(usize, &String)| {
            let column = self.columns.get(place);
            self.is_table && column.is_some_and(|c| self.number != Some(*c)) && is_failure(cell)
        };
        let blank = cell_is(&|cell| is_blank(cell));
        let blank = blank.map(|place| {
            let told = names.in_wanted(place, "It is empty or blank.");
            let column = self.columns[place];
            told.unwrap_or_else(|| format!("{column} is empty or blank."))
        });
        let listed = || {
            let place = cell_is(&|cell| self.is_table && is_list(cell))?;
            names.in_wanted(
                place,
                "This is a list of texts; write one text in each row.",
            )
        };
        let totals = || {
            let is_pair = self.is_table && self.columns.starts_with(&["sentence_a", "sentence_b"]);
            let word = total(cells.first()?, cells.get(1)?).filter(|_| is_pair)?;
            Some(format!(
                "this seems to be a row of totals ({word}), and no pair; take it out."
            ))
        };
        let text = blank.or_else(listed).or_else(totals).or_else(|| {
            let (place, cell) = cells.iter().enumerate().find(is_of_none)?;
            let cell = cell.trim();
            let what = match cell {
                NOT_COMPUTED => "This is a formula without its result. Open the file in Excel or WPS, save it, and take the saved one.".to_owned(),
                cell => format!("{cell} stands for a value that is not there."),
            };
            names.in_wanted(place, &what)
        });
        text.map(Fault::told)
    }
}

/// Words that begin the rows below a table.
const TOTALS: [&str; 14] = [
    "合计",
    "总计",
    "小计",
    "共计",
    "总和",
    "总数",
    "平均",
    "平均分",
    "均值",
    "total",
    "totals",
    "sum",
    "average",
    "mean",
];

/// The word that says that a row sums up those above: nothing but a count or a sign stands beside it.
fn total<'a>(first: &'a str, second: &str) -> Option<&'a str> {
    let count = second.trim_start_matches(|c: char| c.is_whitespace() || "共计".contains(c));
    let is_count = count.starts_with(char::is_numeric) || !count.contains(char::is_alphabetic);
    let is_total = TOTALS.contains(&names::plain(first).as_str());
    (is_total && is_count).then(|| first.trim())
}

/// What spreadsheet programs show in the place of what is not computed yet.
pub(super) const NOT_COMPUTED: &str = "#GETTING_DATA";

/// What spreadsheet programs show where a formula failed, and databases and pandas write where there is nothing.
const FAILURES: [&str; 16] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#DATA!",
    NOT_COMPUTED,
    "#SPILL!",
    "#CALC!",
    "<NA>",
    "\\N",
    "NULL",
    "NaN",
    "nan",
];

/// Whether a cell holds a list as JSON or Python writes it: `["a", "b"]`, `['a']`.
pub(super) fn is_list(cell: &str) -> bool {
    let cell = cell.trim();
    let is_of_python = || cell.starts_with("['") && cell.ends_with("']");
    cell.starts_with("[\"") && serde_json::from_str::<Vec<String>>(cell).is_ok() || is_of_python()
}

/// Whether a cell of a table has no value, whatever it says.
pub(super) fn is_failure(cell: &str) -> bool {
    let cell = cell.trim();
    FAILURES.contains(&cell)
        || cell
            .strip_prefix("Err:")
            .is_some_and(|code| code.parse::<u16>().is_ok())
}
