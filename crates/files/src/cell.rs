//! Cells of a row, and the texts that stand in one.

use anyhow::bail;
use serde::Deserialize;
use yuyi_language::is_blank;

/// Cells of a row of a table, with its line.
pub(super) type Cells = anyhow::Result<(u64, Vec<String>)>;

/// Columns of a table at most, as spreadsheet programs have them. A line of nothing but commas would be many times its bytes.
pub(super) const MOST_COLUMNS: usize = 16_384;

/// # Errors
/// When a line has more cells than a table has columns.
pub(super) fn check_count(line: u64, count: usize) -> anyhow::Result<()> {
    if count > MOST_COLUMNS {
        bail!("line {line} has more than {MOST_COLUMNS} columns");
    }
    Ok(())
}

/// How many cells there are up to the last one that is not blank.
pub(super) fn filled(cells: &[String]) -> usize {
    let last = cells.iter().rposition(|cell| !cell.trim().is_empty());
    last.map_or(0, |last| last + 1)
}

/// The wordings in a cell, a line each, as some systems export them.
pub(super) fn lines(cell: &str) -> impl Iterator<Item = String> {
    let lines = cell.lines().map(str::trim);
    lines.filter(|line| !is_blank(line)).map(str::to_owned)
}

/// A text of a list of JSON, by itself or in an object as FastGPT has its indexes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Bare(String),
    Index { text: String },
}

impl Text {
    fn into_string(self) -> String {
        match self {
            Self::Bare(text) | Self::Index { text } => text,
        }
    }
}

/// The texts that stand in one cell: a list of JSON, or between bars, semicolons or ends of lines. Numbers in front of all of them, 1. 2. 3., are
/// no part of them.
pub(super) fn several(cell: &str) -> impl Iterator<Item = String> + use<> {
    let list = || serde_json::from_str::<Vec<Text>>(cell).ok();
    let list = cell.trim_start().starts_with('[').then(list).flatten();
    let list = list.map(|list| list.into_iter().map(Text::into_string).collect());
    let texts = list.unwrap_or_else(|| {
        let texts: Vec<String> = cell.split(['|', '｜', '；', ';']).flat_map(lines).collect();
        unnumbered(&texts).unwrap_or(texts)
    });
    texts.into_iter()
}

/// The questions in a cell, a line each, without the numbers in front of them.
pub(super) fn questions(cell: &str) -> Vec<String> {
    let lines: Vec<String> = lines(cell).collect();
    unnumbered(&lines).unwrap_or(lines)
}

/// Texts without the numbers in front of them, if all have theirs.
fn unnumbered(texts: &[String]) -> Option<Vec<String>> {
    let bare = |(i, text): (usize, &String)| {
        let rest = text.strip_prefix(&(i + 1).to_string())?;
        let rest = rest
            .strip_prefix(['.', '、', '．', ')', '）'])?
            .trim_start();
        (!is_blank(rest)).then(|| rest.to_owned())
    };
    let bare: Option<Vec<String>> = texts.iter().enumerate().map(bare).collect();
    bare.filter(|bare| bare.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_may_have_several_texts() {
        for (cell, expected) in [
            ("怎么退货;如何退货", vec!["怎么退货", "如何退货"]),
            ("怎么退货； 如何退货;", vec!["怎么退货", "如何退货"]),
            (
                "怎么退货|如何退货\n能退吗",
                vec!["怎么退货", "如何退货", "能退吗"],
            ),
            ("1. 怎么退货;2. 如何退货", vec!["怎么退货", "如何退货"]),
            ("怎么退货，运费谁出", vec!["怎么退货，运费谁出"]),
            // So a text with a semicolon is written.
            (r#"["怎么退货;如何退货"]"#, vec!["怎么退货;如何退货"]),
        ] {
            assert_eq!(several(cell).collect::<Vec<_>>(), expected, "{cell}");
        }
    }
}
