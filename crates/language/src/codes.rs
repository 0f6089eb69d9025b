//! Codes of products, plans and versions: the A1 and X-100 of which embeddings hardly tell one from the next.

use std::collections::HashSet;

use crate::normal::folded;
use crate::words::is_han;

/// Letters behind digits that say what is counted, so that the two are a number and no code: 100ml.
#[rustfmt::skip]
const UNITS: &[&str] = &[
    "g", "kg", "mg", "t", "km", "m", "cm", "mm", "ml", "l", "h", "hr", "hrs", "min", "mins", "s", "sec", "d", "day", "days", "w", "k", "kb", "mb",
    "gb", "tb", "kbps", "mbps", "gbps", "mah", "wh", "kwh", "kw", "v", "a", "hz", "mhz", "ghz", "fps", "dpi", "p", "px", "x", "st", "nd", "rd",
    "th", "am", "pm", "rmb", "usd", "yuan", "c", "f",
];

/// Words in front of a number that do not name what it counts: within 14 days.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "a", "about", "after", "and", "at", "before", "by", "for", "from", "in", "is", "of", "on", "only", "or", "over", "than", "the", "to", "top", "under",
    "until", "up", "within",
];

/// What makes a number of the digits before it, whatever stands in front of them.
const COUNTED: &str = "天日月年元块次个件人位分秒时小周折倍度斤%％";

/// Most different codes of a text that is compared: texts of more are tables, of which nobody is told what differs.
const MOST_CODES: usize = 1_000;

/// Codes that only one of two texts has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeDifference {
    /// In the first text alone, without blanks and hyphens, in small letters.
    pub only_a: Vec<String>,
    /// In the second text alone.
    pub only_b: Vec<String>,
}

/// The codes of a text, in order, each once: letters with digits (a1, rtx4090, v2.1), and in a Chinese text a letter that stands by itself (the A of A套餐). They are
/// written without blanks and hyphens, in small letters.
pub fn codes(text: &str) -> Vec<String> {
    let folded = folded(text);
    let is_chinese = folded.chars().any(is_han);
    let mut known = HashSet::new();
    let runs = runs(&folded, is_chinese).into_iter();
    runs.filter(|run| is_code(run, is_chinese) && known.insert(run.clone()))
        .collect()
}

/// How the codes of two texts differ; `None`: they have the same, or more than a thousand.
pub fn code_difference(text_a: &str, text_b: &str) -> Option<CodeDifference> {
    let (a, b) = (codes(text_a), codes(text_b));
    if a.len().max(b.len()) > MOST_CODES {
        return None;
    }
    let missing = |codes: &[String], others: &[String]| -> Vec<String> {
        let codes = codes.iter().filter(|code| !others.contains(code));
        codes.cloned().collect()
    };
    let found = CodeDifference {
        only_a: missing(&a, &b),
        only_b: missing(&b, &a),
    };
    (!found.only_a.is_empty() || !found.only_b.is_empty()).then_some(found)
}

/// The runs of Latin letters and digits in a folded text; a name and the number behind its blank are one (iphone 15) where `joins`, as in Chinese texts, in which
/// words of letters are names.
fn runs(text: &str, joins: bool) -> Vec<String> {
    let mut runs: Vec<String> = Vec::new();
    let mut is_open = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let run = runs.last_mut().filter(|_| is_open);
        match run {
            _ if c.is_ascii_alphanumeric() && !is_open => {
                runs.push(c.to_string());
                is_open = true;
            }
            Some(run) if c.is_ascii_alphanumeric() || c == '.' && is_inside_number(run, next) => {
                run.push(c);
            }
            Some(run) if c == '-' && next.is_ascii_digit() && ends_with_letter(run) => {}
            Some(run) if c == ' ' && joins && next.is_ascii_digit() && is_name(run) => {}
            Some(run) => {
                if COUNTED.contains(c) {
                    run.truncate(run.trim_end_matches(|c: char| c.is_ascii_digit()).len());
                }
                is_open = false;
            }
            None => {}
        }
    }
    runs
}

fn is_inside_number(run: &str, next: char) -> bool {
    run.ends_with(|c: char| c.is_ascii_digit()) && next.is_ascii_digit()
}

fn ends_with_letter(run: &str) -> bool {
    run.ends_with(|c: char| c.is_ascii_alphabetic())
}

fn is_name(run: &str) -> bool {
    run.chars().all(|c| c.is_ascii_alphabetic()) && !NO_NAMES.contains(&run)
}

fn is_code(run: &str, is_chinese: bool) -> bool {
    let digits = run.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let behind = &run[digits.len()..];
    let is_number = !digits.is_empty() && !digits.contains(|c: char| c.is_ascii_alphabetic());
    match run.len() {
        1 => is_chinese && ends_with_letter(run),
        _ if is_number => !behind.is_empty() && !UNITS.contains(&behind),
        _ => run.contains(|c: char| c.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_with_digits_are_codes_and_quantities_are_none() {
        for (text, expected) in [
            ("A1 型号多少钱", "a1"),
            ("X-100和Ｘ200的区别", "x100 x200"),
            ("iPhone 15 Pro 与 iPhone15", "iphone15"),
            ("升级到v2.1，要 8GB 内存", "v2.1"),
            ("A套餐换B套餐", "a b"),
            ("13pro 和 2080ti", "13pro 2080ti"),
            ("within 14 days, 100ml, 3.5 km", ""),
            ("在 24h 内退款，APP 里看", ""),
            ("满x15天，EMS 3次", "x"),
            ("MP3", "mp3"),
        ] {
            assert_eq!(codes(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn how_a_code_is_written_does_not_count() {
        assert_eq!(code_difference("X-100 怎么用", "x100如何使用"), None);
        assert_eq!(
            code_difference("iPhone 15 能换吗", "iphone15可以换么"),
            None
        );
        let found = code_difference("A1 怎么用", "A2 怎么用").unwrap();
        assert_eq!(
            (found.only_a, found.only_b),
            (vec!["a1".into()], vec!["a2".into()])
        );
        let found = code_difference("A1 怎么用", "怎么用").unwrap();
        assert_eq!((found.only_a.len(), found.only_b.len()), (1, 0));
    }
}
