//! Questions that are numbered: `1.怎么退货 2.能开发票吗 3、密码忘了`.

use std::ops::Range;

use yuyi_language::{is_han, is_separator};

/// Numerals of Chinese in front of 、.
const NUMERALS: &[&str] = &["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

/// Numbers that are one character.
const CIRCLED: &str = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳";

/// Characters of what is numbered, at least: in 一、二、三 nothing is.
const SHORTEST: usize = 2;

/// A number in front of something.
struct Mark {
    value: usize,
    place: Range<usize>,
}

/// A message cut before the numbers that run from 1 on, without them; whole where there are no two.
pub(super) fn numbered(message: &str) -> Vec<&str> {
    let mut running: Vec<Mark> = Vec::new();
    for mark in message
        .char_indices()
        .filter_map(|(at, _)| mark_at(message, at))
    {
        if mark.value == running.len() + 1 {
            running.push(mark);
        }
    }
    let starts = running.iter().map(|mark| mark.place.start).skip(1);
    let ends = starts.chain([message.len()]);
    let items = running.iter().zip(ends);
    let items: Vec<&str> = items
        .map(|(mark, end)| &message[mark.place.end..end])
        .collect();
    let tells = |item: &&str| item.chars().filter(|c| !is_separator(*c)).count() >= SHORTEST;
    if items.len() < 2 || !items.iter().all(tells) {
        return vec![message];
    }
    let before = &message[..running[0].place.start];
    std::iter::once(before).chain(items).collect()
}

/// The number that begins there, if it is one in front of something: not inside a decimal, a version or a time.
fn mark_at(message: &str, at: usize) -> Option<Mark> {
    let (value, length) = number(&message[at..])?;
    let place = at..at + length;
    let before = message[..at].chars().next_back();
    let mut behind = message[place.end..]
        .chars()
        .skip_while(|c| c.is_whitespace());
    let behind = behind.next()?;
    let is_numeral = numeral(&message[at..]).is_some();
    // 周一、周二 names days.
    let is_apart = before.is_none_or(is_separator);
    let is_between_words = !is_numeral && before.is_some_and(is_han) && is_han(behind);
    // 1.5 and 1、2号线, but not 1. 7天.
    let joins = message[..place.end].ends_with(['.', '．', '、']);
    let is_joined = joins && message[place.end..].starts_with(|c: char| c.is_ascii_digit());
    let is_item = !is_joined && !is_separator(behind);
    // iOS 1.x.
    let mut letters = message[place.end..].chars();
    let is_version = matches!(letters.next(), Some('x' | 'X'))
        && !letters.next().is_some_and(|c| c.is_ascii_alphanumeric());
    (is_item && !is_version && (is_apart || is_between_words)).then_some(Mark { value, place })
}

/// The number at the beginning of a text, with its mark, and how many bytes both are.
fn number(text: &str) -> Option<(usize, usize)> {
    let first = text.chars().next()?;
    if let Some(place) = CIRCLED.chars().position(|c| c == first) {
        return Some((place + 1, first.len_utf8()));
    }
    let open = ['(', '（'].contains(&first);
    let inside = if open {
        &text[first.len_utf8()..]
    } else {
        text
    };
    let (value, length) = digits(inside).or_else(|| numeral(inside))?;
    let mark = inside[length..].chars().next()?;
    let is_numeral = !inside.starts_with(|c: char| c.is_ascii_digit());
    let ends = match (open, is_numeral) {
        (true, _) => ")）",
        (false, true) => "、",
        (false, false) => ".．、)）",
    };
    let before = text.len() - inside.len();
    ends.contains(mark)
        .then(|| (value, before + length + mark.len_utf8()))
}

fn digits(text: &str) -> Option<(usize, usize)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text[..length].parse().ok().filter(|_| length <= 2)?;
    Some((value, length))
}

fn numeral(text: &str) -> Option<(usize, usize)> {
    let place = NUMERALS.iter().position(|n| text.starts_with(n))?;
    Some((place + 1, NUMERALS[place].len()))
}
