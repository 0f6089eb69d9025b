//! The texts that stand in one cell.

use yuyi_language::is_blank;

/// The wordings in a cell, a line each, as some systems export them.
pub(super) fn lines(cell: &str) -> impl Iterator<Item = String> {
    let lines = cell.lines().map(str::trim);
    lines.filter(|line| !is_blank(line)).map(str::to_owned)
}

/// The texts that stand in one cell: a list of JSON, or between bars, full-width semicolons or ends of lines. Numbers in front of all of them, 1. 2. 3., are
/// no part of them.
pub(super) fn several(cell: &str) -> impl Iterator<Item = String> + use<> {
    let list = || serde_json::from_str::<Vec<String>>(cell).ok();
    let list = cell.trim_start().starts_with('[').then(list).flatten();
    let texts = list.unwrap_or_else(|| {
        let texts: Vec<String> = cell.split(['|', '｜', '；']).flat_map(lines).collect();
        unnumbered(&texts).unwrap_or(texts)
    });
    texts.into_iter()
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
