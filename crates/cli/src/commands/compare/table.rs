//! The comparison as text for a terminal.

use super::ranked::{Ranked, SearchRow, Standing};
use super::{Comparison, SearchFiles};
use crate::language::Language;
use crate::messages;
use unicode_width::UnicodeWidthStr;
use yuyi_tasks::metrics::Estimate;

const COLUMNS: usize = 11;

const HEAD: [&str; COLUMNS] = [
    "",
    "Spearman",
    "vs best",
    "AUC",
    "best F1",
    "ECE",
    "ms/pair",
    "s/1,000 pairs",
    "texts/s",
    "MB",
    "licence",
];

/// A row for each, with columns as wide as they must be.
pub fn table(comparison: &Comparison) -> String {
    let mut rows = vec![HEAD.map(|name| messages::told(name).into_owned())];
    let measured = comparison.results.iter();
    rows.extend(measured.filter_map(|r| Some(row(r, r.measured.as_ref()?))));
    let mut lines = vec![
        format!("{}, {} cores", comparison.cpu, comparison.cores),
        format!(
            "pairs: {}, the same: {}, of {}",
            comparison.pairs,
            comparison.same,
            comparison.files.join(", ")
        ),
        String::new(),
    ];
    lines.extend(aligned(&rows));
    lines.extend(search_table(comparison));
    let results = || comparison.results.iter();
    lines.extend(results().filter_map(|ranked| {
        let error = ranked.error.as_ref()?;
        Some(format!("{}: could not be measured: {error}", ranked.name))
    }));
    lines.push(String::new());
    lines.extend(comparison.remarks(Language::of_messages()));
    lines.extend(results().filter_map(suited_for));
    if comparison.rounds > 0 {
        let rounds = comparison.rounds;
        lines.push(format!(
            "In brackets: 95 % interval of {rounds} bootstrap samples."
        ));
    }
    let added = match comparison.has_methods() {
        true => "; of a literal method, what it adds",
        false => "",
    };
    lines.push(format!(
        "MB: most memory of a process that does only this{added}.\n"
    ));
    lines.join("\n")
}

/// How well questions find their entries: a row for each that was asked.
fn search_table(comparison: &Comparison) -> Vec<String> {
    let Some(search) = &comparison.search else {
        return Vec::new();
    };
    let SearchFiles {
        faq,
        entries,
        questions,
        asked,
        candidates,
    } = search;
    let [first, others @ ..] = SearchRow::METRICS;
    let [a, b, c] = others;
    let head = ["", "first stage", first, a, b, c, "s/1,000 pairs"];
    let mut rows = vec![head.map(|name| messages::told(name).into_owned())];
    let results = comparison.results.iter();
    rows.extend(results.filter_map(|ranked| {
        let row = ranked.measured.as_ref()?.search_row()?;
        let [first, others @ ..] = row.metrics;
        let [a, b, c] = others.map(plain);
        let seconds = row.seconds_per_1000_pairs;
        Some([
            ranked.name.clone(),
            row.first_stage.to_owned(),
            with_interval(first),
            a,
            b,
            c,
            seconds.map_or("–".to_owned(), significant),
        ])
    }));
    let mut lines = vec![
        String::new(),
        format!(
            "{faq}: {entries} entries; {questions}: {asked} questions; a reranker orders the first {candidates}"
        ),
    ];
    lines.extend(aligned(&rows));
    lines
}

/// What a known model suits.
fn suited_for(ranked: &Ranked) -> Option<String> {
    let (zh, en) = ranked.suited_for?;
    let name = &ranked.name;
    Some(Language::of_messages().pick(
        format!("{name}：适合{zh}"),
        format!("{name}: suited for {en}"),
    ))
}

/// The rows with the name on the left and numbers on the right.
fn aligned<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| match column {
            0 => messages::left(cell, width),
            _ => format!("  {}", messages::right(cell, width)),
        });
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(ranked: &Ranked, standing: &Standing) -> [String; COLUMNS] {
    let quality = &standing.quality;
    let above = standing.spearman_above_best.as_ref();
    [
        ranked.name.clone(),
        with_interval(&quality.spearman),
        above.map_or("–".to_owned(), with_interval),
        plain(&quality.auc),
        plain(&quality.best_f1),
        plain(&quality.ece),
        significant(1e3 * standing.costs.pair_seconds),
        significant(standing.costs.seconds_per_1000_pairs),
        format!("{:.0}", standing.costs.texts_per_second),
        match (ranked.is_remote, standing.costs.memory_bytes) {
            (true, _) => "API".to_owned(),
            (false, Some(bytes)) => format!("{:.0}", bytes as f64 / 1e6),
            (false, None) => "–".to_owned(),
        },
        messages::told(ranked.licence.as_deref().unwrap_or("–")).into_owned(),
    ]
}

/// Three digits that count.
pub fn significant(value: f64) -> String {
    let whole = if value > 0.0 {
        value.log10().floor() as i32
    } else {
        0
    };
    let digits = (2 - whole).clamp(0, 6) as usize;
    format!("{value:.digits$}")
}

fn plain(estimate: &Estimate) -> String {
    estimate.value.map_or("–".to_owned(), |v| format!("{v:.3}"))
}

fn with_interval(estimate: &Estimate) -> String {
    match estimate.interval() {
        Some(i) => {
            let to = Language::of_messages().pick("至", "to");
            format!("{} ({:.3} {to} {:.3})", plain(estimate), i.low, i.high)
        }
        None => plain(estimate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        for (value, text) in [
            (0.0, "0.00"),
            (0.001_234, "0.00123"),
            (1.234, "1.23"),
            (123.4, "123"),
            (12_345.0, "12345"),
        ] {
            assert_eq!(significant(value), text);
        }
    }
}
