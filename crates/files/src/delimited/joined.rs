//! Rows that are one entry, since their question stands in one cell that goes over all of them.

use std::collections::HashSet;

/// The cells of all these rows as those of one, and the first column that is told in different ways and cannot be (`can_join`) told in lines of one cell.
pub(super) fn join(
    rows: &[Vec<String>],
    can_join: impl Fn(usize) -> bool,
) -> (Vec<String>, Option<usize>) {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut differing = None;
    let cell = |place: usize| {
        let mut seen = HashSet::new();
        let texts = rows.iter().filter_map(|row| row.get(place));
        let texts = texts.filter(|text| !text.trim().is_empty() && seen.insert(text.trim()));
        let mut texts: Vec<&str> = texts.map(String::as_str).collect();
        if texts.len() > 1 && !can_join(place) {
            differing.get_or_insert(place);
            texts.truncate(1);
        }
        texts.join("\n")
    };
    let cells = (0..width).map(cell).collect();
    (cells, differing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_joined_each_once() {
        let row = |cells: &str| cells.split('|').map(str::to_owned).collect::<Vec<_>>();
        let rows = [
            row("问|七天内|能退吗|售后"),
            row("问|七天内 |退货|"),
            row("问|拆封不退||售后"),
        ];
        let (cells, differing) = join(&rows, |_| true);
        assert_eq!(cells, ["问", "七天内\n拆封不退", "能退吗\n退货", "售后"]);
        assert_eq!(differing, None);
        let (cells, differing) = join(&rows, |place| place != 2);
        assert_eq!((cells[2].as_str(), differing), ("能退吗", Some(2)));
    }
}
