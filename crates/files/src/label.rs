//! Labels as people write them.

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
    CLASSES.contains(&half_width(label.trim()).to_lowercase().as_str())
}

/// The number of a label, a yes being 1 and 85 % being 0.85, and how it is written.
pub(super) fn read(label: &str) -> Option<(f64, Kind)> {
    let label = half_width(label.trim()).to_lowercase();
    if YES.contains(&label.as_str()) {
        return Some((1.0, Kind::Word));
    }
    if NO.contains(&label.as_str()) {
        return Some((0.0, Kind::Word));
    }
    match label.strip_suffix('%') {
        Some(percent) => Some((decimal(percent)? / 100.0, Kind::Percent)),
        None => Some((decimal(&label)?, Kind::Number)),
    }
}

/// The number that a cell is, if it is one.
pub(super) fn number(cell: &str) -> Option<f64> {
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
    let point = match text.split_once(',') {
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
        for label in ["85%", "85 %", "８５％", "85,0%"] {
            assert_eq!(read(label), Some((0.85, Kind::Percent)), "{label}");
        }
        for label in ["", "maybe", "NaN", "inf", "1,000,000", "1.000,5", "%"] {
            assert_eq!(read(label), None, "{label}");
        }
    }
}
