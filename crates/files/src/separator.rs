//! What stands between the columns of a CSV file. Excel writes semicolons where a comma is the decimal sign, as in most of Europe; others
//! write tabs, or vertical bars.

use std::io::BufRead;

use super::{Columns, names};

/// What may stand between columns; the first where nothing tells.
const SEPARATORS: [char; 2] = [',', ';'];

/// What stands there where neither of these is in the file. Full-width ones are told by a header alone: texts are full of them.
const UNUSUAL: [char; 3] = ['|', '，', '；'];

/// Lines that are looked at.
pub(super) const FIRST_LINES: usize = 4;

/// The separator that a first line tells, as in `sep=;`, which Excel takes for that and not for a row.
pub(super) fn told(line: &str) -> Option<char> {
    let line = line.trim_end_matches([' ', '\r']).trim_matches('"');
    let separator = line
        .get(..4)
        .filter(|word| word.eq_ignore_ascii_case("sep="));
    let mut rest = separator.and(line.get(4..))?.chars();
    let separator = rest.next()?;
    (rest.next().is_none() && separator.is_ascii() && separator != '"').then_some(separator)
}

/// The separator of a file that begins with these lines.
pub(super) fn find<'a>(lines: impl Iterator<Item = &'a str>, columns: &Columns) -> char {
    let mut lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let needed = columns.needed.len();
    // A title above the header has no columns.
    let has_columns = |line: &&str| line.contains([',', ';', '\t', '|', '，', '；']);
    let begin = lines.iter().position(has_columns).filter(|_| needed > 1);
    lines.drain(..begin.unwrap_or(0));
    let Some(first) = lines.first() else {
        return SEPARATORS[0];
    };
    let look = Look {
        lines: &lines,
        first,
        least: needed.max(2),
    };
    // Texts have no tabs, so that the same number of them in most lines tells enough.
    if look.has_columns('\t') && look.is_mostly_same('\t') && (lines.len() > 1 || needed > 1) {
        return '\t';
    }
    if !SEPARATORS
        .into_iter()
        .any(|separator| look.is_there(separator))
    {
        let is_told = |separator: &char| {
            let has_bars = *separator == '|' && lines.len() > 1 && needed > 1 && look.is_same('|');
            look.has_columns(*separator) && (has_bars || look.is_header(*separator))
        };
        return UNUSUAL.into_iter().find(is_told).unwrap_or(SEPARATORS[0]);
    }
    usual(&look, needed)
}

/// The comma or the semicolon.
fn usual(look: &Look<'_>, needed: usize) -> char {
    // A text alone in its row may hold any of them.
    let is_told = |separator: char| match needed {
        1 => look.is_header(separator) || look.is_mostly_header(separator),
        _ => look.is_same(separator) || look.is_header(separator),
    };
    let fits = |separator: &char| look.has_columns(*separator) && is_told(*separator);
    // The one that makes most columns; of equals the first, which is the last that a search for the greatest finds.
    let fitting = SEPARATORS.into_iter().rev().filter(fits);
    let fitting = fitting.max_by_key(|&separator| look.count(separator));
    let alone = || {
        let mut there = SEPARATORS
            .into_iter()
            .filter(|&separator| look.count(separator) > 1);
        there
            .next()
            .filter(|_| needed > 1 && there.next().is_none())
    };
    fitting.or_else(alone).unwrap_or(SEPARATORS[0])
}

/// The first lines that are not blank, of which there is one at least.
struct Look<'a> {
    lines: &'a [&'a str],
    first: &'a str,
    /// Columns that there have to be.
    least: usize,
}

impl Look<'_> {
    /// Cells of the first line.
    fn count(&self, separator: char) -> usize {
        outside_quotes(self.first, separator).len()
    }

    fn has_columns(&self, separator: char) -> bool {
        self.count(separator) >= self.least
    }

    /// Whether all lines have as many cells as the first one.
    fn is_same(&self, separator: char) -> bool {
        let mut counts = self
            .lines
            .iter()
            .map(|line| outside_quotes(line, separator).len());
        counts.all(|count| count == self.count(separator))
    }

    /// Whether most lines have as many cells as the first one.
    fn is_mostly_same(&self, separator: char) -> bool {
        let same = self
            .lines
            .iter()
            .filter(|line| outside_quotes(line, separator).len() == self.count(separator));
        2 * same.count() > self.lines.len()
    }

    /// Whether the first line has only names of columns.
    fn is_header(&self, separator: char) -> bool {
        is_header(self.first, separator)
    }

    /// Whether most of the first line are names of columns, and all lines have as many cells.
    fn is_mostly_header(&self, separator: char) -> bool {
        let cells = outside_quotes(self.first, separator);
        let known = cells.iter().filter(|cell| is_name(cell)).count();
        2 * known > cells.len() && self.is_same(separator)
    }

    fn is_there(&self, separator: char) -> bool {
        self.lines.iter().any(|line| line.contains(separator))
    }
}

/// Whether a line is a header of CSV: nothing but names of columns between commas or semicolons.
pub(super) fn is_header_of_csv(line: &str) -> bool {
    SEPARATORS.into_iter().any(|sign| is_header(line, sign))
}

/// Whether a line is a header of a table, whose names may have tabs between them as well: so spreadsheet programs save "Unicode text".
pub(super) fn is_header_of_table(line: &str) -> bool {
    is_header_of_csv(line) || is_header(line, '\t')
}

/// Bytes of a text from which on its last line may go on behind them.
const WHOLE: usize = 1 << 12;

