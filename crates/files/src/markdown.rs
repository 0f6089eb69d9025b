//! Tables in Markdown: a row of names between bars, a rule below it, and rows.

use std::io::BufRead;

use anyhow::{anyhow, bail};

use crate::Origin;
use crate::cell::{self, Cells};
use crate::lines::Lines;

/// Lines above a table that are looked at in a file whose name does not say that it is Markdown.
const ABOVE: usize = 32;

/// How lines are broken within a cell.
const BREAKS: [&str; 3] = ["<br>", "<br/>", "<br />"];

/// Whether a file of this name is Markdown.
pub(super) fn is_named(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".md") || name.ends_with(".markdown")
}

/// What is wrong with Markdown in which there is no table.
pub(super) fn no_table() -> anyhow::Error {
    anyhow!(
        "it has no table of Markdown, which is a row of names between bars (| 标准问 | 答案 |) above a rule (|---|---|). Write its texts as .txt, one a line"
    )
}

/// Whether a text begins with a table, perhaps below titles and sentences. `is_markdown`: its name says so, and whatever stands above is none of it; elsewhere a line
/// with what separates columns or opens a cell of several lines may be the first of a table in CSV.
pub(super) fn begins(reader: &mut dyn BufRead, is_markdown: bool) -> bool {
    // Whoever reads on meets what is wrong with it.
    let head = reader.fill_buf().unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let of_csv = |line: &&str| line.contains([',', ';', '\t', '"']);
    let tables = lines.windows(2).position(|two| is_head(two[0], two[1]));
    let above = |place: usize| &lines[..place];
    tables.is_some_and(|place| {
        is_markdown
            || place <= ABOVE
                && !above(place)
                    .iter()
                    .any(|line| of_csv(line) || line.contains('|'))
    })
}

/// Whether a line names the columns of a table below which this rule stands.
fn is_head(line: &str, rule: &str) -> bool {
    let (names, rule) = (cells(line), cells(rule));
    let is_dashes = |cell: &String| {
        let dashes = cell.trim_start_matches(':').trim_end_matches(':');
        !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
    };
    line.contains('|') && names.len() == rule.len() && rule.iter().all(is_dashes)
}

/// The cells of a row: a bar that a backslash stands in front of is part of its cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let mut cells = vec![String::new()];
    let mut characters = line.strip_prefix('|').unwrap_or(line).chars().peekable();
    while let Some(character) = characters.next() {
        let last = cells.len() - 1;
        match character {
            '\\' if characters.next_if_eq(&'|').is_some() => cells[last].push('|'),
            '|' if characters.peek().is_none() => {}
            '|' => cells.push(String::new()),
            other => cells[last].push(other),
        }
    }
    cells.iter().map(|cell| broken(cell)).collect()
}

/// A cell with its lines.
fn broken(cell: &str) -> String {
    let broken = BREAKS.iter().fold(cell.trim().to_owned(), |cell, mark| {
        cell.replace(mark, "\n")
    });
    let lines: Vec<&str> = broken.split('\n').map(str::trim).collect();
    lines.join("\n")
}

/// The rows of the tables of a text, the names of their columns in front of them.
pub(super) struct Tables {
    lines: Lines,
    origin: Origin,
    /// The line that comes next, where it was looked at.
    next: Option<anyhow::Result<(u64, String)>>,
    names: Option<Vec<String>>,
    is_inside: bool,
    /// Lines outside of tables.
    passed: u64,
}

impl Tables {
    pub(super) fn new(lines: Lines, origin: Origin) -> Self {
        Self {
            lines,
            origin,
            next: None,
            names: None,
            is_inside: false,
            passed: 0,
        }
    }

    fn read(&mut self) -> anyhow::Result<Option<(u64, Vec<String>)>> {
        loop {
            let Some((number, line)) = self.next_line()? else {
                self.tell();
                return Ok(None);
            };
            if self.is_inside && line.contains('|') {
                return Ok(Some((number, self.as_wide(cells(&line)))));
            }
            self.is_inside = self.is_above_rule(&line);
            if self.is_inside {
                self.next = None;
                let names = cells(&line);
                match &self.names {
                    Some(first) if *first == names => {}
                    Some(_) => bail!(
                        "line {number} begins another table, of other columns. Write each table to a file of its own"
                    ),
                    None => {
                        self.names = Some(names.clone());
                        return Ok(Some((number, names)));
                    }
                }
            } else if !line.trim().is_empty() {
                self.passed += 1;
            }
        }
    }

    fn next_line(&mut self) -> anyhow::Result<Option<(u64, String)>> {
        let line = self.next.take().or_else(|| self.lines.next());
        let line = line.transpose()?;
        if let Some((number, line)) = &line {
            cell::check_count(*number, line.matches('|').count())?;
        }
        Ok(line)
    }

    /// Whether the line below this one is a rule.
    fn is_above_rule(&mut self, line: &str) -> bool {
        if !line.contains('|') {
            return false;
        }
        self.next = self.next.take().or_else(|| self.lines.next());
        matches!(&self.next, Some(Ok((_, rule))) if is_head(line, rule))
    }

    /// Cells that a row leaves out at its end are blank.
    fn as_wide(&self, mut cells: Vec<String>) -> Vec<String> {
        let width = self.names.as_ref().map_or(0, Vec::len);
        if cells.len() < width {
            cells.resize(width, String::new());
        }
        cells
    }

    /// Says how much is not read, once.
    fn tell(&mut self) {
        let passed = std::mem::take(&mut self.passed);
        if passed > 0 {
            let name = self.origin.file();
            self.origin.say(format!(
                "{name} is read from its table in Markdown; lines around it that are not read: {passed}."
            ));
        }
    }
}

impl Iterator for Tables {
    type Item = Cells;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_from_what_has_bars() {
        for text in [
            "| 标准问 | 答案 |\n|---|---|\n| 退货？ | 七天 |\n",
            "# 客服\n\n常见问题：\n\n| 标准问 | 答案 |\n| :--- | ---: |\n",
            "标准问 | 答案\n--- | :-:\n退货？ | 七天\n",
        ] {
            assert!(begins(&mut text.as_bytes(), false), "{text}");
        }
        for text in [
            "",
            "| 退货？ | 七天 |\n| 开票？ | 可以 |\n",
            "标准问,答案\n怎么收费,\"见下表\n| 套餐 | 价格 |\n|---|---|\n| A | 10 |\"\n",
            "a|b\n甲|乙\nx|y\n---|---\n",
            "退货\n---\n开票\n",
            "| a | b |\n|---|\n",
        ] {
            assert!(!begins(&mut text.as_bytes(), false), "{text}");
        }
        let prose = "Questions, and answers\n\n| q | a |\n|---|---|\n";
        assert!(begins(&mut prose.as_bytes(), true));
    }

    #[test]
    fn bars_and_breaks_in_cells_are_part_of_them() {
        for (line, expected) in [
            ("| a \\| b | c |", ["a | b", "c"]),
            ("|七天<br>未拆封<br /> 即可||", ["七天\n未拆封\n即可", ""]),
            ("a | b\\n", ["a", "b\\n"]),
            ("| a | b", ["a", "b"]),
        ] {
            assert_eq!(cells(line), expected, "{line}");
        }
    }
}
