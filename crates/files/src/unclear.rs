//! Columns of which nothing tells whether they are the ones that are meant: what is guessed there would be a wrong number that looks right.

use anyhow::bail;

use super::{Columns, names};

/// What is found by the names that a line `given` has is what is meant. `places` are those of the needed columns.
///
/// # Errors
/// When there are more texts than two, or several labels, and their names do not tell.
pub(super) fn check(
    line: u64,
    given: &[String],
    columns: &Columns,
    places: &[usize],
) -> anyhow::Result<()> {
    let plain: Vec<String> = given.iter().map(|name| names::plain(name)).collect();
    let place = |wanted: &str| {
        let column = columns.needed.iter().position(|column| *column == wanted)?;
        let place = *places.get(column)?;
        (given[place].trim().to_lowercase() != wanted).then_some(place)
    };
    let shown = |places: &[usize]| {
        let names: Vec<&str> = places.iter().map(|&i| given[i].trim()).collect();
        names.join(", ")
    };
    let pair = place("sentence_a").zip(place("sentence_b"));
    let texts = pair.and_then(|pair| names::unclear_texts(&plain, pair));
    let labels = place("label").and_then(|place| names::unclear_labels(&plain, place));
    let flag = columns.flag;
    if let Some(texts) = texts {
        bail!(
            "line {line} names the texts {}, and nothing tells which two are compared; say it with {flag}, as in {flag} {}",
            shown(&texts),
            shown(places).replace(", ", ",")
        );
    }
    if let Some(labels) = labels {
        bail!(
            "line {line} names {}, and nothing tells which one is the label; say it with {flag}, as in {flag} {}",
            shown(&labels),
            shown(places).replace(", ", ",")
        );
    }
    Ok(())
}

/// Entries with several columns of answers have none of them, and nothing would tell that they are without one.
///
/// # Errors
/// When there are such columns. `places` are those of the needed columns, `optional` those of the optional ones.
pub(super) fn check_answers(
    line: u64,
    given: &[String],
    columns: &Columns,
    places: &[usize],
    optional: &[Option<usize>],
) -> anyhow::Result<()> {
    let answer = columns.optional.iter().position(|own| *own == "answer");
    let is_missing = answer.is_some_and(|answer| optional[answer].is_none());
    let plain: Vec<String> = given.iter().map(|name| names::plain(name)).collect();
    let question = places.first().copied().filter(|&place| {
        let kind = names::kind(&plain[place]);
        is_missing && kind == Some(names::Kind::Question)
    });
    let answers = names::several_answers(&plain);
    let (Some(question), [first, ..]) = (question, &answers[..]) else {
        return Ok(());
    };
    let shown: Vec<&str> = answers.iter().map(|&i| given[i].trim()).collect();
    let (flag, shown) = (columns.flag, shown.join(", "));
    bail!(
        "line {line} names the answers {shown}, and an entry has one; write them in one column, or say which one is read with {flag}, as in {flag} {},{}",
        given[question].trim(),
        given[*first].trim()
    );
}