/// Whether each line that a text begins with has tabs between cells, and as many as the others, as systems take pairs of questions and answers.
pub(super) fn has_tabs(reader: &mut dyn BufRead) -> bool {
    // Whoever reads on meets what is wrong with it.
    let head = reader.fill_buf().unwrap_or_default();
    let end = match head.len() < WHOLE {
        true => head.len(),
        false => head.iter().rposition(|byte| *byte == b'\n').unwrap_or(0),
    };
    let text = String::from_utf8_lossy(&head[..end]);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let cells = |line: &str| {
        let cells = line.trim_end_matches('\r').split('\t');
        let is_told = !line.starts_with('\t');
        is_told.then(|| cells.count())
    };
    let first = lines.next().and_then(cells);
    first.is_some_and(|n| n > 1 && lines.all(|line| cells(line) == Some(n)))
}

fn is_header(line: &str, separator: char) -> bool {
    let cells = outside_quotes(line, separator);
    cells.len() > 1 && cells.into_iter().all(is_name)
}

/// Whether a cell is a name of a column.
fn is_name(cell: &str) -> bool {
    names::is_known(&names::plain(cell.trim().trim_matches('"')))
}

/// The cells of a line, roughly: whoever reads them in earnest minds doubled quotes and cells of several lines.
fn outside_quotes(line: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let cells = line.split(|c: char| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_csv_is_told_from_a_question() {
        for header in [
            "标准问,答案",
            "\u{feff}标准问;答案;有效期",
            "\"问题\",\"答案\"\r",
        ] {
            assert!(is_header_of_csv(header), "{header}");
        }
        for other in ["标准问", "你好,世界", "问题,是什么", "", "标准问\t答案"] {
            assert!(!is_header_of_csv(other), "{other}");
            assert_eq!(is_header_of_table(other), other.contains('\t'), "{other}");
        }
    }

    const PAIR: &[&str] = &["sentence_a", "sentence_b", "label"];

    fn of(text: &str, needed: &'static [&'static str]) -> char {
        find(text.lines(), &Columns::needed(needed))
    }

    #[test]
    fn a_first_line_may_tell_it() {
        assert_eq!(told("sep=;"), Some(';'));
        assert_eq!(told("\"SEP=,\" "), Some(','));
        assert_eq!(told("sep=\t"), Some('\t'));
        for other in ["", "sep=", "sep=;;", "separator", "sep", "分隔=;", "sep=；"] {
            assert_eq!(told(other), None, "{other}");
        }
    }

    #[test]
    fn semicolons_where_they_make_the_columns() {
        for text in [
            "sentence_a;sentence_b;label\n今天;外面;0,85\n",
            "今天;外面;0,85\n下雨;晴天;0,1\n",
            "句子1;句子2;标签\n今天, 天气;外面;1\n",
            "\"今天,好\";\"外面;晴\";1\n",
        ] {
            assert_eq!(of(text, PAIR), ';', "{text}");
        }
        for text in [
            "",
            "今天,外面,1\n",
            "今天,\"外面;晴\",1\n雨;雪,晴,0\n",
            "a;b,c,1\nd;e,f,0\n",
            "only one column\n",
        ] {
            assert_eq!(of(text, PAIR), ',', "{text}");
        }
    }

    #[test]
    fn the_one_that_makes_more_columns() {
        let pair = &["sentence_a", "sentence_b"];
        assert_eq!(of("今天;外面;0,85\n", pair), ';');
        assert_eq!(of("今天;好,外面\n", pair), ',');
        assert_eq!(of("今天;好,外面,晴\n", pair), ',');
    }

    #[test]
    fn a_title_above_has_no_columns() {
        for (text, separator) in [
            ("标注表\n部门：客服\n句子1;句子2;标签\n今天;外面;0,5\n", ';'),
            ("标注表\n句子1\t句子2\n今天\t外面, 晴\n", '\t'),
            ("标注表\n句子1,句子2,标签\n", ','),
        ] {
            assert_eq!(of(text, &PAIR[..2]), separator, "{text}");
        }
    }

    #[test]
    fn tabs_bars_and_full_width_commas() {
        for (text, separator) in [
            ("今天, 好\t外面, 晴\t1\n雨, 雪\t晴\t0\n", '\t'),
            ("sentence_a\tsentence_b\tlabel\n", '\t'),
            ("今天|外面|1\n雨|晴|0\n", '|'),
            ("句子1|句子2|标签\n", '|'),
            ("句子1，句子2，标签\n今天，外面，1\n", '，'),
            ("问题；答案；标签\n", '；'),
            // Nothing tells that these are columns.
            ("今天，外面，下雨\n雨，雪，晴\n", ','),
            ("今天|外面|1\n雨|晴\n", ','),
        ] {
            assert_eq!(of(text, PAIR), separator, "{text}");
        }
        assert_eq!(of("1\t今天，好\n2\t外面\n", &["text"]), '\t');
        assert_eq!(of("问\t答\n接着\n问\t答\n", &["text"]), '\t');
        assert_eq!(of("今天\t好\n外面\n", &["text"]), ',');
        assert_eq!(of("今天\t好\n", &["text"]), ',');
        assert_eq!(of("今天|好\n外面|晴\n", &["text"]), ',');
    }

    #[test]
    fn texts_alone_in_their_rows_may_hold_semicolons() {
        assert_eq!(of("你好;世界\n今天;外面\n", &["text"]), ',');
        assert_eq!(of("text\n你好;世界\n", &["text"]), ',');
        assert_eq!(of("标准问;答案;有效期\n怎么开票;可以;\n", &["text"]), ';');
        assert_eq!(of("标准问;答案;部门\n怎么开票;可以;财务\n", &["text"]), ';');
        assert_eq!(of("id;text\n1;你好\n", &["text"]), ';');
        assert_eq!(of("编号;文本\n1;你好, 世界\n", &["text"]), ';');
    }
}
