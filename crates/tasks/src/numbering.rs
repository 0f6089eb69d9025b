//! The numbers of a list in front of its points: `1. `, `2、`, `（3）`, `4)`, `五、`, `⑥`.
//!
//! A number that begins a line may as well be said: 3.5 万用户, 2026.12.1 上线. It is that of a list where the lines count upwards, or where most of them begin so.

use std::collections::BTreeMap;
use std::ops::Range;

/// Digits of the number of a point at most: 2026 is a year.
const MOST_DIGITS: usize = 3;

/// Points that count upwards at least, where they begin with the first.
const FEWEST: usize = 2;

/// The same, where they begin with another or one of them may be a number that is said.
const FEWEST_LATER: usize = 3;

/// Numerals, of which the place is the value.
const NUMERALS: &str = "零一二三四五六七八九十";

/// The first of the numbers in circles, of which there are twenty.
const CIRCLED: char = '①';

/// How a list is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Style {
    /// Whether the number stands in brackets.
    is_bracketed: bool,
    /// What stands behind it, in half width.
    close: char,
    digits: Digits,
}

/// What a number is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Digits {
    Arabic,
    Chinese,
    Circled,
}

/// What may be the number of a point.
#[derive(Clone, Copy, Debug)]
struct Number {
    style: Style,
    value: u32,
    /// Bytes of it, with the blanks around.
    end: usize,
    /// Whether no blank stands behind it.
    is_tight: bool,
    /// Whether a digit stands right behind it, as in 3.5 and 3、4 月.
    may_be_said: bool,
}

/// For each of these lines how many bytes of it are the number of a point of a list, with the blanks around it; 0: it has none.
pub fn numbers_of_points<T: AsRef<str>>(lines: &[T]) -> Vec<usize> {
    let mut filled = 0;
    let mut styles: BTreeMap<Style, Vec<(usize, Number)>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        filled += usize::from(!line.as_ref().trim().is_empty());
        if let Some(number) = Number::of(line.as_ref()) {
            styles
                .entry(number.style)
                .or_default()
                .push((place, number));
        }
    }
    let mut ends = vec![0; lines.len()];
    for numbers in styles.into_values() {
        let clear = numbers.iter().filter(|(_, number)| !number.may_be_said);
        let clear: Vec<(usize, Number)> = clear.copied().collect();
        let is_most = clear.len() >= FEWEST && 2 * clear.len() > filled;
        let counted = [&numbers, &clear].map(|numbers| runs(numbers).flatten());
        let counted = counted.into_iter().flatten();
        for (place, number) in counted.chain(clear.iter().filter(|_| is_most)) {
            ends[*place] = number.end;
        }
    }
    ends
}

/// The stretches of numbers that count upwards as those of a list do.
fn runs(numbers: &[(usize, Number)]) -> impl Iterator<Item = &[(usize, Number)]> {
    let runs = numbers.chunk_by(|(_, one), (_, next)| one.value + 1 == next.value);
    runs.filter(|run| {
        let mut clear = run.iter().filter(|(_, number)| !number.may_be_said);
        let has_clear = clear.clone().next().is_some();
        // 1. 上线, 2.5 万用户 and 3. 预算: the points have blanks.
        let is_sure = clear.clone().count() == run.len();
        let is_alike = has_clear && clear.all(|(_, number)| number.is_tight);
        let fewest = match run[0].1.value <= 1 && is_sure {
            true => FEWEST,
            false => FEWEST_LATER,
        };
        run.len() >= fewest && (is_sure || is_alike)
    })
}

impl Number {
    fn of(line: &str) -> Option<Self> {
        let text = line.trim_start();
        let inside = text.strip_prefix(['(', '（']);
        let is_bracketed = inside.is_some();
        let (range, value, digits) = numeral(inside.unwrap_or(text))?;
        let behind = &inside.unwrap_or(text)[range.end..];
        let (close, rest) = match digits {
            Digits::Circled if !is_bracketed => ('○', behind),
            Digits::Circled => return None,
            _ => close(behind, is_bracketed)?,
        };
        let said = rest.trim_start();
        let is_tight = said.len() == rest.len();
        let is_digit = said.starts_with(|c| digit(c).is_some() || NUMERALS.contains(c));
        (!said.is_empty()).then(|| Self {
            style: Style {
                is_bracketed,
                close,
                digits,
            },
            value,
            end: line.len() - said.len(),
            is_tight,
            may_be_said: is_tight && is_digit && matches!(close, '.' | '、'),
        })
    }
}

/// What closes a number, in half width, and what stands behind it.
fn close(text: &str, is_bracketed: bool) -> Option<(char, &str)> {
    let first = text.chars().next()?;
    let close = match first {
        ')' | '）' => ')',
        '.' | '．' if !is_bracketed => '.',
        '、' if !is_bracketed => '、',
        _ => return None,
    };
    Some((close, &text[first.len_utf8()..]))
}

