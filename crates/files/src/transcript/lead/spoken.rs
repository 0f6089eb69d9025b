//! Times as people say them, 1分20秒 and 1小时2分3秒. Somebody may well have said such a one, so it has to stand by itself.

use super::names::{is_field, near};

/// Hours, minutes and seconds.
const UNITS: [&[&str]; 3] = [&["小时", "时"], &["分钟", "分"], &["秒钟", "秒"]];

/// In front of how long something took.
const LASTING: [&str; 8] = ["时长", "用时", "历时", "时间", "共", "约", "总计", "长度"];

/// Bytes of the time that a text begins with: minutes and seconds, perhaps behind hours.
pub(super) fn length(text: &str) -> Option<usize> {
    let mut rest = text;
    let mut found = [false; UNITS.len()];
    for (units, found) in UNITS.iter().zip(&mut found) {
        if let Some(behind) = part(rest, units) {
            (rest, *found) = (behind, true);
        }
    }
    let end = text.len() - rest.len();
    let whole = text[..end].trim_end().len();
    (found[1] && found[2]).then_some(whole)
}

/// What follows a number and its unit.
fn part<'t>(text: &'t str, units: &[&str]) -> Option<&'t str> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_digit).count();
    let behind = text[digits..].trim_start();
    let rest = units.iter().find_map(|unit| behind.strip_prefix(unit))?;
    (1..=3).contains(&digits).then(|| rest.trim_start())
}

/// Where the first such time near the start of a line stands, between blanks, brackets or the ends of the line, and not behind words for how long something took.
pub(super) fn first(line: &str) -> Option<(usize, usize)> {
    let is_edge = |c: char| c.is_whitespace() || "[](（）)【】*:：|-—–~～".contains(c);
    let digits = near(line).filter(|(_, c)| c.is_ascii_digit());
    let mut found = digits.filter_map(|(at, _)| {
        let end = at + length(&line[at..])?;
        let is_free = line[..at].chars().next_back().is_none_or(is_edge)
            && line[end..].chars().next().is_none_or(is_edge);
        is_free.then_some((at, end))
    });
    let (at, end) = found.next()?;
    let before = line[..at].trim_end_matches(is_edge);
    let lasts = LASTING.iter().any(|word| before.ends_with(word)) || is_field(before);
    (!lasts).then_some((at, end))
}
