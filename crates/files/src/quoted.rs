//! CSV: cells between commas, in quotes where they hold commas, quotes or line ends (RFC 4180); or between semicolons.

use std::collections::VecDeque;

use anyhow::bail;

use super::Columns;
use super::cell;
use super::lines::Lines;
use super::separator::{self, FIRST_LINES};

/// Records with the line in which each begins. Other than most readers, this one refuses a quote that is out of place: such
/// a one swallows the rows below it, and takes their labels.
pub(super) struct Quoted {
    lines: Lines,
    /// Lines that were looked at for the separator.
    first: VecDeque<anyhow::Result<(u64, String)>>,
    separator: char,
    /// Most cells of a record so far; a title above has fewer.
    width: usize,
}

/// A record as far as it is read.
struct Open {
    separator: char,
    cells: Vec<String>,
    cell: String,
    place: Place,
    /// The line in which the last quoted cell began.
    quoted_from: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Before a cell.
    Start,
    /// Behind blanks, which are part of a cell unless a quote follows.
    Blank,
    /// Behind an equals sign: Excel keeps `="007"` from becoming a number.
    Equals,
    /// In a cell without quotes.
    Plain,
    /// Between quotes.
    Quoted,
    /// Behind a quote that ends a cell, unless another quote follows.
    Closed,
}

impl Quoted {
    /// Looks at the first lines for the separator of columns.
    pub(super) fn new(mut lines: Lines, columns: &Columns) -> Self {
        let mut first: VecDeque<_> = lines.by_ref().take(1).collect();
        let text = |line: &'_ anyhow::Result<(u64, String)>| match line {
            Ok((_, text)) => Some(text.clone()),
            Err(_) => None,
        };
        let told = first.front().and_then(text);
        let told = told.and_then(|line| separator::told(&line));
        let separator = match told {
            Some(separator) => {
                first.clear();
                separator
            }
            None => {
                first.extend(lines.by_ref().take(FIRST_LINES - 1));
                let texts: Vec<String> = first.iter().map_while(text).collect();
                separator::find(texts.iter().map(String::as_str), columns)
            }
        };
        Self {
            lines,
            first,
            separator,
            width: 0,
        }
    }

    /// What stands between columns.
    pub(super) fn separator(&self) -> char {
        self.separator
    }

    fn next_line(&mut self) -> anyhow::Result<Option<(u64, String)>> {
        let line = self.first.pop_front().or_else(|| self.lines.next());
        line.transpose()
    }

    fn read(&mut self) -> anyhow::Result<Option<(u64, Vec<String>)>> {
        let Some((first, mut text)) = self.next_line()? else {
            return Ok(None);
        };
        let mut open = Open::new(self.separator);
        let mut line = first;
        let mut looks_like_rows = true;
        loop {
            open.take(&text, line)?;
            looks_like_rows &= self.is_like_a_labelled_row(&text) || self.is_like_a_row(&text);
            if open.place != Place::Quoted {
                break;
            }
            open.cell.push('\n');
            let Some(next) = self.next_line()? else {
                let from = open.quoted_from;
                bail!("line {from}: a quote opens a cell here, and nothing closes it");
            };
            (line, text) = next;
        }
        if line > first && looks_like_rows {
            bail!(
                "line {}: a quoted cell goes on to line {line}, though each of these lines is a row by itself. Take the quote away, or write it twice (\"\") inside a quoted cell",
                open.quoted_from
            );
        }
        let cells = open.end();
        self.width = self.width.max(cells.len());
        Ok(Some((first, cells)))
    }

    /// Whether a line has all cells, with tabs between them, which texts have not.
    fn is_like_a_row(&self, text: &str) -> bool {
        let cells = text.split('\t').count();
        self.separator == '\t' && cells > 1 && (self.width == 0 || self.width == cells)
    }

    /// Whether a line has all cells and its last one is a number, as a label is.
    fn is_like_a_labelled_row(&self, text: &str) -> bool {
        let cells = text.split(self.separator).count();
        let last = text.rsplit(self.separator).next().unwrap_or_default();
        let last = last.trim().trim_matches('"').replace(',', ".");
        let is_number = last.parse::<f64>().is_ok();
        cells > 2 && (self.width == 0 || self.width == cells) && is_number
    }
}

impl Open {
    fn new(separator: char) -> Self {
        Self {
            separator,
            cells: Vec::new(),
            cell: String::new(),
            place: Place::Start,
            quoted_from: 0,
        }
    }

    /// Reads on with a line.
    fn take(&mut self, text: &str, line: u64) -> anyhow::Result<()> {
        for c in text.chars() {
            self.place = match (self.place, c) {
                (Place::Start | Place::Blank | Place::Equals, '"') => {
                    self.cell.clear();
                    self.quoted_from = line;
                    Place::Quoted
                }
                (Place::Quoted, '"') => Place::Closed,
                (Place::Closed, '"') => self.push(c, Place::Quoted),
                (Place::Quoted, _) => self.push(c, Place::Quoted),
                (_, c) if c == self.separator => {
                    self.end_cell();
                    cell::check_count(line, self.cells.len() + 1)?;
                    Place::Start
                }
                (Place::Closed, c) if c.is_whitespace() => Place::Closed,
                (Place::Closed, _) => bail!(
                    "line {}: the quoted cell that begins here ends in line {line} before {c:?}, where {} or the end of the line has to follow. A quote inside such a cell is written twice (\"\")",
                    self.quoted_from,
                    match self.separator {
                        ',' => "a comma",
                        ';' => "a semicolon",
                        _ => "a separator",
                    }
                ),
                (Place::Start | Place::Blank, c) if c.is_whitespace() => self.push(c, Place::Blank),
                (Place::Start | Place::Blank, '=') => self.push(c, Place::Equals),
                (_, _) => self.push(c, Place::Plain),
            };
        }
        Ok(())
    }

