//! What tests of headers share.

/// The records of a text with commas between its cells, with their lines.
pub(super) fn records(text: &str) -> Vec<(u64, Vec<String>)> {
    let cells = |line: &str| line.split(',').map(str::to_owned).collect();
    (1..).zip(text.lines().map(cells)).collect()
}
