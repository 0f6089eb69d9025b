//! Times as files write them: `00:05`, `1:02:03.250`, ００：０１：０２, 1分20秒.

use super::names::near;
use super::spoken;

/// Between the start and the end of what is said.
const RANGES: [&str; 10] = ["-->", "->", "–", "—", "-", "~", "～", "至", "到", ","];

/// Halves of the day, behind times of the clock; the longer ones first.
const HALVES: [&str; 4] = ["a.m.", "p.m.", "am", "pm"];

/// Whether a text is a number of seconds or milliseconds.
pub(super) fn is_seconds(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Whether a text is the time of a turn, in whichever way files write it.
pub(in crate::transcript) fn is_time_of_turn(text: &str) -> bool {
    let clock = without_half(text);
    if clock.len() < text.len() {
        return is_time(clock);
    }
    is_seconds(text) || is_cue_time(&narrow(text)) || spoken::length(text) == Some(text.len())
}

/// Where a stretch of time ends whose start ends there: `00:01 - 00:03`, `00:00:01.000 --> 00:00:02.000`; without an end, there.
pub(super) fn end_of_range(line: &str, start: usize) -> usize {
    let rest = line[start..].trim_start();
    let end = RANGES.iter().find_map(|mark| {
        let behind = rest.strip_prefix(mark)?.trim_start();
        let (_, word) = pieces(behind).next().filter(|(at, _)| *at == 0)?;
        let length = match is_time(word) {
            true => word.len(),
            false => spoken::length(behind)?,
        };
        let end = line.len() - behind.len() + length;
        Some(end + half_of_day(&line[end..]))
    });
    end.unwrap_or(start)
}

/// The name that a text begins with, and the time that it ends with.
pub(in crate::transcript) fn named_time(text: &str) -> Option<(&str, &str)> {
    let at = without_half(text).rfind(' ').map_or(0, |at| at + 1);
    let (name, time) = text.split_at(at);
    is_time_of_turn(time).then_some((name, time))
}

/// A text without the half of the day at its end.
fn without_half(text: &str) -> &str {
    let clock = HALVES.iter().find_map(|half| {
        let at = text.len().checked_sub(half.len())?;
        let end = text.get(at..)?;
        end.eq_ignore_ascii_case(half)
            .then(|| text[..at].trim_end())
    });
    let clock = clock.filter(|clock| clock.ends_with(|c: char| c.is_ascii_digit()));
    clock.unwrap_or(text)
}

/// Bytes of the half of the day that a text begins with, behind a time: AM, p.m.
fn half_of_day(text: &str) -> usize {
    let word = text.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let half = HALVES.iter().find(|half| {
        let begin = word.get(..half.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(half))
    });
    let behind = |half: &&&str| word[half.len()..].chars().next();
    let half = half.filter(|half| behind(half).is_none_or(|c| !c.is_alphanumeric()));
    half.map_or(0, |half| text.len() - word.len() + half.len())
}

/// Where the first time of a line stands, if it stands near its start: `00:05`, `1:02:03`, `00:00:01.250`, `10:00:01 AM`, 1分20秒.
pub(super) fn first_time(line: &str) -> Option<(usize, usize)> {
    let end = near(line).last().map_or(0, |(at, _)| at);
    let mut near = pieces(line).take_while(|(at, _)| *at <= end);
    let plain = near.find(|(_, word)| is_time(word));
    let plain = plain.map(|(at, word)| {
        let end = at + word.len();
        (at, end + half_of_day(&line[end..]))
    });
    plain
        .or_else(|| wide_time(line))
        .or_else(|| spoken::first(line))
}

/// Where a time stands whose colons are of full width, perhaps its digits as well: ００：０１：０２. A single digit in front of such a colon is mostly
/// the end of a name: 发言人1：…
fn wide_time(line: &str) -> Option<(usize, usize)> {
    let is_digit = |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c);
    let is_part = |c: char| is_digit(c) || c == '：';
    let mut was_part = false;
    let mut starts = near(line).filter(|(_, c)| {
        let is_first = is_part(*c) && !was_part;
        was_part = is_part(*c);
        is_first
    });
    starts.find_map(|(at, _)| {
        let word = &line[at..];
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let word = word[..end].trim_end_matches('：');
        let first = word.split('：').next().unwrap_or_default();
        let is_whole = first.chars().count() >= 2 && is_time(&narrow(word));
        is_whole.then_some((at, at + word.len()))
    })
}

/// A time with colons and digits of half width.
fn narrow(time: &str) -> String {
    let narrow = |c: char| match c {
        '：' | '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    time.chars().map(narrow).collect()
}

/// Stretches of what times are made of.
fn pieces(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.');
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].find(is_part)?;
        let end = line[start..]
            .find(|c| !is_part(c))
            .map_or(line.len(), |end| start + end);
        let end = end + thousandths(&line[end..]);
        at = end;
        let word = line[start..end].trim_end_matches([':', '.']);
        Some((start, word))
    })
}

/// Bytes of what some write behind seconds: `,250`.
fn thousandths(text: &str) -> usize {
    let digits = text.strip_prefix(',').unwrap_or_default();
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    if end == 3 { 4 } else { 0 }
}

/// Whether a stretch is the start of a cue, of which some programs leave out zeros: `0:0:2.370`. One that was moved may begin before its film.
pub(in crate::transcript) fn is_cue_time(text: &str) -> bool {
    let text = text.strip_prefix(['-', '−']).unwrap_or(text);
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (2..=3).contains(&whole.split(':').count())
        && whole.split(':').all(is_number)
        && is_number(fraction)
}

/// Whether a stretch is a time.
fn is_time(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let is_sixty = |part: &&str| part.len() == 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
    (2..=3).contains(&parts.len())
        && parts.iter().all(is_number)
        && parts[1..].iter().all(is_sixty)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
}