/// The number that a text begins with: its bytes, its value, and what it is written with.
fn numeral(text: &str) -> Option<(Range<usize>, u32, Digits)> {
    let first = text.chars().next()?;
    let circled = u32::from(first).wrapping_sub(u32::from(CIRCLED));
    if circled < 20 {
        return Some((0..first.len_utf8(), circled + 1, Digits::Circled));
    }
    let stretch = |is: fn(char) -> bool| text.find(|c| !is(c)).unwrap_or(text.len());
    let end = stretch(|c| digit(c).is_some());
    if end > 0 {
        let digits = text[..end].chars().filter_map(digit);
        let is_short = digits.clone().count() <= MOST_DIGITS;
        let value = || digits.fold(0, |value, digit| 10 * value + digit);
        return is_short.then(|| (0..end, value(), Digits::Arabic));
    }
    let end = stretch(|c| NUMERALS.contains(c));
    Some((0..end, chinese(&text[..end])?, Digits::Chinese))
}

/// The value of a digit in half or full width.
fn digit(c: char) -> Option<u32> {
    match c {
        '０'..='９' => Some(u32::from(c) - u32::from('０')),
        _ => c.to_digit(10),
    }
}

/// The value of 一 to 九十九.
fn chinese(text: &str) -> Option<u32> {
    let value = |c: char| Some(NUMERALS.chars().position(|numeral| numeral == c)? as u32);
    let one = |text: &str| {
        let mut characters = text.chars();
        let value = value(characters.next()?).filter(|value| (1..10).contains(value));
        value.filter(|_| characters.next().is_none())
    };
    let or = |text: &str, absent: u32| match text.is_empty() {
        true => Some(absent),
        false => one(text),
    };
    match text.split_once('十') {
        Some((tens, ones)) => Some(10 * or(tens, 1)? + or(ones, 0)?),
        None => one(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines without the numbers of points.
    fn said<'a>(lines: &[&'a str]) -> Vec<&'a str> {
        let ends = numbers_of_points(lines);
        lines.iter().zip(ends).map(|(l, end)| &l[end..]).collect()
    }

    #[test]
    fn numbers_of_lists_are_told() {
        let points = ["我们下周三上线", "就下周三上线", "同意"];
        for numbers in [
            ["1. ", "2. ", "3. "],
            ["1.", "2.", "3."],
            ["1．", "2．", "3．"],
            ["1、", "2、", "3、"],
            ["１、", "２、", "３、"],
            ["（1）", "（2）", "（3）"],
            ["(1) ", "(2) ", "(3) "],
            ["1) ", "2) ", "3) "],
            ["1）", "2）", "3）"],
            ["一、", "二、", "三、"],
            ["（九）", "（十）", "（十一）"],
            ["① ", "② ", "③ "],
            ["  9. ", " 10. ", " 11. "],
            // As a list is that was merged, and as Markdown may have it.
            ["1. ", "4. ", "7. "],
            ["1. ", "1. ", "1. "],
        ] {
            let lines: Vec<String> = numbers
                .iter()
                .zip(points)
                .map(|(number, point)| format!("{number}{point}"))
                .collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(said(&lines), points, "{lines:?}");
        }
    }

    #[test]
    fn few_of_the_lines_may_be_points_if_they_count() {
        let lines = [
            "周会",
            "",
            "大家好",
            "今天两件事",
            "1. 上线",
            "还要测一遍",
            "2. 预算",
            "散会",
        ];
        let expected = [
            "周会",
            "",
            "大家好",
            "今天两件事",
            "上线",
            "还要测一遍",
            "预算",
            "散会",
        ];
        assert_eq!(said(&lines), expected);
        // A point may begin with a number.
        for (lines, expected) in [
            (["1. 3 月上线", "2. 5 月上线"], ["3 月上线", "5 月上线"]),
            (["（1）3 月上线", "（2）5 月上线"], ["3 月上线", "5 月上线"]),
        ] {
            assert_eq!(said(&lines), expected);
        }
        let tight = ["1、3 月上线", "2、预算差两万", "3、同意"];
        assert_eq!(said(&tight), ["3 月上线", "预算差两万", "同意"]);
    }

    #[test]
    fn numbers_that_are_said_stay() {
        let cases: [&[&str]; 9] = [
            &["3.5 万用户", "4.5 万用户"],
            &["1.0 版本上线", "2.0 版本上线"],
            &["2026.12.1 上线", "2026.12.2 上线", "2027.1.1 上线"],
            &["2026、2027 年的预算", "2027、2028 年的预算"],
            &["3、4 月上线", "4、5 月上线"],
            &["1. 上线", "2.5 万用户", "3.5 万用户"],
            &["10 个人", "11 个人"],
            &["1 月上线", "2 月上线"],
            // One number is no list, and numbers that do not count are none among many other lines.
            &["大家好", "3. 季度的数据", "上线", "1. 版", "好", "好的"],
        ];
        for lines in cases {
            assert_eq!(said(lines), lines);
        }
        assert_eq!(said(&["1.", "2."]), ["1.", "2."]);
        assert_eq!(
            said(&["三、四号楼停水", "五、六号楼停水"]),
            ["三、四号楼停水", "五、六号楼停水"]
        );
    }
}
