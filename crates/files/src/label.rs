//! Labels as people write them.

use super::names;

/// How a label is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Yes or no.
    Word,
    Number,
    Percent,
}

const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "t",
    "same",
    "similar",
    "duplicate",
    "match",
    "positive",
    "是",
    "是的",
    "对",
    "正确",
    "真",
    "相同",
    "相似",
    "一致",
    "同义",
    "匹配",
    "重复",
    "相关",
    "等价",
    "正例",
    "正样本",
    "有",
    "√",
    "✓",
];

const NO: &[&str] = &[
    "no",
    "n",
    "false",
    "f",
    "different",
    "dissimilar",
    "not similar",
    "unrelated",
    "not_duplicate",
    "not duplicate",
    "negative",
    "否",
    "不是",
    "错",
    "错误",
    "假",
    "不同",
    "不相同",
    "不相似",
    "不一致",
    "不同义",
    "不匹配",
    "不重复",
    "不相关",
    "无关",
    "不等价",
    "负例",
    "负样本",
    "无",
    "×",
    "✗",
];

/// Names of the classes of inference, which are no degrees of likeness: a contradiction is nearer to its sentence than most others.
const CLASSES: &[&str] = &[
    "entailment",
    "entail",
    "entails",
    "entailed",
    "not_entailment",
    "non-entailment",
    "neutral",
    "contradiction",
    "contradictory",
    "contradicts",
    "蕴含",
    "蕴涵",
    "中立",
    "中性",
    "矛盾",
    "不蕴含",
];

/// Whether a label names a class of inference.
pub(super) fn is_class(label: &str) -> bool {
    CLASSES.contains(&spelled(label).as_str())
}

/// Bytes of a label at most; a longer cell is a text.
const LONGEST: usize = 100;

/// The number of a label, a yes being 1 and 85 % being 0.85, and how it is written.
pub(super) fn read(label: &str) -> Option<(f64, Kind)> {
    let label = spelled(Some(label).filter(|label| label.len() <= LONGEST)?);
    if let Some(yes) = word(&label) {
        return Some((yes, Kind::Word));
    }
    if let Some(percent) = label.strip_suffix('%') {
        return Some((decimal(percent)? / 100.0, Kind::Percent));
    }
    let number = explained(&label).or_else(|| decimal(label.strip_suffix('分').unwrap_or(&label)));
    Some((number?, Kind::Number))
}

/// A label as it is compared: in half-width small letters and simplified characters, without the apostrophe by which Excel takes a number for
/// a text.
fn spelled(label: &str) -> String {
    let label = half_width(label.trim()).to_lowercase();
    let label = label.strip_prefix('\'').unwrap_or(&label);
    label.chars().map(names::simplified).collect()
}

fn word(label: &str) -> Option<f64> {
    match (YES.contains(&label), NO.contains(&label)) {
        (true, _) => Some(1.0),
        (_, true) => Some(0.0),
        _ => None,
    }
}

/// The number of a label that says in words what it stands for, as in `1（相似）`, where that is so.
fn explained(label: &str) -> Option<f64> {
    let end = label.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = label.split_at(end);
    let told = word(rest.trim_matches(|c: char| " ()[]:-=.、".contains(c)))?;
    decimal(number).filter(|number| *number == told)
}

/// Whether a number has a comma that parts thousands as well as it may be the decimal sign: `1,000`.
pub(super) fn is_unclear(label: &str) -> bool {
    let Some(label) = Some(label).filter(|label| label.len() <= LONGEST) else {
        return false;
    };
    let label = spelled(label);
    let parts = label.trim_start_matches(['-', '+']).split_once(',');
    parts.is_some_and(|(whole, rest)| {
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = (1..=3).contains(&whole.len()) && !whole.starts_with('0');
        is_whole && rest.len() == 3 && are_digits(whole) && are_digits(rest)
    })
}

/// The number that a cell is, if it is one.
pub(super) fn number(cell: &str) -> Option<f64> {
    if is_unclear(cell) {
        return spelled(cell).replace(',', "").parse().ok();
    }
    let (number, kind) = read(cell)?;
    (kind != Kind::Word).then_some(number)
}

/// Full-width digits and signs become the usual ones.
fn half_width(text: &str) -> String {
    let halved = text.chars().map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '−' => '-',
        other => other,
    });
    halved.collect()
}

/// A number with a decimal point, or with a comma for one.
fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let point = match text.split_once(',').filter(|_| !is_unclear(text)) {
        Some((whole, rest)) if !rest.contains([',', '.']) && !whole.contains('.') => {
            format!("{whole}.{rest}")
        }
        _ => text.to_owned(),
    };
    let number: f64 = point.parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_inference_are_known_and_no_labels() {
        for class in CLASSES {
            assert!(is_class(class) && read(class).is_none(), "{class}");
        }
        assert!(is_class(" Neutral ") && !is_class("same") && !is_class("2"));
    }

    #[test]
    fn labels_are_read_as_people_write_them() {
        let words = [
            ("相似", 1.0),
            ("不相似", 0.0),
            ("对", 1.0),
            ("错", 0.0),
            ("是", 1.0),
            ("否", 0.0),
            (" TRUE ", 1.0),
            ("false", 0.0),
        ];
        for (label, value) in words {
            assert_eq!(read(label), Some((value, Kind::Word)), "{label}");
        }
        let numbers = [
            ("１", 1.0),
            ("０．５", 0.5),
            ("0,85", 0.85),
            ("-1", -1.0),
            ("4.5", 4.5),
            ("1e-3", 0.001),
        ];
        for (label, value) in numbers {
            assert_eq!(read(label), Some((value, Kind::Number)), "{label}");
        }
        for (label, number) in [
            ("90分", 90.0),
            ("4.5 分", 4.5),
            ("'1", 1.0),
            ("1（相似）", 1.0),
            ("0 (不相似)", 0.0),
            ("1:相同", 1.0),
            ("0-不同", 0.0),
            ("1[對]", 1.0),
            ("0,850", 0.85),
            ("12,5", 12.5),
        ] {
            assert_eq!(read(label), Some((number, Kind::Number)), "{label}");
        }
        for (label, yes) in [
            ("對", 1.0),
            ("錯", 0.0),
            ("正確", 1.0),
            ("錯誤", 0.0),
            ("正例", 1.0),
            ("負例", 0.0),
            ("有", 1.0),
            ("無", 0.0),
            ("不相關", 0.0),
        ] {
            assert_eq!(read(label), Some((yes, Kind::Word)), "{label}");
        }
        for label in ["85%", "85 %", "８５％", "85,0%"] {
            assert_eq!(read(label), Some((0.85, Kind::Percent)), "{label}");
        }
        for label in [
            "",
            "maybe",
            "NaN",
            "inf",
            "1,000,000",
            "1.000,5",
            "%",
            "分",
            "五分",
            "1（不相似）",
            "5（相同）",
            "1（大概）",
        ] {
            assert_eq!(read(label), None, "{label}");
        }
    }

    #[test]
    fn a_comma_may_part_thousands() {
        for label in ["1,000", "-12,345", "１，０００", "4,500"] {
            assert!(is_unclear(label) && read(label).is_none(), "{label}");
            assert!(number(label).is_some(), "{label}");
        }
        for label in [
            "0,850",
            "1,5",
            "12,34",
            "1000,500",
            "1,0000",
            ",500",
            "1,000,000",
        ] {
            assert!(!is_unclear(label), "{label}");
        }
    }
}