    fn push(&mut self, c: char, place: Place) -> Place {
        self.cell.push(c);
        place
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        self.cells.push(match self.place {
            Place::Closed => without_formula(cell),
            _ => cell,
        });
    }

    fn end(mut self) -> Vec<String> {
        self.end_cell();
        self.cells
    }
}

/// The text of a cell that is a formula of nothing but a text, `="007"`, as systems protect texts from Excel.
pub(super) fn without_formula(cell: String) -> String {
    let inside = cell.strip_prefix("=\"");
    let inside = inside.and_then(|rest| rest.strip_suffix('"'));
    let text = inside.map(|inside| inside.replace("\"\"", "\u{0}"));
    match text.filter(|text| !text.contains('"')) {
        Some(text) => text.replace('\u{0}', "\""),
        None => cell,
    }
}

impl Iterator for Quoted {
    type Item = anyhow::Result<(u64, Vec<String>)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Result<Vec<(u64, Vec<String>)>, String> {
        let columns = Columns::needed(&["question", "answer", "label"]);
        let records = Quoted::new(Lines::new(Box::new(text.as_bytes())), &columns);
        let records: anyhow::Result<_> = records.collect();
        records.map_err(|error| error.to_string())
    }

    #[test]
    fn cells_are_as_they_were_written() {
        let read = read("a,\"b,\"\"c\"\"\",\r\"d\re\" ,f\"g\",h\rlast").unwrap();
        let read: Vec<(u64, String)> = read
            .iter()
            .map(|(line, cells)| (*line, cells.join("|")))
            .collect();
        let expected = [(1, "a|b,\"c\"|"), (2, "d\ne|f\"g\"|h"), (4, "last")];
        assert_eq!(read, expected.map(|(line, cells)| (line, cells.to_owned())));
    }

    /// As Python and people write them.
    #[test]
    fn quotes_behind_blanks_and_equals_signs() {
        let cells = |text| -> Vec<String> {
            let read = read(text).unwrap().into_iter();
            read.map(|(_, cells)| cells.join("|")).collect()
        };
        assert_eq!(
            cells("\"甲\", \"乙, 丙\",\t1\n 甲 ,\u{3000}\"乙\"\"\" , \n"),
            ["甲|乙, 丙|\t1", " 甲 |乙\"| "]
        );
        assert_eq!(
            cells("=\"00,7\",\"=\"\"乙\"\"\",=1+2\n==,= \"甲\",=\n"),
            ["00,7|乙|=1+2", "==|= \"甲\"|="]
        );
        let error = read("甲, \"乙\"丙,1\n").unwrap_err();
        assert!(error.starts_with("line 1: the quoted cell"), "{error}");
    }

    #[test]
    fn formulas_of_a_text_are_that_text() {
        for (cell, text) in [
            ("=\"007\"", "007"),
            ("=\"他说\"\"好\"\"\"", "他说\"好\""),
            ("=\"\"", ""),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("=\"", "=\""),
            ("\"a\"", "\"a\""),
        ] {
            assert_eq!(without_formula(cell.to_owned()), text, "{cell}");
        }
    }

    #[test]
    fn a_return_inside_a_cell_is_part_of_it() {
        let read = read("问,答,1\r\n怎么\r退货,\"七\r天\n内\",1\r\n").unwrap();
        assert_eq!(read[1].1, ["怎么\r退货", "七\r天\n内", "1"]);
    }

    #[test]
    fn semicolons_and_what_a_first_line_tells() {
        let cells = |text| -> Vec<(u64, String)> {
            let read = read(text).unwrap().into_iter();
            read.map(|(line, cells)| (line, cells.join("|"))).collect()
        };
        let row = |line, cells: &str| (line, cells.to_owned());
        assert_eq!(
            cells("a;\"b;\"\"c\"\"\";0,5\nd;e, f;1\n"),
            [row(1, "a|b;\"c\"|0,5"), row(2, "d|e, f|1")]
        );
        assert_eq!(cells("sep=;\r\na;b,c;1\r\n"), [row(2, "a|b,c|1")]);
        assert_eq!(cells("sep=\t\na;b\tc,d\t1\n"), [row(2, "a;b|c,d|1")]);
        let error = read("a;\"b\"x;1\nc;d;0\n").unwrap_err();
        assert!(error.contains("where a semicolon or the end"), "{error}");
        let error = read("a;b;1\nc;\"d;1\ne;f\";0,5\n").unwrap_err();
        assert!(
            error.starts_with("line 2: a quoted cell goes on to line 3"),
            "{error}"
        );
    }

    #[test]
    fn a_quote_that_swallows_rows_is_refused() {
        for (text, told) in [
            (
                "a,b,1\nc,\"d,1\ne,f,0\n",
                "line 2: a quote opens a cell here, and nothing",
            ),
            (
                "a,b,1\nc,\"d,1\ne,\"f\",0\n",
                "line 2: the quoted cell that begins here ends in line 3",
            ),
            (
                "a,b,1\nc,\"d,1\ne,f\",0\n",
                "line 2: a quoted cell goes on to line 3",
            ),
            (
                "a,\"b,1\nc,d\",0\n",
                "line 1: a quoted cell goes on to line 2",
            ),
            // Answers that begin with a quote, which is none of CSV.
            (
                "a\tb\tx\nc\td\tx\ne\tf\tx\n问\t\"引用\tx\n答\t他说\"\tx\n",
                "line 4: a quoted cell goes on to line 5",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
        // An answer of several lines is none.
        assert_eq!(read("问,答,1\n退货,\"七天,\n内,可\",1\n").unwrap().len(), 2);
    }
}
